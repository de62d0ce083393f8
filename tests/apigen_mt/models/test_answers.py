import datetime
import json
from contextlib import asynccontextmanager

import pytest
from pydantic import BaseModel, ConfigDict

from apigen_mt.journal import Journal
from apigen_mt.models.answers import Unparsed, ask, read_answer
from apigen_mt.models.budget import Budget
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, ToolCall
from apigen_mt.models.client import Endpoint
from apigen_mt.models.recorded import RecordedClient
from apigen_mt.models.retry import Patience
from tests.chat_server import ChatServer, failure
from tests.one_lane import one_lane

KEY = ReplyKey(role="author", blueprint="b")
REQUEST = ChatRequest(model="m", messages=({"role": "user", "content": "Pick a day."},))


class Choice(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    day: datetime.date
    reason: str = ""


GOOD = '{"day": "2026-02-03", "reason": "free"}'
CHOICE = Choice(day=datetime.date(2026, 2, 3), reason="free")


@asynccontextmanager
async def serving(script):
    """A server that answers by `script`, and a client for it."""
    async with (
        ChatServer(script) as server,
        one_lane(Endpoint(server.url), patience=Patience(attempts=1)) as client,
    ):
        yield server, client


async def asked(script):
    """What `ask` returns when the server answers by `script`, and the requests it took."""
    async with serving(script) as (server, client):
        return await ask(client, KEY, REQUEST, Choice), server.bodies


async def journalled(script, folder):
    """The journal's totals after asking twice over it, and the requests it took; the second time takes none."""
    async with serving(script) as (server, client):
        with Journal.open(folder, None) as journal:
            recorded = RecordedClient(client, journal, Budget())
            first = await ask(recorded, KEY, REQUEST, Choice)
            sent = server.requests
            assert await ask(recorded, KEY, REQUEST, Choice) == first
            assert server.requests == sent
            return journal.totals(), server.bodies


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"  \n{GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"Here you are:\n```\n{GOOD}\n```\nAnything else?",
        f"I looked at {{the}} list [1], so: {GOOD}.",
        f"<think>{{}}</think>{GOOD}",
    ],
)
async def test_an_answer_is_found_bare_fenced_or_after_prose(text):
    answer, bodies = await asked(lambda body, number: text)
    assert answer == CHOICE
    assert len(bodies) == 1
    wanted = bodies[0]["response_format"]
    assert (wanted["type"], wanted["json_schema"]["strict"]) == ("json_schema", True)
    assert wanted["json_schema"]["schema"]["required"] == ["day", "reason"]


async def test_a_bad_answer_is_repaired_once_with_the_fault_told():
    answer, bodies = await asked(lambda body, number: GOOD if number else '{"day": "tomorrow", "colour": 1}')
    assert answer == CHOICE
    *_, said, complaint = bodies[1]["messages"]
    assert said == {"role": "assistant", "content": '{"day": "tomorrow", "colour": 1}'}
    assert "day" in complaint["content"]
    assert "colour" in complaint["content"]


async def test_after_one_repair_it_is_unparsed_with_the_reason_and_the_last_words():
    answer, bodies = await asked(lambda body, number: f"no {number}")
    assert answer == Unparsed(reason="there is no JSON in it", text="no 1")
    assert len(bodies) == 2


async def test_answer_and_repair_are_journalled_apart_and_both_replay(tmp_path):
    totals, bodies = await journalled(lambda body, number: GOOD if number else "hm", tmp_path)
    assert len(bodies) == 2
    assert sorted(totals) == ["author", "author.repair"]


async def test_an_endpoint_that_refuses_schemas_is_asked_in_words_and_still_replays(tmp_path):
    def script(body, number):
        return failure(400, "unknown field response_format") if "response_format" in body else GOOD

    totals, bodies = await journalled(script, tmp_path)
    assert list(totals) == ["author"]
    assert ["response_format" in body for body in bodies] == [True, False]
    assert "JSON Schema" in bodies[1]["messages"][-1]["content"]


def test_an_answer_in_a_calls_arguments_counts():
    reply = ChatReply(text="", calls=(ToolCall(id="1", name="answer", arguments=GOOD),))
    assert read_answer(reply, Choice) == CHOICE


def test_of_several_values_the_first_valid_one_counts_and_the_first_fault_is_told():
    assert read_answer(ChatReply(text=f'{{"day": 1.5}} {GOOD}'), Choice) == CHOICE
    found = read_answer(ChatReply(text='{"day": "x"} {"reason": "y"}'), Choice)
    assert isinstance(found, Unparsed)
    assert found.reason.startswith("day: ")


@pytest.mark.parametrize("text", ["", "{" * 5000, "[" * 5000, '{"day": "2026-02-03', json.dumps({"day": "\ud800"})])
def test_hostile_text_is_unparsed(text):
    assert isinstance(read_answer(ChatReply(text=text), Choice), Unparsed)


@pytest.mark.parametrize(("text", "finish", "told"), [
    ('{"plan": {"day": "2026-02-03", "rea', "length", "it ran on to its limit of tokens and was cut off"),
    ('{"plan": {"day": "2026-02-03", "more": 1}, ', "stop", "its JSON is malformed or incomplete"),
    ("No.", "stop", "there is no JSON in it"),
    ("", "length", "it ran on to its limit of tokens and was cut off"),
])  # fmt: skip
def test_parts_of_an_answer_that_breaks_off_are_not_taken_for_the_whole(text, finish, told):
    found = read_answer(ChatReply(text=text, finish_reason=finish), Choice)
    assert isinstance(found, Unparsed)
    assert found.reason.startswith(told)


def test_blanks_at_the_end_of_an_answer_are_not_shown_to_its_author_again():
    found = read_answer(ChatReply(text='{"day": "2026-02-03"' + "\n " * 500, finish_reason="length"), Choice)
    assert isinstance(found, Unparsed)
    assert found.text == '{"day": "2026-02-03"'
