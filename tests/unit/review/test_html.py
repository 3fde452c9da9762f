"""The page's HTML: it is self-contained, and escapes every value."""

import inspect
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from temp_access.review.render.html import to_html
from temp_access.review.report import ReviewReport, make_report
from temp_access.review.snapshot import read_snapshot
from tests.unit.support.review_sample import HOSTILE, PAIRS, report_of, snapshot_arguments

VOID = {"meta", "link", "br"}


class Reader(HTMLParser):
    """Collects elements, attributes and text, and checks that every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect an element."""
        self.names.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect an element that closes itself."""
        self.names.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Check that the closed element is the last one that was opened."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.text.append(data)


def read(name: str) -> Reader:
    """Return the parsed page of the sample report about `name`."""
    reader = Reader()
    reader.feed(to_html(report_of(name)))
    assert reader.open == []
    return reader


def test_a_hostile_name_adds_no_markup() -> None:
    """The page has the same elements and attributes with any name, and no script."""
    plain, hostile = read("bob"), read(HOSTILE)
    assert hostile.names == plain.names
    assert "script" not in hostile.names
    assert {name for name, _ in hostile.attributes} == {name for name, _ in plain.attributes}
    assert not any(name.startswith("on") for name, _ in hostile.attributes)


def test_shows_a_hostile_name_completely() -> None:
    """Markup appears as text, and bidirectional characters appear as escapes."""
    shown = "".join(read(HOSTILE).text)
    assert "</svg><script>alert(1)</script>\\u202e\\x1b&lt;" in shown
    assert "\u202e" not in shown
    assert "\x1b" not in shown


def test_the_template_trusts_no_value() -> None:
    """No value in the template bypasses the escaping, and none is joined to markup before it is made visible."""
    template = Path(inspect.getfile(to_html)).with_name("review.html.j2").read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe|autoescape|Markup|\w\)\s*~|~\s*\w+\(", template)


def test_only_the_page_imports_jinja(tmp_path: Path) -> None:
    """The other formats don't load the template engine."""
    code = (
        "import sys; from temp_access.cli.main import main; main(sys.argv[1:]); "
        "import temp_access.review.render.sarif; "
        "assert 'jinja2' not in sys.modules"
    )
    snapshots = snapshot_arguments("same")
    command = [sys.executable, "-c", code, "review", *snapshots, "--compare-only", f"--output={tmp_path / 'review.md'}"]
    subprocess.run(command, check=True)


def test_loads_nothing_from_the_network() -> None:
    """The page names no other file, and its content security policy forbids loading one."""
    page = to_html(report_of("bob"))
    assert not re.search(r"https?:|url\(|@import|src=", page)
    assert "default-src 'none'" in page
    links = [value for name, value in read("bob").attributes if name == "href"]
    assert all(value.startswith(("#", "data:")) for value in links)


def test_ids_are_unique() -> None:
    """Each id identifies one element, and every reference has a target."""
    attributes = read("bob").attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    references = {value.removeprefix("#") for name, value in attributes if name in ("href",) and value.startswith("#")}
    references |= {value for name, value in attributes if name in ("aria-labelledby", "aria-describedby")}
    assert references <= set(ids)


def test_color_is_never_the_only_signal() -> None:
    """Every element with the color of a change names the change in its text."""
    page = to_html(report_of("bob"))
    marked = re.findall(r'<(strong|td) class="(?:tag )?(?:broadened|narrowed|both)">(.*?)</\1>', page)
    change = re.compile(r"broadened|narrowed|new|removed|gained|lost|refuted|failed|not this change")
    assert {kind for kind, _ in marked} == {"strong", "td"}
    assert [content for _, content in marked if not change.search(content)] == []


class Map(HTMLParser):
    """Collects the access map: the cards of each column, by name, with the lines of each."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: dict[str, dict[str, list[str]]] = {}
        self.cards: dict[str, list[str]] = {}
        self.lines: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a column, a card or a line of a card."""
        column = dict(attrs).get("aria-labelledby") or ""
        if tag == "ul" and column.startswith("map-"):
            self.cards = self.columns.setdefault(column.removeprefix("map-"), {})
            self.depth = 1
        elif self.depth and tag in ("ul", "li"):
            self.depth += 1
            if tag == "li":
                self.lines = [*self.lines, ""]

    def handle_endtag(self, tag: str) -> None:
        """End a line, or a card with all its lines."""
        if self.depth and tag in ("ul", "li"):
            self.depth -= 1
            if tag == "li" and self.depth == 1:
                name, *lines = (" ".join(line.split()) for line in self.lines)
                self.cards[name], self.lines = lines, []

    def handle_data(self, data: str) -> None:
        """Add text to the line."""
        if self.depth and self.lines:
            self.lines[-1] += data


def access_map(report: ReviewReport) -> dict[str, dict[str, list[str]]]:
    """Return the columns of the access map on the page."""
    reader = Map()
    reader.feed(to_html(report))
    return reader.columns


USER = {"temp-user": ["may assume temp-role"]}
MAPS = {
    "several-changes": {
        "principals": {**USER, "account 222233334444": ["may assume temp-role new"]},
        "role": {"temp-role": []},
        "folders": {
            "bob/": ["bob: read-write broadened"],
            "inbox/alice/": ["alice: write new"],
            "team/carol/": ["carol: read removed"],
            "the whole bucket": ["no session policy broadened"],
        },
    },
    "public-read": {
        "principals": {
            "temp-user": ["may assume temp-role", "direct access to bob/ broadened"],
            "anonymous callers": ["direct access to bob/ broadened"],
            "any other account": ["direct access to bob/ broadened"],
            "any other principal in this account": ["direct access to bob/ broadened"],
        },
        "role": {"temp-role": []},
        "folders": {
            "bob/": [
                "bob: read",
                "temp-user: direct access broadened",
                "anonymous callers: direct access broadened",
                "any other account: direct access broadened",
                "any other principal in this account: direct access broadened",
            ]
        },
    },
    "bucket-settings": {
        "principals": USER,
        "role": {"temp-role": []},
        "folders": {"bob/": ["bob: read"], "the bucket broadened": ["versioning Enabled → off"]},
    },
}


@pytest.mark.parametrize("name", MAPS)
def test_the_access_map_lists_every_edge(name: str) -> None:
    """The columns list who may assume the role and what it can access, with the change, as text."""
    base, head = (read_snapshot(each, PAIRS / name / each / "cdk.out", None) for each in ("base", "head"))
    assert access_map(make_report(base, head, compare_only=True)) == MAPS[name]


def test_the_access_map_lists_every_kind_of_change() -> None:
    """The map also lists a change of the role itself, and access that bypasses the role."""
    assert access_map(report_of("bob")) == {
        "principals": {"bob": ["may assume temp-role new", "direct access to f/ broadened and narrowed"]},
        "role": {"temp-role broadened and narrowed": ["bob"]},
        "folders": {"f/": ["bob: read removed", "bob: direct access broadened and narrowed"]},
    }
