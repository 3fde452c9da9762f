"""The lines of keys in access.toml."""

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


def test_reads_quoted_and_dotted_keys() -> None:
    """A quoted key keeps its dots, and a dotted key makes tables on its line."""
    lines = toml_lines(TEXT)
    assert lines['grants."a.b".access'] == lines["grants"] == 2
    assert lines['grants."q\\"".access'] == 3


def test_finds_no_keys_in_strings_and_comments() -> None:
    """A string or comment that looks like a table is none."""
    lines = toml_lines(TEXT)
    assert "user.fake" not in lines
    assert "grants.comment" not in lines
    assert "not.a.table" not in lines


def test_numbers_arrays_of_tables() -> None:
    """Each [[table]] has a number, and a table below it belongs to the last one."""
    lines = toml_lines(TEXT)
    assert (lines["user.inline[0]"], lines["user.inline[0].name"]) == (8, 9)
    assert (lines["user.inline[1].name"], lines["user.inline[1].more.key"]) == (15, 17)


def test_reads_inline_tables_and_arrays() -> None:
    """Keys of inline tables and elements of arrays have their own lines."""
    lines = toml_lines(TEXT)
    assert lines["user.inline[0].document.Statement[1].Effect"] == 12
    assert (lines["role.conditions.source_ip[1]"], lines["role.conditions.mfa"]) == (21, 23)


def test_counts_windows_line_ends_once() -> None:
    """CRLF is one line end."""
    assert toml_lines(TEXT.replace("\n", "\r\n")) == toml_lines(TEXT)


def test_invalid_toml_has_no_lines() -> None:
    """A file that tomllib rejects has no lines."""
    assert toml_lines("a = 1\na = 2\n") == {}
    assert toml_lines("a = [") == {}


def test_reads_escapes_in_keys_and_strings() -> None:
    """Escapes in keys are resolved, and an escaped quote doesn't end a string."""
    assert toml_lines('"caf\\u00e9" = "a \\" b"\nlast = "x\\\\"\n') == {'"café"': 1, "last": 2}
