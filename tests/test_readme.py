"""README.md is true: its tree is the tree, its commands parse, its configuration is one, its Python runs."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from apigen_mt.cli import main, parser
from apigen_mt.config import Config
from apigen_mt.drafting import refuse_impossible

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")
SEVERAL = """
import json, sys
from apigen_mt.cli import main
for command in json.loads(sys.argv[1]):
    if code := main(command):
        sys.exit(code)
"""
FLOORS = ("tools_env", "blueprints", "apigen_mt")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def fences(language: str) -> list[tuple[str, str]]:
    """What stands behind the language, and the text, of every fenced block of it."""
    return re.findall(rf"^```{language} ?(\S*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def commands(program: str) -> list[list[str]]:
    lines = [line for _, text in fences("sh") for line in text.replace("\\\n", " ").splitlines()]
    words = [shlex.split(line, comments=True) for line in lines]
    assert all(found[0] in {"apigen-mt", "make", "."} for found in words)
    return [found[1:] for found in words if found[0] == program]


def tree() -> dict[str, str]:
    """Paths of the tree with their lines; folders end in a slash."""
    text = next(text for _, text in fences("text") if text.startswith("README.md"))
    found: dict[str, str] = {}
    folder = ""
    for line in text.splitlines():
        match = re.fullmatch(r"( {0,2})(\S+)(?: +(\S.*))?", line)
        assert match, line
        indent, name, words = match.groups()
        folder = folder if indent else name if name.endswith("/") else ""
        found[f"{folder}{name}" if indent else name] = words or ""
    return found


def snippet(tmp_path: Path, name: str = "") -> Path:
    file = tmp_path / (name or "snippet.py")
    file.write_text(next(text for given, text in fences("python") if given == name), "utf-8")
    return file


def config(name: str) -> Config:
    return Config.model_validate(yaml.safe_load(dict(fences("yaml"))[name]))


def keyless(command: str) -> list[list[str]]:
    """The commands of a kind that need no model."""
    return [words for words in commands("apigen-mt") if words[0] == command and not {"--model", "--config"} & {*words}]


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def test_everything_in_the_tree_exists_and_is_explained():
    for path, words in tree().items():
        assert (ROOT / path).is_dir() == path.endswith("/"), path
        assert (ROOT / path).exists(), path
        assert words or path == "docs/", path


@pytest.mark.parametrize("floor", FLOORS)
def test_every_module_of_a_floor_is_in_the_tree(floor):
    here = {p for p in (ROOT / floor).iterdir() if not p.name.startswith(("_", ".")) and p.name != "py.typed"}
    real = {f"{floor}/{p.name}{'/' if p.is_dir() else ''}" for p in here}
    told = {path for path in tree() if path.startswith(f"{floor}/") and path != f"{floor}/"}
    assert real - told <= {"apigen_mt/prompts/"}
    assert told <= real


@pytest.mark.parametrize("arguments", commands("apigen-mt"), ids=" ".join)
def test_a_command_parses(arguments):
    assert parser().parse_args(arguments).command == arguments[0]


def test_the_commands_of_every_kind_are_shown():
    kinds = {"audit", "draft", "evaluate", "generate", "play", "import-tasks", "export", "show", "stats", "verify"}
    more = {"completion", "doctor", "init", "report", "reverify", "view"}
    assert {arguments[0] for arguments in commands("apigen-mt")} == kinds | more


@pytest.mark.parametrize("arguments", commands("make"), ids=" ".join)
def test_a_make_target_exists(arguments):
    assert re.search(rf"^{arguments[0]}:.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_the_configurations_are_such():
    assert [name for name, _ in fences("yaml")] == ["run.yaml", "draft.yaml"]
    assert config("run.yaml").count == 500
    assert config("run.yaml").roles.human.model != config("run.yaml").roles.agent.model
    proposed = config("draft.yaml").model_copy(update={"control": "blind"})
    refuse_impossible(proposed, calibrated=5)
    assert (proposed.mode, proposed.rounds, len({r.model for r in proposed.reviewers})) == ("drafted", 3, 3)


def test_the_drafting_commands_do_what_they_say(tmp_path, monkeypatch, capsys):
    """As they stand there, but for fewer tasks."""
    monkeypatch.chdir(tmp_path)

    def told(*words: str) -> str:
        assert main(words) == 0
        printed: str = capsys.readouterr().out
        return printed

    (tmp_path / "people.txt").write_text("A night nurse who writes in half sentences\n", "utf-8")
    made = keyless("draft")
    assert [words[words.index("--domain") + 1] for words in made] == ["clinic", "library"]
    for words in made:
        assert told(*words, "--count", "4").splitlines()[-1].startswith("4 blueprints from ")
    found = told("stats", "runs/tasks")
    shown = next(text for _, text in fences("text") if text.startswith("$ apigen-mt stats"))
    labels = [re.split(r" {2,}|: ", line.strip())[0] for line in shown.splitlines()[1:] if line != "..."]
    assert [label for label in labels if not label[0].isdigit() and label not in found] == []
    assert told("show", "runs/tasks", "3").startswith("task 3, ")
    assert "You are a night nurse" in (tmp_path / "runs/voices/blueprints.jsonl").read_text("utf-8")
    other = next(words for words in keyless("generate") if "runs/tasks/blueprints.jsonl" in words)
    assert told(*other, "--count", "4", "--seed", "1")


def test_the_domain_makes_tasks_that_verify(tmp_path):
    snippet(tmp_path, "bikes.py")
    commands = [
        ["generate", "--domain", "bikes:Bikes", "--count", "5", "--out", "run"],
        ["verify", "run", "--domain", "bikes:Bikes"],
        ["show", "bikes:Bikes"],
    ]
    done = python(tmp_path, "-c", SEVERAL, json.dumps(commands))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 rows from 5 of 5 tasks" in done.stdout
    assert "5 rows checked, 0 wrong" in done.stdout
    assert "extend_rental" in done.stdout


def test_the_agent_is_played_and_judged(tmp_path):
    done = python(tmp_path, str(snippet(tmp_path)))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3


def test_the_first_commands_do_what_they_say(tmp_path, capsys):
    run, out = str(tmp_path / "run"), str(tmp_path / "out")
    assert main(["generate", "--domain", "library", "--count", "3", "--out", run, "--quiet"]) == 0
    assert main(["export", run, "--format", "sharegpt", "--out", out]) == 0
    assert main(["verify", out]) == 0
    assert "3 rows checked, 0 wrong" in capsys.readouterr().out


def test_a_decision_is_ten_lines_of_context_choice_and_cost():
    assert DECISIONS
    for number, path in enumerate(DECISIONS, 1):
        text = path.read_text("utf-8")
        assert path.name.startswith(f"{number:04}-")
        assert len(text.splitlines()) <= 10, path.name
        assert [part for part in ("Context", "Choice", "Cost") if f"**{part}.**" not in text] == []
        assert max(map(len, text.splitlines())) <= 120, path.name
