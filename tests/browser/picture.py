"""Redraws the picture of the review page in docs: `python -m tests.browser.picture`."""

import tempfile
from pathlib import Path

from temp_access.review.render.html import to_html
from temp_access.review.report import make_report
from temp_access.review.snapshot import read_snapshot
from tests.browser.chromium import Chromium
from tests.browser.conftest import find_chromium

_ROOT = Path(__file__).parents[2]
_PAIR = _ROOT / "tests" / "data" / "review" / "several-changes"
_PICTURE, _WIDTH = _ROOT / "docs" / "pictures" / "review.png", 1000


def main() -> None:
    """Write a screenshot of the review of one prepared pair."""
    program = find_chromium()
    if program is None:
        raise SystemExit("Chromium isn't installed; install it, or name one in CHROMIUM")
    base, head = (read_snapshot(name, _PAIR / name / "cdk.out", None) for name in ("base", "head"))
    with tempfile.TemporaryDirectory() as scratch, Chromium(program, Path(scratch)) as chromium:
        page = Path(scratch) / "review.html"
        page.write_text(to_html(make_report(base, head, compare_only=True)), encoding="utf-8")
        chromium.open(page, width=_WIDTH)
        chromium.screenshot(_PICTURE)


if __name__ == "__main__":
    main()
