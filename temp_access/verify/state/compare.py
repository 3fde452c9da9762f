"""Comparing the deployed state with the expected one, aspect by aspect."""

from collections.abc import Iterable, Mapping

from temp_access.verify.report.visible import escape_control
from temp_access.verify.state.aspect import DriftCheck, T
from temp_access.verify.state.compare_bucket import BUCKET_CHECKS
from temp_access.verify.state.compare_role import ROLE_CHECKS
from temp_access.verify.state.compare_user import USER_CHECKS
from temp_access.verify.state.model import ACCESS, Deployed, State

DRIFT_CHECKS: Mapping[str, str] = {
    **{key: aspect.title for key, aspect in USER_CHECKS.items()},
    **{key: aspect.title for key, aspect in ROLE_CHECKS.items()},
    **{key: aspect.title for key, aspect in BUCKET_CHECKS.items()},
}

# `cdk deploy` compares templates, and doesn't see that something it made was deleted.
_MAKE_AGAIN = "doesn't exist; make it again: cdk destroy {} && cdk deploy --all"


def differences(aspect: str, expected: State, deployed: Deployed) -> tuple[str, ...]:
    """Return a line for each difference in one of ASPECTS: what is there, what should be, how to undo it."""
    if aspect in USER_CHECKS:
        found = _found(USER_CHECKS[aspect], expected.user, deployed.user, "user", expected.user.name)
    elif aspect in ROLE_CHECKS:
        found = _found(ROLE_CHECKS[aspect], expected.role, deployed.role, "role", expected.role.name)
    else:
        found = _found(BUCKET_CHECKS[aspect], expected.bucket, deployed.bucket, "bucket", expected.bucket.name)
    # What is deployed may hold line breaks and terminal control characters.
    return tuple(map(escape_control, found))


def _found(aspect: DriftCheck[T], expected: T, deployed: T | None, kind: str, name: str) -> Iterable[str]:
    if deployed is not None:
        return aspect.compare(expected, deployed)
    # The stack with the user and role imports the bucket, so the bucket's can't go alone.
    return [f"the {kind} {name} {_MAKE_AGAIN.format('--all' if kind == 'bucket' else ACCESS)}"]
