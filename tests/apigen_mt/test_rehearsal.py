"""Rehearsal over the shipped domains: everything asked for is kept, and a fresh process proves every row again."""

import subprocess
import sys
from pathlib import Path

import pytest

from apigen_mt.cli import main
from apigen_mt.config import KINDS
from apigen_mt.run_folder import RunFolder
from apigen_mt.stats import summary
from blueprints.sampling import Sampler
from tools_env.resolve import resolve

CLI = (sys.executable, "-m", "apigen_mt.cli")


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CLI, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def check_rehearsal(domain: str, count: int, folder: Path, *flags: str) -> None:
    out = str(folder / "run")
    assert main(["generate", "--domain", domain, "--count", str(count), "--out", out, "--quiet"]) == 0
    stats = summary(RunFolder(folder / "run").outcomes())
    assert (stats.funnel.asked, stats.funnel.talks_kept) == (count, count)
    proved = run("verify", "run", *flags, cwd=folder)
    assert (proved.returncode, proved.stdout.strip()) == (0, f"{count} rows checked, 0 wrong")
    outcomes = list(RunFolder(folder / "run").outcomes())
    assert all(o.status == "kept" for o in outcomes)
    drawn = {o.kind for o in outcomes}
    assert {"act", "inform", "refuse"} <= drawn <= {*KINDS}
    twins = [o for o in outcomes if o.blueprint is not None and o.blueprint.parents]
    refusals = {o.blueprint.id: o for o in outcomes if o.blueprint is not None and o.blueprint.evidence is not None}
    assert twins
    for twin in twins:
        assert twin.blueprint is not None
        refusal = refusals[twin.blueprint.parents[0]].blueprint
        assert refusal is not None
        assert [s.say for s in refusal.stages] == [s.say for s in twin.blueprint.stages]
        assert len(twin.blueprint.diff) > len(refusal.diff)
        assert bool(refusal.diff) == (refusal.kind == "partial")


def check_kinds(domain: str, folder: Path) -> None:
    """Every kind that has a share and that the domain can have has come up."""
    can = {kind for kind in KINDS if Sampler(resolve(domain)).can(kind)}
    assert {o.kind for o in RunFolder(folder / "run").outcomes()} == can


@pytest.mark.parametrize("domain", ["library", "retail"])
def test_a_sample_is_kept_whole_and_proves_again(domain: str, tmp_path: Path) -> None:
    check_rehearsal(domain, 12, tmp_path)


@pytest.mark.proof
@pytest.mark.parametrize("domain", ["library", "retail", "clinic"])
def test_three_hundred_are_kept_whole_and_prove_again(domain: str, tmp_path: Path) -> None:
    check_rehearsal(domain, 300, tmp_path)
    check_kinds(domain, tmp_path)
