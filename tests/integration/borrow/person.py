"""A person who borrows, with a home folder, a cache and an AWS configuration of their own."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from temp_access.local_aws.user_key import user_environment
from tests.integration.deploy.project import ROOT, USER, FinishedCommand, Project

BIN = Path(sys.executable).parent


class Person:
    """Runs `temp-access`, `aws` and Python in a home of its own, against the project's local AWS."""

    def __init__(self, project: Project, home: Path) -> None:
        self.project, self.home = project, home
        self.toml = project.toml
        self.config = home / ".aws" / "config"
        self.cache = home / ".cache" / "temp-access"
        self.local = ("--local", "--state", str(project.aws.state_dir))

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the person's shell."""
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(("AWS_", "XDG_"))}
        path = f"{BIN}{os.pathsep}{inherited['PATH']}"
        return {**inherited, "HOME": str(self.home), "PATH": path, "AWS_EC2_METADATA_DISABLED": "true"}

    @property
    def keys(self) -> dict[str, str]:
        """The environment with temp-user's access key for the local AWS."""
        return self.keys_of(USER)

    def keys_of(self, user: str) -> dict[str, str]:
        """Return the environment with the user's access key for the local AWS."""
        return {**self.environment, **user_environment(self.project.aws.state_dir, user)}

    def begin(self, *words: str, env: dict[str, str] | None = None, **options: Any) -> "subprocess.Popen[str]":
        """Start a command as this person."""
        defaults = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(
            words, cwd=self.project.folder, env={**self.environment, **(env or {})}, **{**defaults, **options}
        )

    def run(self, *words: str, env: dict[str, str] | None = None, **options: Any) -> FinishedCommand:
        """Run a command to its end."""
        process = self.begin(*words, env=env, **options)
        out, err = process.communicate(timeout=120)
        return FinishedCommand(process.returncode, out or "", err or "")

    def temp_access(self, *words: str, env: dict[str, str] | None = None, **options: Any) -> FinishedCommand:
        """Run `temp-access WORDS` with the local AWS."""
        command, *rest = words
        if "--" in rest:
            at = rest.index("--")
            return self.run("temp-access", command, *rest[:at], *self.local, *rest[at:], env=env, **options)
        return self.run("temp-access", command, *rest, *self.local, env=env, **options)

    def borrow(self, *words: str) -> dict[str, Any]:
        """Return the process document of `temp-access credentials WORDS`."""
        ended = self.temp_access("credentials", *words, "--format", "process")
        assert ended.code == 0, ended.output
        document: dict[str, Any] = json.loads(ended.out)
        return document

    def python(self, code: str, env: dict[str, str] | None = None) -> FinishedCommand:
        """Run Python code, as temp-user unless `env` says otherwise."""
        return self.run(sys.executable, "-c", code, env=self.keys if env is None else env)

    def calls(self) -> "Counter[str]":
        """Return how often each action succeeded so far."""
        lines = map(json.loads, self.project.aws.access_log.read_text().splitlines())
        return Counter(line["action"] for line in lines if line["status"] == 200)


class Calls:
    """Counts the successful calls from now on."""

    def __init__(self, person: Person) -> None:
        self._person, self._before = person, person.calls()

    def __getitem__(self, action: str) -> int:
        """Return how often the action succeeded since."""
        return self._person.calls()[action] - self._before[action]


__all__ = ["ROOT", "Calls", "Person"]
