"""The review page in a real Chromium: it loads nothing, and is readable on a phone and by a screen reader."""

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
# A file with borrowers has several roles.
TITLES = (COLUMNS, ["Principals", "Roles", "Folders and resources"])
SCHEMES = [False, True]
SCRIPTS = Path(__file__).parent


def report_on(name: str) -> ReviewReport:
    """Return the report on a prepared pair."""
    base, head = (read_snapshot(each, PAIRS / name / each / "cdk.out", None) for each in ("base", "head"))
    return make_report(base, head, compare_only=True)


REPORTS: dict[str, Callable[[], ReviewReport]] = {
    "a change in every section": lambda: report_of("bob"),
    "hostile names": lambda: report_of(HOSTILE),
    "long names": lambda: report_of("W" * 250),
    "a new grant": lambda: report_on("grant-added"),
    "borrowers": lambda: report_on("several-borrowers"),
    "hostile ids": lambda: report_on("hostile-ids"),
    "no change": lambda: report_on("same"),
}


@pytest.fixture(scope="module", params=REPORTS)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a page."""
    file = tmp_path_factory.mktemp("page") / "review.html"
    file.write_text(to_html(REPORTS[request.param]()), encoding="utf-8", errors="backslashreplace")
    return file


def script(name: str) -> str:
    """Return the JavaScript expression in a file."""
    return (SCRIPTS / f"{name}.js").read_text(encoding="utf-8")


def events(chromium: Chromium, method: str) -> list[Any]:
    """Return the browser's events of one kind since the page was opened."""
    return [event["params"] for event in chromium.events if event.get("method") == method]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_loads_nothing(chromium: Chromium, page: Path, width: int) -> None:
    """The browser loads only the page, no script runs, and the console stays empty."""
    chromium.open(page, width=width)
    assert [request["request"]["url"] for request in events(chromium, "Network.requestWillBeSent")] == [page.as_uri()]
    assert events(chromium, "Log.entryAdded") == []
    assert events(chromium, "Runtime.consoleAPICalled") + events(chromium, "Runtime.exceptionThrown") == []
    assert chromium.evaluate("document.querySelectorAll('script, img, iframe, object, embed').length") == 0


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_fits_the_screen(chromium: Chromium, page: Path, width: int) -> None:
    """The page isn't wider than the screen, and the columns of the access map have readable text."""
    chromium.open(page, width=width)
    assert chromium.evaluate("document.documentElement.scrollWidth") <= width
    columns = chromium.evaluate(script("columns"))
    assert [column["title"] for column in columns] in TITLES
    for column, following in itertools.pairwise(columns):
        if width == PHONE:
            assert following["left"] == column["left"]
            assert following["top"] > column["bottom"]
        else:
            assert following["left"] > column["right"]
            assert following["top"] == column["top"]
    assert min(size for column in columns for size in column["fontSizes"]) >= 12


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_access_map_shows_all_text(chromium: Chromium, page: Path, width: int) -> None:
    """Each text of the access map is inside its card, so that the name of a change is always visible."""
    chromium.open(page, width=width)
    assert chromium.evaluate("document.querySelectorAll('.card').length") >= len(COLUMNS)
    assert chromium.evaluate(script("cut_off")) == []


@pytest.mark.parametrize("dark", SCHEMES)
def test_text_has_enough_contrast(chromium: Chromium, page: Path, dark: bool) -> None:
    """All text has the contrast that WCAG requires at level AA, in light and dark mode."""
    chromium.open(page, width=DESKTOP, dark=dark)
    assert chromium.evaluate(script("contrast")) == []
    paper = chromium.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")


def names(nodes: list[dict[str, Any]], *roles: str) -> list[str]:
    """Return the names of the nodes with one of `roles`."""
    return [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") in roles]


def test_is_accessible_to_screen_readers(chromium: Chromium, page: Path) -> None:
    """The page has landmarks, one first heading, names for regions, tables and columns, and table headers."""
    chromium.open(page, width=PHONE)
    nodes = chromium.accessibility()
    assert len(names(nodes, "main")) == len(names(nodes, "banner")) == len(names(nodes, "contentinfo")) == 1
    assert names(nodes, "navigation") == ["Sections"]
    assert len(chromium.evaluate("[...document.querySelectorAll('h1')].map(h => h.textContent)")) == 1
    levels = chromium.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(h => +h.tagName[1])")
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(names(nodes, "region"))
    assert [name for name in names(nodes, "list") if name] in TITLES
    assert names(nodes, "image", "img", "SvgRoot") == []
    tables = chromium.evaluate("document.querySelectorAll('table').length")
    assert chromium.evaluate("document.querySelectorAll('table > caption').length") == tables
    assert chromium.evaluate("document.querySelectorAll('th:not([scope])').length") == 0
    assert chromium.evaluate("[...document.querySelectorAll('tbody tr')].every(row => row.cells[0].tagName === 'TH')")
    assert chromium.evaluate("document.documentElement.lang") == "en"


def test_is_usable_with_the_keyboard(chromium: Chromium, page: Path) -> None:
    """The first tab stop skips to the changes, and every scrollable part is a tab stop with a name."""
    chromium.open(page, width=PHONE)
    for kind in ("rawKeyDown", "keyUp"):
        chromium.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert chromium.evaluate("document.activeElement.getAttribute('href')") == "#changes"
    assert chromium.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    stops = (
        "[...document.querySelectorAll('.scroll')].every(each => each.tabIndex === 0 && each.ariaLabelledByElements)"
    )
    assert chromium.evaluate(stops)


def test_color_is_never_the_only_signal(chromium: Chromium, page: Path) -> None:
    """Every element with the color of a change names the change, and its lines differ in width or dashes."""
    chromium.open(page, width=DESKTOP)
    changes = re.compile(r"broadened|narrowed|broadened and narrowed|new|removed")
    assert [tag for tag in chromium.evaluate(script("change_tags")) if not changes.fullmatch(tag)] == []
    for forms in chromium.evaluate(script("forms")):
        assert len(set(forms)) == len(forms) == 4


def test_shows_a_hostile_name(chromium: Chromium, tmp_path: Path) -> None:
    """A name with markup is text on the page, with escapes for bidirectional and control characters."""
    file = tmp_path / "page.html"
    file.write_text(to_html(report_of(HOSTILE)), encoding="utf-8")
    chromium.open(file, width=DESKTOP)
    shown = chromium.evaluate("document.querySelector('h3 code').textContent")
    assert shown == 'x"]|`</code>@all[y](javascript:z)\\n```\\n</svg><script>alert(1)</script>\\u202e\\x1b&lt;'
