"""Hard caps: what is admitted, what waits, what is refused, and how far a lying endpoint can push a run beyond."""

import asyncio

import pytest

from apigen_mt.models.budget import Budget, BudgetSpent, Cap, stage_of
from apigen_mt.models.cache import NO_CACHE
from apigen_mt.models.chat import ChatRequest, ReplyKey, Sampling, Usage
from apigen_mt.models.client import Endpoint
from apigen_mt.models.prices import DOLLAR, Price
from apigen_mt.models.recorded import RecordedClient
from apigen_mt.models.wire import OpenAIWire
from tests.apigen_mt.models.plain_client import NoJournal, PlainClient
from tests.chat_server import Answer, ChatServer

ONE = Price(input=1.0, output=2.0, cached=0.1)


def request(tokens=100, model="m"):
    """A request that may take exactly so many tokens, nearly all of them in the reply."""
    rooms = (Sampling(max_tokens=room) for room in range(tokens, 0, -1))
    asked = (ChatRequest(model=model, messages=(), sampling=room) for room in rooms)
    return next(one for one in asked if one.worst().total <= tokens)


def used(tokens):
    return Usage(completion=tokens)


def tokens(limit, draft=None):
    return Budget(Cap(tokens=limit), {"draft": Cap(tokens=draft)})


def test_what_a_request_of_these_tests_may_take():
    assert request(100).worst().total == request(100).estimate() == 100


async def test_without_a_limit_everything_is_counted_and_nothing_refused():
    budget = Budget()
    for _ in range(3):
        with await budget.reserve(request(10**9), "play") as held:
            held.settle(used(5))
    assert budget.tokens == 15


async def test_a_request_that_does_not_fit_is_refused_before_it_is_sent():
    budget = tokens(100)
    budget.count(used(60), "m", "play")
    with pytest.raises(BudgetSpent) as caught:
        await budget.reserve(request(41), "play")
    assert (caught.value.spent, caught.value.limit, budget.tokens) == (60, 100, 60)
    with await budget.reserve(request(40), "play") as held:
        held.settle(used(40))
    assert budget.tokens == 100


async def test_a_failed_request_gives_its_tokens_back():
    budget = tokens(100)
    with pytest.raises(OSError, match="wire"), await budget.reserve(request(100), "play"):
        raise OSError("wire")
    assert budget.tokens == 0
    with await budget.reserve(request(100), "play") as held:
        held.settle(used(1))
        held.settle(used(50))
    assert budget.tokens == 1


async def test_cautious_estimates_make_requests_wait_but_do_not_end_the_run():
    budget = tokens(100)
    under_way = peak = 0

    async def work():
        nonlocal under_way, peak
        with await budget.reserve(request(50), "play") as held:
            under_way += 1
            peak = max(peak, under_way)
            await asyncio.sleep(0)
            under_way -= 1
            held.settle(used(5))

    await asyncio.gather(*(work() for _ in range(10)))
    assert (budget.tokens, peak) == (50, 2)


async def test_however_many_ask_at_once_the_cap_holds():
    budget = tokens(950)

    async def work():
        try:
            with await budget.reserve(request(100), "play") as held:
                await asyncio.sleep(0)
                held.settle(used(100))
        except BudgetSpent:
            return "refused"
        return "sent"

    done = await asyncio.gather(*(work() for _ in range(50)))
    assert (done.count("sent"), budget.tokens) == (9, 900)


async def test_a_stage_has_a_cap_of_its_own_and_the_other_goes_on():
    budget = tokens(1000, draft=150)
    with await budget.reserve(request(100), "draft") as held:
        held.settle(used(100))
    with pytest.raises(BudgetSpent) as caught:
        await budget.reserve(request(100), "draft")
    assert (caught.value.what, caught.value.setting) == (
        "token budget of the draft stage", "stages.draft.tokens in --config",
    )  # fmt: skip
    with await budget.reserve(request(850), "play") as held:
        held.settle(used(850))
    with pytest.raises(BudgetSpent) as caught:
        await budget.reserve(request(100), "play")
    assert (caught.value.what, caught.value.setting) == ("token budget", "--budget-tokens")


async def test_dollars_are_held_at_the_dearest_and_settled_at_what_they_were():
    budget = Budget(Cap(usd=0.001), prices={"m": ONE})
    asked = request(450)
    most = ONE.most(asked.worst())
    assert 2 * most > DOLLAR // 1000 > most
    first = await budget.reserve(asked, "play")
    waiting = asyncio.ensure_future(budget.reserve(asked, "play"))
    await asyncio.sleep(0)
    assert not waiting.done()
    first.settle(Usage(prompt=100, cached=50, completion=10))
    (await waiting).settle(Usage())
    assert budget.money == (50 * 1_000_000 + 50 * 100_000 + 10 * 2_000_000)
    with pytest.raises(BudgetSpent) as caught:
        await budget.reserve(request(900), "play")
    assert str(caught.value) == "dollar budget used up: $0.0001 of $0.0010 spent, and the next request does not fit"
    assert caught.value.setting == "--budget-usd"


async def test_a_model_without_a_price_is_no_free_ride():
    budget = Budget(stages={"draft": Cap(usd=1.0)}, prices={"m": ONE})
    with pytest.raises(ValueError, match="unheard-of has no price"):
        await budget.reserve(request(model="unheard-of"), "play")
    assert budget.price(used(5), "unheard-of") is None


def test_whose_account_a_role_goes_on():
    drafting = ["author", "author.blind.repair", "reviewer:agent", "reviewer:x.calibrate", "summariser"]
    playing = ["human", "human.score", "human.repair", "agent", "judge:author"]
    assert [stage_of(role) for role in drafting + playing] == ["draft"] * 5 + ["play"] * 5


CROWD, LONG = 6, Usage(prompt=50, completion=2000)


@pytest.mark.parametrize("cap", [Cap(tokens=20_000), Cap(usd=0.04)])
async def test_an_endpoint_that_answers_longer_than_asked_costs_at_most_the_calls_in_flight(cap):
    """Every reply is ten times as long as the request allows. What was sent together is paid for, and no more."""

    def together(*_: object) -> Answer:
        return Answer(text="x", usage=(LONG.prompt, LONG.completion), hold_until=CROWD)

    price, asked = Price(input=1.0, output=2.0), request(230)
    budget, journal = Budget(cap, prices={"m": price}), NoJournal()
    async with ChatServer(together) as server, OpenAIWire(Endpoint(server.url), CROWD) as wire:
        recorded = RecordedClient(PlainClient(wire), journal, budget, NO_CACHE)

        async def talk(number):
            for turn in range(20):
                await recorded.complete(ReplyKey(role="agent", blueprint=str(number), turn=turn), asked)

        ended = await asyncio.gather(*(talk(n) for n in range(CROWD)), return_exceptions=True)
    assert [type(error) for error in ended] == [BudgetSpent] * CROWD
    assert (len(journal.recorded), server.peak) == (server.requests, CROWD)
    assert (budget.tokens, budget.money) == (server.requests * LONG.total, server.requests * price.of(LONG))
    over, lie = budget.tokens - 20_000, LONG.total - asked.estimate()
    if cap.usd is not None:
        over, lie = budget.money - round(cap.usd * DOLLAR), price.of(LONG) - price.most(asked.worst())
    assert 0 < over <= CROWD * lie
