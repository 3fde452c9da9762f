"""The grant of an id, narrowed to an access mode, and the session policy that is sent for it."""

from dataclasses import replace

from temp_access.aws.errors import AccessTooWide, GrantNotFound, PolicyTooLarge
from temp_access.borrow.role_discovery import RoleDetails
from temp_access.config.model import Config, Grant
from temp_access.config.table import did_you_mean
from temp_access.iam.arn import Arn
from temp_access.iam.policy_json import minimal_json
from temp_access.policies.access_modes import ACCESS_MODES, AccessMode, grant_access
from temp_access.policies.checks import MAX_SESSION_POLICY
from temp_access.policies.session_policy import session_policy


def find_grant(config: Config, id_: str) -> Grant:
    """Return the grant of `id_`, listed or admitted by `[any_id]`; raises GrantNotFound."""
    if grant := config.grant_for(id_):
        return grant
    any_id = ", and [any_id] doesn't admit it" if config.any_id else ""
    raise GrantNotFound(
        f"{config.path.name} has no grant {id_!r}{did_you_mean(id_, config.grants)}{any_id}",
        "use a listed id, or add a [grants.<id>] table and have it reviewed",
    )


def narrow(grant: Grant, mode: str | None) -> Grant:
    """Return `grant` with the access mode `mode`; raises AccessTooWide unless the grant includes that mode.

    The extras stay: with a narrower mode they give less.
    """
    if mode is None or mode == grant.access:
        return grant
    included = [name for name, access in ACCESS_MODES.items() if is_subset(access, ACCESS_MODES[grant.access])]
    if mode not in included:
        reason = (
            f"is more than the {grant.access!r} access that {grant.id!r} grants"
            if mode in ACCESS_MODES
            else "isn't an access mode"
        )
        raise AccessTooWide(f"{mode!r} {reason}", f"use one of {', '.join(included)}")
    return replace(grant, access=mode)


def is_subset(access: AccessMode, ceiling: AccessMode) -> bool:
    """Whether `ceiling` allows everything that `access` allows."""
    return (ceiling.allows_listing or not access.allows_listing) and all(map(ceiling.allows, access.object_actions))


def session_policy_text(grant: Grant, role: RoleDetails) -> str:
    """Return the grant's session policy as it is sent to STS; raises PolicyTooLarge."""
    access, partition = grant_access(grant), Arn.parse(role.arn).partition
    policy = minimal_json(session_policy(grant.folder, access, bucket=role.bucket, partition=partition))
    if len(policy) > MAX_SESSION_POLICY:
        raise PolicyTooLarge(
            f"the session policy of {grant.id!r} has {len(policy)} characters, and STS accepts {MAX_SESSION_POLICY}",
            "shorten the grant's folder in access.toml",
        )
    return policy
