"""The grant of an id, narrowed to an access mode and a subfolder, and the session policy that is sent for it."""

from dataclasses import replace

from temp_access.aws.errors import AccessTooWide, BorrowError, GrantNotFound, NotDeployed, PolicyTooLarge
from temp_access.borrow.role_discovery import RoleDetails
from temp_access.config.model import Config, Grant
from temp_access.config.table import did_you_mean
from temp_access.config.validation import folder_problem
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


def narrow(grant: Grant, mode: str | None, within: str | None = None) -> Grant:
    """Return `grant` with the access mode `mode`, in the subfolder `within` of its folder.

    The extras stay: with a narrower mode they give less. Raises AccessTooWide unless the grant includes the mode, and
    BorrowError if `within` can't be a subfolder.
    """
    if within is not None:
        grant = replace(grant, folder=_subfolder(grant, within))
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


def _subfolder(grant: Grant, within: str) -> str:
    folder = f"{grant.folder}/{within}"
    problem = folder_problem(within) or folder_problem(folder)
    if problem:
        cause, _, remedy = problem.partition("; ")
        raise BorrowError(
            f"the subfolder {within!r} can't be used: {cause}",
            remedy or f"pass a path inside {grant.folder}/, without a slash at either end",
        )
    return folder


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
            "shorten the grant's folder in access.toml, or the subfolder",
        )
    return policy


def policy_to_send(config: Config, grant: Grant, role: RoleDetails) -> str | None:
    """Return the session policy to send; None if the grant's own role allows the grant and nothing else.

    `grant` may be narrowed. Raises NotDeployed if the bucket, which the policy has to name, isn't known.
    """
    if grant.borrowers and grant == config.grants.get(grant.id):
        return None
    if not role.bucket:
        raise NotDeployed(
            "the session policy that narrows the session names the bucket, and these credentials can't look it up",
            "pass --bucket, or set `name` in [bucket]",
        )
    return session_policy_text(grant, role)
