"""A file of drafts, gate by gate in a fresh process: all stand, no two are one, twins have opposite verdicts."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from apigen_mt.drafting import COVERAGE
from apigen_mt.run_folder import RunFolder
from blueprints.coverage import Covered
from tests.apigen_mt.shared_runs import drafted

HERE = Path(__file__).resolve().parents[2]


def rechecked(files: list[Path]) -> list[dict[str, Any]]:
    """What another process finds in the files."""
    command = [sys.executable, "-m", "tests.apigen_mt.recheck", *map(str, files)]
    told = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in told.stdout.splitlines()]


def check_drafts(domains: Sequence[str], count: int, folder: Path) -> None:
    runs = [drafted(domain, count, folder / domain.replace(":", "-"), seed=4) for domain in domains]
    each = rechecked([run.folder / "blueprints.jsonl" for run in runs])
    for domain, found in zip(domains, each, strict=True):
        assert found["tasks"] == found["distinct"] == count
        assert found["wrong"] == []
        assert found["opposite"] == found["pairs"] >= found["refusals"] - 1, "the last twin may be one too many"
        assert domain.startswith("tau2:") or found["refusals"] >= 0.1 * count


def test_drafts_stand_again_in_a_fresh_process(tmp_path):
    check_drafts(["library", "retail", "clinic"], 12, tmp_path)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("domain", "count"), [("retail", 1000), ("clinic", 1000), ("library", 300), ("tau2:retail", 300)]
)
def test_a_thousand_drafts_stand_again_in_a_fresh_process(domain, count, tmp_path):
    check_drafts([domain], count, tmp_path)


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
    covered, impossible, rest = pairs_of(drafted(domain, count, tmp_path / "run", seed=5).folder)
    with capsys.disabled():
        sys.stdout.write(f"\n{domain}: {covered} pairs covered, {impossible} reported impossible\n")
    assert rest == []
