"""Start and stop the local AWS, and tell whether it runs and which environment its clients need."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from temp_access.errors import UserError, require_extra
from temp_access.files import is_held, locked
from temp_access.local_aws.client import CONFLICTING_VARIABLES, client_environment
from temp_access.local_aws.state_dir import (
    REGION,
    StateDir,
    ensure_certificate,
    read_json,
    write_private,
)

if TYPE_CHECKING:
    import boto3

__all__ = [
    "CONFLICTING_VARIABLES",
    "Instance",
    "ServerStatus",
    "environment",
    "start",
    "status",
    "stop",
]


@dataclass(frozen=True)
class Instance:
    """A running local AWS."""

    url: str
    state_dir: Path
    port: int
    environment: dict[str, str] = field(repr=False)
    already_running: bool = False

    @property
    def access_log(self) -> Path:
        """The log of all requests: one JSON line each, with time, action and status."""
        return StateDir.of(self.state_dir).access_log

    @property
    def deployer(self) -> "boto3.Session":
        """A boto3 session of the administrator that `start` created; other clients take `environment`."""
        from temp_access.local_aws.session import session

        return session(self.environment)


@dataclass(frozen=True)
class ServerStatus:
    """Whether the local AWS of a state folder runs, its port and its process id."""

    running: bool
    state_dir: Path
    port: int | None = None
    pid: int | None = None

    @property
    def url(self) -> str | None:
        return f"https://127.0.0.1:{self.port}" if self.running else None


def start(state_dir: Path, port: int | None = None, fresh: bool = False, *, port_option: str = "--port") -> Instance:
    """Start the local AWS unless it runs, and return it; `fresh` first deletes everything that was created in it.

    It waits for a server that is ending, and then starts another one.

    `port` 0 takes any free port. Without `port` it is the one of the last start if that is free, else the first free
    one from 4610 on. Error messages name `port_option` as the way to pass a port. Raises UserError if it can't start,
    and MissingExtraError if the extra `local` isn't installed.
    """
    require_extra("local")
    state = StateDir.of(state_dir)
    try:
        state.make()
        with locked(state.start_lock):
            return _start_locked(state, port, fresh, port_option)
    except OSError as error:
        raise UserError(
            f"cannot use the state folder {state.root}: {error.strerror}; pass another with --state"
        ) from error


def stop(state_dir: Path) -> bool:
    """Stop the local AWS, and return whether one ran; raises UserError if it doesn't stop."""
    from temp_access.local_aws import server_process

    state = StateDir.of(state_dir)
    if not state.root.is_dir():
        return False
    with locked(state.start_lock):
        return server_process.terminate(state)


def status(state_dir: Path) -> ServerStatus:
    """Return the status of the local AWS; changes nothing."""
    state = StateDir.of(state_dir)
    if not is_held(state.server_lock):
        return ServerStatus(False, state.root)
    server = read_json(state.server)
    return ServerStatus(bool(server), state.root, server.get("port"), server.get("pid"))


def environment(state_dir: Path) -> dict[str, str]:
    """Return the environment variables of a client; also unset `CONFLICTING_VARIABLES`.

    Raises UserError if no local AWS runs in `state_dir`.
    """
    server = status(state_dir)
    if not server.running or server.port is None:
        # Without the extra, the command that the error advises would fail too.
        require_extra("local")
        raise UserError(f"no local AWS runs in {server.state_dir}: run `temp-access local start`")
    return client_environment(StateDir.of(state_dir), server.port)


def _start_locked(state_dir: StateDir, port: int | None, fresh: bool, port_option: str) -> Instance:
    # Imported here, as in `stop`: the cached path of `temp-access credentials --local` imports this module too.
    from temp_access.local_aws import server_process

    if fresh:
        server_process.terminate(state_dir)
        _delete_state(state_dir)
    elif (running_port := server_process.wait_while_ending(state_dir)) is not None:
        if port not in (None, 0, running_port):
            raise UserError(
                f"the local AWS in {state_dir.root} already runs on port {running_port}: stop it first with "
                "`temp-access local stop`, or leave the port out"
            )
        return _instance(state_dir, running_port, already_running=True)
    ensure_certificate(state_dir)
    with server_process.listen(state_dir, port, port_option) as listener:
        chosen_port = int(listener.getsockname()[1])
        server_process.launch(state_dir, listener)
    _write_client_config(state_dir, chosen_port)
    write_private(state_dir.settings, f'{{"port": {chosen_port}}}\n')
    return _instance(state_dir, chosen_port)


def _write_client_config(state_dir: StateDir, port: int) -> None:
    """Write the configuration for clients that read AWS_CONFIG_FILE only, and would otherwise call the real AWS."""
    lines = ["[default]", f"region = {REGION}", f"endpoint_url = https://127.0.0.1:{port}"]
    write_private(state_dir.client / "config", "\n".join([*lines, f"ca_bundle = {state_dir.certificate}", ""]))
    (state_dir.client / "credentials").touch(mode=0o600)


def _instance(state_dir: StateDir, port: int, *, already_running: bool = False) -> Instance:
    variables = client_environment(state_dir, port)
    return Instance(variables["AWS_ENDPOINT_URL"], state_dir.root, port, variables, already_running)


def _delete_state(state_dir: StateDir) -> None:
    for folder in (state_dir.services, state_dir.objects, state_dir.client, state_dir.users):
        shutil.rmtree(folder, ignore_errors=not folder.exists())
    for file in (state_dir.deployer, state_dir.issuers, *state_dir.access_logs, state_dir.server_log):
        file.unlink(missing_ok=True)
    state_dir.make()
