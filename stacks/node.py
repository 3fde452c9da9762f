"""The Node.js that the CDK library runs on."""

import os
import sys
from pathlib import Path


def use_own_node() -> None:
    """Make the CDK library use the virtual environment's Node.js, unless JSII_NODE names another one."""
    node = Path(sys.prefix, "bin", "node")
    if node.exists():
        os.environ.setdefault("JSII_NODE", str(node))
