"""`temp-access explain`: its argument, standard input, JSON; and the page that is generated from the same data."""

import io
import json
from pathlib import Path

import pytest

from temp_access.cli.main import main
from temp_access.error_guide.guide import load_entries
from tools.errors_page import page

DENIED = "An error occurred (AccessDenied) when calling the AssumeRole operation: User: … perform: sts:AssumeRole"


def test_explains_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    """The causes, how to tell them apart, the fixes, and the source."""
    assert main(["explain", "RegionDisabledException"]) == 0
    output = capsys.readouterr().out
    assert output.startswith("RegionDisabledException (STS): STS isn't activated")
    for fragment in ("1. ", "   to tell: ", "   fix: ", "\nsource: https://docs.aws.amazon.com/"):
        assert fragment in output


def test_reads_a_message_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`… 2>&1 | temp-access explain -` works, also with undecodable bytes."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(DENIED.encode() + b"\xff")))
    assert main(["explain", "-"]) == 0
    assert "1. the trust policy names the role's ARN" in capsys.readouterr().out


def test_json_has_the_same_content(capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` is for programs."""
    assert main(["explain", "--json", DENIED]) == 0
    output = json.loads(capsys.readouterr().out)
    assert output["code"] == "AccessDenied"
    assert output["causes"][0].keys() == {"what", "how_to_tell", "fix"}


def test_lists_all_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """One on each line."""
    assert main(["explain"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(load_entries())
    assert main(["explain", "--json"]) == 0
    assert json.loads(capsys.readouterr().out).keys() == load_entries().keys()


@pytest.mark.parametrize(
    ("argument", "message"), [("AcessDenid", "did you mean AccessDenied"), ("no code here", "no error code")]
)
def test_an_unknown_code_gives_exit_code_2(argument: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the error is printed."""
    assert main(["explain", argument]) == 2
    out, err = capsys.readouterr()
    assert (out, message in err) == ("", True)


def test_the_page_is_generated_from_the_entries() -> None:
    """After a change, generate docs/errors.md again: python -m tools.errors_page > docs/errors.md."""
    assert (Path(__file__).parents[3] / "docs/errors.md").read_text(encoding="utf-8") == page()
