"""Start and stop: messages, files, and that no process other than the server gets a signal."""

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from temp_access.errors import UserError
from temp_access.files import try_lock
from temp_access.local_aws.control import Instance, environment, start, status, stop
from temp_access.local_aws.state_dir import StateDir
from temp_access.local_aws.testing import running

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.integration


@pytest.fixture(name="instance", scope="module")
def _instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A server for the tests that don't change it."""
    with running(tmp_path_factory.mktemp("control")) as instance:
        yield instance


def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `temp-access local` with these arguments."""
    return subprocess.run(
        [sys.executable, "-m", "temp_access", "local", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )


@contextmanager
def taken_port() -> Iterator[socket.socket]:
    """Listen on a port, so that no other process can."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken


def test_a_second_start_returns_the_running_server(instance: Instance) -> None:
    """The second start succeeds and reports that the server runs already; it refuses another port."""
    again = start(instance.state_dir)
    assert again.already_running
    assert again.url == instance.url
    with pytest.raises(UserError, match=f"already runs on port {instance.port}"):
        start(instance.state_dir, port=instance.port + 1)


def test_simultaneous_starts_make_one_server(tmp_path: Path) -> None:
    """The others wait for the first, and return its server."""
    instances: list[Instance] = []
    threads = [threading.Thread(target=lambda: instances.append(start(tmp_path, port=0))) for _ in range(3)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(instance.already_running for instance in instances) == [False, True, True]
        assert len({instance.url for instance in instances}) == 1
    finally:
        stop(tmp_path)


def test_a_taken_port_is_an_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """The error names the port and says to pass another one."""
    with taken_port() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} cannot be used.*pass a free one with --port"):
            start(tmp_path, port=port)
        assert taken.getsockname()[1] == port
    assert not status(tmp_path).running
    assert not (tmp_path / "server.json").exists()


@pytest.mark.parametrize(("variables", "option"), [({}, "--port"), ({"TEMP_ACCESS_PORT_OPTION": "X=…"}, "X=…")])
def test_the_error_for_an_unusable_port_names_the_callers_option(
    tmp_path: Path, variables: dict[str, str], option: str
) -> None:
    """The port may be taken or invalid; a Makefile sets the name of its own option."""
    with taken_port() as taken:
        for port in (str(taken.getsockname()[1]), "http", "-1", "65536"):
            completed = command("start", "--state", str(tmp_path), f"--port={port}", **variables)
            assert completed.returncode == 2
            assert f"pass a free one with {option}" in completed.stderr
            assert completed.stderr.count("\n") == 1
    assert not status(tmp_path).running


def test_make_demo_names_its_own_port_variable(tmp_path: Path) -> None:
    """The error names `make demo PORT=…`, which the user typed, instead of `--port`."""
    set_up = (f"--assume-old={folder}/.ready" for folder in (".venv", "node_modules"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with taken_port() as taken:
        port = taken.getsockname()[1]
        completed = subprocess.run(
            ["make", f"--makefile={ROOT / 'Makefile'}", *set_up, "demo", f"PORT={port}"],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    assert completed.returncode == 2
    assert f"port {port} cannot be used" in completed.stderr
    assert "pass a free one with `make demo PORT=…`, or leave it out" in completed.stderr
    assert "--port" not in completed.stdout + completed.stderr


def test_two_state_folders_have_servers_of_their_own(tmp_path: Path) -> None:
    """Without a port each takes a free one and keeps it after a restart; clients reach only their own server."""
    one, two = tmp_path / "one", tmp_path / "two"
    try:
        first, second = start(one), start(two)
        assert first.port != second.port
        assert stop(one)
        assert start(one).port == first.port
        for instance in (first, second):
            instance.deployer.client("iam").create_user(UserName=instance.state_dir.name)
        users = [[user["UserName"] for user in i.deployer.client("iam").list_users()["Users"]] for i in (first, second)]
        assert users == [["deployer", "one"], ["deployer", "two"]]
    finally:
        stop(one)
        stop(two)


def test_a_taken_last_port_is_replaced_by_a_free_one(tmp_path: Path) -> None:
    """The environment and the clients' configuration file have the new port, and the next start uses it."""
    with taken_port() as taken:
        port = taken.getsockname()[1]
        tmp_path.joinpath("settings.json").write_text(json.dumps({"port": port}))
        try:
            instance = start(tmp_path)
            assert instance.port != port
            variables = environment(tmp_path)
            assert variables["AWS_ENDPOINT_URL"] == instance.url
            assert f"endpoint_url = {instance.url}\n" in Path(variables["AWS_CONFIG_FILE"]).read_text()
            instance.deployer.client("sts").get_caller_identity()
        finally:
            stop(tmp_path)
    assert json.loads(tmp_path.joinpath("settings.json").read_text()) == {"port": instance.port}


def test_the_server_listens_on_the_loopback_address_only(instance: Instance) -> None:
    """It has one port, on 127.0.0.1."""
    with socket.socket() as other:
        # The port is free on another loopback address, so the server isn't bound to all addresses.
        other.bind(("127.0.0.2", instance.port))


def test_a_stale_process_id_gets_no_signal(tmp_path: Path) -> None:
    """The pid in the state folder is used only while its server holds the lock."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other_process:
        try:
            tmp_path.joinpath("server.json").write_text(json.dumps({"pid": other_process.pid, "port": 1}))
            assert not status(tmp_path).running
            assert not stop(tmp_path)
            assert other_process.poll() is None
            assert not (tmp_path / "server.json").exists()
        finally:
            other_process.kill()


def test_stop_waits_for_a_server_that_is_already_ending(tmp_path: Path) -> None:
    """The process may end before its lock is released."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended_process:
        ended_process.wait()
    state_dir = StateDir.of(tmp_path)
    state_dir.server.write_text(json.dumps({"pid": ended_process.pid, "port": 1}))
    lock = try_lock(state_dir.server_lock)
    assert lock is not None
    threading.Timer(0.2, lock.close).start()
    assert stop(tmp_path)


def test_start_needs_no_program_in_the_path(tmp_path: Path) -> None:
    """Python issues the certificate, so openssl isn't needed."""
    state = tmp_path / "state"
    try:
        completed = command("start", "--state", str(state), "--port", "0", PATH=str(tmp_path))
        assert (completed.returncode, completed.stderr) == (0, "")
        assert status(state).running
    finally:
        stop(state)


def test_an_unusable_state_folder_is_a_one_line_error(tmp_path: Path) -> None:
    """The error names the state folder that can't be created."""
    file = tmp_path / "file"
    file.touch()
    completed = command("start", "--state", str(file / "state"))
    assert completed.returncode == 2
    assert completed.stderr.startswith("cannot use the state folder")
    assert completed.stderr.count("\n") == 1


def test_a_missing_certificate_is_issued_again(tmp_path: Path) -> None:
    """A start without the certificate issues a new one with its key, which only its owner can read."""
    try:
        start(tmp_path, port=0)
        certificate, key = tmp_path / "tls/certificate.pem", tmp_path / "tls/private-key.pem"
        before = certificate.read_text()
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        stop(tmp_path)
        certificate.unlink()
        start(tmp_path, port=0).deployer.client("sts").get_caller_identity()
        assert certificate.read_text() != before
    finally:
        stop(tmp_path)


def test_no_secret_is_readable_by_others_or_in_the_command_line(instance: Instance) -> None:
    """Only its owner can read the state folder; the server's arguments are the folder and a file descriptor."""
    assert stat.S_IMODE(instance.state_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((instance.state_dir / "deployer.json").stat().st_mode) == 0o600
    assert instance.environment["AWS_SECRET_ACCESS_KEY"] not in repr(instance)
    command_line = Path(f"/proc/{status(instance.state_dir).pid}/cmdline")
    if command_line.exists():
        assert instance.environment["AWS_SECRET_ACCESS_KEY"] not in command_line.read_text()


def test_the_environment_keeps_client_files_in_the_state_folder(instance: Instance) -> None:
    """Configuration, credentials and the CDK CLI's cache are in the state folder."""
    variables = environment(instance.state_dir)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "CDK_HOME", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        assert Path(variables[name]).is_relative_to(instance.state_dir), name
    assert variables["AWS_ENDPOINT_URL"] == instance.url
    assert "127.0.0.1" in variables["NO_PROXY"]


def test_status_and_env_print_json_and_shell_commands(instance: Instance) -> None:
    """status prints JSON; env prints JSON, or shell commands that set and unset variables."""
    state = str(instance.state_dir)
    status_report = json.loads(command("status", "--json", "--state", state).stdout)
    assert status_report["running"]
    assert status_report["url"] == instance.url
    variables = json.loads(command("env", "--format", "json", "--state", state).stdout)
    assert variables["set"]["AWS_ENDPOINT_URL"] == instance.url
    assert "AWS_PROFILE" in variables["unset"]
    script = command("env", "--state", state).stdout + 'echo "$AWS_ENDPOINT_URL ${AWS_PROFILE-unset}"\n'
    shell = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=True, env={"AWS_PROFILE": "x"})
    assert shell.stdout == f"{instance.url} unset\n"


def test_env_fails_without_a_running_server(tmp_path: Path) -> None:
    """The error says how to start one."""
    completed = command("env", "--state", str(tmp_path))
    assert completed.returncode == 2
    assert completed.stdout == ""
    assert "run `temp-access local start`" in completed.stderr
    assert command("status", "--state", str(tmp_path)).stdout == "no local AWS runs\n"
