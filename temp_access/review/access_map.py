"""The access map: a graph of the callers, the role, and the folders and resources that they can access."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from temp_access.config.model import Grant
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.policies.access_modes import grant_access
from temp_access.review.compare.assuming import assume_callers, compare_assuming
from temp_access.review.compare.principals import NAMED_SESSION, NO_SESSION_POLICY
from temp_access.review.holders import ROLE_HOLDER, Holder
from temp_access.review.model import DIRECTION_NAMES, Change, Direction, Review, combine_directions
from temp_access.review.snapshot import Snapshot, folder_of, grant_pairs, grant_roles

MAX_GRANTS = 12
_CALLERS = ("user/", "the identity provider ")
_MAY_ASSUME, _DIRECT = "may assume", "direct access"


class Column(IntEnum):
    """A column of the map, from left to right."""

    CALLER = 0
    ROLE = 1
    RESOURCE = 2


@dataclass(frozen=True, slots=True)
class Node:
    """A caller, the role, a folder or another resource; `notes` describe the changes of its own settings."""

    name: str
    column: Column
    notes: tuple[str, ...] = ()
    direction: Direction = Direction.UNCHANGED


@dataclass(frozen=True, slots=True)
class Edge:
    """Access from one node to another; `status` is "new", "removed", or "" for access that both snapshots have."""

    source: str
    target: str
    label: str
    status: str = ""
    direction: Direction = Direction.UNCHANGED

    @property
    def is_direct(self) -> bool:
        """Whether the access bypasses the role."""
        return self.label == _DIRECT

    @property
    def change(self) -> str:
        """The change, in words; "" if nothing changed."""
        return self.status or ("" if self.direction is Direction.UNCHANGED else DIRECTION_NAMES[self.direction])

    @property
    def full_label(self) -> str:
        """The label, with the change."""
        return f"{self.label} ({self.change})" if self.change else self.label


@dataclass(frozen=True, slots=True)
class AccessMap:
    """Nodes and edges; `omitted` is the number of grants that it leaves out."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    omitted: int = 0


def access_map(review: Review, base: Snapshot, head: Snapshot, *, limit: int = MAX_GRANTS) -> AccessMap:
    """Return the map of both snapshots, with at most `limit` grants; grants that changed come first."""
    role = head.target.role_name
    folders = _folders(base, head)
    changed = {change.target for change in review.changes} | {change.subject for change in review.changes}
    grants = list(_grant_edges(review, base, head, role))

    def is_unchanged(edge: Edge) -> bool:
        return not edge.change and edge.source not in changed - {role}

    # Sorting is stable: changed and unchanged grants stay in the order of the file.
    shown = {id(edge) for edge in sorted(grants, key=is_unchanged)[:limit]}
    own = {edge.source for edge in grants if id(edge) in shown}
    further = {head.name_of(holder): holder for holder in grant_roles(base, head)}
    edges = [
        *_assume_edges(review, base, head, ROLE_HOLDER),
        *(edge for name in further if name in own for edge in _assume_edges(review, base, head, further[name])),
        *(edge for edge in grants if id(edge) in shown),
        *_other_edges(review, folders, role, further, _session_roles(base, head, role)),
    ]
    roles = {role, *further}
    names = dict.fromkeys((edge.source, Column.CALLER) for edge in edges if edge.source not in roles)
    names[role, Column.ROLE] = None
    ends = dict.fromkeys(name for edge in edges for name in (edge.source, edge.target) if name in roles)
    names |= dict.fromkeys((name, Column.ROLE) for name in ends)
    names |= dict.fromkeys((edge.target, Column.RESOURCE) for edge in edges if edge.target not in roles)
    connected = {name for name, _ in names}
    settings = [change for change in review.changes if change.target is None and change.subject not in folders]
    names |= dict.fromkeys(
        (change.subject, _column(change.subject, roles)) for change in settings if change.subject not in connected
    )
    nodes = tuple(_node(name, column, settings) for name, column in names)
    return AccessMap(nodes, tuple(edges), len(grants) - len(shown))


def _column(subject: str, roles: Container[str]) -> Column:
    """Return the column of something that only has settings."""
    if subject in roles:
        return Column.ROLE
    return Column.CALLER if subject.startswith(_CALLERS) else Column.RESOURCE


def _assume_edges(review: Review, base: Snapshot, head: Snapshot, holder: Holder) -> Iterator[Edge]:
    role = head.name_of(holder)
    for caller in dict.fromkeys(assume_callers(base, head, holder)):
        compared = compare_assuming(caller, base, head, holder)
        before, after = bool(compared.old), bool(compared.new)
        if before or after:
            direction = _direction(review, caller.description, role)
            status = "new" if not before else "removed" if not after else ""
            yield Edge(caller.description, role, _MAY_ASSUME, status, direction)


def _grant_edges(review: Review, base: Snapshot, head: Snapshot, role: str) -> Iterator[Edge]:
    changed = {change.subject for change in review.changes}
    for id_, before, after in grant_pairs(base, head):
        old = (_role_of(head, id_, before, role), folder_of(base, id_, before)) if before else None
        new = (_role_of(head, id_, after, role), folder_of(head, id_, after)) if after else None
        if after and new:
            direction = _direction(review, id_, new[1]) if id_ in changed else Direction.UNCHANGED
            if old and old[0] != new[0]:
                # Other principals borrow it now, whatever they can do.
                direction = Direction.BROADENED
            yield Edge(*new, f"{id_}: {grant_access(after).name}", "" if old == new else "new", direction)
        if before and old and old != new:
            yield Edge(*old, f"{id_}: {grant_access(before).name}", "removed", Direction.NARROWED)


def _session_roles(base: Snapshot, head: Snapshot, role: str) -> dict[str, str]:
    """Return the name of the role whose sessions each grant has."""
    return {id_: _role_of(head, id_, grant, role) for id_, old, new in grant_pairs(base, head) if (grant := new or old)}


def _role_of(head: Snapshot, id_: str, grant: Grant, role: str) -> str:
    """Return the name of the role whose sessions the grant has."""
    return head.name_of(Holder(PolicyOwner.ROLE, grant=id_)) if grant.borrowers else role


def _other_edges(
    review: Review,
    folders: Mapping[str, set[str]],
    role: str,
    further: Container[str],
    sources: Mapping[str, str],
) -> Iterator[Edge]:
    """Yield every other change: not in a grant's own folder, and not of the trust policy."""
    changed: dict[tuple[str, str, str], list[Direction]] = {}
    for change in review.changes:
        subject, target = change.subject, change.target
        if target is None or target == role or target in further or target in folders.get(subject, ()):
            continue
        if subject == f"{role} ({NO_SESSION_POLICY})":
            key = (role, target, NO_SESSION_POLICY)
        elif subject in further:
            key = (subject, target, NO_SESSION_POLICY)
        elif subject in folders or subject.startswith(NAMED_SESSION):
            key = (sources.get(subject, role), target, subject)
        else:
            key = (subject, target, _DIRECT)
        changed.setdefault(key, []).append(change.direction)
    for (source, target, label), directions in changed.items():
        yield Edge(source, target, label, "", combine_directions(directions))


def _folders(base: Snapshot, head: Snapshot) -> dict[str, set[str]]:
    return {
        id_: {folder_of(snapshot, id_, grant) for snapshot, grant in ((base, before), (head, after)) if grant}
        for id_, before, after in grant_pairs(base, head)
    }


def _direction(review: Review, subject: str, target: str) -> Direction:
    changes = (each for each in review.changes if each.subject == subject and each.target in (target, None))
    return combine_directions(change.direction for change in changes)


def _node(name: str, column: Column, settings: Iterable[Change]) -> Node:
    own = [change for change in settings if change.subject == name]
    # A node shows its name already.
    notes = tuple(change.description.removeprefix(f"{name}: ").replace(f" of {name}", "", 1) for change in own)
    return Node(name, column, notes, combine_directions(change.direction for change in own))
