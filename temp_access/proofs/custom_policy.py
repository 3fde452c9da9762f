"""A custom session policy for `prove --session-policy`, with `$id` in place of the folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
from temp_access.files import read_object
from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy
from temp_access.iam.parser import parse_policy
from temp_access.iam.policy_json import escape
from temp_access.iam.symbolic.patterns import FOLDER_MARK
from temp_access.policies.access_modes import AccessMode

FOLDER_VARIABLE = "$id"


@dataclass(frozen=True)
class CustomPolicy:
    """The policy in a file and the bucket that it names; a call returns the session policy of a folder."""

    name: str
    document: dict[str, Any]
    bucket: str | None

    def __call__(self, folder: str, access: AccessMode, *, bucket: str, partition: str) -> dict[str, Any]:
        """Return the policy with the folder, escaped, in place of `$id`."""
        filled: dict[str, Any] = _with_folder(self.document, escape(folder))
        return filled


def read_custom_policy(path: Path) -> CustomPolicy:
    """Return the policy in `path`; raises UserError if it is malformed or doesn't contain `$id`."""
    document = read_object(path, "write a session policy", written_by_hand=True)
    try:
        parse_policy(_with_folder(document, "folder"), Layer.SESSION, str(path))
    except MalformedPolicy as error:
        raise UserError(f"{error}; STS would refuse it") from None
    strings = list(_strings(document))
    if not any(FOLDER_VARIABLE in string for string in strings):
        raise UserError(f"{path}: doesn't contain {FOLDER_VARIABLE}; write {FOLDER_VARIABLE} in place of the folder")
    if any(FOLDER_MARK in string for string in strings):
        raise UserError(f"{path}: contains {FOLDER_MARK}, which the proofs use as a placeholder; remove it")
    buckets = {string.split(":::", 1)[1].split("/", 1)[0] for string in strings if ":s3:::" in string}
    named = sorted(bucket for bucket in buckets if bucket and not set(bucket) & set("*?$"))
    if len(named) > 1:
        raise UserError(f"{path}: names the buckets {', '.join(named)}; a proof needs one bucket")
    return CustomPolicy(path.name, document, named[0] if named else None)


def _with_folder(value: Any, folder: str) -> Any:
    if isinstance(value, str):
        return value.replace(FOLDER_VARIABLE, folder)
    if isinstance(value, dict):
        return {key.replace(FOLDER_VARIABLE, folder): _with_folder(item, folder) for key, item in value.items()}
    return [_with_folder(item, folder) for item in value] if isinstance(value, list) else value


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
