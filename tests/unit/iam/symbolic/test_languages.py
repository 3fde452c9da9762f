"""The solver's languages of ids and folders contain what access.toml admits."""

from hypothesis import given
from hypothesis import strategies as st

from temp_access.config.id_pattern import compile_pattern
from temp_access.config.validation import folder_problem
from temp_access.iam.symbolic.solver import RegularLanguage, SatResult, Solver
from temp_access.proofs.sessions import alphabet, folder_language, id_language
from tests.unit.support.examples import examples

characters = st.characters(min_codepoint=0x20, max_codepoint=0x101)
folders = st.lists(st.text(characters, min_size=1, max_size=4), min_size=1, max_size=3).map("/".join)
patterns = st.sampled_from(["[a-c]{1,3}", r"a(b|\d)?-?", "(ab|a)(b)?", r"[*?\$]{2}", "x{3}(y{1,2}z){0,2}", "é|ü"])


def contains(solver: Solver, language: RegularLanguage, value: str) -> bool:
    """Return whether the solver finds the string in the language."""
    return solver.solve([solver.in_language(solver.constant(value), language)], 10).result is SatResult.SAT


@examples(300)
@given(folder=folders)
def test_every_folder_that_is_accepted_is_among_all_folders(folder: str) -> None:
    """A proof for all folders must cover every accepted folder; more folders do no harm."""
    solver = Solver()

    assert contains(solver, folder_language(solver), folder) or folder_problem(folder)


@examples(300)
@given(source=patterns, value=st.text(st.sampled_from("abcxyz0-*?$éü"), max_size=6))
def test_the_ids_of_a_pattern_are_those_that_it_matches(source: str, value: str) -> None:
    """The language contains exactly the matching ids, made of the pattern's characters."""
    solver, pattern = Solver(), compile_pattern(source)

    matched = pattern.matches(value)

    assert contains(solver, id_language(solver, pattern.tree), value) == matched
    assert not matched or contains(solver, solver.repeated(alphabet(solver, pattern.tree), 1), value)


def test_some_strings_are_no_folders() -> None:
    """An empty string, a slash at either end, an empty part and a blank at either end are refused."""
    solver = Solver()

    assert not [
        text
        for text in ("", "a/", "/a", "a//b", " a", "a ", "\u0100")
        if contains(solver, folder_language(solver), text)
    ]
