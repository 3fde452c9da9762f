"""The folders of different grants are apart: listed ones, and all that `[any_id]` admits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from temp_access.config.folders import any_id_conflicts
from temp_access.config.model import Grant, IdPatternGrant
from temp_access.iam.symbolic.queries import Deadline
from temp_access.iam.symbolic.solver import RegularLanguage, SatResult, Solver
from temp_access.proofs.sessions import alphabet, id_language


@dataclass(frozen=True)
class Overlap:
    """Two grants whose folders meet, in words; or why that isn't known."""

    words: str = ""
    folder: str = ""
    other: str = ""
    why: str = ""


def nested_pairs(grants: Mapping[str, Grant]) -> Iterator[tuple[Grant, Grant]]:
    """Yield each (outer, inner) pair of listed grants; for equal folders, in the order of the file."""
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
    """Whether the file says `shared` of the grant that lies inside (of both, where the folders are equal)."""
    return inner.shared and (outer.shared or outer.folder != inner.folder)


def find_overlap(grants: Mapping[str, Grant], any_id: IdPatternGrant | None, deadline: Deadline) -> Overlap | None:
    """Return two grants whose folders meet though neither is shared, None if it is proved that there are none."""
    for outer, inner in nested_pairs(grants):
        if not is_shared(outer, inner):
            return Overlap(
                f"{inner.folder}/ of {inner.id} is in {outer.folder}/ of {outer.id}", inner.folder, outer.folder
            )
    if any_id is None:
        return None
    # A listed folder can meet that of at most one unlisted id, so this is exact, and linear in the grants.
    for grant, id_ in any_id_conflicts(any_id, grants):
        name = any_id.folder if id_ is None else any_id.grant(id_).folder
        return Overlap(f"{name}/ of an unlisted id meets {grant.folder}/ of {grant.id}", name, grant.folder)
    return _two_unlisted(any_id, deadline)


def _two_unlisted(any_id: IdPatternGrant, deadline: Deadline) -> Overlap | None:
    logic = Solver()
    # More ids than the pattern admits: what holds for them holds for those, and is decided at once.
    found = _meeting_of(logic, logic.repeated(alphabet(logic, any_id.pattern.tree), 1), any_id, deadline)
    return found and _meeting_of(logic, id_language(logic, any_id.pattern.tree), any_id, deadline)


def _meeting_of(logic: Solver, ids: RegularLanguage, any_id: IdPatternGrant, deadline: Deadline) -> Overlap | None:
    before, after = map(logic.text, any_id.folder.split("{id}"))
    one, other = logic.variable("id"), logic.variable("other id")
    outer, inner = (logic.concat([before, id_, after, logic.text("/")]) for id_ in (one, other))
    rules = [logic.in_language(one, ids), logic.in_language(other, ids), logic.not_(logic.equal(one, other))]
    answer = logic.solve([*rules, logic.prefix_of(inner, outer)], deadline.left())
    if answer.result is SatResult.UNSAT:
        return None
    if answer.result is SatResult.UNKNOWN:
        return Overlap(why=answer.why)
    folders = [any_id.grant(answer.text(id_)).folder for id_ in (other, one)]
    return Overlap(f"{folders[0]}/ of an unlisted id is in {folders[1]}/ of another", *folders)
