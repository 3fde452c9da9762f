"""Names that fulfil the patterns of the trust policy's conditions."""

import re

_SHORTEST, _LONGEST = 2, 64


def fill(pattern: str | None, *, user_name: str, filler: str) -> str:
    """Return a name of 2 to 64 characters that `pattern` admits if there is one, close to `filler`.

    `*` and `?` are the wildcards of StringLike, `${aws:username}` is the calling user.
    """
    filler = filler.ljust(_SHORTEST, "x")
    if pattern is None:
        return filler[:_LONGEST]
    text = pattern.replace("${aws:username}", user_name)
    if "*" not in text:
        return text.replace("?", "x")
    room = max(_LONGEST - len(text.replace("*", "")), 0)
    return text.replace("*", filler[:room], 1).replace("*", "").replace("?", "x")


def foreign(pattern: str, *, user_name: str) -> str | None:
    """Return a name that `pattern` doesn't admit, None if it admits all that are tried."""
    text = pattern.replace("${aws:username}", user_name)
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text)
    regex = re.compile("".join(parts), re.DOTALL)
    return next((name for name in ("not-admitted", "Q.", "=@,") if not regex.fullmatch(name)), None)
