"""Reading `[user]`: its name, its policies, its permissions boundary."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temp_access.config.managed_names import managed_policy_warning
from temp_access.config.model import AwsManagedPolicy, PolicyDocument, User
from temp_access.config.names import iam_name_problem, policy_arn_problem
from temp_access.config.table import Table


def read_user(table: Table, folder: Path, warnings: list[str]) -> User:
    """Return the user that `[user]` describes; policy files are relative to `folder`."""
    table.only("name", "aws_managed", "customer_managed", "inline", "permissions_boundary")
    name = table.text("name") or "temp-user"
    if problem := iam_name_problem(name, 64):
        table.finding("name", problem)
    boundary = table.text("permissions_boundary")
    if boundary and (problem := policy_arn_problem(boundary)):
        table.finding("permissions_boundary", problem)
    return User(
        name=name,
        aws_managed=_aws_managed(table, warnings),
        customer_managed=_documents(table, "customer_managed", folder),
        inline=_documents(table, "inline", folder),
        permissions_boundary=boundary,
    )


def _aws_managed(table: Table, warnings: list[str]) -> tuple[AwsManagedPolicy, ...]:
    found: list[AwsManagedPolicy] = []
    for entry in table.tables("aws_managed"):
        entry.only("name", "reason")
        name, reason = entry.text("name"), entry.text("reason")
        if not name:
            if "name" not in entry:
                entry.finding("name", "is missing; name the AWS managed policy, like IAMReadOnlyAccess")
            continue
        if problem := iam_name_problem(name.rpartition("/")[2], 128):
            entry.finding("name", problem)
        if any(policy.name == name for policy in found):
            entry.finding("name", f"{name!r} is there twice; take one out")
        if "reason" not in entry or (reason and not reason.strip()):
            entry.finding("reason", f"{name!r} has no reason; write why this user needs it, for the reviewer")
        if warning := managed_policy_warning(name):
            warnings.append(f"{entry.at('name')}: {warning}")
        found.append(AwsManagedPolicy(name, reason or ""))
    return tuple(found)


def _documents(table: Table, key: str, folder: Path) -> tuple[PolicyDocument, ...]:
    found: list[PolicyDocument] = []
    for entry in table.tables(key):
        entry.only("name", "file", "document", "reason")
        name = entry.text("name")
        if not name:
            if "name" not in entry:
                entry.finding("name", "is missing; name the policy")
            continue
        if problem := iam_name_problem(name, 128):
            entry.finding("name", problem)
        if any(policy.name == name for policy in found):
            entry.finding("name", f"{name!r} is there twice; take one out")
        document = _document(entry, folder)
        if document is not None:
            found.append(PolicyDocument(name, document, entry.text("reason")))
    return tuple(found)


def _document(entry: Table, folder: Path) -> Mapping[str, Any] | None:
    if ("file" in entry) == ("document" in entry):
        entry.finding(None, "needs either `file` or `document`; write one of them")
        return None
    if "document" in entry:
        value = entry.raw("document")
        if isinstance(value, dict):
            return _policy(entry, "document", value)
        text = entry.text("document")
        return _parsed(entry, "document", text) if text else None
    file = entry.text("file")
    if not file:
        return None
    try:
        text = (folder / file).read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror
    except UnicodeDecodeError:
        reason = "it isn't UTF-8"
    except ValueError:
        reason = "the path has a NUL character in it"
    else:
        return _parsed(entry, "file", text)
    entry.finding("file", f"{file!r} can't be read: {reason}; paths start at the folder of access.toml")
    return None


def _parsed(entry: Table, key: str, text: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError as error:
        entry.finding(key, f"isn't JSON: {error}")
        return None
    return _policy(entry, key, value)


def _policy(entry: Table, key: str, value: object) -> Mapping[str, Any] | None:
    statements = value.get("Statement") if isinstance(value, dict) else None
    if isinstance(statements, dict):
        statements = [statements]  # cdk-nag reads a list only
    if isinstance(value, dict) and isinstance(statements, list) and all(map(_is_table, statements)):
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            # A date of TOML, or a number that isn't one.
            entry.finding(key, f"can't be written as JSON: {error}; write it as a string")
            return None
        return {**value, "Statement": statements}
    entry.finding(key, "isn't a policy: write a JSON object with a Statement, an object or a list of them")
    return None


def _is_table(value: object) -> bool:
    return isinstance(value, dict)
