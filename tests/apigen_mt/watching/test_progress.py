"""Progress: what is counted, how long it may still take, what a terminal and a file are shown."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from apigen_mt.cli_progress import SECONDS, Lines
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.models.chat import ReplyKey, Usage
from apigen_mt.trajectory import Outcome
from apigen_mt.watching.progress import LAST, MOST, Figures
from blueprints.blueprint import Rejected

ROOT = Path(__file__).resolve().parents[3]
LANE = "http://127.0.0.1:8000/v1"
USAGE = Usage(prompt=100, completion=20, cached=50)
GENERATE = ("kept", "rejected", "failed")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def key(role: str, turn: int = 0) -> ReplyKey:
    return ReplyKey(role=role, blueprint="b", turn=turn)


def done(status: str, task: int = 0, stage: str = "leakage", reason: str = "it names a tool") -> Outcome:
    reasons = (Rejected(stage=stage, reason=reason),) if status == "rejected" else ()
    return Outcome.model_validate({"task": task, "status": status, "kind": "act", "reasons": reasons})


def test_both_phases_are_told_with_what_is_in_flight():
    figures = Figures(50, GENERATE, clock=Clock())
    for role in ("author", "agent", "human", "judge:strict"):
        figures.sent(LANE, role, key(role))
    figures.answered(LANE, key("human"), 1.0, USAGE)
    for status in ("kept", "kept", "failed", "rejected"):
        figures.done(done(status))
    assert figures.lines()[:2] == (
        "phase one  3 accepted, 1 rejected, 1 requests in flight",
        "phase two  2 kept, 1 failed, 2 requests in flight",
    )
    assert figures.line().startswith("4/50 2 kept, 1 rejected, 1 failed; 3 in flight")


@pytest.mark.parametrize(
    ("names", "goal", "lines"),
    [
        (("accepted", "rejected", "failed"), "accepted", ["phase one  0 accepted, 0 rejected, 0 failed, 1 requests"]),
        (("kept", "failed"), "", ["phase two  0 kept, 0 failed, 0 requests"]),
    ],
)
def test_a_command_of_one_phase_tells_that_one(names, goal, lines):
    figures = Figures(5, names, goal=goal, clock=Clock())
    figures.sent(LANE, "reviewer:first", key("reviewer:first"))
    assert [line.removesuffix(" in flight") for line in figures.lines()] == lines


def test_what_waits_to_be_sent_again_is_on_no_wire():
    figures = Figures(5, GENERATE, clock=Clock())
    figures.sent(LANE, "agent", key("agent"))
    figures.retried(LANE, key("agent"), "rate", 2.0)
    assert "in flight" not in figures.line()
    figures.sent(LANE, "agent", key("agent"))
    figures.failed(LANE, key("agent"), "server")
    assert figures.lines()[-1] == "1 retries"


def test_tokens_and_dollars_are_summed_and_an_unknown_price_is_not_nothing():
    figures = Figures(5, GENERATE, clock=Clock())
    figures.settled("play", USAGE, 0.25)
    figures.settled("draft", USAGE, 0.5)
    assert "240 tokens (50% of the input cached); $0.75" in figures.line()
    figures.settled("play", USAGE, None)
    assert figures.lines()[2].endswith("$0.75 and 1 replies of unknown price")


def test_the_last_reasons_are_told_and_nothing_in_them_moves_a_cursor():
    figures = Figures(99, GENERATE, clock=Clock())
    for number in range(20):
        figures.done(done("rejected", number, f"gate{number % 8}", f"reason {number}\x1b[2J\n" + "x" * 500))
    kinds, *last = figures.lines()[-1 - LAST :]
    assert kinds.startswith("not kept   gate0 3, gate1 3, ")
    assert kinds.count(",") == MOST - 1
    assert [line.split()[2] for line in last] == ["17\\x1b[2J", "18\\x1b[2J", "19\\x1b[2J"]
    assert max(map(len, last)) < 250


def test_drafts_tell_their_reason():
    figures = Figures(5, ("accepted", "rejected", "failed"), goal="accepted", clock=Clock())
    reasons = (Rejected(stage="near_duplicate", reason="as task 3"),)
    figures.done(DraftOutcome(task=0, status="rejected", kind="act", reasons=reasons))
    figures.done(DraftOutcome(task=1, status="accepted", kind="act"))
    assert figures.line() == "1/5 1 accepted, 1 rejected, 0 failed; last: near_duplicate: as task 3"


def test_the_time_left_goes_by_this_sitting_and_not_by_earlier_ones():
    clock = Clock()
    figures = Figures(100, GENERATE, clock=clock)
    for task in range(40):  # of earlier sittings, told at once
        figures.done(done("kept", task))
    assert "left" not in figures.line()
    for _ in range(20):
        clock.now += 2.0
        figures.done(done("kept"))
    assert "about 80 s left" in figures.line()  # 40 tasks at 19 in 38 s: the pace is taken from 2 s on
    clock.now += 10_000
    assert " h " in figures.line()


def test_a_line_comes_for_every_tenth_and_when_the_last_one_is_old(capsys):
    clock = Clock()
    figures = Figures(40, GENERATE, clock=clock)
    lines = Lines(figures, clock)
    for task in range(8):
        for observer in (figures, lines):
            observer.done(done("kept", task))
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == ["4/40", "8/40"]
    for seconds in (SECONDS - 1, 1, 1):
        clock.now += seconds
        lines.answered(LANE, key("agent"), 1.0, USAGE)
    assert len(capsys.readouterr().err.splitlines()) == 1


def in_terminal(folder: Path, *flags: str, **env: str) -> tuple[int, str, str]:
    """Exit code, stdout, and what a terminal on stderr was sent."""
    upper, lower = pty.openpty()
    command = [sys.executable, "-m", "apigen_mt.cli", "generate", "--domain", "library", "--out", "run", *flags]
    path = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "COLUMNS": "100", "LINES": "30"}
    process = subprocess.Popen(
        command, cwd=folder, env={**path, **env}, stdout=subprocess.PIPE, stderr=lower, text=True
    )
    os.close(lower)
    shown = b""
    try:
        while part := os.read(upper, 1 << 16):
            shown += part
    except OSError:  # how a terminal ends
        pass
    out, _ = process.communicate(timeout=60)
    os.close(upper)
    return process.returncode, out, shown.decode()


def test_a_terminal_is_shown_it_live_a_dumb_one_in_lines_and_a_run_is_the_same_either_way(tmp_path):
    live, dumb = tmp_path / "live", tmp_path / "dumb"
    live.mkdir()
    dumb.mkdir()
    code, out, shown = in_terminal(live, "--count", "4", "--json", TERM="xterm-256color", NO_COLOR="1")
    assert (code, out[:2]) == (0, "{\n")
    assert re.search(r"phase one .*\d+ accepted", shown)
    assert "\x1b[2K" in shown
    assert not re.search(r"\x1b\[[\d;]*[34]8;|\x1b\[3\dm", shown)
    code, _, shown = in_terminal(dumb, "--count", "4", TERM="dumb")
    assert (code, "\x1b" in shown) == (0, False)
    assert shown.splitlines()[-1] == "4/4 4 kept, 0 rejected, 0 failed"
    one, other = (folder / "run/dataset/data/train.jsonl" for folder in (live, dumb))
    assert one.read_bytes() == other.read_bytes()
