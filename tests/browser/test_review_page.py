"""The review's page in a real Chromium: quiet, readable on a phone and by a screen reader, in light and dark."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from temp_access.review.render.html import to_html
from temp_access.review.report import ReviewReport, make_report
from temp_access.review.snapshot import read_snapshot
from tests.browser.chromium import Chromium
from tests.unit.support.review_sample import HOSTILE, PAIRS, report_of

PHONE, DESKTOP = 390, 1100
COLUMNS = ["Principals", "Role", "Folders and resources"]
SCHEMES = [False, True]
SCRIPTS = Path(__file__).parent


def compared(name: str) -> ReviewReport:
    """Return the report on a prepared pair."""
    base, head = (read_snapshot(side, PAIRS / name / side / "cdk.out", None) for side in ("base", "head"))
    return make_report(base, head, compare_only=True)


REPORTS: dict[str, Callable[[], ReviewReport]] = {
    "a change of everything": lambda: report_of("bob"),
    "hostile names": lambda: report_of(HOSTILE),
    "long names": lambda: report_of("W" * 250),
    "a new grant": lambda: compared("grant-added"),
    "hostile ids": lambda: compared("hostile-ids"),
    "nothing": lambda: compared("same"),
}


@pytest.fixture(scope="module", params=REPORTS)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a page."""
    file = tmp_path_factory.mktemp("page") / "review.html"
    file.write_text(to_html(REPORTS[request.param]()), encoding="utf-8", errors="backslashreplace")
    return file


def script(name: str) -> str:
    """Return a JavaScript expression that is kept in a file."""
    return (SCRIPTS / f"{name}.js").read_text(encoding="utf-8")


def told(chromium: Chromium, method: str) -> list[Any]:
    """Return what the browser told of one kind since the page was opened."""
    return [event["params"] for event in chromium.events if event.get("method") == method]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_it_is_quiet(chromium: Chromium, page: Path, width: int) -> None:
    """The page itself is all that is fetched, no script runs, and the console stays empty."""
    chromium.open(page, width=width)
    assert [request["request"]["url"] for request in told(chromium, "Network.requestWillBeSent")] == [page.as_uri()]
    assert told(chromium, "Log.entryAdded") == []
    assert told(chromium, "Runtime.consoleAPICalled") + told(chromium, "Runtime.exceptionThrown") == []
    assert chromium.ask("document.querySelectorAll('script, img, iframe, object, embed').length") == 0


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_it_fits_the_screen(chromium: Chromium, page: Path, width: int) -> None:
    """Nothing makes the page wider than the screen, and the access map's columns fit it with readable text."""
    chromium.open(page, width=width)
    assert chromium.ask("document.documentElement.scrollWidth") <= width
    columns = chromium.ask(script("columns"))
    assert [column["title"] for column in columns] == COLUMNS
    for column, following in itertools.pairwise(columns):
        if width == PHONE:
            assert following["left"] == column["left"]
            assert following["top"] > column["bottom"]
        else:
            assert following["left"] > column["right"]
            assert following["top"] == column["top"]
    assert min(size for column in columns for size in column["fontSizes"]) >= 12


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_access_map_cuts_nothing_off(chromium: Chromium, page: Path, width: int) -> None:
    """Each text of the access map is inside its card, so that the word for a change is always visible."""
    chromium.open(page, width=width)
    assert chromium.ask("document.querySelectorAll('.card').length") >= len(COLUMNS)
    assert chromium.ask(script("cut_off")) == []


@pytest.mark.parametrize("dark", SCHEMES)
def test_every_text_stands_out(chromium: Chromium, page: Path, dark: bool) -> None:
    """All text has the contrast that WCAG's level AA asks for, in light and in dark."""
    chromium.open(page, width=DESKTOP, dark=dark)
    assert chromium.ask(script("contrast")) == []
    paper = chromium.ask("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")


def named(nodes: list[dict[str, Any]], *roles: str) -> list[str]:
    """Return the names of the nodes with one of `roles`."""
    return [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") in roles]


def test_a_screen_reader_finds_its_way(chromium: Chromium, page: Path) -> None:
    """There are landmarks, one first heading, a name for each region, table and column, and headed tables."""
    chromium.open(page, width=PHONE)
    nodes = chromium.accessibility()
    assert len(named(nodes, "main")) == len(named(nodes, "banner")) == len(named(nodes, "contentinfo")) == 1
    assert named(nodes, "navigation") == ["Sections"]
    assert len(chromium.ask("[...document.querySelectorAll('h1')].map(h => h.textContent)")) == 1
    levels = chromium.ask("[...document.querySelectorAll('h1, h2, h3')].map(h => +h.tagName[1])")
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(named(nodes, "region"))
    assert [name for name in named(nodes, "list") if name] == COLUMNS
    assert named(nodes, "image", "img", "SvgRoot") == []
    tables = chromium.ask("document.querySelectorAll('table').length")
    assert chromium.ask("document.querySelectorAll('table > caption').length") == tables
    assert chromium.ask("document.querySelectorAll('th:not([scope])').length") == 0
    assert chromium.ask("[...document.querySelectorAll('tbody tr')].every(row => row.cells[0].tagName === 'TH')")
    assert chromium.ask("document.documentElement.lang") == "en"


def test_the_keyboard_reaches_what_scrolls(chromium: Chromium, page: Path) -> None:
    """The first stop skips to the changes, and every part that scrolls is a stop with a name."""
    chromium.open(page, width=PHONE)
    for kind in ("rawKeyDown", "keyUp"):
        chromium.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert chromium.ask("document.activeElement.getAttribute('href')") == "#changes"
    assert chromium.ask("document.activeElement.getBoundingClientRect().left") >= 0
    stops = (
        "[...document.querySelectorAll('.scroll')].every(each => each.tabIndex === 0 && each.ariaLabelledByElements)"
    )
    assert chromium.ask(stops)


def test_colour_is_never_alone(chromium: Chromium, page: Path) -> None:
    """Whatever has a change's colour says so in words, and its lines differ in width or dashes too."""
    chromium.open(page, width=DESKTOP)
    words = re.compile(r"broadened|narrowed|broadened and narrowed|new|removed")
    assert [tag for tag in chromium.ask(script("change_tags")) if not words.fullmatch(tag)] == []
    for forms in chromium.ask(script("forms")):
        assert len(set(forms)) == len(forms) == 4


def test_a_hostile_name_is_seen(chromium: Chromium, tmp_path: Path) -> None:
    """A name with markup is text on the page, character by character, but for what would reorder it."""
    file = tmp_path / "page.html"
    file.write_text(to_html(report_of(HOSTILE)), encoding="utf-8")
    chromium.open(file, width=DESKTOP)
    shown = chromium.ask("document.querySelector('h3 code').textContent")
    assert shown == 'x"]|`</code>@all[y](javascript:z)\\n```\\n</svg><script>alert(1)</script>\\u202e\\x1b&lt;'
