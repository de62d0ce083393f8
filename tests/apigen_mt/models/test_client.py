import asyncio
import logging
import random
import socket
import sys
import traceback
from email.utils import formatdate
from typing import Any

import pytest

from apigen_mt.models.chat import ChatRequest, ReplyKey, Sampling
from apigen_mt.models.client import Endpoint
from apigen_mt.models.failures import EndpointError
from apigen_mt.models.retry import Pace, Patience
from apigen_mt.models.wire import OpenAIWire
from tests.chat_server import Answer, ChatServer, failure
from tests.one_lane import one_lane

SECRET = "sk-example-not-a-real-key-0123456789"
KEY = ReplyKey(role="agent", blueprint="b", attempt=1, turn=2)
REQUEST = ChatRequest(model="m", messages=({"role": "user", "content": "hello"},))


class Time:
    """Time that passes only by sleeping, so that no test waits."""

    def __init__(self):
        self.waits = []
        self.elapsed = 0.0

    async def sleep(self, seconds):
        self.waits.append(seconds)
        self.elapsed += seconds
        for _ in range(5):  # others get their turn, as in a real sleep
            await asyncio.sleep(0)

    @property
    def pace(self):
        return Pace(self.sleep, lambda: self.elapsed, lambda: 1_800_000_000.0 + self.elapsed, random.Random(1))


def client_of(server, time=None, /, *, concurrency=8, **patience):
    pace = (time or Time()).pace
    return one_lane(Endpoint(server.url, SECRET), concurrency=concurrency, patience=Patience(**patience), pace=pace)


async def failing(script, request=REQUEST, **patience):
    """The error, the waits and the number of requests when everything is answered by `script`."""
    time = Time()
    async with ChatServer(script) as server, client_of(server, time, **patience) as client:
        with pytest.raises(EndpointError) as caught:
            await client.complete(KEY, request)
        return caught.value, time.waits, server.requests


async def test_a_request_arrives_as_built_and_its_reply_comes_back():
    request = ChatRequest(
        model="m",
        messages=({"role": "user", "content": "größer"},),
        tools=({"type": "function", "function": {"name": "f", "parameters": {}}},),
        sampling=Sampling(temperature=0.5),
        extra={"top_k": 3},
    )
    answer = Answer(text="hi", calls=(("f", '{"a": 1}'),), usage=(11, 7))
    async with ChatServer(lambda body, number: answer, key=SECRET) as server, client_of(server) as client:
        reply = await client.complete(KEY, request)
    assert server.bodies == [request.body()]
    assert (reply.text, reply.calls[0].name, reply.calls[0].arguments) == ("hi", "f", '{"a": 1}')
    assert (reply.usage.prompt, reply.usage.completion, reply.model) == (11, 7, "m")


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, "bad field", "bad_request"),
        (400, "This model's maximum context length is 4096 tokens", "context"),
        (400, "prompt is too long: 300000 tokens", "context"),
        (401, "who are you", "auth"),
        (403, "not for you", "auth"),
        (404, "no such model", "not_found"),
        (413, "request entity too large", "bad_request"),
        (422, "unprocessable", "bad_request"),
    ],
)
async def test_what_cannot_be_helped_is_tried_once(status, said, kind):
    error, waits, requests = await failing(lambda body, number: failure(status, said))
    assert (error.kind, waits, requests) == (kind, [], 1)
    assert said in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failure(408), "timeout"),
        (failure(409), "server"),
        (failure(429), "rate"),
        (failure(500), "server"),
        (failure(503), "server"),
        (Answer(reset=True), "unreachable"),
    ],
)
async def test_what_may_pass_is_tried_again_with_growing_jittered_waits_and_then_told(answer, kind):
    error, waits, requests = await failing(
        lambda body, number: answer, attempts=5, server=5, first_contact=5, base=1.0, cap=4.0
    )
    assert (error.kind, requests, error.attempts) == (kind, 5, 5)
    assert len(waits) == 4
    assert all(0 <= wait <= ceiling for wait, ceiling in zip(waits, [1, 2, 4, 4], strict=True))
    assert "5 attempts" in str(error)


async def test_after_a_failure_that_passes_the_reply_comes():
    faults = [failure(500), Answer(reset=True), failure(429), Answer(body=b"<html>")]
    time = Time()
    script = lambda body, number: faults[number] if number < len(faults) else "at last"  # noqa: E731
    async with ChatServer(script) as server, client_of(server, time) as client:
        assert (await client.complete(KEY, REQUEST)).text == "at last"
    assert (server.requests, len(time.waits)) == (5, 4)


@pytest.mark.parametrize("seconds", [7, 400])
async def test_retry_after_is_kept_in_full_also_beyond_two_minutes(seconds):
    time = Time()
    script = lambda body, number: "late" if number else failure(429, retry_after=str(seconds))  # noqa: E731
    async with ChatServer(script) as server, client_of(server, time) as client:
        assert (await client.complete(KEY, REQUEST)).text == "late"
    assert sum(time.waits) == pytest.approx(seconds)


async def test_retry_after_may_be_a_date_and_nonsense_is_ignored():
    times = [formatdate(1_800_000_090, usegmt=True), "soon", "-3", "nan", "inf"]
    time = Time()

    def script(body, number):
        if number >= len(times):
            return "late"
        return failure(429, retry_after=times[number], date=formatdate(1_800_000_000, usegmt=True))

    async with ChatServer(script) as server, client_of(server, time) as client:
        await client.complete(KEY, REQUEST)
    assert sum(time.waits[:2]) == pytest.approx(90)
    assert all(wait <= 8 for wait in time.waits[2:])


async def test_a_wait_beyond_the_deadline_is_not_begun():
    error, waits, requests = await failing(lambda body, number: failure(429, retry_after="90"), deadline=60.0)
    assert (error.kind, error.retry_after, waits, requests) == ("rate", 90.0, [], 1)


async def test_the_deadline_bounds_all_attempts_together():
    error, waits, requests = await failing(lambda body, number: failure(429, retry_after="20"), deadline=50.0)
    assert (error.kind, requests) == ("rate", 3)
    assert sum(waits) < 50


async def test_a_used_up_quota_is_not_asked_again():
    error, _, requests = await failing(lambda body, number: failure(429, "insufficient_quota: pay first"))
    assert (error.kind, requests) == ("rate", 1)


async def test_silence_is_a_timeout():
    error, _, requests = await failing(lambda body, number: Answer(hang=True), per_attempt=0.5, attempts=2)
    assert (error.kind, requests) == ("timeout", 2)


async def test_an_answer_that_drips_is_a_timeout_too():
    async def drip(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.01)

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        endpoint = Endpoint(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        async with one_lane(endpoint, patience=Patience(attempts=1, per_attempt=0.1)) as client:
            with pytest.raises(EndpointError) as caught:
                await client.complete(KEY, REQUEST)
    assert caught.value.kind == "timeout"


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b"[]", b'{"choices": []}', b'{"object": "list"}'])
async def test_garbage_is_asked_for_once_more(body):
    error, _, requests = await failing(lambda _, number: Answer(body=body))
    assert (error.kind, requests) == ("garbage", 2)


async def test_an_error_inside_an_answer_of_status_200_is_an_error():
    limited = Answer(body=b'{"error": {"code": 429, "message": "slow down"}}')
    error, _, requests = await failing(lambda body, number: limited, attempts=3)
    assert (error.kind, requests) == ("rate", 3)
    error, _, requests = await failing(lambda body, number: Answer(body=b'{"error": {"message": "odd"}}'))
    assert (error.kind, requests) == ("garbage", 2)


async def test_what_is_no_http_is_told():
    async def babble(_, writer):
        writer.write(b"220 mail.example.com ready\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        endpoint = Endpoint(f"http://127.0.0.1:{port}/v1")
        async with one_lane(endpoint, patience=Patience(attempts=2), pace=Time().pace) as client:
            with pytest.raises(EndpointError) as caught:
                await client.complete(KEY, REQUEST)
    assert caught.value.kind in {"garbage", "unreachable"}


async def test_a_port_where_nobody_listens_is_told_soon():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening
        time = Time()
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        async with one_lane(Endpoint(url, SECRET), pace=time.pace) as client:
            with pytest.raises(EndpointError) as caught:
                await client.complete(KEY, REQUEST)
    assert (caught.value.kind, caught.value.url, len(time.waits)) == ("unreachable", url, 2)


async def test_a_wrong_key_is_told_without_the_key(caplog):
    caplog.set_level(logging.DEBUG)
    async with ChatServer(lambda body, number: "hi", key="another") as server, client_of(server) as client:
        with pytest.raises(EndpointError) as caught:
            await client.complete(KEY, REQUEST)
    assert (caught.value.kind, server.refused, server.requests) == ("auth", 1, 0)
    assert "[key]" in str(caught.value)
    told = [str(caught.value), repr(caught.value), repr(vars(caught.value)), caplog.text, repr(client)]
    told += traceback.format_exception(caught.value)
    assert SECRET not in "".join(told)


@pytest.mark.parametrize(
    "answer",
    [
        failure(400, f"bad key {SECRET}"),
        failure(500, f"bad key {SECRET}"),
        Answer(body=f"bad key {SECRET}".encode()),
        Answer(body=b'{"error": {"message": "bad key %s"}}' % SECRET.encode()),
        Answer(status=502, body=f"<p>{SECRET}\n</p>".encode(), headers={"Content-Type": "text/html"}),
        Answer(reset=True),
    ],
)
async def test_no_error_repeats_the_key(answer):
    error, _, _ = await failing(lambda body, number: answer, attempts=2)
    assert SECRET not in str(error) + repr(error) + "".join(traceback.format_exception(error))
    assert "\n" not in str(error)


async def test_a_reply_that_repeats_the_key_is_read_without_it():
    async with ChatServer(lambda body, number: f"you sent Bearer {SECRET}") as server, client_of(server) as client:
        reply = await client.complete(KEY, REQUEST)
    assert reply.text == "you sent Bearer [key]"


def test_an_endpoint_never_shows_its_key_and_refuses_bad_addresses():
    endpoint = Endpoint("https://models.example.com/v1/?version=2", SECRET)
    assert endpoint.shown == "https://models.example.com/v1"
    assert SECRET not in f"{endpoint!r} {endpoint}"
    for url, key in [
        ("ftp://example.com", ""),
        ("example.com/v1", ""),
        ("http://", ""),
        (f"http://me:{SECRET}@example.com", ""),
        ("http://example.com", f"{SECRET}\n"),
        ("http://example.com", f"{SECRET}é"),
    ]:
        with pytest.raises(ValueError, match=r"the base URL|the key") as caught:
            Endpoint(url, key)
        assert SECRET not in str(caught.value)


async def test_concurrency_is_used_in_full_and_never_exceeded():
    crowd = 20
    answer = Answer(text="hi", hold_until=5)
    async with ChatServer(lambda body, number: answer) as server, client_of(server, concurrency=5) as client:
        replies = await asyncio.gather(*(client.complete(KEY, REQUEST) for _ in range(crowd)))
    assert (len(replies), server.requests, server.peak) == (crowd, crowd, 5)


async def test_a_request_that_waits_to_be_tried_again_holds_up_nobody_and_goes_first_then():
    def script(body, number):
        return "hi" if number else failure(500)

    requests = [ChatRequest(model=name, messages=()) for name in "abcdefgh"]
    async with ChatServer(script) as server, client_of(server, concurrency=1) as client:
        await asyncio.gather(*(client.complete(KEY, request) for request in requests))
    asked = [body["model"] for body in server.bodies]
    assert asked[:2] == ["a", "b"]
    assert asked.index("a", 1) < asked.index("h")
    assert len(asked) == 9


async def test_more_than_a_hundred_requests_can_be_open_at_once():
    crowd = 150
    script = lambda body, number: Answer(text="hi", hold_until=crowd + 1 if number else 0)  # noqa: E731
    async with ChatServer(script) as server, client_of(server, concurrency=crowd) as client:
        await client.complete(KEY, REQUEST)
        await asyncio.gather(*(client.complete(KEY, REQUEST) for _ in range(crowd)))
    assert server.peak == crowd


@pytest.mark.parametrize("status", [400, 422, 500])
async def test_a_refused_schema_is_spelled_out_and_not_sent_again(status):
    wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": True}}
    request = REQUEST.model_copy(update={"response_format": wanted})

    def script(body, number):
        return failure(status, "response_format is not supported") if "response_format" in body else "{}"

    async with ChatServer(script) as server, client_of(server, attempts=2) as client:
        first = await client.complete(KEY, request)
        refused = server.requests
        second = await client.complete(KEY, request)
    assert (first.text, second.text) == ("{}", "{}")
    assert server.requests == refused + 1
    last = server.bodies[-1]["messages"]
    assert len(last) == 1
    assert last[0]["content"].startswith("hello\n\n")
    assert '{"type": "object"}' in last[0]["content"]


async def test_a_bad_request_that_is_not_the_schemas_fault_stays_one():
    request = REQUEST.model_copy(update={"response_format": {"type": "json_object"}})
    error, _, requests = await failing(lambda body, number: failure(400, f"bad {number}"), request)
    assert (error.kind, requests) == ("bad_request", 2)
    assert "bad 0" in str(error)


async def test_nothing_of_the_environment_gets_into_the_headers(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-somebody")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login name password of-somebody\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://proxy-of-somebody.example:1")
    heard = asyncio.get_running_loop().create_future()

    async def listen(reader, writer):
        heard.set_result(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        endpoint = Endpoint(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        async with one_lane(endpoint, patience=Patience(attempts=1)) as client:
            with pytest.raises(EndpointError):
                await client.complete(KEY, REQUEST)
    assert b"of-somebody" not in await heard


async def test_a_wire_that_is_not_open_says_so():
    with pytest.raises(RuntimeError, match="not open"):
        await OpenAIWire(Endpoint("http://127.0.0.1:9/v1"), 1).post(b"{}", 1.0)


async def python_calls(client, messages):
    """How many Python functions one request with so many messages calls in this thread."""
    talk: Any = tuple({"role": "user", "content": f"turn {turn} " + "word " * 100} for turn in range(messages))
    tools: Any = tuple({"type": "function", "function": {"name": f"f{n}", "parameters": {}}} for n in range(16))
    request = ChatRequest(model="m", messages=talk, tools=tools)
    calls = 0

    def tick(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    await client.complete(KEY, request)
    sys.setprofile(tick)
    try:
        await client.complete(KEY, request)
    finally:
        sys.setprofile(None)
    return calls


def test_the_work_per_request_does_not_grow_with_the_history():
    async def count(server):
        async with client_of(server) as client:
            return await python_calls(client, 2), await python_calls(client, 40)

    with ChatServer(lambda body, number: "hi").in_thread() as server:
        short, long = asyncio.run(count(server))
    assert long <= short * 1.1 + 50
    assert long < 4000
