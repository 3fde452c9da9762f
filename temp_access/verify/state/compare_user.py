"""The aspects of the user."""

from collections.abc import Iterator, Mapping

from temp_access.verify.state.aspect import Aspect
from temp_access.verify.state.commands import aws
from temp_access.verify.state.compare_policies import attached_policies, boundary, inline_policies
from temp_access.verify.state.model import UserState


def _groups(expected: UserState, deployed: UserState) -> Iterator[str]:
    for group in sorted({*deployed.groups} - {*expected.groups}):
        remove = aws("iam", "remove-user-from-group", user_name=deployed.name, group_name=group)
        yield (
            f"{deployed.name} is in the group {group}, whose policies it has, and isn't in the template; "
            f"take it out: {remove}"
        )
    for group in sorted({*expected.groups} - {*deployed.groups}):
        add = aws("iam", "add-user-to-group", user_name=deployed.name, group_name=group)
        yield f"{deployed.name} isn't in the group {group} as in the template; put it in: {add}"


USER_ASPECTS: Mapping[str, Aspect[UserState]] = {
    "user.inline_policies": Aspect("temp-user's inline policies are the template's", inline_policies),
    "user.attached_policies": Aspect("temp-user's managed policies are the template's", attached_policies),
    "user.boundary": Aspect("temp-user's permissions boundary is the template's", boundary),
    "user.groups": Aspect("temp-user is in the template's groups alone", _groups),
}
