"""Synthesize access.toml in the test's process, with the same output as `cdk synth` but faster."""

import json
from pathlib import Path

import aws_cdk as cdk

from stacks.definition import define_stacks
from temp_access.config.model import Config
from tests.unit.support.config_file import ROOT

# The CDK CLI adds these to the context of cdk.json.
_CLI_CONTEXT = {"aws:cdk:enable-path-metadata": True, "aws:cdk:version-reporting": False}


def synthesize_app(config: Config, folder: Path) -> None:
    """Write the cloud assembly of app.py for `config` into `folder`."""
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"] | _CLI_CONTEXT
    app = cdk.App(
        builtin_cloud_formation_validation=False, analytics_reporting=False, outdir=str(folder), context=context
    )
    define_stacks(app, config)
    app.synth()


def templates(folder: Path) -> dict[str, str]:
    """Return the templates in a cloud assembly, by file name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.template.json"))}
