"""Thrift from outside: what a run spends and how it ends when an endpoint refuses, fails, breaks off or is full."""

import signal
import time
from collections import Counter
from functools import partial

import pytest

from bench.scripted_server import Place
from bench.talks import AGENT
from tests.engine.command import Run, Work, ended, run, when, work
from tests.engine.fault_server import NETWORK, TRANSIENT, Faults, FaultServer, seeded

LIVE = 16
HOPELESS = ("401", "403", "404", "400", "no credit")
SHORT = {"reply": 2.0, "request": 20.0, "down": 10.0}


@pytest.fixture(scope="module")
def some(tmp_path_factory) -> Work:
    return work(tmp_path_factory.mktemp("some"), 8)


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Work:
    return work(tmp_path_factory.mktemp("many"), 100)


@pytest.fixture(scope="module")
def clean(many, tmp_path_factory) -> dict[str, bytes]:
    """The dataset of a run that met no faults."""
    with FaultServer(many.answers).in_thread() as server:
        undisturbed = run(tmp_path_factory.mktemp("clean"), many, server)
        assert undisturbed.done() == (0, "")
        assert server.requests == many.ideal
    return undisturbed.dataset()


def after(calls: int, kind: str) -> Faults:
    """Faults of a kind from a call on, whoever makes it."""
    seen = Counter[str]()

    def fault(_: Place, __: int) -> str:
        seen["calls"] += 1
        return kind if seen["calls"] > calls else ""

    return fault


def at(places: set[Place], kind: str) -> Faults:
    """A fault that these places always meet."""
    return lambda place, _: kind if place in places else ""


def some_places(what: Work, every: int) -> set[Place]:
    """One in so many of the agent's places."""
    mine = sorted(place for place in what.answers if place[0] == AGENT)
    return set(mine[::every])


def check_hopeless(what: Work, folder, kind: str, calls: int) -> None:
    """A run whose endpoint has nothing but one kind of refusal for it from a call on stops, with one line."""
    with FaultServer(what.answers, after(calls, kind), latency=0.02).in_thread() as server:
        stopped = run(folder / f"{kind} {calls}", what, server, concurrency=LIVE)
        code, err = stopped.done()
    assert (code, err.count("\n")) == (3, 1), err
    assert server.requests - calls <= LIVE
    twice = [times for times in server.asked.values() if times > 1]
    assert twice in ([], [2] if kind == "400" else []), "a refused schema is tried once more without it, and no more"


def test_a_wrong_key_ends_the_run_with_the_calls_under_way(some, tmp_path):
    check_hopeless(some, tmp_path, "401", 0)


@pytest.mark.proof
@pytest.mark.parametrize("kind", HOPELESS)
@pytest.mark.parametrize("calls", [0, 100])
def test_what_cannot_be_helped_is_tried_once_and_ends_the_run(many, tmp_path, kind, calls):
    check_hopeless(many, tmp_path, kind, calls)


def check_dead_ends(what: Work, folder, kind: str, most: int, every: int) -> tuple[Run, FaultServer]:
    """Some places never answer well: each is tried so often at most, the other talks are done, and once the endpoint
    is mended the same command does the rest.
    """
    places = some_places(what, every)
    with FaultServer(what.answers, at(places, kind)).in_thread() as server:
        broken = run(folder, what, server)
        code, err = broken.done()
        assert (code, err.count("\n")) == (3, 1), err
        assert "broke off" in err
        tried = [server.asked[place] for place in places if server.asked[place]]
        assert tried
        assert max(tried) <= most
        assert all(times == 1 for place, times in server.asked.items() if place not in places)
        kept = sum(outcome.status == "kept" for outcome in broken.outcomes())
        assert kept == what.talks - len(tried)
        bought = server.bought.total()
        server.faults = seeded(0, 0.0, ["500"])
        assert broken.done() == (0, "")
        assert server.bought.total() == what.ideal >= bought
    return broken, server


@pytest.mark.proof
def test_a_persistent_error_of_the_server_is_tried_four_times(many, clean, tmp_path):
    mended, _ = check_dead_ends(many, tmp_path, "500", 4, 50)
    assert mended.dataset() == clean


@pytest.mark.proof
def test_a_reply_that_is_always_cut_off_is_paid_twice(many, clean, tmp_path):
    mended, server = check_dead_ends(many, tmp_path, "cut", 2, 50)
    assert mended.dataset() == clean
    assert server.unknown == 0


@pytest.mark.proof
def test_a_reply_that_reaches_its_limit_of_tokens_is_paid_once_by_an_agent(many, tmp_path):
    places = some_places(many, 50)
    with FaultServer(many.answers, at(places, "length")).in_thread() as server:
        assert run(tmp_path, many, server).done()[0] == 0
    assert max(server.asked.values()) == 1


def check_transient(what: Work, folder, share: float, most: float) -> Run:
    with FaultServer(what.answers, seeded(5, share, TRANSIENT)).in_thread() as server:
        shaken = run(folder, what, server)
        assert shaken.done() == (0, "")
    assert server.kinds.total() > server.kinds[""]
    assert server.bought.total() == what.ideal == shaken.replies()
    assert server.requests <= most * what.ideal
    assert shaken.tokens() == server.told
    return shaken


def test_transient_faults_cost_little_more_than_themselves(some, tmp_path):
    check_transient(some, tmp_path, 0.05, 1.2)


@pytest.mark.proof
def test_transient_faults_on_a_twentieth_of_the_calls_leave_no_trace(many, clean, tmp_path):
    shaken = check_transient(many, tmp_path, 0.05, 1.08)
    assert shaken.dataset() == clean


@pytest.mark.proof
def test_eight_network_faults_end_by_their_deadlines(many, clean, tmp_path):
    """The eighth is a name that cannot be resolved: the second address of both roles."""
    begun = time.monotonic()
    with FaultServer(many.answers, seeded(6, 0.02, NETWORK), latency=0.05).in_thread() as server:
        shaken = run(tmp_path, many, server, "http://nowhere.invalid/v1", deadlines=SHORT)
        code, err = ended(shaken.started(), 300)
        took = time.monotonic() - begun
        assert set(server.kinds) >= set(NETWORK)
        assert took <= many.ideal / LIVE * 0.1 + SHORT["request"] + SHORT["down"] + 30
        if code:  # what could not be had in time is told, and had when the command is given again
            assert (code, err.count("\n")) == (3, 1), err
            server.faults = seeded(0, 0.0, NETWORK)
            assert shaken.done() == (0, "")
    print(f"network faults on 2% of {many.ideal} calls: {took:.0f} s, exit {code}, {dict(server.kinds)}")  # noqa: T201
    assert shaken.dataset() == clean


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["half-open", "drip", "silence"])
def test_an_interrupt_leaves_within_five_seconds_whatever_the_endpoint_does(many, tmp_path, kind):
    with FaultServer(many.answers, after(60, kind)).in_thread() as server:
        process = run(tmp_path, many, server).started()
        assert when(process, lambda: server.requests >= 60 + LIVE)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        code, err = ended(process)
        took = time.monotonic() - begun
    assert (code, err.count("\n")) == (130, 1), err
    assert took <= 5


@pytest.mark.proof
def test_an_endpoint_that_admits_eight_is_given_eight(tmp_path):
    what = work(tmp_path, 100)
    with FaultServer(what.answers, latency=0.25, admits=8).in_thread() as server:
        assert run(tmp_path, what, server, concurrency=32).done() == (0, "")
    took = server.log[-1][0] - server.log[0][0]
    ideal = what.ideal * server.latency / 8
    print(f"admitted 8 of 32: {server.refused / server.requests:.1%} are 429, {ideal / took:.0%} of ideal speed")  # noqa: T201
    assert server.early == 0
    assert server.refused <= 0.1 * server.requests
    assert ideal / took >= 0.8


@pytest.mark.proof
def test_an_endpoint_that_admits_fewer_for_a_while_is_given_all_it_takes_again(tmp_path):
    """32, then 4, then 32: within 15 seconds of the second change at least four in five are used again."""
    what = work(tmp_path, 150)
    with FaultServer(what.answers, latency=0.25, admits=32).in_thread() as server:
        process = run(tmp_path, what, server, concurrency=32).started()
        changes = []
        for share, admits in ((0.3, 4), (0.4, 32)):
            assert when(process, partial(bought, server, share * what.ideal))
            changes.append(time.monotonic())
            server.admits = admits
        assert ended(process) == (0, "")
    back = min((t for t, live in server.log if t > changes[1] and live >= 26), default=float("inf"))
    print(f"admitted 32, 4, 32: back at four in five after {back - changes[1]:.1f} s")  # noqa: T201
    assert back - changes[1] <= 15
    assert server.early == 0


def bought(server: FaultServer, replies: float) -> bool:
    return server.bought.total() >= replies


@pytest.mark.proof
def test_a_budget_of_tokens_is_exceeded_at_most_by_what_is_under_way(many, tmp_path):
    """The endpoint answers longer than asked, so that no reservation holds."""
    longest = 50_000
    told = {place: body.replace(b'"completion_tokens": 20', b'"completion_tokens": %d' % longest)
            for place, body in many.answers.items()}  # fmt: skip
    with FaultServer(told, latency=0.02).in_thread() as server:
        limited = run(tmp_path, many, server)
        code, err = limited.done("--budget-tokens", "2000000")
    assert (code, err.count("\n")) == (1, 1), err
    assert limited.tokens() <= 2_000_000 + LIVE * (longest + 2000)
    assert limited.tokens() > 1_000_000
