"""The rule of a folder, written down without the project's policies: which calls must work, be missing or be denied."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

# Characters that URLs, patterns, policy variables and XML treat specially; some folders' names begin with another's.
FOLDERS = (
    "bob",
    "bobby",
    "bob/deep",
    "team/a b",
    "a+b",
    "100%",
    "%2F",
    "ä/ø",
    "x*",
    "x?y",
    "${aws:username}",
    "a&b=<c>",
    "a#b;c",
    "...",
)
MODES = {
    "list": {"list"},
    "read": {"list", "get", "head", "presigned-get"},
    "write": {"put", "multipart"},
    "read-write": {
        *("list", "get", "head", "presigned-get", "put", "multipart"),
        *("copy-from", "copy-to", "delete", "batch-delete"),
    },
    "full": {
        *("list", "get", "head", "presigned-get", "put", "multipart"),
        *("copy-from", "copy-to", "delete", "batch-delete", "get-tagging"),
    },
}
OPERATIONS = tuple(sorted(MODES["full"]))
# These read an object, so that they say whether it is missing.
READS = {"get", "head", "presigned-get", "copy-from", "get-tagging"}
_NAMES = ("x", "", "/x", "/", "./x", "../x", "d/", "d//x", "a b+c", "100%", "%2F", "é?#&", "\u4e16\u754c", "*", "a\\b")


@dataclass(frozen=True)
class Call:
    """One call by a session for `folder` with the access `mode`; `exists` is whether the key has an object."""

    folder: str
    mode: str
    operation: str
    key: str
    exists: bool


def keys(folder: str) -> list[str]:
    """Return keys inside the folder, and keys that only a wrong reading of the key puts inside it."""
    inside = [f"{folder}/{name}" for name in _NAMES]
    outside = [
        folder,
        f"/{folder}/x",
        f"//{folder}/x",
        f"./{folder}/x",
        f"x/../{folder}/x",
        f"{folder}x/x",
        f"{folder}%2Fx",
        f"{folder}\\x",
        f"{folder[:-1]}/x",
        f"{folder.upper()}-/x",
        f"{quote(folder + 'ä', safe='')}/x",
        f"{folder.replace('*', 'zz').replace('?', 'z')}-/x",
        folder.replace("*", "zz").replace("?", "z").replace("${aws:username}", "temp-user") + "/../x",
    ]
    return [*inside, *outside, *(f"{other}/x" for other in FOLDERS)]


def is_key(text: str) -> bool:
    """Whether S3 takes it for a key: it refuses one whose `..` climb above its first segment, whoever asks.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    depth = 0
    for segment in text.split("/"):
        depth += -1 if segment == ".." else segment not in ("", ".")
        if depth < 0:
            return False
    return True


def all_calls() -> Iterator[Call]:
    """Yield each call of every folder and mode: every operation on every key, and on a missing key beside it.

    test_local_strangers has the keys that S3 refuses; as the prefix of a listing, they are as good as others.
    """
    for folder, mode, operation in itertools.product(FOLDERS, MODES, OPERATIONS):
        for key in dict.fromkeys(keys(folder)):
            if operation != "list" and not is_key(key):
                continue
            yield Call(folder, mode, operation, key, exists=True)
            if operation in READS:
                yield Call(folder, mode, operation, f"{key}-missing", exists=False)


def expected(call: Call) -> str:
    """Return `allowed`, `missing` or `denied`.

    A call is allowed exactly if its key, or the prefix of a listing, begins with the folder and a slash, and the mode
    has the operation. Reading a missing key says so where the mode lists that key.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    operations = MODES[call.mode]
    if not call.key.startswith(call.folder + "/") or call.operation not in operations:
        return "denied"
    if call.operation in READS and not call.exists:
        return "missing" if "list" in operations else "denied"
    return "allowed"
