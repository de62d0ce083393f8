"""How a sitting begins and ends on the command line: Ctrl-C, a second runner, other settings, disks that fail."""

import json
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from apigen_mt.cli import main
from apigen_mt.cli_errors import code_of, told
from apigen_mt.journal import Journal, Unreadable
from tests.apigen_mt.model_server import Understudies, roles
from tests.blueprints.talks import planned, world_of
from tests.chat_server import Answer, Body, ChatServer

ROOT = Path(__file__).resolve().parents[2]
CLI = (sys.executable, "-m", "apigen_mt.cli")
COUNT, PLACES = 6, 4
SAID = "apigen-mt: interrupted; the same command goes on where it stopped\n"
PATIENCE = 120
"""Seconds a test waits for what takes a moment on an idle machine."""


def generate(out: Path, *more: object, count: int = COUNT) -> list[str]:
    flags = ("generate", "--domain", "library", "--count", count, "--out", out, "--quiet", *more)
    return [str(flag) for flag in flags]


def started(arguments: list[str], before: tuple[str, ...] = CLI) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*before, *arguments], cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and stderr."""
    _, err = process.communicate(timeout=PATIENCE)
    return process.returncode, err


def holds(run: Path) -> int:
    with Journal.read(run) as journal:
        assert journal.damaged == 0
        return journal.replies()


class Held:
    """A model whose answers wait from the request with a given number on, until they are let go or for ever."""

    def __init__(self, hold_from: int, *, hang: bool = False) -> None:
        self.hold_from = hold_from
        self.hang = hang
        self.models = Understudies(world_of("library"), planned("library", COUNT, as_run=True))
        self.full, self.release = threading.Event(), threading.Event()

    def __call__(self, body: Body, number: int) -> Answer:
        if number < self.hold_from:
            return self.models(body, number)
        if number == self.hold_from + PLACES - 1:
            self.full.set()
        return Answer(hang=True) if self.hang else replace(self.models(body, number), hold=self.release)


def settings(folder: Path, server: ChatServer) -> tuple[str, str, str, str]:
    path = folder / "models.yaml"
    path.write_text(json.dumps({"roles": roles(server.url)}), "utf-8")
    return "--config", str(path), "--concurrency", str(PLACES)


@pytest.fixture(scope="module")
def ideal(tmp_path_factory) -> tuple[Path, int]:
    """The run that nobody disturbs, and how many requests it takes."""
    folder: Path = tmp_path_factory.mktemp("ideal")
    with ChatServer(Held(10_000)).in_thread() as server:
        assert main(generate(folder / "run", *settings(folder, server))) == 0
        assert holds(folder / "run") == server.requests
        return folder / "run", server.requests


def rows(run: Path) -> bytes:
    return (run / "dataset/data/train.jsonl").read_bytes()


def test_replies_under_way_are_awaited_and_kept_when_a_run_is_interrupted(tmp_path, ideal):
    """Four requests are under way at the signal, and are answered after it."""
    (undisturbed, requests), held = ideal, Held(9)
    with ChatServer(held).in_thread() as server:
        out, flags = tmp_path / "run", settings(tmp_path, server)
        process = started(generate(out, *flags))
        assert held.full.wait(PATIENCE)
        process.send_signal(signal.SIGINT)
        held.release.set()
        assert ended(process) == (130, SAID)
        assert holds(out) == server.requests == 9 + PLACES
        assert main(generate(out, *flags)) == 0
        assert server.requests == requests == holds(out)
    assert rows(out) == rows(undisturbed)


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT] * 2], ids=["once", "twice"])
def test_an_endpoint_that_never_answers_holds_no_interrupt_up(tmp_path, signals):
    held = Held(9, hang=True)
    with ChatServer(held).in_thread() as server:
        out, flags = tmp_path / "run", settings(tmp_path, server)
        process = started(generate(out, *flags))
        assert held.full.wait(PATIENCE)
        begun = time.monotonic()
        for number in signals:
            process.send_signal(number)
            threading.Event().wait(0.2)  # two signals of one kind that come together are one
        assert ended(process) == (130, SAID)
        assert time.monotonic() - begun < PATIENCE / 4
        assert holds(out) == 9


@pytest.mark.proof
@pytest.mark.parametrize("signals", [1, 2])
def test_an_interrupt_takes_no_more_than_five_seconds(tmp_path, signals):
    held = Held(9, hang=True)
    with ChatServer(held).in_thread() as server:
        process = started(generate(tmp_path / "run", *settings(tmp_path, server)))
        assert held.full.wait(PATIENCE)
        begun = time.monotonic()
        for _ in range(signals):
            process.send_signal(signal.SIGINT)
            threading.Event().wait(0.2)
        assert ended(process) == (130, SAID)
        took = time.monotonic() - begun
    print(f"{signals} x Ctrl-C while nothing is answered: {took:.2f} s")  # noqa: T201
    assert took <= (5.0 if signals == 1 else 2.0)


@pytest.mark.proof
def test_a_second_runner_is_refused_within_two_seconds(tmp_path):
    with Journal.open(tmp_path / "run", {"seed": 1}):
        begun = time.monotonic()
        code, err = ended(started(generate(tmp_path / "run")))
        took = time.monotonic() - begun
    print(f"a second runner is refused after {took:.2f} s")  # noqa: T201
    assert (code, "another process is working on the run" in err) == (3, True)
    assert took < 2.0


def test_a_second_runner_is_refused_before_it_asks_anything(tmp_path, capsys):
    held = Held(0)
    with ChatServer(held).in_thread() as server, Journal.open(tmp_path / "run", {"seed": 1}):
        assert main(generate(tmp_path / "run", *settings(tmp_path, server))) == 3
        assert server.requests == 0
    said = capsys.readouterr().err
    assert said == f"apigen-mt: another process is working on the run in {tmp_path / 'run'}: wait for it, or end it\n"


def test_other_settings_are_refused_or_accepted_told_and_kept(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(generate(out, "--seed", 1, count=4)) == 0
    before = rows(out).splitlines()
    capsys.readouterr()
    changed = generate(out, "--seed", 2, "--profile", "usual", count=8)
    assert main(changed) == 2
    said = capsys.readouterr().err
    assert "seed: 1 -> 2" in said
    assert "--accept-drift" in said
    assert said.count("\n") == 1
    assert main([*changed, "--accept-drift"]) == 0
    assert capsys.readouterr().err == "apigen-mt: going on under changed settings: seed: 1 -> 2\n"
    assert rows(out).splitlines()[: len(before)] == before
    with Journal.read(out) as journal:
        assert journal.history() == [{"changes": [["seed", 1, 2]], "tasks": 4, "replies": 0}]
    assert main(changed) == 0
    assert main(["verify", str(out)]) == 0


def test_twins_of_a_task_made_under_other_settings_have_words_of_their_own(tmp_path):
    out, kinds = tmp_path / "run", tmp_path / "kinds.yaml"
    kinds.write_text("kinds: {refuse: 1}\n", "utf-8")
    assert main(generate(out, "--config", kinds, "--seed", 1, count=3)) == 0
    assert main(generate(out, "--config", kinds, "--seed", 2, "--accept-drift", count=6)) == 0
    assert main(["verify", str(out)]) == 0
    with Journal.read(out) as journal:
        found = [json.loads(text) for _, text in journal.outcomes()]
    assert [outcome["status"] for outcome in found].count("kept") >= 5


def test_other_blueprints_are_played_when_the_change_is_accepted(tmp_path, capsys):
    tasks = tmp_path / "tasks.jsonl"
    assert main(["draft", "--domain", "library", "--count", "5", "--out", str(tmp_path / "drafts"), "--quiet"]) == 0
    lines = (tmp_path / "drafts/blueprints.jsonl").read_text("utf-8").splitlines(keepends=True)
    play = ["play", "--blueprints", str(tasks), "--out", str(tmp_path / "run"), "--quiet"]
    tasks.write_text("".join(lines[:3]), "utf-8")
    assert main(play) == 0
    tasks.write_text("".join([lines[4], *lines[:3]]), "utf-8")
    assert main(play) == 2
    assert "blueprints (the tasks to be played): " in capsys.readouterr().err
    assert main([*play, "--accept-drift"]) == 0
    played = [json.loads(line)["blueprint"]["id"] for line in rows(tmp_path / "run").splitlines()]
    assert played == [json.loads(lines[n])["id"] for n in (4, 0, 1, 2)]
    tasks.write_text(lines[0], "utf-8")
    assert main([*play, "--accept-drift"]) == 2
    assert "holds 4 tasks: these 1 blueprints would cut it" in capsys.readouterr().err


LIMITED = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from apigen_mt.cli import main
sys.exit(main())
"""


def test_a_disk_that_is_full_costs_no_more_than_was_under_way(tmp_path, ideal):
    undisturbed, requests = ideal
    with ChatServer(Held(10_000)).in_thread() as server:
        out, flags = tmp_path / "run", settings(tmp_path, server)
        code, err = ended(started(generate(out, *flags), before=(sys.executable, "-c", LIMITED, "200000")))
        assert (code, err.count("\n")) == (3, 1), err
        assert err.startswith(f"apigen-mt: {out / 'journal.sqlite'}: ")
        assert "make room" in err
        assert 0 < server.requests - holds(out) <= PLACES
        assert main(generate(out, *flags)) == 0
        assert server.requests <= requests + PLACES
    assert rows(out) == rows(undisturbed)


BOUND = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE: root, too, may then write only what it may
os.execv(sys.executable, [sys.executable, "-m", "apigen_mt.cli", *sys.argv[1:]])
"""


def test_a_folder_that_may_not_be_written_is_told_in_one_line(tmp_path):
    out = tmp_path / "run"
    assert main(generate(out, count=2)) == 0
    before = {path.name for path in out.iterdir()}
    out.chmod(0o555)
    (out / "journal.lock").chmod(0o444)
    try:
        code, err = ended(started(generate(out, count=3), before=(sys.executable, "-c", BOUND)))
        assert main(["stats", str(out)]) == 0
    finally:
        out.chmod(0o755)
    assert (code, err.count("\n")) == (3, 1), err
    assert err.startswith(f"apigen-mt: {out}: no run can be kept here: ")
    assert {path.name for path in out.iterdir()} == before


STUCK = """
import asyncio, threading
from apigen_mt.cli_sitting import Interrupts
from apigen_mt.sitting import Sitting

async def begin(sitting):
    sitting.gate.at_work = True
    print("begun", flush=True)
    await asyncio.to_thread(threading.Event().wait)

sitting = Sitting()
interrupts = Interrupts(sitting)
with interrupts:
    asyncio.run(interrupts.within(begin(sitting)))
"""


def test_what_cannot_be_interrupted_is_left_behind():
    """A thread that waits for good, as a look-up of a name may, holds up the end of the loop and of the process."""
    process = started([], before=(sys.executable, "-c", STUCK))
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    assert ended(process) == (130, SAID)


def test_a_journal_that_is_no_database_is_refused_with_a_way_on_that_works(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(generate(out)) == 0
    before = rows(out)
    (out / "journal.sqlite").write_bytes(b"rubbish" * 5000)
    for command in (generate(out), ["show", str(out)], ["stats", str(out)]):
        capsys.readouterr()
        assert main(command) in {2, 3}
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "file is not a database" in said
    assert main(generate(out)) == 3
    said = capsys.readouterr().err
    way = shlex.split(said.split("with ")[-1])[:2]
    assert way == ["--against", str(out / "dataset")]
    assert main(generate(tmp_path / "other", *way)) == 0
    assert rows(out) == before
    old, new = ({json.loads(line)["blueprint"]["id"] for line in text.splitlines()} for text in
                (before, rows(tmp_path / "other")))  # fmt: skip
    assert len(new) == COUNT
    assert not old & new
    (out / "journal.sqlite").write_bytes(b"")
    assert main(generate(out)) == 3


@pytest.mark.parametrize(
    ("files", "way"),
    [
        ({"blueprints.jsonl": "{}\n"}, "with --against {}/blueprints.jsonl drafts what they lack"),
        ({"dataset/data/train.jsonl": "{}\n"}, "with --against {}/dataset makes tasks that are not among them"),
        (
            {"dataset/data/train.jsonl": "{}\n", "config.yaml": "blueprints: x\n"},
            "the rows in {}/dataset stand: play in another folder the blueprints that they lack",
        ),
        ({}, "nothing was exported from it: begin again in another folder"),
    ],
)
def test_the_way_on_from_a_lost_journal_is_that_of_its_command(tmp_path, files, way):
    for name, text in {"journal.sqlite": "x", **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    error = Unreadable(tmp_path, "file is not a database")
    assert told(error).endswith(way.format(tmp_path))
    assert code_of(error) == 3
