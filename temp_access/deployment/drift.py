"""Drift: how deployed users, roles, providers and the bucket differ from the template, and how to undo it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from temp_access.deployment.bucket_drift import BUCKET_CHECKS
from temp_access.deployment.drift_check import DriftCheck
from temp_access.deployment.holder_drift import (
    EXISTING_PROVIDER_CHECKS,
    GRANT_ROLE_CHECKS,
    PERSON_CHECKS,
    PROVIDER_CHECKS,
    ROLE_CHECKS,
    USER_CHECKS,
)
from temp_access.deployment.recreation import recreate_provider, recreate_role, recreate_user
from temp_access.deployment.stacks import ACCESS
from temp_access.deployment.state import DeployedState, RoleState, State
from temp_access.iam.policy_json import Document
from temp_access.terminal_text import escape_control

T = TypeVar("T")
# Whether an inline policy of a role, given its name and document, isn't drift although no template has it.
IsIgnored = Callable[[str, Document], bool]

DRIFT_CHECKS: Mapping[str, str] = {
    **{aspect: check.title.format(name="temp-user") for aspect, check in USER_CHECKS.items()},
    **{aspect: check.title.format(name="temp-role") for aspect, check in ROLE_CHECKS.items()},
    **{aspect: check.title for aspect, check in BUCKET_CHECKS.items()},
}
# The one check of what is deployed without being in the templates; `orphans` reads it.
ORPHANS = "grant_roles.orphans"


@dataclass(frozen=True, slots=True)
class NamedCheck:
    """A drift check of one grant's role, user for a person or identity provider; `name` is "" for that of orphans."""

    aspect: str
    name: str
    title: str


def grant_role_checks(name: str) -> Iterator[NamedCheck]:
    """Yield the checks of the role of a grant, given the role's name."""
    return _named(GRANT_ROLE_CHECKS, name)


def person_checks(name: str) -> Iterator[NamedCheck]:
    """Yield the checks of a user for a person."""
    return _named(PERSON_CHECKS, name)


def provider_checks(host: str) -> Iterator[NamedCheck]:
    """Yield the checks of an identity provider of the stacks, given its issuer without `https://`."""
    return _named(PROVIDER_CHECKS, host)


def existing_provider_checks(host: str) -> Iterator[NamedCheck]:
    """Yield the checks of an identity provider that the account has by itself."""
    return _named(EXISTING_PROVIDER_CHECKS, host)


def orphan_check() -> NamedCheck:
    """Return the check that the stacks and the account have no further roles of grants."""
    return NamedCheck(
        ORPHANS, "", "there are no roles of grants, users for people and providers besides the template's"
    )


def _named(checks: Mapping[str, DriftCheck[T]], name: str) -> Iterator[NamedCheck]:
    return (NamedCheck(aspect, name, check.title.format(name=name)) for aspect, check in checks.items())


def _no_policy(name: str, document: Document) -> bool:
    return False


def differences(
    aspect: str, expected: State, deployed: DeployedState, is_ignored: IsIgnored = _no_policy, *, name: str = ""
) -> tuple[str, ...]:
    """Return a line for each difference in one of the checks: the deployed value, the template's, how to undo it.

    `aspect` is one of DRIFT_CHECKS, or that of a NamedCheck with its `name`. The roles' inline policies for which
    `is_ignored` returns true aren't compared. Raises KeyError for a name that `expected` lacks.
    """
    # Deployed values may contain line breaks and terminal control characters.
    return tuple(map(escape_control, _differences(aspect, expected, deployed, is_ignored, name)))


def _differences(
    aspect: str, expected: State, deployed: DeployedState, is_ignored: IsIgnored, name: str
) -> Iterable[str]:
    if aspect in USER_CHECKS:
        return _lines(USER_CHECKS[aspect], expected.user, deployed.user, f"user {expected.user.name}")
    if aspect in ROLE_CHECKS:
        role = _without_ignored(expected.role, deployed.role, is_ignored)
        return _lines(ROLE_CHECKS[aspect], expected.role, role, f"role {expected.role.name}")
    if aspect in GRANT_ROLE_CHECKS:
        own = expected.grant_roles[name]
        role = _without_ignored(own, deployed.grant_roles.get(name), is_ignored)
        return _named_lines(GRANT_ROLE_CHECKS[aspect], own, role, f"role {name}", recreate_role)
    if aspect in PERSON_CHECKS:
        person = deployed.users.get(name)
        return _named_lines(PERSON_CHECKS[aspect], expected.users[name], person, f"user {name}", recreate_user)
    if aspect in PROVIDER_CHECKS:
        own_provider, provider = expected.providers[name], deployed.providers.get(name)
        what = f"identity provider {name}"
        return _named_lines(PROVIDER_CHECKS[aspect], own_provider, provider, what, recreate_provider)
    if aspect in EXISTING_PROVIDER_CHECKS:
        existing = deployed.providers.get(name)
        if existing is None:
            create = recreate_provider(expected.existing_providers[name])
            return [f"the account has no identity provider {name}; set create = true in access.toml, or: {create}"]
        return EXISTING_PROVIDER_CHECKS[aspect].compare(expected.existing_providers[name], existing)
    return _lines(BUCKET_CHECKS[aspect], expected.bucket, deployed.bucket, f"bucket {expected.bucket.name}")


def _without_ignored(expected: RoleState, deployed: RoleState | None, is_ignored: IsIgnored) -> RoleState | None:
    if deployed is None:
        return None
    permissions = deployed.permissions
    inline = {
        name: document
        for name, document in permissions.inline.items()
        if name in expected.permissions.inline or not is_ignored(name, document)
    }
    return replace(deployed, permissions=replace(permissions, inline=inline))


def _lines(check: DriftCheck[T], expected: T, deployed: T | None, what: str) -> Iterable[str]:
    if deployed is not None:
        return check.compare(expected, deployed)
    # `cdk deploy` compares templates with each other, so it doesn't recreate a resource that was deleted by hand.
    # The stack with user and role imports the bucket, so the bucket's stack can't be destroyed alone.
    stacks = "--all" if what.startswith("bucket") else ACCESS
    return [f"the {what} doesn't exist; recreate it: cdk destroy {stacks} && cdk deploy --all"]


def _named_lines(
    check: DriftCheck[T], expected: T, deployed: T | None, what: str, recreate: Callable[[T], str]
) -> Iterable[str]:
    if deployed is not None:
        return check.compare(expected, deployed)
    # These have chosen names, so what is made by hand is the stack's again. The stack has others that are in use.
    return [f"the {what} doesn't exist; recreate it: {recreate(expected)}"]
