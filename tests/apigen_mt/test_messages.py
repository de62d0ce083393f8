import json
from typing import Any

import pytest

from apigen_mt.messages import messages_of, train_flags
from tests.apigen_mt.rows import row
from tools_env.calls import Call, Fault, Refusal, Result
from tools_env.course import Called, Course, Said


def course(*events):
    return Course(events=events)


def told(talk) -> Any:
    """The messages, untyped for looking into."""
    return messages_of(talk)


def called(number, name="look", *, batch=0, outcome=None, **fields):
    outcome = outcome or Result(value={"n": number})
    return Called(
        call_id=f"c{number}", call=Call(name=name, arguments={"n": number}), outcome=outcome, batch=batch, **fields
    )


def test_a_played_talk_becomes_openai_messages():
    played = row(beside="One moment.", parallel=True)
    messages = told(played.course)
    assert [m["role"] for m in messages] == [
        "user", "assistant", "user", "assistant", "tool", "assistant", "tool", "tool", "assistant", "user",
        "assistant", "tool", "assistant", "user",
    ]  # fmt: skip
    beside = messages[3]
    assert (beside["content"], beside["reasoning_content"]) == ("One moment.", "Find them first.")
    [call] = beside["tool_calls"]
    assert call["type"] == "function"
    assert call["function"]["name"] == "find_member"
    assert isinstance(call["function"]["arguments"], dict)
    assert messages[4]["tool_call_id"] == call["id"]
    assert len(messages[5]["tool_calls"]) == 2
    assert [m["tool_call_id"] for m in messages[6:8]] == [c["id"] for c in messages[5]["tool_calls"]]
    assert all(isinstance(m["content"], str) for m in messages)
    assert "reasoning_content" not in messages[1]
    assert messages[-1]["content"] == "###STOP###"


def test_what_a_tool_shows_keeps_its_order_and_its_letters():
    shown = Result(value={"z": "Zoë", "a": [1, 2.5, None]})
    [_, tool] = told(course(called(1, outcome=shown)))
    assert tool["content"] == '{"z":"Zoë","a":[1,2.5,null]}'
    [_, tool] = told(course(called(1, outcome=Refusal(reason="No."))))
    assert json.loads(tool["content"]) == {"error": "No."}


def test_two_batches_in_a_row_are_two_messages():
    messages = told(course(called(1, batch=0), called(2, batch=1), called(3, batch=1)))
    assert [len(m["tool_calls"]) for m in messages if m["role"] == "assistant"] == [1, 2]
    assert [m["role"] for m in messages] == ["assistant", "tool", "assistant", "tool", "tool"]


def test_words_that_stand_alone_are_never_joined():
    said = [Said(speaker="agent", text=t) for t in ("one", "two")]
    assert [m["content"] for m in told(course(*said, called(1)))] == ["one", "two", "", '{"n":1}']


def test_calls_of_the_human_are_not_shown_to_the_agent():
    own = Called(call_id="h1", call=Call(name="restart", actor="human"), outcome=Result(value="ok"))
    messages = told(course(Said(speaker="human", text="wait"), own, Said(speaker="human", text="done")))
    assert [m["content"] for m in messages] == ["wait", "done"]


def test_the_world_shares_nothing_with_the_messages():
    event = called(1)
    told(course(event))[0]["tool_calls"][0]["function"]["arguments"]["n"] = 2
    assert event.call.arguments == {"n": 1}


@pytest.mark.parametrize(
    ("outcome", "raw", "train"),
    [
        (Result(value=1), "", True),
        (Refusal(reason="no"), "", False),
        (Fault(reason="down"), "", False),
        (Refusal(reason="no JSON", cause="arguments"), "{oops", False),
    ],
)
def test_refused_and_faulty_calls_are_masked(outcome, raw, train):
    talk = course(called(1, outcome=outcome, raw=raw), called(2, batch=0), Said(speaker="agent", text="Sorry."))
    messages = messages_of(talk)
    flags = train_flags(talk, messages)
    assert len(flags) == len(messages)
    assert [None if f is None else f.train for f in flags] == [train, None, None, True]
    assert all(f.reason for f in flags if f)


def test_the_recovery_from_a_slip_is_learned():
    slipped = row(slip=True)
    flags = [f.train for f in slipped.train if f]
    assert flags.count(False) == 1
    assert [f.reason for f in slipped.train[5:9:2] if f] == [
        "call refused for its arguments",
        "recovery after a call refused for its arguments",
    ]


@pytest.mark.parametrize(
    ("outcome", "raw", "reason", "after"),
    [
        (Refusal(reason="no"), "", "call refused", "a refused call"),
        (Refusal(reason="later", cause="unavailable"), "", "call met a transient error", "a transient error"),
        (
            Refusal(reason="?", cause="unknown_tool"),
            "",
            "call of a tool that there is not",
            "a call of a tool that there is not",
        ),
        (
            Refusal(reason="?", cause="arguments"),
            "{oops",
            "arguments that are no JSON object",
            "arguments that were no JSON object",
        ),
        (Fault(reason="down"), "", "call met a fault", "a fault"),
    ],
)
def test_what_is_masked_says_why_and_what_comes_next_is_learned_as_recovery(outcome, raw, reason, after):
    wrong, thanks = called(1, outcome=outcome, raw=raw), Said(speaker="agent", text="Done.")
    for recovery in (called(1, batch=1), Said(speaker="agent", text="I'm sorry.")):
        talk = course(wrong, recovery, thanks)
        flags = [f for f in train_flags(talk, messages_of(talk)) if f]
        assert [f.train for f in flags] == [False, True, True]
        assert [f.reason for f in flags] == [reason, f"recovery after {after}", "words for the human"]


def test_a_search_that_came_back_empty_was_right_and_so_is_making_it_again():
    empty = called(1, outcome=Result(value=[]))
    talk = course(empty, called(1, batch=1), called(2, batch=2))
    assert [(f.train, f.reason) for f in train_flags(talk, messages_of(talk)) if f] == [
        (True, "calls carried out"),
        (True, "recovery after an empty list"),
        (True, "calls carried out"),
    ]
    other = course(empty, called(2, batch=1))
    assert [f.reason for f in train_flags(other, messages_of(other)) if f] == ["calls carried out"] * 2


def test_a_recovery_that_fails_again_is_masked():
    down = Refusal(reason="later", cause="unavailable")
    talk = course(called(1, outcome=down), called(1, batch=1, outcome=down), called(1, batch=2))
    assert [f.train for f in train_flags(talk, messages_of(talk)) if f] == [False, False, True]


def test_flags_of_other_messages_are_refused():
    with pytest.raises(ValueError, match="not those of the course"):
        train_flags(course(called(1)), ())
