"""Hard caps on tokens and dollars, of a run and of its stages: a request is admitted against what is spent and what is
under way (design: hard budget).
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self, TypeAlias

from pydantic import Field

from apigen_mt.models.chat import ChatRequest, Usage
from apigen_mt.models.prices import DOLLAR, Price, dollars
from tools_env.values import Part

Stage: TypeAlias = Literal["draft", "play"]
Unit: TypeAlias = Literal["tokens", "usd"]
Whose: TypeAlias = Literal["", "draft", "play"]
"""On whose account something goes: the whole run's, or a stage's."""
STAGES: tuple[Stage, ...] = ("draft", "play")
_DRAFTING = ("author", "reviewer:", "summariser")
_NOTHING: Mapping[Unit, int] = {"tokens": 0, "usd": 0}


class Cap(Part):
    """The most that may be spent, in tokens, in dollars, or both."""

    tokens: int | None = Field(default=None, gt=0)
    usd: float | None = Field(default=None, gt=0, allow_inf_nan=False)


def stage_of(role: str) -> Stage:
    """The stage on whose account a reply goes that is journalled under this role."""
    return "draft" if role.startswith(_DRAFTING) else "play"


class BudgetSpent(Exception):  # noqa: N818 - reads as what is the matter
    """No further request fits under a cap; `spent` and `limit` in tokens, or in `DOLLAR`ths of a dollar. `stage` is the
    one whose cap it is, nothing for that of the run.
    """

    def __init__(self, spent: int, limit: int, unit: Unit = "tokens", stage: Whose = "") -> None:
        super().__init__(spent, limit, unit, stage)
        self.spent = spent
        self.limit = limit
        self.unit: Unit = unit
        self.stage: Whose = stage

    @property
    def what(self) -> str:
        """Which budget it is, such as `token budget` or `dollar budget of the draft stage`."""
        kind = "token" if self.unit == "tokens" else "dollar"
        return f"{kind} budget{f' of the {self.stage} stage' if self.stage else ''}"

    @property
    def setting(self) -> str:
        """What has to be raised to go on: a flag, or a place in the configuration."""
        return f"stages.{self.stage}.{self.unit} in --config" if self.stage else f"--budget-{self.unit}"

    def __str__(self) -> str:
        spent, limit = (f"${dollars(n):.4f}" if self.unit == "usd" else str(n) for n in (self.spent, self.limit))
        told = f"{spent} of {limit}{' tokens' if self.unit == 'tokens' else ''} spent"
        return f"{self.what} used up: {told}, and the next request does not fit"


@dataclass(slots=True)
class _Account:
    """What is spent and held of one unit, by the whole run or by one stage."""

    unit: Unit
    stage: Whose
    limit: int | None
    spent: int = 0
    held: int = 0

    def fits(self, amount: int) -> bool:
        return self.limit is None or self.spent + self.held + amount <= self.limit


class Budget:
    """Tokens and money spent and held; shared by every client of a run, used from one event loop.

    `prices` are by model. A model without one costs nothing that could be counted, so under a cap on dollars it is
    refused: whoever sets the cap sees to it that every model has its price.
    """

    def __init__(
        self,
        run: Cap | None = None,
        stages: Mapping[Stage, Cap] | None = None,
        prices: Mapping[str, Price] | None = None,
    ) -> None:
        self._prices = dict(prices or {})
        self._accounts: dict[Whose, tuple[_Account, ...]] = {"": tuple(_accounts("", run or Cap()))}
        for stage in STAGES:
            self._accounts[stage] = tuple(_accounts(stage, (stages or {}).get(stage, Cap())))
        self._capped = any(account.limit is not None for account in self._all())
        self._dollars = any(account.limit is not None and account.unit == "usd" for account in self._all())
        self._freed = asyncio.Event()

    def _all(self) -> Iterator[_Account]:
        return (account for accounts in self._accounts.values() for account in accounts)

    @property
    def tokens(self) -> int:
        """Tokens spent by the run, earlier sittings included."""
        return self._accounts[""][0].spent

    @property
    def money(self) -> int:
        """What the run has spent as far as prices are known, in `DOLLAR`ths of a dollar."""
        return self._accounts[""][1].spent

    def price(self, usage: Usage, model: str) -> int | None:
        """What these tokens of a model cost, in `DOLLAR`ths of a dollar; None where no price is known."""
        price = self._prices.get(model)
        return None if price is None else price.of(usage)

    def count(self, usage: Usage, model: str, stage: Stage) -> None:
        """Count what a model has used for a stage, in this sitting or in an earlier one."""
        amounts: Mapping[Unit, int] = {"tokens": usage.total, "usd": self.price(usage, model) or 0}
        for account in (*self._accounts[""], *self._accounts[stage]):
            account.spent += amounts[account.unit]

    async def reserve(self, request: ChatRequest, stage: Stage) -> "Reservation":
        """Hold what a request may cost at most; raises `BudgetSpent` if that cannot fit any more.

        Estimates are cautious, so where only requests under way stand in the way it waits for them to settle.
        """
        amounts = self._worst(request) if self._capped else _NOTHING
        accounts = (*self._accounts[""], *self._accounts[stage])
        while tight := next((a for a in accounts if not a.fits(amounts[a.unit])), None):
            if tight.held == 0:
                raise BudgetSpent(tight.spent, tight.limit or 0, tight.unit, tight.stage)
            self._freed.clear()
            await self._freed.wait()
        for account in accounts:
            account.held += amounts[account.unit]
        return Reservation(self, request, stage, amounts)

    def _worst(self, request: ChatRequest) -> Mapping[Unit, int]:
        worst, price = request.worst(), self._prices.get(request.model)
        if price is None and self._dollars:
            raise ValueError(f"{request.model} has no price, and a budget in dollars")
        return {"tokens": worst.total, "usd": 0 if price is None else price.most(worst)}

    def release(self, held: Mapping[Unit, int], stage: Stage) -> None:
        """End a reservation: what it held may be used by others."""
        for account in (*self._accounts[""], *self._accounts[stage]):
            account.held -= held[account.unit]
        self._freed.set()


def _accounts(stage: Whose, cap: Cap) -> Iterator[_Account]:
    yield _Account("tokens", stage, cap.tokens)
    yield _Account("usd", stage, None if cap.usd is None else round(cap.usd * DOLLAR))


class Reservation:
    """What is held for one request: settle it with what the request took; leaving the block unsettled frees it."""

    def __init__(self, budget: Budget, request: ChatRequest, stage: Stage, held: Mapping[Unit, int]) -> None:
        self._budget = budget
        self._request = request
        self._stage: Stage = stage
        self._held: Mapping[Unit, int] | None = held

    def settle(self, actual: Usage) -> None:
        """Replace the estimate by the tokens actually used; a second call changes nothing."""
        if self._held is not None:
            self._budget.count(actual, self._request.model, self._stage)
            self._budget.release(self._held, self._stage)
            self._held = None

    def give_up(self) -> None:
        """Count a request whose answer will never be known as if it had been answered at length: it may be paid for."""
        self.settle(self._request.worst())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.settle(Usage())
