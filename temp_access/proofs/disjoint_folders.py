"""Whether the folders of two grants overlap: of listed grants, and of all ids that `[any_id]` admits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from temp_access.config.folders import any_id_conflicts
from temp_access.config.model import Grant, IdPatternGrant
from temp_access.iam.symbolic.queries import Deadline
from temp_access.iam.symbolic.solver import RegularLanguage, SatResult, Solver
from temp_access.proofs.sessions import alphabet, id_language


@dataclass(frozen=True)
class Overlap:
    """Two grants whose folders overlap, with a description; or the reason why it is unknown."""

    description: str = ""
    folder: str = ""
    other: str = ""
    reason: str = ""


def nested_pairs(grants: Mapping[str, Grant]) -> Iterator[tuple[Grant, Grant]]:
    """Yield each (outer, inner) pair of listed grants with nested folders; equal folders in the order of the file."""
    by_folder: dict[str, list[Grant]] = {}
    for grant in grants.values():
        by_folder.setdefault(grant.folder, []).append(grant)
    for grant in grants.values():
        parts = grant.folder.split("/")
        for count in range(1, len(parts)):
            yield from ((outer, grant) for outer in by_folder.get("/".join(parts[:count]), ()))
    for same in by_folder.values():
        yield from ((one, other) for index, one in enumerate(same) for other in same[index + 1 :])


def is_shared(outer: Grant, inner: Grant) -> bool:
    """Whether access.toml declares the inner grant as `shared` (both grants, if their folders are equal)."""
    return inner.shared and (outer.shared or outer.folder != inner.folder)


def find_overlap(grants: Mapping[str, Grant], any_id: IdPatternGrant | None, deadline: Deadline) -> Overlap | None:
    """Return two grants whose folders overlap and aren't shared, None if it is proved that there are none."""
    for outer, inner in nested_pairs(grants):
        if not is_shared(outer, inner):
            return Overlap(
                f"{inner.folder}/ of {inner.id} is in {outer.folder}/ of {outer.id}", inner.folder, outer.folder
            )
    if any_id is None:
        return None
    # A listed folder can overlap with the folder of at most one unlisted id, so this is exact, and linear.
    for grant, id_ in any_id_conflicts(any_id, grants):
        name = any_id.folder if id_ is None else any_id.grant(id_).folder
        return Overlap(f"{name}/ of an unlisted id overlaps with {grant.folder}/ of {grant.id}", name, grant.folder)
    return _overlap_of_unlisted(any_id, deadline)


def _overlap_of_unlisted(any_id: IdPatternGrant, deadline: Deadline) -> Overlap | None:
    solver = Solver()
    # These are more ids than the pattern admits: a proof for them includes those, and takes no time.
    overlap = _overlap_of(solver, solver.repeated(alphabet(solver, any_id.pattern.tree), 1), any_id, deadline)
    return overlap and _overlap_of(solver, id_language(solver, any_id.pattern.tree), any_id, deadline)


def _overlap_of(solver: Solver, ids: RegularLanguage, any_id: IdPatternGrant, deadline: Deadline) -> Overlap | None:
    before, after = map(solver.constant, any_id.folder.split("{id}"))
    one, other = solver.string("id"), solver.string("other id")
    outer, inner = (solver.concat([before, id_, after, solver.constant("/")]) for id_ in (one, other))
    rules = [solver.in_language(one, ids), solver.in_language(other, ids), solver.not_(solver.equal(one, other))]
    model = solver.solve([*rules, solver.prefix_of(inner, outer)], deadline.remaining())
    if model.result is SatResult.UNSAT:
        return None
    if model.result is SatResult.UNKNOWN:
        return Overlap(reason=model.reason)
    folders = [any_id.grant(model.string_value(id_)).folder for id_ in (other, one)]
    return Overlap(f"{folders[0]}/ of an unlisted id is in {folders[1]}/ of another", *folders)
