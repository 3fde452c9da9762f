"""Whether the folders of different grants meet: decided anew, not by what access.toml's own check says."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from temp_access.config.folders import any_id_conflicts
from temp_access.config.grants import admits
from temp_access.config.id_pattern import compile_pattern
from temp_access.config.model import Grant, IdPatternGrant
from temp_access.iam.symbolic.queries import Deadline
from temp_access.iam.symbolic.solver import SatResult, Solver
from temp_access.proofs import Claim, ClaimStatus
from temp_access.proofs.run import folder_claims
from temp_access.proofs.sessions import id_language
from tests.unit.support.examples import examples
from tests.unit.support.proving import configured

LISTED = {"bob": {"access": "read"}, "bobby": {"access": "write"}, "x": {"access": "read", "folder": "in/x"}}


def folders(grants: dict[str, Any], any_id: dict[str, Any] | None = None, seconds: float = 30) -> Claim:
    """Return the claim that no folders meet."""
    data = {"grants": grants, **({"any_id": {"access": "read", **any_id}} if any_id else {})}
    return folder_claims(configured(data)).decide(Deadline(seconds))


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
def test_folders_that_are_apart_are_proved(any_id: dict[str, Any] | None) -> None:
    """A listed id's own folder isn't that of an unlisted one."""
    listed = {name: grant for name, grant in LISTED.items() if any_id is None or name != "x" or "folder" in any_id}

    assert folders(listed, any_id).status is ClaimStatus.PROVED


@pytest.mark.parametrize(
    ("grants", "any_id", "said"),
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
def test_folders_that_meet_are_refuted(grants: dict[str, Any], any_id: dict[str, Any] | None, said: str | None) -> None:
    """One in another, either way round, listed or not, with the folders named."""
    claim = folders(grants, any_id)

    if said is None:
        assert claim.status is ClaimStatus.PROVED
        return
    assert claim.status is ClaimStatus.REFUTED
    assert claim.witness
    assert said in claim.witness.description


def test_a_shared_folder_is_exempt_and_said_so() -> None:
    """access.toml says that it may lie in another's."""
    shared = {"access": "read", "folder": "bob/post", "shared": True}

    claim = folders({**LISTED, "more": shared})

    assert (claim.status, claim.note) == (ClaimStatus.PROVED, "shared in access.toml: bob/post/ in bob/")


def test_thousands_of_listed_folders_are_decided_in_time() -> None:
    """With unlisted ids at the same place as all of them."""
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
def test_the_quick_way_to_listed_folders_agrees_with_the_solver(
    pattern: str, template: str, listed: dict[str, str]
) -> None:
    """For each listed folder: is there an admitted, unlisted id whose folder is the same, in it, or around it?"""
    any_id = IdPatternGrant(compile_pattern(pattern), "read", template)
    grants = {name: Grant(name, "read", folder) for name, folder in listed.items()}

    # Where all admitted ids are listed, access.toml's check still takes one for unlisted: that is on the safe side.
    assume(any_id.pattern.examples(1, avoid=set(grants)))
    quick = {grant.id for grant, _ in any_id_conflicts(any_id, grants.values(), lambda i: admits(any_id, grants, i))}

    assert quick == {name for name in grants if meets(any_id, grants, name)}


def meets(any_id: IdPatternGrant, grants: dict[str, Grant], name: str) -> bool:
    """Return whether the folder of an admitted, unlisted id meets the listed one, as the solver sees it."""
    solver = Solver()
    id_ = solver.string("id")
    before, after = any_id.folder.split("{id}")
    theirs = solver.concat([solver.constant(before), id_, solver.constant(f"{after}/")])
    ours = solver.constant(f"{grants[name].folder}/")
    admitted = [solver.in_language(id_, id_language(solver, any_id.pattern.tree))]
    admitted += [solver.not_(solver.equal(id_, solver.constant(listed))) for listed in grants]
    either = solver.or_([solver.prefix_of(theirs, ours), solver.prefix_of(ours, theirs)])
    return solver.solve([*admitted, either], 10).result is SatResult.SAT
