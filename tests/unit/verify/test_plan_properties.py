"""For every configuration, probes are harmless, and the names they send match the patterns."""

import re
from dataclasses import fields, replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from temp_access.access_file import load
from temp_access.borrow.session_names import fill_pattern, non_matching_name
from temp_access.config.model import Conditions, Grant
from temp_access.config.validation import folder_problem, id_problem, session_pattern_problem
from temp_access.policies.access_modes import ACCESS_MODES, EXTRAS
from temp_access.verify.operations import OPERATIONS, Level
from tests.unit.support.config_file import ROOT
from tests.unit.support.planning import MARK, OTHER_BUCKET, RUN, TARGET, plan_of, service_probes

CONFIG = load(ROOT / "access.toml")
CHARACTERS = st.sampled_from("ab*?$.-") | st.characters(min_codepoint=0x20, max_codepoint=0xFF)
IDS = st.text(CHARACTERS, min_size=1, max_size=12).filter(lambda id_: id_problem(id_) is None) | st.sampled_from(
    ["b" * 255, "\xff" * 255, "*" * 100]
)
FOLDERS = (
    st.lists(IDS, min_size=1, max_size=3).map("/".join).filter(lambda folder: folder_problem(folder) is None)
) | st.just("f" * 600)
GRANTS = st.lists(
    st.builds(
        Grant,
        IDS,
        st.sampled_from(sorted(ACCESS_MODES)),
        FOLDERS,
        shared=st.just(True),
        extras=st.sampled_from([(), ("versions",), ("tags",), tuple(EXTRAS)]),
    ),
    min_size=1,
    max_size=4,
    unique_by=(lambda grant: grant.id, lambda grant: grant.folder),
)
READS = {"get", "head", "presigned-get", "get-tagging", "list-v1", "list-v2"} | {
    name for name, operation in OPERATIONS.items() if operation.level is not Level.OBJECT
}


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(GRANTS)
def test_writes_and_deletes_only_keys_with_the_runs_name(grants: list[Grant]) -> None:
    """Even if a probe wrongly succeeds, no borrower's object is read, changed or deleted."""
    config = replace(CONFIG, grants={grant.id: grant for grant in grants})
    folders = {grant.folder for grant in grants}
    for probe, call in service_probes(plan_of(config)):
        if call.operation == "head-marker":
            # The metadata of the folder's own marker tells a session nothing that is new to it.
            assert call.key in {f"{folder}/" for folder in folders}
        elif OPERATIONS[call.operation].level is Level.OBJECT:
            assert MARK in call.key, probe.id
            assert call.source is None or call.source.endswith(f"{MARK}seed")
            assert len(call.key.encode()) <= 1024, probe.id
            assert call.bucket == TARGET.bucket
        if OPERATIONS[call.operation].level is not Level.OBJECT:
            assert call.operation in READS
            assert (call.key, call.source) == ("", None) or call.operation == "list-v2"
        if call.operation in ("list-v1", "list-v2", "list-versions"):
            # No key is asked for in a listing; its prefix is the run's own, a folder, or one that must be refused.
            assert call.prefix in {None, "", *folders, *(f"{folder}/" for folder in folders)} or MARK in str(
                call.prefix
            )
        assert call.bucket in (TARGET.bucket, "") or (call.bucket == OTHER_BUCKET and call.operation == "list-v2")


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(GRANTS)
def test_refused_keys_lie_outside_the_folder(grants: list[Grant]) -> None:
    """No probe expects a refusal inside the folder."""
    config = replace(CONFIG, grants={grant.id: grant for grant in grants})
    for probe, call in service_probes(plan_of(config)):
        if probe.caller.grant is None or OPERATIONS[call.operation].level is not Level.OBJECT:
            continue
        inside = f"{probe.caller.grant.folder}/"
        touched = [key for key in (call.key, call.source) if key is not None]
        assert all(key.startswith(inside) for key in touched) == ("/inside/" in probe.id)
        assert probe.id.partition("/")[0].startswith("grants.")
        assert RUN in call.key or call.operation == "head-marker"


NAME_CHARACTERS = "abZ09_+=,.@-"
# Around the 64 characters that a name may have, too.
FILLERS = st.text(NAME_CHARACTERS, min_size=2, max_size=20) | st.integers(55, 80).map(lambda length: "f" * length)
NAMES = st.text(NAME_CHARACTERS, min_size=1, max_size=64)
PATTERNS = st.lists(
    st.sampled_from(["*", "?", "${aws:username}", "-", "@example.com"])
    | st.text(NAME_CHARACTERS, min_size=1, max_size=30),
    min_size=1,
    max_size=6,
).map("".join)


def like(pattern: str, user_name: str) -> re.Pattern[str]:
    """Return what StringLike takes the pattern for."""
    text = pattern.replace("${aws:username}", user_name)
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in text), re.DOTALL)


@given(PATTERNS, NAMES, FILLERS)
def test_a_filled_name_matches_its_pattern_and_stss_form(pattern: str, user_name: str, filler: str) -> None:
    """If any name of 2 to 64 characters does."""
    assume(session_pattern_problem(pattern) is None)
    name = fill_pattern(pattern, user_name=user_name, filler=filler)
    assert like(pattern, user_name).fullmatch(name)
    text = pattern.replace("${aws:username}", user_name)
    shortest = len(text.replace("*", ""))
    exists = shortest <= 64 and ("*" in text or shortest >= 2)
    assert bool(re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII)) == exists


@given(FILLERS)
def test_without_a_pattern_the_filler_is_cut_to_64_characters(filler: str) -> None:
    """That is STS's maximum."""
    assert fill_pattern(None, user_name="x", filler=filler) == filler[:64]


@given(PATTERNS, NAMES)
def test_a_non_matching_name_is_valid_for_sts(pattern: str, user_name: str) -> None:
    """So the trust policy refuses it, not STS's check of the form."""
    name = non_matching_name(pattern, user_name=user_name)
    if name is None:
        assert like(pattern, user_name).fullmatch("not-admitted")
    else:
        assert not like(pattern, user_name).fullmatch(name)
        assert re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII)


def test_conditions_have_no_other_patterns() -> None:
    """A new condition with a pattern needs a matching name too."""
    patterns = {field.name for field in fields(Conditions)} - {"mfa", "source_ip"}
    assert patterns == {"source_identity", "session_name"}
