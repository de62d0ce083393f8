"""Files of blueprints, proven again: whatever is changed in a task is found."""

import json
import shutil

import pytest

from apigen_mt.cli import main
from apigen_mt.drafting import draft
from apigen_mt.run_folder import BLUEPRINTS
from apigen_mt.verify import verify
from blueprints.blueprint import Blueprint
from blueprints.checks import world_gates
from tools_env.resolve import resolve


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A draft run of the library with a refusal and its twin."""
    return draft("library", 12, tmp_path_factory.mktemp("drafts") / "run", seed=4).folder


@pytest.fixture
def tasks(run):
    return [json.loads(line) for line in (run / BLUEPRINTS).read_text("utf-8").splitlines()]


def found(path):
    report = verify(path, resolve)
    return report, [f"{p.row}: {p.what}" for p in report.problems], [p.what for p in report.unknown]


def written(path, tasks):
    path.write_text("".join(f"{json.dumps(task)}\n" for task in tasks), encoding="utf-8")
    return path


def sealed(task):
    task["id"] = Blueprint.model_validate(task).identity()


def one(tasks, kind="act"):
    return next(task for task in tasks if task["kind"] == kind)


def test_drafts_pass_as_a_run_and_as_a_file(run, capsys):
    for path in (run, run / BLUEPRINTS):
        report, problems, unknown = found(path)
        assert (problems, unknown, report.exit_code) == ([], [], 0)
        assert report.render() == "12 tasks checked, 0 wrong"
        assert main(["verify", str(path)]) == 0
    assert "12 tasks checked" in capsys.readouterr().out


def reworded(task):
    task["instruction"] = "Buy bonds."


def leaking(task):
    task["instruction"] += " Call renew_loan(loan_id)."
    sealed(task)


def another_end(task):
    next(iter(task["diff"].values()))["after"] = "2030-01-01"
    sealed(task)


def without_criteria(task):
    task["any_diff"] = True
    sealed(task)


def undone(task):
    task["actions"][0]["arguments"] = {"email": "nobody@example.com"}
    sealed(task)


def nowhere(task):
    task["snapshot"] = "nowhere"
    sealed(task)


FORGERIES = {
    "words": (reworded, "format: the id is not the hash of the content"),
    "leak": (leaking, "leakage: "),
    "diff": (another_end, "execution: the actions change "),
    "criteria": (without_criteria, "format: nothing tells a solved task from an unsolved one"),
    "action": (undone, "execution: "),
    "snapshot": (nowhere, "execution: unknown snapshot 'nowhere'"),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_whatever_is_changed_in_a_task_is_found(what, tasks, tmp_path):
    forge, expected = FORGERIES[what]
    task = one(tasks)
    forge(task)
    report, problems, _ = found(written(tmp_path / "tasks.jsonl", tasks))
    place = f"tasks.jsonl:{tasks.index(task) + 1}: "
    assert any(p.startswith(f"{place}{expected}") for p in problems), problems
    assert (report.tasks, report.exit_code) == (12, 1)


def test_a_blueprint_that_nothing_tells_solved_is_refused_by_every_judge(tasks):
    task = one(tasks)
    without_criteria(task)
    assert "format" in {r.stage for r in world_gates(Blueprint.model_validate(task), resolve("library"))}


def test_an_imported_task_is_taken_as_given_but_for_its_criteria(tasks, tmp_path):
    task = one(tasks)
    leaking(task)
    task["provenance"]["mode"] = "imported"
    report, problems, _ = found(written(tmp_path / "tasks.jsonl", [task]))
    assert (problems, report.given, report.exit_code) == ([], 1, 0)
    without_criteria(task)
    _, problems, _ = found(written(tmp_path / "tasks.jsonl", [task]))
    assert problems == ["tasks.jsonl:1: format: nothing tells a solved task from an unsolved one"]


def test_a_twin_that_is_not_opposite_is_found(tasks, tmp_path):
    twin = next(t for t in tasks if t["parents"])
    refusal = next(t for t in tasks if t["id"] == twin["parents"][0])
    other = one([t for t in tasks if t["kind"] == "act" and not t["parents"]])
    assert found(written(tmp_path / "tasks.jsonl", [refusal, twin]))[1] == []
    other["parents"] = [refusal["id"]]
    sealed(other)
    _, problems, _ = found(written(tmp_path / "tasks.jsonl", [refusal, other]))
    assert [p for p in problems if "tasks.jsonl:2: twin of " in p], problems


def test_tasks_that_occur_twice_are_found(tasks, tmp_path):
    again = {**tasks[0], "instruction": f"{tasks[0]['instruction']} Thanks."}
    sealed(again)
    _, problems, _ = found(written(tmp_path / "tasks.jsonl", [tasks[0], tasks[0], again]))
    assert "tasks.jsonl:2: occurs twice: it is that of tasks.jsonl:1" in problems
    assert "tasks.jsonl:3: asks for the same as tasks.jsonl:1, in other words" in problems


def test_what_is_no_blueprint_is_one_finding_and_a_changed_domain_a_doubt(tasks, tmp_path):
    tasks[1]["digest"] = "0" * 64
    sealed(tasks[1])
    path = written(tmp_path / "tasks.jsonl", tasks[:2])
    with path.open("a", encoding="utf-8") as file:
        file.write('{"instruction": "x"}\n{"\n')
    report, problems, unknown = found(path)
    assert [p.split(": ")[:2] for p in problems] == [[f"tasks.jsonl:{n}", "is no blueprint"] for n in (3, 4)]
    assert unknown == ["the domain library has changed since the task was made: draft or import it again"]
    assert report.exit_code == 1


def test_a_draft_run_whose_file_is_not_what_it_accepted_is_found(run, tasks, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    written(copy / BLUEPRINTS, tasks[1:])
    assert f"{tasks[0]['id']}: was accepted, and blueprints.jsonl does not hold it" in found(copy)[1]
    written(copy / BLUEPRINTS, tasks[::-1])
    assert "blueprints.jsonl: its blueprints are not in the order of their tasks" in found(copy)[1]
    (copy / BLUEPRINTS).unlink()
    report, problems, unknown = found(copy)
    assert (report.tasks, problems, report.exit_code) == (12, [], 3)
    assert unknown == ["holds no blueprints.jsonl: the same command writes it"]
