"""Rehearsal on τ²-bench: rows of its retail and airline worlds, proved again and far from its own tasks."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apigen_mt.cli import main

CLI = (sys.executable, "-m", "apigen_mt.cli")
DOMAINS = ("tau2:retail", "tau2:airline")
WORDS = 13

tau2 = pytest.importorskip("tau2", reason="tau2 is not installed: pip install 'apigen-mt[tau2]'")


def apart(*arguments: str) -> str:
    """What a command prints in a process of its own."""
    done = subprocess.run([*CLI, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "dataset/data/train.jsonl").read_text("utf-8").splitlines()]


def grams(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return (tuple(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1))


def tuples(actions: list[dict[str, Any]]) -> set[str]:
    return {json.dumps([a["name"], a["arguments"]], sort_keys=True) for a in actions if a["arguments"]}


def theirs(domain: str) -> tuple[set[str], set[tuple[str, ...]]]:
    """What τ²'s own task file holds, read without our importer."""
    place = Path(str(tau2.__file__)).parent / "data/tau2/domains" / domain.removeprefix("tau2:") / "tasks.json"
    calls: set[str] = set()
    words: set[tuple[str, ...]] = set()
    for task in json.loads(place.read_text("utf-8")):
        calls |= tuples((task["evaluation_criteria"] or {}).get("actions") or [])
        said = task["user_scenario"]["instructions"]
        for text in [said] if isinstance(said, str) else [v for v in said.values() if v]:
            words |= set(grams(text))
    return calls, words


def proved(domain: str, count: int, folder: Path, run: Callable[..., str] = apart) -> int:
    """How many rows a run keeps, all proved again and none like a task of theirs."""
    tasks, out = folder / "tasks.jsonl", folder / "run"
    run("import-tasks", domain, "--out", str(tasks))
    run("generate", "--domain", domain, "--count", str(count), "--against", str(tasks), "--out", str(out))
    kept = rows(out)
    assert f"{len(kept)} rows checked, 0 wrong" in run("verify", str(out))
    calls, words = theirs(domain)
    assert len(calls) > 50
    for row in kept:
        blueprint = row["blueprint"]
        assert not tuples(blueprint["actions"]) & calls
        assert not any(set(grams(text)) & words for text in (blueprint["instruction"], *said(blueprint)))
    return len(kept)


def said(blueprint: dict[str, Any]) -> list[str]:
    return [stage["say"] for stage in blueprint["stages"]]


@pytest.mark.parametrize("domain", DOMAINS)
def test_rows_are_made_proved_again_and_share_nothing_with_the_tasks(domain, tmp_path, capsys):
    def here(*arguments: str) -> str:
        assert main(arguments) == 0
        printed: str = capsys.readouterr().out
        return printed

    assert proved(domain, 6, tmp_path, here) >= 4


@pytest.mark.proof
@pytest.mark.parametrize("domain", DOMAINS)
def test_a_hundred_rows_are_made_proved_again_in_fresh_processes_and_share_nothing_with_the_tasks(domain, tmp_path):
    assert proved(domain, 130, tmp_path) >= 100
