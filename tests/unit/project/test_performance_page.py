"""docs/performance.md is what its generator makes of the figures in docs/performance.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.performance_page import page

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(name="content")
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DOCS / "performance.json").read_text(encoding="utf-8"))
    return content


def test_the_page_is_current(content: dict[str, Any]) -> None:
    assert (DOCS / "performance.md").read_text(encoding="utf-8") == page(content)


def test_each_thing_that_is_promised_is_measured_beside_a_peer(content: dict[str, Any]) -> None:
    figures = {figure["name"]: figure for figure in content["figures"]}
    goals = {
        "cdk synth": 1.15,
        "cdk synth, 10,000 grants": 1.15,
        "verify --offline, 10,000 grants: CPU": 1.0,
        "verify --offline, 10,000 grants: memory": 1.0,
        "credentials, cached": 0.2,
        "credentials, not cached": 1.1,
        "credentials, very first": 1.5,
        "verify, 50 ms round trip": 0.2,
        "evaluator": 1.0,
        "prove": None,
    }
    assert {name: figures[name]["goal"] for name in goals} == goals
    assert all(figure["peer"] and figure["values"] for figure in figures.values())


def test_no_probe_of_a_measured_run_is_inconclusive(content: dict[str, Any]) -> None:
    [far] = [figure for figure in content["figures"] if figure["name"] == "verify, 50 ms round trip"]
    assert far["values"]["probes not passed"] == 0


@pytest.mark.parametrize(
    ("ratio", "goal", "cells"),
    [
        (0.95, 1.0, "| 0.95 | a peer | 1.00 | met | seconds 1.50 |"),
        (1.0, 1.0, "| 1.00 | a peer | 1.00 | met | seconds 1.50 |"),
        (1.26, 1.1, "| 1.26 | a peer | 1.10 | **missed** | seconds 1.50 |"),
        (2.0, None, "| 2.00 | a peer |  |  | seconds 1.50 |"),
    ],
)
def test_a_row_says_whether_its_goal_is_met(
    content: dict[str, Any], ratio: float, goal: float | None, cells: str
) -> None:
    figure = {"name": "a command", "ratio": ratio, "peer": "a peer", "goal": goal, "values": {"seconds": 1.5}}
    assert f"| a command {cells}\n" in page({**content, "figures": [figure]})


def test_the_parts_of_synthesis_add_up(content: dict[str, Any]) -> None:
    [synth] = [figure for figure in content["figures"] if figure["name"] == "cdk synth"]
    assert sum(content["synth parts"].values()) == pytest.approx(synth["values"]["CPU seconds"], abs=0.001)
    assert "| half | 1.00 | 50% |" in page({**content, "synth parts": {"half": 1.0, "other half": 1.0}})
