"""The extras of pyproject.toml, and the error if one isn't installed."""

import argparse
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import boto3
import pytest

from temp_access.cli.cdk import run_cdk
from temp_access.cli.main import main
from temp_access.errors import EXTRAS, MissingExtraError, require_extra
from tests.unit.support.config_file import BOB, ROOT

SNAPSHOTS = [f"--{side}={ROOT}/tests/data/review/same/{side}/cdk.out" for side in ("base", "head")]


def test_each_module_is_installed_by_its_extra() -> None:
    """Every extra that an error names is in pyproject.toml, with the package of each module."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = {
        extra: {re.split(r"[=><]", requirement)[0].lower() for requirement in requirements}
        for extra, requirements in project["optional-dependencies"].items()
    }
    distributions = packages_distributions()
    assert set(packages) == set(EXTRAS)
    for extra, modules in EXTRAS.items():
        for module in modules:
            assert packages[extra].intersection(name.lower() for name in distributions[module]), module


@pytest.mark.parametrize("extra", EXTRAS)
def test_all_extras_are_installed_in_a_checkout(extra: str) -> None:
    """requirements.txt contains their packages."""
    require_extra(extra)


@pytest.mark.parametrize("extra", EXTRAS)
def test_a_missing_extra_is_named(extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is an ImportError that shows the command that installs the extra."""
    monkeypatch.setitem(sys.modules, EXTRAS[extra][0], None)
    with pytest.raises(MissingExtraError) as error:
        require_extra(extra)
    assert isinstance(error.value, ImportError)
    assert str(error.value) == (
        f"{EXTRAS[extra][0]} can't be imported; this needs the extra {extra!r}: pip install 'temp-access[{extra}]'"
    )


@pytest.mark.parametrize(
    ("extra", "arguments"),
    [
        ("prove", ["prove", "--template", "nowhere"]),
        ("lint", ["lint", "--template", "nowhere"]),
        ("lint", ["review", *SNAPSHOTS]),
        ("local", ["local", "start", "--state", "nowhere"]),
        ("local", ["local", "env", "--state", "nowhere"]),
        ("local", ["credentials", "bob", "--local", "--state", "nowhere"]),
        ("local", ["verify", "--local", "--state", "nowhere"]),
    ],
)
def test_a_command_names_the_extra_that_it_needs(
    extra: str,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It exits with 2 before it does anything, without a traceback."""
    monkeypatch.setitem(sys.modules, EXTRAS[extra][0], None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "access.toml").write_text(BOB, encoding="utf-8")
    assert main(arguments) == 2
    assert f"needs the extra {extra!r}: pip install 'temp-access[{extra}]'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["access.toml"]


def test_a_review_without_the_solver_names_the_missing_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The comparison and the lint section don't need the solver, but without the proofs the review can't tell."""
    monkeypatch.setitem(sys.modules, "cvc5", None)
    assert main(["review", *SNAPSHOTS]) == 3
    output = capsys.readouterr().out
    assert output.startswith("## The review can't tell")
    assert "needs the extra 'prove'" in output


def test_a_comparison_alone_needs_no_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It only reads two synthesized outputs."""
    for modules in EXTRAS.values():
        for module in modules:
            monkeypatch.setitem(sys.modules, module, None)
    assert main(["review", *SNAPSHOTS, "--compare-only"]) == 0
    assert capsys.readouterr().out.startswith("#")


def test_the_cdk_cli_needs_the_extra_cdk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the check, app.py would fail with a traceback when it imports aws_cdk."""
    (tmp_path / "node_modules" / ".bin").mkdir(parents=True)
    for file in ("cdk.json", "node_modules/.bin/cdk"):
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "aws_cdk", None)
    with pytest.raises(MissingExtraError, match="needs the extra 'cdk'"):
        run_cdk(
            argparse.Namespace(config=tmp_path / "access.toml", env=None),
            boto3.Session(region_name="eu-central-1"),
            "synth",
        )
