import asyncio
from contextlib import asynccontextmanager

import pytest

from apigen_mt.journal import Journal
from apigen_mt.models.budget import Budget, BudgetSpent, Cap, stage_of
from apigen_mt.models.chat import ChatRequest, ReplyKey, Sampling, Usage
from apigen_mt.models.client import Endpoint
from apigen_mt.models.failures import EndpointError
from apigen_mt.models.recorded import RecordedClient
from apigen_mt.models.retry import Patience
from tests.chat_server import Answer, ChatServer, failure
from tests.one_lane import one_lane


def key(turn=0, role="agent"):
    return ReplyKey(role=role, blueprint="b", attempt=0, turn=turn, candidate=0)


def request(text):
    return ChatRequest(model="m", messages=({"role": "user", "content": text},), sampling=Sampling(max_tokens=20))


async def talk(server, folder, questions, limit=None):
    """Ask the questions over a fresh client and the journal in `folder`: (replies, tokens spent in all)."""
    budget = Budget(Cap(tokens=limit))
    with Journal.open(folder, {"run": 1}) as journal:
        for role, used in journal.totals().items():
            budget.count(used, "m", stage_of(role))
        async with one_lane(Endpoint(server.url), patience=Patience(attempts=1)) as client:
            recorded = RecordedClient(client, journal, budget)
            replies = [await recorded.complete(key(turn), request(text)) for turn, text in enumerate(questions)]
        assert sum(usage.total for usage in journal.totals().values()) == budget.tokens
    return replies, budget.tokens


async def test_a_second_sitting_replays_without_a_request_and_counts_once(tmp_path):
    async with ChatServer(lambda body, number: Answer(text=f"reply {number}", usage=(7, 3))) as server:
        first, spent = await talk(server, tmp_path, ["a", "b"])
        again, spent_again = await talk(server, tmp_path, ["a", "b"])
    assert [reply.text for reply in first] == ["reply 0", "reply 1"]
    assert (again, spent, spent_again, server.requests) == (first, 20, 20, 2)


async def test_the_same_key_with_another_request_or_endpoint_is_asked_anew(tmp_path):
    async with ChatServer(lambda body, number: f"{number}") as server:
        await talk(server, tmp_path, ["a"])
        other, _ = await talk(server, tmp_path, ["changed"])
        same, _ = await talk(server, tmp_path, ["a"])
    async with ChatServer(lambda body, number: "elsewhere") as server:
        moved, _ = await talk(server, tmp_path, ["a"])
    assert [replies[0].text for replies in (other, same, moved)] == ["1", "0", "elsewhere"]


async def test_replayed_replies_are_free_but_new_ones_meet_the_cap(tmp_path):
    async with ChatServer(lambda body, number: Answer(text="x", usage=(40, 10))) as server:
        await talk(server, tmp_path, ["a", "b"])
        replies, _ = await talk(server, tmp_path, ["a", "b"], limit=100)
        assert len(replies) == 2
        with pytest.raises(BudgetSpent):
            await talk(server, tmp_path, ["a", "b", "c"], limit=100)
    assert server.requests == 2


async def test_what_failed_is_not_journalled_and_costs_nothing(tmp_path):
    script = lambda body, number: "fine" if number else failure(400)  # noqa: E731
    async with ChatServer(script) as server:
        with pytest.raises(EndpointError):
            await talk(server, tmp_path, ["a"])
        replies, _ = await talk(server, tmp_path, ["a"])
    assert replies[0].text == "fine"


@asynccontextmanager
async def recording(script, folder):
    """A recorded client with a new journal in `folder`, before a server that answers by `script`."""
    async with ChatServer(script) as server, one_lane(Endpoint(server.url), concurrency=16) as client:
        with Journal.open(folder, None) as journal:
            yield RecordedClient(client, journal, Budget()), journal


async def test_totals_are_by_role(tmp_path):
    script = lambda body, number: Answer(text="x", usage=(number + 1, 1))  # noqa: E731
    async with recording(script, tmp_path) as (client, journal):
        for role, turn in (("agent", 0), ("human", 0), ("agent", 1)):
            await client.complete(key(turn, role), request(f"{role} {turn}"))
        assert journal.totals() == {
            "agent": Usage(prompt=1 + 3, completion=2),
            "human": Usage(prompt=2, completion=1),
        }


async def test_a_crowd_over_one_journal_keeps_every_reply(tmp_path):
    crowd = 60
    async with recording(lambda body, number: body["messages"][0]["content"], tmp_path) as (client, journal):
        replies = await asyncio.gather(*(client.complete(key(turn), request(f"q{turn}")) for turn in range(crowd)))
        assert journal.replies() == crowd
    assert [reply.text for reply in replies] == [f"q{turn}" for turn in range(crowd)]


async def test_a_request_that_is_given_up_counts_for_the_cap_and_is_not_journalled(tmp_path):
    budget, arrived = Budget(), asyncio.Event()

    def script(*_: object) -> Answer:
        arrived.set()
        return Answer(hang=True)

    async with ChatServer(script) as server:
        with Journal.open(tmp_path, {"run": 1}) as journal:
            async with one_lane(Endpoint(server.url), patience=Patience(attempts=1)) as client:
                asked = asyncio.ensure_future(RecordedClient(client, journal, budget).complete(key(), request("a")))
                await arrived.wait()
                asked.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asked
            assert journal.totals() == {}
    assert budget.tokens == request("a").estimate()
