"""Every blueprint's own solution ends in the same state in every process, and meets no error it does not declare."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.apigen_mt.shared_runs import drafted
from tests.apigen_mt.solve import Solved, solutions

HERE = Path(__file__).resolve().parents[2]
TAU2 = find_spec("tau2") is not None
DOMAINS = ("library", "retail", "clinic", *(("tau2:retail",) if TAU2 else ()))
FEW = {"library": 12, "retail": 6, "clinic": 6, "tau2:retail": 3}


def solved(files: list[Path], seed: str) -> Solved:
    """What a fresh process finds whose hashes of texts are salted so."""
    command = [sys.executable, "-m", "tests.apigen_mt.solve", *map(str, files)]
    env = {**os.environ, "PYTHONHASHSEED": seed}
    told = subprocess.run(command, cwd=HERE, env=env, capture_output=True, text=True, check=True)
    return Solved(*json.loads(told.stdout))


def check_solutions(counts: dict[str, int], folder: Path, *, here: bool = False) -> None:
    runs = [drafted(d, count, folder / d.replace(":", "-"), seed=8) for d, count in counts.items()]
    files = [run.folder / "blueprints.jsonl" for run in runs]
    first, second = solutions(files) if here else solved(files, "1"), solved(files, "4711")
    assert len(first.ends) == sum(counts.values())
    assert first.wrong == []
    assert first == second


def test_own_solutions_end_alike_in_every_process(tmp_path):
    """In this one and in another."""
    check_solutions({domain: FEW[domain] for domain in DOMAINS}, tmp_path, here=True)


@pytest.mark.proof
@pytest.mark.parametrize("domain", DOMAINS)
def test_two_hundred_own_solutions_end_alike_in_every_process(domain, tmp_path):
    check_solutions({domain: 200}, tmp_path)
