"""A hard cap on tokens: a request is admitted against what is spent and what is under way (design: hard budget)."""

import asyncio
from types import TracebackType
from typing import Self


class BudgetSpent(Exception):  # noqa: N818 - reads as what is the matter
    """No further request fits under the cap; `spent` and `limit` in tokens."""

    def __init__(self, spent: int, limit: int) -> None:
        super().__init__(spent, limit)
        self.spent = spent
        self.limit = limit

    def __str__(self) -> str:
        return f"token budget used up: {self.spent} of {self.limit} tokens spent, and the next request does not fit"


class TokenBudget:
    """Tokens spent and held under an optional cap; shared by every client of a run, used from one event loop."""

    def __init__(self, limit: int | None = None) -> None:
        if limit is not None and limit < 0:
            raise ValueError("a token budget cannot be negative")
        self.limit = limit
        self.spent = 0
        self._held = 0
        self._freed = asyncio.Event()

    def preload(self, spent: int) -> None:
        """Count what earlier sittings of the run have spent; call once, before the first request."""
        self.spent += spent

    async def reserve(self, estimate: int) -> "Reservation":
        """Hold `estimate` tokens for one request; raises `BudgetSpent` if it cannot fit any more.

        Estimates are cautious, so where only requests under way stand in the way it waits for them to settle.
        """
        while self.limit is not None and self.spent + self._held + estimate > self.limit:
            if self._held == 0:
                raise BudgetSpent(self.spent, self.limit)
            self._freed.clear()
            await self._freed.wait()
        self._held += estimate
        return Reservation(self, estimate)

    def give_back(self, held: int, spent: int) -> None:
        """End a reservation of `held` tokens that cost `spent`."""
        self._held -= held
        self.spent += spent
        self._freed.set()


class Reservation:
    """Tokens held for one request: settle it with what the request cost; leaving the block unsettled frees it."""

    def __init__(self, budget: TokenBudget, held: int) -> None:
        self._budget = budget
        self._held: int | None = held

    def settle(self, actual: int) -> None:
        """Replace the estimate by the tokens actually used; a second call changes nothing."""
        if self._held is not None:
            self._budget.give_back(self._held, actual)
            self._held = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.settle(0)
