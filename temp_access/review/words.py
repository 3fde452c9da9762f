"""Plain words for actions and places."""

from collections.abc import Iterable
from types import MappingProxyType

from temp_access.review.cover import Found
from temp_access.review.tokens import BUCKET, ROLE, SESSIONS, USER

_OBJECTS = MappingProxyType({"s3:getobject": "read", "s3:putobject": "upload", "s3:deleteobject": "delete"})
_OTHERS = MappingProxyType(
    {
        "s3:listbucket": "list objects",
        "s3:abortmultipartupload": "abort uploads",
        "s3:listmultipartuploadparts": "list the parts of uploads",
    }
)
_ORDER = (*_OBJECTS.values(),)
_SHORT = MappingProxyType({BUCKET: "the bucket", ROLE: "the role", USER: "the user"})


def place(pattern: str, prefix: str | None, *, whole: bool) -> str:
    """Return where something is, e.g. `in bob/`; `whole` if `pattern` has wildcards that count."""
    if prefix is not None:
        return f"in {_folder(prefix)}" if whole else f"under the prefix {prefix!r}"
    if pattern.startswith(f"{BUCKET}/"):
        key = pattern.removeprefix(f"{BUCKET}/")
        return f"in {_folder(key)}" if whole and "*" in key else f"at {key}"
    return "on everything" if pattern == "*" else f"on {_SHORT.get(pattern, plain(pattern))}"


def ability(found: Iterable[Found]) -> str:
    """Return what can be done with actions in one place, e.g. `read and delete objects in bob/`."""
    found = list(found)
    first = found[0]
    where = place(first.pattern, first.prefix, whole=first.whole)
    names = dict.fromkeys(each.action for each in found)
    verbs = sorted((_OBJECTS[name.lower()] for name in names if name.lower() in _OBJECTS), key=_ORDER.index)
    others = [name for name in names if name.lower() not in _OBJECTS and name.lower() not in _OTHERS]
    parts = [words for name, words in _OTHERS.items() if name in map(str.lower, names)]
    if verbs:
        parts.insert(0, f"{_joined(verbs)} objects")
    if others:
        parts.append(f"call {_joined(others)}")
    condition = f", {first.context.words}" if first.context.words else ""
    return f"{_joined(parts)} {where}{condition}"


def target(found: Found) -> str:
    """Return the name of the place, for a picture."""
    text = place(found.pattern, found.prefix, whole=found.whole)
    return text.removeprefix("in ").removeprefix("on ").removeprefix("at ").removeprefix("under ")


def plain(text: str) -> str:
    """Return a shared form as people write it."""
    for token, word in ((SESSIONS, "the role's session "), *_SHORT.items()):
        text = text.replace(token, word)
    return text.replace("\0partition\0", "arn:aws:").replace("\0account\0", ":ACCOUNT:")


def _folder(pattern: str) -> str:
    if pattern == "*":
        return "the whole bucket"
    literal = pattern.removesuffix("*")
    if "*" in literal.replace("${*}", "") or "?" in literal.replace("${?}", ""):
        return f"keys that match {pattern}"
    literal = literal.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
    return literal if literal.endswith("/") or pattern == literal else f"keys that begin with {literal}"


def _joined(parts: list[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
