"""Start, stop, status, health."""

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
from temp_access.local_aws.client import CONFLICTING_VARIABLES, environment_of, require_loopback
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


def health(layout: StateDir, port: int, timeout: float = 2.0) -> dict[str, Any]:
    """Return what the server on `port` says about itself, or an empty object when it isn't there or isn't ours."""
    try:
        context = ssl.create_default_context(cafile=str(layout.certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=context)
        try:
            connection.request("GET", HEALTH_PATH)
            said = json.loads(connection.getresponse().read())
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    return said if isinstance(said, dict) else {}


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
_PORTS = 100
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
        """The JSON lines of what was called: time, action, status."""
        return StateDir.of(self.state_dir).access_log

    @property
    def deployer(self) -> "boto3.Session":
        """A session of the administrator that `start` made; pass `environment` to anything that isn't boto3."""
        from temp_access.local_aws.session import session

        return session(self.environment)


@dataclass(frozen=True)
class ServerStatus:
    """Whether the local AWS of a state folder runs, and where."""

    running: bool
    state_dir: Path
    port: int | None = None
    pid: int | None = None

    @property
    def url(self) -> str | None:
        return f"https://127.0.0.1:{self.port}" if self.running else None


def start(state_dir: Path, port: int | None = None, fresh: bool = False, *, port_option: str = "--port") -> Instance:
    """Start the server unless it runs, and return it; `port` 0 takes any free one, `fresh` forgets all that was made.

    Without a port it is the one of the last start if that is free, else the first free one from 4610 on.
    `port_option` is how the caller passes a port. Raises UserError with what to do when the server can't start, and
    MissingExtraError where it isn't installed.
    """
    require_extra("local")
    layout = StateDir.of(state_dir)
    try:
        layout.make()
        with locked(layout.start_lock):
            return _start_locked(layout, port, fresh, port_option)
    except OSError as error:
        raise UserError(
            f"cannot use the state folder {layout.root}: {error.strerror}; pass another with --state"
        ) from error


def stop(state_dir: Path) -> bool:
    """End the server in an orderly way, and say whether there was one."""
    layout = StateDir.of(state_dir)
    if not layout.root.is_dir():
        return False
    with locked(layout.start_lock):
        return _stop_locked(layout)


def status(state_dir: Path) -> ServerStatus:
    """Describe the server without changing anything."""
    layout = StateDir.of(state_dir)
    if not is_held(layout.server_lock):
        return ServerStatus(False, layout.root)
    server = read_json(layout.server)
    return ServerStatus(bool(server), layout.root, server.get("port"), server.get("pid"))


def environment(state_dir: Path) -> dict[str, str]:
    """Return the variables for clients of the running server; a caller also drops `CONFLICTING_VARIABLES`."""
    found = status(state_dir)
    if not found.running or found.port is None:
        # Or the command that is advised would only be refused next.
        require_extra("local")
        raise UserError(f"no local AWS runs in {found.state_dir}: run `temp-access local start`")
    return environment_of(StateDir.of(state_dir), found.port)


def _start_locked(layout: StateDir, port: int | None, fresh: bool, port_option: str) -> Instance:
    found = status(layout.root)
    if found.running and fresh:
        _stop_locked(layout)
    elif found.running and found.port is not None:
        if port not in (None, 0, found.port):
            raise UserError(
                f"the local AWS in {layout.root} already runs on port {found.port}: stop it first with "
                "`temp-access local stop`, or leave the port out"
            )
        return _instance(layout, found.port, already_running=True)
    if fresh:
        _forget(layout)
    ensure_certificate(layout)
    with _free_listener(layout) if port is None else _listener(port, port_option) as listener:
        chosen = int(listener.getsockname()[1])
        _launch(layout, listener)
    _write_client_config(layout, chosen)
    write_private(layout.settings, f'{{"port": {chosen}}}\n')
    return _instance(layout, chosen)


def _write_client_config(layout: StateDir, port: int) -> None:
    """Give clients that only follow AWS_CONFIG_FILE the same endpoint, rather than the real AWS."""
    lines = ["[default]", f"region = {REGION}", f"endpoint_url = https://127.0.0.1:{port}"]
    write_private(layout.client / "config", "\n".join([*lines, f"ca_bundle = {layout.certificate}", ""]))
    (layout.client / "credentials").touch(mode=0o600)


def _instance(layout: StateDir, port: int, *, already_running: bool = False) -> Instance:
    variables = environment_of(layout, port)
    return Instance(variables["AWS_ENDPOINT_URL"], layout.root, port, variables, already_running)


def _forget(layout: StateDir) -> None:
    for folder in (layout.services, layout.objects, layout.client, layout.users):
        shutil.rmtree(folder, ignore_errors=not folder.exists())
    for file in (layout.deployer, layout.access_log, layout.server_log):
        file.unlink(missing_ok=True)
    layout.make()


def _listener(port: int, port_option: str) -> socket.socket:
    try:
        return _listen(port)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(
            f"port {port} cannot be used ({reason}): pass a free one with {port_option}, or leave it out to get one"
        ) from error


def _free_listener(layout: StateDir) -> socket.socket:
    """Return a listener on the port of the last start, else on a free one.

    The ports above the default are tried first: clients take theirs elsewhere, so it is likely free next time.
    """
    last = read_json(layout.settings).get("port")
    ports = range(DEFAULT_PORT, DEFAULT_PORT + _PORTS)
    for port in (last, *ports) if isinstance(last, int) else ports:
        with contextlib.suppress(OSError, OverflowError):
            return _listen(port)
    return _listen(0)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        # Bound but not listening, a port could still be taken by a second one in the same state.
        listener.listen(128)
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener


def _launch(layout: StateDir, listener: socket.socket) -> None:
    """Run the server on the bound socket (so no one can take the port meanwhile) until it answers."""
    port = listener.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "temp_access.local_aws.server.main",
        "--state",
        str(layout.root),
        "--fd",
        str(listener.fileno()),
    ]
    descriptor = os.open(layout.server_log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
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
        _wait_for(process, layout, port)
        ready = True
    finally:
        # Also when interrupted: nothing stays half-started.
        if not ready and process.poll() is None:
            process.kill()
            process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", layout: StateDir, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise UserError(f"the local AWS ended at once: {_last_line(layout)}; the whole log is {layout.server_log}")
        # The socket listens before the server is up: ask only once the server has said that it is.
        if read_json(layout.server).get("pid") == process.pid and health(layout, port).get("pid") == process.pid:
            return
        time.sleep(0.03)
    raise UserError(f"the local AWS did not answer within {_START_SECONDS:.0f} s: see {layout.server_log}")


def _last_line(layout: StateDir) -> str:
    lines = layout.server_log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _stop_locked(layout: StateDir) -> bool:
    # The lock's holder wrote the file, so a pid that another process got meanwhile is never taken for ours.
    if not is_held(layout.server_lock):
        layout.server.unlink(missing_ok=True)
        return False
    pid = read_json(layout.server).get("pid")
    if not isinstance(pid, int):
        raise UserError(f"the local AWS in {layout.root} is just starting: try again in a moment")
    for wanted, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, 5.0)):
        # It may be ending by itself.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, wanted)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            _reap(pid)
            if not is_held(layout.server_lock):
                layout.server.unlink(missing_ok=True)
                return True
            time.sleep(0.02)
    raise UserError(f"the local AWS (process {pid}) does not end: end it by hand")


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
