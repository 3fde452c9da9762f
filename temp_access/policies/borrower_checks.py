"""Checks of grants with borrowers and of the users for people: the quotas of IAM and CloudFormation.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Iterator

from temp_access.config.borrower import BorrowerKind
from temp_access.config.model import Config, Grant
from temp_access.config.table import key_path
from temp_access.iam.arn import iam_arn
from temp_access.policies.borrower_trust import grant_trust_policy
from temp_access.policies.checks import MAX_MANAGED_POLICY, MAX_TRUST_POLICY, policy_size, user_findings
from temp_access.policies.grant_stacks import MAX_RESOURCES, grant_stack, needs_instance_profile
from temp_access.policies.role_names import grant_role_name, grant_role_resource
from temp_access.policies.user_policies import assume_policy

MAX_ROLES, MAX_PROVIDERS = 1000, 100
_LONGEST_PARTITION, _ANY_ACCOUNT = "aws-us-gov", "1" * 12


def borrower_findings(config: Config) -> Iterator[str]:
    """Yield a finding for each quota that the roles of grants or the users for people exceed."""
    grants = config.own_role_grants
    names: dict[str, str] = {}
    in_stack: dict[str, int] = {}
    for id_, grant in grants.items():
        path = key_path("grants", id_)
        size = policy_size(grant_trust_policy(grant, config, account=_ANY_ACCOUNT, partition=_LONGEST_PARTITION))
        if size > MAX_TRUST_POLICY:
            yield (
                f"{path}.borrowers: the trust policy has {size} characters, and the maximum is {MAX_TRUST_POLICY}; "
                "name fewer borrowers, or one role or permission set instead of many people"
            )
        yield from _shut_out(config, path, grant)
        twin = names.setdefault(grant_role_name(config.role.name, id_).lower(), id_)
        if twin != id_:
            yield f"{path}: its role has the same name as that of {key_path('grants', twin)}; choose another id"
        stack = grant_stack(id_)
        # The role, and for EC2 its instance profile.
        in_stack[stack] = in_stack.get(stack, 0) + (2 if needs_instance_profile(grant) else 1)
    if len(grants) + 1 > MAX_ROLES:
        yield (
            f"grants: {len(grants)} grants with borrowers and {config.role.name} need {len(grants) + 1} roles, and an "
            f"account can have {MAX_ROLES} by default; let some of them be borrowed through {config.role.name}"
        )
    for stack, count in sorted(in_stack.items()):
        if count > MAX_RESOURCES:
            yield (
                f"grants: the stack {stack} would have {count} roles and instance profiles, and the maximum is "
                f"{MAX_RESOURCES}; let some of these grants be borrowed through {config.role.name}"
            )
    yield from _user_quotas(config)


def _shut_out(config: Config, path: str, grant: Grant) -> Iterator[str]:
    """Yield a finding for each borrower that a condition with `${aws:username}` refuses: only IAM users have a name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    conditions = config.role.conditions
    patterns = {"session_name": conditions.session_name, "source_identity": conditions.source_identity}
    keys = [key for key, pattern in patterns.items() if pattern and "${aws:username}" in pattern]
    for each in grant.borrowers if keys else ():
        if each.kind in (BorrowerKind.ROLE, BorrowerKind.SSO):
            yield (
                f"{path}.borrowers: {each.text!r} could never borrow, because role.conditions.{keys[0]} has "
                "${aws:username}, and only IAM users have that name; remove one of them"
            )


def _user_quotas(config: Config) -> Iterator[str]:
    grants = config.grants_by_user
    resources = sum(provider.create for provider in config.identity_providers.values())
    for name, user in config.users.items():
        path = key_path("users", name)
        yield from user_findings(user, path, iam_arn(_LONGEST_PARTITION, _ANY_ACCOUNT, f"user/{name}"))
        resources += 2 + len(user.customer_managed)
        roles = [
            iam_arn(_LONGEST_PARTITION, _ANY_ACCOUNT, grant_role_resource(config.role, grant.id))
            for grant in grants[name]
        ]
        size = policy_size(assume_policy(*roles)) if roles else 0
        if size > MAX_MANAGED_POLICY:
            yield (
                f"{path}: the policy with its {len(roles)} roles has {size} characters, and the maximum is "
                f"{MAX_MANAGED_POLICY}; let fewer grants name user/{name}"
            )
    if resources > MAX_RESOURCES:
        yield (
            f"users: {len(config.users)} users need {resources} resources, and a stack can have {MAX_RESOURCES}; use "
            "IAM Identity Center (sso/PERMISSION-SET) for so many people"
        )
    if len(config.identity_providers) > MAX_PROVIDERS:
        yield (
            f"identity_providers: there are {len(config.identity_providers)}, and an account can have {MAX_PROVIDERS}; "
            "remove some"
        )
