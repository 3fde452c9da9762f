"""The matrix of grants and operations: what the session of each grant can do in both snapshots."""

from collections.abc import Iterable
from dataclasses import dataclass

from temp_access.config.model import Grant
from temp_access.deployment.unread import unread
from temp_access.deployment.unread_effects import Unread, that_can_change
from temp_access.iam.decision import DecisionType
from temp_access.policies.access_modes import grant_access
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.compare.requests import SampleRequest, decide
from temp_access.review.holders import ROLE_HOLDER
from temp_access.review.names import BUCKET
from temp_access.review.snapshot import UNLISTED, Snapshot, folder_of, grant_pairs, session_holder, session_maximum

MAX_GRANTS = 100
_LIST = "s3:ListBucket"
# One action for each kind of action that an access mode can allow.
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
    "abort: abort a multipart upload; tags: read an object's tags; versions: permanently delete old versions; "
    "outside: any of these outside the grant's folder"
)


# A snapshot, and what isn't read in its templates.
_Side = tuple[Snapshot, tuple[Unread, ...]]


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One grant; `cells` has, for each of COLUMNS, whether base and head allow it, None if that isn't known.

    `access` is the mode with its extras, in words; `duration` is in seconds. `borrowers` are those of access.toml, each
    with "new", "removed", or "" if both snapshots have it.
    """

    id: str
    access: str
    folder: str
    duration: int
    cells: tuple[tuple[bool | None, bool | None], ...]
    borrowers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """The grants of both snapshots; `omitted` is the number of grants that it leaves out."""

    rows: tuple[GrantRow, ...]
    omitted: int = 0


def matrix(changed: Iterable[str], base: Snapshot, head: Snapshot, *, limit: int = MAX_GRANTS) -> Matrix:
    """Return the matrix, with at most `limit` grants; the ids in `changed` come before others."""
    preferred = set(changed)
    pairs = list(grant_pairs(base, head))
    shown = {id_ for id_, _, _ in sorted(pairs, key=lambda pair: pair[0] not in preferred)[:limit]}
    sides = [(each, unread(each.assembly, each.target, each.state)) for each in (base, head)]
    rows = tuple(_row(*pair, *sides) for pair in pairs if pair[0] in shown)
    return Matrix(rows, len(pairs) - len(rows))


def _row(id_: str, before: Grant | None, after: Grant | None, base: _Side, head: _Side) -> GrantRow:
    latest, (snapshot, _) = (after, head) if after else (before, base)
    assert latest is not None  # noqa: S101 - a pair has at least one grant; narrows the type
    allowed = [_allowed(id_, grant, *side, latest.folder) for grant, side in ((before, base), (after, head))]
    return GrantRow(
        id_,
        grant_access(latest).name,
        folder_of(snapshot, id_, latest),
        session_maximum(snapshot, latest),
        tuple(zip(*allowed, strict=True)),
        _borrowers(before, after),
    )


def _borrowers(before: Grant | None, after: Grant | None) -> tuple[tuple[str, str], ...]:
    old, new = ([each.text for each in grant.borrowers] if grant else [] for grant in (before, after))
    return (
        *((text, "" if text in old else "new") for text in new),
        *((text, "removed") for text in old if text not in new),
    )


def _allowed(
    id_: str, grant: Grant | None, snapshot: Snapshot, not_read: tuple[Unread, ...], folder: str
) -> list[bool | None]:
    if grant is None:
        return [False] * len(COLUMNS)
    holder = ROLE_HOLDER if id_ == UNLISTED else session_holder(snapshot, id_)
    principal = ComparedPrincipal(id_, (holder, holder), grants=(grant, grant))
    policy_sets = [
        principal.policy_set(snapshot, on_bucket=True, unknown_as=each) for each in snapshot.extremes_of(holder)
    ]
    arn = principal.caller_arn(snapshot)

    def can(action: str, key: str) -> bool | None:
        resource, prefix = (BUCKET, key) if action == _LIST else (f"{BUCKET}/{key}", None)
        sample = SampleRequest(action, resource, prefix)
        decisions = [decide(sample, principal, snapshot, arn, {True: policies}) for policies in policy_sets]
        is_open = any(
            each.kind is DecisionType.UNDECIDED or that_can_change(not_read, each, action, by_user=False)
            for each in decisions
        )
        allowed = {each.allowed for each in decisions}
        return None if is_open or len(allowed) > 1 else allowed.pop()

    inside = [can(action, f"{folder}/example") for action in OPERATIONS.values()]
    outside = ("example", f"{folder}x/example")
    beyond = [can(action, key) for action in OPERATIONS.values() for key in outside]
    return [*inside, True if True in beyond else None if None in beyond else False]
