"""Models as players: what they write becomes a turn, or is asked for again, or is nothing that stands."""

import json
from collections.abc import Sequence

import pytest

from apigen_mt.cast.model_agent import ModelAgent, calls_in, turn_of
from apigen_mt.cast.model_human import RESAMPLES, ModelHuman
from apigen_mt.cast.ports import AgentView, HumanView
from apigen_mt.config_roles import RoleConfig
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Sampling, ToolCall
from blueprints.judging.fidelity import STOP
from tests.blueprints.talks import planned, world_of
from tools_env.values import Json

ROLE = RoleConfig(model="m", base_url="http://127.0.0.1:9/v1")


class Tape:
    """A client that plays replies back in order and keeps what it was asked."""

    base_url = "http://127.0.0.1:9/v1"

    def __init__(self, replies: Sequence[ChatReply]) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[ReplyKey, ChatRequest]] = []

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        self.asked.append((key, request))
        return self.replies.pop(0)


def called(arguments: str, name: str = "find_member") -> ChatReply:
    return ChatReply(text="", calls=(ToolCall(id="x1", name=name, arguments=arguments),))


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        ('{"email": "a@example.com"}', {"email": "a@example.com"}),
        ("", {}),
        ("{}", {}),
        ('{"email": ', None),
        ("[1]", None),
        ('"text"', None),
        ('{"amount": NaN}', None),
        ('{"amount": Infinity}', None),
        ('{"a": ' + "[" * 200 + "]" * 200 + "}", None),
    ],
)
def test_arguments_are_an_object_or_stay_raw(arguments, read):
    (call,) = turn_of(called(arguments), parse_text_calls=False).calls
    assert call.arguments == read
    assert call.raw == ("" if read is not None else arguments)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"name": "list_loans", "arguments": {"member_id": "M1"}}', ["list_loans"]),
        ('```json\n[{"name": "a", "parameters": {}}, {"name": "b", "arguments": {}}]\n```', ["a", "b"]),
        ('I will call {"name": "list_loans", "arguments": {}}', []),
        ('{"name": "a", "arguments": "none"}', []),
        ('{"tool": "a"}', []),
        ('[{"name": "a", "arguments": {}}, 7]', []),
        ("Hello.", []),
    ],
)
def test_only_a_text_that_is_nothing_but_calls_is_calls(text, names):
    assert [c.name for c in calls_in(text)] == names


def test_a_text_that_looks_like_a_call_is_one_only_where_that_is_wanted():
    reply = ChatReply(text='{"name": "list_loans", "arguments": {}}')
    assert not turn_of(reply, parse_text_calls=False).calls
    assert turn_of(reply, parse_text_calls=False).text == reply.text
    assert [c.name for c in turn_of(reply, parse_text_calls=True).calls] == ["list_loans"]


async def test_the_agent_sends_policy_messages_and_tools_and_no_reasoning():
    tape = Tape([ChatReply(text="Hello.", reasoning="thinking")])
    blueprint = planned("library", 24)[0]
    body: Json = {"name": "find_member", "arguments": {"email": "a@example.com"}}
    view = AgentView(
        system="The policy.",
        tools=({"type": "function", "function": {"name": "find_member"}},),
        messages=(
            {"role": "user", "content": "Hi."},
            {
                "role": "assistant",
                "content": "",
                "reasoning_content": "hm",
                "tool_calls": [{"id": "c", "function": body}],
            },
            {"role": "tool", "tool_call_id": "c", "content": "{}"},
        ),
    )
    turn = await ModelAgent(blueprint, tape, ROLE, Sampling(), 4).reply(view)
    key, request = tape.asked[0]
    assert (turn.text, turn.reasoning) == ("Hello.", "thinking")
    assert (key.role, key.blueprint, key.attempt, key.turn) == ("agent", blueprint.id, 4, 3)
    sent = json.dumps(request.body())
    assert request.messages[0] == {"role": "system", "content": "The policy."}
    assert "hm" not in [m.get("reasoning_content") for m in request.messages if isinstance(m, dict)]
    assert r'"arguments": "{\"email\": \"a@example.com\"}"' in sent
    assert blueprint.instruction not in sent


def spoken(text: str, act: str = "answer", facts: Sequence[str] = ()) -> ChatReply:
    return ChatReply(text=json.dumps({"act": act, "fact_ids": list(facts), "consents_to": "", "text": text}))


def human(*replies: ChatReply) -> tuple[ModelHuman, Tape]:
    tape = Tape(replies)
    blueprint = next(b for b in planned("library", 72) if b.kind == "act" and len(b.stages) == 1)
    return ModelHuman(blueprint, world_of("library"), tape, ROLE, Sampling(), 0), tape


async def test_a_turn_that_holds_to_the_part_is_spoken():
    player, tape = human(spoken("I would like some help.", "raise"))
    turn = await player.speak(HumanView(dialogue=(), turn=0))
    assert turn is not None
    assert (turn.act, turn.text) == ("raise", "I would like some help.")
    assert tape.asked[0][0].candidate == 0
    assert player.blueprint.instruction in json.dumps(tape.asked[0][1].messages, ensure_ascii=False).replace('\\"', '"')


@pytest.mark.parametrize(
    "bad",
    [
        "I have waited since 2019-07-09.",
        "Use the find_member tool.",
        "How can I help you today?",
        "Write to nobody@example.com.",
        "",
    ],
)
async def test_a_turn_that_breaks_the_part_is_asked_for_again(bad):
    player, tape = human(spoken(bad), spoken("Never mind that."))
    turn = await player.speak(HumanView(dialogue=(("human", "Hi."), ("agent", "Hello, what is it?")), turn=1))
    assert turn is not None
    assert turn.text == "Never mind that."
    assert player.resampled == 1
    assert [key.candidate for key, _ in tape.asked] == [0, 1]


async def test_when_no_sample_holds_there_is_nothing_to_say():
    player, tape = human(*[spoken("It was on 2019-07-09.")] * RESAMPLES)
    assert await player.speak(HumanView(dialogue=(), turn=0)) is None
    assert len(tape.asked) == RESAMPLES


async def test_an_answer_that_is_none_costs_a_sample():
    player, _ = human(ChatReply(text="Hm."), ChatReply(text="Hm again."), spoken("Good day.", "raise"))
    turn = await player.speak(HumanView(dialogue=(), turn=0))
    assert turn is not None
    assert turn.text == "Good day."


async def test_a_stop_ends_with_the_stop_word_and_the_roles_are_turned_round():
    player, tape = human(spoken("Thanks, bye.", "stop"))
    turn = await player.speak(HumanView(dialogue=(("human", "Hi."), ("agent", "Done.")), turn=1))
    assert turn is not None
    assert turn.text == f"Thanks, bye. {STOP}"
    roles = [m["role"] for m in tape.asked[0][1].messages if isinstance(m, dict)]
    assert roles == ["system", "user", "assistant", "user"]
