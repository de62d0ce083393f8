"""Sizes: numbers of calls about a mean, few of them long, none beyond the bounds."""

import random
from statistics import fmean, pstdev

import pytest
from pydantic import ValidationError

from blueprints.size import Size


def drawn(size: Size, count: int = 4000) -> list[int]:
    rng = random.Random(0)
    return [size.draw(rng) for _ in range(count)]


@pytest.mark.parametrize("size", [Size(), Size(calls=4, spread=2), Size(calls=12, spread=5)])
def test_sizes_have_the_mean_and_the_spread_asked_for(size):
    found = drawn(size)
    assert abs(fmean(found) - size.calls) < 0.25
    assert abs(pstdev(found) - size.spread) < 0.4
    assert 1 <= min(found) < max(found) <= size.most


def test_without_spread_every_task_is_of_one_size():
    assert {*drawn(Size(calls=7, spread=0), 20)} == {7}


def test_no_size_is_beyond_the_most():
    found = drawn(Size(calls=7, spread=9, most=10))
    assert (min(found), max(found)) == (1, 10)


def test_a_mean_above_the_most_is_refused():
    with pytest.raises(ValidationError, match="a mean of 7 calls and at most 5 do not go together: raise most"):
        Size(most=5)
