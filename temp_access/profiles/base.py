"""Which profile the written one borrows with, and that it doesn't lead back to itself."""

from collections.abc import Mapping
from typing import Any

from temp_access.errors import UserError


def read_profiles(region: str | None, profile: str | None) -> tuple[Mapping[str, Any], str | None]:
    """Return all profiles that botocore knows, and the Region of `profile` where none is given."""
    import botocore.session
    from botocore.exceptions import BotoCoreError

    core = botocore.session.Session()
    try:
        profiles: Mapping[str, Any] = core.full_config["profiles"]
    except BotoCoreError as error:
        raise UserError(f"the AWS configuration can't be read: {error}; put it right first") from error
    return profiles, region or profiles.get(profile or "default", {}).get("region")


def require_base(profiles: Mapping[str, Any], base: str, name: str, managed: list[str]) -> None:
    """Raise UserError unless `base` is a profile that can borrow for the profile `name`."""
    seen: list[str] = []
    at: str | None = base
    while at is not None and at not in seen:
        if at == name:
            raise UserError(f"the base profile {base!r} leads to {name!r} itself; pass another --profile, or --name")
        if at in managed:
            raise UserError(f"the base profile {base!r} borrows itself ({at!r}); pass temp-user's own with --profile")
        seen.append(at)
        at = profiles.get(at, {}).get("source_profile")
    if base not in profiles:
        known = ", ".join(profiles) or "none"
        raise UserError(
            f"there is no profile {base!r} to borrow with (known: {known}); write temp-user's with aws configure "
            "--profile temp-user, and pass --profile temp-user (for the local AWS, pass --local)"
        )
