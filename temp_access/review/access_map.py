"""The access map: who may assume the role, which folders its sessions reach, and what of it changed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from temp_access.review.changes.trust import assume_callers, assume_decisions, key_combinations
from temp_access.review.model import Change, Direction, Review, total
from temp_access.review.snapshot import Snapshot, folder_of, grant_pairs

MOST = 12
MAY_ASSUME, _DIRECTLY = "may assume", "directly"
_WORDS = {Direction.BROADENED: "broadened", Direction.NARROWED: "narrowed", Direction.BOTH: "broadened and narrowed"}


class Column(IntEnum):
    """From the left: callers, the role, and what they reach."""

    CALLER = 0
    ROLE = 1
    PLACE = 2


@dataclass(frozen=True, slots=True)
class Node:
    """A caller, the role or a place; `notes` are changes of its own settings, in words."""

    name: str
    column: Column
    notes: tuple[str, ...] = ()
    direction: Direction = Direction.UNCHANGED


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one node to another; `mark` says what changed where it has a word of its own, new or removed."""

    source: str
    target: str
    label: str
    mark: str = ""
    direction: Direction = Direction.UNCHANGED

    @property
    def direct(self) -> bool:
        """Whether it leads past the role."""
        return self.label == _DIRECTLY

    @property
    def change(self) -> str:
        """What changed, in a word; "" for nothing."""
        return self.mark or ("" if self.direction is Direction.UNCHANGED else _WORDS[self.direction])

    @property
    def words(self) -> str:
        """The label, with what changed."""
        return f"{self.label} ({self.change})" if self.change else self.label


@dataclass(frozen=True, slots=True)
class AccessMap:
    """Nodes and edges; `left_out` grants aren't drawn."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int = 0


def access_map(review: Review, base: Snapshot, head: Snapshot, *, most: int = MOST) -> AccessMap:
    """Return the map of both sides, with at most `most` grants, those that changed first."""
    role = head.target.role_name
    folders = _folders(base, head)
    grants = list(_grants(review, base, head, role))
    # Sorting is stable: in each half they stay in the file's order.
    kept = {id(edge) for edge in sorted(grants, key=lambda edge: not edge.change)[:most]}
    edges = [
        *_assuming(review, base, head, role),
        *(edge for edge in grants if id(edge) in kept),
        *_others(review, folders, role),
    ]
    names = dict.fromkeys((edge.source, Column.CALLER) for edge in edges if edge.source != role)
    names[role, Column.ROLE] = None
    names |= dict.fromkeys((edge.target, Column.PLACE) for edge in edges if edge.target != role)
    drawn = {name for name, _ in names}
    settings = [change for change in review.changes if change.target is None and change.subject not in folders]
    names |= dict.fromkeys((change.subject, Column.PLACE) for change in settings if change.subject not in drawn)
    nodes = tuple(_node(name, column, settings) for name, column in names)
    return AccessMap(nodes, tuple(edges), len(grants) - len(kept))


def _assuming(review: Review, base: Snapshot, head: Snapshot, role: str) -> Iterator[Edge]:
    tried = key_combinations(base, head)
    for who in dict.fromkeys(assume_callers(base, head)):
        before, after = (any(a.allowed for a in assume_decisions(who, side, tried).values()) for side in (base, head))
        if before or after:
            direction = _direction(review, who.words, role)
            mark = "new" if not before else "removed" if not after else ""
            yield Edge(who.words, role, MAY_ASSUME, mark, direction)


def _grants(review: Review, base: Snapshot, head: Snapshot, role: str) -> Iterator[Edge]:
    changed = {change.subject for change in review.changes}
    for id_, before, after in grant_pairs(base, head):
        old = folder_of(base, id_, before) if before else None
        new = folder_of(head, id_, after) if after else None
        if after and new:
            direction = _direction(review, id_, new) if id_ in changed else Direction.UNCHANGED
            yield Edge(role, new, f"{id_}: {after.access}", "" if old == new else "new", direction)
        if before and old and old != new:
            yield Edge(role, old, f"{id_}: {before.access}", "removed", Direction.NARROWED)


def _others(review: Review, folders: Mapping[str, set[str]], role: str) -> Iterator[Edge]:
    """Yield what changed beside the grants' own folders and who may assume the role."""
    found: dict[tuple[str, str, str], list[Direction]] = {}
    for change in review.changes:
        who, where = change.subject, change.target
        if where is None or where == role or where in folders.get(who, ()):
            continue
        # Only a session, or the role itself, reaches something through the role.
        inside = who in folders or who.startswith(("a session called ", f"{role} ("))
        key = (role, where, who.removeprefix(f"{role} ").strip("()")) if inside else (who, where, _DIRECTLY)
        found.setdefault(key, []).append(change.direction)
    for (source, where, label), directions in found.items():
        yield Edge(source, where, label, "", total(directions))


def _folders(base: Snapshot, head: Snapshot) -> dict[str, set[str]]:
    return {
        id_: {folder_of(side, id_, grant) for side, grant in ((base, before), (head, after)) if grant}
        for id_, before, after in grant_pairs(base, head)
    }


def _direction(review: Review, subject: str, target: str) -> Direction:
    fitting = (c.direction for c in review.changes if c.subject == subject and c.target in (target, None))
    return total(fitting)


def _node(name: str, column: Column, settings: Iterable[Change]) -> Node:
    own = [change for change in settings if change.subject == name]
    # Inside its box a node needn't be named again.
    notes = tuple(change.text.removeprefix(f"{name}: ").replace(f" of {name}", "", 1) for change in own)
    return Node(name, column, notes, total(change.direction for change in own))
