"""The Node.js that the CDK library runs on is set before the library starts it."""

import os
import subprocess
import sys

SHOW = "import app; from jsii._runtime import kernel; print(kernel.provider._process._process.args[0])"


def node_of_the_app(**variables: str) -> str:
    """Return the program that runs the CDK library once app.py is imported."""
    environ = {name: value for name, value in os.environ.items() if name not in ("JSII_NODE", "TEMP_ACCESS_NODE")}
    command = [sys.executable, "-c", SHOW]
    done = subprocess.run(command, env={**environ, **variables}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_app_starts_its_own_node() -> None:
    assert node_of_the_app().endswith("stacks/jsii_node.sh")


def test_another_node_can_be_chosen() -> None:
    assert node_of_the_app(JSII_NODE="node") == "node"
