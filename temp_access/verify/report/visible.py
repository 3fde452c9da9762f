"""Text from outside, made safe to show: nothing in it is obeyed by a terminal or reorders what is read."""


def escape_control(text: str, encoding: str = "utf-8") -> str:
    r"""Return `text` with what isn't printable, or isn't in `encoding`, shown as `\x1b`, `\n` or `\u202e`.

    This covers control characters, escape sequences, line ends, zero-width and bidirectional
    characters, lone surrogates and code points that no Unicode version has assigned.
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return shown.encode(encoding, "backslashreplace").decode(encoding)
