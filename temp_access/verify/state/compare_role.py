"""The aspects of the role."""

from collections.abc import Iterator, Mapping

from temp_access.policy.tags import CONFIG_TAG
from temp_access.verify.state.aspect import DriftCheck
from temp_access.verify.state.commands import PUT_BACK, aws_cli
from temp_access.verify.state.compare_policies import (
    attached_policies,
    boundary,
    inline_policies,
)
from temp_access.verify.state.document_differences import document_differences
from temp_access.verify.state.model import RoleState


def _trust(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    if found := document_differences(expected.trust, deployed.trust):
        # `cdk deploy` compares templates and would find nothing to do.
        put = aws_cli("iam", "update-assume-role-policy", role_name=deployed.name, policy_document=expected.trust)
        yield f"the trust policy of {deployed.name} {', and '.join(found)}; {PUT_BACK}: {put}"


def _duration(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    wanted = expected.max_session_duration
    if deployed.max_session_duration != wanted:
        put = aws_cli("iam", "update-role", role_name=deployed.name, max_session_duration=wanted)
        yield (
            f"the maximum session duration of {deployed.name} is {deployed.max_session_duration} s, "
            f"and the template's is {wanted} s; {PUT_BACK}: {put}"
        )


def _tags(expected: RoleState, deployed: RoleState) -> Iterator[str]:
    for key in sorted(expected.tags.keys() | deployed.tags.keys()):
        wanted, there = expected.tags.get(key), deployed.tags.get(key)
        if wanted is None:
            remove = aws_cli("iam", "untag-role", role_name=deployed.name, tag_keys=key)
            yield f"{deployed.name} has the tag {key}, which isn't in the template; remove it: {remove}"
        elif wanted != there:
            tag = {"Key": key, "Value": wanted}
            put = aws_cli("iam", "tag-role", role_name=deployed.name, tags=[tag])
            hint = "another access.toml is deployed (run `cdk deploy`), or " if key == CONFIG_TAG else ""
            yield (
                f"the tag {key} of {deployed.name} is {there or 'missing'}, and the template's is {wanted}: "
                f"{hint}it was changed by hand; {PUT_BACK}: {put}"
            )


ROLE_CHECKS: Mapping[str, DriftCheck[RoleState]] = {
    "role.trust_policy": DriftCheck("temp-role's trust policy is the template's", _trust),
    "role.max_session_duration": DriftCheck("temp-role's maximum session duration is the template's", _duration),
    "role.inline_policies": DriftCheck("temp-role's inline policies are the template's", inline_policies),
    "role.attached_policies": DriftCheck("temp-role's managed policies are the template's", attached_policies),
    "role.boundary": DriftCheck("temp-role's permissions boundary is the template's", boundary),
    "role.tags": DriftCheck("temp-role's temp-access tags are the template's", _tags),
}
