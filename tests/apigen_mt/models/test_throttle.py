"""The throttle and the breaker by themselves: numbers in, numbers out."""

import random
from math import inf

import pytest

from apigen_mt.models import breaker, throttle
from apigen_mt.models.breaker import Breaker
from apigen_mt.models.throttle import FIRST, PROBES, SETTLES, Throttle


def full(found, now):
    """Send as many as there is room for."""
    sent = []
    while found.room(now):
        sent.append(found.sent(now))
    return sent


@pytest.fixture
def one():
    return Throttle(64, random.Random(1))


def test_the_first_answer_opens_the_way(one):
    sent = full(one, 0.0)
    assert len(sent) == FIRST
    assert (one.room(5.0), one.next_change()) == (False, inf)
    one.answered(sent[0], 5.0)
    assert one.limit == 4 * FIRST


def test_what_is_not_refused_at_once_counts_as_let_in(one):
    one.answered(full(one, 0.0)[0], 1.0)
    full(one, 1.0)
    assert one.next_change() == pytest.approx(1.0 + SETTLES)
    assert not one.room(1.0 + SETTLES / 2)
    assert one.room(1.0 + SETTLES * 1.01)
    assert one.limit == 64


def test_the_limit_is_never_more_than_was_asked_for():
    small = Throttle(3, random.Random(1))
    for now in range(20):
        for sent in full(small, now):
            small.answered(sent, now + 0.5)
    assert small.limit == 3


def found_level(one, admits, now=0.0):
    """Let an endpoint refuse what is above `admits`, and answer the others and more."""
    sent = full(one, now)
    for refused in sent[admits:]:
        one.refused(refused, now + 0.01)
    for good in sent[:admits]:
        one.answered(good, now + 0.2)
    for _ in range(16):
        one.answered(one.sent(now + 0.3), now + 0.5)


@pytest.mark.parametrize("admits", [1, 5, 11])
def test_a_refusal_shows_the_level_and_one_more_is_tried_later(one, admits):
    found_level(one, admits)
    assert (one.limit, one.held_back) == (admits, True)
    assert len(full(one, PROBES[0])) == admits
    assert PROBES[0] < one.next_change() <= PROBES[1] + 0.01
    assert len(full(one, PROBES[1] + 0.1)) == 1


def test_one_more_is_not_tried_before_enough_answers(one):
    first, *others = full(one, 0.0)
    for other in others:
        one.refused(other, 0.01)
    for now in range(100, 116):
        assert (one.limit, one.next_change()) == (1, inf)
        one.answered(first, now + 0.5)
        first = one.sent(now + 0.5)
    assert one.room(116.0)
    assert one.limit == 2


def test_a_refused_probe_leaves_the_level_and_one_that_is_let_in_is_followed_by_doubling(one):
    found_level(one, 4)
    now = PROBES[1] + 1
    found_level(one, 4, now)
    assert one.limit == 4
    limits = []
    now += PROBES[1] + 1
    while one.limit < 64:
        for sent in full(one, now):
            one.answered(sent, now + 0.2)
        limits.append(one.limit)
        now += 0.3
    assert limits[:4] == [7, 11, 19, 35]


def test_one_refusal_at_a_proven_level_is_an_accident_and_two_are_not(one):
    one.restart()
    for now in range(10):
        for sent in full(one, now):
            one.answered(sent, now + 0.2)
    assert one.limit == 64
    sent = full(one, 20.0)
    one.refused(sent.pop(), 20.1)
    assert one.limit == 64
    one.refused(sent.pop(), 20.2)
    assert one.limit == 62


def test_failures_cut_the_limit_when_they_are_usual_and_once_for_all_that_were_out(one):
    for now in range(10):
        for sent in full(one, now):
            one.answered(sent, now + 0.2)
    sent = full(one, 20.0)
    for number in range(3):
        one.failed(sent[number], 20.1)
    assert one.limit == 64
    for number in range(3, 30):
        one.failed(sent[number], 20.2)
    assert one.limit == int(64 * 0.7)
    later = [one.sent(21.0) for _ in range(3)]
    one.failed(later[0], 21.1)
    assert one.limit == int(int(64 * 0.7) * 0.7)


def test_replies_that_take_too_long_cut_the_limit_too(one):
    for now in range(10):
        for sent in full(one, now):
            one.answered(sent, now + 0.2)
    for sent in full(one, 20.0):
        one.answered(sent, 500.0, slow=True)
    assert one.limit < 64


def test_a_pause_is_a_pause_however_much_room_there_is(one):
    one.pause(100.0)
    one.pause(50.0)
    assert (one.room(99.9), one.room(100.0)) == (False, True)
    assert one.next_change() == 100.0


def test_the_breaker_opens_after_failures_in_a_row_and_only_then():
    found = Breaker(random.Random(1), 600)
    for now in range(breaker.TRIPS - 1):
        found.failed(now, look=False)
    found.succeeded()
    for now in range(breaker.TRIPS - 1):
        found.failed(now, look=False)
    assert found.lets_through(7.0)
    found.failed(7.0, look=False)
    assert not found.lets_through(7.0)
    assert 7.5 <= found.next_change() <= 8.0


def test_one_at_a_time_looks_at_growing_distances_until_there_is_an_answer():
    found = Breaker(random.Random(1), 1e9)
    found.succeeded()
    for _ in range(breaker.TRIPS):
        found.failed(0.0, look=False)
    distances, now = [], 0.0
    for _ in range(8):
        distances.append(found.next_change() - now)
        now = found.next_change()
        assert found.lets_through(now)
        assert found.sent()
        assert not found.lets_through(now)
        assert found.next_change() == inf
        found.failed(now, look=True)
        assert not found.gone(now)
    bounds = [1, 2, 4, 8, 16, 30, 30, 30]
    assert all(bound / 2 <= distance <= bound for distance, bound in zip(distances, bounds, strict=True))
    found.sent()
    assert found.succeeded()
    assert found.lets_through(now)


def test_who_goes_away_while_looking_leaves_the_look_to_the_next():
    found = Breaker(random.Random(1), 600)
    for _ in range(breaker.TRIPS):
        found.failed(0.0, look=False)
    assert found.sent()
    found.dropped(look=True)
    assert found.lets_through(2.0)


def test_a_look_that_fails_after_somebody_was_answered_closes_nothing():
    found = Breaker(random.Random(1), 600)
    for _ in range(breaker.TRIPS):
        found.failed(0.0, look=False)
    assert found.sent()
    assert found.succeeded()
    found.failed(2.0, look=True)
    assert found.lets_through(2.0)


def test_an_endpoint_is_given_up_after_its_time_or_soon_if_it_never_answered():
    new, old = Breaker(random.Random(1), 100), Breaker(random.Random(1), 100)
    old.succeeded()
    for found in (new, old):
        for _ in range(breaker.TRIPS):
            found.failed(10.0, look=False)
        for now in (11.0, 12.0, 13.0):
            assert not found.gone(now)
            found.sent()
            found.failed(now, look=True)
    assert (new.gone(13.0), old.gone(13.0), old.gone(109.0), old.gone(110.0)) == (True, False, False, True)


def test_the_first_requests_are_fewer_than_a_wrong_key_may_cost():
    assert throttle.FIRST + 1 <= 16
