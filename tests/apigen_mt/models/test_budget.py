import asyncio

import pytest

from apigen_mt.models.budget import BudgetSpent, TokenBudget


async def test_without_a_limit_everything_is_counted_and_nothing_refused():
    budget = TokenBudget(None)
    for _ in range(3):
        with await budget.reserve(10**9) as held:
            held.settle(5)
    assert budget.spent == 15


async def test_a_request_that_does_not_fit_is_refused_before_it_is_sent():
    budget = TokenBudget(100)
    budget.preload(60)
    with pytest.raises(BudgetSpent) as caught:
        await budget.reserve(41)
    assert (caught.value.spent, caught.value.limit, budget.spent) == (60, 100, 60)
    with await budget.reserve(40) as held:
        held.settle(40)
    assert budget.spent == 100


async def test_a_failed_request_gives_its_tokens_back():
    budget = TokenBudget(100)
    with pytest.raises(OSError, match="wire"), await budget.reserve(100):
        raise OSError("wire")
    assert budget.spent == 0
    with await budget.reserve(100) as held:
        held.settle(1)
        held.settle(50)
    assert budget.spent == 1


async def test_cautious_estimates_make_requests_wait_but_do_not_end_the_run():
    budget = TokenBudget(100)
    under_way = peak = 0

    async def work():
        nonlocal under_way, peak
        with await budget.reserve(50) as held:
            under_way += 1
            peak = max(peak, under_way)
            await asyncio.sleep(0)
            under_way -= 1
            held.settle(5)

    await asyncio.gather(*(work() for _ in range(10)))
    assert (budget.spent, peak) == (50, 2)


async def test_however_many_ask_at_once_the_cap_holds():
    budget = TokenBudget(95)

    async def work():
        try:
            with await budget.reserve(10) as held:
                await asyncio.sleep(0)
                held.settle(10)
        except BudgetSpent:
            return "refused"
        return "sent"

    done = await asyncio.gather(*(work() for _ in range(50)))
    assert (done.count("sent"), budget.spent) == (9, 90)


def test_a_negative_budget_is_refused():
    with pytest.raises(ValueError, match="negative"):
        TokenBudget(-1)
