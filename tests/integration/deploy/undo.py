"""Doing what a message says: the AWS CLI command in it is run, by boto3."""

import json
import re
import shlex
from typing import Any

import boto3
from botocore import xform_name


def undo(message: str, session: boto3.Session) -> str:
    """Run the one `aws …` command that `message` ends with, and return it."""
    (command,) = re.findall(r": (aws [a-z0-9]+ .*)$", message)
    _, service, operation, *words = shlex.split(command)
    client: Any = session.client(service.removesuffix("api"))  # type: ignore[call-overload]
    method = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    members = {f"--{xform_name(name, '-')}": (name, member) for name, member in shape.members.items()}
    given: dict[str, Any] = {}
    for option, value in zip(words[::2], words[1::2], strict=True):
        name, member = members[option]
        given[name] = _value(value, member.type_name)
    getattr(client, method)(**given)
    return str(command)


def _value(text: str, kind: str) -> Any:
    if kind == "integer":
        return int(text)
    if kind == "string":
        return text
    if text.startswith(("{", "[")):
        return json.loads(text)
    if kind == "list":
        return text.split(",")
    # The CLI's shorthand: Key=value,Key=value.
    words = {"true": True, "false": False}
    return {key: words.get(value, value) for key, _, value in (pair.partition("=") for pair in text.split(","))}
