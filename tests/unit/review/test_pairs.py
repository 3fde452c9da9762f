"""The review of the prepared pairs, word for word."""

import json
from collections import Counter
from pathlib import Path

import pytest

from temp_access.cli.main import main
from tests.unit.support.review_sample import PAIRS, snapshot_arguments

NAMES = sorted(path.parent.name for path in PAIRS.glob("*/expected.md"))
UNCHANGED = {
    "any-id-rewritten",
    "equivalent-rewrite",
    "provider-created",
    "renamed-construct",
    "same",
    "same-access-point",
    "tags",
}
UNKNOWN = {"access-point", "group-member", "role-boundary-unknown", "unknown-document"}
NARROWED = {
    "borrower-removed",
    "borrower-sso-person",
    "borrowers-need-mfa",
    "grant-removed",
    "mfa-required",
    "narrowed",
    "partly-denied",
    "role-boundary",
    "user-removed",
}


def run(name: str, *more: str) -> int:
    """Return the exit code of the review of one pair."""
    return main(["review", *snapshot_arguments(name), "--compare-only", *more])


def test_every_pair_has_its_review() -> None:
    """Every prepared pair has an expected review, and there are at least twelve pairs."""
    assert sorted(path.parent.name for path in PAIRS.glob("*/base")) == NAMES
    assert len(NAMES) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_writes_the_expected_review(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The Markdown is exactly the expected one, and the exit code says whether access was or may be broadened."""
    code = run(name)
    assert capsys.readouterr().out == (PAIRS / name / "expected.md").read_text(encoding="utf-8")
    assert code == (0 if name in UNCHANGED | NARROWED else 3 if name in UNKNOWN else 1)


@pytest.mark.parametrize("name", NAMES)
def test_exchanging_base_and_head_gives_the_opposite(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With base and head exchanged, broadened becomes narrowed and narrowed becomes broadened."""
    run(name, "--format=json")
    forward = json.loads(capsys.readouterr().out)
    arguments = [f"--base={PAIRS / name / 'head' / 'cdk.out'}", f"--head={PAIRS / name / 'base' / 'cdk.out'}"]
    main(["review", *arguments, "--format=json", "--compare-only"])
    backward = json.loads(capsys.readouterr().out)
    there, back = (Counter(change["direction"] for change in each["changes"]) for each in (forward, backward))
    assert (back["broadened"], back["narrowed"]) == (there["narrowed"], there["broadened"])
    assert len(backward["unknown"]) == len(forward["unknown"])
    if not forward["unknown"]:
        opposite = {"broadened": "narrowed", "narrowed": "broadened"}
        assert backward["headline"] == opposite.get(forward["headline"], forward["headline"])


@pytest.mark.parametrize(("choice", "code"), [("broadened", 0), ("any", 1), ("never", 0)])
def test_fail_on_decides_the_exit_code_for_narrowed_access(choice: str, code: int) -> None:
    """Only --fail-on any fails for narrowed access."""
    assert run("narrowed", f"--fail-on={choice}") == code


def test_fail_on_never_exits_with_0(tmp_path: Path) -> None:
    """With --fail-on never, broadened access exits with 0, and the report is in --output."""
    file = tmp_path / "review.md"
    assert run("new-action", "--fail-on=never", f"--output={file}") == 0
    assert file.read_text(encoding="utf-8") == (PAIRS / "new-action" / "expected.md").read_text(encoding="utf-8")


def test_rejects_another_access_toml(capsys: pytest.CaptureFixture[str]) -> None:
    """The review doesn't compare a template that was made from another access.toml."""
    assert run("new-action", f"--head-config={PAIRS / 'new-action' / 'base' / 'access.toml'}") == 2
    assert "made from another access.toml" in capsys.readouterr().err


def test_rejects_a_missing_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the folder without a synthesized output, and what to do."""
    file = PAIRS / "same" / "base" / "access.toml"
    arguments = [f"--base={tmp_path / 'none'}", f"--head={PAIRS / 'same' / 'head' / 'cdk.out'}"]
    assert main(["review", *arguments, f"--base-config={file}"]) == 2
    assert "there is no such folder; run" in capsys.readouterr().err
