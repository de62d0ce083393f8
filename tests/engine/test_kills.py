"""Durability from outside: a run killed at any moment, on a full disk, or begun twice loses nothing and pays nothing
twice but for what was under way.
"""

import random
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.engine.command import Run, Work, ended, killed, run, when, work
from tests.engine.fault_server import FaultServer

LIVE = 16
LIMITED = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from apigen_mt.cli import main
sys.exit(main())
"""


@pytest.fixture(scope="module")
def some(tmp_path_factory) -> Work:
    return work(tmp_path_factory.mktemp("some"), 8)


def asked(server: FaultServer, requests: int) -> bool:
    return server.requests >= requests


def check_whole(done: Run, what: Work, server: FaultServer) -> None:
    """Every talk is kept once, the journal holds every reply once, and nothing was asked that is not in the script."""
    outcomes = done.outcomes()
    assert [o.task for o in outcomes] == list(range(what.talks))
    assert [o.status for o in outcomes] == ["kept"] * what.talks
    assert done.replies() == what.ideal
    assert set(server.asked) == set(what.answers)
    assert server.unknown == 0


def check_kills(folder: Path, what: Work, kills: list[int]) -> int:
    """A run that is killed after so many requests each, against one that is not; the requests that were paid again."""
    with FaultServer(what.answers).in_thread() as server:
        clean = run(folder / "clean", what, server, concurrency=LIVE)
        assert clean.done() == (0, "")
        check_whole(clean, what, server)
        assert server.requests == what.ideal
    with FaultServer(what.answers, latency=0.01).in_thread() as server:
        disturbed = run(folder / "disturbed", what, server, concurrency=LIVE)
        for requests in kills:
            assert killed(disturbed.started(), partial(asked, server, requests))
        assert disturbed.done() == (0, "")
        check_whole(disturbed, what, server)
        assert disturbed.dataset() == clean.dataset()
        return server.requests - what.ideal


def test_a_killed_run_pays_again_only_for_what_was_under_way(some, tmp_path):
    again = check_kills(tmp_path, some, [20, 55])
    assert 0 <= again <= 2 * LIVE


@pytest.mark.proof
def test_a_run_killed_twenty_times_ends_like_one_that_was_not(tmp_path):
    what, rng = work(tmp_path, 200), random.Random("twenty kills")
    kills = sorted(rng.sample(range(20, what.ideal - 100), 20))
    again = check_kills(tmp_path, what, kills)
    print(f"20 kills of {what.talks} talks, {what.ideal} requests, {LIVE} in flight: {again} replies bought again")  # noqa: T201
    assert 0 <= again <= 20 * LIVE


@pytest.mark.proof
def test_a_disk_that_is_full_costs_no_more_than_what_was_under_way(tmp_path):
    what = work(tmp_path, 40)
    with FaultServer(what.answers, latency=0.01).in_thread() as server:
        full = run(tmp_path / "full", what, server, concurrency=LIVE)
        code, err = full.done(before=(sys.executable, "-c", LIMITED, "400000"))
        assert (code, err.count("\n")) == (3, 1), err
        assert 0 < server.requests < what.ideal
        assert full.done() == (0, "")
        check_whole(full, what, server)
        assert server.requests - what.ideal <= LIVE


def test_a_second_runner_is_refused_and_asks_for_nothing(some, tmp_path):
    with FaultServer(some.answers).in_thread() as server:
        first = run(tmp_path, some, server, concurrency=4)
        server.hold()
        process = first.started()
        assert when(process, partial(asked, server, 4))
        before = server.requests
        code, err = first.done()
        assert (code, err.count("\n"), server.requests) == (3, 1, before), err
        assert "another process" in err
        process.kill()  # and whoever dies leaves no lock behind
        process.communicate()
        server.release()
        assert first.done() == (0, "")
        check_whole(first, some, server)
    assert server.requests - some.ideal <= 4


def test_an_interrupted_run_leaves_at_once_and_goes_on(some, tmp_path):
    """Also while the endpoint answers nobody: replies under way are waited for, but not for long."""
    with FaultServer(some.answers).in_thread() as server:
        stopped = run(tmp_path, some, server, concurrency=4)
        process = stopped.started()
        assert when(process, partial(asked, server, 20))
        server.hold()
        code, err = interrupted(process)
        assert (code, err) == (130, "apigen-mt: interrupted; the same command goes on where it stopped\n")
        server.release()
        assert stopped.done() == (0, "")
        check_whole(stopped, some, server)
    assert server.requests - some.ideal <= 4


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Interrupt a process that then has five seconds, and a few more for a slow machine."""
    process.send_signal(2)
    return ended(process, 15)
