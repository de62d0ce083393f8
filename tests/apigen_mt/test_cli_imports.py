"""`apigen-mt import-tasks`: the file it writes, what it tells, and what it leaves alone when something is wrong."""

import pytest

from apigen_mt.cli import main
from apigen_mt.cli_imports import told
from apigen_mt.cli_json import Imported
from apigen_mt.run_folder import write_blueprints
from blueprints.blueprint import Blueprint
from blueprints.imports.tau2_tasks import Report
from tests.blueprints.talks import planned


def test_a_file_holds_one_blueprint_a_line_in_order(tmp_path):
    blueprints = planned("library", 4)
    write_blueprints(tmp_path / "tasks.jsonl", blueprints)
    lines = (tmp_path / "tasks.jsonl").read_text("utf-8").splitlines()
    assert tuple(Blueprint.model_validate_json(line) for line in lines) == blueprints
    assert [path.name for path in tmp_path.iterdir()] == ["tasks.jsonl"]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "tasks.jsonl"
    path.write_text("old")

    def broken():
        yield planned("library", 1)[0]
        raise KeyError("stop")

    with pytest.raises(KeyError):
        write_blueprints(path, broken())
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["tasks.jsonl"]


def test_the_report_names_tasks_but_not_without_end():
    report = Report(tasks=900, raising=["a", "b"], by_opinion=[f"task-{n}" for n in range(500)])
    report.failed["x\x1b[31m"] = "no such function"
    lines = list(told(report))
    assert lines[0] == "900 tasks"
    assert lines[1].endswith("kept as it is: a, b")
    assert "judged by a model only" in lines[2]
    assert lines[2].endswith(" more")
    assert len(lines[2]) < 300
    assert "\x1b" not in lines[3]


@pytest.mark.parametrize("domain", ["library", "tau2:", "tau2:nowhere", "mcp:x"])
def test_other_domains_are_refused(tmp_path, capsys, domain):
    assert main(["import-tasks", domain, "--out", str(tmp_path / "tasks.jsonl")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_tasks_of_an_installed_benchmark_are_imported_and_held_against_a_run(tmp_path, capsys):
    pytest.importorskip("tau2")
    tasks, out = tmp_path / "tasks.jsonl", tmp_path / "run"
    assert main(["import-tasks", "tau2:mock", "--out", str(tasks)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], lines[-1]) == ("9 tasks", f"9 blueprints: {tasks}")
    assert main(["import-tasks", "tau2:mock", "--out", str(tasks), "--json"]) == 0
    found = Imported.model_validate_json(capsys.readouterr().out)
    assert (found.file, found.tasks, found.blueprints, found.failed) == (tasks, 9, 9, {})
    asked = ["generate", "--domain", "library", "--count", "1", "--quiet", "--out", str(out)]
    assert main([*asked, "--against", str(tasks)]) == 0
    assert main(["import-tasks", "tau2:mock", "--split", "none", "--out", str(tmp_path / "more.jsonl")]) == 2
    assert "--split none: there is base" in capsys.readouterr().err
    assert not (tmp_path / "more.jsonl").exists()
