"""The deployed state, each part read once when the first probe needs it."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

from temp_access.aws.clients import Clients
from temp_access.deployment.deployed import read_deployed, read_provider, read_role, read_user
from temp_access.deployment.drift import ORPHANS, differences
from temp_access.deployment.holder_drift import (
    EXISTING_PROVIDER_CHECKS,
    GRANT_ROLE_CHECKS,
    PERSON_CHECKS,
    PROVIDER_CHECKS,
)
from temp_access.deployment.orphans import orphans
from temp_access.deployment.state import DeployedState, RoleState, State
from temp_access.deployment.target import Target
from temp_access.revoke.model import describe
from temp_access.revoke.policy import is_revocation_policy, read_revocations
from temp_access.verify.outcomes import SetupError

T = TypeVar("T")


class _ReadOnce(Generic[T]):
    """What a function returns, called until it returns once; others wait for that."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self.found: list[T] = []

    def get(self) -> T:
        with self._lock:
            if not self.found:
                self.found.append(self._read())
            return self.found[0]


class StateReader:
    """Compares the deployed state with the template; `stacks` are those of the template.

    The roles of grants, users for people and providers are read one by one, when they are asked for.
    """

    def __init__(self, expected: State, deployer: Clients, target: Target, stacks: Iterable[str] = ()) -> None:
        self.expected = expected
        self._deployer = deployer
        self._stacks = tuple(stacks)
        self._target = target
        self._lock = threading.Lock()
        self._general = _ReadOnce(lambda: read_deployed(deployer.iam, deployer.s3, target))
        self._named: dict[tuple[str, str], _ReadOnce[DeployedState]] = {}

    def differences(self, aspect: str, name: str = "") -> tuple[str, ...]:
        """Return the differences in one of DRIFT_CHECKS, or in a NamedCheck; raises ClientError if it can't be read."""
        if aspect == ORPHANS:
            deployer = self._deployer
            return orphans(deployer.iam, deployer.cloudformation, self.expected, self._stacks)
        deployed = self._read_named(aspect, name) if name else self._general.get()
        return differences(aspect, self.expected, deployed, is_revocation_policy, name=name)

    def trust_policy(self, role_name: str | None = None) -> dict[str, Any]:
        """Return the deployed trust policy of the role, or of a grant's; raises SetupError if it doesn't exist."""
        if role_name is None:
            role, name = self._general.get().role, self._target.role_name
        else:
            role, name = self._named_role(role_name), role_name
        if role is None:
            raise SetupError(f"the role {name} doesn't exist")
        return dict(role.trust)

    def with_deployed(self, role_names: Iterable[str]) -> State:
        """Return the expected state with what is deployed of temp-user, temp-role, the bucket and some grants' roles.

        Raises SetupError for a role that doesn't exist.
        """
        general, roles = self._general.get(), dict(self.expected.grant_roles)
        for name in role_names:
            if (role := self._named_role(name)) is None:
                raise SetupError(f"the role {name} doesn't exist")
            roles[name] = role
        return replace(
            self.expected,
            user=general.user or self.expected.user,
            role=general.role or self.expected.role,
            bucket=general.bucket or self.expected.bucket,
            grant_roles=roles,
        )

    def notes(self) -> tuple[str, ...]:
        """Return notes on the deployed state for the reader that aren't differences."""
        return tuple(note for role in self._found_roles() for note in _revocation_note(role))

    def _found_roles(self) -> Iterator[RoleState]:
        with self._lock:
            named = [self._named[key] for key in sorted(self._named)]
        states = [state for each in (self._general, *named) for state in each.found]
        for state in states:
            for role in (state.role, *state.grant_roles.values()):
                if role is not None:
                    yield role

    def _named_role(self, name: str) -> RoleState | None:
        return self._read_named(next(iter(GRANT_ROLE_CHECKS)), name).grant_roles[name]

    def _read_named(self, aspect: str, name: str) -> DeployedState:
        iam, target = self._deployer.iam, self._target
        readers: Mapping[str, Callable[[], DeployedState]] = {
            **dict.fromkeys(GRANT_ROLE_CHECKS, lambda: _named_state(grant_roles={name: read_role(iam, name)})),
            **dict.fromkeys(PERSON_CHECKS, lambda: _named_state(users={name: read_user(iam, name)})),
            **dict.fromkeys(
                (*PROVIDER_CHECKS, *EXISTING_PROVIDER_CHECKS),
                lambda: _named_state(providers={name: read_provider(iam, target.arn(f"oidc-provider/{name}"))}),
            ),
        }
        kind = aspect.partition(".")[0]
        with self._lock:
            once = self._named.setdefault((kind, name), _ReadOnce(readers[aspect]))
        return once.get()


def _named_state(**parts: Any) -> DeployedState:
    return DeployedState(user=None, role=None, bucket=None, **parts)


def _revocation_note(role: RoleState) -> Iterator[str]:
    own = {n: p for n, p in role.permissions.inline.items() if is_revocation_policy(n, p)}
    if not own:
        return
    found = [revocation for policy in own.values() for revocation in read_revocations(policy)]
    revoked = "; ".join(map(describe, sorted(found, key=lambda revocation: revocation.before)))
    policies = f"inline policy {next(iter(own))}" if len(own) == 1 else f"inline policies {', '.join(sorted(own))}"
    verb = "denies" if len(own) == 1 else "deny"
    yield f"the {policies} of {role.name} {verb} {revoked} (temp-access revoke)"
