"""Source locations: a key of access.toml, or a resource with the source line of its construct's id."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from temp_access.files import read_bounded_text

_APP, _SOURCE_FOLDERS = "app.py", ("stacks", "constructs")


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A key of access.toml, or a resource of a template, with the line of its construct's id where it is known.

    `file` is relative to the folder of access.toml, and `id_` is the construct id in `line`. `before` means that the
    location exists before the change only. A location that is none of these has a `description`.
    """

    file: str | None = None
    line: int | None = None
    key: str | None = None
    construct: str | None = None
    id_: str | None = None
    template: str | None = None
    logical_id: str | None = None
    description: str = ""
    before: bool = False

    def __str__(self) -> str:
        return self._position() + (", before the change" if self.before else "")

    def _position(self) -> str:
        if self.key is not None:
            return f"{self.file}, line {self.line} ({self.key})"
        if self.construct is not None:
            source = f' ("{self.id_}" in {self.file}, line {self.line})' if self.file else ""
            return f"construct {self.construct}{source}"
        return f"template {self.template}, {self.logical_id}" if self.template else self.description


@dataclass(frozen=True, slots=True)
class ConstructCall:
    """A call `class_name(self, "id", …)` in the source, and the class that contains it ("" for none)."""

    id_: str
    class_name: str
    owner_class: str
    file: str
    line: int


def find_construct_call(root: Path, path: str) -> ConstructCall | None:
    """Return the call that makes a construct, or the lowest one above it that can be found in the sources in `root`.

    Each id is looked up in the class of the construct above it, and a stack's in app.py. The search ends at an id that
    doesn't have exactly one call.
    """
    calls = _calls(root)
    construct, class_name = None, ""
    for id_ in path.split("/"):
        candidates = calls.get((class_name, id_), ())
        if len(candidates) != 1:
            break
        construct = candidates[0]
        class_name = construct.class_name
    return construct


@lru_cache(maxsize=4)
def _calls(root: Path) -> Mapping[tuple[str, str], list[ConstructCall]]:
    calls: dict[tuple[str, str], list[ConstructCall]] = defaultdict(list)
    files = [root / _APP, *(file for name in _SOURCE_FOLDERS for file in sorted((root / name).rglob("*.py")))]
    classes: list[str] = []
    for file in files:
        try:
            tree = ast.parse(read_bounded_text(file, encoding="utf-8"))
        except (OSError, ValueError, SyntaxError, RecursionError):
            continue
        classes += [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        for call in _calls_in(tree, file.relative_to(root).as_posix()):
            calls[call.owner_class, call.id_].append(call)
    # Where two classes have one name, a call doesn't tell which one is meant.
    return {key: calls_of_id for key, calls_of_id in calls.items() if classes.count(key[0]) <= 1}


def _calls_in(tree: ast.Module, file: str) -> Iterator[ConstructCall]:
    nodes: list[tuple[ast.AST, str]] = [(tree, "")]
    while nodes:
        node, owner_class = nodes.pop()
        if isinstance(node, ast.ClassDef):
            owner_class = node.name
        if isinstance(node, ast.Call) and len(node.args) > 1:
            id_ = node.args[1]
            if isinstance(id_, ast.Constant) and isinstance(id_.value, str):
                yield ConstructCall(id_.value, _callee(node.func), owner_class, file, id_.lineno)
        nodes += [(child, owner_class) for child in ast.iter_child_nodes(node)]


def _callee(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else "?"
