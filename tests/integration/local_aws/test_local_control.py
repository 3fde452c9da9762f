"""Starting and stopping: what is said, what is left behind, and that only our own server is ever touched."""

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
    """A server for the tests that leave it as it is."""
    with running(tmp_path_factory.mktemp("control")) as instance:
        yield instance


def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `temp-access local`."""
    return subprocess.run(
        [sys.executable, "-m", "temp_access", "local", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )


@contextmanager
def taken_port() -> Iterator[socket.socket]:
    """Listen on a port, so that nobody else can."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken


def test_a_second_start_finds_the_first(instance: Instance) -> None:
    """Starting what runs succeeds and says so; another port is refused."""
    again = start(instance.state_dir)
    assert again.already_running
    assert again.url == instance.url
    with pytest.raises(UserError, match=f"already runs on port {instance.port}"):
        start(instance.state_dir, port=instance.port + 1)


def test_two_starts_at_once_make_one_server(tmp_path: Path) -> None:
    """The second waits for the first, and finds it running."""
    found: list[Instance] = []
    threads = [threading.Thread(target=lambda: found.append(start(tmp_path, port=0))) for _ in range(3)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(one.already_running for one in found) == [False, True, True]
        assert len({one.url for one in found}) == 1
    finally:
        stop(tmp_path)


def test_a_busy_port_is_named_and_nothing_is_left_behind(tmp_path: Path) -> None:
    """The sentence says to pass another."""
    with taken_port() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} cannot be used.*pass a free one with --port"):
            start(tmp_path, port=port)
        assert taken.getsockname()[1] == port
    assert not status(tmp_path).running
    assert not (tmp_path / "server.json").exists()


@pytest.mark.parametrize(("variables", "option"), [({}, "--port"), ({"TEMP_ACCESS_PORT_OPTION": "X=…"}, "X=…")])
def test_a_port_that_cannot_be_used_is_refused_in_the_callers_words(
    tmp_path: Path, variables: dict[str, str], option: str
) -> None:
    """Whether it is taken or isn't a port at all; a Makefile says how a port is passed to it."""
    with taken_port() as taken:
        for port in (str(taken.getsockname()[1]), "http", "-1", "65536"):
            ended = command("start", "--state", str(tmp_path), f"--port={port}", **variables)
            assert ended.returncode == 2
            assert f"pass a free one with {option}" in ended.stderr
            assert ended.stderr.count("\n") == 1
    assert not status(tmp_path).running


def test_make_demo_says_how_make_takes_a_port(tmp_path: Path) -> None:
    """Whoever typed `make demo PORT=…` reads that, and no option of a command that they don't see."""
    set_up = (f"--assume-old={folder}/.ready" for folder in (".venv", "node_modules"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with taken_port() as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            ["make", f"--makefile={ROOT / 'Makefile'}", *set_up, "demo", f"PORT={port}"],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert f"port {port} cannot be used" in ended.stderr
    assert "pass a free one with `make demo PORT=…`, or leave it out" in ended.stderr
    assert "--port" not in ended.stdout + ended.stderr


def test_two_state_folders_run_side_by_side(tmp_path: Path) -> None:
    """Without a port each takes a free one, keeps it over a restart, and its clients reach it and no other."""
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


def test_a_remembered_port_that_is_taken_is_changed(tmp_path: Path) -> None:
    """What `local env` prints, and the configuration file beside it, name the new one; that one is remembered."""
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


def test_it_listens_on_the_loopback_address_only(instance: Instance) -> None:
    """One port, on 127.0.0.1."""
    with socket.socket() as other:
        # Free on another loopback address: the server isn't bound to all of them.
        other.bind(("127.0.0.2", instance.port))


def test_a_stale_process_id_is_never_signalled(tmp_path: Path) -> None:
    """A pid in the state folder counts only while its server holds the lock."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as innocent:
        try:
            tmp_path.joinpath("server.json").write_text(json.dumps({"pid": innocent.pid, "port": 1}))
            assert not status(tmp_path).running
            assert not stop(tmp_path)
            assert innocent.poll() is None
            assert not (tmp_path / "server.json").exists()
        finally:
            innocent.kill()


def test_a_server_that_is_ending_by_itself_is_waited_for(tmp_path: Path) -> None:
    """Its process may be gone before its lock is."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    layout = StateDir.of(tmp_path)
    layout.server.write_text(json.dumps({"pid": gone.pid, "port": 1}))
    lock = try_lock(layout.server_lock)
    assert lock is not None
    threading.Timer(0.2, lock.close).start()
    assert stop(tmp_path)


def test_no_command_of_the_machine_is_needed(tmp_path: Path) -> None:
    """It starts with nothing in PATH: the certificate is made in Python."""
    state = tmp_path / "state"
    try:
        ended = command("start", "--state", str(state), "--port", "0", PATH=str(tmp_path))
        assert (ended.returncode, ended.stderr) == (0, "")
        assert status(state).running
    finally:
        stop(state)


def test_an_unusable_state_folder_is_a_clear_sentence(tmp_path: Path) -> None:
    """A state folder that can't be made is named."""
    file = tmp_path / "file"
    file.touch()
    ended = command("start", "--state", str(file / "state"))
    assert ended.returncode == 2
    assert ended.stderr.startswith("cannot use the state folder")
    assert ended.stderr.count("\n") == 1


def test_a_lost_certificate_is_made_again(tmp_path: Path) -> None:
    """The certificate and its key are made when they are missing, and the key is private."""
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
    """The state folder is its owner's, and the server's arguments name only the folder and a descriptor."""
    assert stat.S_IMODE(instance.state_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((instance.state_dir / "deployer.json").stat().st_mode) == 0o600
    assert instance.environment["AWS_SECRET_ACCESS_KEY"] not in repr(instance)
    shown = Path(f"/proc/{status(instance.state_dir).pid}/cmdline")
    if shown.exists():
        assert instance.environment["AWS_SECRET_ACCESS_KEY"] not in shown.read_text()


def test_the_environment_keeps_clients_inside_the_state_folder(instance: Instance) -> None:
    """Configuration, credentials and the CDK CLI's cache are files of the state folder."""
    variables = environment(instance.state_dir)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "CDK_HOME", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        assert Path(variables[name]).is_relative_to(instance.state_dir), name
    assert variables["AWS_ENDPOINT_URL"] == instance.url
    assert "127.0.0.1" in variables["NO_PROXY"]


def test_the_command_prints_what_was_asked_for(instance: Instance) -> None:
    """status and env print one thing each, for people and for programs."""
    state = str(instance.state_dir)
    about = json.loads(command("status", "--json", "--state", state).stdout)
    assert about["running"]
    assert about["url"] == instance.url
    given = json.loads(command("env", "--format", "json", "--state", state).stdout)
    assert given["set"]["AWS_ENDPOINT_URL"] == instance.url
    assert "AWS_PROFILE" in given["unset"]
    script = command("env", "--state", state).stdout + 'echo "$AWS_ENDPOINT_URL ${AWS_PROFILE-unset}"\n'
    said = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=True, env={"AWS_PROFILE": "x"})
    assert said.stdout == f"{instance.url} unset\n"


def test_the_environment_of_what_does_not_run_is_refused(tmp_path: Path) -> None:
    """There is no environment without a server; the sentence says how to start one."""
    ended = command("env", "--state", str(tmp_path))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "run `temp-access local start`" in ended.stderr
    assert command("status", "--state", str(tmp_path)).stdout == "no local AWS runs\n"
