"""An interactive shell in a separate terminal, for tests of completion: it gets typed lines with Tab and Enter.

In this shell, `temp-access` is a function that records its arguments, so a test sees how the shell parses a completed
line. Run as a script, this module is the process that controls the terminal.
"""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
_SECONDS = 20
_RECORD = r"printf '%s\0' {} > arguments; echo EN''TERED"
# The first line that is typed. The markers are split by quotes, so the echo of the line doesn't contain them.
_START = {
    "bash": f"""source ./script; temp-access() {{ {_RECORD.format('"$@"')}; }}; PS1='PRO''MPT> '; echo EN''TERED""",
    "zsh": (
        "autoload -Uz compinit && compinit -u -D; unsetopt beep; setopt no_auto_list; source ./script; "
        f"""temp-access() {{ {_RECORD.format('"$@"')}; }}; PS1='PRO''MPT> '; echo EN''TERED"""
    ),
    "fish": (
        f"source ./script; function temp-access; {_RECORD.format('$argv')}; end; "
        "function fish_prompt; echo 'PRO''MPT> '; end; echo EN''TERED"
    ),
}


def complete_lines(shell: str, folder: Path, script: str, *lines: str) -> list[list[str]]:
    """Return the arguments that `temp-access` gets from each line after Tab and Enter.

    The shell runs in `folder`, with `script` as its completion script.
    """
    (folder / "script").write_text(script)
    environment = {**os.environ, "HOME": str(folder), "ZDOTDIR": str(folder), "XDG_CONFIG_HOME": str(folder)}
    ended = subprocess.run(
        [sys.executable, __file__, shell, *lines],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    arguments: list[list[str]] = json.loads(ended.stdout)
    return arguments


class _Terminal:
    def __init__(self, shell: str) -> None:
        pid, self._descriptor = pty.fork()
        if pid == 0:
            os.environ.update(PS1="> ", TERM="xterm", LC_ALL="C.UTF-8")
            os.execvp(shell, _SHELLS[shell])  # noqa: S606
        self.pid = pid

    def enter(self, keys: str) -> None:
        """Type `keys` and Enter, and wait for the next prompt."""
        os.write(self._descriptor, f"{keys}\r".encode())
        seen, end = b"", time.monotonic() + _SECONDS
        while not re.search(rb"ENTERED.*PROMPT", seen, re.DOTALL):
            if time.monotonic() > end:
                sys.exit(f"the line {keys!r} didn't end; the shell wrote {seen!r}")
            if select.select([self._descriptor], [], [], 0.1)[0]:
                seen += os.read(self._descriptor, 65536)


def _main(shell: str, lines: Sequence[str]) -> None:
    terminal = _Terminal(shell)
    terminal.enter(_START[shell])
    arguments = []
    for line in lines:
        terminal.enter(f"{line}\t")
        arguments.append(Path("arguments").read_text().split("\0")[:-1])
    os.kill(terminal.pid, 9)
    print(json.dumps(arguments))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2:])
