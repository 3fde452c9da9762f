"""The text of ~/.aws/config: putting a marked block in, and taking exactly that out again."""

import re

_MARK = "# managed by temp-access"
# What had to be written before the block, so that taking it out leaves the file as it was.
_AFTER_LINE, _AFTER_NO_NEWLINE, _NEW_FILE = "", " after a line without an end", " in a new file"
# As the configparser of botocore and the aws CLI sees it: indented, and whatever follows, a \r included.
_HEADER = re.compile(r"^[ \t]*\[(.+)\]", re.MULTILINE)


def block(name: str, settings: dict[str, str]) -> str:
    """Return the lines of the profile `name`."""
    return "".join(f"{line}\n" for line in (f"[profile {name}]", *(f"{k} = {v}" for k, v in settings.items())))


def put(text: str | None, name: str, lines: str) -> str:
    """Return `text` (None: there is no file) with the block, in the place of an older one or at the end."""
    if text is not None and (found := _find(text, name)):
        how = found["how"]
        before, after = text[: found.start("begin")], text[found.end() :]
        return f"{before}{_marked(name, how, lines)}{after}"
    how = _NEW_FILE if text is None else _AFTER_NO_NEWLINE if text and not text.endswith("\n") else _AFTER_LINE
    newline = "\n" if how == _AFTER_NO_NEWLINE else ""
    return f"{text or ''}{newline}{_marked(name, how, lines)}"


def take_out(text: str, name: str) -> str | None:
    """Return `text` without the block and what was written for it; None if then the file is to go as well.

    Raises KeyError if there is no such block.
    """
    found = _find(text, name)
    if not found:
        raise KeyError(name)
    how, start, after = found["how"], found.start("begin"), text[found.end() :]
    # The newline before the block was written, too; but it ends a line if something else follows now.
    if how == _AFTER_NO_NEWLINE and not after and text[:start].endswith("\n"):
        start -= 1
    left = text[:start] + after
    return None if how == _NEW_FILE and not left else left


def managed(text: str) -> list[str]:
    """Return the names of the profiles that have such a block."""
    return re.findall(rf"^{_MARK}: begin (\S+)", text, re.MULTILINE)


def sections(text: str) -> list[str]:
    """Return the names of all profiles in `text`, those with a block of ours included."""
    found = []
    for header in _HEADER.findall(text):
        words = header.strip().split(None, 1)
        name = words[1] if len(words) == 2 and words[0] == "profile" else header.strip()
        found.append(name.strip().strip("\"'"))
    return found


def _marked(name: str, how: str, lines: str) -> str:
    return f"{_MARK}: begin {name}{how}\n{lines}{_MARK}: end {name}\n"


def _find(text: str, name: str) -> "re.Match[str] | None":
    mark = f"{_MARK}: begin {re.escape(name)}"
    hows = "|".join(map(re.escape, (_AFTER_NO_NEWLINE, _NEW_FILE, _AFTER_LINE)))
    end = rf"^{_MARK}: end {re.escape(name)}(?:\n|\Z)"
    return re.search(rf"(?P<begin>^{mark}(?P<how>{hows})\n)(?:.*\n)*?{end}", text, re.MULTILINE)
