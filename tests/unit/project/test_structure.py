"""The structure of the code: the import contracts, one meaning for each class name, and modules of readable length."""

import ast
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.unit.support.config_file import ROOT

PACKAGES = ("temp_access", "constructs/access_constructs", "stacks")
MAX_LINES = 300


def modules() -> list[Path]:
    """Return the product's Python files."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def check_contracts(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the import contracts of pyproject.toml on the packages in `root`."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = ['.', 'constructs']; {command}", "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with a copy of the packages and their contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES[:2]:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_import_contracts_are_kept(copy: Path) -> None:
    """Rooms import from lower layers, without circles, and the general part knows nothing about access.toml."""
    checked = check_contracts(copy)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("module", "statement", "contract", "edge"),
    [
        (
            "policies/role_policy.py",
            "import temp_access.verify.probes",
            "Rooms import from lower layers only",
            "policies.role_policy -> temp_access.verify",
        ),
        ("iam/decision.py", "import temp_access.iam.evaluator", "No circles of modules", ".decision -> .evaluator"),
        (
            "lint/model.py",
            "import temp_access.config.model",
            "The general part knows nothing about access.toml",
            "lint.model -> temp_access.config",
        ),
    ],
)
def test_a_broken_import_contract_fails(copy: Path, module: str, statement: str, contract: str, edge: str) -> None:
    """One import in the wrong direction fails the check, which names the contract and the import."""
    path = copy / "temp_access" / module
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{statement}\n", encoding="utf-8")

    checked = check_contracts(copy)

    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert f"{contract} BROKEN" in checked.stdout
    assert edge in checked.stdout


def test_class_names_are_unique() -> None:
    """No two modules define a class of the same name."""
    names = Counter(
        node.name
        for path in modules()
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_module_is_too_long() -> None:
    """No module is longer than 300 lines."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > MAX_LINES} == {}
