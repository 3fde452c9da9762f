"""The deployed state, read once when the first probe asks."""

import threading
from typing import Any

from temp_access.sts.clients import Clients
from temp_access.verify.live.observe import NotReadyError
from temp_access.verify.model import Target
from temp_access.verify.state.compare import differences
from temp_access.verify.state.deployed import read_deployed
from temp_access.verify.state.model import Deployed, State


class StateReader:
    """Compares what is deployed with what the template asks for."""

    def __init__(self, expected: State, deployer: Clients, target: Target) -> None:
        self._expected = expected
        self._deployer = deployer
        self._target = target
        self._lock = threading.Lock()
        self._deployed: Deployed | None = None

    def differences(self, aspect: str) -> tuple[str, ...]:
        """Return how `aspect` differs; raises ClientError if it can't be read."""
        return differences(aspect, self._expected, self._read())

    def trust_policy(self) -> dict[str, Any]:
        """Return the deployed trust policy; raises NotReadyError if there is no role."""
        role = self._read().role
        if role is None:
            raise NotReadyError(f"there is no role {self._target.role_name}")
        return dict(role.trust)

    def _read(self) -> Deployed:
        with self._lock:
            if self._deployed is None:
                self._deployed = read_deployed(self._deployer.iam, self._deployer.s3, self._target)
            return self._deployed
