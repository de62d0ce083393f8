"""Difficulty: files of trials added up over agents, and the blueprints of a band."""

from pathlib import Path

import pytest

from apigen_mt.config import ConfigError
from apigen_mt.evaluation.difficulty import Difficulty, Tried, in_band, read_difficulty, write_difficulty
from tests.apigen_mt.given_tasks import tasks


def of(number: int, agent: str, solved: int, trials: int) -> Difficulty:
    return Difficulty(blueprint=tasks(4)[number].id, agents={agent: Tried(trials=trials, solved=solved)})


def file(path: Path, *found: Difficulty) -> Path:
    write_difficulty(path, found)
    return path


def test_trials_of_several_files_are_added_up(tmp_path):
    first = file(tmp_path / "a.jsonl", of(0, "small", 0, 4), of(1, "small", 1, 4), of(2, "small", 0, 0))
    other = file(tmp_path / "b.jsonl", of(0, "large", 4, 4), of(1, "small", 2, 2))
    known = read_difficulty([first, other])
    assert [known[b.id].share for b in tasks(3)] == [0.5, 0.5, None]
    assert known[tasks(1)[0].id].agents == {"small": Tried(trials=4, solved=0), "large": Tried(trials=4, solved=4)}


def test_a_band_holds_its_bounds_and_nothing_that_was_never_tried(tmp_path):
    path = file(tmp_path / "d.jsonl", of(0, "a", 1, 5), of(1, "a", 4, 5), of(2, "a", 5, 5))
    known = read_difficulty([path])
    assert in_band(tasks(4), known, (0.2, 0.8)) == tasks(2)
    with pytest.raises(ConfigError, match=r"--band 0.3 0.7: none of the 4 blueprints is in it \(3 of them were tried"):
        in_band(tasks(4), known, (0.3, 0.7))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the files hold no blueprint"),
        ("{", "line 1: Invalid JSON"),
        ('{"blueprint": "x", "agents": {"a": {"trials": 1, "solved": 2}}}', "line 1: 2 of 1 trials"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_line(text, told, tmp_path):
    (tmp_path / "d.jsonl").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=told):
        read_difficulty([tmp_path / "d.jsonl"])
    with pytest.raises(ConfigError, match=r"cannot read .*nothing\.jsonl: No such file"):
        read_difficulty([tmp_path / "nothing.jsonl"])
