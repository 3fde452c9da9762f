"""Run the AWS CLI command that a message contains, with boto3."""

import json
import re
import shlex
from typing import Any

import boto3
from botocore import xform_name


def undo(message: str, session: boto3.Session) -> str:
    """Run the `aws …` command at the end of `message`, and return it."""
    (command,) = re.findall(r": (aws [a-z0-9]+ .*)$", message)
    _, service, operation, *arguments = shlex.split(command)
    client: Any = session.client(service.removesuffix("api"))  # type: ignore[call-overload]
    method = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    members = {f"--{xform_name(name, '-')}": (name, member) for name, member in shape.members.items()}
    parameters: dict[str, Any] = {}
    for option, value in zip(arguments[::2], arguments[1::2], strict=True):
        name, member = members[option]
        parameters[name] = _value(value, member.type_name)
    getattr(client, method)(**parameters)
    return str(command)


def _value(value: str, kind: str) -> Any:
    if kind == "integer":
        return int(value)
    if kind == "string":
        return value
    if value.startswith(("{", "[")):
        return json.loads(value)
    if kind == "list":
        return value.split(",")
    # The CLI's shorthand: Key=value,Key=value.
    booleans = {"true": True, "false": False}
    return {key: booleans.get(value, value) for key, _, value in (pair.partition("=") for pair in value.split(","))}
