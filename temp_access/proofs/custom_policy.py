"""A session policy written by hand, with `$id` where the folder goes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy
from temp_access.iam.parser import parse_policy
from temp_access.iam.patterns import escape
from temp_access.iam.symbolic.patterns import NAME
from temp_access.policies.access_modes import AccessMode

PLACE = "$id"


@dataclass(frozen=True)
class CustomPolicy:
    """The policy in a file, and the bucket that it names; called with a folder, it gives that folder's policy."""

    name: str
    document: dict[str, Any]
    bucket: str | None

    def __call__(self, folder: str, access: AccessMode, *, bucket: str, partition: str) -> dict[str, Any]:
        """Return the policy with the folder, escaped, in place of `$id`."""
        filled: dict[str, Any] = _filled(self.document, escape(folder))
        return filled


def read_custom_policy(path: Path) -> CustomPolicy:
    """Return the policy in `path`; raises UserError if it isn't one, or `$id` isn't in it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: can't be read as JSON ({error}); write a session policy") from None
    try:
        parse_policy(_filled(document, "folder"), Layer.SESSION, str(path))
    except MalformedPolicy as error:
        raise UserError(f"{error}; STS would refuse it") from None
    texts = list(_texts(document))
    if not any(PLACE in text for text in texts):
        raise UserError(f"{path}: {PLACE} isn't in it; write {PLACE} where the folder goes")
    if any(NAME in text for text in texts):
        raise UserError(f"{path}: has {NAME} in it, which stands for the folder in the proofs; take it out")
    buckets = {text.split(":::", 1)[1].split("/", 1)[0] for text in texts if ":s3:::" in text}
    named = sorted(bucket for bucket in buckets if bucket and not set(bucket) & set("*?$"))
    if len(named) > 1:
        raise UserError(f"{path}: names the buckets {', '.join(named)}; a proof is about one")
    return CustomPolicy(path.name, document, named[0] if named else None)


def _filled(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return value.replace(PLACE, text)
    if isinstance(value, dict):
        return {key: _filled(item, text) for key, item in value.items()}
    return [_filled(item, text) for item in value] if isinstance(value, list) else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
