"""Probes of the user whose right outcome depends on what access.toml doesn't tell."""

from pathlib import Path

import pytest

from temp_access.verify.outcomes import Outcome, OutcomeType, judge, may_be_transient
from temp_access.verify.probes import Verdict
from tests.unit.support.config_file import BOB, config_of
from tests.unit.support.planning import plan_of, probe

TOML = """\
[user]
[[user.inline]]
name = "read"
document = { Version = "2012-10-17", Statement = [
  { Effect = "Allow", Action = "s3:GetObject", Resource = "*", Condition = { StringEquals = { CONDITION } } },
] }
reason = "a test"
"""
OUTCOMES = (
    Outcome(OutcomeType.WORKED),
    Outcome(OutcomeType.REFUSED, "AccessDenied", "because no identity-based policy allows the s3:GetObject action"),
)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_open_expectation_is_inconclusive(outcome: Outcome, tmp_path: Path) -> None:
    """Neither outcome passes or fails, and waiting changes nothing; other probes are as usual."""
    plan = plan_of(config_of(tmp_path, TOML.replace("CONDITION", '"aws:PrincipalOrgID" = "o-exampleorgid"') + BOB))
    get, put = probe(plan, "user/get"), probe(plan, "user/put")

    verdict, observed = judge(get, outcome, OUTCOMES[0], names_layers=True)
    assert verdict is Verdict.INCONCLUSIVE
    assert "which the warnings name" in observed
    assert get.depends_on == ("aws:PrincipalOrgID, which access.toml doesn't tell",)
    assert not may_be_transient(get, outcome)
    assert put.depends_on == ()
    assert judge(put, OUTCOMES[1], OUTCOMES[0], names_layers=True)[0] is Verdict.PASSED


@pytest.mark.parametrize(("name", "allowed"), [("temp-user", True), ("another", False)])
def test_a_known_key_decides(name: str, allowed: bool, tmp_path: Path) -> None:
    plan = plan_of(config_of(tmp_path, TOML.replace("CONDITION", f'"aws:username" = "{name}"') + BOB))
    assert (probe(plan, "user/get").allowed, probe(plan, "user/get").depends_on) == (allowed, ())
