"""Random small projects for `temp-access who`, as a configuration and the policies that its stacks would have."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.access_file import load
from temp_access.config.model import Config
from temp_access.deployment.effective_policies import EffectivePolicies
from temp_access.deployment.state import BucketState, Permissions, RoleState, State, UserState
from temp_access.deployment.target import Target
from temp_access.iam.aws_managed import bundled_document
from temp_access.policies.access_modes import grant_access
from temp_access.policies.borrower_trust import grant_trust_policy
from temp_access.policies.role_names import grant_role_name, grant_role_resource
from temp_access.policies.role_policy import role_policy
from temp_access.policies.session_policy import folder_policy
from temp_access.policies.trust_policy import trust_policy
from temp_access.policies.user_policies import assume_policy
from temp_access.whatif.model import PolicySource

ACCOUNT, PARTNER, BUCKET = "111122223333", "222233334444", "example-bucket"
ISSUER = "https://token.actions.githubusercontent.com"
NEAR, FAR = "203.0.113.7", "192.0.2.1"
_BORROWERS = (
    '"user/ann"',
    '"user/dan"',
    '"user/other"',
    '"role/build"',
    '"sso/DataTeam"',
    '"sso/DataTeam/ann@example.com"',
    '"sso/Ops"',
    '"oidc/github/repo:example/app:ref:refs/heads/*"',
    '"oidc/github/repo:example/app:ref:refs/heads/main"',
    '"service/lambda.amazonaws.com"',
    f'{{ principal = "arn:aws:iam::{PARTNER}:role/partner", external_id = "the-partner" }}',
)
_TRUSTED = (
    'principal = "role/build"',
    'principal = "user/dan"',
    f'principal = "{PARTNER}"\nexternal_id = "the-partner"',
)
_CONDITIONS = ("", "", "mfa = true\n", 'session_name = "a-*"\n', 'source_ip = ["203.0.113.0/24"]\n')
_PEOPLE = tuple(f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("ann", "dan", "temp-user", "other"))


@dataclass(frozen=True)
class WhoSample:
    """A configuration, and the policies that apply in it."""

    config: Config
    source: PolicySource

    @property
    def roles(self) -> Iterator[RoleState]:
        """All roles of ours."""
        state = self.source.policies.state
        yield from (state.role, *state.grant_roles.values())


def who_sample(folder: Path, seed: int) -> WhoSample:
    """Write a random access.toml to `folder`, and return it with policies that somebody changed here and there."""
    choose = random.Random(seed)  # noqa: S311 (it chooses examples)
    file = folder / "access.toml"
    file.write_text(_toml(choose), encoding="utf-8")
    config = load(file)
    target = Target(
        account=ACCOUNT,
        region="eu-central-1",
        partition="aws",
        bucket=BUCKET,
        role_name=config.role.name,
        role_arn=f"arn:aws:iam::{ACCOUNT}:role{config.role.path}{config.role.name}",
        user_name=config.user.name,
        user_arn=f"arn:aws:iam::{ACCOUNT}:user/{config.user.name}",
        digest=config.digest,
        offline=True,
    )
    policies = EffectivePolicies(target, _state(config, target, choose), bundled_document)
    return WhoSample(
        config, PolicySource(policies, lambda holder, layer, name: f"{layer.value} {holder} {name}", "test")
    )


def _toml(choose: random.Random) -> str:
    path = choose.choice(("/", "/temp-access/"))
    lines = [f'[users.ann]\n[users.dan]\n[role]\npath = "{path}"\n']
    lines += [f"[[role.trusted]]\n{each}\n" for each in choose.sample(_TRUSTED, choose.randrange(3))]
    lines.append(f"[role.conditions]\n{choose.choice(_CONDITIONS)}")
    lines.append(f'[identity_providers.github]\nissuer = "{ISSUER}"\naudience = "sts.amazonaws.com"\n')
    for id_ in choose.sample(("bob", "bobby", "b", "team"), 3):
        borrowers = choose.sample(_BORROWERS, choose.randrange(4))
        own = f"borrowers = [{', '.join(borrowers)}]\n" if borrowers else ""
        access = choose.choice(("list", "read", "write", "read-write", "full"))
        lines.append(f'[grants.{id_}]\naccess = "{access}"\n{own}')
    if choose.random() < 0.5:
        lines.append('[any_id]\npattern = "t-[0-9]{1,3}"\naccess = "read"\nfolder = "tenants/{id}"\n')
    return "".join(lines)


def _state(config: Config, target: Target, choose: random.Random) -> State:
    arn = f"arn:aws:s3:::{BUCKET}"
    whole = role_policy(arn, bucket_actions=["s3:ListBucket", "s3:GetBucketLocation"], object_actions=["s3:*"])
    role = RoleState(
        config.role.name,
        Permissions({"Access": whole}),
        _with_more(
            trust_policy(config.role, user_arn=target.user_arn, account=ACCOUNT, partition="aws"), choose, trust=True
        ),
        3600,
        {},
        config.role.path,
    )
    grant_roles = {}
    for id_, grant in config.own_role_grants.items():
        name = grant_role_name(config.role.name, id_)
        trust = _with_more(grant_trust_policy(grant, config, account=ACCOUNT, partition="aws"), choose, trust=True)
        folder = folder_policy(grant.folder, grant_access(grant), bucket_arn=arn)
        grant_roles[name] = RoleState(name, Permissions({"Folder": folder}), trust, 3600, {}, config.role.path)
    users = {}
    for name, grants in config.grants_by_user.items():
        roles = [target.arn(grant_role_resource(config.role, grant.id)) for grant in grants]
        users[name] = UserState(name, Permissions(_inline(roles, choose)))
    bucket = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
    return State(
        UserState(config.user.name, Permissions(_inline([target.role_arn], choose))),
        role,
        BucketState(BUCKET, _with_more(bucket, choose, trust=False), None, None, None, None),
        grant_roles,
        users,
    )


def _inline(roles: list[str], choose: random.Random) -> dict[str, Any]:
    policies: dict[str, Any] = {"AssumeRole": assume_policy(*roles)} if roles else {}
    if choose.random() < 0.4:
        policies["own"] = {"Version": "2012-10-17", "Statement": [_statement(choose)]}
    return policies


def _with_more(document: dict[str, Any], choose: random.Random, *, trust: bool) -> dict[str, Any]:
    """Return the policy with another statement now and then."""
    if choose.random() < 0.6:
        return document
    statement = _statement(choose, trust=trust)
    principal: Any = {"AWS": choose.choice((*_PEOPLE, f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{PARTNER}:root"))}
    if statement["Effect"] == "Deny" and choose.random() < 0.5:
        principal = "*"
    if trust:
        del statement["Resource"]
    return {**document, "Statement": [*document["Statement"], {**statement, "Principal": principal}]}


def _statement(choose: random.Random, *, trust: bool = False) -> dict[str, Any]:
    actions = ("sts:AssumeRole",) if trust else ("s3:GetObject", "s3:*", "s3:Get*", "sts:AssumeRole", "*")
    keys = ("/*", "/bob/*", "/b*", "/tenants/t-1/*")
    resource = "*" if choose.random() < 0.2 else f"arn:aws:s3:::{BUCKET}{choose.choice(keys)}"
    action = choose.choice(actions)
    statement: dict[str, Any] = {"Effect": choose.choice(("Allow", "Allow", "Deny")), "Action": action}
    statement["Resource"] = "*" if action in ("sts:AssumeRole", "*") and not trust else resource
    condition = choose.choice(
        (
            None,
            {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
            {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
            {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        )
    )
    return {**statement, "Condition": condition} if condition else statement
