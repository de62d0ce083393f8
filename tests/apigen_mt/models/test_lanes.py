"""Throttle, breaker, retries and fail-over together, in virtual time: an hour costs no more than its requests."""

import asyncio
import re

import pytest

from apigen_mt.models.failures import EndpointError
from apigen_mt.models.lane import Lane
from apigen_mt.models.pool import Pool
from apigen_mt.models.retry import Pace
from tests.apigen_mt.models.lanes import (
    GONE,
    REQUEST,
    FakeEndpoint,
    crowd,
    in_virtual_time,
    key_of,
    pool_of,
    refusal,
)


def run(*endpoints, requests, at_once=32, observer=None, **patience):
    """Results and seconds of a crowd over these endpoints."""

    async def all_of_it():
        started = asyncio.get_running_loop().time()
        told = {} if observer is None else {"observer": observer}
        found = await pool_of(
            *endpoints, asking=lambda pool: crowd(pool, requests, at_once), most=at_once, **told, **patience
        )
        return found, asyncio.get_running_loop().time() - started

    return in_virtual_time(all_of_it)


def errors(found):
    return [one for one in found if isinstance(one, EndpointError)]


@pytest.mark.parametrize(("at_once", "latency", "share"), [(32, 0.2, 0.95), (128, 0.2, 0.9), (512, 1.0, 0.85)])
def test_a_generous_endpoint_soon_gets_as_many_as_were_asked_for(at_once, latency, share):
    endpoint = FakeEndpoint(latency=latency)
    rounds = 24 if at_once <= 128 else 10
    found, seconds = run(endpoint, requests=rounds * at_once, at_once=at_once)
    assert not errors(found)
    assert (endpoint.peak, len(endpoint.sent)) == (at_once, rounds * at_once)
    assert rounds * latency / seconds >= share


@pytest.mark.parametrize(
    ("admits", "latency"),
    [(1, 0.05), (4, 0.05), (8, 0.05), (1, 0.2), (8, 0.2), (20, 0.2), (1, 2.0), (8, 2.0), (20, 2.0)],
)
@pytest.mark.parametrize("retry_after", [1.0, None])
def test_an_endpoint_that_admits_few_is_used_well_and_seldom_asked_for_more(admits, latency, retry_after):
    endpoint = FakeEndpoint(latency=latency, admits=lambda _: admits, retry_after=retry_after)
    requests = max(300, int(20 * admits / latency))
    found, seconds = run(endpoint, requests=requests)
    assert not errors(found)
    assert endpoint.early == 0
    assert len(endpoint.refused) <= 0.1 * len(endpoint.sent)
    assert requests * latency / admits / seconds >= 0.8


@pytest.mark.parametrize("retry_after", [1.0, None])
def test_an_endpoint_that_admits_less_for_a_while_is_followed_within_fifteen_seconds(retry_after):
    endpoint = FakeEndpoint(admits=lambda now: 4 if 10 <= now < 40 else 32, retry_after=retry_after)
    found, _ = run(endpoint, requests=int((10 + 20) * 32 / 0.2 + 30 * 4 / 0.2))
    assert not errors(found)
    assert endpoint.early == 0

    def speed(start, end):
        return sum(start <= at < end for at in endpoint.served) / (end - start)

    assert speed(25, 40) >= 0.8 * 4 / 0.2
    assert speed(55, 58) >= 0.9 * 32 / 0.2
    assert sum(25 <= at < 40 for at in endpoint.refused) <= 0.1 * sum(25 <= at < 40 for at in endpoint.sent)


def test_an_endpoint_that_says_503_when_it_is_full_is_not_overrun():
    open_now = FakeEndpoint(latency=0.2)
    open_now.fault = lambda *_: refusal(503) if open_now.open > 8 else None
    found, seconds = run(open_now, requests=1600)
    assert len(errors(found)) <= 8
    assert 1600 * 0.2 / 8 / seconds >= 0.7


@pytest.mark.parametrize("after", [7.0, 400.0])
def test_nobody_sends_anything_before_retry_after_is_over(after):
    endpoint = FakeEndpoint(fault=lambda number, _: refusal(429, after=after) if number == 5 else None)
    found, seconds = run(endpoint, requests=200, at_once=8)
    assert not errors(found)
    gap = [at for at in endpoint.sent if 0.01 < at < after]
    assert not gap
    assert seconds >= after


def test_a_wait_that_is_longer_than_patience_is_not_begun():
    endpoint = FakeEndpoint(fault=lambda *_: refusal(429, after=90))
    found, seconds = run(endpoint, requests=1, at_once=1, deadline=60.0)
    assert [error.kind for error in errors(found)] == ["rate"]
    assert (len(endpoint.sent), seconds < 1) == (1, True)


@pytest.mark.parametrize(
    "error", [refusal(401), refusal(403), refusal(404), refusal(400), refusal(402), refusal(429, "insufficient_quota")]
)
def test_what_cannot_be_helped_ends_everything_after_few_calls(error):
    endpoint = FakeEndpoint(fault=lambda *_: error)
    found, _ = run(endpoint, requests=200)
    assert len(endpoint.sent) <= 16
    assert len(errors(found)) == 200


def test_a_refused_schema_costs_one_more_call_where_everything_is_refused():
    endpoint = FakeEndpoint(fault=lambda *_: refusal(400))
    request = REQUEST.model_copy(update={"response_format": {"type": "json_object"}})

    async def asking(pool):
        asked = (pool.complete(key_of(number), request) for number in range(32))
        return await asyncio.gather(*asked, return_exceptions=True)

    found = in_virtual_time(lambda: pool_of(endpoint, asking=asking))
    assert len(errors(found)) == 32
    assert len(endpoint.sent) <= 16


def poisoned(wrong: dict[int, EndpointError | bytes], most: int):
    """What comes of 50 requests of which some always go wrong, how often each of those was sent, and the seconds."""
    times = dict.fromkeys(wrong, 0)

    class Poisoned(FakeEndpoint):
        async def post(self, body, seconds):
            found = re.search(rb"poison([0-9]+)", body)
            number = int(found[1]) if found else -1
            self.fault = lambda *_: wrong.get(number)
            times[number] = times.get(number, 0) + 1
            return await super().post(body, seconds)

    async def asking(pool):
        def request(number):
            return REQUEST.model_copy(update={"extra": {"x": f"poison{number}"}}) if number in wrong else REQUEST

        asked = (pool.complete(key_of(number), request(number)) for number in range(50))
        begun = asyncio.get_running_loop().time()
        found = await asyncio.gather(*asked, return_exceptions=True)
        return found, asyncio.get_running_loop().time() - begun

    found, seconds = in_virtual_time(lambda: pool_of(Poisoned(), asking=asking, most=most))
    return found, times, seconds


def test_a_request_that_always_breaks_the_server_is_tried_four_times_and_garbage_twice():
    found, times, _ = poisoned({3: refusal(500), 7: b"<html>"}, 32)
    assert [error.kind for error in errors(found)] == ["server", "garbage"]
    assert (times[3], times[7]) == (4, 2)


@pytest.mark.parametrize("wrong", [refusal(500), b"<html>"])
@pytest.mark.parametrize("numbers", [range(6), range(20, 32), range(46, 50)])
def test_requests_that_always_fail_do_not_keep_the_others_from_a_good_endpoint(wrong, numbers):
    """So many in a row have the endpoint taken for one that is down, but none of them looks for all the others."""
    found, times, seconds = poisoned(dict.fromkeys(numbers, wrong), 4)
    assert [number for number, one in enumerate(found) if isinstance(one, EndpointError)] == list(numbers)
    assert {error.kind for error in errors(found)} == {"garbage" if isinstance(wrong, bytes) else "server"}
    assert max(times[number] for number in numbers) <= 4
    assert seconds < 500


def test_passing_faults_cost_hardly_more_calls_than_there_are_faults():
    sorts = [refusal(500), refusal(503), refusal(429), GONE]
    endpoint = FakeEndpoint(
        latency=0.05, fault=lambda number, _: sorts[number // 20 % 4] if number * 7919 % 20 == 0 else None
    )
    found, seconds = run(endpoint, requests=2400)
    assert not errors(found)
    assert len(endpoint.sent) <= 1.08 * 2400
    assert seconds <= 4 * 2400 * 0.05 / 32


def test_requests_wait_while_an_endpoint_is_away_and_few_are_spent_on_looking():
    endpoint = FakeEndpoint(fault=lambda _, now: GONE if 10 <= now < 250 else None)
    found, _ = run(endpoint, requests=5000)
    assert not errors(found)
    assert sum(10 <= at < 250 for at in endpoint.sent) <= 32 + 20
    assert min(at for at in endpoint.served if at > 12) < 250 + 31


@pytest.mark.parametrize("sort", [GONE, refusal(500), refusal(503), refusal(408)])
def test_an_endpoint_that_stays_away_ends_everything_and_is_not_asked_often(sort):
    endpoint = FakeEndpoint(fault=lambda _, now: sort if now >= 10 else None)
    found, seconds = run(endpoint, requests=5000)
    assert errors(found)[-1].kind == "down"
    assert seconds < 10 + (600 if sort.kind == "timeout" else 0) + 600 + 61
    assert sum(at >= 10 for at in endpoint.sent) <= 32 + 50


@pytest.mark.parametrize("sort", [GONE, refusal(500)])
def test_an_endpoint_that_never_was_there_is_told_soon(sort):
    endpoint = FakeEndpoint(fault=lambda *_: sort)
    found, seconds = run(endpoint, requests=200)
    assert len(errors(found)) == 200
    assert seconds < 20
    assert len(endpoint.sent) <= 40


def test_an_endpoint_that_hangs_is_left_alone_and_then_given_up():
    endpoint = FakeEndpoint(fault=lambda _, now: refusal(408) if now >= 5 else None)
    found, seconds = run(endpoint, requests=3000, per_attempt=20.0, deadline=200.0, down=100.0)
    assert errors(found)
    assert seconds <= 5 + 200 + 30
    assert sum(at >= 5 for at in endpoint.sent) <= 32 + 16


class Told:
    """An observer that keeps what it is told."""

    def __init__(self):
        self.heard = []

    def sent(self, lane, role, key):
        self.heard.append(("sent", key.blueprint))

    def answered(self, lane, key, seconds, usage):
        self.heard.append(("answered", key.blueprint))
        assert usage.total == 4
        assert seconds == pytest.approx(0.2)

    def retried(self, lane, key, cause, wait):
        self.heard.append((f"retried for {cause}", key.blueprint))
        assert wait >= 0

    def failed(self, lane, key, cause):
        self.heard.append((f"failed for {cause}", key.blueprint))

    def settled(self, stage, usage, usd):
        raise AssertionError("a pool settles nothing")

    def done(self, outcome):
        raise AssertionError("a pool ends no task")


def test_an_observer_hears_of_every_attempt():
    sorts: dict[int, EndpointError | bytes] = {0: refusal(500), 2: b"<html>", 3: b"<html>"}
    told = Told()
    run(FakeEndpoint(fault=lambda number, _: sorts.get(number)), requests=2, at_once=1, observer=told)
    assert told.heard == [
        ("sent", "b0"),
        ("retried for server", "b0"),
        ("sent", "b0"),
        ("answered", "b0"),
        ("sent", "b1"),
        ("retried for garbage", "b1"),
        ("sent", "b1"),
        ("failed for garbage", "b1"),
    ]


def two(**first):
    return FakeEndpoint("http://one.example/v1", **first), FakeEndpoint("http://two.example/v1")


def test_replicas_share_the_talks_and_a_talk_stays_where_it_is():
    lanes: dict[str, set[str]] = {}

    class Noting(Told):
        def sent(self, lane, role, key):
            lanes.setdefault(key.blueprint, set()).add(lane)

        def answered(self, lane, key, seconds, usage):
            """Nothing."""

    one, other = two()

    async def asking(pool: Pool):
        for _ in range(5):
            await asyncio.gather(*(pool.complete(key_of(number), REQUEST) for number in range(60)))

    in_virtual_time(lambda: pool_of(one, other, asking=asking, observer=Noting()))
    assert all(len(used) == 1 for used in lanes.values())
    assert min(len(one.sent), len(other.sent)) >= 0.3 * 300


def test_when_a_replica_goes_away_the_other_takes_over_and_it_is_used_again_when_it_is_back():
    one, other = two(fault=lambda _, now: GONE if 5 <= now < 25 else None, latency=0.5)
    other.latency = 0.5
    found, seconds = run(one, other, requests=5000)
    assert not errors(found)
    assert sum(5 <= at < 25 for at in one.sent) <= 32 + 12
    assert sum(at > 56 for at in one.served) > 200
    assert seconds <= 1.25 * 5000 * 0.5 / 32


def test_a_replica_that_never_answers_ends_nothing_while_there_is_another():
    one, other = two(fault=lambda *_: GONE)
    found, _ = run(one, other, requests=2000)
    assert not errors(found)
    assert len(one.sent) <= 32


def test_while_one_replica_is_paused_the_other_is_used():
    one, other = two(fault=lambda number, _: refusal(429, after=300) if number == 20 else None)
    found, seconds = run(one, other, requests=4000)
    assert not errors(found)
    assert seconds < 60
    assert one.early == 0


def test_a_wrong_key_at_one_replica_stops_the_run():
    one, other = two(fault=lambda *_: refusal(401))
    found, _ = run(one, other, requests=200)
    assert {error.kind for error in errors(found)} == {"auth"}
    assert len(one.sent) <= 16


def test_a_pool_goes_by_its_first_replica():
    one, other = two()

    async def asking(pool):
        return pool.base_url

    assert in_virtual_time(lambda: pool_of(one, other, asking=asking)) == one.base_url


def test_who_is_given_up_leaves_no_place_taken_whenever_it_happens():
    endpoint = FakeEndpoint(admits=lambda _: 2, retry_after=0.5)

    async def asking(pool):
        for wait in range(40):
            tasks = [asyncio.ensure_future(pool.complete(key_of(number), REQUEST)) for number in range(8)]
            await asyncio.sleep(wait * 0.02)
            for task in tasks[wait % 3 :: 2]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        before = len(endpoint.served)
        await asyncio.gather(*(pool.complete(key_of(number), REQUEST) for number in range(30)))
        return endpoint.open, len(endpoint.served) - before

    assert in_virtual_time(lambda: pool_of(endpoint, asking=asking, most=3)) == (0, 30)


def test_who_is_cancelled_just_when_the_lane_ends_stays_cancelled():
    async def cancelled():
        loop = asyncio.get_running_loop()
        lane = Lane(FakeEndpoint(), 1, Pace(asyncio.sleep, loop.time, loop.time), 600)
        await lane.enter((0.0, 0))
        waiting = asyncio.ensure_future(lane.enter((0.0, 1)))
        await asyncio.sleep(0)
        lane.condemn(refusal(401))
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    in_virtual_time(cancelled)


def test_a_request_whose_time_is_up_while_it_waits_in_line_is_not_sent_again():
    endpoint = FakeEndpoint(latency=50.0, fault=lambda number, _: refusal(500) if number == 0 else None)

    async def asking(pool):
        asked = (pool.complete(key_of(number), REQUEST) for number in range(3))
        return await asyncio.gather(*asked, return_exceptions=True)

    found = in_virtual_time(lambda: pool_of(endpoint, asking=asking, most=1, deadline=40.0, per_attempt=60.0))
    assert [error.kind for error in errors(found)][:1] == ["server"]
    assert len(endpoint.sent) == 3
