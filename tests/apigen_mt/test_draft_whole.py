"""A file of drafts, gate by gate in a fresh process: all stand, no two are one, twins have opposite verdicts."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apigen_mt.config import KINDS
from apigen_mt.drafting import draft
from apigen_mt.planning import Mix, Planner
from blueprints.personas import shipped
from tests.blueprints.talks import world_of

HERE = Path(__file__).resolve().parents[2]
MOST_TASKS = 2500


def rechecked(path: Path, domain: str) -> dict[str, Any]:
    """What another process finds in the file."""
    command = [sys.executable, "-m", "tests.apigen_mt.recheck", str(path), domain]
    told = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def check_drafts(domain: str, count: int, folder: Path) -> None:
    run = draft(domain, count, folder / "run", seed=4)
    found = rechecked(run.folder / "blueprints.jsonl", domain)
    assert found["tasks"] == found["distinct"] == count
    assert found["wrong"] == []
    assert found["opposite"] == found["pairs"] >= found["refusals"] - 1, "the last refusal's twin may be one too many"
    assert domain.startswith("tau2:") or found["refusals"] >= 0.1 * count


@pytest.mark.parametrize("domain", ["library", "retail", "clinic"])
def test_drafts_stand_again_in_a_fresh_process(domain, tmp_path):
    check_drafts(domain, 40, tmp_path)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("domain", "count"), [("retail", 1000), ("clinic", 1000), ("library", 300), ("tau2:retail", 300)]
)
def test_a_thousand_drafts_stand_again_in_a_fresh_process(domain, count, tmp_path):
    check_drafts(domain, count, tmp_path)


@pytest.mark.proof
@pytest.mark.parametrize("domain", ["library", "retail", "clinic"])
def test_every_edge_is_covered_or_reported_impossible(domain, capsys):
    world = world_of(domain)
    planner = Planner(world, 1, Mix(dict(KINDS), personas=shipped(), steer=0.95))
    while planner.coverage.uncovered() and planner.index < MOST_TASKS:
        for _ in range(planner.mix.window):
            planner.next()
        planner.look()
    coverage = planner.coverage
    with capsys.disabled():
        sys.stdout.write(f"\n{domain}: {planner.index} tasks, {len(coverage.given_up)} pairs reported impossible\n")
    assert coverage.uncovered() == ()
    assert all(len(why.split()) > 3 for why in coverage.given_up.values())
