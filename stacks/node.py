"""Which Node.js the CDK library runs on."""

import os
import sys
from pathlib import Path


def use_own_node() -> None:
    """Let the CDK library use the virtual environment's Node.js, unless JSII_NODE names another."""
    node = Path(sys.prefix, "bin", "node")
    if node.exists():
        os.environ.setdefault("JSII_NODE", str(node))
