"""SourceLocation; construct path to source line."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A key of access.toml (`key`), else a resource of a template, with the line of its construct's id if known.

    `file` is relative to the folder of access.toml, `id_` the construct id that stands in `line`, and `before`
    says that it is there before the change only. Without any of them `words` says what there is to say.
    """

    file: str | None = None
    line: int | None = None
    key: str | None = None
    construct: str | None = None
    id_: str | None = None
    template: str | None = None
    logical_id: str | None = None
    words: str = ""
    before: bool = False

    def __str__(self) -> str:
        return self._where() + (", before the change" if self.before else "")

    def _where(self) -> str:
        if self.key is not None:
            return f"{self.file}, line {self.line} ({self.key})"
        if self.construct is not None:
            written = f' ("{self.id_}" in {self.file}, line {self.line})' if self.file else ""
            return f"construct {self.construct}{written}"
        return f"template {self.template}, {self.logical_id}" if self.template else self.words


_APP, _ROOMS = "app.py", ("stacks", "constructs")


@dataclass(frozen=True, slots=True)
class ConstructCall:
    """A call with a construct id: `scope.class_(self, "Id", …)`; `owner` is the class around it, "" for none."""

    id_: str
    made: str
    owner: str
    file: str
    line: int


def find_construct_call(root: Path, path: str) -> ConstructCall | None:
    """Return the lowest construct of `path` whose id stands in exactly one line of the sources in `root`.

    Each id is looked for in the class of the construct above it, the stack's in app.py; where there isn't exactly
    one, or the class isn't one of the sources', nothing below is known.
    """
    calls = _calls(root)
    found, owner = None, ""
    for id_ in path.split("/"):
        fitting = calls.get((owner, id_), ())
        if len(fitting) != 1:
            break
        found = fitting[0]
        owner = found.made
    return found


@lru_cache(maxsize=4)
def _calls(root: Path) -> Mapping[tuple[str, str], tuple[ConstructCall, ...]]:
    found: dict[tuple[str, str], tuple[ConstructCall, ...]] = {}
    files = [root / _APP, *(file for room in _ROOMS for file in sorted((root / room).rglob("*.py")))]
    classes: list[str] = []
    for file in files:
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, SyntaxError, RecursionError):
            continue
        classes += [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        for each in _in_file(tree, file.relative_to(root).as_posix()):
            found[each.owner, each.id_] = (*found.get((each.owner, each.id_), ()), each)
    # Of two classes with one name it isn't known which is meant.
    return {key: each for key, each in found.items() if classes.count(key[0]) <= 1}


def _in_file(tree: ast.Module, file: str) -> Iterator[ConstructCall]:
    nodes: list[tuple[ast.AST, str]] = [(tree, "")]
    while nodes:
        node, owner = nodes.pop()
        if isinstance(node, ast.ClassDef):
            owner = node.name
        if isinstance(node, ast.Call) and len(node.args) > 1:
            id_ = node.args[1]
            if isinstance(id_, ast.Constant) and isinstance(id_.value, str):
                yield ConstructCall(id_.value, _name(node.func), owner, file, id_.lineno)
        nodes += [(child, owner) for child in ast.iter_child_nodes(node)]


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else "?"
