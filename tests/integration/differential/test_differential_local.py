"""Calls with random policies, which the local AWS and the evaluator must decide alike.

To test more seeds: `DIFFERENTIAL_WORLDS=200 DIFFERENTIAL_SEED=1000 pytest -s tests/integration/differential`.
"""

import os

import pytest

from tests.integration.differential.calls import get_object
from tests.integration.differential.decisions import Case, compare
from tests.integration.differential.gaps import EVERYONE, GAPS, NO_ACCOUNT, UNRESOLVED, Gap, local_decision
from tests.integration.differential.names import Names
from tests.integration.differential.random_cases import random_cases
from tests.integration.differential.random_policies import Document
from tests.integration.differential.resources import Deployer, PolicyDocuments, Resources

pytestmark = pytest.mark.integration
FIRST_SEED, SEEDS = int(os.environ.get("DIFFERENTIAL_SEED", "0")), int(os.environ.get("DIFFERENTIAL_WORLDS", "40"))
SEEDS_PER_TEST = 10
_ALLOW_GET = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
_ALLOW_EC2 = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}


@pytest.mark.parametrize("first_seed", range(FIRST_SEED, FIRST_SEED + SEEDS, SEEDS_PER_TEST))
def test_random_policies_are_decided_alike(deployer: Deployer, first_seed: int) -> None:
    """The local AWS decides every call as the evaluator does, except where a known gap predicts another decision."""
    seeds = range(first_seed, min(first_seed + SEEDS_PER_TEST, FIRST_SEED + SEEDS))
    cases = [case for seed in seeds for case in random_cases(deployer, seed, calls=8, assumes=6)]

    print(_summary(cases))
    unexplained = [str(case) for case in cases if case.local_allows is not local_decision(case)]
    assert not unexplained, "\n\n".join(unexplained)
    allowed = sum(case.local_allows for case in cases)
    assert len(cases) / 10 < allowed < len(cases) * 9 / 10


def _document(statement: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": statement}


def _names(index: int) -> Names:
    return Names(f"gap-{index}", f"gap-user-{index}", f"gap-role-{index}")


def _example(gap: Gap, names: Names) -> PolicyDocuments:
    """Return the smallest policies for which the two decisions on a user's call differ."""
    if gap is EVERYONE:
        statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{names.bucket_arn}/*"}
        return PolicyDocuments(_document(_ALLOW_GET), boundary=_document(_ALLOW_EC2), bucket=_document(statement))
    if gap is NO_ACCOUNT:
        not_principal = {"NotPrincipal": {"AWS": names.user_arn}, "Resource": f"{names.bucket_arn}/*"}
        return PolicyDocuments(
            _document(_ALLOW_GET), bucket=_document({"Effect": "Deny", "Action": "s3:*", **not_principal})
        )
    assert gap is UNRESOLVED
    not_resource = f"{names.bucket_arn}/${{aws:PrincipalTag/none}}/*"
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": not_resource}
    return PolicyDocuments(_document(statement))


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap.name)
def test_a_known_gap_still_exists(deployer: Deployer, gap: Gap) -> None:
    """A gap is removed from the list as soon as the local AWS decides as AWS does."""
    names = _names(GAPS.index(gap))
    documents = _example(gap, names)
    resources = Resources(deployer, names)
    user = resources.create_user(documents)
    resources.create_bucket(documents.bucket)
    call = get_object(names, "bob/x")

    case = compare(gap.name, user, call, {})

    assert not case.agrees, (
        f"{gap.name}: the local AWS decides as AWS does now; remove the gap from gaps.py and the docs"
    )
    assert gap.allows(user, call, documents) is case.local_allows


def _summary(cases: list[Case]) -> str:
    different = [case for case in cases if not case.agrees]
    explained = {
        gap.name: sum(
            gap.allows(case.caller, case.call, case.caller.documents) is case.local_allows for case in different
        )
        for gap in GAPS
    }
    counts = ", ".join(f"{name}: {count}" for name, count in explained.items())
    allowed = sum(case.local_allows for case in cases)
    return f"{len(cases)} calls, {allowed} allowed, {len(different)} decided differently ({counts})"
