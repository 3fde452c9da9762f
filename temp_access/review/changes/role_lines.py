"""The lines of access.toml that a change of a role's or user's own policy comes from.

The policy of the one role allows what all grants without borrowers need.
"""

from collections.abc import Mapping
from typing import Any

from temp_access.cfn.source_location import SourceLocation
from temp_access.config.model import Grant
from temp_access.config.table import key_path
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.iam.diff import same_meaning, statements
from temp_access.policies.access_modes import role_ceiling
from temp_access.policies.role_policy import role_policy
from temp_access.review.compare.expected_policies import expected_documents
from temp_access.review.holders import Holder
from temp_access.review.locations import changed_locations, locate_key, table_location
from temp_access.review.snapshot import Snapshot, Snapshots, grant_pairs

# More lines than this aren't one grant's change.
_MAX_LINES = 3


def role_lines(snapshots: Snapshots, index: int, body: Mapping[str, Any]) -> tuple[SourceLocation, ...]:
    """Return the line of each grant whose mode or extras changed, if access.toml produces the role's statement `body`.

    `index` is the snapshot that has the statement. Without a grant, or with many, there are no lines.
    """
    base, head = snapshots
    if not _is_from_config(snapshots[index], body):
        return ()
    changed = [
        (id_, before, after) for id_, before, after in grant_pairs(base, head) if _access(before) != _access(after)
    ]
    if len(changed) > _MAX_LINES:
        return ()
    return tuple(line for each in changed for line in _lines(base, head, *each))


def _access(grant: Grant | None) -> tuple[str, tuple[str, ...]] | None:
    # A grant with borrowers adds nothing to the one role.
    return (grant.access, grant.extras) if grant and not grant.borrowers else None


def _lines(
    base: Snapshot, head: Snapshot, id_: str, before: Grant | None, after: Grant | None
) -> tuple[SourceLocation, ...]:
    if before and after:
        return changed_locations(base, head, after.id, (before, after), "access", "extras")
    grant = after or before
    return (table_location(head if after else base, grant.id if grant else id_),)


def _is_from_config(snapshot: Snapshot, body: Mapping[str, Any]) -> bool:
    ceiling = role_ceiling(snapshot.config)
    document = role_policy(
        snapshot.target.bucket_arn, bucket_actions=ceiling.bucket_actions, object_actions=ceiling.object_actions
    )
    [statement] = statements({"Statement": [body]})
    return any(same_meaning(expected, statement) for expected in statements(document))


def holder_lines(
    holder: Holder, snapshots: Snapshots, index: int, body: Mapping[str, Any]
) -> tuple[SourceLocation, ...]:
    """Return the lines of a grant or user that access.toml makes the statement `body` of, else none.

    `index` is the snapshot that has the statement.
    """
    base, head = snapshots
    here = snapshots[index]
    [statement] = statements({"Statement": [body]})
    documents = expected_documents(holder, here, here)
    if not any(same_meaning(expected, statement) for document in documents for expected in statements(document)):
        return ()
    if holder.owner is PolicyOwner.USER:
        return _lines_of_user(holder, base, head)
    before, after = (each.config.grants.get(str(holder.grant)) for each in snapshots)
    if before and after:
        return changed_locations(base, head, after.id, (before, after))
    return (table_location(here, str(holder.grant)),)


def _lines_of_user(holder: Holder, base: Snapshot, head: Snapshot) -> tuple[SourceLocation, ...]:
    """Return the lines of the grants that only one access.toml lets the user borrow."""
    before, after = (
        [each.id for each in snapshot.config.grants_by_user.get(str(holder.name), ())] for snapshot in (base, head)
    )
    changed = [(head, id_) for id_ in after if id_ not in before]
    changed += [(base, id_) for id_ in before if id_ not in after]
    if not changed or len(changed) > _MAX_LINES:
        return ()
    lines = (locate_key(snapshot, f"{key_path('grants', id_)}.borrowers") for snapshot, id_ in changed)
    return tuple(line for line in lines if line)
