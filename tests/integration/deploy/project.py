"""A project folder with its own local AWS, and the commands that a person would run there."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.access_file import load
from temp_access.local_aws.client import CONFLICTING_VARIABLES
from temp_access.local_aws.control import Instance
from temp_access.local_aws.testing import running

ROOT = Path(__file__).parents[3]
CDK = ROOT / "node_modules/.bin/cdk"
ROLE, USER = "temp-role", "temp-user"
MARK = ".temp-access-probe-"
_RUN = "from temp_access.cli.main import run; run()"


@dataclass(frozen=True)
class FinishedCommand:
    """A finished command: its exit code and its output."""

    code: int
    out: str
    err: str

    @property
    def output(self) -> str:
        """Standard output and standard error."""
        return self.out + self.err


@dataclass(frozen=True)
class RunningCommand:
    """A running command, and the files with its output."""

    process: "subprocess.Popen[bytes]"
    out: Path
    err: Path

    @property
    def has_ended(self) -> bool:
        """Whether the command has ended."""
        return self.process.poll() is not None

    def wait(self, seconds: float = 180) -> FinishedCommand:
        """Wait until the command ends, and return it; after `seconds`, kill it and fail the test."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        out, err = (path.read_text(encoding="utf-8") for path in (self.out, self.err))
        if code is None:
            raise AssertionError(f"the command didn't end within {seconds:.0f} s: {out}{err}")
        return FinishedCommand(code, out, err)

    def pause_when(self, condition: Callable[[], bool]) -> None:
        """Stop the process, as Ctrl-Z does, at a time when `condition` is true."""
        while True:
            wait_until(condition, self)
            self.process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)
            # It may have changed the state before it stopped; the second check sees a call that was in flight.
            if condition() and condition():
                return
            self.resume()

    def resume(self) -> None:
        """Resume the process after `pause_when`."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> FinishedCommand:
        """Kill the process, as kill -9 does."""
        self.process.kill()
        return self.wait()


class Project:
    """A project folder, its running local AWS, and the deployer's clients."""

    def __init__(self, folder: Path, aws: Instance) -> None:
        self.folder, self.aws = folder, aws
        self.toml, self.report_file = folder / "access.toml", folder / "report.json"
        self.iam: Any = aws.deployer.client("iam")
        self.s3: Any = aws.deployer.client("s3")
        self.stacks: Any = aws.deployer.client("cloudformation")
        self.started: list[RunningCommand] = []

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a person who hasn't used AWS on this machine."""
        inherited = {
            n: v
            for n, v in os.environ.items()
            if n not in CONFLICTING_VARIABLES and not n.startswith(("AWS_", "XDG_", "CDK_"))
        }
        return {
            **inherited,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}",
            "XDG_STATE_HOME": str(self.folder / "xdg"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            # The unit tests validate the same templates.
            "CDK_VALIDATION": "false",
        }

    @property
    def journal(self) -> list[Path]:
        """The journal files of runs that verify still has to clean up after."""
        return sorted((self.folder / "xdg/temp-access/verify").glob("*"))

    def start(self, *arguments: str, before: str = "", env: dict[str, str] | None = None) -> RunningCommand:
        """Start `temp-access ARGUMENTS`, after the Python statements `before` in the same process."""
        # Files instead of pipes: nobody reads while the command runs, and a full pipe would block it.
        out, err = (Path(tempfile.mkstemp(dir=self.folder, suffix=suffix)[1]) for suffix in (".out", ".err"))
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-c", f"{before}\n{_RUN}", *arguments],
                cwd=self.folder,
                env={**self.environment, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        self.started.append(RunningCommand(process, out, err))
        return self.started[-1]

    def run(self, *arguments: str, before: str = "", env: dict[str, str] | None = None) -> FinishedCommand:
        """Run `temp-access ARGUMENTS` to its end."""
        return self.start(*arguments, before=before, env=env).wait()

    def local(self, command: str, *arguments: str, before: str = "") -> FinishedCommand:
        """Run a command against the local AWS."""
        return self.run(command, "--local", "--state", str(self.aws.state_dir), *arguments, before=before)

    def start_verify(self, *arguments: str, before: str = "") -> RunningCommand:
        """Start verify against the local AWS."""
        return self.start("verify", "--local", "--state", str(self.aws.state_dir), *arguments, before=before)

    def verify(self, *arguments: str, before: str = "") -> FinishedCommand:
        """Run verify to its end, with the JSON report in `report_file`."""
        self.report_file.unlink(missing_ok=True)
        return self.local("verify", "--json", str(self.report_file), *arguments, before=before)

    def report(self) -> dict[str, Any]:
        """Return the last JSON report."""
        report: dict[str, Any] = json.loads(self.report_file.read_text())
        return report

    def probe(self, id_: str) -> dict[str, Any]:
        """Return one probe of the last JSON report."""
        return next(probe for probe in self.report()["probes"] if probe["id"] == id_)

    def failed(self) -> dict[str, str]:
        """Return the observed result of each failed probe in the last report, by probe id."""
        return {probe["id"]: probe["observed"] for probe in self.report()["probes"] if probe["verdict"] == "failed"}

    def deploy(self, toml: str | None = None) -> FinishedCommand:
        """Deploy access.toml, after writing `toml` to it if given."""
        if toml is not None:
            self.toml.write_text(toml, encoding="utf-8")
        ended = self.local("deploy")
        assert ended.code == 0, ended.output
        return ended

    def synthesize(self, toml: str | None = None, environment: str | None = None, out: str = "cdk.out") -> None:
        """Synthesize access.toml in this process as app.py does, after writing `toml` to it if given."""
        # Imported here because few tests need the CDK library.
        from tests.integration.deploy.assembly import synthesize_app

        if toml is not None:
            self.toml.write_text(toml, encoding="utf-8")
        synthesize_app(load(self.toml, environment), self.folder / out)

    def use_assembly(self) -> None:
        """Make the CDK CLI use cdk.out as it is, instead of running app.py each time."""
        settings = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))
        (self.folder / "cdk.json").unlink()
        (self.folder / "cdk.json").write_text(json.dumps({**settings, "app": "cdk.out"}), encoding="utf-8")

    def update(self, toml: str) -> None:
        """Write and synthesize access.toml in this process, and deploy it with the CDK CLI; faster than `deploy`."""
        self.synthesize(toml)
        ended = self.cdk("deploy", "--all", "--require-approval", "never", "--app", "cdk.out")
        assert ended.code == 0, ended.output

    def cdk(self, *arguments: str) -> FinishedCommand:
        """Run the CDK CLI directly, with the environment that `temp-access local env` prints."""
        environment = {**self.environment, **self.aws.environment}
        command = [str(CDK), *arguments]
        ended = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        return FinishedCommand(ended.returncode, ended.stdout, ended.stderr)

    @property
    def bucket(self) -> str:
        """The deployed bucket's name."""
        (stack,) = self.stacks.describe_stacks(StackName="TempAccessStorage")["Stacks"]
        return next(str(o["OutputValue"]) for o in stack["Outputs"] if o["OutputKey"] == "BucketName")

    def keys(self) -> list[str]:
        """Return the ids of temp-user's access keys."""
        return [key["AccessKeyId"] for key in self.iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]]

    def tags(self) -> list[str]:
        """Return the keys of the tags on temp-user that record runs."""
        tags = [tag["Key"] for tag in self.iam.list_user_tags(UserName=USER)["Tags"]]
        return [key for key in tags if key.startswith("temp-access:verify/")]

    def run_objects(self) -> dict[str, list[str]]:
        """Return the keys of all versions, delete markers and open uploads of runs in the bucket."""
        bucket = self.bucket
        versions = self.s3.list_object_versions(Bucket=bucket)
        uploads = self.s3.list_multipart_uploads(Bucket=bucket)
        assert not versions["IsTruncated"]
        entries = {
            "versions": versions.get("Versions", ()),
            "delete markers": versions.get("DeleteMarkers", ()),
            "uploads": uploads.get("Uploads", ()),
        }
        return {
            kind: [object_["Key"] for object_ in objects if MARK in object_["Key"]] for kind, objects in entries.items()
        }

    def assert_clean(self, *, keys: int = 0) -> None:
        """Assert that runs left nothing: no object, upload, tag or journal, and no access key besides `keys` others."""
        assert self.run_objects() == {"versions": [], "delete markers": [], "uploads": []}
        assert (keys, [], []) == (len(self.keys()), self.tags(), self.journal)

    def actions(self) -> list[str]:
        """Return the actions called so far, in order."""
        return [json.loads(line)["action"] for line in self.aws.access_log.read_text().splitlines()]


def wait_until(condition: Callable[[], bool], running: RunningCommand | None = None, seconds: float = 60) -> None:
    """Wait until `condition` is true; fail if `running` ends before that, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if running and running.has_ended:
            raise AssertionError(f"the command ended too early: {running.wait()}")
        assert time.monotonic() < deadline, f"the condition wasn't true within {seconds:.0f} s"
        time.sleep(0.01)


@contextmanager
def run_project(folder: Path, *, copy_of: Path | None = None) -> Iterator[Project]:
    """Make a project folder, optionally as a copy of the stopped project `copy_of`, and run its local AWS."""
    if copy_of:
        shutil.copytree(copy_of, folder, symlinks=True, dirs_exist_ok=True)
    else:
        for name in ("app.py", "cdk.json", "node_modules"):
            (folder / name).symlink_to(ROOT / name)
        shutil.copy(ROOT / "access.toml", folder)
    with running(folder / "aws") as instance:
        project_ = Project(folder, instance)
        try:
            yield project_
        finally:
            # A failed test may have left a paused command.
            for command in project_.started:
                command.process.kill()
                command.process.wait()
