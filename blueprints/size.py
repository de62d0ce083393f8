"""The size of tasks: how many calls each is to need, drawn about a mean (arXiv 2504.03601: about 7 calls a talk)."""

import math
import random
from typing import Literal, TypeAlias

from pydantic import Field, model_validator

from tools_env.values import Part

Profile: TypeAlias = Literal["usual", "long"]
"""Whether acts are of the usual size, or every one of them needs more than 20 calls."""
LONG_CALLS = 21
"""How many calls a long task has at least (the benchmarks' long tasks need more than 20)."""
LONGEST = 29
"""How many a long task is planned for at most."""


class Size(Part):
    """How many calls a task is to need: their mean and standard deviation, and at most how many.

    A task gets further wishes until it needs about so many; a world that holds no more to wish for gives what it can.
    """

    calls: float = Field(default=7.0, ge=1, le=60, allow_inf_nan=False)
    spread: float = Field(default=3.5, ge=0, le=30, allow_inf_nan=False)
    most: int = Field(default=29, ge=1, le=60)

    @model_validator(mode="after")
    def _within(self) -> "Size":
        if self.calls > self.most:
            raise ValueError(f"a mean of {self.calls:g} calls and at most {self.most} do not go together: raise most")
        return self

    def draw(self, rng: random.Random) -> int:
        """The calls of one task: log-normal, so that few are long, and rounded."""
        deviation = math.sqrt(math.log1p((self.spread / self.calls) ** 2))
        middle = math.log(self.calls) - deviation**2 / 2
        return min(self.most, max(1, round(rng.lognormvariate(middle, deviation))))
