"""A grant of the local AWS in the hands of a client: its profile or its environment, and its operations."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.local_aws.testing import expire_sessions
from tests.clients.catalogue import BIN, FOLDER, Client
from tests.integration.borrow.person import Person
from tests.integration.deploy.project import Project

# Seconds that a session seems to last before it has ended. Refreshing clients borrow in the last minutes anyway.
SHORT = 10
# What a client prints where S3 refuses a request.
REFUSALS = ("AccessDenied", "Access Denied", "Forbidden", "403", "PermissionError", "ACCESS_DENIED")
# It gives one session until the file `ended` exists, and says each time that it ends after SHORT seconds.
_SHORT_SESSIONS = f"""
import datetime, json, pathlib, subprocess, sys
folder = pathlib.Path(__file__).parent
ended, kept = (folder / "ended").exists(), folder / "kept"
if ended or not kept.exists():
    output = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True).stdout
    kept.write_bytes(output)
document = json.loads(kept.read_bytes())
if not ended:
    expiration = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds={SHORT})
    document["Expiration"] = expiration.strftime("%Y-%m-%dT%H:%M:%SZ")
with open(folder / "borrowed", "a") as file:
    file.write("again\\n" if ended else "first\\n")
print(json.dumps(document))
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation gave: the listed keys or the text in `output`, or an error."""

    ok: bool
    output: str

    @property
    def is_refused(self) -> bool:
        """Whether S3 refused it."""
        return not self.ok and any(word in self.output for word in REFUSALS)


class Lent:
    """The deployment, and the environments of its borrowers."""

    def __init__(self, project: Project) -> None:
        self.project, self.bucket = project, project.bucket

    def home(self, client: Client, folder: Path, *, short: bool = False) -> "Home":
        """Return a home folder whose profile `bob` borrows; `short` sessions seem to end after SHORT seconds."""
        (folder / "home").mkdir()
        home = Home(Person(self.project, folder / "home"), client)
        home.write_profile(short=short)
        return home


class Home:
    """A home folder, with what one client needs."""

    def __init__(self, person: Person, client: Client) -> None:
        self.person, self.client = person, client
        self.aws = person.project.aws.environment
        self.file = person.home / "text"

    def write_profile(self, *, short: bool) -> None:
        """Write the profile `bob`, as `temp-access profile` does."""
        ended = self.person.temp_access("profile", self.client.grant, "--name", "bob", "--yes")
        assert ended.code == 0, ended.output
        if short:
            script = self.person.home / "short_sessions.py"
            script.write_text(_SHORT_SESSIONS, encoding="utf-8")
            text = self.person.config.read_text(encoding="utf-8")
            # A cached session would end with the first one.
            text = text.replace("credential_process = ", f"credential_process = {sys.executable} {script} ")
            self.person.config.write_text(text.replace(" --format process", " --no-cache --format process"))

    @property
    def borrowed(self) -> list[str]:
        """Each session that the client got, "first" before the end and "again" after it."""
        path = self.person.home / "borrowed"
        return path.read_text().split() if path.exists() else []

    def end_sessions(self) -> None:
        """Wait until the session has ended that the client got last, and let later ones last; then end them all."""
        borrowed = self.person.home / "borrowed"
        # Some clients borrow again in the background.
        while borrowed.exists() and time.time() < borrowed.stat().st_mtime + SHORT + 1:
            time.sleep(0.5)
        (self.person.home / "ended").touch()
        expire_sessions(self.person.project.aws)

    def environment(self) -> dict[str, str]:
        """Return the client's environment, with AWS_PROFILE or with the keys that `exec` gives."""
        certificate = self.aws["AWS_CA_BUNDLE"]
        local = {name: self.aws[name] for name in ("AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "AWS_REGION")}
        base = {
            **self.person.environment,
            **local,
            "AWS_DEFAULT_REGION": self.aws["AWS_REGION"],
            "SSL_CERT_FILE": certificate,
            "NODE_EXTRA_CA_CERTS": certificate,
            "NODE_PATH": str(FOLDER / "node_modules"),
            "PATH": f"{self.person.environment['PATH']}{os.pathsep}{BIN}",
        }
        if self.client.source == "profile":
            base["AWS_PROFILE"] = "bob"
        else:
            script = "import json, os; print(json.dumps(dict(os.environ)))"
            ended = self.person.temp_access("exec", self.client.grant, "--", sys.executable, "-c", script, env=base)
            assert ended.code == 0, ended.output
            base = json.loads(ended.out)
        return {**base, **{name: self._fill(value) for name, value in self.client.environment.items()}}

    @contextmanager
    def open(self) -> Iterator[Callable[[str, str, str], Answer]]:
        """Yield a function that runs an operation with a key and a text."""
        environment = self.environment()
        if self.client.commands:
            yield lambda operation, key, text: self._command(operation, key, text, environment)
            return
        words = [self._fill(word) for word in self.client.program]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(words, env=environment, cwd=self.person.home, **pipes) as process:
            yield lambda operation, key, text: _ask(process, operation, key, text)
            assert process.stdin
            process.stdin.close()

    def _command(self, operation: str, key: str, text: str, environment: Mapping[str, str]) -> Answer:
        self.file.write_text(text, encoding="utf-8")
        words = [self._fill(word, key, text) for word in self.client.commands[operation]]
        ended = subprocess.run(
            words, env=environment, cwd=self.person.home, capture_output=True, text=True, timeout=120, check=False
        )
        return Answer(ended.returncode == 0, ended.stdout if ended.returncode == 0 else ended.stdout + ended.stderr)

    def _fill(self, word: str, key: str = "", text: str = "") -> str:
        endpoint = self.aws["AWS_ENDPOINT_URL"]
        values = {
            "BUCKET": self.person.project.bucket,
            "KEY": key,
            "TEXT": text,
            "FILE": str(self.file),
            "HOST": endpoint.removeprefix("https://"),
            "ENDPOINT": endpoint,
            "CERTIFICATE": self.aws["AWS_CA_BUNDLE"],
        }
        for name, value in values.items():
            word = word.replace(name, value)
        return word


def _ask(process: "subprocess.Popen[str]", operation: str, key: str, text: str) -> Answer:
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps({"operation": operation, "key": key, "text": text}) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, f"{operation}: the client ended"
    answer = json.loads(line)
    result = answer.get("result", answer.get("error"))
    return Answer(answer["ok"], "\n".join(result) if isinstance(result, list) else str(result))
