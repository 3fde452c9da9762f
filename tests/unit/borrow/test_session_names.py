"""Session names: in STS's form, another for each grant, and never the beginning of another grant's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.borrow.session_names import fill_pattern, grant_component, session_name, session_name_prefix
from temp_access.borrow.session_names import principal_name as caller_name

STS = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
# Ids as a session policy can carry them, many of them close to each other.
IDS = st.one_of(
    st.text(st.sampled_from("ab,=-é /"), min_size=1, max_size=70),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), min_size=1, max_size=255),
)
WHO = st.text(st.sampled_from("abcXYZ019_+=,.@-"), min_size=1, max_size=64)


@given(IDS, IDS)
def test_no_grants_part_begins_anothers(one: str, other: str) -> None:
    """A pattern on one grant's part matches that grant's sessions alone, also where ids were shortened."""
    if one != other:
        assert not grant_component(other).startswith(grant_component(one))


@given(IDS, WHO)
def test_names_are_stss(id_: str, who: str) -> None:
    """Each name has the form that STS takes, and begins with the grant's part."""
    name = session_name(None, id_, user_name="temp-user", principal=who)
    assert STS.fullmatch(name)
    assert name.startswith(grant_component(id_))


@given(IDS, WHO)
def test_the_terminator_comes_once_before_who(id_: str, who: str) -> None:
    """Who it is can't make a name look like another grant's."""
    part, _, rest = session_name(None, id_, user_name="temp-user", principal=who).partition(",")
    assert (part + ",", "," in rest) == (grant_component(id_), False)


def test_readable_ids_stay_as_they_are() -> None:
    """The name of an ordinary grant and user is what a person would write."""
    assert session_name(None, "bob", user_name="temp-user", principal="temp-user") == "bob,temp-user"


@pytest.mark.parametrize("id_", ["bob smith", "a=b", "a,b", "bób", "b" * 40])
def test_other_ids_keep_what_can_be_read_and_get_a_hash(id_: str) -> None:
    """What STS doesn't take is replaced, and a short hash keeps the name unique."""
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
def test_fulfils_the_roles_pattern(pattern: str, name: str) -> None:
    """role.conditions.session_name is honoured, with the grant at its first wildcard."""
    assert name == session_name(pattern, "bob", user_name="temp-user", principal="temp-user")


@given(IDS, WHO, st.sampled_from(["*", "x-*", "*-${aws:username}", "x" * 40 + "*", "x" * 47 + "*", "?*?"]))
def test_names_of_a_pattern_begin_as_revoke_expects(id_: str, who: str, pattern: str) -> None:
    """What revoke matches is what every session of the grant begins with."""
    beginning = session_name_prefix(pattern, id_, user_name="temp-user")
    name = session_name(pattern, id_, user_name="temp-user", principal=who)
    assert beginning is not None
    assert name.startswith(beginning)
    assert STS.fullmatch(name)


@given(IDS, IDS, st.sampled_from(["x-*", "x" * 40 + "*", "x" * 47 + "*"]))
def test_beginnings_differ_under_a_pattern(one: str, other: str, pattern: str) -> None:
    """Also with little room, no grant's beginning begins another's."""
    if one != other:
        begins = [session_name_prefix(pattern, id_, user_name="u") or "" for id_ in (one, other)]
        assert not begins[1].startswith(begins[0])


@pytest.mark.parametrize("pattern", ["fixed", "x" * 60 + "*"])
def test_says_when_a_pattern_leaves_no_room(pattern: str) -> None:
    """Without room for the grant, its sessions can't be told from others'."""
    assert session_name_prefix(pattern, "bob", user_name="u") is None


def test_fill_pads_to_stss_two_characters() -> None:
    """A name of one character isn't one."""
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
def test_the_caller_is_called_by_the_last_part_of_its_arn(arn: str, name: str) -> None:
    """A root user's ARN has no slash."""
    assert caller_name(arn) == name
