"""Random pairs of outputs with borrowers, and who can assume which grant's role, by trying every caller of a grid."""

import itertools
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.iam.evaluator import evaluate
from temp_access.iam.request import ContextValue, Request
from temp_access.review.holders import ROLE_HOLDER, Holder
from temp_access.review.snapshot import Snapshot, read_snapshot
from tests.unit.support.brute_force import Difference
from tests.unit.support.config_file import config_of
from tests.unit.support.review_edits import Templates, edit_output
from tests.unit.support.synthesis import synthesize

Statement = dict[str, Any]
HOST, AUDIENCE, OTHER_ACCOUNT = "id.example.com", "us", "222233334444"
USERS = ("ann", "eve")
GRANTS = ("bob", "alice")
TABLES = f'[identity_providers.own]\nissuer = "https://{HOST}"\naudience = "{AUDIENCE}"\n' + "".join(
    f"[users.{name}]\n" for name in USERS
)
BORROWERS = (
    "user/ann",
    "user/eve",
    "role/build",
    "sso/Data",
    "sso/Data/ann@x.com",
    "sso/Data_more",
    "oidc/own/a:main",
    "oidc/own/a:*",
    "oidc/own/a:m*",
    "oidc/own/b:main",
    "service/lambda.amazonaws.com",
    "service/pods.eks.amazonaws.com",
    ("arn:aws:iam::222233334444:role/partner", "one-11"),
    ("arn:aws:iam::222233334444:role/partner", "two-22"),
)
_OWN = "arn:${AWS::Partition}:iam::${AWS::AccountId}:"
_PRINCIPALS = ("root", "user/ann", "user/eve", "user/temp-user", "user/mallory", "role/build", "role/audit")
_SUBJECTS = ("a:main", "a:*", "a:m*", "b:*", "*:main", "*")
_USER_IDS = ("*:ann@x.com", "*:*@x.com", "*:eve@*", "*")
_SERVICES = ("lambda.amazonaws.com", "pods.eks.amazonaws.com", "ec2.amazonaws.com")
_PERSONS = ("ann@x.com", "eve@x.com", "eve@y.org", "session")
_KEYS = ("bob/x", "bobby/x", "alice/x", "other/x")


def random_config(random_: random.Random) -> str:
    """Return an access.toml with two grants that have random borrowers."""
    text = TABLES
    if random_.random() < 0.2:
        text += "[role.conditions]\nmfa = true\n"
    for id_ in GRANTS:
        chosen = random_.sample(BORROWERS, random_.choice((1, 2, 3)))
        entries: dict[str, str] = {}
        for each in chosen:
            if isinstance(each, str):
                entries[each] = json.dumps(each)
            else:
                entries[each[0]] = f'{{ principal = "{each[0]}", external_id = "{each[1]}" }}'
        access = random_.choice(("read", "read", "write", "full"))
        text += f'[grants.{id_}]\naccess = "{access}"\nborrowers = [{", ".join(entries.values())}]\n'
    return text


def _roles(templates: Templates) -> Iterator[dict[str, Any]]:
    for name in sorted(templates):
        if name.startswith("TempAccessGrants"):
            for resource in templates[name]["Resources"].values():
                if resource["Type"] == "AWS::IAM::Role":
                    yield resource["Properties"]


def random_edit(random_: random.Random, templates: Templates) -> None:
    """Edit the role of one grant, or a user's policy, at random."""
    role = random_.choice(list(_roles(templates)))
    way = random_.random()
    statements = role["AssumeRolePolicyDocument"]["Statement"]
    if way < 0.15:
        statement = _listed(role["Policies"][0]["PolicyDocument"]["Statement"])[-1]
        statement["Resource"] = {"Fn::Join": ["", ["arn:aws:s3:::another/", random_.choice(("bob/*", "*"))]]}
    elif way < 0.3:
        policies = role["Policies"]
        statement = {"Effect": random_.choice(("Allow", "Deny")), "Action": "s3:GetObject", "Resource": "*"}
        policies.append({"PolicyName": "more", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
    elif way < 0.5:
        statements.append(_random_statement(random_))
    else:
        _edit_statement(random_, random_.choice(statements))


def _listed(value: Any) -> list[Statement]:
    return value if isinstance(value, list) else [value]


def _random_statement(random_: random.Random) -> Statement:
    effect = random_.choice(("Allow", "Allow", "Deny"))
    principal: dict[str, Any] = {"AWS": {"Fn::Sub": _OWN + random_.choice(_PRINCIPALS)}}
    if random_.random() < 0.3:
        principal = {"Service": random_.choice(_SERVICES)}
    return {"Effect": effect, "Principal": principal, "Action": random_.choice(("sts:AssumeRole", "sts:*"))}


def _edit_statement(random_: random.Random, statement: Statement) -> None:
    """Change a condition or the principal of a statement, as its kind has it."""
    conditions = statement.setdefault("Condition", {})
    if "Federated" in statement["Principal"]:
        key = random_.choice((f"{HOST}:aud", f"{HOST}:sub"))
        operator = random_.choice(("StringLike", "StringEquals"))
        values = _SUBJECTS if key.endswith("sub") else (AUDIENCE, "other")
        _set(conditions, operator, key, random_.choice((*values, None)))
    elif "Service" in statement["Principal"]:
        statement["Principal"]["Service"] = random_.choice(_SERVICES)
        account = {"Ref": "AWS::AccountId"}
        _set(conditions, "StringEquals", "aws:SourceAccount", random_.choice((account, OTHER_ACCOUNT, None)))
    elif "ArnLike" in conditions:
        _set(conditions, "StringLike", "aws:userid", random_.choice((*_USER_IDS, None)))
    elif random_.random() < 0.5:
        statement["Principal"] = {"AWS": {"Fn::Sub": _OWN + random_.choice(_PRINCIPALS)}}
    else:
        _set(conditions, "StringEquals", "sts:ExternalId", random_.choice(("one-11", "two-22", None)))
    if not conditions:
        del statement["Condition"]


def _set(conditions: dict[str, Any], operator: str, key: str, value: object) -> None:
    for keys in conditions.values():
        keys.pop(key, None)
    if value is not None:
        conditions.setdefault(operator, {})[key] = value
    for name in [name for name, keys in conditions.items() if not keys]:
        del conditions[name]


def random_pair(folder: Path, seed: int) -> tuple[Snapshot, Snapshot]:
    """Return base and head: of the same access.toml or of two, each with the same edits or head with one more."""
    random_ = random.Random(seed)  # noqa: S311 - not a secret
    before = random_config(random_)
    after = random_config(random_) if random_.random() < 0.5 else before
    count = random_.choice((0, 0, 1))
    more = count + (random_.choice((0, 1)) if after != before else random_.choice((1, 1, 2)))
    return (
        _synthesized(folder / "base", before, seed, count, "base"),
        _synthesized(folder / "head", after, seed, more, "head"),
    )


def _synthesized(folder: Path, content: str, seed: int, count: int, name: str) -> Snapshot:
    folder.mkdir()
    synthesize(config_of(folder, content), outdir=folder / "cdk.out")

    def edit(templates: Templates) -> None:
        random_ = random.Random(seed + 1)  # noqa: S311 - not a secret
        for _ in range(count):
            random_edit(random_, templates)

    edit_output(folder / "cdk.out", edit)
    return read_snapshot(name, folder / "cdk.out", None)


@dataclass(frozen=True)
class Caller:
    """A caller of the grid with one set of condition keys; `user` is one whose policies the templates have."""

    principal: str
    account: str
    keys: tuple[tuple[str, str | None], ...]
    role_arn: str | None = None
    user: Holder | None = None
    action: str = "sts:AssumeRole"


def callers(account: str) -> Iterator[Caller]:
    """Yield every caller of the grid."""
    users = {f"user/{name}": Holder(PolicyOwner.USER, name=name) for name in USERS}
    users["user/temp-user"] = Holder(PolicyOwner.USER)
    for name, holder in {**users, "user/mallory": None}.items():
        for mfa in ("true", None):
            keys = (("aws:multifactorauthpresent", mfa), ("aws:userid", "AIDAEXAMPLE"))
            yield Caller(f"arn:aws:iam::{account}:{name}", account, keys, None, holder)
    roles = ["build", "audit"]
    for path in ("aws-reserved/sso.amazonaws.com", "aws-reserved/sso.amazonaws.com/eu-west-1"):
        roles += [f"{path}/AWSReservedSSO_{name}_0123456789abcdef" for name in ("Data", "Data_more")]
    for role, person, mfa in itertools.product(roles, _PERSONS, ("true", "false")):
        keys = (("aws:multifactorauthpresent", mfa), ("aws:userid", f"AROAEXAMPLE:{person}"))
        session = f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{person}"
        yield Caller(session, account, keys, f"arn:aws:iam::{account}:role/{role}")
    for external, mfa in itertools.product(("one-11", "two-22", None), ("true", "false")):
        keys = (("sts:externalid", external), ("aws:multifactorauthpresent", mfa))
        session = f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/partner/session"
        yield Caller(session, OTHER_ACCOUNT, keys, f"arn:aws:iam::{OTHER_ACCOUNT}:role/partner")
    for audience in (AUDIENCE, "other", None):
        # The patterns themselves are values too: to StringEquals, a wildcard is a character like any other.
        for subject in ("a:mx", "a:x", "b:main", "b:x", "c", "c:main", *_SUBJECTS):
            keys = ((f"{HOST}:aud", audience), (f"{HOST}:sub", subject))
            provider = f"arn:aws:iam::{account}:oidc-provider/{HOST}"
            yield Caller(provider, "", keys, action="sts:AssumeRoleWithWebIdentity")
    for service in _SERVICES:
        for source in (account, OTHER_ACCOUNT, None):
            yield Caller(service, "", (("aws:sourceaccount", source),))


def _additions(caller: Caller) -> Iterator[Caller]:
    """Yield what the caller can add to a session in the same call."""
    for name in ("TagSession", "SetSourceIdentity", "SetContext"):
        yield replace(caller, action=f"sts:{name}")


def _decide(snapshot: Snapshot, role: Holder, caller: Caller, external: str | None) -> bool | None:
    own = snapshot.policies_of(caller.user or PolicyOwner.OUTSIDER)
    policies = replace(snapshot.policies.on(snapshot.state.role, own), resource=snapshot.trust_policy(role))
    context: Mapping[str, ContextValue] = {
        "aws:securetransport": "true",
        "sts:externalid": external,
        "sts:rolesessionname": "session",
        **{key: () if value is None else value for key, value in caller.keys},
    }
    request = Request(
        principal=caller.principal,
        action=caller.action,
        resource=snapshot.arn_of(role),
        account=caller.account,
        resource_account=snapshot.target.account,
        role_arn=caller.role_arn,
        context=context,
    )
    decision = evaluate(policies, request)
    return (
        None if decision.unknown and not decision.allowed and decision.kind.value == "undecided" else decision.allowed
    )


def _reads(snapshot: Snapshot, id_: str, action: str, key: str) -> bool:
    role = Holder(PolicyOwner.ROLE, grant=id_)
    target = snapshot.target
    bucket = target.bucket_arn if not key.startswith("another/") else "arn:aws:s3:::another"
    request = Request(
        principal=snapshot.session_arn(role, "session"),
        action=action,
        resource=f"{bucket}/{key.removeprefix('another/')}" if key else bucket,
        account=target.account,
        resource_account=target.account,
        role_arn=snapshot.arn_of(role),
        context={"aws:securetransport": "true"},
    )
    policies = snapshot.policies.on(
        None if key.startswith("another/") else snapshot.state.bucket, snapshot.policies_of(role)
    )
    return evaluate(policies, request).allowed


def difference(base: Snapshot, head: Snapshot) -> Difference:
    """Return what changed: who can assume the role of each grant, and what its sessions can do."""
    result = Difference([], [], [])
    roles = (ROLE_HOLDER, *(Holder(PolicyOwner.ROLE, grant=id_) for id_ in GRANTS))
    every = [each for caller in callers(base.target.account) for each in (caller, *_additions(caller))]
    for role, caller in itertools.product(roles, every):
        own = [value for key, value in caller.keys if key == "sts:externalid"]
        for external in own or (None, "one-11"):
            before, after = (_decide(each, role, caller, external) for each in (base, head))
            _add(result, f"{role}: {caller.action} {caller.principal} {caller.keys} {external}", before, after)
    for id_ in GRANTS:
        _add(
            result,
            f"{id_}: s3:GetBucketLocation",
            *(_reads(each, id_, "s3:GetBucketLocation", "") for each in (base, head)),
        )
        for action in ("s3:GetObject", "s3:PutObject", "s3:PutObjectAcl"):
            for key in (*_KEYS, *(f"another/{each}" for each in _KEYS)):
                _add(result, f"{id_}: {action} {key}", _reads(base, id_, action, key), _reads(head, id_, action, key))
    return result


def _add(result: Difference, name: str, before: bool | None, after: bool | None) -> None:
    if before is None or after is None:
        result.undecided.append(name)
    elif before != after:
        (result.gained if after else result.lost).append(name)
