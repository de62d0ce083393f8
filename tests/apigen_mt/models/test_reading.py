import json

import pytest

from apigen_mt.models.chat import ChatRequest, ReplyKey, Usage
from apigen_mt.models.reading import NoCompletion, parse_body, read_reply, split_thought

REQUEST = ChatRequest(model="asked", messages=({"role": "user", "content": "hello"},))
KEY = ReplyKey(role="agent", blueprint="b", turn=7)


def reply_to(message, **body):
    choice = {"message": message, "finish_reason": "stop"}
    return read_reply(
        {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 4}, **body}, REQUEST, KEY
    )


def call(name="f", arguments="{}", **more):
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **more}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("hi", "hi"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "ab"),
        (["a", {"type": "refusal"}], "a"),
        (7, ""),
        ("x\ud83d y", "x\ufffd y"),
        ("\U0001f600", "\U0001f600"),
    ],
)
def test_content_in_any_shape_becomes_text(content, text):
    assert reply_to({"content": content}).text == text


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": "hi", "reasoning": "hm"}, "hi", "hm"),
        ({"content": "hi", "reasoning_content": "hm"}, "hi", "hm"),
        ({"content": "<think>hm</think>\n\nhi"}, "hi", "hm"),
        ({"content": "hm</think>hi"}, "hi", "hm"),
        ({"content": "<think>cut off"}, "", "cut off"),
        ({"content": "Hello. <think>now what</think> Who is there?"}, "Hello.  Who is there?", "now what"),
        ({"content": "Hello. <THINKING>now"}, "Hello.", "now"),
        ({"content": "<think>a</think>b</think>c<think>d"}, "c", "a\nb\nd"),
        ({"content": "<think>a</think>hi", "reasoning": "a", "reasoning_content": "b"}, "hi", "a\nb"),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, "hi"]}, "hi", "hm"),
        ({"content": [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "hi"}]}, "hi", "hm"),
        ({"content": [{"text": "hm", "thought": True}, {"type": ["odd"], "text": "hi"}]}, "hi", "hm"),
        ({"content": [{"text": "<think>h"}, {"text": "m</think>hi"}]}, "hi", "hm"),
        ({"content": "hi", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}, "hi", "hm"),
        ({"content": None, "reasoning": {"odd": 1}, "thinking": "hm"}, "", "hm"),
    ],
)
def test_reasoning_is_kept_apart_from_what_is_said(message, text, reasoning):
    reply = reply_to(message)
    assert (reply.text, reply.reasoning) == (text, reasoning)


def test_calls_keep_their_raw_arguments_even_if_they_are_no_json():
    reply = reply_to({"content": "", "tool_calls": [call("f", '{"a": 1,}', id="x"), call("g", "", id="y")]})
    assert [(c.id, c.name, c.arguments) for c in reply.calls] == [("x", "f", '{"a": 1,}'), ("y", "g", "")]


def test_missing_and_repeated_ids_are_made_from_turn_and_place():
    calls = [call(id="x"), call(id="x"), call(), call(id=None), call(id="own")]
    first, second = reply_to({"tool_calls": calls}), reply_to({"tool_calls": calls})
    assert [c.id for c in first.calls] == ["x_7_0", "x_7_1", "call_7_2", "call_7_3", "own"]
    assert first == second


def test_parsed_arguments_missing_names_and_the_older_form_are_understood():
    reply = reply_to({"tool_calls": [call("f", {"a": "é"}), {"function": {"arguments": None}}]})
    assert [(c.name, c.arguments) for c in reply.calls] == [("f", '{"a": "é"}'), ("", "")]
    older = reply_to({"content": None, "function_call": {"name": "f", "arguments": "{}"}})
    assert [(c.name, c.arguments) for c in older.calls] == [("f", "{}")]


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 8, "completion_tokens": 2}, Usage(prompt=8, completion=2)),
        (
            {"prompt_tokens": 8, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 6}},
            Usage(prompt=8, completion=2, cached=6),
        ),
        ({"prompt_tokens": 8, "completion_tokens": 2, "prompt_tokens_details": None}, Usage(prompt=8, completion=2)),
    ],
)
def test_reported_usage_is_taken(usage, counted):
    assert reply_to({"content": "hi"}, usage=usage).usage == counted


@pytest.mark.parametrize(
    "usage", [None, {}, [], {"prompt_tokens": -5, "completion_tokens": True}, {"prompt_tokens": "1"}]
)
def test_missing_or_senseless_usage_is_counted_by_length(usage):
    counted = Usage(prompt=-(-len(REQUEST.wire()) // 4), completion=3)
    assert reply_to({"content": "123456789"}, usage=usage).usage == counted


def test_the_model_that_answered_is_kept():
    assert reply_to({"content": ""}, model="answered").model == "answered"
    assert reply_to({"content": ""}).model == "asked"


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {},
        {"choices": []},
        {"choices": None},
        {"choices": ["x"]},
        {"choices": [{}]},
        {"choices": [{"message": {"tool_calls": {"id": 1}}}]},
        {"choices": [{"message": {"tool_calls": ["f"]}}]},
        {"choices": [{"message": {"tool_calls": [{"id": "x"}]}}]},
    ],
)
def test_what_is_no_completion_is_said_to_be_none(body):
    with pytest.raises(NoCompletion):
        read_reply(body, REQUEST, KEY)


@pytest.mark.parametrize("raw", [b"", b"<html>", b'{"a":', b"[" * 100_000, b"\xff\xfe", b"1" * 5000])
def test_a_body_that_is_no_json_is_said_to_be_none(raw):
    with pytest.raises(NoCompletion):
        parse_body(raw)


def test_broken_utf8_inside_a_string_is_replaced():
    assert parse_body(b'{"a": "\xff"}') == {"a": "\ufffd"}


def test_a_reply_can_be_stored_and_read_back_whatever_the_model_wrote():
    reply = reply_to({"content": "\ud800\x00", "tool_calls": [call("\udfff", "\ud800")]})
    assert type(reply).model_validate_json(reply.model_dump_json()) == reply
    assert json.loads(reply.model_dump_json())["text"] == "\ufffd\x00"


def test_a_thought_may_be_empty():
    assert split_thought("<think>\n\n</think>\n\nhi") == ("hi", "")
