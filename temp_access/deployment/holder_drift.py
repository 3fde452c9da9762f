"""Drift of users, roles and identity providers, with the aws command that undoes each difference."""

from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.deployment.drift_check import DriftCheck
from temp_access.deployment.policy_drift import attached_policies, aws_cli, boundary, inline_policies
from temp_access.deployment.recreation import recreate_role
from temp_access.deployment.state import ProviderState, RoleState, UserState
from temp_access.iam.diff import document_differences
from temp_access.policies.role_policy import CONFIG_TAG


def _trust_policy(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    if changes := document_differences(expected.trust, deployed.trust):
        # `cdk deploy` compares templates with each other, so it has nothing to deploy.
        put = aws_cli("iam", "update-assume-role-policy", role_name=deployed.name, policy_document=expected.trust)
        yield f"the trust policy of {deployed.name} {', and '.join(changes)}; restore it: {put}"


def _max_session_duration(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    seconds = expected.max_session_duration
    if deployed.max_session_duration != seconds:
        put = aws_cli("iam", "update-role", role_name=deployed.name, max_session_duration=seconds)
        yield (
            f"the maximum session duration of {deployed.name} is {deployed.max_session_duration} s, "
            f"but the template has {seconds} s; restore it: {put}"
        )


def _tags(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    for key in sorted(expected.tags.keys() | deployed.tags.keys()):
        expected_value, value = expected.tags.get(key), deployed.tags.get(key)
        if expected_value is None:
            remove = aws_cli("iam", "untag-role", role_name=deployed.name, tag_keys=key)
            yield f"{deployed.name} has the tag {key}, which isn't in the template; remove it: {remove}"
        elif value != expected_value:
            tag = {"Key": key, "Value": expected_value}
            put = aws_cli("iam", "tag-role", role_name=deployed.name, tags=[tag])
            hint = "another access.toml is deployed (run `cdk deploy`), or " if key == CONFIG_TAG else ""
            yield (
                f"the tag {key} of {deployed.name} is {value or 'missing'}, but the template has {expected_value}: "
                f"{hint}it was changed by hand; restore it: {put}"
            )
    yield from _file_tags(expected, deployed)


def _file_tags(expected: RoleState | UserState, deployed: RoleState | UserState) -> Iterator[str]:
    """Yield a line for each tag of `[tags]` that is missing or has another value; others may have added more."""
    kind = "user" if isinstance(expected, UserState) else "role"
    name: dict[str, Any] = {f"{kind}_name": deployed.name}
    for key, expected_value in sorted(expected.file_tags.items()):
        value = deployed.file_tags.get(key)
        if value != expected_value:
            put = aws_cli("iam", f"tag-{kind}", **name, tags=[{"Key": key, "Value": expected_value}])
            actual = "missing" if value is None else value or "empty"
            yield (
                f"the tag {key} of {deployed.name} is {actual}, but the template has {expected_value}; restore it: "
                f"{put}"
            )


def _path(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    if expected.path != deployed.path:
        delete = aws_cli("iam", "delete-role", role_name=deployed.name)
        yield (
            f"the path of {deployed.name} is {deployed.path}, but the template has {expected.path}, so its ARN is "
            f"another one; a role's path can't be changed: delete its policies and the role ({delete}), and recreate "
            f"it: {recreate_role(expected)}"
        )


_ROLE_CHECKS: Mapping[str, DriftCheck[RoleState]] = {
    "trust_policy": DriftCheck("{name}'s trust policy matches the template", _trust_policy),
    "max_session_duration": DriftCheck("{name}'s maximum session duration matches the template", _max_session_duration),
    "inline_policies": DriftCheck("{name}'s inline policies match the template", inline_policies),
    "attached_policies": DriftCheck("{name}'s managed policies match the template", attached_policies),
    "boundary": DriftCheck("{name}'s permissions boundary matches the template", boundary),
    "tags": DriftCheck("{name}'s temp-access tags match the template", _tags),
}
ROLE_CHECKS = {f"role.{aspect}": check for aspect, check in _ROLE_CHECKS.items()}
GRANT_ROLE_CHECKS: Mapping[str, DriftCheck[RoleState]] = {
    **{f"grant_role.{aspect}": check for aspect, check in _ROLE_CHECKS.items()},
    "grant_role.path": DriftCheck("{name}'s path matches the template", _path),
}


def _groups(expected: UserState, deployed: UserState) -> Iterator[str]:
    for group in sorted({*deployed.groups} - {*expected.groups}):
        remove = aws_cli("iam", "remove-user-from-group", user_name=deployed.name, group_name=group)
        yield (
            f"{deployed.name} is in the group {group} and has its policies, but the template has no such group; "
            f"remove it: {remove}"
        )
    for group in sorted({*expected.groups} - {*deployed.groups}):
        add = aws_cli("iam", "add-user-to-group", user_name=deployed.name, group_name=group)
        yield f"{deployed.name} isn't in the group {group}, which is in the template; add it: {add}"


_USER_CHECKS: Mapping[str, DriftCheck[UserState]] = {
    "inline_policies": DriftCheck("{name}'s inline policies match the template", inline_policies),
    "attached_policies": DriftCheck("{name}'s managed policies match the template", attached_policies),
    "boundary": DriftCheck("{name}'s permissions boundary matches the template", boundary),
    "groups": DriftCheck("{name} is in no groups other than the template's", _groups),
}
USER_CHECKS = {f"user.{aspect}": check for aspect, check in _USER_CHECKS.items()}
PERSON_CHECKS: Mapping[str, DriftCheck[UserState]] = {
    **{f"person.{aspect}": check for aspect, check in _USER_CHECKS.items()},
    "person.tags": DriftCheck("{name}'s tags match the template", _file_tags),
}


def _audiences(expected: ProviderState, deployed: ProviderState) -> Iterator[str]:
    arn = {"open_id_connect_provider_arn": expected.arn}
    for audience in sorted({*deployed.audiences} - {*expected.audiences}):
        remove = aws_cli("iam", "remove-client-id-from-open-id-connect-provider", **arn, client_id=audience)
        yield (
            f"the identity provider {expected.host} accepts the audience {audience}, which isn't in the template; "
            f"remove it: {remove}"
        )
    yield from _missing_audiences(expected, deployed)


def _missing_audiences(expected: ProviderState, deployed: ProviderState) -> Iterator[str]:
    arn = {"open_id_connect_provider_arn": expected.arn}
    for audience in sorted({*expected.audiences} - {*deployed.audiences}):
        add = aws_cli("iam", "add-client-id-to-open-id-connect-provider", **arn, client_id=audience)
        yield f"the identity provider {expected.host} doesn't accept the audience {audience}; add it: {add}"


EXISTING_PROVIDER_CHECKS: Mapping[str, DriftCheck[ProviderState]] = {
    "existing_provider.audience": DriftCheck(
        "the account has the identity provider {name}, with the audience of access.toml", _missing_audiences
    ),
}
PROVIDER_CHECKS: Mapping[str, DriftCheck[ProviderState]] = {
    "provider.audiences": DriftCheck("the audiences of {name} match the template", _audiences),
}
