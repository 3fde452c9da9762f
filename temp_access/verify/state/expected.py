"""The state that the synthesized templates ask for."""

from collections.abc import Mapping
from typing import Any

from temp_access.errors import UserError
from temp_access.verify.state.assembly import Assembly
from temp_access.verify.state.expected_bucket import expected_bucket
from temp_access.verify.state.expected_permissions import expected_permissions
from temp_access.verify.state.model import TAG_PREFIX, RoleState, State, UserState
from temp_access.verify.state.names import TemplateContext
from temp_access.verify.state.resources import Resource, resources, single

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_DEFAULT_MAX_SESSION_DURATION = 3600


def expected_state(
    assembly: Assembly,
    physical: Mapping[tuple[str, str], str] | None = None,
    *,
    account: str,
    region: str,
    partition: str,
) -> State:
    """Return what the templates ask for; where they don't say, what AWS makes then.

    `physical` gives deployed names by (stack, logical id); without it names come from the templates alone.
    Raises UserError when the assembly is for another account or Region, or can't be followed.
    """
    _require_place(assembly, account, region)
    scope = TemplateContext(assembly.templates, account, region, partition, physical or {})
    try:
        found = resources(scope)
        return State(_user(found), _role(found), expected_bucket(found))
    except (TypeError, LookupError, AttributeError, ValueError) as error:
        raise UserError(
            f"{assembly.folder}: has a property in a form that CloudFormation doesn't take ({error}); "
            "run `make synth` again"
        ) from error


def _require_place(assembly: Assembly, account: str, region: str) -> None:
    made_for = (assembly.account or account, assembly.region or region)
    if made_for != (account, region):
        raise UserError(
            f"{assembly.folder}: was made for account {made_for[0]} in {made_for[1]}, and this is account "
            f"{account} in {region}; run `cdk synth -c env=NAME` for this one"
        )


def _user(found: tuple[Resource, ...]) -> UserState:
    user = single(found, "AWS::IAM::User")
    groups = tuple(sorted(user.properties.get("Groups", ())))
    return UserState(user.name, expected_permissions(user, found, "Users"), groups)


def _role(found: tuple[Resource, ...]) -> RoleState:
    role = single(found, "AWS::IAM::Role")
    tags = {tag["Key"]: tag["Value"] for tag in role.properties.get("Tags", ())}
    return RoleState(
        name=role.name,
        permissions=expected_permissions(role, found, "Roles"),
        trust=_object(role.properties["AssumeRolePolicyDocument"]),
        max_session_duration=int(role.properties.get("MaxSessionDuration", _DEFAULT_MAX_SESSION_DURATION)),
        tags={key: value for key, value in tags.items() if key.startswith(TAG_PREFIX)},
    )


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"a policy document is {type(value).__name__}")
    return value
