"""Role session names: valid for STS, different for each grant, and never a prefix of another grant's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.borrow.session_names import (
    fill_pattern,
    grant_component,
    principal_name,
    session_name,
    session_name_prefix,
)

STS = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
# Ids that a session policy can contain, many of them similar.
IDS = st.one_of(
    st.text(st.sampled_from("ab,=-é /"), min_size=1, max_size=70),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), min_size=1, max_size=255),
)
PRINCIPALS = st.text(st.sampled_from("abcXYZ019_+=,.@-"), min_size=1, max_size=64)


@given(IDS, IDS)
def test_no_grant_component_is_a_prefix_of_another(one: str, other: str) -> None:
    """A pattern for one grant's component matches only that grant's sessions, also for shortened ids."""
    if one != other:
        assert not grant_component(other).startswith(grant_component(one))


@given(IDS, PRINCIPALS)
def test_names_are_valid_for_sts(id_: str, principal: str) -> None:
    """Each name has the form that STS requires, and begins with the grant's component."""
    name = session_name(None, id_, user_name="temp-user", principal=principal)
    assert STS.fullmatch(name)
    assert name.startswith(grant_component(id_))


@given(IDS, PRINCIPALS)
def test_the_terminator_occurs_once(id_: str, principal: str) -> None:
    """The caller's part can't make a name look like another grant's."""
    part, _, rest = session_name(None, id_, user_name="temp-user", principal=principal).partition(",")
    assert (part + ",", "," in rest) == (grant_component(id_), False)


def test_keeps_plain_ids() -> None:
    """The name of an ordinary grant and user is readable."""
    assert session_name(None, "bob", user_name="temp-user", principal="temp-user") == "bob,temp-user"


@pytest.mark.parametrize("id_", ["bob smith", "a=b", "a,b", "bób", "b" * 40])
def test_replaces_invalid_characters_and_adds_a_hash(id_: str) -> None:
    """A short hash keeps the name unique."""
    assert re.fullmatch(r"[\w+.@-]+=[a-z2-7]{12},", grant_component(id_), re.ASCII)
    assert len(grant_component(id_)) <= 40


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("*-${aws:username}", "bob,temp-user-temp-user"),
        ("broker-*", "broker-bob,temp-user"),
        ("team?-*", "teamx-bob,temp-user"),
        ("fixed", "fixed"),
    ],
)
def test_matches_the_roles_pattern(pattern: str, name: str) -> None:
    """The name matches role.conditions.session_name, with the grant at its first wildcard."""
    assert name == session_name(pattern, "bob", user_name="temp-user", principal="temp-user")


@given(IDS, PRINCIPALS, st.sampled_from(["*", "x-*", "*-${aws:username}", "x" * 40 + "*", "x" * 47 + "*", "?*?"]))
def test_names_have_the_prefix_that_revoke_matches(id_: str, principal: str, pattern: str) -> None:
    """Every session of the grant has the prefix."""
    prefix = session_name_prefix(pattern, id_, user_name="temp-user")
    name = session_name(pattern, id_, user_name="temp-user", principal=principal)
    assert prefix is not None
    assert name.startswith(prefix)
    assert STS.fullmatch(name)


@given(IDS, IDS, st.sampled_from(["x-*", "x" * 40 + "*", "x" * 47 + "*"]))
def test_prefixes_differ_under_a_pattern(one: str, other: str, pattern: str) -> None:
    """Even with few characters left, no grant's prefix is a prefix of another's."""
    if one != other:
        prefixes = [session_name_prefix(pattern, id_, user_name="u") or "" for id_ in (one, other)]
        assert not prefixes[1].startswith(prefixes[0])


@pytest.mark.parametrize("pattern", ["fixed", "x" * 60 + "*"])
def test_a_narrow_pattern_has_no_prefix(pattern: str) -> None:
    """Without characters for the grant, its sessions can't be told from others."""
    assert session_name_prefix(pattern, "bob", user_name="u") is None


def test_pads_a_name_to_two_characters() -> None:
    """STS refuses a name of one character."""
    assert fill_pattern("*", user_name="u", filler="a") == "axx"


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::111122223333:user/temp-user", "temp-user"),
        ("arn:aws:iam::111122223333:user/team/temp-user", "temp-user"),
        ("arn:aws:sts::111122223333:assumed-role/build/job-7", "job-7"),
        ("arn:aws:iam::111122223333:root", "root"),
    ],
)
def test_a_principals_name_is_the_last_part_of_its_arn(arn: str, name: str) -> None:
    """A root user's ARN has no slash."""
    assert principal_name(arn) == name
