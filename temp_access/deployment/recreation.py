"""The aws commands that create a role, user or identity provider anew, as its template defines it."""

from collections.abc import Iterator
from typing import Any

from temp_access.deployment.policy_drift import aws_cli
from temp_access.deployment.state import ProviderState, RoleState, UserState


def recreate_role(role: RoleState) -> str:
    """Return the commands that create a role with its policies and tags, joined by `&&`."""
    create = aws_cli(
        "iam",
        "create-role",
        role_name=role.name,
        path=role.path,
        assume_role_policy_document=role.trust,
        max_session_duration=role.max_session_duration,
        **_boundary_and_tags(role),
    )
    return " && ".join([create, *_policies(role, "role")])


def recreate_user(user: UserState) -> str:
    """Return the commands that create a user with its policies, groups and tags, joined by `&&`."""
    create = aws_cli("iam", "create-user", user_name=user.name, **_boundary_and_tags(user))
    groups = [aws_cli("iam", "add-user-to-group", user_name=user.name, group_name=group) for group in user.groups]
    return " && ".join([create, *_policies(user, "user"), *groups])


def recreate_provider(provider: ProviderState) -> str:
    """Return the command that creates an identity provider."""
    return aws_cli(
        "iam",
        "create-open-id-connect-provider",
        url=f"https://{provider.host}",
        client_id_list=list(provider.audiences),
    )


def _boundary_and_tags(holder: RoleState | UserState) -> dict[str, Any]:
    own = holder.tags if isinstance(holder, RoleState) else {}
    tags = [{"Key": key, "Value": value} for key, value in {**own, **holder.file_tags}.items()]
    boundary = holder.permissions.boundary
    return {**({"permissions_boundary": boundary} if boundary else {}), **({"tags": tags} if tags else {})}


def _policies(holder: RoleState | UserState, kind: str) -> Iterator[str]:
    name: dict[str, Any] = {f"{kind}_name": holder.name}
    for policy, document in holder.permissions.inline.items():
        yield aws_cli("iam", f"put-{kind}-policy", **name, policy_name=policy, policy_document=document)
    for arn in holder.permissions.attached:
        yield aws_cli("iam", f"attach-{kind}-policy", **name, policy_arn=arn)
