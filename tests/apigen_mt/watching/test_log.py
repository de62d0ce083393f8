"""The structured log: one JSON object a line, ids in each, nothing that was said, and never another's file."""

import json
import os
import resource
import subprocess
import sys

import pytest

from apigen_mt.models.chat import ReplyKey, Usage
from apigen_mt.watching.log import Log, LogError
from tests.apigen_mt.rows import kept, row

LANE = "http://127.0.0.1:8000/v1"
KEY = ReplyKey(role="agent", blueprint="b1", attempt=2, turn=3)
TALK = row()


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_line_says_whose_it_is(tmp_path):
    path = tmp_path / "run.log"
    with Log(path, run="first", sitting="s1") as log:
        log.sent(LANE, "agent", KEY)
        log.retried(LANE, KEY, "rate", 2.5)
        log.sent(LANE, "agent", KEY)
        log.answered(LANE, KEY, 1.23456, Usage(prompt=100, completion=7, cached=60))
        log.settled("play", Usage(prompt=100, completion=7), None)
        log.failed(LANE, KEY.model_copy(update={"candidate": 1}), "server")
        log.done(kept(4, TALK))
    found = lines(path)
    assert [line["event"] for line in found] == ["sent", "retried", "sent", "answered", "settled", "failed", "done"]
    assert {(line["run"], line["sitting"]) for line in found} == {("first", "s1")}
    requests = [line for line in found if line["event"] not in {"settled", "done"}]
    assert {(line["blueprint"], line["attempt"], line["turn"]) for line in requests} == {("b1", 2, 3)}
    assert (found[1]["cause"], found[1]["wait"], found[1]["level"]) == ("rate", 2.5, "warning")
    assert (found[3]["seconds"], found[3]["cached"]) == (1.235, 60)
    assert found[5]["candidate"] == 1
    assert (found[6]["task"], found[6]["status"]) == (4, "kept")
    assert found[6]["blueprint"] == TALK.blueprint.id


def test_it_holds_no_message_and_no_secret(tmp_path):
    path = tmp_path / "run.log"
    with Log(path, run="first", sitting="s1") as log:
        log.failed("http://me:canary@h/v1?key=canary", KEY, "canary: the model said canary")
        log.done(kept(0, TALK))
    text = path.read_text("utf-8")
    assert "canary" not in text
    assert lines(path)[0]["cause"] == "other"
    said = [m["content"] for m in TALK.messages if m.get("content")]
    assert said
    assert not [words for words in said if str(words) in text]


def test_a_second_sitting_adds_to_it(tmp_path):
    path = tmp_path / "run.log"
    for sitting in ("s1", "s2"):
        with Log(path, run="first", sitting=sitting) as log:
            log.note("begun", count=3)
    assert [line["sitting"] for line in lines(path)] == ["s1", "s2"]


def test_nothing_else_is_written_over(tmp_path):
    other = tmp_path / "run.yaml"
    other.write_text("domain: retail\n")
    with pytest.raises(LogError, match=r"run\.yaml"):
        Log(other, run="r", sitting="s")
    assert other.read_text() == "domain: retail\n"
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LogError, match="not a file"):
        Log(tmp_path / "pipe", run="r", sitting="s")
    with pytest.raises(IsADirectoryError):
        Log(tmp_path, run="r", sitting="s")


def test_a_full_disk_costs_lines_and_nothing_else(tmp_path):
    """In a process of its own, whose files may not grow beyond 4 KiB."""
    code = (
        "import sys; from pathlib import Path; from apigen_mt.watching.log import Log\n"
        "log = Log(Path(sys.argv[1]), run='r', sitting='s')\n"
        "for number in range(200): log.note('tick', number=number)\n"
        "log.close(); print(log.lost)"
    )

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    command = [sys.executable, "-c", code, str(tmp_path / "run.log")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=small, timeout=240)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 100
    whole = (tmp_path / "run.log").read_text().splitlines()[:-1]
    assert [json.loads(line)["number"] for line in whole] == list(range(len(whole)))
