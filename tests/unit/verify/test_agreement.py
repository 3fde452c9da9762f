"""The agreement of live verdicts with the evaluator, where a policy can't be read or isn't known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from temp_access.access_file import load
from temp_access.deployment.deployed import decode_document
from temp_access.deployment.effective_policies import EffectivePolicies, known_document, template_policies
from temp_access.deployment.stacks import read_stacks
from temp_access.deployment.state import State
from temp_access.errors import TempAccessError
from temp_access.verify.live.calls import observe_trust
from temp_access.verify.offline.run import cross_check, evaluator_calls, run_offline
from temp_access.verify.outcomes import OutcomeType, may_be_transient
from temp_access.verify.plan.plan import make_plan
from temp_access.verify.plan.user import decide_for_user
from temp_access.verify.probes import Result, Runner, TrustCheck, Verdict
from tests.unit.support.config_file import config_of
from tests.unit.support.planning import RUN, TARGET, plan_of
from tests.unit.support.synthesis import synthesize

TOML = """\
[user]
[[role.trusted]]
principal = "role/build"
[grants.bob]
access = "read"
"""
UNKNOWN_ARN = "arn:aws:iam::111122223333:policy/elsewhere"
Check = Callable[[Callable[[State], State]], Result]


@pytest.fixture(scope="module", name="check")
def _check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Compare the verdicts of the templates' policies with those of an edited state."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "access.toml").write_text(TOML, encoding="utf-8")
    config = load(folder / "access.toml")
    synthesize(config, outdir=folder / "cdk.out")
    policies = template_policies(config, read_stacks(folder / "cdk.out", config=config))
    plan = make_plan(
        config,
        list(config.grants.values()),
        policies.target,
        RUN,
        decide_for_user=decide_for_user(config, policies.target, known_document),
        other_bucket="another-bucket",
        deployer_is_untrusted=True,
    )
    probes = [each for each in plan.probes if Runner.OFFLINE in each.runners]
    live = list(run_offline(probes, evaluator_calls(config, policies)))
    assert {each.verdict for each in live} == {Verdict.PASSED}

    def documents(arn: str) -> Any:
        raise TempAccessError(f"the managed policy {arn} can't be read: AccessDenied", exit_code=3)

    def check(edit: Callable[[State], State]) -> Result:
        edited = EffectivePolicies(policies.target, edit(policies.state), documents)
        return cross_check(live, evaluator_calls(config, edited))

    return check


def test_the_same_verdicts_pass(check: Check) -> None:
    result = check(lambda state: state)
    assert result.verdict is Verdict.PASSED
    assert result.observed.startswith("the same verdict for ")


def with_statement(**statement: Any) -> Callable[[State], State]:
    """Return the edit that adds a Deny to the bucket policy."""

    def edit(state: State) -> State:
        document = dict(state.bucket.policy or {})
        objects = f"arn:aws:s3:::{state.bucket.name}/*"
        everything = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": objects}
        document["Statement"] = [*document["Statement"], {**everything, **statement}]
        return replace(state, bucket=replace(state.bucket, policy=document))

    return edit


def with_attached(state: State) -> State:
    """Attach a managed policy that can't be read."""
    permissions = replace(state.role.permissions, attached={UNKNOWN_ARN: None})
    return replace(state, role=replace(state.role, permissions=permissions))


def with_group(state: State) -> State:
    """Put the user into a group."""
    return replace(state, user=replace(state.user, groups=("staff",)))


def with_bucket_policy(policy: Any) -> Callable[[State], State]:
    """Return the edit that replaces the bucket policy."""
    return lambda state: replace(state, bucket=replace(state.bucket, policy=policy))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (with_statement(Condition={"StringResembles": {"aws:username": "x"}}), "StringResembles"),
        (with_statement(Condition={"StringNotLike": {"aws:userid": "AROAEXAMPLEEXAMPLE:*"}}), "aws:userid"),
        (with_attached, f"the managed policy {UNKNOWN_ARN} can't be read"),
        (with_group, "the policies of temp-user's groups (staff)"),
        (with_bucket_policy(decode_document("not JSON")), "bucket policy"),
        (with_bucket_policy({}), "bucket policy"),
    ],
)
def test_what_is_not_known_is_no_agreement(check: Check, edit: Callable[[State], State], reason: str) -> None:
    """The check is inconclusive and names it."""
    result = check(edit)
    assert result.verdict is Verdict.INCONCLUSIVE, result.observed
    assert reason in result.observed


def test_a_difference_fails(check: Check) -> None:
    """Also next to something that isn't known."""
    assert check(with_statement()).verdict is Verdict.FAILED
    assert check(lambda state: with_statement()(with_group(state))).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    "value", ["not JSON", "null", "[]", "%7B", [], None, ["a"], "[" * 100_000], ids=lambda value: str(value)[:8]
)
def test_a_document_that_is_none_is_no_empty_policy(check: Check, value: Any) -> None:
    """It may allow and deny everything."""
    document = decode_document(value)
    assert check(with_bucket_policy(document)).verdict is Verdict.INCONCLUSIVE


def test_a_deployed_trust_policy_with_an_odd_part(tmp_path: Path) -> None:
    """The outcome is undecided and isn't tried again, because waiting changes nothing."""
    role = "arn:aws:iam::111122223333:role/build"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": "sts:AssumeRole",
        "Condition": {"StringResembles": {"aws:username": "x"}},
    }
    outcome = observe_trust(TrustCheck(role), {"Version": "2012-10-17", "Statement": statement}, TARGET)
    assert outcome.kind is OutcomeType.UNDECIDED
    [name] = outcome.depends_on
    assert "StringResembles" in name
    assert not any(may_be_transient(each, outcome) for each in plan_of(config_of(tmp_path, TOML)).probes)
