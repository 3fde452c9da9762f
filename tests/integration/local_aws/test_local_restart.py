"""A start while a server ends, and two `make demo` in one folder, take turns."""

import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from temp_access.files import is_held
from temp_access.local_aws.control import Instance, start, status, stop
from temp_access.local_aws.state_dir import StateDir

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.integration


def end_slowly(instance: Instance) -> HTTPSConnection:
    """Tell the server to end while a request is under way, which it waits for; return that connection."""
    context = ssl.create_default_context(cafile=instance.environment["AWS_CA_BUNDLE"])
    connection = HTTPSConnection("127.0.0.1", instance.port, context=context)
    connection.connect()
    connection.sock.sendall(b"PUT /bucket/key HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
    time.sleep(0.1)
    pid = status(instance.state_dir).pid
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    return connection


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.3])
def test_a_start_while_a_server_ends_waits_and_starts_one(tmp_path: Path, delay: float) -> None:
    """The ending server isn't taken for a running one, whichever step of its end it is in."""
    first = start(tmp_path, port=0)
    pid = status(tmp_path).pid
    try:
        connection = end_slowly(first)
        time.sleep(delay)
        assert is_held(StateDir.of(tmp_path).server_lock)
        second = start(tmp_path)
        assert not second.already_running
        assert second.port == first.port
        assert status(tmp_path).pid not in (None, pid)
        second.deployer.client("sts").get_caller_identity()
        connection.close()
    finally:
        stop(tmp_path)


def test_starts_while_a_server_ends_make_one_server(tmp_path: Path) -> None:
    """One starts it, and the others find it."""
    instances: list[Instance] = []
    try:
        connection = end_slowly(start(tmp_path, port=0))
        threads = [threading.Thread(target=lambda: instances.append(start(tmp_path))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(instance.already_running for instance in instances) == [False, True, True]
        connection.close()
    finally:
        stop(tmp_path)


def test_a_stop_while_a_server_ends_waits_for_it(tmp_path: Path) -> None:
    """Afterwards none runs."""
    connection = end_slowly(start(tmp_path, port=0))
    assert stop(tmp_path)
    assert not is_held(StateDir.of(tmp_path).server_lock)
    connection.close()


def test_an_ending_server_does_not_count_as_running(tmp_path: Path) -> None:
    """`status` and `env` say so, and a client isn't sent to it."""
    try:
        connection = end_slowly(start(tmp_path, port=0))
        deadline = time.monotonic() + 2
        while status(tmp_path).running and time.monotonic() < deadline:
            time.sleep(0.01)
        assert is_held(StateDir.of(tmp_path).server_lock)
        assert not status(tmp_path).running
        connection.close()
    finally:
        stop(tmp_path)


def test_two_make_demos_in_one_folder_run_one_after_the_other(tmp_path: Path) -> None:
    """The second says that it waits. The commands of the recipe only note when they begin and end."""
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    program = programs / "temp-access"
    program.write_text('#!/bin/sh\necho "$PPID begin $1" >> log\nsleep 0.3\necho "$PPID end $1" >> log\n')
    program.chmod(0o755)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/demo_end.py").touch()
    set_up = [f"--assume-old={folder}/.ready" for folder in (".venv", "node_modules")]
    command = ["make", f"--makefile={ROOT / 'Makefile'}", *set_up, "demo", f"PYTHON={sys.executable}"]
    makes = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    errors = b"".join(make.communicate(timeout=60)[1] for make in makes)
    assert [make.returncode for make in makes] == [0, 0]
    assert errors.count(b"waiting until another make in this folder has ended") == 1
    lines = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    steps = [f"{moment} {name}" for _, moment, name in lines]
    once = [f"{moment} {name}" for name in ("local", "deploy", "verify") for moment in ("begin", "end")]
    assert steps == once * 2
    assert len({process for process, _, _ in lines[:6]} & {process for process, _, _ in lines[6:]}) == 0
