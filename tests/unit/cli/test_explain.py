"""`temp-access explain`: argument, standard input and JSON, and the page that is generated from the same data."""

import io
import json
from pathlib import Path

import pytest

from temp_access.cli.main import main
from temp_access.error_guide.guide import load_entries
from tools.errors_page import page

DENIED = "An error occurred (AccessDenied) when calling the AssumeRole operation: User: … perform: sts:AssumeRole"


def test_explains_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    """The output has the causes, how to tell them apart, the fixes and the source."""
    assert main(["explain", "RegionDisabledException"]) == 0
    output = capsys.readouterr().out
    assert output.startswith("RegionDisabledException (STS): STS isn't activated")
    for part in ("1. ", "   to tell: ", "   fix: ", "\nsource: https://docs.aws.amazon.com/"):
        assert part in output


def test_reads_a_message_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`… 2>&1 | temp-access explain -` works, even with bytes that aren't UTF-8."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(DENIED.encode() + b"\xff")))
    assert main(["explain", "-"]) == 0
    assert "1. the caller's policies or the role's trust policy" in capsys.readouterr().out


def test_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints the explanation for programs."""
    assert main(["explain", "--json", DENIED]) == 0
    explanation = json.loads(capsys.readouterr().out)
    assert explanation["code"] == "AccessDenied"
    assert explanation["causes"][0].keys() == {"what", "how_to_tell", "fix"}


def test_lists_all_codes_without_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """The list has one line for each code."""
    assert main(["explain"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(load_entries())
    assert main(["explain", "--json"]) == 0
    assert json.loads(capsys.readouterr().out).keys() == load_entries().keys()


@pytest.mark.parametrize(
    ("error", "message"), [("AcessDenid", "did you mean AccessDenied"), ("no code here", "no error code")]
)
def test_rejects_an_unknown_code(error: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command exits with 2 and prints only an error, which says what to do."""
    assert main(["explain", error]) == 2
    out, err = capsys.readouterr()
    assert (out, message in err) == ("", True)


def test_the_page_is_up_to_date() -> None:
    """docs/errors.md equals the output of tools/errors_page.py."""
    assert (Path(__file__).parents[3] / "docs/errors.md").read_text(encoding="utf-8") == page()
