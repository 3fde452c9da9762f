"""The aspects of the user."""

from collections.abc import Iterator, Mapping

from temp_access.verify.state.aspect import DriftCheck
from temp_access.verify.state.commands import aws_cli
from temp_access.verify.state.compare_policies import attached_policies, boundary, inline_policies
from temp_access.verify.state.model import UserState


def _groups(expected: UserState, deployed: UserState) -> Iterator[str]:
    for group in sorted({*deployed.groups} - {*expected.groups}):
        remove = aws_cli("iam", "remove-user-from-group", user_name=deployed.name, group_name=group)
        yield (
            f"{deployed.name} is in the group {group}, whose policies it has, and isn't in the template; "
            f"take it out: {remove}"
        )
    for group in sorted({*expected.groups} - {*deployed.groups}):
        add = aws_cli("iam", "add-user-to-group", user_name=deployed.name, group_name=group)
        yield f"{deployed.name} isn't in the group {group} as in the template; put it in: {add}"


USER_CHECKS: Mapping[str, DriftCheck[UserState]] = {
    "user.inline_policies": DriftCheck("temp-user's inline policies are the template's", inline_policies),
    "user.attached_policies": DriftCheck("temp-user's managed policies are the template's", attached_policies),
    "user.boundary": DriftCheck("temp-user's permissions boundary is the template's", boundary),
    "user.groups": DriftCheck("temp-user is in the template's groups alone", _groups),
}
