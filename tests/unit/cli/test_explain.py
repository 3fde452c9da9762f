"""`temp-access explain`: argument, standard input, JSON; and the page that is made from the same data."""

import io
import json
from pathlib import Path

import pytest

from temp_access.cli.main import main
from temp_access.error_guide.guide import load_entries
from tools.errors_page import page

DENIED = "An error occurred (AccessDenied) when calling the AssumeRole operation: User: … perform: sts:AssumeRole"


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """What, how to tell, what to do, and where it is from."""
    assert main(["explain", "RegionDisabledException"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("RegionDisabledException (STS): STS isn't activated")
    for words in ("1. ", "   to tell: ", "   fix: ", "\nsource: https://docs.aws.amazon.com/"):
        assert words in said


def test_a_pasted_message_is_read_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`… 2>&1 | temp-access explain -` works, also with bytes that are no text."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(DENIED.encode() + b"\xff")))
    assert main(["explain", "-"]) == 0
    assert "1. the trust policy names the role's ARN" in capsys.readouterr().out


def test_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` is for programs."""
    assert main(["explain", "--json", DENIED]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["code"] == "AccessDenied"
    assert said["causes"][0].keys() == {"what", "how_to_tell", "fix"}


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each."""
    assert main(["explain"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(load_entries())
    assert main(["explain", "--json"]) == 0
    assert json.loads(capsys.readouterr().out).keys() == load_entries().keys()


@pytest.mark.parametrize(
    ("text", "said"), [("AcessDenid", "did you mean AccessDenied"), ("no code here", "no error code")]
)
def test_what_is_not_known_ends_with_2(text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed but what to do."""
    assert main(["explain", text]) == 2
    out, err = capsys.readouterr()
    assert (out, said in err) == ("", True)


def test_the_page_is_the_data() -> None:
    """docs/errors.md is made anew when an explanation changes: python -m tools.errors_page > docs/errors.md."""
    assert (Path(__file__).parents[3] / "docs/errors.md").read_text(encoding="utf-8") == page()
