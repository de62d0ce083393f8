"""What only a world in another process can show: its end, its death, and that nothing is left behind."""

import os
import signal

import pytest

from tests.child_world import ChildLibrary, ChildSession, PipeError
from tools_env.calls import Call, Edit, Fault, Refusal, Result
from tools_env.course import Course
from tools_env.port import SetUpFailed, UnknownSnapshot
from tools_env.replay import replay
from tools_env.resolve import resolve

WORLD = ChildLibrary()
LOOK = Call(name="list_loans", arguments={"member_id": "M100"})


@pytest.fixture
def session():
    session = WORLD.open("seed:0")
    yield session
    session.close()


def renewable(session: ChildSession) -> Call:
    loans = session.opened["loans"].values()
    due = {str(loan["loan_id"]): str(loan["due"]) for loan in loans}
    return Call(name="renew_loan", arguments={"loan_id": max(due, key=lambda key: due[key])})


def alive(pid):
    """Whether a process of ours still runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_is_found_by_name_as_class_and_as_function():
    assert resolve("tests.child_world:ChildLibrary").fork_cost == "restart"
    assert resolve("tests.child_world:child_library").specs == resolve("library").specs


def test_closing_ends_the_child(session):
    other = session.fork()
    pids = [session.pipe.pid, other.pipe.pid]
    assert all(map(alive, pids))
    other.close()
    other.close()
    assert not alive(pids[1])
    assert isinstance(session.call(LOOK), Result)
    session.close()
    assert not any(map(alive, pids))


def test_forgetting_a_session_ends_the_child():
    session = WORLD.open("seed:0")
    pid = session.pipe.pid
    assert alive(pid)
    del session
    assert not alive(pid)


def test_a_dead_child_is_a_fault_of_the_world(session):
    os.kill(session.pipe.pid, signal.SIGKILL)
    fault = session.call(LOOK)
    assert isinstance(fault, Fault)
    assert "child process" in fault.reason
    with pytest.raises(PipeError):
        session.diff()
    session.close()
    assert isinstance(session.call(LOOK), Fault)


def test_a_fork_replays_what_was_done_and_then_goes_its_own_way(session):
    call = renewable(session)
    assert isinstance(session.call(call), Result)
    fork = session.fork()
    assert (fork.diff(), fork.fingerprint()) == (session.diff(), session.fingerprint())
    assert isinstance(fork.call(call), Result)
    assert fork.diff() != session.diff()
    fork.close()
    (path,) = session.diff()
    assert path == f"loans/{call.arguments['loan_id']}/due"


def test_refusals_and_breaches_cross_the_pipe(session):
    refusals = [session.call(Call(name="renew_loan", arguments={"loan_id": key})) for key in session.opened["loans"]]
    because = [r.because for r in refusals if isinstance(r, Refusal) and r.because]
    assert because
    assert all(b.path.startswith("loans/") for b in because)
    assert {b.clause for b in session.breaches(Course())} == {"4"}


def test_a_set_up_is_where_the_talk_begins():
    late = Edit(path="loans/L1/due", value="2026-02-01")
    session = WORLD.open("seed:0", (late,))
    assert session.diff() == {}
    here = resolve("library").open("seed:0", (late,))
    assert session.fingerprint() == here.fingerprint() != WORLD.open("seed:0").fingerprint()
    assert isinstance(session.call(Call(name="renew_loan", arguments={"loan_id": "L1"})), Refusal)
    session.close()


def test_what_cannot_be_opened_says_so():
    with pytest.raises(SetUpFailed, match="no record"):
        WORLD.open("seed:0", (Edit(path="loans/L9999/due", value="2026-02-01"),))
    with pytest.raises(UnknownSnapshot, match="expected seed:N"):
        WORLD.open("fixture:1")


def test_replay_needs_no_more_than_the_port():
    session = WORLD.open("seed:0")
    calls = [LOOK, renewable(session), renewable(session)]
    session.close()
    assert replay(WORLD, "seed:0", (), calls) == replay(resolve("library"), "seed:0", (), calls)
