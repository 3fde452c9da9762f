"""Text that is safe to print: secrets redacted, control characters escaped."""

import re
from functools import lru_cache

_KEY_ID = re.compile(r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{8,124}(?P<tail>[A-Z0-9]{4})")
_LABELLED = re.compile(
    r"(?P<label>(?:secret[_-]?access[_-]?key|(?:session|security|signin)[_-]?token|amz-signature)"
    r"[\"']?\s*[:=>]\s*[\"']?)[A-Za-z0-9/+=%_-]{8,}",
    re.IGNORECASE,
)
# A JSON web token: its header and its payload are JSON objects.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{5,}\.eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?")
# A secret access key has 40 of these characters, a session token hundreds. Names and digests of that
# length exist too, but hardly ever with upper case, lower case and digits in one unbroken run.
_LONG_RUN = re.compile(r"[A-Za-z0-9/+]{40,}={0,2}|[A-Za-z0-9/+_-]{100,}={0,2}")
_MIXTURE = (re.compile(r"[A-Z]"), re.compile(r"[a-z]"), re.compile(r"[0-9+]"))
# Control characters, and the two line ends of Unicode.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
MASK = "[masked]"


@lru_cache(maxsize=1024)
def redact(text: str) -> str:
    """Return `text` without secret keys and tokens, and with only the last four characters of key ids."""
    text = _LABELLED.sub(rf"\g<label>{MASK}", text)
    text = _TOKEN.sub(MASK, text)
    # Before the key ids, because a session token may contain something like one.
    text = _LONG_RUN.sub(_mask_mixture, text)
    return _KEY_ID.sub(r"****\g<tail>", text)


def _mask_mixture(run: re.Match[str]) -> str:
    return MASK if all(kind.search(run[0]) for kind in _MIXTURE) else run[0]


def escape_control(text: str, encoding: str = "utf-8") -> str:
    r"""Return `text` with unprintable characters, and those that `encoding` lacks, as `\x1b`, `\n` or `\u202e`.

    This covers control characters, escape sequences, line ends, zero-width and bidirectional
    characters, lone surrogates and code points that no Unicode version has assigned.
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return shown.encode(encoding, "backslashreplace").decode(encoding)
