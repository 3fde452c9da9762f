"""The CDK app: access.toml (or `-c config=FILE`) to stacks, for the environment `-c env=NAME`."""

import sys
from pathlib import Path

from stacks.node import use_own_node

# The import of aws_cdk starts Node.js.
use_own_node()

import aws_cdk as cdk
import cdk_nag

from access_constructs import AccessChecks
from stacks.definition import define_stacks
from temp_access.access_file import load
from temp_access.errors import ConfigError


def main() -> None:
    """Define the stacks of access.toml, or exit with 2 and all findings."""
    app = cdk.App()
    context = app.node.try_get_context
    try:
        config = load(Path(context("config") or Path(__file__).with_name("access.toml")), context("env"))
    except ConfigError as error:
        sys.exit(_refuse(error))
    access = define_stacks(app, config)
    for warning in config.warnings:
        # The CDK CLI shows annotations of stacks, but not of the app.
        cdk.Annotations.of(access).add_warning_v2("temp-access:config", warning)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app), AccessChecks())
    try:
        app.synth()
    except RuntimeError as error:
        # The library has already printed the report of cdk-nag or of the template validation.
        if "ValidationFailed" not in str(error):
            raise
        sys.exit(1)


def _refuse(error: ConfigError) -> int:
    print(error, file=sys.stderr)
    return error.exit_code


if __name__ == "__main__":
    main()
