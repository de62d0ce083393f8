"""The fault server itself: what it does depends on seed, place and count, and on nothing else."""

import json
import threading
import time
from collections import Counter
from contextlib import suppress
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from bench.scripted_server import Place
from tests.engine.fault_server import NETWORK, REFUSED, TRANSIENT, FaultServer, seeded

PLACE: Place = ("m", "hello", 1)
ANSWER = json.dumps({"choices": [{"message": {}, "finish_reason": "stop"}], "usage": {"total_tokens": 7}}).encode()
BODY = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello"}]}).encode()


def post(server: FaultServer, seconds: float = 5) -> bytes:
    request = Request(f"{server.url}/chat/completions", BODY, {"Content-Type": "application/json"})  # noqa: S310
    until, parts = time.monotonic() + seconds, b""
    with urlopen(request, timeout=seconds) as answer:  # noqa: S310 - our own loopback server
        while part := answer.read1():
            parts += part
            if time.monotonic() > until:
                raise TimeoutError
    return parts


def test_faults_depend_on_seed_place_and_count():
    places = [("m", str(n), k) for n in range(100) for k in range(5)]
    one, again, other = (seeded(seed, 0.1, TRANSIENT) for seed in (1, 1, 2))
    found = [one(place, n) for place in places for n in range(4)]
    assert found == [again(place, n) for place in places for n in range(4)]
    assert found != [other(place, n) for place in places for n in range(4)]
    shares = Counter(found)
    assert set(shares) == {"", *TRANSIENT}
    assert 0.08 < 1 - shares[""] / len(found) < 0.12


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_a_refusal_has_its_status(kind):
    with FaultServer({PLACE: ANSWER}, lambda _, n: kind if n == 0 else "").in_thread() as server:
        with pytest.raises(HTTPError) as caught:
            post(server)
        assert caught.value.code == REFUSED[kind][0]
        assert post(server) == ANSWER
    assert (server.requests, server.bought[PLACE], server.told) == (2, 1, 7)


@pytest.mark.parametrize("kind", [*NETWORK, "reset", "cut"])
def test_after_a_fault_of_the_network_the_answer_is_the_same_as_ever(kind):
    with FaultServer({PLACE: ANSWER}, lambda _, n: kind if n == 0 else "").in_thread() as server:
        with suppress(OSError, HTTPException):
            assert post(server, 0.5) != ANSWER
        again = threading.Event()
        for _ in range(100):
            try:
                assert post(server) == ANSWER
                break
            except OSError:
                again.wait(0.1)
    assert server.bought[PLACE] == 1


def test_more_than_it_admits_are_told_to_wait_and_whoever_does_not_is_noted():
    with FaultServer({PLACE: ANSWER}, admits=0).in_thread() as server:
        with pytest.raises(HTTPError) as caught:
            post(server)
        assert caught.value.headers["Retry-After"] == "1"
        assert (server.refused, server.early) == (1, 0)
        server.admits, server.barrier = 1, time.monotonic() + 0.5  # as if it had been half a second ago
        assert post(server) == ANSWER
        assert (server.refused, server.early) == (1, 1)


def test_what_is_not_in_the_script_is_counted():
    with FaultServer({}).in_thread() as server, pytest.raises(HTTPError):
        post(server)
    assert server.unknown == 1


def test_it_answers_nobody_while_it_holds():
    with FaultServer({PLACE: ANSWER}).in_thread() as server:
        server.hold()
        with pytest.raises(TimeoutError):
            post(server, 0.3)
        server.release()
        assert post(server) == ANSWER
