"""Draws the picture in docs anew: `python -m tests.browser.picture`."""

import tempfile
from pathlib import Path

from temp_access.review.render.html import to_html
from temp_access.review.report import make_report
from temp_access.review.snapshot import read_snapshot
from tests.browser.chromium import Chromium
from tests.browser.conftest import find

_ROOT = Path(__file__).parents[2]
_PAIR = _ROOT / "tests" / "data" / "review" / "several-changes"
_WIDTHS = {"review.png": 1000}


def main() -> None:
    """Write a picture of the review of one prepared pair as a screen shows it."""
    program = find()
    if program is None:
        raise SystemExit("there is no chromium; install it, or name one in CHROMIUM")
    base, head = (read_snapshot(side, _PAIR / side / "cdk.out", None) for side in ("base", "head"))
    with tempfile.TemporaryDirectory() as scratch, Chromium(program, Path(scratch)) as chromium:
        page = Path(scratch) / "review.html"
        page.write_text(to_html(make_report(base, head, compare_only=True)), encoding="utf-8")
        for name, width in _WIDTHS.items():
            chromium.open(page, width=width)
            chromium.picture(_ROOT / "docs" / "pictures" / name)


if __name__ == "__main__":
    main()
