"""The SARIF for code scanning."""

import json
from typing import Any

import pytest

from temp_access.cli.main import main
from temp_access.review.render.sarif import to_sarif
from tests.unit.support.review_sample import HOSTILE, report_of, snapshot_arguments


def results_of(run: dict[str, Any]) -> list[dict[str, Any]]:
    """Check what SARIF 2.1.0 and GitHub's upload require of each result, and return the results."""
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


def run_of(sarif: str) -> dict[str, Any]:
    """Return the only run of a log."""
    log = json.loads(sarif)
    assert log["version"] == "2.1.0"
    assert log["$schema"].startswith("https://")
    [run] = log["runs"]
    return dict(run)


@pytest.mark.parametrize("name", ["same", "new-action", "session-named", "grant-removed", "hostile-ids"])
def test_has_the_required_properties(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every result has a rule, a level, a message and a location in a file of the repository."""
    main(["review", *snapshot_arguments(name), "--format=sarif"])
    results = results_of(run_of(capsys.readouterr().out))
    assert bool(results) is (name != "same")


def test_locates_a_grant_in_access_toml(capsys: pytest.CaptureFixture[str]) -> None:
    """The result for a changed grant is at the line of the grant."""
    main(["review", *snapshot_arguments("grant-added"), "--compare-only", "--format=sarif"])
    first = results_of(run_of(capsys.readouterr().out))[0]
    physical = first["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "access.toml"
    assert physical["region"] == {"startLine": 3}
    assert first["ruleId"] == "AccessBroadened"


def test_gives_no_line_from_before_the_change(capsys: pytest.CaptureFixture[str]) -> None:
    """A removed grant has no line, because that line contains something else now."""
    main(["review", *snapshot_arguments("grant-removed"), "--compare-only", "--format=sarif"])
    first = results_of(run_of(capsys.readouterr().out))[0]
    assert "region" not in first["locations"][0]["physicalLocation"]
    assert "line 3 (grants.alice), before the change" in first["message"]["text"]


def test_escapes_links_in_hostile_names() -> None:
    """Brackets are escaped, and control and bidirectional characters are shown as escapes."""
    run = run_of(to_sarif(report_of(HOSTILE)))
    for result in results_of(run):
        message = result["message"]["text"]
        assert message.isprintable()
        assert "\\[y\\](" in message
        assert "[y](" not in message.replace("\\[", "").replace("\\]", "")


def test_keeps_the_fingerprint_of_a_moved_line() -> None:
    """The fingerprint doesn't depend on the line."""
    first, second = (results_of(run_of(to_sarif(report_of(name)))) for name in ("bob", "bob"))
    assert first[0]["partialFingerprints"] == second[0]["partialFingerprints"]
    assert first[0]["partialFingerprints"] != first[1]["partialFingerprints"]
