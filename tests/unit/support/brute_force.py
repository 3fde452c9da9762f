"""Random pairs of outputs, and what changed between the two by trying every request of a dense grid.

The grid comes from the values that the generator writes into policies, not from the review's own samples.
"""

import itertools
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from temp_access.config.model import Grant
from temp_access.deployment.effective_policies import PolicyOwner, PrincipalPolicies
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.policy_json import Document
from temp_access.iam.request import ContextValue, Request
from temp_access.policies.session_policy import session_policy_for
from temp_access.review.snapshot import Snapshot, read_snapshot
from tests.unit.support.config_file import config_of
from tests.unit.support.review_edits import Edit, Templates, edit_output, edited_snapshot, properties
from tests.unit.support.synthesis import synthesize

Statement = dict[str, Any]
OWN_ACCOUNT = "${AWS::AccountId}"
OTHER_ACCOUNT = "222233334444"
_BUCKET_ACTIONS = ("s3:ListBucket", "s3:GetBucketPolicy")
_OBJECT_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
_ACTIONS = (*_OBJECT_ACTIONS, *_BUCKET_ACTIONS, "s3:*", "s3:Get*", "s3:*Object")
_KEYS = ("/*", "/bob/*", "/b*", "/bob/x", "/bobby/*", "/inbox/*")
_PRINCIPALS = (
    "*",
    "arn:aws:iam::${AWS::AccountId}:root",
    "arn:aws:iam::${AWS::AccountId}:user/mallory",
    "arn:aws:iam::${AWS::AccountId}:role/build",
    "arn:aws:iam::222233334444:root",
    "arn:aws:iam::222233334444:user/eve",
)
_NETWORKS = (
    "203.0.113.0/24",
    "203.0.113.0/25",
    "203.0.113.128/25",
    "203.0.0.0/16",
    "203.0.113.7/32",
    "198.51.100.0/24",
    "2001:db8::/32",
    "2001:db8::/48",
)
_ADDRESSES = (
    "203.0.113.0",
    "203.0.113.6",
    "203.0.113.7",
    "203.0.113.8",
    "203.0.113.127",
    "203.0.113.128",
    "203.0.113.255",
    "203.0.112.255",
    "203.0.114.0",
    "203.0.0.0",
    "203.0.255.255",
    "203.1.0.0",
    "198.51.100.9",
    "192.0.2.1",
    "2001:db8::1",
    "2001:db8:0:ffff::",
    "2001:db8:1::",
    "2001:db9::",
)
_DATES = ("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z", "2030-06-01T12:00:00Z")
_TIMES = (
    "2026-12-01T00:00:00Z",
    "2026-12-31T23:59:59Z",
    "2027-01-01T00:00:00Z",
    "2027-06-01T00:00:00Z",
    "2028-01-01T00:00:00Z",
    "2029-01-01T00:00:00Z",
    "2030-06-01T12:00:00Z",
    "2031-01-01T00:00:00Z",
)
_AGES = ("900", "3600", "7200")
_AGE_VALUES = ("0", "899", "900", "901", "2000", "3600", "5000", "7200", "7201")
_TEXTS = ("a*", "ab*", "a?", "ab", "b*", "*", "*c")
# The patterns themselves are values too: to StringEquals, a wildcard is a character like any other.
_TEXT_VALUES = ("a", "ab", "abc", "ac", "b", "bc", "x", "ax", "axyz", "abx", "xc", "AB", *_TEXTS)
_REGIONS = ("eu-central-1", "us-east-1", "eu-*")
_REGION_VALUES = ("eu-central-1", "eu-west-1", "us-east-1", "ap-south-1")
# The values of each key in the grid; None is an absent key. Keys that follow from the caller aren't here.
_GRID: Mapping[str, tuple[str | None, ...]] = {
    "aws:sourceip": (*_ADDRESSES, None),
    "aws:currenttime": _TIMES,
    "aws:multifactorauthage": (*_AGE_VALUES, None),
    "aws:multifactorauthpresent": ("true", "false", None),
    "aws:securetransport": ("true", "false"),
    "aws:referer": (*_TEXT_VALUES, None),
    "sts:externalid": (*_TEXT_VALUES, None),
    "aws:requestedregion": _REGION_VALUES,
    "aws:viaawsservice": ("false", "true"),
}


def random_condition(random_: random.Random, *, trust: bool = False) -> dict[str, dict[str, Any]]:
    """Return the Condition element of a random statement, with one operator or two."""
    condition: dict[str, dict[str, Any]] = {}
    for _ in range(random_.choice((1, 1, 1, 2))):
        operator, key, value = _random_test(random_, trust)
        condition.setdefault(operator, {}).setdefault(key, value)
    return condition


def _random_test(random_: random.Random, trust: bool) -> tuple[str, str, Any]:
    kinds = ("ip", "ip", "date", "age", "mfa", "text", "text", "region", "tls", "caller", "service", "null")
    kind = random_.choice(kinds)
    exists = random_.choice(("", "", "IfExists"))
    if kind == "ip":
        networks = random_.sample(_NETWORKS, random_.choice((1, 1, 2)))
        return random_.choice(("IpAddress", "NotIpAddress")) + exists, "aws:SourceIp", networks
    if kind == "date":
        operator = random_.choice(("DateLessThan", "DateGreaterThan", "DateLessThanEquals", "DateGreaterThanEquals"))
        return operator + exists, "aws:CurrentTime", random_.choice(_DATES)
    if kind == "age":
        operator = random_.choice(("NumericLessThan", "NumericGreaterThanEquals"))
        return operator + exists, "aws:MultiFactorAuthAge", random_.choice(_AGES)
    if kind == "mfa":
        return "Bool" + exists, "aws:MultiFactorAuthPresent", random_.choice(("true", "false"))
    if kind == "text":
        key = "sts:ExternalId" if trust else "aws:Referer"
        operator = random_.choice(("StringLike", "StringNotLike", "StringEquals", "StringEqualsIgnoreCase"))
        return operator + exists, key, random_.sample(_TEXTS, random_.choice((1, 1, 2)))
    if kind == "region":
        return random_.choice(("StringLike", "StringNotLike")) + exists, "aws:RequestedRegion", random_.choice(_REGIONS)
    if kind == "tls":
        return "Bool", "aws:SecureTransport", random_.choice(("true", "false"))
    if kind == "service":
        return "Bool" + exists, random_.choice(("aws:PrincipalIsAWSService", "aws:ViaAWSService")), "false"
    if kind == "caller":
        key, values = random_.choice(
            (
                ("aws:PrincipalAccount", (OWN_ACCOUNT, OTHER_ACCOUNT)),
                ("aws:PrincipalArn", (*_PRINCIPALS[2:4], _PRINCIPALS[5], "arn:aws:iam::${AWS::AccountId}:user/temp-*")),
                ("aws:PrincipalType", ("User", "AssumedRole")),
            )
        )
        operator = random_.choice(("StringEquals", "StringNotEquals", "StringLike"))
        return operator, key, {"Fn::Sub": random_.choice(values)}
    return "Null", "sts:ExternalId" if trust else "aws:Referer", random_.choice(("true", "false"))


def random_bucket_statement(random_: random.Random, arn: object) -> Statement:
    """Return a random statement of a bucket policy on the bucket with this ARN."""
    principal = random_.choice(_PRINCIPALS)
    return {
        "Principal": {"AWS": principal if principal == "*" else {"Fn::Sub": principal}},
        **_random_statement(random_, arn),
    }


def _random_statement(random_: random.Random, arn: object) -> Statement:
    keys = random_.sample(_KEYS, random_.choice((1, 1, 2)))
    resources: list[object] = [{"Fn::Join": ["", [arn, key]]} for key in keys]
    statement: Statement = {
        "Effect": random_.choice(("Allow", "Allow", "Deny")),
        "Action": random_.sample(_ACTIONS, random_.choice((1, 1, 2))),
        "Resource": [*resources, arn] if random_.random() < 0.5 else resources,
    }
    if random_.random() < 0.6:
        statement["Condition"] = random_condition(random_)
    return statement


def random_trust_statement(random_: random.Random) -> Statement:
    """Return a random statement of a trust policy."""
    principal = random_.choice((*_PRINCIPALS, "arn:aws:iam::${AWS::AccountId}:user/temp-user"))
    statement: Statement = {
        "Effect": random_.choice(("Allow", "Allow", "Deny")),
        "Principal": {"AWS": principal if principal == "*" else {"Fn::Sub": principal}},
        "Action": random_.choice(("sts:AssumeRole", "sts:AssumeRole", "sts:*")),
    }
    if random_.random() < 0.7:
        statement["Condition"] = random_condition(random_, trust=True)
    return statement


def random_user_statement(random_: random.Random, role_arn: object) -> Statement:
    """Return a random statement of the user's inline policy, on the calls that assume the role."""
    effect = random_.choice(("Allow", "Deny", "Deny"))
    statement: Statement = {
        "Effect": effect,
        "Action": random_.choice(("sts:AssumeRole", "sts:*")) if effect == "Deny" else "sts:AssumeRole",
        "Resource": "*" if effect == "Deny" else role_arn,
    }
    if random_.random() < 0.8:
        statement["Condition"] = random_condition(random_, trust=True)
    return statement


def random_config(random_: random.Random) -> str:
    """Return a random access.toml: grants, trusted principals, conditions of the role."""
    lines = []
    for id_ in ("bob", "bobby", "alice"):
        if random_.random() < 0.8:
            folder = 'folder = "inbox/alice"\n' if id_ == "alice" and random_.random() < 0.7 else ""
            access = random_.choice(("list", "read", "write", "read-write", "full"))
            lines.append(f'[grants.{id_}]\naccess = "{access}"\n{folder}')
    if not lines:
        lines.append('[grants.bob]\naccess = "read"\n')
    conditions = ""
    if random_.random() < 0.3:
        conditions += f"mfa = {random_.choice(('true', 'false'))}\n"
    if random_.random() < 0.5:
        networks = random_.sample(_NETWORKS, random_.choice((1, 1, 2)))
        conditions += f"source_ip = {json.dumps(networks)}\n"
    if conditions:
        lines.append(f"[role.conditions]\n{conditions}")
    for principal in random_.sample(("user/mallory", "role/build", OTHER_ACCOUNT), random_.choice((0, 0, 1, 2))):
        external_id = 'external_id = "ab"\n' if principal == OTHER_ACCOUNT else ""
        lines.append(f'[[role.trusted]]\nprincipal = "{principal}"\n{external_id}')
    return "".join(lines)


class Policies:
    """The statement lists of the templates that the generator edits."""

    def __init__(self, templates: Templates) -> None:
        bucket = properties(templates, "AWS::S3::BucketPolicy")["PolicyDocument"]
        role = properties(templates, "AWS::IAM::Role")
        user = properties(templates, "AWS::IAM::User")
        inline = role["Policies"][0]["PolicyDocument"]["Statement"]
        self.bucket_arn = bucket["Statement"][0]["Resource"][0]
        self.role_bucket_arn = inline[0]["Resource"]
        self.role_arn = properties(templates, "AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"][0]["Resource"]
        self.lists: dict[str, list[Statement]] = {
            "bucket": bucket["Statement"],
            "role": inline,
            "user": user["Policies"][0]["PolicyDocument"]["Statement"],
            "trust": role["AssumeRolePolicyDocument"]["Statement"],
        }

    def random_statement(self, random_: random.Random, name: str) -> Statement:
        """Return a random statement for one of the lists."""
        if name == "bucket":
            return random_bucket_statement(random_, self.bucket_arn)
        if name == "role":
            return _random_statement(random_, self.role_bucket_arn)
        return random_trust_statement(random_) if name == "trust" else random_user_statement(random_, self.role_arn)


def random_edit(seed: int, count: int) -> Edit:
    """Return the edit that adds `count` random statements, and sometimes replaces or removes one."""

    def edit(templates: Templates) -> None:
        random_ = random.Random(seed)  # noqa: S311 - not a secret
        policies = Policies(templates)
        for _ in range(count):
            name = random_.choice(("bucket", "bucket", "role", "trust", "trust", "user"))
            statements, new = policies.lists[name], policies.random_statement(random_, name)
            way = random_.random()
            if way < 0.6 or len(statements) < 2:
                statements.append(new)
            elif way < 0.75:
                statements[-1] = new
            elif way < 0.85:
                statements.pop(random_.randrange(1, len(statements)))
            else:
                # One statement's condition alone changes: a mask, a date, an operator.
                statements[-1] = {
                    **statements[-1],
                    "Condition": random_condition(random_, trust=name in ("trust", "user")),
                }

    return edit


def random_pair(folder: Path, seed: int, *, other_config: bool) -> tuple[Snapshot, Snapshot]:
    """Return base and head: edits of the same output, or with `other_config` of two access.toml as well."""
    random_ = random.Random(seed)  # noqa: S311 - not a secret
    base_edit = random_edit(7 * seed + 1, random_.choice((0, 0, 1, 2)))
    more = random_edit(7 * seed + 2, random_.choice((0, 1) if other_config else (1, 1, 2)))

    def head_edit(templates: Templates) -> None:
        base_edit(templates)
        more(templates)

    if not other_config:
        return edited_snapshot(folder, "base", base_edit), edited_snapshot(folder, "head", head_edit)
    before = random_config(random_)
    after = before if random_.random() < 0.2 else random_config(random_)
    return (
        _synthesized(folder / "base", before, base_edit, "base"),
        _synthesized(folder / "head", after, head_edit, "head"),
    )


def _synthesized(folder: Path, content: str, edit: Edit, name: str) -> Snapshot:
    folder.mkdir()
    synthesize(config_of(folder, content), outdir=folder / "cdk.out")
    edit_output(folder / "cdk.out", edit)
    return read_snapshot(name, folder / "cdk.out", None)


@dataclass(frozen=True)
class Caller:
    """A caller of the grid, with the owner of its policies, and the grant of its session."""

    name: str
    arn: str
    account: str
    owner: PolicyOwner
    role_arn: str | None = None
    grant: Grant | None = None
    no_permissions: bool = False


_NOTHING = PrincipalPolicies()


def callers(snapshot: Snapshot) -> Iterator[Caller]:
    """Yield every caller of the grid, named the same in base and head."""
    target = snapshot.target
    account = target.account
    yield Caller("the user", target.user_arn, account, PolicyOwner.USER)
    yield Caller("the role", target.session_arn("session"), account, PolicyOwner.ROLE, target.role_arn)
    for id_, grant in snapshot.config.grants.items():
        yield Caller(id_, target.session_arn(id_), account, PolicyOwner.ROLE, target.role_arn, grant)
    for own in (account, OTHER_ACCOUNT, "333344445555"):
        for name in ("mallory", "eve", "somebody"):
            user = Caller(f"{own} {name}", f"arn:aws:iam::{own}:user/{name}", own, PolicyOwner.OUTSIDER)
            yield user
            if own == account:
                yield replace(user, name=f"{user.name}, no permissions", no_permissions=True)
    role = f"arn:aws:iam::{account}:role/build"
    session = f"arn:aws:sts::{account}:assumed-role/build/session"
    yield Caller("build", session, account, PolicyOwner.OUTSIDER, role)
    yield Caller("build, no permissions", session, account, PolicyOwner.OUTSIDER, role, no_permissions=True)
    yield Caller("anonymous", "*", "", PolicyOwner.OUTSIDER)


def _policy_sets(snapshot: Snapshot, caller: Caller) -> tuple[PolicySet, PolicySet]:
    """Return the policies that decide the caller's requests on the bucket, and on the role."""
    own = _NOTHING if caller.no_permissions else snapshot.policies_of(caller.owner)
    if caller.grant:
        policy_for = session_policy_for(bucket=snapshot.target.bucket, partition=snapshot.target.partition)
        own = own.narrowed(policy_for(caller.grant))
    state = snapshot.state
    return snapshot.policies.on(state.bucket, own), snapshot.policies.on(state.role, own)


_PREFIXES = (None, "", "b", "bob/", "bob/x", "bobby/", "inbox/alice/", "other/")
_OBJECTS = ("bob/x", "bob/y", "bobby/x", "bx", "inbox/alice/x", "inbox/x", "other/x", "x")


def _requests(snapshot: Snapshot, caller: Caller) -> Iterator[tuple[bool, str, str, dict[str, ContextValue]]]:
    """Yield whether the request is on the role, its action, resource and fixed keys."""
    bucket = snapshot.target.bucket_arn
    for action in _OBJECT_ACTIONS:
        yield from ((False, action, f"{bucket}/{key}", {}) for key in _OBJECTS)
    yield False, "s3:PutObjectTagging", f"{bucket}/bob/x", {}
    yield False, "s3:GetBucketPolicy", bucket, {}
    for prefix in _PREFIXES:
        yield False, "s3:ListBucket", bucket, {} if prefix is None else {"s3:prefix": prefix}
    if caller.grant is None and caller.arn != "*":
        for action in ("sts:AssumeRole", "sts:TagSession"):
            yield True, action, snapshot.target.role_arn, {}


def _used_keys(policies: PolicySet) -> Iterator[str]:
    every = (*policies.identity, *(policies.session or ()), policies.boundary, policies.resource)
    for policy in every:
        for body in policy.bodies if policy else ():
            for keys in (body.get("Condition") or {}).values():
                yield from (key.lower() for key in keys)


def _contexts(caller: Caller, keys: set[str]) -> list[dict[str, ContextValue]]:
    names = sorted(keys & _GRID.keys())
    contexts = []
    for values in itertools.product(*(_GRID[name] for name in names)):
        context: dict[str, ContextValue] = {"aws:securetransport": "true", "aws:viaawsservice": "false"}
        context |= {"aws:sourceip": "192.0.2.1", "aws:currenttime": _TIMES[0], "aws:requestedregion": _REGION_VALUES[0]}
        context |= {name: () if value is None else value for name, value in zip(names, values, strict=True)}
        if _is_possible(caller, context):
            contexts.append(context)
    return contexts


def _is_possible(caller: Caller, context: Mapping[str, ContextValue]) -> bool:
    """Whether a caller can have these keys together.

    The age of MFA is there with MFA alone; a role's session says false without MFA; an anonymous caller has neither.
    """
    present, age = context.get("aws:multifactorauthpresent", ()), context.get("aws:multifactorauthage", ())
    if age != () and present not in ("true", ()):
        return False
    if (
        "aws:multifactorauthage" in context
        and "aws:multifactorauthpresent" in context
        and (age != ()) != (present == "true")
    ):
        return False
    if caller.arn == "*":
        return age == () and present == ()
    return not (caller.role_arn and present == () and "aws:multifactorauthpresent" in context)


@dataclass
class Difference:
    """Sample requests that only head allows, and that only base allows."""

    gained: list[str]
    lost: list[str]
    undecided: list[str]

    @property
    def directions(self) -> frozenset[str]:
        """`broadened`, `narrowed`, both or neither."""
        return frozenset([*["broadened"] * bool(self.gained), *["narrowed"] * bool(self.lost)])


_MAX_CONTEXTS = 6000


def difference(base: Snapshot, head: Snapshot) -> Difference:
    """Return what changed between two snapshots with the same names, by every request of the grid."""
    result = Difference([], [], [])
    before, after = ({caller.name: caller for caller in callers(snapshot)} for snapshot in (base, head))
    for name in {**before, **after}:
        pair = [(base, before.get(name)), (head, after.get(name))]
        sets = [caller and _policy_sets(snapshot, caller) for snapshot, caller in pair]
        caller = after.get(name) or before[name]
        for on_role in (False, True):
            policies = [both[on_role] if both else None for both in sets]
            keys = {key for policy_set in policies if policy_set for key in _used_keys(policy_set)}
            contexts = _contexts(caller, keys)
            if len(contexts) > _MAX_CONTEXTS:
                contexts = random.Random(0).sample(contexts, _MAX_CONTEXTS)  # noqa: S311 - not a secret
            for request in _requests(head, caller):
                if request[0] is on_role:
                    _compare(result, pair, policies, request, contexts)
    return result


def _compare(
    result: Difference,
    pair: list[tuple[Snapshot, Caller | None]],
    policies: list[PolicySet | None],
    request: tuple[bool, str, str, dict[str, ContextValue]],
    contexts: list[dict[str, ContextValue]],
) -> None:
    _, action, resource, fixed = request
    for context in contexts:
        kinds = []
        for (snapshot, caller), policy_set in zip(pair, policies, strict=True):
            if caller is None or policy_set is None:
                kinds.append("implicitDeny")
                continue
            kinds.append(
                evaluate(
                    policy_set,
                    Request(
                        principal=caller.arn,
                        action=action,
                        resource=resource,
                        account=caller.account,
                        resource_account=snapshot.target.account,
                        role_arn=caller.role_arn,
                        context={**context, **fixed},
                    ),
                ).kind.value
            )
        name = next(caller.name for _, caller in reversed(pair) if caller)
        described = f"{name}: {action} {resource.rpartition(':')[2]} {fixed} {context}"
        if "undecided" in kinds:
            result.undecided.append(described)
        elif kinds[0] != "allowed" and kinds[1] == "allowed":
            result.gained.append(described)
            return
        elif kinds[0] == "allowed" and kinds[1] != "allowed":
            result.lost.append(described)
            if result.gained:
                return


def documents(snapshot: Snapshot) -> dict[str, Document]:
    """Return the documents that the generator edits, resolved."""
    state = snapshot.state
    return {
        "bucket": state.bucket.policy or {},
        "trust": state.role.trust,
        **{f"role {name}": document for name, document in state.role.permissions.inline.items()},
        **{f"user {name}": document for name, document in state.user.permissions.inline.items()},
    }
