"""Which grant an id gets, and what part of it was asked for."""

from dataclasses import replace

from temp_access.aws.errors import AccessTooWide, GrantNotFound
from temp_access.config.model import Config, Grant
from temp_access.config.table import did_you_mean
from temp_access.policies.access_modes import ACCESS_MODES, AccessMode


def find_grant(config: Config, id_: str) -> Grant:
    """Return the grant of `id_`, listed or admitted by `[any_id]`; raises GrantNotFound."""
    if grant := config.grant_for(id_):
        return grant
    unless = ", and [any_id] doesn't admit it" if config.any_id else ""
    raise GrantNotFound(
        f"{config.path.name} has no grant {id_!r}{did_you_mean(id_, config.grants)}{unless}",
        "use a listed id, or have a [grants.<id>] reviewed and added",
    )


def narrow(grant: Grant, mode: str | None) -> Grant:
    """Return `grant` with the access `mode`; raises AccessTooWide unless that is part of the grant's own."""
    if mode is None or mode == grant.access:
        return grant
    within = [name for name, access in ACCESS_MODES.items() if is_subset(access, ACCESS_MODES[grant.access])]
    if mode not in within:
        known = "is more than" if mode in ACCESS_MODES else "is no mode; it isn't part of"
        raise AccessTooWide(
            f"{mode!r} {known} the {grant.access!r} that {grant.id!r} is granted", f"use one of {', '.join(within)}"
        )
    return replace(grant, access=mode)


def is_subset(access: AccessMode, whole: AccessMode) -> bool:
    """Whether all that `access` allows is allowed by `whole`, too."""
    return (whole.allows_listing or not access.allows_listing) and all(map(whole.allows, access.object_actions))
