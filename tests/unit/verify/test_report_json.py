"""The JSON report."""

import json
from typing import Any

from temp_access.verify.probes import Result, Verdict
from temp_access.verify.report.json_report import ProbeJson, ReportJson, to_json
from tests.unit.support.report_sample import HOSTILE, TARGET, put_probe, sample_report


def _parsed() -> Any:
    return json.loads(to_json(sample_report(warnings=("careful",))))


def test_has_exactly_the_documented_keys() -> None:
    """A new or removed key must be documented."""
    parsed = _parsed()

    assert set(parsed) == set(ReportJson.__annotations__)
    assert all(set(probe) == set(ProbeJson.__annotations__) for probe in parsed["probes"])


def test_names_what_was_verified() -> None:
    """Account, Region, bucket, names and the digest of the configuration."""
    parsed = _parsed()
    parsed.pop("probes")

    assert parsed == {
        "schema": 1,
        "account": "123456789012",
        "region": "us-east-1",
        "endpoint": None,
        "bucket": "temp-access-123456789012-us-east-1",
        "role": "temp-role",
        "user": "temp-user",
        "run": "7f3a9c",
        "config_digest": TARGET.digest,
        "grants_digest": TARGET.grants_digest,
        "seconds": 6.2,
        "summary": {"probes": 17, "passed": 15, "failed": 1, "inconclusive": 1},
        "warnings": ["careful"],
        "not_known": {},
    }


def test_shows_a_failed_probe_in_full() -> None:
    """With all that a program needs to explain it."""
    probe = next(probe for probe in _parsed()["probes"] if probe["verdict"] == "failed")
    cause = probe.pop("cause")

    assert cause.startswith("the session policy admits")
    assert probe == {
        "id": "bob/list-bare-prefix",
        "group": "bob",
        "title": "list with the bare prefix bob",
        "caller": {"who": "grant", "grant": "bob"},
        "call": {
            "type": "service",
            "operation": "list-v2",
            "action": "s3:ListBucket",
            "bucket": "temp-access-123456789012-us-east-1",
            "key": "",
            "prefix": "bob",
            "source": None,
        },
        "expected": "denied",
        "layer": "session policy",
        "codes": [],
        "verdict": "failed",
        "observed": "allowed: 3 keys returned",
        "control": {"caller": {"who": "role", "grant": None}, "outcome": "succeeded"},
        "runners": ["live", "offline"],
        "seconds": 0.21,
        "evaluated": False,
    }


def test_shows_each_kind_of_call() -> None:
    """AssumeRole, a comparison of state and an evaluation of the trust policy have their own fields."""
    assume, state, trust = (probe["call"] for probe in _parsed()["probes"][:3])

    assert assume == {
        "type": "assume",
        "operation": "assume-role",
        "action": "sts:AssumeRole",
        "duration": 899,
        "session_name": "probe-7f3a",
        "source_identity": None,
        "external_id": True,
        "policy_characters": 24,
    }
    assert state == {"type": "state", "aspect": "user policies"}
    assert trust["context"] == {"aws:SourceIp": "198.51.100.7"}


def test_a_passed_probe_has_no_cause() -> None:
    """A likely cause would mislead."""
    assert all((probe["cause"] is None) == (probe["verdict"] == "passed") for probe in _parsed()["probes"])


def test_keeps_hostile_ids_but_in_ascii() -> None:
    """Programs get the exact id, and a terminal that shows the file obeys nothing in it."""
    written = to_json(sample_report(Result(put_probe(id=HOSTILE), Verdict.FAILED, "no")))

    assert json.loads(written)["probes"][0]["id"] == HOSTILE
    assert written.replace("\n", "").isprintable()
    assert written.isascii()
