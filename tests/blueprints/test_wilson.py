"""Wilson's interval: known values, and what must hold of any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprints.wilson import wilson

SHARES = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (0, 1, 0.0, 0.7935),
        (1, 1, 0.2065, 1.0),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (8, 10, 0.4902, 0.9433),
        (5, 10, 0.2366, 0.7634),
        (50, 100, 0.4038, 0.5962),
        (15, 148, 0.0624, 0.1605),  # Newcombe 1998 gives 0.0624 and 0.1605 for 15 of 148
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998: 0.2553 and 0.3662
    ],
)
def test_known_values(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(SHARES)
def test_it_holds_the_share_and_stays_between_nothing_and_all(share):
    successes, n = share
    low, high = wilson(successes, n)
    assert 0 <= low <= successes / n <= high <= 1
    assert high - low < 1


@given(SHARES)
def test_failures_are_successes_seen_from_the_other_side(share):
    successes, n = share
    low, high = wilson(successes, n)
    assert wilson(n - successes, n) == pytest.approx((1 - high, 1 - low))


@given(SHARES, st.integers(2, 5))
def test_more_of_the_same_narrows_it(share, times):
    successes, n = share
    low, high = wilson(successes, n)
    less, more = wilson(successes * times, n * times)
    assert more - less < high - low


@given(SHARES)
def test_a_wider_confidence_is_a_wider_interval(share):
    successes, n = share
    low, high = wilson(successes, n)
    wider = wilson(successes, n, z=2.576)
    assert wider[0] <= low
    assert high <= wider[1]
    assert wider[1] - wider[0] > high - low


@pytest.mark.parametrize(("successes", "n"), [(-1, 4), (5, 4), (1, 0), (0, -1)])
def test_what_is_no_share_is_an_error(successes, n):
    with pytest.raises(ValueError, match="no share"):
        wilson(successes, n)
