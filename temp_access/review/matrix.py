"""The matrix of grants and operations: what each grant's session can do, on both sides, asked of the evaluator."""

from collections.abc import Iterable
from dataclasses import dataclass

from temp_access.config.model import Grant
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.compare.requests import SampleRequest, decide, default_context
from temp_access.review.snapshot import BUCKET, Snapshot, folder_of, grant_pairs

MOST = 100
_LIST = "s3:ListBucket"
# Of every kind of action that a mode can hold, one that stands for it.
OPERATIONS = {
    "list": _LIST,
    "read": "s3:GetObject",
    "upload": "s3:PutObject",
    "delete": "s3:DeleteObject",
    "abort": "s3:AbortMultipartUpload",
    "tags": "s3:GetObjectTagging",
    "versions": "s3:DeleteObjectVersion",
}
COLUMNS = (*OPERATIONS, "outside")
MEANINGS = (
    "abort: abort an upload in parts; tags: read an object's tags; versions: delete old versions for good; "
    "outside: any of these outside its folder"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One grant; `cells` has what was and is allowed for each of COLUMNS."""

    id: str
    access: str
    folder: str
    duration: int
    cells: tuple[tuple[bool, bool], ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The grants of both sides, changed ones first; `left_out` aren't there."""

    rows: tuple[Row, ...]
    left_out: int = 0


def matrix(changed: Iterable[str], base: Snapshot, head: Snapshot, *, most: int = MOST) -> Matrix:
    """Return the matrix, with at most `most` grants; those called in `changed` are preferred."""
    wanted = set(changed)
    found = list(grant_pairs(base, head))
    kept = {id_ for id_, _, _ in sorted(found, key=lambda each: each[0] not in wanted)[:most]}
    rows = tuple(_row(*each, base, head) for each in found if each[0] in kept)
    return Matrix(rows, len(found) - len(rows))


def _row(id_: str, before: Grant | None, after: Grant | None, base: Snapshot, head: Snapshot) -> Row:
    there, side = (after, head) if after else (before, base)
    assert there is not None  # noqa: S101 - one of a pair is there; narrows the type
    held = [_allowed(id_, grant, each, there.folder) for grant, each in ((before, base), (after, head))]
    longest = min(there.duration or side.state.role.max_session_duration, side.state.role.max_session_duration)
    return Row(id_, there.access, folder_of(side, id_, there), longest, tuple(zip(*held, strict=True)))


def _allowed(id_: str, grant: Grant | None, side: Snapshot, folder: str) -> list[bool]:
    if grant is None:
        return [False] * len(COLUMNS)
    actor = ComparedPrincipal(id_, PolicyOwner.ROLE, grants=(grant, grant))
    layers = {True: actor.layers(side, on_bucket=True)}
    principal, context = actor.principal(side), default_context()

    def can(action: str, key: str) -> bool:
        ask = SampleRequest(
            action, BUCKET if action == _LIST else f"{BUCKET}/{key}", key if action == _LIST else None, context
        )
        return decide(ask, actor, side, principal, layers).allowed

    inside = [can(action, f"{folder}/example") for action in OPERATIONS.values()]
    others = ("example", f"{folder}x/example")
    return [*inside, any(can(action, key) for action in OPERATIONS.values() for key in others)]
