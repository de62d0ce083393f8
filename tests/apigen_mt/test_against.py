"""`--against`: what may be named there, what is left of a plan, and what a changed file means for a run."""

import json
import shutil
from pathlib import Path

import pytest

from apigen_mt.against import read_against
from apigen_mt.cli import main
from apigen_mt.config import ConfigError, parse
from apigen_mt.journal import Drift
from apigen_mt.planning import Mix, Planner
from apigen_mt.run_folder import RunFolder
from apigen_mt.stats import render, summary
from blueprints.blueprint import Blueprint, Rejected
from blueprints.overlap import calls_of
from tests.apigen_mt.test_pipeline import sitting
from tests.blueprints.talks import SHARES, planned, world_of
from tools_env.values import Json, compact

SPECS = world_of("library").specs


def written(path: Path, blueprints) -> str:
    path.write_text("".join(f"{b.model_dump_json()}\n" for b in blueprints), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of four tasks."""
    folder = tmp_path_factory.mktemp("done") / "run"
    assert main(["generate", "--domain", "library", "--count", "4", "--out", str(folder), "--quiet"]) == 0
    return folder


def test_blueprints_rows_datasets_and_runs_hold_the_same(run, tmp_path):
    lines = run / "dataset/data/train.jsonl"
    blueprints = [row.blueprint for row in RunFolder(run).rows()]
    names = [written(tmp_path / "tasks.jsonl", blueprints), str(lines), str(run / "dataset"), str(run)]
    held = [read_against([name], SPECS)[0] for name in names]
    assert all(one.calls.keys() == held[0].calls.keys() for one in held)
    assert all(one.runs.keys() == held[0].runs.keys() for one in held)
    assert held[0].calls
    found = held[0].shared_call(blueprints[1].actions[:1])
    assert found is not None
    assert " with tasks.jsonl:" in found.reason


def test_the_digest_is_of_the_content_and_of_nothing_else(run, tmp_path):
    one = written(tmp_path / "one.jsonl", planned("library", 3))
    other = written(tmp_path / "other.jsonl", planned("library", 3))
    third = written(tmp_path / "third.jsonl", planned("library", 2))
    assert read_against([one], SPECS)[1] == read_against([other], SPECS)[1] == read_against([one, other], SPECS)[1]
    assert read_against([one], SPECS)[1] != read_against([third], SPECS)[1]
    assert read_against([str(run), one], SPECS)[1] == read_against([one, str(run)], SPECS)[1]
    assert read_against([], SPECS)[1] == ()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot read"),
        (b"", "holds no task"),
        (b"\n\n", "holds no task"),
        (b"\xff\xfe\n", "line 1"),
        (b"{}\n", "line 1: neither a blueprint nor a row"),
        (b"[1]\n", "line 1"),
        (b'{"blueprint": 7}\n', "line 1: blueprint"),
        (b"good\n{\n", "line 2"),
    ],
)
def test_what_holds_no_tasks_is_told_in_one_line(tmp_path, content, told):
    path = tmp_path / "tasks.jsonl"
    if content is not None:
        path.write_bytes(content.replace(b"good", planned("library", 1)[0].model_dump_json().encode()))
    with pytest.raises(ConfigError) as error:
        read_against([str(path)], SPECS)
    line = str(error.value)
    assert told in line
    assert str(path) in line
    assert "\n" not in line


def test_nothing_that_is_planned_makes_a_call_of_an_earlier_task(tmp_path):
    world = world_of("library")
    against, _ = read_against([written(tmp_path / "old.jsonl", planned("library", 24))], SPECS)
    planner = Planner(world, 0, Mix(dict(SHARES), snapshots=8), against)
    tasks = [planner.next() for _ in range(24)]
    drafts = [task.draft for task in tasks if isinstance(task.draft, Blueprint)]
    assert len(drafts) == 24
    made = {f"{c.name} {compact(c.arguments)}" for d in drafts for c in calls_of(d) if c.arguments}
    assert made.isdisjoint(f"{c.name} {compact(c.arguments)}" for b in planned("library", 24) for c in calls_of(b))
    assert sum(task.overlapped for task in tasks) > 0
    again = Planner(world, 0, Mix(dict(SHARES), snapshots=8), against)
    assert [again.next() for _ in range(24)] == tasks


def test_a_plan_that_everything_overlaps_with_says_so():
    class Everything(dict):
        def get(self, key, default=None):
            return "old.jsonl:1"

    from blueprints.overlap import Against

    planner = Planner(world_of("library"), 0, Mix({"act": 1}, snapshots=1), Against(SPECS, Everything(any=""), {}))
    task = planner.next()
    assert isinstance(task.draft, Rejected)
    assert "overlap with earlier tasks" in task.draft.reason
    assert task.overlapped > 100


async def test_goals_let_go_are_counted_in_the_funnel(tmp_path):
    old = written(tmp_path / "old.jsonl", planned("library", 30))
    run = await sitting(tmp_path / "run", parse({"domain": "library", "count": 6, "against": [old]}))
    found = summary(run.outcomes)
    assert found.funnel.overlapped == sum(outcome.overlapped for outcome in run.outcomes) > 0
    assert "goals let go as overlapping" in render(found)
    assert run.kept == 6


async def test_a_moved_file_is_no_drift_and_a_changed_one_is(tmp_path):
    old = written(tmp_path / "old.jsonl", planned("library", 5))
    settings: dict[str, Json] = {"domain": "library", "count": 2, "against": [old]}
    first = await sitting(tmp_path / "run", parse(settings))
    shutil.move(old, moved := str(tmp_path / "moved.jsonl"))
    assert (await sitting(tmp_path / "run", parse({**settings, "against": [moved]}))).outcomes == first.outcomes
    with pytest.raises(Drift, match="against"):
        await sitting(tmp_path / "run", parse({**settings, "against": []}))
    written(Path(moved), planned("library", 4))
    with pytest.raises(Drift, match="against"):
        await sitting(tmp_path / "run", parse({**settings, "against": [moved]}))


def test_the_flag_takes_several_files_and_is_stored(run, tmp_path, capsys):
    old = written(tmp_path / "old.jsonl", planned("library", 3))
    out = tmp_path / "out"
    asked = ["generate", "--domain", "library", "--count", "2", "--seed", "1", "--out", str(out), "--quiet"]
    assert main([*asked, "--against", old, str(run)]) == 0
    assert RunFolder(out).config["against"] == [old, str(run)]
    assert main([*asked, "--against", str(tmp_path / "none.jsonl")]) == 2
    assert main(asked) == 2
    lines = capsys.readouterr().err.splitlines()
    assert "cannot read" in lines[0]
    assert "against" in lines[1]
    assert json.loads(Path(old).read_text().splitlines()[0])["domain"] == "library"
