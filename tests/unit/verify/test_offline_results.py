"""The results of an offline run, whose probes are made anew when they are read."""

from collections import Counter
from dataclasses import replace
from itertools import cycle

import pytest

from temp_access.access_file import load
from temp_access.config.model import Config, Grant
from temp_access.verify.offline.results import OfflineResults
from temp_access.verify.probes import Result, Runner, Verdict, VerificationReport, grouped
from temp_access.verify.report.text import redact_report
from tests.unit.support.config_file import ROOT
from tests.unit.support.planning import TARGET, plan_of

GRANTS = (
    Grant("bob", "read-write", "bob"),
    Grant("bobby", "read", "bobby"),
    Grant("st*r", "read", "st*r"),
    Grant("lister", "list", "lister"),
    Grant("everything", "full", "inbox/every"),
)
NAMES = ((), ("the policy P",))
KEY_ID = "AKIA" + "ABCDEFGH12345678"


def config_with(*grants: Grant) -> Config:
    """Return the project's configuration with other grants."""
    return replace(load(ROOT / "access.toml"), grants={grant.id: grant for grant in grants})


@pytest.mark.parametrize("runner", Runner)
@pytest.mark.parametrize("grants", [GRANTS, GRANTS[:1]])
def test_the_size_of_each_group_is_known_beforehand(runner: Runner, grants: tuple[Grant, ...]) -> None:
    """With neighbours and without, with a folder of wildcards, in every mode."""
    plan = plan_of(config_with(*grants))
    actual = Counter(probe.group for probe in plan if runner in probe.runners)

    assert plan.group_sizes(runner) == actual


def test_results_are_read_as_they_were_added() -> None:
    """Again and again, one by one, and in groups."""
    plan = plan_of(config_with(*GRANTS))
    added = [
        Result(
            probe, verdict, f"seen {number % 3}", number / 8, "succeeded" if probe.control else None, NAMES[number % 2]
        )
        for number, (probe, verdict) in enumerate(zip(plan, cycle(Verdict), strict=False))
    ]
    results = OfflineResults(lambda: plan)
    for result in added:
        results.add(result)

    assert list(results) == added
    assert list(results) == added
    assert (results[0], results[-1], list(results[3:5])) == (added[0], added[-1], added[3:5])
    assert len(results) == len(added)
    assert results.groups == grouped(added)
    with pytest.raises(IndexError):
        results[len(added)]


def test_secrets_are_redacted_when_results_are_read() -> None:
    """Also in one result, and in a part."""
    plan = plan_of(config_with(*GRANTS))
    results = OfflineResults(lambda: plan)
    for probe in plan:
        results.add(Result(probe, Verdict.FAILED, f"sent {KEY_ID}"))
    redacted = redact_report(VerificationReport(TARGET, "7f3a", results))

    shown = [*redacted.results, redacted.results[0], *redacted.results[2:4], *redacted.listed(Verdict.FAILED)]
    assert {result.observed for result in shown} == {"sent ****5678"}
    assert redacted.count(Verdict.FAILED) == len(results)
