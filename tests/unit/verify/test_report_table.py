"""The table at the end of a run."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from temp_access.config.model import Grant
from temp_access.verify.probes import Result, Verdict, VerificationReport
from temp_access.verify.report.terminal import print_table
from tests.unit.support.report_sample import HOSTILE, list_probe, passed, put_probe, sample_report, state_probe


def _printed(report: VerificationReport, width: int = 80) -> str:
    out = io.StringIO()
    print_table(report, Console(file=out, width=width, color_system=None, force_terminal=True))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_fits_the_width(width: int) -> None:
    """No line is longer than the terminal is wide."""
    assert max(map(len, _printed(sample_report(), width).splitlines())) <= width


@pytest.mark.parametrize("width", [20, 40, 64, 80])
def test_loses_nothing_at_any_width(width: int) -> None:
    """A long result is folded, and a narrow terminal breaks the lines; no column or word is cut off."""
    grant = Grant("tenant-000000000", "read-write", "inbox/of/tenant/000000000/and/more", None)
    report = replace(sample_report(), results=(passed(list_probe(grant)),))
    rows = _printed(report, width).splitlines()

    assert rows[0].split() == ["group", "probes", "passed", "failed", "inconclusive", "result"]
    summary = "".join(row[-(len(rows[0]) - rows[0].index("result")) :] for row in rows[2 : rows.index("", 2)])
    assert "".join(summary.split()) == "ok:read-writeininbox/of/tenant/000000000/and/more/"


def test_shows_the_groups_in_the_order_of_the_report() -> None:
    """That is the order of the plan."""
    rows = _printed(sample_report()).partition("FAILED 1 of 1")[0].splitlines()[2:-1]

    assert [row[:15].strip() for row in rows] == ["assume", "deployed state", "role", "bob", "bobby"]


def test_the_result_is_clear_without_colour() -> None:
    """Each result begins with its verdict."""
    rows = {row.split()[0]: " ".join(row.split()[1:]) for row in _printed(sample_report()).splitlines()[2:7]}

    assert rows["bob"] == "2 1 1 - FAILED: 1/2 passed"
    assert rows["bobby"] == "12 12 - - ok: read in bobby/"
    assert rows["role"] == "1 - - 1 INCONCLUSIVE: 0/1 passed"


def test_shows_all_details_of_a_failed_probe() -> None:
    """Caller, call, expectation with its layer, observation, control and cause."""
    printed = " ".join(_printed(sample_report()).split())

    for text in (
        "FAILED 1 of 1: bob: list with the bare prefix bob",
        "caller temp-role, narrowed to the grant bob (read-write on bob/)",
        'call list-v2 (s3:ListBucket) on s3://temp-access-123456789012-us-east-1/, prefix "bob"',
        "expected denied, by the session policy",
        "observed allowed: 3 keys returned",
        "control temp-role, not narrowed: succeeded",
        "likely cause the session policy admits the prefix without a slash",
    ):
        assert text in printed


def test_shows_failed_before_inconclusive_probes() -> None:
    """Whatever their order in the report."""
    printed = _printed(sample_report())

    assert printed.index("FAILED 1 of 1") < printed.index("INCONCLUSIVE 1 of 1: role")


def test_labels_warnings() -> None:
    """They precede the last line."""
    lines = _printed(sample_report(warnings=("[user] is an administrator",))).splitlines()

    assert "WARNING: [user] is an administrator" in lines


def test_ends_with_one_line_of_counts_in_a_log() -> None:
    """The line isn't wrapped, so that it can be searched."""
    out = io.StringIO()
    print_table(sample_report(), out)

    assert out.getvalue().splitlines()[-1] == (
        "17 probes: 15 passed, 1 failed, 1 inconclusive in 6.2 s "
        "(account 123456789012, us-east-1, bucket temp-access-123456789012-us-east-1)"
    )


def test_names_the_endpoint_that_is_not_aws() -> None:
    """A run on the local AWS can't be mistaken for one on AWS."""
    report = sample_report()
    local = replace(report, target=replace(report.target, endpoint="https://127.0.0.1:4566"))

    assert "endpoint https://127.0.0.1:4566" in _printed(local, 200)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_shows_hostile_ids_escaped_on_any_stream(encoding: str) -> None:
    """Markup, escape sequences and line ends in an id are shown literally."""
    hostile = Grant(HOSTILE, "read", "x")
    result = Result(put_probe(hostile), Verdict.FAILED, "日本")
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    print_table(sample_report(result), Console(file=stream, width=200, color_system=None))
    stream.flush()

    printed = raw.getvalue().decode(encoding)

    assert r"[red]evil[/red]|`x`<img src=x>\x1b[31m\r\n\u202e\x00*b* $x$" in printed
    assert ("日本" if encoding == "utf-8" else r"\u65e5\u672c") in printed
    assert not {"\x1b", "\x00", "\r", "\u202e"} & set(printed)


def test_a_state_check_expects_to_match_the_template() -> None:
    """`allowed` would mean nothing for a comparison."""
    printed = _printed(sample_report(Result(state_probe(), Verdict.FAILED, "a difference")))

    assert "matches the synthesized template" in printed


def test_shows_that_a_control_was_not_called() -> None:
    """A refusal without its control proves nothing."""
    printed = _printed(sample_report(Result(list_probe(), Verdict.INCONCLUSIVE, "network")))

    assert "temp-role, not narrowed: not called" in printed


def test_merges_many_groups_but_shows_each_that_failed() -> None:
    """10,000 grants don't scroll the failures away."""
    results = [passed(put_probe(Grant(f"id-{n}", "read", "x"))) for n in range(500)]
    results[450] = replace(results[450], verdict=Verdict.FAILED)
    printed = _printed(sample_report(*results))

    assert "400 more groups" in printed
    assert "id-450" in printed.partition("FAILED 1 of 1")[0]
    assert len(printed.splitlines()) < 130
