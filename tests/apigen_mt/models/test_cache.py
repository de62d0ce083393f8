"""The reply cache: what makes two requests the same, what is never kept, and that nothing about it is ever fatal."""

import asyncio
import logging
import os
import sqlite3
import subprocess
import sys

import pytest

from apigen_mt.models.budget import Budget, Cap
from apigen_mt.models.cache import FILE, SQLiteCache, worth_keeping
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Sampling, ToolCall, Usage
from apigen_mt.models.client import Endpoint
from apigen_mt.models.recorded import RecordedClient
from apigen_mt.models.wire import OpenAIWire
from tests.apigen_mt.models.plain_client import NoJournal, PlainClient
from tests.chat_server import Answer, ChatServer

KEY = ReplyKey(role="agent", blueprint="b", attempt=1, turn=2, candidate=3)
REPLY = ChatReply(text="Good day.", finish_reason="stop", usage=Usage(prompt=9, completion=4), model="m-2025")
TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}
ASKED = ChatRequest(model="m", messages=({"role": "user", "content": "hi"},), sampling=Sampling(temperature=0.5))
HERE = "http://here/v1"


def kept(folder, seed=7, **keys):
    """What a cache in this folder holds for `ASKED`, in a sitting of its own."""
    cache = SQLiteCache(folder, seed)
    found = cache.find(KEY.model_copy(update=keys), ASKED.digest(HERE))
    cache.close()
    return found


@pytest.fixture
def folder(tmp_path):
    """A folder in which `REPLY` is kept."""
    cache = SQLiteCache(tmp_path / "a" / "b", 7)
    cache.keep(KEY, ASKED.digest(HERE), REPLY)
    cache.close()
    return tmp_path / "a" / "b"


def test_a_reply_comes_back_as_it_was_in_another_sitting(folder):
    assert kept(folder) == REPLY
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "other",
    [{"role": "human"}, {"role": "agent.repair"}, {"blueprint": "c"}, {"attempt": 0}, {"turn": 3}, {"candidate": 0}],
)
def test_another_place_in_a_run_is_another_reply(folder, other):
    assert kept(folder, **other) is None


def test_another_seed_asks_anew(folder):
    assert kept(folder, seed=8) is None


@pytest.mark.parametrize(
    "other",
    [
        {"model": "m2"},
        {"messages": ({"role": "user", "content": "ho"},)},
        {"messages": ({"role": "system", "content": "hi"},)},
        {"tools": (TOOL,)},
        {"response_format": {"type": "json_object"}},
        {"sampling": Sampling(temperature=0.6)},
        {"sampling": Sampling(temperature=0.5, top_p=0.9)},
        {"sampling": Sampling(temperature=0.5, max_tokens=5)},
        {"sampling": Sampling(temperature=0.5, seed=1)},
        {"extra": {"reasoning_effort": "low"}},
    ],
)
def test_another_request_is_another_reply(folder, other):
    cache = SQLiteCache(folder, 7)
    assert cache.find(KEY, ASKED.model_copy(update=other).digest(HERE)) is None
    assert cache.find(KEY, ASKED.digest("http://there/v1")) is None
    cache.close()


@pytest.mark.parametrize("choice", [{"tool_choice": "required"}, {"parallel_tool_calls": False}])
def test_how_tools_are_to_be_used_counts_too(choice):
    tools = ASKED.model_copy(update={"tools": (TOOL,)})
    assert tools.model_copy(update=choice).digest(HERE) != tools.digest(HERE)


def call(arguments):
    return {"calls": (ToolCall(id="1", name="find", arguments=arguments),), "text": "", "finish_reason": "tool_calls"}


SCHEMA = {"type": "json_schema", "json_schema": {"name": "A", "schema": {}}}


@pytest.mark.parametrize(
    ("reply", "request_", "worth"),
    [
        ({}, {}, True),
        (call('{"id": "L1"}'), {}, True),
        (call(""), {}, True),
        ({"text": '{"a": 1}'}, {"response_format": SCHEMA}, True),
        ({"text": '```json\n{"a": 1}\n```'}, {"response_format": SCHEMA}, True),
        ({"finish_reason": "length"}, {}, False),
        ({"finish_reason": "content_filter"}, {}, False),
        ({"finish_reason": ""}, {}, False),
        ({"text": "  "}, {}, False),
        ({}, {"sampling": Sampling(max_tokens=4)}, False),
        ({}, {"sampling": Sampling(max_tokens=50), "extra": {"max_completion_tokens": 4}}, False),
        (call('{"id": "L'), {}, False),
        (call("[1]"), {}, False),
        (call("[" * 100_000), {}, False),
        ({"text": '{"a": 1'}, {"response_format": SCHEMA}, False),
        ({"text": "Sure!"}, {"response_format": SCHEMA}, False),
    ],
)
def test_what_was_cut_off_or_says_nothing_is_not_kept(reply, request_, worth):
    assert worth_keeping(ASKED.model_copy(update=request_), REPLY.model_copy(update=reply)) is worth


def test_a_damaged_reply_is_as_good_as_none(folder):
    with sqlite3.connect(folder / FILE) as database:
        database.execute("UPDATE replies SET payload = replace(payload, 'Good day', 'Good buy')")
    assert kept(folder) is None


class Later(ChatReply):
    """A reply as a later version might have it."""

    mood: str = "glad"


def test_what_another_version_left_is_as_good_as_none(folder):
    cache = SQLiteCache(folder, 7)
    cache.keep(KEY, ASKED.digest(HERE), Later(text="Good day."))
    cache.close()
    assert kept(folder) is None


def spoil_bytes(folder):
    (folder / FILE).write_bytes(b"SQLite format 3\0" + os.urandom(5000))


def spoil_pages(folder):
    raw = bytearray((folder / FILE).read_bytes())
    raw[100:] = b"\xff" * (len(raw) - 100)
    (folder / FILE).write_bytes(raw)


def spoil_version(folder):
    with sqlite3.connect(folder / FILE) as database:
        database.execute("PRAGMA user_version=99")


def spoil_table(folder):
    with sqlite3.connect(folder / FILE) as database:
        database.execute("DROP TABLE replies")


def spoil_file(folder):
    (folder / FILE).unlink()
    (folder / FILE).mkdir()


@pytest.mark.parametrize("spoil", [spoil_bytes, spoil_pages, spoil_version, spoil_table, spoil_file])
def test_a_damaged_cache_is_told_once_and_done_without(folder, caplog, spoil):
    spoil(folder)
    with caplog.at_level(logging.WARNING):
        cache = SQLiteCache(folder, 7)
        for turn in range(200):
            key = KEY.model_copy(update={"turn": turn})
            assert cache.find(key, "d") is None
            cache.keep(key, "d", REPLY)
        cache.close()
    (told,) = caplog.messages
    assert "goes on without it" in told
    assert str(folder / FILE) in told
    assert "\n" not in told


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    cache = SQLiteCache(tmp_path / "file" / "cache", 7)
    cache.keep(KEY, "d", REPLY)
    assert cache.find(KEY, "d") is None
    cache.close()
    assert len(caplog.messages) == 1


def test_it_does_not_outgrow_its_bound_and_loses_the_oldest_first(tmp_path):
    most = 400_000
    long = REPLY.model_copy(update={"text": "x" * 1000})
    cache = SQLiteCache(tmp_path, 7, largest=most)
    for turn in range(1500):
        cache.keep(KEY.model_copy(update={"turn": turn}), "d", long)
    cache.close()
    assert (tmp_path / FILE).stat().st_size <= 1.5 * most
    cache = SQLiteCache(tmp_path, 7)
    there = [turn for turn in range(1500) if cache.find(KEY.model_copy(update={"turn": turn}), "d")]
    cache.close()
    assert there == list(range(there[0], 1500))
    assert 100 < len(there) < 1000


WRITER = """
import sys
from pathlib import Path
from apigen_mt.models.cache import SQLiteCache
from apigen_mt.models.chat import ChatReply, ReplyKey
who, folder = int(sys.argv[1]), Path(sys.argv[2])
cache = SQLiteCache(folder, 7)
for turn in range(300):
    key = ReplyKey(role="agent", blueprint=str(who), turn=turn)
    cache.keep(key, "d", ChatReply(text=f"{who} {turn}"))
    cache.find(ReplyKey(role="agent", blueprint=str(1 - who), turn=turn), "d")
cache.close()
"""


def test_several_processes_fill_one_new_cache_and_lose_nothing(tmp_path):
    runs = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(who), str(tmp_path / "new")], stderr=subprocess.PIPE)
        for who in range(3)
    ]
    assert [run.communicate(timeout=250)[1] for run in runs] == [b""] * 3
    cache = SQLiteCache(tmp_path / "new", 7)
    places = [(who, turn) for who in range(3) for turn in range(300)]
    found = [cache.find(ReplyKey(role="agent", blueprint=str(who), turn=turn), "d") for who, turn in places]
    cache.close()
    assert [reply.text for reply in found if reply] == [f"{who} {turn}" for who, turn in places]


async def run(server, folder, budget, *turns, seed=7):
    """Ask about some turns in a run of its own: what its journal was told."""
    journal, cache = NoJournal(), SQLiteCache(folder, seed)
    async with OpenAIWire(Endpoint(server.url), 4) as wire:
        client = RecordedClient(PlainClient(wire), journal, budget, cache)
        await asyncio.gather(*(client.complete(KEY.model_copy(update={"turn": t}), ASKED) for t in turns))
    cache.close()
    return journal.recorded


async def test_a_second_run_pays_only_for_what_is_new_and_its_journal_says_so(tmp_path):
    script = lambda body, number: Answer(text=f"{number}", usage=(7, 3))  # noqa: E731
    async with ChatServer(script) as server:
        first = await run(server, tmp_path, Budget(), 0, 1)
        budget = Budget(Cap(tokens=2000))
        second = await run(server, tmp_path, budget, 0, 1, 2)
        assert server.requests == 3
        await run(server, tmp_path, Budget(), 0, 1, 2, seed=8)
        assert server.requests == 6
    assert [reply.reused for reply in first] == [False, False]
    assert [reply.model_copy(update={"reused": False}) for reply in second if reply.reused] == first
    assert budget.tokens == 10


async def test_what_was_cut_off_is_asked_for_again_by_the_next_run(tmp_path):
    script = lambda body, number: Answer(text="x", finish_reason="length")  # noqa: E731
    async with ChatServer(script) as server:
        await run(server, tmp_path, Budget(), 0)
        await run(server, tmp_path, Budget(), 0)
    assert server.requests == 2
