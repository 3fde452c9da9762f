"""The review names new and removed extras of a grant, unless the other snapshot has their actions anyway."""

from pathlib import Path

import pytest

from temp_access.access_file import load
from temp_access.review.access_map import access_map
from temp_access.review.matrix import matrix
from temp_access.review.model import Direction
from temp_access.review.report import review
from temp_access.review.snapshot import Snapshot, read_snapshot
from tests.unit.support.synthesis import synthesize


def snapshot(folder: Path, name: str, grant: str) -> Snapshot:
    """Return the snapshot of an access.toml with one grant, bob's."""
    place = folder / name
    place.mkdir()
    (place / "access.toml").write_text(f"[grants.bob]\n{grant}", encoding="utf-8")
    synthesize(load(place / "access.toml"), outdir=place / "cdk.out")
    return read_snapshot(name, place / "cdk.out", None)


READ, WRITER, FULL = (f'access = "{mode}"\n' for mode in ("read", "read-write", "full"))
TAGS, MORE, UPLOADS = 'extras = ["tags"]\n', 'extras = ["versions", "acl", "tags"]\n', 'extras = ["uploads"]\n'


@pytest.mark.parametrize(
    ("base", "head", "named", "headline"),
    [
        (READ, READ + TAGS, ["new extra of bob: tags"], Direction.BROADENED),
        (READ + MORE, READ + TAGS, ["removed extras of bob: versions and acl"], Direction.NARROWED),
        (READ + UPLOADS, READ + TAGS, ["new extra of bob: tags", "removed extra of bob: uploads"], Direction.BOTH),
        (WRITER, WRITER + UPLOADS, [], Direction.UNCHANGED),
        (READ + TAGS, FULL, [], Direction.BROADENED),
        (FULL + TAGS, FULL, [], Direction.UNCHANGED),
        (FULL, FULL + MORE, ["new extra of bob: versions"], Direction.BROADENED),
    ],
)
def test_names_the_extra_and_its_line(
    tmp_path: Path, base: str, head: str, named: list[str], headline: Direction
) -> None:
    """With the line of `extras` in access.toml."""
    result = review(snapshot(tmp_path, "base", base), snapshot(tmp_path, "head", head))
    changes = [change for change in result.changes if "extra" in change.description]
    assert (result.headline, [change.description for change in changes]) == (headline, named)
    for change in changes:
        assert [str(location).split(" (")[1] for location in change.cause.locations] == ["grants.bob.extras)"]


def test_the_map_and_the_matrix_name_the_extras(tmp_path: Path) -> None:
    """Beside the mode."""
    base, head = snapshot(tmp_path, "base", READ), snapshot(tmp_path, "head", READ + MORE)
    labels = [edge.label for edge in access_map(review(base, head), base, head).edges]
    assert "bob: read with tags, versions and acl" in labels
    [row] = matrix((), base, head).rows
    assert row.access == "read with tags, versions and acl"
    assert dict(zip(("list", "read", "upload", "delete", "abort", "tags"), row.cells, strict=False))["tags"] == (
        False,
        True,
    )
