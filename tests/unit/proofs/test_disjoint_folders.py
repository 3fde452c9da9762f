"""Whether the folders of two grants overlap, decided independently of the check of access.toml."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from temp_access.config.folders import any_id_conflicts
from temp_access.config.id_pattern import compile_pattern
from temp_access.config.model import Grant, IdPatternGrant
from temp_access.iam.symbolic.queries import Deadline
from temp_access.iam.symbolic.solver import SatResult, Solver
from temp_access.proofs import Claim, ClaimStatus
from temp_access.proofs.run import folder_claims
from temp_access.proofs.sessions import id_language
from tests.unit.support.examples import examples
from tests.unit.support.proving import config_from

LISTED = {"bob": {"access": "read"}, "bobby": {"access": "write"}, "x": {"access": "read", "folder": "in/x"}}


def folders(grants: dict[str, Any], any_id: dict[str, Any] | None = None, seconds: float = 30) -> Claim:
    """Return the claim that no folders overlap."""
    data = {"grants": grants, **({"any_id": {"access": "read", **any_id}} if any_id else {})}
    return folder_claims(config_from(data)).decide(Deadline(seconds))


@pytest.mark.parametrize(
    "any_id",
    [
        None,
        {"pattern": "[a-z]{1,8}"},
        {"pattern": "[a-z*?$]{1,255}", "folder": "tenants/{id}"},
        {"pattern": "[a-z]{1,8}", "folder": "in/{id}-/y"},
        {"pattern": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"},
    ],
)
def test_disjoint_folders_are_proved(any_id: dict[str, Any] | None) -> None:
    """The folder of a listed id isn't the folder of an unlisted id."""
    grants = {name: grant for name, grant in LISTED.items() if any_id is None or name != "x" or "folder" in any_id}

    assert folders(grants, any_id).status is ClaimStatus.PROVED


@pytest.mark.parametrize(
    ("grants", "any_id", "description"),
    [
        ({**LISTED, "more": {"access": "read", "folder": "in/x/y"}}, None, "in/x/y/ of more is in in/x/ of x"),
        ({**LISTED, "more": {"access": "read", "folder": "bob"}}, None, "bob/ of more is in bob/ of bob"),
        (LISTED, {"pattern": "[a-z]{1,8}", "folder": "in/{id}y?"}, None),
        ({"x": {"access": "read", "folder": "inbox/y"}}, {"pattern": "inb[n-p]x"}, "inbox/ of an unlisted id overlaps"),
        (
            {"x": {"access": "read", "folder": "t/ab/c"}},
            {"pattern": "a|ab", "folder": "t/{id}"},
            "t/ab/ of an unlisted",
        ),
        (
            {"x": {"access": "read", "folder": "t"}},
            {"pattern": "a|ab", "folder": "t/{id}"},
            "/ of an unlisted id overlaps",
        ),
    ],
)
def test_overlapping_folders_are_refuted(
    grants: dict[str, Any], any_id: dict[str, Any] | None, description: str | None
) -> None:
    """One folder contains another, listed or not; the witness names both."""
    claim = folders(grants, any_id)

    if description is None:
        assert claim.status is ClaimStatus.PROVED
        return
    assert claim.status is ClaimStatus.REFUTED
    assert claim.witness
    assert description in claim.witness.description


def test_a_shared_folder_is_exempt_and_noted() -> None:
    """access.toml declares that it may be inside another folder."""
    shared = {"access": "read", "folder": "bob/post", "shared": True}

    claim = folders({**LISTED, "more": shared})

    assert (claim.status, claim.note) == (ClaimStatus.PROVED, "shared in access.toml: bob/post/ in bob/")


def test_thousands_of_listed_folders_are_decided_in_time() -> None:
    """The unlisted ids have their folders next to all of them."""
    many = {f"user-{number}": {"access": "read"} for number in range(2000)}

    claim = folders(many, {"pattern": "[a-z]{1,8}-[a-z]{1,8}"})

    assert claim.status is ClaimStatus.PROVED


ids = st.sampled_from(["a", "ab", "abc", "b", "ba"])
segments = st.sampled_from(["a", "ab", "abc", "b", "xa", "xab", "ax"])


@examples(150)
@given(
    pattern=st.sampled_from(["[ab]{1,3}", "a|ab", "b(a)?", "abc"]),
    template=st.sampled_from(["{id}", "x{id}", "{id}x", "a/{id}", "{id}/b", "a/x{id}/b"]),
    listed=st.dictionaries(ids, st.lists(segments, min_size=1, max_size=3).map("/".join), min_size=1, max_size=3),
)
def test_the_fast_check_of_listed_folders_agrees_with_the_solver(
    pattern: str, template: str, listed: dict[str, str]
) -> None:
    """Both ask of each listed folder whether the folder of an admitted, unlisted id overlaps with it."""
    any_id = IdPatternGrant(compile_pattern(pattern), "read", template)
    grants = {name: Grant(name, "read", folder) for name, folder in listed.items()}

    # If all admitted ids are listed, the check of access.toml still assumes an unlisted one, to be on the safe side.
    assume(any_id.pattern.examples(1, avoid=set(grants)))
    overlapping = {grant.id for grant, _ in any_id_conflicts(any_id, grants)}

    assert overlapping == {name for name in grants if overlaps(any_id, grants, name)}


def overlaps(any_id: IdPatternGrant, grants: dict[str, Grant], name: str) -> bool:
    """Return whether the solver finds an admitted, unlisted id whose folder overlaps with the listed one."""
    solver = Solver()
    id_ = solver.string("id")
    before, after = any_id.folder.split("{id}")
    unlisted_folder = solver.concat([solver.constant(before), id_, solver.constant(f"{after}/")])
    listed_folder = solver.constant(f"{grants[name].folder}/")
    admitted = [solver.in_language(id_, id_language(solver, any_id.pattern.tree))]
    admitted += [solver.not_(solver.equal(id_, solver.constant(listed))) for listed in grants]
    overlap = solver.or_(
        [solver.prefix_of(unlisted_folder, listed_folder), solver.prefix_of(listed_folder, unlisted_folder)]
    )
    return solver.solve([*admitted, overlap], 10).result is SatResult.SAT
