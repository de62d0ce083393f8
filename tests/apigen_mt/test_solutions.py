"""Every blueprint's own solution ends in the same state in every process, and meets no error it does not declare."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apigen_mt.drafting import draft

HERE = Path(__file__).resolve().parents[2]
DOMAINS = ("library", "retail", "clinic", "tau2:retail")


def solved(path: Path, domain: str, seed: str) -> dict[str, dict[str, str] | list[str]]:
    """What a fresh process finds whose hashes of texts are salted so."""
    command = [sys.executable, "-m", "tests.apigen_mt.solve", str(path), domain]
    env = {**os.environ, "PYTHONHASHSEED": seed}
    told = subprocess.run(command, cwd=HERE, env=env, capture_output=True, text=True, check=True)
    found: dict[str, dict[str, str] | list[str]] = json.loads(told.stdout)
    return found


def check_solutions(domain: str, count: int, folder: Path) -> None:
    if domain.startswith("tau2:"):
        pytest.importorskip("tau2", reason="tau2 is not installed: pip install 'apigen-mt[tau2]'")
    path = draft(domain, count, folder / "run", seed=8).folder / "blueprints.jsonl"
    first, second = (solved(path, domain, seed) for seed in ("1", "4711"))
    assert len(first["ends"]) == count
    assert first["wrong"] == []
    assert first == second


@pytest.mark.parametrize(("domain", "count"), [("library", 12), ("retail", 8), ("clinic", 8), ("tau2:retail", 3)])
def test_own_solutions_end_alike_in_every_process(domain, count, tmp_path):
    check_solutions(domain, count, tmp_path)


@pytest.mark.proof
@pytest.mark.parametrize("domain", DOMAINS)
def test_two_hundred_own_solutions_end_alike_in_every_process(domain, tmp_path):
    check_solutions(domain, 200, tmp_path)
