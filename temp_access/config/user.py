"""Reading `[user]` and `[users.<name>]`: names, policies and permissions boundaries."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temp_access.config.model import AwsManagedPolicy, PolicyDocument, User
from temp_access.config.table import TableReader, did_you_mean, key_path
from temp_access.config.validation import iam_name_problem, policy_arn_problem
from temp_access.files import MAX_POLICY_SIZE, read_bounded_text, reject_duplicate_keys
from temp_access.iam.aws_managed import bundled_names, bundled_note

_KEYS = ("aws_managed", "customer_managed", "inline", "permissions_boundary")


def read_user(table: TableReader, folder: Path, warnings: list[str]) -> User:
    """Return the user of `[user]`; paths of policy files are relative to `folder`."""
    table.allow_only("name", *_KEYS)
    name = table.string("name") or "temp-user"
    if problem := iam_name_problem(name, 64):
        table.add_finding("name", problem)
    return _read(table, name, folder, warnings)


def read_users(table: TableReader, user: User, folder: Path, warnings: list[str]) -> dict[str, User]:
    """Return the users of `[users.<name>]`, one for each person; `user` is that of `[user]`."""
    users: dict[str, User] = {}
    for name in table:
        entry = table.table(name)
        entry.allow_only(*_KEYS)
        # IAM's names are unique regardless of case.
        twin = next((other for other in (user.name, *users) if other.lower() == name.lower()), None)
        if problem := iam_name_problem(name, 64):
            entry.add_finding(None, problem)
        elif twin is not None:
            known = "the user of [user]" if twin == user.name else key_path("users", twin)
            entry.add_finding(None, f"is also {known}, because IAM doesn't distinguish case; choose another name")
        users[name] = _read(entry, name, folder, warnings)
    return users


def _read(table: TableReader, name: str, folder: Path, warnings: list[str]) -> User:
    boundary = table.string("permissions_boundary")
    if boundary and (problem := policy_arn_problem(boundary)):
        table.add_finding("permissions_boundary", problem)
    return User(
        name=name,
        aws_managed=_aws_managed(table, warnings),
        customer_managed=_documents(table, "customer_managed", folder),
        inline=_documents(table, "inline", folder),
        permissions_boundary=boundary,
    )


def _aws_managed(table: TableReader, warnings: list[str]) -> tuple[AwsManagedPolicy, ...]:
    policies: list[AwsManagedPolicy] = []
    for entry in table.subtables("aws_managed"):
        entry.allow_only("name", "reason")
        name, reason = entry.string("name"), entry.string("reason")
        if not name:
            if "name" not in entry:
                entry.add_finding("name", "is missing; name an AWS managed policy, such as IAMReadOnlyAccess")
            continue
        if problem := iam_name_problem(name.rpartition("/")[2], 128):
            entry.add_finding("name", problem)
        if any(policy.name == name for policy in policies):
            entry.add_finding("name", f"{name!r} is listed twice; remove one")
        if "reason" not in entry or (reason and not reason.strip()):
            entry.add_finding("reason", f"{name!r} has no reason; tell the reviewer why this user needs it")
        if warning := _managed_policy_warning(name):
            warnings.append(f"{entry.path_of('name')}: {warning}")
        policies.append(AwsManagedPolicy(name, reason or ""))
    return tuple(policies)


def _documents(table: TableReader, key: str, folder: Path) -> tuple[PolicyDocument, ...]:
    policies: list[PolicyDocument] = []
    for entry in table.subtables(key):
        entry.allow_only("name", "file", "document", "reason")
        name = entry.string("name")
        if not name:
            if "name" not in entry:
                entry.add_finding("name", "is missing; write the policy's name")
            continue
        if problem := iam_name_problem(name, 128):
            entry.add_finding("name", problem)
        if any(policy.name == name for policy in policies):
            entry.add_finding("name", f"{name!r} is listed twice; remove one")
        document = _document(entry, folder)
        if document is not None:
            policies.append(PolicyDocument(name, document, entry.string("reason")))
    return tuple(policies)


def _document(entry: TableReader, folder: Path) -> Mapping[str, Any] | None:
    if ("file" in entry) == ("document" in entry):
        entry.add_finding(None, "needs either `file` or `document`; write one of them")
        return None
    if "document" in entry:
        value = entry.value("document")
        if isinstance(value, dict):
            return _policy(entry, "document", value)
        source = entry.string("document")
        return _parsed(entry, "document", source) if source else None
    file = entry.string("file")
    if not file:
        return None
    try:
        source = read_bounded_text(folder / file, MAX_POLICY_SIZE)
    except OSError as error:
        reason = error.strerror
    except UnicodeDecodeError:
        reason = "it isn't UTF-8"
    except ValueError:
        reason = "the path contains a NUL character"
    else:
        return _parsed(entry, "file", source)
    entry.add_finding("file", f"{file!r} can't be read: {reason}; paths are relative to the folder of access.toml")
    return None


def _parsed(entry: TableReader, key: str, source: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(source, object_pairs_hook=reject_duplicate_keys)
    except ValueError as error:
        entry.add_finding(key, f"isn't JSON ({error}); write a policy as JSON")
        return None
    return _policy(entry, key, value)


def _policy(entry: TableReader, key: str, value: object) -> Mapping[str, Any] | None:
    statements = value.get("Statement") if isinstance(value, dict) else None
    if isinstance(statements, dict):
        statements = [statements]  # cdk-nag reads only a list
    if isinstance(value, dict) and isinstance(statements, list) and all(map(_is_table, statements)):
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            # A date of TOML, or a number that is NaN or infinite.
            entry.add_finding(key, f"can't be converted to JSON ({error}); write the value as a string")
            return None
        return {**value, "Statement": statements}
    entry.add_finding(key, "isn't a policy; write a JSON object whose Statement is an object or a list of objects")
    return None


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _managed_policy_warning(name: str) -> str | None:
    known = bundled_names()
    if name in known:
        return None
    return (
        f"{name!r} isn't a known AWS managed policy{did_you_mean(name, known)}; "
        f"check the name and its path ({bundled_note().rstrip('.')})"
    )
