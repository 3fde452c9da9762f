"""Plain words for actions and places."""

import re
from collections.abc import Iterable
from types import MappingProxyType

from temp_access.review.compare.actions import is_invented, is_pattern
from temp_access.review.compare.generalize import AccessDelta
from temp_access.review.snapshot import BUCKET, ROLE, SESSIONS, USER

_OBJECTS = MappingProxyType({"s3:getobject": "read", "s3:putobject": "upload", "s3:deleteobject": "delete"})
_OTHERS = MappingProxyType(
    {
        "s3:listbucket": "list objects",
        "s3:abortmultipartupload": "abort uploads",
        "s3:listmultipartuploadparts": "list the parts of uploads",
    }
)
_ORDER = (*_OBJECTS.values(),)
_MOST = 8
_SHORT = MappingProxyType({BUCKET: "the bucket", ROLE: "the role", USER: "the user"})


def describe_scope(pattern: str, prefix: str | None, *, whole: bool) -> str:
    """Return where something is, e.g. `in bob/`; `whole` if `pattern` has wildcards that count."""
    if prefix is not None:
        return _inside(prefix) if whole else f"under the prefix {prefix!r}"
    if pattern.startswith(f"{BUCKET}/"):
        key = pattern.removeprefix(f"{BUCKET}/")
        return _inside(key) if whole and "*" in key else f"at {key}" if whole else f"at {key}, for example"
    return "on everything" if pattern == "*" else f"on {_SHORT.get(pattern, humanize(pattern))}"


def describe_access(found: Iterable[AccessDelta], *, further: int = 0) -> str:
    """Return what can be done with actions in one place and `further` ones, e.g. `read and delete objects in bob/`."""
    found = list(found)
    first = found[0]
    where = describe_scope(first.pattern, first.prefix, whole=first.whole)
    names = dict.fromkeys(each.action for each in found)
    verbs = sorted((_OBJECTS[name.lower()] for name in names if name.lower() in _OBJECTS), key=_ORDER.index)
    others = [name for name in names if name.lower() not in _OBJECTS and name.lower() not in _OTHERS]
    parts = [words for name, words in _OTHERS.items() if name in map(str.lower, names)]
    if verbs:
        parts.insert(0, f"{_joined(verbs)} objects")
    if others:
        # An invented action stands for all that nobody here knows.
        known = sorted((name for name in others if not is_invented(name)), key=lambda name: not is_pattern(name))
        unknown = sorted({f"other actions of {name.partition(':')[0]}" for name in others if is_invented(name)})
        parts.append(f"call {_joined(_some(known + unknown))}")
    condition = f", {first.context.words}" if first.context.words else ""
    more = f" and {further} more, which its cause names" if further else ""
    but = f" except {describe_scope(*first.exception, whole=True)}" if first.exception else ""
    return f"{_joined(parts)} {where}{more}{but}{_only(first)}{condition}"


def describe_target(found: AccessDelta) -> str:
    """Return the name of the place, for a picture."""
    text = describe_scope(found.pattern, found.prefix, whole=found.whole)
    return re.sub(r"^(in|on|at|under|with) |, for example$", "", text)


def humanize(text: str) -> str:
    """Return a shared form as people write it."""
    for token, word in ((SESSIONS, "the role's session "), *_SHORT.items()):
        text = text.replace(token, word)
    return text.replace("\0partition\0", "arn:aws:").replace("\0account\0", ":ACCOUNT:")


def _some(names: list[str]) -> list[str]:
    # A policy of AWS's can name a thousand; the cause has them all.
    return names if len(names) <= _MOST else [*names[: _MOST - 1], f"{len(names) - _MOST + 1} more actions"]


def _only(found: AccessDelta) -> str:
    if not found.rest:
        return ""
    return f" ({'before' if found.gained else 'now'} only {describe_scope(*found.rest, whole=True)})"


def _inside(pattern: str) -> str:
    if pattern == "*":
        return "in the whole bucket"
    literal = pattern.removesuffix("*")
    if "*" in literal.replace("${*}", "") or "?" in literal.replace("${?}", ""):
        return f"with keys that match {pattern}"
    literal = literal.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
    return f"in {literal}" if literal.endswith("/") or pattern == literal else f"with keys that begin with {literal}"


def _joined(parts: list[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
