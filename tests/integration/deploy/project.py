"""A project folder of a test's own, with a local AWS of its own: what a person would have, and type there."""

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
class Ended:
    """A command that has ended: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """All that was printed."""
        return self.out + self.err


@dataclass(frozen=True)
class Running:
    """A command that runs, and the files that it prints to."""

    process: "subprocess.Popen[bytes]"
    out: Path
    err: Path

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def end(self, seconds: float = 180) -> Ended:
        """Wait until it ends, and return what it said; past `seconds` it is killed and the test fails."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        out, err = (path.read_text(encoding="utf-8") for path in (self.out, self.err))
        if code is None:
            raise AssertionError(f"it didn't end within {seconds:.0f} s: {out}{err}")
        return Ended(code, out, err)

    def hold_when(self, holds: Callable[[], bool]) -> None:
        """Stop it, as Ctrl-Z does, at a moment at which `holds`; it doesn't go on by itself."""
        while True:
            until(holds, self)
            self.process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)
            # It may have gone on before it stopped; asked twice, so that a call under way is answered.
            if holds() and holds():
                return
            self.go_on()

    def go_on(self) -> None:
        """Let it go on after `hold_when`."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> Ended:
        """Kill it, as kill -9 does."""
        self.process.kill()
        return self.end()


class Project:
    """The folder, the running local AWS behind it, and the deployer's clients."""

    def __init__(self, folder: Path, aws: Instance) -> None:
        self.folder, self.aws = folder, aws
        self.toml, self.report_file = folder / "access.toml", folder / "report.json"
        self.iam: Any = aws.deployer.client("iam")
        self.s3: Any = aws.deployer.client("s3")
        self.stacks: Any = aws.deployer.client("cloudformation")
        self.begun: list[Running] = []

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a person who has never used AWS here."""
        kept = {
            n: v
            for n, v in os.environ.items()
            if n not in CONFLICTING_VARIABLES and not n.startswith(("AWS_", "XDG_", "CDK_"))
        }
        return {
            **kept,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
            "XDG_STATE_HOME": str(self.folder / "xdg"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            # The templates are those of the unit tests, which validate them.
            "CDK_VALIDATION": "false",
        }

    @property
    def journal(self) -> list[Path]:
        """The files of runs that verify still has to clean up after."""
        return sorted((self.folder / "xdg/temp-access/verify").glob("*"))

    def begin(self, *words: str, before: str = "", env: dict[str, str] | None = None) -> Running:
        """Start `temp-access WORDS`, after the Python statements `before` in the same process."""
        # Not pipes, which nobody reads meanwhile: a full one would stop the command.
        out, err = (Path(tempfile.mkstemp(dir=self.folder, suffix=suffix)[1]) for suffix in (".out", ".err"))
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-c", f"{before}\n{_RUN}", *words],
                cwd=self.folder,
                env={**self.environment, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        self.begun.append(Running(process, out, err))
        return self.begun[-1]

    def run(self, *words: str, before: str = "", env: dict[str, str] | None = None) -> Ended:
        """Run `temp-access WORDS` to its end."""
        return self.begin(*words, before=before, env=env).end()

    def local(self, command: str, *words: str, before: str = "") -> Ended:
        """Run a command against the local AWS."""
        return self.run(command, "--local", "--state", str(self.aws.state_dir), *words, before=before)

    def begin_verify(self, *words: str, before: str = "") -> Running:
        """Start verify against the local AWS."""
        return self.begin("verify", "--local", "--state", str(self.aws.state_dir), *words, before=before)

    def verify(self, *words: str, before: str = "") -> Ended:
        """Run verify to its end, with the JSON report in `report_file`."""
        self.report_file.unlink(missing_ok=True)
        return self.local("verify", "--json", str(self.report_file), *words, before=before)

    def report(self) -> dict[str, Any]:
        """Return the last JSON report."""
        found: dict[str, Any] = json.loads(self.report_file.read_text())
        return found

    def probe(self, id_: str) -> dict[str, Any]:
        """Return one probe of the last JSON report."""
        return next(probe for probe in self.report()["probes"] if probe["id"] == id_)

    def failed(self) -> dict[str, str]:
        """Return what was observed by the id of each failed probe of the last report."""
        return {probe["id"]: probe["observed"] for probe in self.report()["probes"] if probe["verdict"] == "failed"}

    def deploy(self, toml: str | None = None) -> Ended:
        """Write access.toml, if it is given, and deploy it."""
        if toml is not None:
            self.toml.write_text(toml, encoding="utf-8")
        ended = self.local("deploy")
        assert ended.code == 0, ended.said
        return ended

    def synthesize(self, toml: str | None = None, environment: str | None = None, out: str = "cdk.out") -> None:
        """Write access.toml, if it is given, and its cloud assembly as app.py makes it, in this process."""
        # Here, because few tests need the CDK library.
        from tests.integration.deploy.assembly import synthesize_app

        if toml is not None:
            self.toml.write_text(toml, encoding="utf-8")
        synthesize_app(load(self.toml, environment), self.folder / out)

    def use_assembly(self) -> None:
        """Let the CDK CLI take cdk.out as it is from now on, where it would run app.py each time."""
        settings = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))
        (self.folder / "cdk.json").unlink()
        (self.folder / "cdk.json").write_text(json.dumps({**settings, "app": "cdk.out"}), encoding="utf-8")

    def update(self, toml: str) -> None:
        """Write access.toml, synthesize it in this process, and deploy that with the CDK CLI: quicker than `deploy`."""
        self.synthesize(toml)
        ended = self.cdk("deploy", "--all", "--require-approval", "never", "--app", "cdk.out")
        assert ended.code == 0, ended.said

    def cdk(self, *words: str) -> Ended:
        """Run the CDK CLI by hand, as `eval "$(temp-access local env)"` lets one do."""
        environment = {**self.environment, **self.aws.environment}
        command = [str(CDK), *words]
        ended = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    @property
    def bucket(self) -> str:
        """The deployed bucket's name."""
        (stack,) = self.stacks.describe_stacks(StackName="TempAccessStorage")["Stacks"]
        return next(str(o["OutputValue"]) for o in stack["Outputs"] if o["OutputKey"] == "BucketName")

    def keys(self) -> list[str]:
        """Return the ids of temp-user's access keys."""
        return [key["AccessKeyId"] for key in self.iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]]

    def tags(self) -> list[str]:
        """Return the tags by which runs are recorded on temp-user."""
        found = [tag["Key"] for tag in self.iam.list_user_tags(UserName=USER)["Tags"]]
        return [key for key in found if key.startswith("temp-access:verify/")]

    def left(self) -> dict[str, list[str]]:
        """Return the keys of all versions, delete markers and open uploads that runs have in the bucket."""
        bucket = self.bucket
        versions = self.s3.list_object_versions(Bucket=bucket)
        uploads = self.s3.list_multipart_uploads(Bucket=bucket)
        assert not versions["IsTruncated"]
        found = {
            "versions": versions.get("Versions", ()),
            "delete markers": versions.get("DeleteMarkers", ()),
            "uploads": uploads.get("Uploads", ()),
        }
        return {kind: [one["Key"] for one in ones if MARK in one["Key"]] for kind, ones in found.items()}

    def assert_nothing_left(self, *, keys: int = 0) -> None:
        """Assert that no key but `keys` others', tag, object, version, marker, upload or record is left of any run."""
        assert self.left() == {"versions": [], "delete markers": [], "uploads": []}
        assert (keys, [], []) == (len(self.keys()), self.tags(), self.journal)

    def actions(self) -> list[str]:
        """Return what was called so far, in order."""
        return [json.loads(line)["action"] for line in self.aws.access_log.read_text().splitlines()]


def until(holds: Callable[[], bool], running: Running | None = None, seconds: float = 60) -> None:
    """Wait until `holds` does; fail if `running` ends before, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if running and running.ended:
            raise AssertionError(f"it ended too early: {running.end()}")
        assert time.monotonic() < deadline, f"it didn't come about within {seconds:.0f} s"
        time.sleep(0.01)


@contextmanager
def project(folder: Path, *, like: Path | None = None) -> Iterator[Project]:
    """Make a project folder (a copy of the stopped project `like`), and run its local AWS meanwhile."""
    if like:
        shutil.copytree(like, folder, symlinks=True, dirs_exist_ok=True)
    else:
        for name in ("app.py", "cdk.json", "node_modules"):
            (folder / name).symlink_to(ROOT / name)
        shutil.copy(ROOT / "access.toml", folder)
    with running(folder / "aws") as instance:
        made = Project(folder, instance)
        try:
            yield made
        finally:
            # A test that failed may have left one, held.
            for one in made.begun:
                one.process.kill()
                one.process.wait()
