"""The gate before the wire, as whoever ends a sitting early uses it."""

import asyncio

import pytest

from apigen_mt.journal import Journal
from apigen_mt.models.budget import Budget
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey
from apigen_mt.models.gate import Gate
from apigen_mt.models.recorded import RecordedClient


class Slow:
    """A model that answers when told to."""

    base_url = "http://127.0.0.1:9/v1"

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.answer = asyncio.Event()

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        self.asked.append(key.turn)
        await self.answer.wait()
        return ChatReply(text=f"{key.turn}")


def asking(client: RecordedClient, turn: int) -> "asyncio.Task[ChatReply]":
    key = ReplyKey(role="agent", blueprint="b", turn=turn)
    return asyncio.ensure_future(client.complete(key, ChatRequest(model="m", messages=())))


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_is_under_way_ends_and_is_stored_and_nothing_else_is_sent(tmp_path):
    gate, slow = Gate(), Slow()
    with Journal.open(tmp_path, None) as journal:
        client = RecordedClient(slow, journal, Budget(), gate=gate)
        before = [asking(client, turn) for turn in range(3)]
        await turns()
        gate.shut()
        cleared = asyncio.ensure_future(gate.clear())
        after = asking(client, 3)
        await turns()
        assert (slow.asked, gate.under_way, cleared.done()) == ([0, 1, 2], 3, False)
        slow.answer.set()
        await asyncio.wait_for(cleared, 10)
        assert (journal.replies(), gate.under_way, slow.asked) == (3, 0, [0, 1, 2])
        assert [(await one).text for one in before] == ["0", "1", "2"]
        assert not after.done()
        again = asking(client, 1)
        assert (await asyncio.wait_for(again, 10)).text == "1", "what is journalled needs no wire"
        after.cancel()
        with pytest.raises(asyncio.CancelledError):
            await after


async def test_a_gate_with_nothing_under_way_is_clear_as_soon_as_it_is_shut():
    gate = Gate()
    cleared = asyncio.ensure_future(gate.clear())
    await turns()
    assert not cleared.done()
    gate.shut()
    await asyncio.wait_for(cleared, 10)
