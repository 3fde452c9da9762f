"""Synthesize stacks in this process, without the slow template validation, which `cdk synth` tests."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
from aws_cdk.assertions import Template

from access_constructs import AccessChecks
from stacks.definition import define_stacks
from temp_access.config.model import Config

STORAGE, ACCESS = "TempAccessStorage", "TempAccess"
Resource = dict[str, Any]


def new_app(outdir: Path | None = None) -> cdk.App:
    """Return a new app."""
    return cdk.App(
        builtin_cloud_formation_validation=False, analytics_reporting=False, outdir=str(outdir) if outdir else None
    )


def new_stack() -> cdk.Stack:
    """Return an empty stack in a new app."""
    return cdk.Stack(new_app(), "Stack")


def synthesize(config: Config, *, nag: bool = False, outdir: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the templates of all stacks by name; with `nag`, a finding raises RuntimeError."""
    app = new_app(outdir)
    define_stacks(app, config)
    if nag:
        cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app), AccessChecks())
    assembly = app.synth()
    return {stack.stack_name: stack.template for stack in assembly.stacks}


def template_of(stack: cdk.Stack) -> dict[str, Any]:
    """Return the stack's template."""
    return dict(Template.from_stack(stack).to_json())


def only(template: dict[str, Any], type_: str) -> Resource:
    """Return the properties of the one resource of this type."""
    (properties,) = all_of(template, type_)
    return properties


def all_of(template: dict[str, Any], type_: str) -> list[Resource]:
    """Return the properties of all resources of this type."""
    return [resource["Properties"] for resource in template["Resources"].values() if resource["Type"] == type_]


def to_json(template: dict[str, Any]) -> str:
    """Return the template as a JSON string."""
    return json.dumps(template)
