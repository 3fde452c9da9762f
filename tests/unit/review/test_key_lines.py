"""Finding the line of a key in access.toml."""

from temp_access.config.key_lines import toml_lines

TEXT = """\
# [grants.comment]
grants."a.b".access = 'read' # grants.x = 1
grants.'q"'.access = "[not.a.table]"
[user]
name = \"\"\"
[user.fake]
\"\"\"
[[user.inline]]
name = "one"
document = { Version = "2012-10-17", Statement = [
  { Effect = "Allow" },   # }
  { Effect = "Deny" },
] }
[[user.inline]]
name = "two"
[user.inline.more]
key = 1979-05-27T07:32:00Z
[ role . conditions ]
source_ip = [
  "203.0.113.0/24",
  '''198.51.100.0/24''',
]
mfa=true
"""


def test_quoted_and_dotted_keys() -> None:
    """A quoted key is one key with its dots; a dotted one makes tables on its line."""
    lines = toml_lines(TEXT)
    assert lines['grants."a.b".access'] == lines["grants"] == 2
    assert lines['grants."q\\"".access'] == 3


def test_strings_and_comments_hold_no_keys() -> None:
    """What looks like a table in a string or comment is none."""
    lines = toml_lines(TEXT)
    assert "user.fake" not in lines
    assert "grants.comment" not in lines
    assert "not.a.table" not in lines


def test_arrays_of_tables() -> None:
    """Each [[table]] has its number, and a table below it belongs to the last one."""
    lines = toml_lines(TEXT)
    assert (lines["user.inline[0]"], lines["user.inline[0].name"]) == (8, 9)
    assert (lines["user.inline[1].name"], lines["user.inline[1].more.key"]) == (15, 17)


def test_inline_tables_and_arrays() -> None:
    """Keys of inline tables and elements of arrays have the lines that they are on."""
    lines = toml_lines(TEXT)
    assert lines["user.inline[0].document.Statement[1].Effect"] == 12
    assert (lines["role.conditions.source_ip[1]"], lines["role.conditions.mfa"]) == (21, 23)


def test_line_ends_of_windows_count_once() -> None:
    """CRLF is one line end."""
    assert toml_lines(TEXT.replace("\n", "\r\n")) == toml_lines(TEXT)


def test_what_is_no_toml_has_no_lines() -> None:
    """Nothing is guessed for a text that tomllib refuses."""
    assert toml_lines("a = 1\na = 2\n") == {}
    assert toml_lines("a = [") == {}


def test_escapes_in_keys_and_strings() -> None:
    """A key's escapes are read, and an escaped quote ends no string."""
    assert toml_lines('"caf\\u00e9" = "a \\" b"\nlast = "x\\\\"\n') == {'"café"': 1, "last": 2}
