#!/bin/sh
# Node.js for the CDK library, as a process that lives for seconds: the library validates templates with a large
# WebAssembly module, and V8's threads would optimize code for a second or two that never runs again.
# stacks/node.py sets TEMP_ACCESS_NODE to a Node.js whose flags are known.
exec "$TEMP_ACCESS_NODE" --single-threaded --liftoff-only "$@"
