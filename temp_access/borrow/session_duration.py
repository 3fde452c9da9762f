"""How long a session may last, decided before STS is asked.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from dataclasses import dataclass

from temp_access.aws.errors import DurationTooLong, DurationTooShort
from temp_access.config.model import Grant
from temp_access.config.table import format_duration
from temp_access.iam.sts_limits import MIN_DURATION

CHAINED = 3600


@dataclass(frozen=True, slots=True)
class PlannedDuration:
    """The session's length in seconds, and a note for the user where it is shorter than the grant's."""

    seconds: int
    note: str | None = None


def plan_duration(
    asked: int | None, grant: Grant, role_maximum: int, *, chained: bool, configured: int | None = None
) -> PlannedDuration:
    """Return what to ask STS for: `asked` seconds, or the longest that all limits allow.

    `role_maximum` is the deployed role's, `configured` that of access.toml, both in seconds; `chained` says
    that the caller's credentials are temporary themselves. Raises DurationTooLong and DurationTooShort.
    """
    limits = [(role_maximum, f"the deployed role's maximum is {format_duration(role_maximum)}", "raise it and deploy")]
    if grant.duration is not None:
        of_grant = f"the grant {grant.id!r} allows {format_duration(grant.duration)}"
        limits.insert(0, (grant.duration, of_grant, "change access.toml"))
    if chained:
        why = f"the caller's credentials are temporary themselves, and STS gives those {format_duration(CHAINED)}"
        limits.append((CHAINED, why, "borrow with temp-user's own access key"))
    most, why, change = min(limits, key=lambda limit: limit[0])
    if asked is None:
        wanted = grant.duration or configured or role_maximum
        note = f"the session lasts {format_duration(most)} instead of {format_duration(wanted)}: {why}"
        return PlannedDuration(most, note if most < wanted else None)
    if asked > most:
        raise DurationTooLong(
            f"a session of {format_duration(asked)} is too long: {why}",
            f"ask for at most {format_duration(most)}, or {change}",
        )
    if asked < MIN_DURATION:
        shortest = format_duration(MIN_DURATION)
        raise DurationTooShort(
            f"a session of {format_duration(asked)} is too short: STS gives {shortest} at least",
            f"ask for {shortest} or more",
        )
    return PlannedDuration(asked)
