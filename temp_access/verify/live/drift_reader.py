"""The deployed state, read once when the first probe needs it."""

import threading
from typing import Any

from temp_access.aws.clients import Clients
from temp_access.deployment.deployed import read_deployed
from temp_access.deployment.drift import differences
from temp_access.deployment.state import DeployedState, State
from temp_access.deployment.target import Target
from temp_access.revoke.model import describe
from temp_access.revoke.policy import is_revocation_policy, read_revocations
from temp_access.verify.outcomes import SetupError


class StateReader:
    """Compares the deployed state with the template."""

    def __init__(self, expected: State, deployer: Clients, target: Target) -> None:
        self.expected = expected
        self._deployer = deployer
        self._target = target
        self._lock = threading.Lock()
        self._deployed: DeployedState | None = None

    def differences(self, aspect: str) -> tuple[str, ...]:
        """Return the differences in one of DRIFT_CHECKS; raises ClientError if the state can't be read."""
        return differences(aspect, self.expected, self._read(), is_ignored=is_revocation_policy)

    def trust_policy(self) -> dict[str, Any]:
        """Return the deployed trust policy; raises SetupError if the role doesn't exist."""
        role = self._read().role
        if role is None:
            raise SetupError(f"the role {self._target.role_name} doesn't exist")
        return dict(role.trust)

    def notes(self) -> tuple[str, ...]:
        """Return notes on the deployed state for the reader that aren't differences."""
        role = self._deployed.role if self._deployed else None
        own = {n: p for n, p in role.permissions.inline.items() if is_revocation_policy(n, p)} if role else {}
        if role is None or not own:
            return ()
        found = [revocation for policy in own.values() for revocation in read_revocations(policy)]
        revoked = "; ".join(map(describe, sorted(found, key=lambda revocation: revocation.before)))
        policies = f"inline policy {next(iter(own))}" if len(own) == 1 else f"inline policies {', '.join(sorted(own))}"
        verb = "denies" if len(own) == 1 else "deny"
        return (f"the {policies} of {role.name} {verb} {revoked} (temp-access revoke)",)

    def _read(self) -> DeployedState:
        with self._lock:
            if self._deployed is None:
                self._deployed = read_deployed(self._deployer.iam, self._deployer.s3, self._target)
            return self._deployed
