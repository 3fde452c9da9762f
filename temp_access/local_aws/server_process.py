"""The server's process: the socket that it listens on, its start, its health and its end."""

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
from temp_access.files import is_held
from temp_access.local_aws.state_dir import DEFAULT_PORT, HEALTH_PATH, StateDir, read_json

_PORTS_TO_TRY = 100
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0


def listen(state_dir: StateDir, port: int | None, port_option: str) -> socket.socket:
    """Return a listener on the port, 0 for any free one, or without `port` on the one of the last start if it is free.

    Raises UserError, which names `port_option`, if the port can't be used.
    """
    if port is None:
        return _listen_on_free_port(state_dir)
    try:
        return _bind(port)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(
            f"port {port} cannot be used ({reason}): pass a free one with {port_option}, or leave it out to get one"
        ) from error


def _listen_on_free_port(state_dir: StateDir) -> socket.socket:
    """Return a listener on the port of the last start if that is free, else on another free one.

    It first tries the ports from the default on: the system gives outgoing connections other ports, so these are
    likely to be free at the next start too.
    """
    last = read_json(state_dir.settings).get("port")
    ports = range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TO_TRY)
    for port in (last, *ports) if isinstance(last, int) else ports:
        with contextlib.suppress(OSError, OverflowError):
            return _bind(port)
    return _bind(0)


def _bind(port: int) -> socket.socket:
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


def launch(state_dir: StateDir, listener: socket.socket) -> None:
    """Start the server on the listener, so that no other process can take its port, and wait until it answers.

    Raises UserError if the server doesn't start.
    """
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


def wait_while_ending(state_dir: StateDir) -> int | None:
    """Return the port of the server that runs, or None without one; waits for one that is ending.

    Raises UserError if a server holds the lock and neither answers nor ends.
    """
    deadline = time.monotonic() + _STOP_SECONDS
    while is_held(state_dir.server_lock):
        server = read_json(state_dir.server)
        pid, port = server.get("pid"), server.get("port")
        if isinstance(port, int):
            report = health(state_dir, port)
            if report.get("pid") == pid and not report.get("ending"):
                return port
        if time.monotonic() > deadline:
            raise UserError(
                f"the local AWS in {state_dir.root} runs, but doesn't answer: stop it with `temp-access local stop`"
            )
        time.sleep(0.05)
    return None


def terminate(state_dir: StateDir) -> bool:
    """End the server, and return whether one ran; raises UserError if it is still starting or doesn't end."""
    # Only the lock's holder writes the file: without the lock, another process may have the pid by now.
    if not is_held(state_dir.server_lock):
        state_dir.server.unlink(missing_ok=True)
        return False
    pid = _wait_for_pid(state_dir)
    if pid is None:
        return True
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


def _wait_for_pid(state_dir: StateDir) -> int | None:
    """Return the process id of the server, or None once it has ended: an ending one has removed its file."""
    deadline = time.monotonic() + _STOP_SECONDS
    while is_held(state_dir.server_lock):
        pid = read_json(state_dir.server).get("pid")
        if isinstance(pid, int):
            return pid
        if time.monotonic() > deadline:
            raise UserError(f"the local AWS in {state_dir.root} is still starting: try again in a moment")
        time.sleep(0.02)
    return None


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
