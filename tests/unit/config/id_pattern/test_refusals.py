"""The syntax that the id pattern refuses, each with a position."""

import pytest

from temp_access.config.id_pattern import PatternError, compile_pattern

REFUSED = [
    # Repetition without bound
    ("[a-z]+", 6, "'+' has no upper bound; write {1,64}"),
    ("[a-z]*", 6, "'*' has no upper bound; write {0,64}"),
    ("+a", 1, "'+' has no upper bound"),
    ("ab{2,}", 3, "'{2,}' has no upper bound; write {2,64}"),
    # Repetition that isn't one
    ("ab{,2}", 3, "no lower bound; write {0,2}"),
    ("ab{1, 2}", 3, "isn't a repetition"),
    ("ab{}", 3, "isn't a repetition"),
    ("ab{,}", 3, "isn't a repetition"),
    ("ab{1,2,3}", 3, "isn't a repetition"),
    ("ab{x}", 3, "isn't a repetition"),
    ("ab{²}", 3, "isn't a repetition"),
    ("ab{2", 3, "'{' is never closed"),
    ("ab{0}", 3, "repeats the part zero times"),
    ("ab{0,0}", 3, "repeats the part zero times"),
    ("ab{3,2}", 3, "has its bounds in the wrong order; write {2,3}"),
    ("?a", 1, "'?' has nothing to repeat"),
    ("a|{2}", 3, "'{' has nothing to repeat"),
    ("(?:?a)", 4, "'?' has nothing to repeat"),
    ("a{2}?", 5, "'?' repeats a repetition"),
    ("a{1}?", 5, "'?' repeats a repetition"),
    ("a??", 3, "'?' repeats a repetition"),
    ("a{2}{3}", 5, "'{' repeats a repetition"),
    ("a{2}+", 5, "'+' has no upper bound"),
    # What is left open or closes nothing
    ("a(b", 2, "'(' is never closed"),
    ("a(", 2, "'(' is never closed"),
    ("a(?:", 2, "'(' is never closed"),
    ("a(b(c)", 2, "'(' is never closed"),
    ("ab)", 3, "')' closes no group"),
    (")", 1, "')' closes no group"),
    ("a[bc", 2, "'[' is never closed"),
    ("a[b-", 2, "'[' is never closed"),
    ("a[", 2, "'[' is never closed"),
    ("ab]", 3, "']' closes no class"),
    ("ab}", 3, "'}' closes no repetition"),
    ("ab\\", 3, "escapes nothing"),
    ("a[b\\", 4, "escapes nothing"),
    # Places and everything
    ("^ab", 1, "'^' is implied"),
    ("ab$", 3, "'$' is implied"),
    ("a.b", 2, "'.' matches every character"),
    ("a\\b", 2, "is an anchor"),
    ("a\\Z", 2, "is an anchor"),
    # Groups of other kinds
    ("a(?=b)", 2, "'(?=' is a lookaround"),
    ("a(?!b)", 2, "'(?!' is a lookaround"),
    ("a(?<=b)", 2, "'(?<=' is a lookaround"),
    ("a(?<!b)", 2, "'(?<!' is a lookaround"),
    ("a(?P<n>b)", 2, "'(?P<' is a named group"),
    ("a(?<n>b)", 2, "'(?<' is a named group"),
    ("(b)(?P=n)", 4, "'(?P=' is a back-reference"),
    ("a(?i)", 2, "sets flags"),
    ("(?i:a)", 1, "sets flags"),
    ("(?", 1, "sets flags"),
    ("a(?#b)", 2, "'(?#' is a comment"),
    ("a(?>b)", 2, "controls backtracking"),
    ("(a)(?(1)b)", 4, "refers to another group"),
    # Escapes
    ("(a)\\1", 4, "'\\1' is a back-reference"),
    ("a\\D", 2, "'\\D' matches nearly every character"),
    ("a[\\W]", 3, "'\\W' matches nearly every character"),
    ("a\\S", 2, "'\\S' matches nearly every character"),
    ("a\\s", 2, "'\\s' matches line breaks"),
    ("a\\n", 2, "'\\n' is a control character"),
    ("a\\x41", 2, "'\\x' is a character code"),
    ("a\\0", 2, "'\\0' is a character code"),
    ("a\\p{L}", 2, "'\\p' is a Unicode property"),
    ("a\\q", 2, "'\\q' has no meaning; write q"),
    ("a\\é", 2, "'\\é' has no meaning; write é"),
    # Classes
    ("a[^b]", 3, "'[^' matches nearly every character"),
    ("a[]", 2, "'[]' is empty"),
    ("a[]b]", 2, "'[]' is empty"),
    ("a[[:alpha:]]", 3, "'[' has no meaning within a class"),
    ("a[z-a]", 3, "the range 'z-a' has its ends in the wrong order"),
    ("a[bz-a]", 4, "the range 'z-a' has its ends in the wrong order"),
    ("a[a-\\d]", 3, "isn't a range of two characters"),
    ("a[\\d-z]", 3, "isn't a range of two characters"),
    ("a[a-c-e]", 6, "'-' isn't between two characters"),
    ("a[a--]", 5, "can't end in an unescaped '-'"),
    ("a[--9]", 3, "'--' is a set operation"),
    ("a[a-z&&b]", 6, "'&&' is a set operation"),
    ("a[+-9]", 3, "the range '+-9' is too wide: '/'"),
    ("a[ -~]", 3, "the range ' -~' is too wide: '/'"),
    ("a[0-é]", 3, "the range '0-é' is too wide: the control character U+007F"),
    # Nothing
    ("", 1, "the pattern is empty"),
    ("a?", 1, "matches the empty id"),
    ("a{0,3}b?", 1, "matches the empty id"),
    ("ab|c?|d", 4, "matches the empty id"),
    ("(a|b?)", 1, "matches the empty id"),
    ("a()", 2, "'()' is empty"),
    ("a(?:)", 2, "'()' is empty"),
    ("a|", 2, "'|' has an empty alternative"),
    ("|a", 1, "'|' has an empty alternative"),
    ("a||b", 3, "'|' has an empty alternative"),
    ("a(|b)", 3, "'|' has an empty alternative"),
    ("a(b|)", 4, "'|' has an empty alternative"),
    # Characters
    ("a/b", 2, "folder template"),
    ("a\\/b", 3, "folder template"),
    ("[a/]", 3, "folder template"),
    ("a\tb", 2, "the control character U+0009"),
    ("a\nb", 2, "the control character U+000A"),
    ("a\x7fb", 2, "the control character U+007F"),
    ("a\x9fb", 2, "the control character U+009F"),
    ("aĀb", 2, "the character U+0100"),
    ("a\ud800b", 2, "the character U+D800"),
    ("😀", 1, "the character U+1F600"),
    # Size
    ("a{256}", 2, "256 characters up to here, and the maximum is 255"),
    ("a{999999999999999999999999}", 2, "the maximum is 255"),
    ("a{" + "9" * 5000 + "}", 2, "the maximum is 255"),
    ("(a{16}){16}", 8, "256 characters up to here"),
    ("a{200}b{56}", 8, "256 characters up to here"),
    ("a{255}b", 7, "256 characters up to here"),
    ("(((a{9}){9}){9}){9}", 13, "729 characters up to here"),
    ("x(" + "a|" * 40 + "a){120}", 85, "the maximum is 4096; repeat fewer times, or list the ids as grants"),
    ("a|" * 5000 + "a", 8193, "the maximum is 4096"),
    ("(" * 33 + "a" + ")" * 33, 33, "more than 32 deep"),
]


@pytest.mark.parametrize(("source", "position", "reason"), REFUSED, ids=[ascii(row[0])[:30] for row in REFUSED])
def test_refuses_other_syntax_at_its_position(source: str, position: int, reason: str) -> None:
    """The position is that of the first refused character, from 1."""
    with pytest.raises(PatternError) as raised:
        compile_pattern(source)
    assert raised.value.position == position
    assert str(raised.value).startswith(f"at character {position}: ")
    assert reason in str(raised.value)


def test_the_message_has_one_line() -> None:
    """It has the position, the problem and what to write."""
    with pytest.raises(ValueError, match=r"^at character 5: '\+' has no upper bound; write \{1,64\}$"):
        compile_pattern("\\d\\d+")


@pytest.mark.parametrize("source", [row[0] for row in REFUSED if row[0] != ")"][:40])
def test_the_position_counts_what_comes_before(source: str) -> None:
    """An alternative of three characters in front adds three to the position."""
    with pytest.raises(PatternError) as alone:
        compile_pattern(source)
    with pytest.raises(PatternError) as moved:
        compile_pattern("xy|" + source)
    assert moved.value.position == alone.value.position + 3
    assert moved.value.reason == alone.value.reason
