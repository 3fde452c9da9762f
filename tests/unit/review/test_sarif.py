"""The SARIF that code scanning reads."""

import json
from typing import Any

import pytest

from temp_access.cli.main import main
from temp_access.review.render.sarif import to_sarif
from tests.unit.support.review_sample import HOSTILE, report_of, sides_of


def results_of(run: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of a run after checking what SARIF 2.1.0 and GitHub's upload require of each."""
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["tool"]["driver"]["name"] == "temp-access review"
    assert len(rules) == len(set(rules))
    results: list[dict[str, Any]] = run["results"]
    for result in results:
        assert result["ruleId"] in rules
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        assert result["locations"]
        assert all(isinstance(value, str) for value in result["partialFingerprints"].values())
        for location in result["locations"]:
            physical = location["physicalLocation"]
            uri = physical["artifactLocation"]["uri"]
            assert uri
            assert not uri.startswith("/")
            assert "\\" not in uri
            assert physical.get("region", {"startLine": 1})["startLine"] >= 1
    return results


def log_of(text: str) -> dict[str, Any]:
    """Return the one run of a log."""
    log = json.loads(text)
    assert log["version"] == "2.1.0"
    assert log["$schema"].startswith("https://")
    [run] = log["runs"]
    return dict(run)


@pytest.mark.parametrize("name", ["same", "new-action", "session-named", "grant-removed", "hostile-ids"])
def test_has_what_is_required(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every result has a rule, a level, a message and a place in a file of the repository."""
    main(["review", *sides_of(name), "--format=sarif"])
    found = results_of(log_of(capsys.readouterr().out))
    assert bool(found) is (name != "same")


def test_the_line_is_that_of_access_toml(capsys: pytest.CaptureFixture[str]) -> None:
    """A change of a grant is at its line."""
    main(["review", *sides_of("grant-added"), "--compare-only", "--format=sarif"])
    first = results_of(log_of(capsys.readouterr().out))[0]
    physical = first["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "access.toml"
    assert physical["region"] == {"startLine": 3}
    assert first["ruleId"] == "AccessBroadened"


def test_a_line_from_before_the_change_is_no_line_of_head(capsys: pytest.CaptureFixture[str]) -> None:
    """What was removed isn't shown at a line that says something else now."""
    main(["review", *sides_of("grant-removed"), "--compare-only", "--format=sarif"])
    first = results_of(log_of(capsys.readouterr().out))[0]
    assert "region" not in first["locations"][0]["physicalLocation"]
    assert "line 3 (grants.alice), before the change" in first["message"]["text"]


def test_hostile_names_make_no_links() -> None:
    """Brackets are escaped, and what reorders or controls is shown as its escape."""
    run = log_of(to_sarif(report_of(HOSTILE)))
    for result in results_of(run):
        text = result["message"]["text"]
        assert text.isprintable()
        assert "\\[y\\](" in text
        assert "[y](" not in text.replace("\\[", "").replace("\\]", "")


def test_a_moved_line_is_the_same_result() -> None:
    """The fingerprint doesn't depend on the line."""
    first, second = (results_of(log_of(to_sarif(report_of(name)))) for name in ("bob", "bob"))
    assert first[0]["partialFingerprints"] == second[0]["partialFingerprints"]
    assert first[0]["partialFingerprints"] != first[1]["partialFingerprints"]
