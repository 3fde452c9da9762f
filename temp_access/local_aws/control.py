"""Start and stop the local AWS, and tell whether it runs and which environment its clients need."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temp_access.errors import UserError, require_extra
from temp_access.files import is_held, locked
from temp_access.local_aws.client import CONFLICTING_VARIABLES, client_environment, require_loopback
from temp_access.local_aws.state_dir import (
    DEFAULT_PORT,
    HEALTH_PATH,
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
    "require_loopback",
    "start",
    "status",
    "stop",
]
_PORTS_TO_TRY = 100
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0


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
    state = StateDir.of(state_dir)
    if not state.root.is_dir():
        return False
    with locked(state.start_lock):
        return _stop_locked(state)


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


def health(state_dir: StateDir, port: int, timeout: float = 2.0) -> dict[str, Any]:
    """Return the `pid` and `port` that the server on `port` reports, or an empty object if it isn't our server.

    `timeout` is in seconds.
    """
    try:
        context = ssl.create_default_context(cafile=str(state_dir.certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=context)
        try:
            connection.request("GET", HEALTH_PATH)
            report = json.loads(connection.getresponse().read())
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    return report if isinstance(report, dict) else {}


def _start_locked(state_dir: StateDir, port: int | None, fresh: bool, port_option: str) -> Instance:
    server = status(state_dir.root)
    if server.running and fresh:
        _stop_locked(state_dir)
    elif server.running and server.port is not None:
        if port not in (None, 0, server.port):
            raise UserError(
                f"the local AWS in {state_dir.root} already runs on port {server.port}: stop it first with "
                "`temp-access local stop`, or leave the port out"
            )
        return _instance(state_dir, server.port, already_running=True)
    if fresh:
        _delete_state(state_dir)
    ensure_certificate(state_dir)
    with _free_listener(state_dir) if port is None else _listener(port, port_option) as listener:
        chosen_port = int(listener.getsockname()[1])
        _launch(state_dir, listener)
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
    for file in (state_dir.deployer, state_dir.access_log, state_dir.server_log):
        file.unlink(missing_ok=True)
    state_dir.make()


def _listener(port: int, port_option: str) -> socket.socket:
    try:
        return _listen(port)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(
            f"port {port} cannot be used ({reason}): pass a free one with {port_option}, or leave it out to get one"
        ) from error


def _free_listener(state_dir: StateDir) -> socket.socket:
    """Return a listener on the port of the last start if that is free, else on another free one.

    It first tries the ports from the default on: the system gives outgoing connections other ports, so these are
    likely to be free at the next start too.
    """
    last = read_json(state_dir.settings).get("port")
    ports = range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TO_TRY)
    for port in (last, *ports) if isinstance(last, int) else ports:
        with contextlib.suppress(OSError, OverflowError):
            return _listen(port)
    return _listen(0)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        # While a socket is bound but not listening, another one with SO_REUSEADDR can bind the same port.
        listener.listen(128)
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener


def _launch(state_dir: StateDir, listener: socket.socket) -> None:
    """Start the server on the bound socket, so that no other process can take the port, and wait until it answers."""
    port = listener.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "temp_access.local_aws.server.main",
        "--state",
        str(state_dir.root),
        "--fd",
        str(listener.fileno()),
    ]
    descriptor = os.open(state_dir.server_log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=Path(__file__).parents[2],
            pass_fds=(listener.fileno(),),
            start_new_session=True,
        )
    ready = False
    try:
        _wait_until_ready(process, state_dir, port)
        ready = True
    finally:
        # Also after an interrupt, so that no half-started server remains.
        if not ready and process.poll() is None:
            process.kill()
            process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", state_dir: StateDir, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise UserError(f"the local AWS ended while starting: {_last_line(state_dir)}; see {state_dir.server_log}")
        # The socket accepts connections before the server is up: connect only once it has written its file.
        if read_json(state_dir.server).get("pid") == process.pid and health(state_dir, port).get("pid") == process.pid:
            return
        time.sleep(0.03)
    raise UserError(f"the local AWS did not answer within {_START_SECONDS:.0f} s: see {state_dir.server_log}")


def _last_line(state_dir: StateDir) -> str:
    lines = state_dir.server_log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "its log is empty"


def _stop_locked(state_dir: StateDir) -> bool:
    # Only the lock's holder writes the file: without the lock, another process may have the pid by now.
    if not is_held(state_dir.server_lock):
        state_dir.server.unlink(missing_ok=True)
        return False
    pid = read_json(state_dir.server).get("pid")
    if not isinstance(pid, int):
        raise UserError(f"the local AWS in {state_dir.root} is still starting: try again in a moment")
    for signal_number, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, 5.0)):
        # The process may have ended since.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal_number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            _reap(pid)
            if not is_held(state_dir.server_lock):
                state_dir.server.unlink(missing_ok=True)
                return True
            time.sleep(0.02)
    raise UserError(f"the local AWS (process {pid}) does not stop: end the process yourself")


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
