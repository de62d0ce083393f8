import json

import pytest
from pydantic import ValidationError

from apigen_mt.models.chat import ChatRequest, Sampling, Usage
from tools_env.values import Json

MESSAGES: tuple[Json, ...] = ({"role": "user", "content": "hello"},)
TOOL: Json = {"type": "function", "function": {"name": "z", "parameters": {"b": 1, "a": 2}}}


def test_the_body_holds_only_what_was_asked_for():
    request = ChatRequest(model="m", messages=MESSAGES, sampling=Sampling(temperature=0.0), tool_choice="auto")
    assert request.body() == {"model": "m", "messages": list(MESSAGES), "temperature": 0.0}


def test_the_wire_keeps_the_order_of_keys_and_lays_extra_over_the_body():
    request = ChatRequest(
        model="m",
        messages=MESSAGES,
        tools=(TOOL,),
        tool_choice="required",
        parallel_tool_calls=False,
        sampling=Sampling(max_tokens=5, seed=3),
        extra={"max_tokens": 9, "top_k": 1},
    )
    body = json.loads(request.wire())
    assert json.dumps(body["tools"][0]) == json.dumps(TOOL)
    assert (body["tool_choice"], body["parallel_tool_calls"], body["seed"]) == ("required", False, 3)
    assert (body["max_tokens"], body["top_k"]) == (9, 1)


@pytest.mark.parametrize("name", ["messages", "model", "tools", "stream", "n"])
def test_extra_fields_may_not_touch_the_talk(name):
    with pytest.raises(ValidationError, match=name):
        ChatRequest(model="m", messages=MESSAGES, extra={name: []})


def test_the_digest_tells_requests_and_endpoints_apart_but_not_the_order_of_keys():
    base = ChatRequest(model="m", messages=({"role": "user", "content": "x"},))
    turned = ChatRequest(model="m", messages=({"content": "x", "role": "user"},))
    others = [
        base.model_copy(update={"model": "n"}),
        base.model_copy(update={"messages": ({"role": "user", "content": "y"},)}),
        base.model_copy(update={"tools": (TOOL,)}),
        base.model_copy(update={"sampling": Sampling(seed=1)}),
        base.model_copy(update={"extra": {"top_k": 1}}),
        base.model_copy(update={"response_format": {"type": "json_object"}}),
    ]
    assert turned.digest("http://a") == base.digest("http://a") != base.digest("http://b")
    assert len({request.digest("http://a") for request in [base, *others]}) == len(others) + 1


def test_lone_surrogates_and_nan_make_a_body_that_can_be_sent():
    request = ChatRequest(model="m", messages=({"role": "user", "content": "a\ud800b"},), extra={"x": float("nan")})
    assert json.loads(request.wire().decode())["messages"][0]["content"] == "a?b"
    assert len(request.digest("http://a")) == 64
    assert json.loads(ChatRequest(model="m", messages=(), extra={"x": float("nan")}).wire())["x"] is None


def test_the_estimate_covers_prompt_and_longest_reply():
    request = ChatRequest(model="m", messages=MESSAGES, sampling=Sampling(max_tokens=100))
    assert request.estimate() == -(-len(request.wire()) // 4) + 100


def test_usages_add_up():
    assert Usage(prompt=1, completion=2, cached=1) + Usage(prompt=10, completion=20) == Usage(
        prompt=11, completion=22, cached=1
    )
    assert Usage(prompt=3, completion=4, cached=2).total == 7
