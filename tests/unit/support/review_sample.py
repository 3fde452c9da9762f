"""A sample review with the same name in every value from outside."""

from pathlib import Path

from temp_access.cfn.source_location import SourceLocation
from temp_access.iam.symbolic.queries import Witness
from temp_access.lint.model import Finding
from temp_access.proofs.claim import Claim, ClaimStatus
from temp_access.review.access_map import AccessMap, Column, Edge, Node
from temp_access.review.administrators import Administrator
from temp_access.review.attachments import LastVerification, LintDelta, ProbeSummary, ProofResults
from temp_access.review.managed_policies import ManagedPolicy
from temp_access.review.matrix import COLUMNS, GrantRow, Matrix
from temp_access.review.model import Cause, Change, Direction, Review, Unknown
from temp_access.review.report import ReviewReport
from temp_access.verify.probes import Verdict

PAIRS = Path(__file__).parents[2] / "data" / "review"
HOSTILE = 'x"]|`</code>@all[y](javascript:z)\n```\n</svg><script>alert(1)</script>\u202e\x1b&lt;'


def snapshot_arguments(name: str) -> list[str]:
    """Return the command-line arguments for a prepared pair."""
    return [f"--{snapshot}={PAIRS / name / snapshot / 'cdk.out'}" for snapshot in ("base", "head")]


def report_of(name: str) -> ReviewReport:
    """Return a report with `name` as every value from outside."""
    key = SourceLocation(file="access.toml", line=1, key=f"grants.{name}")
    construct = SourceLocation(
        file="stacks/access.py", line=2, construct=f"TempAccess/{name}", id_=name, logical_id=name
    )
    change = Change(name, Direction.BROADENED, f"{name} can now read {name}", Cause(f"there: {name}", (key,)), name)
    lost = Change("the bucket", Direction.NARROWED, f"the bucket: {name}", Cause(name, (construct,)))
    access_map = AccessMap(
        (
            Node(name, Column.CALLER),
            Node("temp-role", Column.ROLE, (name,), Direction.BOTH),
            Node("f/", Column.RESOURCE),
        ),
        (
            Edge(name, "temp-role", "may assume", "new", Direction.BROADENED),
            Edge("temp-role", "f/", f"{name}: read", "removed", Direction.NARROWED),
            Edge(name, "f/", "direct access", "", Direction.BOTH),
        ),
        omitted=3,
    )
    witness = Witness(name, name, name, name)
    return ReviewReport(
        review=Review((change, lost), (Unknown(f"{name} isn't read", (construct,)), Unknown(name)), (name,)),
        map=access_map,
        matrix=Matrix((GrantRow(name, "read", f"{name}/", 3600, ((False, True),) * len(COLUMNS)),), 2),
        lint=LintDelta(((Finding("Everyone", name, None, name, name), construct),), 1, 0),
        proofs=ProofResults((Claim(name, ClaimStatus.REFUTED, witness, 0.1, name),)),
        verification=LastVerification(
            name, name, name, name, name, False, (ProbeSummary(name, name, Verdict.FAILED, name),)
        ),
        config_file="access.toml",
        administrators=(Administrator(name, (name, name), True),),
        policies=(ManagedPolicy(name, name, name, "new"), ManagedPolicy(name, name, name)),
    )
