"""Processes that wait for each other's sessions: never for ever, never silently, and never for a person."""

import contextlib
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from tests.integration.borrow.person import Calls, Person

pytestmark = pytest.mark.integration
SERIAL = "arn:aws:iam::123456789012:mfa/temp-user"
PATIENCE = 3
# Half a minute, the real one, and the repetitions of a call would make these tests slow.
IMPATIENT = f"""
from temp_access.aws import checked_calls
from temp_access.borrow import session_store
checked_calls._ATTEMPTS = 1
session_store.LOCK_WAIT = {PATIENCE}
from temp_access.cli.main import run; run()
"""
HOLDS_EVERY_LOCK = """
import fcntl, os, sys
os.makedirs(sys.argv[1], 0o700)
kinds = ("requests", "roles", "sessions")
held = [open(f"{sys.argv[1]}/{kind}-{end:02x}", "w") for kind in kinds for end in range(256)]
for file in held:
    os.chmod(file.name, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_stopped_process_holds_up_nobody(person: Person) -> None:
    """Ctrl-Z within a borrow: an SDK's credential_process says what it waits for, and borrows by itself then."""
    folder = person.cache / "locks"
    with person.begin(sys.executable, "-c", HOLDS_EVERY_LOCK, str(folder), stdin=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            holder.send_signal(signal.SIGSTOP)
            started = time.monotonic()
            words = ("credentials", "bob", "--format", "process", *person.local)
            ended = person.run(sys.executable, "-c", IMPATIENT, *words)
            waited = time.monotonic() - started
        finally:
            holder.kill()
    assert ended.code == 0, ended.output
    assert "note: waiting for another process that borrows with this cache, for " in ended.err
    assert ended.err.count("waiting") == 1
    assert PATIENCE <= waited < PATIENCE + 10
    assert "AccessKeyId" in ended.out


@contextlib.contextmanager
def unanswering(seconds: float) -> Iterator[str]:
    """Run a service that accepts every connection, and closes it after `seconds` without an answer."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=50)

    def ignore(connection: socket.socket) -> None:
        with connection:
            time.sleep(seconds)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=ignore, args=[listening.accept()[0]], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


def test_four_processes_dont_fail_one_after_another(person: Person) -> None:
    """STS never answers: each waits for another one's call once at most, not for all calls before."""
    call = 6.0
    with unanswering(call) as endpoint:
        env = {**person.keys, "AWS_ENDPOINT_URL": endpoint, "AWS_MAX_ATTEMPTS": "1"}
        started = time.monotonic()
        words = ("credentials", "bob", "--format", "process", "--role-arn", "arn:aws:iam::123456789012:role/temp-role")
        processes = [person.begin(sys.executable, "-c", IMPATIENT, *words, env=env) for _ in range(4)]
        answers = [process.communicate(timeout=60) for process in processes]
        waited = time.monotonic() - started
    assert all("can't be reached" in err or "closed" in err for _, err in answers), answers
    assert sum("note: waiting for another process" in err for _, err in answers) == 3
    assert waited < 2 * call + PATIENCE, answers


def test_nobody_waits_for_a_person(person: Person, calls: Calls) -> None:
    """A terminal asks for an MFA code: a credential_process for the same session borrows at once."""
    controller, terminal = pty.openpty()
    words = ("temp-access", "credentials", "bob", "--mfa-serial", SERIAL, *person.local)
    asking = person.begin(*words, stdin=terminal, stderr=terminal)
    os.close(terminal)
    try:
        shown = b""
        while b"code of the MFA device" not in shown:
            shown += os.read(controller, 1024)
        ended = person.temp_access("credentials", "bob", "--format", "process")
        assert (ended.code, ended.err) == (0, ""), ended.output
        # The session is there now, so the code isn't even used.
        os.write(controller, b"123456\n")
        out, _ = asking.communicate(timeout=60)
    finally:
        asking.kill()
        os.close(controller)
    assert asking.returncode == 0, out
    assert calls["sts:AssumeRole"] == 1
