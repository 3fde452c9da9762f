"""The page as text: complete in itself, and nothing from outside is markup in it."""

import re
from html.parser import HTMLParser

from temp_access.review.html.page import to_html
from tests.unit.review_sample import HOSTILE, report_of

VOID = {"meta", "link", "br"}


class Reader(HTMLParser):
    """Collects the elements, their attributes and the text, and checks that each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.names.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself."""
        self.names.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Check that the last opened element is the closed one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text.append(data)


def read(name: str) -> Reader:
    """Return the page about `name`, read."""
    reader = Reader()
    reader.feed(to_html(report_of(name)))
    assert reader.open == []
    return reader


def test_a_hostile_name_is_text() -> None:
    """The same elements and attributes are there whatever the names are, and no script."""
    plain, hostile = read("bob"), read(HOSTILE)
    # Long texts may be wrapped into more rows of a drawing, each a text element.
    assert [name for name in hostile.names if name not in ("text", "title")] == [
        name for name in plain.names if name not in ("text", "title")
    ]
    assert "script" not in hostile.names
    assert {name for name, _ in hostile.attributes} == {name for name, _ in plain.attributes}
    assert not any(name.startswith("on") for name, _ in hostile.attributes)


def test_a_hostile_name_is_shown_as_it_is() -> None:
    """Nothing is lost: markup is seen, and what would reorder the text is seen as its escape."""
    text = "".join(read(HOSTILE).text)
    assert "</svg><script>alert(1)</script>\\u202e\\x1b&lt;" in text
    assert "\u202e" not in text


def test_asks_nothing_of_the_network() -> None:
    """No address of another file, and a policy that forbids to fetch one."""
    page = to_html(report_of("bob"))
    assert not re.search(r"https?:|url\(|@import|src=", page)
    assert "default-src 'none'" in page
    links = [value for name, value in read("bob").attributes if name == "href"]
    assert all(value.startswith(("#", "data:")) for value in links)


def test_ids_are_unique() -> None:
    """Each id names one element, and every reference finds one."""
    attributes = read("bob").attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    wanted = {value.removeprefix("#") for name, value in attributes if name in ("href",) and value.startswith("#")}
    wanted |= {value for name, value in attributes if name in ("aria-labelledby", "aria-describedby")}
    assert wanted <= set(ids)


def test_a_change_is_said_in_words_as_well() -> None:
    """Whatever has the colour of a change has a word of it in its text."""
    page = to_html(report_of("bob"))
    marked = re.findall(r'<(strong|td) class="(?:tag )?(?:broadened|narrowed|both)">(.*?)</\1>', page)
    words = re.compile(r"broadened|narrowed|both|new|removed|now yes|no longer|refuted|failed|not this change")
    assert {kind for kind, _ in marked} == {"strong", "td"}
    assert [text for _, text in marked if not words.search(text)] == []
