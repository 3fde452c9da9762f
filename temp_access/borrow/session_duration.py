"""The duration of a session, checked against every limit before STS is called.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from dataclasses import dataclass

from temp_access.aws.errors import DurationTooLong, DurationTooShort
from temp_access.config.model import Grant
from temp_access.config.table import format_duration
from temp_access.iam.sts_limits import MAX_CHAINED_DURATION, MIN_DURATION


@dataclass(frozen=True, slots=True)
class PlannedDuration:
    """The session's duration in seconds, and a note for the user if it is shorter than the configured one."""

    duration: int
    note: str | None = None


def plan_duration(
    requested: int | None, grant: Grant, role_maximum: int, *, chained: bool, configured: int | None = None
) -> PlannedDuration:
    """Return the `requested` duration, or the longest that all limits allow; all in seconds.

    `role_maximum` is the deployed role's maximum, `configured` the one in access.toml; `chained` means that the
    caller's credentials are temporary. Raises DurationTooLong and DurationTooShort.
    """
    role_limit = f"the deployed role's maximum is {format_duration(role_maximum)}"
    limits = [(role_maximum, role_limit, "raise it and deploy")]
    if grant.duration is not None:
        grant_limit = f"the grant {grant.id!r} allows {format_duration(grant.duration)}"
        limits.insert(0, (grant.duration, grant_limit, "change access.toml"))
    if chained:
        chained_limit = (
            f"the caller's credentials are temporary, and STS limits their sessions to "
            f"{format_duration(MAX_CHAINED_DURATION)}"
        )
        whose = "a user's" if grant.borrowers else "temp-user's"
        limits.append((MAX_CHAINED_DURATION, chained_limit, f"borrow with {whose} own access key"))
    longest, limit, remedy = min(limits, key=lambda entry: entry[0])
    if requested is None:
        expected = grant.duration or configured or role_maximum
        note = f"the session lasts {format_duration(longest)} instead of {format_duration(expected)}: {limit}"
        return PlannedDuration(longest, note if longest < expected else None)
    if requested > longest:
        raise DurationTooLong(
            f"a session of {format_duration(requested)} is too long: {limit}",
            f"request at most {format_duration(longest)}, or {remedy}",
        )
    if requested < MIN_DURATION:
        shortest = format_duration(MIN_DURATION)
        raise DurationTooShort(
            f"a session of {format_duration(requested)} is too short: STS requires at least {shortest}",
            f"request {shortest} or more",
        )
    return PlannedDuration(requested)
