"""pass^k and pass@k of tasks that were each tried several times, with intervals.

Two numbers go by the name of pass^k, and they are not the same. Of a task that was solved c times in n trials,

- `pass_hat` is C(c, k) / C(n, k): the chance that k of these n trials, drawn without putting any back, are all solved.
  That is τ-bench's, an unbiased estimate of the chance that k fresh trials are.
- `plain` is (c / n)^k: the share of trials solved, to the power of k. It is too high unless a task is always solved.

`pass_at` is 1 - C(n - c, k) / C(n, k): that at least one of k is solved. Each is a mean over tasks.
"""

import random
from collections.abc import Callable, Sequence
from math import comb
from statistics import fmean
from typing import NamedTuple

from blueprints.wilson import wilson
from tools_env.values import Part

RESAMPLES = 1000
SEED = 0


class Trials(NamedTuple):
    """How often a task was tried and solved."""

    n: int
    c: int


class Estimate(Part):
    """A mean over tasks with a 95 % interval."""

    value: float
    low: float
    high: float


class AtK(Part):
    """The figures for one k, over the tasks that were tried at least so often."""

    k: int
    tasks: int
    pass_hat: Estimate
    plain: Estimate
    pass_at: Estimate


def pass_hat(trials: Trials, k: int) -> float:
    """The chance that k of the trials, drawn without putting any back, are all solved."""
    return comb(trials.c, k) / comb(trials.n, k)


def plain(trials: Trials, k: int) -> float:
    """The share of the trials solved, to the power of k."""
    return float((trials.c / trials.n) ** k)


def pass_at(trials: Trials, k: int) -> float:
    """The chance that of k trials, drawn without putting any back, at least one is solved."""
    return 1 - comb(trials.n - trials.c, k) / comb(trials.n, k)


def at(tasks: Sequence[Trials], k: int) -> AtK | None:
    """The figures for one k; None where no task was tried so often."""
    tried = [trials for trials in tasks if trials.n >= k]
    if not tried:
        return None
    return AtK(
        k=k,
        tasks=len(tried),
        pass_hat=mean(tried, k, pass_hat),
        plain=mean(tried, k, plain),
        pass_at=mean(tried, k, pass_at),
    )


def mean(tasks: Sequence[Trials], k: int, of: Callable[[Trials, int], float]) -> Estimate:
    """The mean over tasks with its interval: percentiles of the means of tasks drawn anew, always by the same seed.

    Tasks that all come out alike have no spread to draw from: there it is Wilson's, as if each task were one trial.
    """
    values = [of(trials, k) for trials in tasks]
    value, number = fmean(values), len(values)
    if min(values) == max(values):
        low, high = wilson(round(value * number), number)
        return Estimate(value=value, low=min(low, value), high=max(high, value))
    rng = random.Random(SEED)
    means = sorted(sum(rng.choices(values, k=number)) / number for _ in range(RESAMPLES))
    tail = RESAMPLES // 40
    return Estimate(value=value, low=means[tail], high=means[-1 - tail])
