"""Changes of what grants with borrowers consist of: users, roles without a grant, providers, path, boundary and tags.

Who can assume which role is told by `trust`. A change that gives nobody access by itself has the direction UNCHANGED.
"""

from collections.abc import Iterator

from temp_access.cfn.source_location import SourceLocation
from temp_access.config.table import key_path
from temp_access.review.compare.principals import user_subject
from temp_access.review.holders import ROLE_HOLDER, Holder
from temp_access.review.locations import locate_holder, locate_key, locate_type
from temp_access.review.model import Cause, Change, Direction
from temp_access.review.snapshot import Snapshot, grant_roles, users

_PROVIDER = "AWS::IAM::OIDCProvider"
RESOURCES = "every resource"


def borrowing_changes(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield each change of a user for a person, a role without a grant, a provider, and settings of all roles."""
    yield from _users(base, head)
    yield from _roles_without_grants(base, head)
    yield from _providers(base, head)
    yield from _provider_settings(base, head)
    yield from _role_settings(base, head)
    yield from _tags(base, head)


def _users(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    for holder in users(base, head):
        before, after = (snapshot.state_of(holder) for snapshot in (base, head))
        if (before is None) is (after is None):
            continue
        snapshot = head if after else base
        name, subject = str(holder.name), user_subject(holder)
        grants = [grant.id for grant in snapshot.config.grants_by_user.get(name, ())]
        named = f"grants name it: {', '.join(grants)}" if grants else "no grant names it"
        if name not in snapshot.config.users:
            named = "access.toml doesn't have it"
        location = locate_key(snapshot, key_path("users", name)) or locate_holder(snapshot, holder)
        yield Change(
            subject,
            Direction.BROADENED if after else Direction.NARROWED,
            f"{'new' if after else 'removed'} user: {subject} ({named})",
            Cause(f"{'an' if after else 'no'} IAM user {name}", (location,)),
        )


def _roles_without_grants(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    for holder in grant_roles(base, head):
        before, after = (snapshot.state_of(holder) for snapshot in (base, head))
        if holder.name is None or (before is None) is (after is None):
            continue
        yield Change(
            holder.name,
            Direction.BROADENED if after else Direction.NARROWED,
            f"{'new' if after else 'removed'} role: {holder.name}, which no grant has",
            Cause(f"{'a' if after else 'no'} role {holder.name}", (locate_holder(head if after else base, holder),)),
        )


def _providers(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    old, new = base.state.providers, head.state.providers
    for host in dict.fromkeys([*new, *old]):
        subject = f"the identity provider {host}"
        before, after = old.get(host), new.get(host)
        snapshot = head if after else base
        if before and after:
            added = [name for name in after.audiences if name not in before.audiences]
            gone = [name for name in before.audiences if name not in after.audiences]
            if not added and not gone:
                continue
            parts = [f"now accepts tokens for {', '.join(added)}"] if added else []
            parts += [f"no longer accepts tokens for {', '.join(gone)}"] if gone else []
            direction = Direction.BOTH if added and gone else Direction.BROADENED if added else Direction.NARROWED
            description = f"{subject} {' and '.join(parts)}"
        elif after:
            direction = Direction.UNCHANGED
            description = f"the stacks now create {subject}, for tokens with the audience {', '.join(after.audiences)}"
        else:
            direction = Direction.UNCHANGED
            description = (
                f"the stacks no longer create {subject}; unless the account has it, nobody can borrow by its tokens"
            )
        cause = Cause(
            f"audiences: {', '.join(after.audiences) if after else 'none'}", (_provider_line(snapshot, host),)
        )
        yield Change(_provider_subject(snapshot, host), direction, description, cause)


def _provider_subject(snapshot: Snapshot, host: str) -> str:
    """Return what access.toml calls the provider, so that all its changes are together."""
    providers = snapshot.config.identity_providers.values()
    return f"the identity provider {next((each.name for each in providers if each.host == host), host)}"


def _provider_line(snapshot: Snapshot, host: str) -> SourceLocation:
    for name, provider in snapshot.config.identity_providers.items():
        if provider.host == host and (line := locate_key(snapshot, key_path("identity_providers", name))):
            return line
    return locate_type(snapshot, _PROVIDER)


def _provider_settings(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield the settings of each provider; whom they let assume a role is told by the trust policies."""
    old, new = base.config.identity_providers, head.config.identity_providers
    for name in dict.fromkeys([*new, *old]):
        path, before, after = key_path("identity_providers", name), old.get(name), new.get(name)
        if before is None or after is None:
            yield _one_sided_provider(head if after else base, name)
            continue
        settings = [(key, getattr(before, key), getattr(after, key)) for key in ("issuer", "audience")]
        for key, was, is_now in settings:
            line = locate_key(head, f"{path}.{key}") or locate_type(head, _PROVIDER)
            if was != is_now:
                description = f"{key} of the identity provider {name}: {was} → {is_now}"
                cause = Cause(f"{key}: {is_now}", (line,))
                yield Change(f"the identity provider {name}", Direction.UNCHANGED, description, cause)


def _one_sided_provider(snapshot: Snapshot, name: str) -> Change:
    provider, path = snapshot.config.identity_providers[name], key_path("identity_providers", name)
    verb = "new" if snapshot.name == "head" else "removed"
    description = f"{verb} identity provider {name}: tokens of {provider.issuer} for {provider.audience}"
    cause = Cause(f"issuer: {provider.issuer}", (locate_key(snapshot, path) or locate_type(snapshot, _PROVIDER),))
    return Change(f"the identity provider {name}", Direction.UNCHANGED, description, cause)


def _role_settings(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """Yield a change of the roles' path and of their permissions boundary; each role that has another one by itself."""
    by_change: dict[tuple[str, str, str], list[str]] = {}
    first: dict[tuple[str, str, str], Holder] = {}
    for role in (ROLE_HOLDER, *grant_roles(base, head)):
        before, after = base.role_of(role), head.role_of(role)
        if before is None or after is None:
            continue
        boundaries = before.permissions.boundary or "none", after.permissions.boundary or "none"
        for key, was, is_now in (("path", before.path, after.path), ("permissions_boundary", *boundaries)):
            # What isn't known about one is told by itself.
            unknown = {*base.policies.unknown(before).documents, *head.policies.unknown(after).documents}
            if was != is_now and not unknown & {was, is_now}:
                by_change.setdefault((key, was, is_now), []).append(after.name)
                first.setdefault((key, was, is_now), role)
    for (key, was, is_now), names in by_change.items():
        of = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} other{'s' if len(names) > 2 else ''}"
        # Policies that name the roles by their ARNs aren't known. What a boundary stops is compared.
        direction = Direction.BOTH if key == "path" else Direction.UNCHANGED
        line = locate_key(head, f"role.{key}") or locate_key(base, f"role.{key}")
        line = line or locate_holder(head, first[key, was, is_now])
        description = f"{key.replace('_', ' ')} of {of}: {was} → {is_now}"
        yield Change(names[0], direction, description, Cause(f"{key}: {is_now}", (line,)))


def _tags(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    old, new = base.config.tags, head.config.tags
    for key in dict.fromkeys([*new, *old]):
        if old.get(key) != new.get(key):
            path = key_path("tags", key)
            line = locate_key(head, path) or locate_key(base, path) or locate_type(head, "AWS::IAM::Role")
            description = f"tag {key} of {RESOURCES}: {old.get(key, 'none')} → {new.get(key, 'none')}"
            yield Change(RESOURCES, Direction.UNCHANGED, description, Cause(f"{key}: {new.get(key, 'none')}", (line,)))
