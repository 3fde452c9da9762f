"""A made-up review in which every text from outside is the same name."""

from pathlib import Path

from temp_access.cfn.source_location import SourceLocation
from temp_access.iam.symbolic.queries import Witness
from temp_access.lint.model import Finding
from temp_access.proofs.claim import Claim, ClaimStatus
from temp_access.review.access_map import AccessMap, Column, Edge, Node
from temp_access.review.attachments import LastVerification, LintDelta, ProbeSummary, ProofResults
from temp_access.review.matrix import COLUMNS, Matrix, Row
from temp_access.review.model import Cause, Change, Direction, Review
from temp_access.review.report import ReviewReport
from temp_access.verify.probes import Verdict

PAIRS = Path(__file__).parents[2] / "data" / "review"
HOSTILE = 'x"]|`</code>@all[y](javascript:z)\n```\n</svg><script>alert(1)</script>\u202e\x1b&lt;'


def sides_of(name: str) -> list[str]:
    """Return the arguments that name a prepared pair."""
    return [f"--{side}={PAIRS / name / side / 'cdk.out'}" for side in ("base", "head")]


def report_of(name: str) -> ReviewReport:
    """Return a report in which every text from outside is `name`."""
    written = SourceLocation(file="access.toml", line=1, key=f"grants.{name}")
    made = SourceLocation(file="stacks/access.py", line=2, construct=f"TempAccess/{name}", id_=name, logical_id=name)
    change = Change(name, Direction.BROADENED, f"{name} can now read {name}", Cause(f"there: {name}", (written,)), name)
    lost = Change("the bucket", Direction.NARROWED, f"the bucket: {name}", Cause(name, (made,)))
    drawn = AccessMap(
        (Node(name, Column.CALLER), Node("temp-role", Column.ROLE, (name,), Direction.BOTH), Node("f/", Column.PLACE)),
        (
            Edge(name, "temp-role", "may assume", "new", Direction.BROADENED),
            Edge("temp-role", "f/", f"{name}: read", "removed", Direction.NARROWED),
            Edge(name, "f/", "directly", "", Direction.BOTH),
        ),
        left_out=3,
    )
    witness = Witness(name, name, name, name)
    return ReviewReport(
        review=Review((change, lost)),
        map=drawn,
        matrix=Matrix((Row(name, "read", f"{name}/", 3600, ((False, True),) * len(COLUMNS)),), 2),
        lint=LintDelta(((Finding("Everyone", name, None, name, name), made),), 1, 0),
        proofs=ProofResults((Claim(name, ClaimStatus.REFUTED, witness, 0.1, name),)),
        verified=LastVerification(
            name, name, name, name, name, False, (ProbeSummary(name, name, Verdict.FAILED, name),)
        ),
        config_file="access.toml",
    )
