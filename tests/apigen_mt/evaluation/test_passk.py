"""pass^k and pass@k against numbers worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_mt.evaluation.passk import Trials, at, mean, pass_at, pass_hat, plain
from blueprints.wilson import wilson

FOUR = [Trials(4, 4), Trials(4, 2), Trials(4, 1), Trials(4, 0)]


@pytest.mark.parametrize(
    ("k", "hat", "plainly", "once"),
    [
        (1, (1 + 1 / 2 + 1 / 4) / 4, (1 + 1 / 2 + 1 / 4) / 4, (1 + 1 / 2 + 1 / 4) / 4),
        (2, (1 + 1 / 6) / 4, (1 + 1 / 4 + 1 / 16) / 4, (1 + 5 / 6 + 1 / 2) / 4),
        (3, 1 / 4, (1 + 1 / 8 + 1 / 64) / 4, (1 + 1 + 3 / 4) / 4),
        (4, 1 / 4, (1 + 1 / 16 + 1 / 256) / 4, 3 / 4),
    ],
)
def test_four_tasks_by_hand(k, hat, plainly, once):
    found = at(FOUR, k)
    assert found is not None
    assert (found.k, found.tasks) == (k, 4)
    assert found.pass_hat.value == pytest.approx(hat)
    assert found.plain.value == pytest.approx(plainly)
    assert found.pass_at.value == pytest.approx(once)


def test_a_task_that_was_tried_less_often_is_left_out_of_higher_k():
    tasks = [Trials(4, 4), Trials(2, 0)]
    assert [(found.tasks, found.pass_hat.value) for k in (1, 2, 3, 4) if (found := at(tasks, k))] == [
        (2, 0.5), (2, 0.5), (1, 1.0), (1, 1.0),
    ]  # fmt: skip
    assert at(tasks, 5) is None
    assert at([], 1) is None


@given(st.integers(1, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_the_conventions_agree_where_they_have_to(numbers):
    n, c, k = numbers
    trials = Trials(n, c)
    assert 0 <= pass_hat(trials, k) <= plain(trials, k) + 1e-12 <= pass_at(trials, k) + 1e-9
    assert pass_at(trials, 1) == pytest.approx(plain(trials, 1)) == pytest.approx(pass_hat(trials, 1))
    assert (pass_hat(trials, n) == 1) == (c == n)


def test_an_interval_holds_the_mean_and_is_the_same_each_time():
    found = mean(FOUR * 5, 1, pass_hat)
    assert found == mean(FOUR * 5, 1, pass_hat)
    assert 0 < found.low < found.value < found.high < 1
    wide = mean(FOUR, 1, pass_hat)
    assert wide.high - wide.low > found.high - found.low


def test_tasks_that_come_out_alike_are_not_taken_for_certain():
    found = mean([Trials(3, 3)] * 5, 2, pass_hat)
    assert (found.value, found.low, found.high) == (1.0, *wilson(5, 5))
    half = mean([Trials(2, 1)], 1, pass_hat)
    assert half.low <= 0.5 <= half.high
    assert half.low < half.high
