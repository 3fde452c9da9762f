"""What goes with the comparison: the map, the matrix, proofs, lint and the last verification."""

import json
import shutil
from pathlib import Path

import pytest

from temp_access.cli.main import main
from temp_access.errors import UserError
from temp_access.iam.symbolic.queries import Witness
from temp_access.proofs.claim import Claim, ClaimStatus
from temp_access.review.access_map import access_map
from temp_access.review.attachments import ProofResults, add_witnesses, lint_delta, read_verification
from temp_access.review.matrix import COLUMNS, matrix
from temp_access.review.model import Direction, Review
from temp_access.review.report import review
from temp_access.review.snapshot import Snapshot, read_snapshot
from tests.unit.support.review_sample import PAIRS, sides_of


def sides(name: str) -> tuple[Snapshot, Snapshot]:
    """Return both sides of a prepared pair."""
    base, head = (read_snapshot(side, PAIRS / name / side / "cdk.out", None) for side in ("base", "head"))
    return base, head


def cells(name: str, id_: str) -> dict[str, tuple[bool, bool]]:
    """Return a grant's row of the matrix."""
    [row] = [row for row in matrix((), *sides(name)).rows if row.id == id_]
    return dict(zip(COLUMNS, row.cells, strict=True))


def test_the_matrix_says_what_was_and_is_allowed() -> None:
    """A wider mode is seen by operation, a new grant was allowed nothing, a removed one is allowed nothing."""
    assert cells("new-action", "bob")["delete"] == (False, True)
    assert cells("new-action", "bob")["read"] == (True, True)
    assert cells("grant-added", "alice")["upload"] == (False, True)
    assert cells("grant-removed", "alice")["upload"] == (True, False)


def test_the_matrix_knows_the_bucket_policy() -> None:
    """A Deny of the bucket policy counts, and so does an Allow for everybody outside the folder."""
    assert cells("removed-deny", "bob")["delete"] == (False, True)
    assert cells("public-read", "bob")["outside"] == (False, False)


def test_the_map_has_who_assumes_and_what_is_reached() -> None:
    """Callers, the role and folders are there, unchanged ones included."""
    base, head = sides("grant-added")
    drawn = access_map(review(base, head), base, head)
    said = {(edge.source, edge.target): edge.words for edge in drawn.edges}
    assert said["temp-user", "temp-role"] == "may assume"
    assert said["temp-role", "bob/"] == "bob: read"
    assert said["temp-role", "inbox/alice/"] == "alice: write (new)"


def test_the_map_prefers_what_changed() -> None:
    """With room for one grant it is the new one, and the other is counted."""
    base, head = sides("grant-added")
    drawn = access_map(review(base, head), base, head, most=1)
    assert drawn.left_out == 1
    assert "inbox/alice/" in {edge.target for edge in drawn.edges}
    assert "bob/" not in {edge.target for edge in drawn.edges}


def test_lint_tells_what_is_new() -> None:
    """A finding that was there before isn't told again, neither of a construct that has another name now."""
    assert [finding.rule for finding, _ in lint_delta(*sides("session-named")).new] == ["SessionPrincipal"]
    assert lint_delta(*sides("renamed-construct")).new == ()
    base, head = sides("session-named")
    assert [finding.rule for finding, _ in lint_delta(head, base).new] == []
    assert lint_delta(head, base).gone == 1


def test_lint_knows_a_renamed_resource_in_a_message(tmp_path: Path) -> None:
    """A finding whose message names a resource is the same one after the resource was renamed."""
    renamed = tmp_path / "renamed"
    shutil.copytree(PAIRS / "wider-prefix" / "head", renamed)
    for file in (renamed / "cdk.out").glob("*.template.json"):
        file.write_text(file.read_text(encoding="utf-8").replace("Folders5DC27E26", "Files00000000"), encoding="utf-8")
    _, base = sides("wider-prefix")
    found = lint_delta(base, read_snapshot("head", renamed / "cdk.out", None))
    assert (found.new, found.gone) == ((), 0)
    assert found.old >= 1


def test_a_proof_that_finds_more_makes_it_broadened() -> None:
    """If the comparison sees no new access and the proof has a witness of it, the witness is told."""
    claim = Claim("no new access: the user", ClaimStatus.REFUTED, Witness("the user may fly", "u", "a", "r"))
    found = add_witnesses(Review(()), ProofResults((claim,)))
    assert found.headline is Direction.BROADENED
    assert found.changes[0].text == "the user may fly"
    proved = Claim("no new access: the user", ClaimStatus.PROVED)
    assert add_witnesses(Review(()), ProofResults((proved,))).headline is Direction.UNCHANGED
    unknown = Claim("no new access: the user", ClaimStatus.UNKNOWN, Witness("the user may swim", "u", "a", "r"))
    assert add_witnesses(Review(()), ProofResults((unknown,))).headline is Direction.UNCHANGED


@pytest.mark.parametrize("name", ["same", "equivalent-rewrite", "renamed-construct", "narrowed", "mfa-required"])
def test_the_proofs_agree_that_nothing_is_broadened(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no new access is told, each claim of no new access is proved."""
    pytest.importorskip("cvc5")
    assert main(["review", *sides_of(name), "--format=json"]) == 0
    claims = json.loads(capsys.readouterr().out)["proofs"]["claims"]
    new = [claim["status"] for claim in claims if claim["name"].startswith("no new access")]
    assert new
    assert set(new) == {"proved"}


def verification(folder: Path, digest: str, **more: object) -> Path:
    """Return a file like that of `temp-access verify --json`."""
    probe = {"group": "role", "title": "t", "verdict": "failed", "observed": "secret_access_key=abcdefghijkl"}
    report = {"schema": 1, "account": "1", "region": "r", "bucket": "b", "run": "x", "config_digest": digest}
    file = folder / "verify.json"
    file.write_text(json.dumps({**report, "probes": [probe], **more}), encoding="utf-8")
    return file


def test_a_verification_says_whose_access_toml_it_is_about(tmp_path: Path) -> None:
    """Head's, base's or another's; a report of another isn't taken for this change's."""
    base, head = sides("new-action")
    digests = {head.config.digest: "of this change", base.config.digest: "before this change", "0": "another"}
    for digest, words in digests.items():
        found = read_verification(verification(tmp_path, digest), base, head)
        assert words in found.about
        assert found.of_head is (digest == head.config.digest)
    assert found.counts == "1 probes: 0 passed, 1 failed, 0 inconclusive"


def test_a_verification_shows_no_secret(tmp_path: Path) -> None:
    """What looks like a credential is masked, whoever wrote the file."""
    found = read_verification(verification(tmp_path, "0"), *sides("same"))
    assert found.open[0].observed == "secret_access_key=[masked]"


@pytest.mark.parametrize(
    "more", [{"schema": 2}, {"probes": [{}]}, {"probes": 3}, {"bucket": None}, {"probes": [{"verdict": "maybe"}]}]
)
def test_another_file_is_no_verification(tmp_path: Path, more: dict[str, object]) -> None:
    """What has another shape is refused, with what to do."""
    with pytest.raises(UserError, match="isn't a report of `temp-access verify --json`"):
        read_verification(verification(tmp_path, "0", **more), *sides("same"))
