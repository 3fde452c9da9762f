"""The access map, the matrix, and the attachments of a report: lint, proofs and the last verification."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from temp_access.cli.main import main
from temp_access.errors import UserError
from temp_access.iam.symbolic.queries import Witness
from temp_access.proofs.claim import Claim, ClaimStatus, downgrade
from temp_access.review.access_map import access_map
from temp_access.review.attachments import ProofResults, add_proofs, lint_delta, read_verification
from temp_access.review.matrix import COLUMNS, matrix
from temp_access.review.model import Cause, Change, Direction, Review
from temp_access.review.render.html import to_html
from temp_access.review.render.json_report import to_json
from temp_access.review.report import review
from temp_access.review.snapshot import Snapshot, read_snapshot
from tests.unit.support.review_edits import Edit, Templates, add_bucket_statement, edited_snapshots, properties
from tests.unit.support.review_sample import PAIRS, report_of, snapshot_arguments

UNKNOWN_ARN = "arn:aws:iam::111122223333:policy/elsewhere"


def snapshots(name: str) -> tuple[Snapshot, Snapshot]:
    """Return both snapshots of a prepared pair."""
    base, head = (read_snapshot(each, PAIRS / name / each / "cdk.out", None) for each in ("base", "head"))
    return base, head


def cells(name: str, id_: str) -> dict[str, tuple[bool | None, bool | None]]:
    """Return a grant's row of the matrix."""
    [row] = [row for row in matrix((), *snapshots(name)).rows if row.id == id_]
    return dict(zip(COLUMNS, row.cells, strict=True))


def test_the_matrix_shows_decisions_before_and_after() -> None:
    """The matrix shows a wider mode by operation; a new grant had no access before, a removed one has none after."""
    assert cells("new-action", "bob")["delete"] == (False, True)
    assert cells("new-action", "bob")["read"] == (True, True)
    assert cells("grant-added", "alice")["upload"] == (False, True)
    assert cells("grant-removed", "alice")["upload"] == (True, False)


def test_the_matrix_includes_the_bucket_policy() -> None:
    """A Deny in the bucket policy counts, and so does an Allow for every principal."""
    assert cells("removed-deny", "bob")["delete"] == (False, True)
    assert cells("public-read", "bob")["outside"] == (False, False)


def test_the_matrix_shows_what_is_not_known(tmp_path: Path) -> None:
    """A decision that depends on a key without a known value is neither yes nor no."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject"}
    condition = {"StringEquals": {"aws:UserAgent": "x"}}
    base, head = edited_snapshots(tmp_path, add_bucket_statement("*", **statement, Condition=condition))
    table = matrix((), base, head)
    assert table.rows[0].cells[COLUMNS.index("read")] == (True, None)
    assert table.rows[0].cells[COLUMNS.index("list")] == (True, True)
    report = dataclasses.replace(report_of("bob"), matrix=table)
    assert '<span aria-hidden="true">?</span> not known' in to_html(report)
    assert '"read": {\n          "before": true,\n          "after": null' in to_json(report)


def set_properties(kind: str, **values: Any) -> Edit:
    """Return the edit that sets properties of the only resource of a type."""
    return lambda templates: properties(templates, kind).update(values)


def access_point(templates: Templates) -> None:
    """Add an access point, which isn't read."""
    templates["TempAccess"]["Resources"]["More"] = {"Type": "AWS::S3::AccessPoint", "Properties": {"Bucket": "b"}}


@pytest.mark.parametrize(
    ("edit", "read", "outside"),
    [
        (set_properties("AWS::IAM::Role", ManagedPolicyArns=[UNKNOWN_ARN]), None, False),
        (set_properties("AWS::IAM::Role", PermissionsBoundary=UNKNOWN_ARN), None, False),
        (set_properties("AWS::IAM::User", ManagedPolicyArns=[UNKNOWN_ARN]), True, False),
        (access_point, True, None),
        (set_properties("AWS::IAM::User", Path="/staff/"), None, None),
        (set_properties("AWS::IAM::Role", Path="/staff/"), True, False),
    ],
)
def test_the_matrix_says_what_is_known(edit: Edit, read: bool | None, outside: bool | None, tmp_path: Path) -> None:
    """A policy of the role without a document may deny everything, and what isn't read may allow or deny."""
    row = matrix((), *edited_snapshots(tmp_path, edit)).rows[0]
    assert row.cells[COLUMNS.index("read")] == (True, read)
    assert row.cells[COLUMNS.index("outside")] == (False, outside)


def test_the_map_shows_callers_and_folders() -> None:
    """The map shows callers, the role and folders, including unchanged ones."""
    base, head = snapshots("grant-added")
    graph = access_map(review(base, head), base, head)
    labels = {(edge.source, edge.target): edge.full_label for edge in graph.edges}
    assert labels["temp-user", "temp-role"] == "may assume"
    assert labels["temp-role", "bob/"] == "bob: read"
    assert labels["temp-role", "inbox/alice/"] == "alice: write (new)"


def test_the_map_prefers_grants_that_changed() -> None:
    """A map of one grant shows the new grant, and counts the other."""
    base, head = snapshots("grant-added")
    graph = access_map(review(base, head), base, head, limit=1)
    assert graph.omitted == 1
    assert "inbox/alice/" in {edge.target for edge in graph.edges}
    assert "bob/" not in {edge.target for edge in graph.edges}


def test_lint_delta_lists_new_findings_only() -> None:
    """A finding that base has too isn't new, and neither is one of a renamed construct."""
    assert [finding.rule for finding, _ in lint_delta(*snapshots("session-named")).new] == ["SessionPrincipal"]
    assert lint_delta(*snapshots("renamed-construct")).new == ()
    base, head = snapshots("session-named")
    assert [finding.rule for finding, _ in lint_delta(head, base).new] == []
    assert lint_delta(head, base).resolved == 1


def test_lint_delta_recognizes_a_renamed_resource_in_a_message(tmp_path: Path) -> None:
    """A finding whose message names a resource stays the same when the resource is renamed."""
    renamed = tmp_path / "renamed"
    shutil.copytree(PAIRS / "wider-prefix" / "head", renamed)
    for file in (renamed / "cdk.out").glob("*.template.json"):
        file.write_text(file.read_text(encoding="utf-8").replace("Folders5DC27E26", "Files00000000"), encoding="utf-8")
    _, base = snapshots("wider-prefix")
    delta = lint_delta(base, read_snapshot("head", renamed / "cdk.out", None))
    assert (delta.new, delta.resolved) == ((), 0)
    assert delta.unchanged >= 1


def test_a_witness_of_new_access_makes_the_review_broadened() -> None:
    """If the comparison finds no new access but a proof has a witness for it, the review reports the witness."""
    claim = Claim("no new access: the user", ClaimStatus.REFUTED, Witness("the user may fly", "u", "a", "r"))
    result = add_proofs(Review(()), ProofResults((claim,)))
    assert result.headline is Direction.BROADENED
    assert result.changes[0].description == "the user may fly"
    proved = Claim("no new access: the user", ClaimStatus.PROVED)
    assert add_proofs(Review(()), ProofResults((proved,))).headline is Direction.UNCHANGED
    unknown = Claim("no new access: the user", ClaimStatus.UNKNOWN, Witness("the user may swim", "u", "a", "r"))
    assert [change.description for change in add_proofs(Review(()), ProofResults((unknown,))).changes] == []


def test_an_undecided_claim_of_no_new_access_is_not_known() -> None:
    """It counts unless the review compares the reason by itself; other claims say nothing about the change."""
    unknown = Claim("no new access: the user", ClaimStatus.UNKNOWN, note="timed out")
    result = add_proofs(Review(()), ProofResults((unknown,)))
    assert result.headline is Direction.UNKNOWN
    assert [each.description for each in result.unknown] == [
        "it isn't proved that there is no new access: the user: timed out"
    ]
    unread = downgrade(Claim("no new access: the user", ClaimStatus.PROVED), "not modeled: X")
    other = Claim("isolation: a session", ClaimStatus.UNKNOWN, note="timed out")
    both = downgrade(unknown, "not modeled: X")
    assert add_proofs(Review(()), ProofResults((unread, other))).headline is Direction.UNCHANGED
    assert add_proofs(Review(()), ProofResults((both,))).headline is Direction.UNKNOWN
    lost = Change("temp-user", Direction.NARROWED, "less", Cause("there", ()))
    assert add_proofs(Review((lost,)), ProofResults((unknown,))).headline is Direction.UNKNOWN


def test_a_review_without_proofs_is_not_known() -> None:
    """If nothing could be proved, the review says why."""
    result = add_proofs(Review(()), ProofResults(skip_reason="the solver is missing"))
    assert result.headline is Direction.UNKNOWN
    assert result.unknown[0].description == "nothing was proved: the solver is missing"


@pytest.mark.parametrize(
    "name",
    [
        "same",
        "equivalent-rewrite",
        "renamed-construct",
        "narrowed",
        "mfa-required",
        "borrower-removed",
        "borrower-sso-person",
        "borrowers-need-mfa",
        "user-removed",
        "tags",
    ],
)
def test_the_proofs_agree_that_nothing_is_broadened(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """If the review reports no new access, every claim of no new access is proved."""
    pytest.importorskip("cvc5")
    assert main(["review", *snapshot_arguments(name), "--format=json"]) == 0
    claims = json.loads(capsys.readouterr().out)["proofs"]["claims"]
    statuses = [claim["status"] for claim in claims if claim["name"].startswith("no new access")]
    assert statuses
    assert set(statuses) == {"proved"}


def verification(folder: Path, digest: str, **more: object) -> Path:
    """Return a file as `temp-access verify --json` writes it."""
    probe = {"group": "role", "title": "t", "verdict": "failed", "observed": "secret_access_key=abcdefghijkl"}
    report = {"schema": 1, "account": "1", "region": "r", "bucket": "b", "run": "x", "config_digest": digest}
    file = folder / "verify.json"
    file.write_text(json.dumps({**report, "probes": [probe], **more}), encoding="utf-8")
    return file


def test_a_verification_names_the_access_toml_that_it_verified(tmp_path: Path) -> None:
    """It is head's, base's or another one, and only head's counts as this change's."""
    base, head = snapshots("new-action")
    digests = {head.config.digest: "of this change", base.config.digest: "before this change", "0": "another"}
    for digest, source in digests.items():
        result = read_verification(verification(tmp_path, digest), base, head)
        assert source in result.config_source
        assert result.matches_head is (digest == head.config.digest)
        assert result.counts == "1 probe: 0 passed, 1 failed, 0 inconclusive"


def test_a_verification_shows_no_secret(tmp_path: Path) -> None:
    """Anything that looks like a credential is masked, whatever wrote the file."""
    result = read_verification(verification(tmp_path, "0"), *snapshots("same"))
    assert result.not_passed[0].observed == "secret_access_key=[masked]"


@pytest.mark.parametrize(
    "more", [{"schema": 2}, {"probes": [{}]}, {"probes": 3}, {"bucket": None}, {"probes": [{"verdict": "maybe"}]}]
)
def test_rejects_another_file_as_verification(tmp_path: Path, more: dict[str, object]) -> None:
    """The error for a file of another shape says what to do."""
    with pytest.raises(UserError, match="isn't a report of `temp-access verify --json`"):
        read_verification(verification(tmp_path, "0", **more), *snapshots("same"))
