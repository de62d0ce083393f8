"""A file of drafts, gate by gate in a fresh process: all stand, no two are one, twins have opposite verdicts."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apigen_mt.drafting import COVERAGE, draft
from apigen_mt.run_folder import RunFolder
from blueprints.coverage import Covered

HERE = Path(__file__).resolve().parents[2]


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
    check_drafts(domain, 16, tmp_path)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("domain", "count"), [("retail", 1000), ("clinic", 1000), ("library", 300), ("tau2:retail", 300)]
)
def test_a_thousand_drafts_stand_again_in_a_fresh_process(domain, count, tmp_path):
    check_drafts(domain, count, tmp_path)


def pairs_of(folder: Path) -> tuple[int, int, list[str]]:
    """How many edges of the API graph the drafts of a run cover, how many it reports impossible, and the rest."""
    covered = Covered.model_validate_json(RunFolder(folder).meta(COVERAGE) or "")
    assert all(len(why.split()) > 3 for why in covered.left_out.values())
    counts = covered.counts["pairs"]
    rest = [pair for pair, count in counts.items() if not count and pair not in covered.left_out]
    return sum(count > 0 for count in counts.values()), len(covered.left_out), rest


@pytest.mark.proof
@pytest.mark.parametrize(("domain", "count"), [("retail", 1000), ("clinic", 1000), ("library", 300)])
def test_every_edge_is_covered_or_reported_impossible(domain, count, tmp_path, capsys):
    covered, impossible, rest = pairs_of(draft(domain, count, tmp_path / "run", seed=5).folder)
    with capsys.disabled():
        sys.stdout.write(f"\n{domain}: {covered} pairs covered, {impossible} reported impossible\n")
    assert rest == []
