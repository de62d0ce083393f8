"""A model as the agent, on a real server: whatever it writes comes back as an error that it can mend."""

import json
import re
from collections.abc import Mapping, Sequence

import pytest

from apigen_mt.cast.model_agent import ModelAgent
from apigen_mt.cast.ports import HumanView
from apigen_mt.config_roles import RoleConfig
from apigen_mt.models.chat import Sampling
from apigen_mt.models.client import Endpoint
from apigen_mt.talk import Played, play
from blueprints.judging.fidelity import STOP, HumanTurn
from tests.blueprints.talks import planned, world_of
from tests.chat_server import Answer, Body, ChatServer, failure
from tests.one_lane import one_lane
from tools_env.calls import Refusal
from tools_env.course import Called, Said
from tools_env.rules import one_call_a_message

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
FIND = '{"email": "a@example.com"}'


class Brief:
    """A human who greets, and leaves at the first answer; keeps what they hear."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def speak(self, view: HumanView) -> HumanTurn | None:
        self.heard = [text for speaker, text in view.dialogue if speaker == "agent"]
        return HumanTurn(act="stop", text=STOP) if self.heard else HumanTurn(act="chat", text="Hello.")


@pytest.fixture(autouse=True, scope="module")
def _drafted():
    """Draft before any test's event loop runs: drafting runs one of its own."""
    planned("library", 1)
    planned("retail", 1)


def strict(body: Body) -> Answer | None:
    """What an endpoint that checks its requests has against one."""
    waiting: list[str] = []
    for message in body["messages"]:
        if message["role"] == "tool":
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            return failure(400, f"no result for {waiting}")
        for call in message.get("tool_calls", ()):
            if not NAME.fullmatch(call["function"]["name"]):
                return failure(400, "a name that no function has")
            if not isinstance(json.loads(call["function"]["arguments"]), dict):
                return failure(400, "arguments that are no object")
            waiting.append(call["id"])
    return failure(400, "no result") if waiting else None


async def talk(*answers: Answer, domain: str = "library", **settings) -> tuple[Played, list[Body], Brief]:
    """A talk with a model that answers so, and then asks something."""

    def script(body: Body, number: int) -> Answer:
        return strict(body) or (answers[number] if number < len(answers) else Answer(text="Who are you?"))

    blueprint, world, human = planned(domain, 1)[0], world_of(domain), Brief()
    async with ChatServer(script) as server, one_lane(Endpoint(server.url)) as client:
        role = RoleConfig(model="m", base_url=server.url, **settings)
        single = one_call_a_message(world.clauses)
        agent = ModelAgent(blueprint, client, role, Sampling(), 0, single=single)
        return await play(blueprint, world, human, agent), server.bodies, human


def calls_of(done: Played) -> list[Called]:
    return [event for event in done.course.events if isinstance(event, Called)]


def message(*calls: Mapping) -> Answer:
    return Answer(text=None, message={"tool_calls": list(calls)})


def function(name: object, arguments: object = FIND, **more: object) -> Mapping:
    return {"id": "c", "type": "function", "function": {"name": name, "arguments": arguments}, **more}


@pytest.mark.parametrize(
    ("calls", "causes"),
    [
        ([function("find_member", text)], ["arguments"])
        for text in ("[1]", "7", "null", '"x"', '{"email": ', "{'email': 1}", "1" * 6000, "[" * 4000, "{} {}", "\ud800")
    ]
    + [
        ([function("find_member", "")], ["arguments"]),
        ([function("find_member", None)], ["arguments"]),
        ([function("find_member", {"mail": "a@example.com"})], ["arguments"]),
        ([function("find_member", [1])], ["arguments"]),
        ([function("find_member", json.dumps({"email": ["a@example.com"]}))], ["arguments"]),
        ([function("find_member", json.dumps({"email": "a@example.com", "x": "y" * 200_000}))], ["arguments"]),
        ([function("list_loans", json.dumps({"member_id": "y" * 200_000}))], ["missing"]),
        ([function("functions.find member\n\u00e9" * 9)], ["unknown_tool"]),
        ([function("")], ["unknown_tool"]),
        ([function(None)], ["unknown_tool"]),
        ([function(7)], ["unknown_tool"]),
        ([function({"a": 1})], ["unknown_tool"]),
        ([{"function": {"arguments": FIND}}], ["unknown_tool"]),
        ([function("fly"), function("swim")], ["unknown_tool", "unknown_tool"]),
        ([function("fly", id=""), function("find_member", "7", id=None)], ["unknown_tool", "arguments"]),
    ],
)  # fmt: skip
async def test_a_call_that_cannot_be_made_is_told_in_words_and_the_talk_goes_on(calls: Sequence, causes: list[str]):
    done, asked, human = await talk(message(*calls))
    assert (done.end_reason, done.why, human.heard) == ("user_stop", "", ["Who are you?"])
    outcomes = [call.outcome for call in calls_of(done)]
    assert [o.cause for o in outcomes if isinstance(o, Refusal)] == causes
    told = [m["content"] for m in asked[-1]["messages"] if m["role"] == "tool"]
    assert len(told) == len(causes)
    assert all(json.loads(text)["error"] for text in told)


@pytest.mark.parametrize(
    "thought",
    [
        {"content": "<think>They are nobody.</think>Who are you?"},
        {"content": "Who are you?<think>They are nobody."},
        {"content": "They are nobody.</think>Who are you?"},
        {"content": "Who are you?", "reasoning_content": "They are nobody."},
        {"content": "Who are you?", "reasoning": "They are nobody."},
        {"content": [{"type": "thinking", "thinking": "They are nobody."}, {"type": "text", "text": "Who are you?"}]},
    ],
)
async def test_what_is_thought_is_kept_and_neither_heard_nor_shown_again(thought):
    find = {"tool_calls": [function("fly")], "reasoning": "I should fly."}
    done, asked, human = await talk(Answer(text=None, message=find), Answer(message=thought))
    assert human.heard == ["Who are you?"]
    assert "I should fly" not in json.dumps(asked)
    assert [e.reasoning for e in done.course.events if isinstance(e, Called)] == ["I should fly."]
    (said,) = (e for e in done.course.events if isinstance(e, Said) and e.speaker == "agent")
    assert (said.text, said.reasoning) == ("Who are you?", "They are nobody.")


async def test_a_thought_beside_words_said_through_a_tool_is_no_word():
    speak = '{"message": "<think>They are nobody.</think>Who are you?"}'
    done, _, human = await talk(message(function("respond_to_customer", speak)), respond_tool=True)
    assert human.heard == ["Who are you?"]
    assert [e.reasoning for e in done.course.events if isinstance(e, Said)] == ["", "They are nobody.", ""]


async def test_one_call_a_message_is_asked_for_where_the_policy_wants_it_so():
    _, free, _ = await talk()
    _, single, _ = await talk(domain="retail")
    assert "parallel_tool_calls" not in free[0]
    assert single[0]["parallel_tool_calls"] is False
