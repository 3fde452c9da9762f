"""`temp-access completion`: print the completion script for a shell."""

import argparse
import sys
from pathlib import Path

from temp_access.completion.scripts import SHELLS, script

EXAMPLES = """\
examples:
  source <(temp-access completion bash)      in ~/.bashrc
  source <(temp-access completion zsh)       in ~/.zshrc, after compinit

The script asks the temp-access that printed it; ids of grants come from the access.toml at hand, or --config's."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("shell", choices=SHELLS, help="bash or zsh")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    print(script(args.shell, str(Path(sys.argv[0]).absolute())), end="")
    return 0
