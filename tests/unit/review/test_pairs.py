"""What a review says of the prepared pairs, word for word."""

from pathlib import Path

import pytest

from temp_access.cli.main import main
from tests.unit.support.review_sample import PAIRS, sides_of

NAMES = sorted(path.parent.name for path in PAIRS.glob("*/expected.md"))
UNCHANGED = {"any-id-rewritten", "same", "equivalent-rewrite", "renamed-construct"}
NARROWED = {"grant-removed", "narrowed", "mfa-required", "partly-denied"}


def run(name: str, *more: str) -> int:
    """Return the exit code of the review of one pair."""
    return main(["review", *sides_of(name), "--compare-only", *more])


def test_there_are_all_the_pairs() -> None:
    """Every prepared pair has its expected text, and there are at least twelve."""
    assert sorted(path.parent.name for path in PAIRS.glob("*/base")) == NAMES
    assert len(NAMES) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_says_what_is_expected(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The Markdown is exactly the reviewed one, and the exit code says whether access was broadened."""
    code = run(name)
    assert capsys.readouterr().out == (PAIRS / name / "expected.md").read_text(encoding="utf-8")
    assert code == (0 if name in UNCHANGED | NARROWED else 1)


@pytest.mark.parametrize("name", NAMES)
def test_turned_round_it_says_the_opposite(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With base and head exchanged, broadened becomes narrowed and the other way round."""
    run(name, "--format=json")
    there = capsys.readouterr().out
    sides = [f"--{option}={PAIRS / name / side / 'cdk.out'}" for option, side in (("base", "head"), ("head", "base"))]
    main(["review", *sides, "--format=json", "--compare-only"])
    back = capsys.readouterr().out
    turned = there.replace('"broadened"', "?").replace('"narrowed"', '"broadened"').replace("?", '"narrowed"')
    assert back.count('"broadened"') == turned.count('"broadened"')
    assert back.count('"narrowed"') == turned.count('"narrowed"')


@pytest.mark.parametrize(("choice", "code"), [("broadened", 0), ("any", 1), ("never", 0)])
def test_fail_on_decides_about_narrowed_access(choice: str, code: int) -> None:
    """Narrowed access fails with --fail-on any alone."""
    assert run("narrowed", f"--fail-on={choice}") == code


def test_never_fails_on_nothing(tmp_path: Path) -> None:
    """With --fail-on never broadened access ends with 0, and --output has the report."""
    file = tmp_path / "review.md"
    assert run("new-action", "--fail-on=never", f"--output={file}") == 0
    assert file.read_text(encoding="utf-8") == (PAIRS / "new-action" / "expected.md").read_text(encoding="utf-8")


def test_a_foreign_access_toml_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    """A template that was made from another access.toml isn't compared."""
    assert run("new-action", f"--head-config={PAIRS / 'new-action' / 'base' / 'access.toml'}") == 2
    assert "made from another access.toml" in capsys.readouterr().err


def test_a_missing_folder_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without a synthesized output is named, with what to do."""
    file = PAIRS / "same" / "base" / "access.toml"
    arguments = [f"--base={tmp_path / 'none'}", f"--head={PAIRS / 'same' / 'head' / 'cdk.out'}"]
    assert main(["review", *arguments, f"--base-config={file}"]) == 2
    assert "there is no such folder; run" in capsys.readouterr().err
