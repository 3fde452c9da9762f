"""What `policy` says about the session policy's size: a range, and a warning where STS may refuse it."""

import random
import re
from pathlib import Path

import pytest

from temp_access.cli.main import main

# Equal in length; the second packs badly.
REGULAR = "/".join(["measurements-of-station-number-1"] * 18)
IRREGULAR = "/".join(f"{random.Random(number).getrandbits(128):032x}" for number in range(18))  # noqa: S311


def size_line(path: Path, folder: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines of standard error before the one about the role."""
    file = path / "access.toml"
    file.write_text(f'[grants.bob]\naccess = "read"\nfolder = "{folder}"\n')
    assert main(["policy", "bob", "--config", str(file), "--bucket", "example", "--minimal"]) == 0
    return capsys.readouterr().err.partition("without the session policy")[0].splitlines()


def size_range(line: str) -> tuple[int, int]:
    """Return the percentages; other versions of zlib give slightly other ones."""
    found = re.fullmatch(r"1513 of 2048 characters; estimated packed size (\d+)% to (\d+)% of the limit", line)
    assert found, line
    return int(found[1]), int(found[2])


def test_the_packed_size_is_a_range(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said to be sure; a policy that packs well has no warning, however long it is."""
    (line,) = size_line(tmp_path, REGULAR, capsys)
    low, high = size_range(line)
    assert low < high <= 60


def test_a_policy_that_may_be_refused_has_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is printed all the same, and the exit code is 0: STS may accept it."""
    line, warning = size_line(tmp_path, IRREGULAR, capsys)
    low, high = size_range(line)
    assert low < 100 < high
    assert warning == (
        "warning: STS may refuse this session policy as too large once packed; --check asks it, and a shorter folder "
        "or fewer actions pack better"
    )
