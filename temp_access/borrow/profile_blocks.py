"""The blocks that temp-access manages in an AWS configuration file: finding, writing and removing them as text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARK = "# managed by temp-access"
# How the block came into the file, so that removing it restores the file exactly.
_AFTER_LINE, _AFTER_NO_NEWLINE, _NEW_FILE = "", " after a line without an end", " in a new file"
_ORIGINS = "|".join(map(re.escape, (_AFTER_NO_NEWLINE, _NEW_FILE, _AFTER_LINE)))
# A carriage return alone ends a line too, as for the configparser of botocore and the AWS CLI.
_LINE = re.compile(r"(?P<text>[^\r\n]*)(?P<end>\r\n|\r|\n|\Z)")
_MARK_LINE = re.compile(rf"{_MARK}: (?P<kind>begin|end) (?P<name>\S+?)(?P<origin>{_ORIGINS})[ \t]*")
# A header as that configparser reads it: indented, with any characters after it.
_HEADER = re.compile(r"^[ \t]*\[(.+)\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ProfileBlock:
    """A block in a file's content: its profile's name, its place, its line ends, and how it came into the file."""

    name: str
    start: int
    end: int
    newline: str
    origin: str


def put_block(content: str | None, name: str, lines: str) -> str:
    """Return the file's content (None: no file) with the block of `name`, in place of an older one or at the end.

    The block has the line ends of the file.
    """
    if content is not None and (block := find_block(content, name)):
        before, after = content[: block.start], content[block.end :]
        return f"{before}{_block(name, block.origin, lines, block.newline)}{after}"
    newline = newline_of(content or "")
    if content is None:
        origin = _NEW_FILE
    else:
        origin = _AFTER_NO_NEWLINE if content and not content.endswith("\n") else _AFTER_LINE
    separator = newline if origin == _AFTER_NO_NEWLINE else ""
    return f"{content or ''}{separator}{_block(name, origin, lines, newline)}"


def remove_block(content: str, name: str) -> str | None:
    """Return the file's content without the block of `name`; None if the file was created for the block.

    Raises KeyError if there is no such block.
    """
    block = find_block(content, name)
    if block is None:
        raise KeyError(name)
    before, after = content[: block.start], content[block.end :]
    # The line end before the block belongs to it, unless another line follows now.
    if block.origin == _AFTER_NO_NEWLINE and not after:
        before = before.removesuffix(block.newline)
    remaining = before + after
    return None if block.origin == _NEW_FILE and not remaining else remaining


def find_block(content: str, name: str) -> ProfileBlock | None:
    """Return the block of `name`; None if there is none, or if its comment lines were changed."""
    return next((block for block in _blocks(content) if block.name == name), None)


def managed_profiles(content: str) -> list[str]:
    """Return the names of the profiles that have a block."""
    return [block.name for block in _blocks(content)]


def has_mark(content: str, name: str) -> bool:
    """Whether one of the comment lines of the block of `name` is there."""
    return any(mark["name"] == name for _, mark in _marks(content))


def profile_names(content: str) -> list[str]:
    """Return the names of all profiles in the file's content, with or without a block."""
    names = []
    for header in _HEADER.findall(content.replace("\r", "\n")):
        parts = header.strip().split(None, 1)
        name = parts[1] if len(parts) == 2 and parts[0] == "profile" else header.strip()
        names.append(name.strip().strip("\"'"))
    return names


def newline_of(content: str) -> str:
    """Return the line end of the content's last complete line, a newline if there is none."""
    ends = re.findall(r"\r?\n", content)
    return str(ends[-1]) if ends else "\n"


def _block(name: str, origin: str, lines: str, newline: str) -> str:
    block = f"{_MARK}: begin {name}{origin}\n{lines}{_MARK}: end {name}\n"
    return block.replace("\n", newline)


def _blocks(content: str) -> Iterator[ProfileBlock]:
    """Yield each block: a begin line whose next comment line of temp-access is its end line."""
    opened: tuple[re.Match[str], re.Match[str]] | None = None
    for line, mark in _marks(content):
        if mark["kind"] == "begin":
            opened = line, mark
            continue
        if opened and opened[1]["name"] == mark["name"]:
            begin, first = opened
            newline = "\r\n" if begin["end"] == "\r\n" else "\n"
            yield ProfileBlock(mark["name"], begin.start(), line.end(), newline, first["origin"])
        opened = None


def _marks(content: str) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """Yield each comment line of temp-access: the line, and its parts."""
    for line in _LINE.finditer(content):
        if mark := _MARK_LINE.fullmatch(line["text"]):
            yield line, mark
