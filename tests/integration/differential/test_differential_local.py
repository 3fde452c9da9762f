"""Random policies, really called with boto3 in the local AWS, and decided by the evaluator: both must say the same.

More of them: `DIFFERENTIAL_WORLDS=200 DIFFERENTIAL_SEED=1000 pytest -s tests/integration/differential`.
"""

import os

import pytest

from tests.integration.differential.answers import Case, ask
from tests.integration.differential.calls import get
from tests.integration.differential.gaps import EVERYONE, GAPS, NO_ACCOUNT, UNRESOLVED, Gap, local_answer
from tests.integration.differential.names import Names
from tests.integration.differential.random_policies import Body
from tests.integration.differential.things import Deployer, Documents, Things
from tests.integration.differential.world import cases

pytestmark = pytest.mark.integration
FIRST, WORLDS = int(os.environ.get("DIFFERENTIAL_SEED", "0")), int(os.environ.get("DIFFERENTIAL_WORLDS", "40"))
BLOCK = 10
_GET_ALL = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
_NOT_S3 = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}


@pytest.mark.parametrize("first", range(FIRST, FIRST + WORLDS, BLOCK))
def test_random_policies_are_decided_alike(deployer: Deployer, first: int) -> None:
    """Every answer of the local AWS is the evaluator's, but for what the known gaps explain, call by call."""
    seeds = range(first, min(first + BLOCK, FIRST + WORLDS))
    asked = [case for seed in seeds for case in cases(deployer, seed, calls=8, assumes=6)]

    print(_summary(asked))
    unexplained = [str(case) for case in asked if case.local is not local_answer(case)]
    assert not unexplained, "\n\n".join(unexplained)
    allowed = sum(case.local for case in asked)
    assert len(asked) / 10 < allowed < len(asked) * 9 / 10


def _document(statement: Body) -> Body:
    return {"Version": "2012-10-17", "Statement": statement}


def _names(index: int) -> Names:
    return Names(f"gap-{index}", f"gap-user-{index}", f"gap-role-{index}")


def _example(gap: Gap, names: Names) -> Documents:
    """Return the smallest policies with which a user's call is answered otherwise."""
    if gap is EVERYONE:
        everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{names.bucket_arn}/*"}
        return Documents(_document(_GET_ALL), boundary=_document(_NOT_S3), bucket=_document(everyone))
    if gap is NO_ACCOUNT:
        spared = {"NotPrincipal": {"AWS": names.user_arn}, "Resource": f"{names.bucket_arn}/*"}
        return Documents(_document(_GET_ALL), bucket=_document({"Effect": "Deny", "Action": "s3:*", **spared}))
    assert gap is UNRESOLVED
    excluded = f"{names.bucket_arn}/${{aws:PrincipalTag/none}}/*"
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": excluded}
    return Documents(_document(statement))


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap.name)
def test_a_known_gap_is_still_there(deployer: Deployer, gap: Gap) -> None:
    """When the local AWS answers as AWS does, its gap has to go from the list."""
    names = _names(GAPS.index(gap))
    documents = _example(gap, names)
    things = Things(deployer, names)
    user = things.user(documents)
    things.bucket(documents.bucket)
    call = get(names, "bob/x")

    case = ask(gap.name, user, call, {})

    assert not case.agrees, f"{gap.name}: the local AWS answers as AWS does now; take it out of gaps.py and docs"
    assert gap.allows(user, call, documents) is case.local


def _summary(asked: list[Case]) -> str:
    otherwise = [case for case in asked if not case.agrees]
    explained = {
        gap.name: sum(gap.allows(case.caller, case.call, case.caller.documents) is case.local for case in otherwise)
        for gap in GAPS
    }
    counts = ", ".join(f"{name}: {count}" for name, count in explained.items())
    return f"{len(asked)} calls, {sum(case.local for case in asked)} allowed, {len(otherwise)} otherwise ({counts})"
