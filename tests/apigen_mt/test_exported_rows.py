"""What is exported proves itself: another process judges every row again, and comes to the verdict it was given."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apigen_mt.cli import main
from apigen_mt.export.export import export
from apigen_mt.run_folder import RunFolder
from blueprints.judging.verdict import Verdict
from tests.apigen_mt.shared_runs import generated

HERE = Path(__file__).resolve().parents[2]
PROGRAM = "import sys; from apigen_mt.cli import main; sys.exit(main(sys.argv[1:]))"


def apart(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A command in a fresh process whose hashes of texts are salted otherwise."""
    env = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONHASHSEED": "4711"}
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command, cwd=HERE, env=env, capture_output=True, text=True, check=False)


def check_exported(domain: str, count: int, folder: Path) -> None:
    run = generated(domain, count, folder / "run", seed=6)
    live: dict[str, Verdict] = {row.id: row.verdict for row in RunFolder(run.folder).rows()}
    export(RunFolder(run.folder).rows(), "sharegpt", folder / "export")
    assert main(["verify", str(folder / "export")]) == 0
    again = apart("reverify", folder / "export", "--out", folder / "found.jsonl")
    assert again.returncode == 0, again.stdout
    found = [json.loads(line) for line in (folder / "found.jsonl").read_text("utf-8").splitlines()]
    assert len(found) == len(live) == count
    for one in found:
        verdict = live[one["row"]]
        gates = {gate.gate: gate.status for gate in verdict.gates}
        assert one["after"] == {"ok": verdict.ok, "fault": verdict.fault, "gates": gates}
        assert (one["status"], one["gates"], one["observations"]) == ("stands", [], [])


@pytest.mark.parametrize(("domain", "count"), [("library", 8), ("retail", 6)])
def test_exported_rows_come_to_the_verdict_they_were_given(domain, count, tmp_path):
    check_exported(domain, count, tmp_path)


@pytest.mark.proof
@pytest.mark.parametrize(("domain", "count"), [("retail", 600), ("clinic", 400)])
def test_a_thousand_exported_rows_come_to_the_verdict_they_were_given(domain, count, tmp_path):
    check_exported(domain, count, tmp_path)
