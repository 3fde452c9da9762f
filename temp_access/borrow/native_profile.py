"""Profiles that every SDK understands: they name a grant's own role, and whose credentials or token assume it.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from temp_access.aws.errors import BorrowError, MfaNeeded
from temp_access.borrow.borrowers import describe_borrowers
from temp_access.borrow.session_duration import PlannedDuration, plan_duration
from temp_access.borrow.session_names import session_name
from temp_access.config.borrower import Borrower, BorrowerKind
from temp_access.config.model import Config, Grant
from temp_access.policies.role_names import grant_session_maximum


@dataclass(frozen=True, slots=True)
class ProfileSource:
    """Whose credentials assume the role: those of the profile `name`, or the token in `token_file`.

    `is_temporary` says whether the profile's credentials are: STS limits the sessions that they borrow to an hour.
    `principal` is who the session's name names, in the end.
    """

    borrower: Borrower
    principal: str
    name: str | None = None
    token_file: str | None = None
    is_temporary: bool = False


def native_obstacle(config: Config, *, narrowed: bool, with_token: bool) -> str | None:
    """Return why no native profile can borrow the grant, None if one can.

    `narrowed` says whether the session is to be less than the grant.
    """
    if narrowed:
        return "--access and --within need a session policy, which a profile with role_arn can't have"
    if config.role.conditions.source_identity and not with_token:
        return "[role.conditions] requires a source identity, which a profile with role_arn can't send"
    return None


def native_settings(
    config: Config,
    grant: Grant,
    role_arn: str,
    source: ProfileSource,
    *,
    duration: int | None = None,
    mfa_serial: str | None = None,
    external_id: str | None = None,
) -> tuple[dict[str, str], str | None]:
    """Return the profile's settings, and a note if its sessions are shorter than the grant allows.

    `duration` is in seconds. Raises DurationTooLong, DurationTooShort, and MfaNeeded if the role requires MFA of the
    borrower and `mfa_serial` is None.
    """
    planned = _planned(config, grant, source, duration)
    settings = {"role_arn": role_arn}
    if source.token_file:
        settings["web_identity_token_file"] = source.token_file
    else:
        settings["source_profile"] = str(source.name)
    settings["role_session_name"] = _session_name(config, grant, source)
    settings["duration_seconds"] = str(planned.duration)
    if source.token_file:
        return settings, planned.note
    if config.role.conditions.mfa and source.borrower.kind is BorrowerKind.USER and mfa_serial is None:
        raise MfaNeeded(
            "the role requires MFA of its users",
            "pass the device's ARN with --mfa-serial; the tools then ask for a code",
        )
    further = {"external_id": external_id or source.borrower.external_id, "mfa_serial": mfa_serial}
    return {**settings, **{key: value for key, value in further.items() if value}}, planned.note


def choose_borrower(grant: Grant, text: str | None, *, with_token: bool) -> list[Borrower]:
    """Return the borrowers of the grant that a profile can be for, or the one that access.toml calls `text`.

    Raises BorrowError if there is none.
    """
    kinds = {BorrowerKind.OIDC} if with_token else {BorrowerKind.USER, BorrowerKind.ROLE, BorrowerKind.SSO}
    found = [each for each in grant.borrowers if each.kind in kinds and text in (None, each.text)]
    if found:
        return found
    names = describe_borrowers(grant)
    if text is not None:
        raise BorrowError(f"{text!r} isn't a borrower of {grant.id!r} for such a profile", f"use one of {names}")
    if with_token:
        raise BorrowError(
            f"no borrower of {grant.id!r} has a token (borrowers: {names})", "leave --web-identity-token-file out"
        )
    if any(each.kind is BorrowerKind.OIDC for each in grant.borrowers):
        raise BorrowError(
            f"{grant.id!r} is borrowed with a token (borrowers: {names})",
            "pass the file that will hold it with --web-identity-token-file",
        )
    raise BorrowError(
        f"{grant.id!r} is for workloads of AWS only (borrowers: {names})",
        "give the workload the grant's role; its SDK finds the credentials without a profile",
    )


def is_temporary(profiles: Mapping[str, Mapping[str, Any]], name: str) -> bool:
    """Whether the profile's credentials are, or may be, temporary: it has no access key, or one with a token."""
    settings = profiles.get(name, {})
    return "aws_access_key_id" not in settings or "aws_session_token" in settings


def principal_of(borrower: Borrower) -> str:
    """Return the name of a borrower for session names, as far as access.toml tells it."""
    if borrower.kind is BorrowerKind.OIDC:
        # A pattern is for many subjects, and the profile's session name is the same for all of them.
        return str(borrower.detail) if "*" not in str(borrower.detail) else borrower.name
    return borrower.detail or borrower.name.rpartition("/")[2]


def common_external_id(borrowers: Iterable[Borrower]) -> bool:
    """Whether the same external id, or none, is right for all of the borrowers."""
    return len({each.external_id for each in borrowers}) == 1


def _planned(config: Config, grant: Grant, source: ProfileSource, duration: int | None) -> PlannedDuration:
    longest = grant_session_maximum(grant, config.role)
    return plan_duration(duration, grant, longest, chained=source.is_temporary)


def _session_name(config: Config, grant: Grant, source: ProfileSource) -> str:
    # The conditions don't hold for tokens.
    pattern = None if source.token_file else config.role.conditions.session_name
    is_user = source.borrower.kind is BorrowerKind.USER
    user = source.borrower.name.rpartition("/")[2] if is_user else config.user.name
    return session_name(pattern, grant.id, user_name=user, principal=source.principal)
