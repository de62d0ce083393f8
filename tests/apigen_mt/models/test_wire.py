"""The wire against servers that break off, stay silent or drip, on loopback."""

import asyncio
import socket
import struct

import pytest

from apigen_mt.models.client import Endpoint
from apigen_mt.models.failures import EndpointError
from apigen_mt.models.retry import Patience
from apigen_mt.models.wire import OpenAIWire
from tests.apigen_mt.models.lanes import GOOD, REQUEST, key_of
from tests.chat_server import Answer, ChatServer, failure
from tests.one_lane import one_lane

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
HEAD = OK + b"Content-Length: %d\r\n\r\n" % len(GOOD)


async def _request(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-len"))
    return await reader.readexactly(length)


async def well(reader, writer):
    writer.write(HEAD + GOOD)


async def half_open(reader, writer):
    await asyncio.sleep(60)


async def silence_after_200(reader, writer):
    writer.write(HEAD)
    await asyncio.sleep(60)


async def drip(reader, writer):
    writer.write(OK + b"Content-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await asyncio.sleep(0.01)


async def reset_mid_body(reader, writer):
    writer.write(HEAD + GOOD[:20])
    await writer.drain()
    await asyncio.sleep(0.05)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def early_eof(reader, writer):
    writer.write(HEAD + GOOD[:20])


async def early_eof_of_chunks(reader, writer):
    writer.write(OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"cho\r\n')


async def no_answer(reader, writer):
    """Closed before a word."""


async def no_http(reader, writer):
    writer.write(b"220 mail.example.com ready\r\n")


async def dead_behind_its_health(reader, writer):
    writer.write(OK + b"Content-Length: 16\r\n\r\n" + b'{"status": "ok"}')


class Server:
    """Answers each request as the next of its manners says, the last from then on; counts requests."""

    def __init__(self, *manners):
        self.manners = list(manners)
        self.requests = 0
        self._tasks = set()

    async def __aenter__(self, port=0):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        self.endpoint = Endpoint(f"http://127.0.0.1:{self.port}/v1")
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # what was aborted is closed in the next turn

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            await _request(reader)
            manner = self.manners[min(self.requests, len(self.manners) - 1)]
            self.requests += 1
            await manner(reader, writer)
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            self._tasks.discard(asyncio.current_task())


FAULTS = {
    half_open: ("timeout", 3),
    silence_after_200: ("timeout", 3),
    drip: ("timeout", 3),
    reset_mid_body: ("unreachable garbage", 3),
    early_eof: ("garbage", 2),
    early_eof_of_chunks: ("garbage", 2),
    no_answer: ("unreachable", 3),
    no_http: ("garbage unreachable", 3),
    dead_behind_its_health: ("garbage", 2),
}
SHORT = Patience(attempts=3, per_attempt=0.3, base=0.01)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_that_stays_is_told_in_time(fault):
    kinds, attempts = FAULTS[fault]
    async with Server(fault) as server, one_lane(server.endpoint, patience=SHORT) as client:
        with pytest.raises(EndpointError) as caught:
            await asyncio.wait_for(client.complete(key_of(0), REQUEST), 30)
    assert caught.value.kind in kinds.split()
    assert server.requests <= attempts
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_that_passes_costs_one_more_call(fault):
    async with Server(fault, well) as server, one_lane(server.endpoint, patience=SHORT) as client:
        reply = await asyncio.wait_for(client.complete(key_of(0), REQUEST), 30)
    assert (reply.text, server.requests) == ("hi", 2)


async def test_a_name_that_nobody_knows_is_no_connection():
    endpoint = Endpoint("http://no-such-host.invalid/v1")
    async with one_lane(endpoint, patience=Patience(attempts=2, per_attempt=20.0, base=0.01)) as client:
        with pytest.raises(EndpointError) as caught:
            await client.complete(key_of(0), REQUEST)
    assert caught.value.kind == "unreachable"
    assert "no-such-host.invalid" in str(caught.value)


async def test_a_server_that_starts_anew_is_found_again():
    patience = Patience(base=0.05, cap=0.2, attempts=100)
    async with Server(well) as server:
        port = server.port
        async with one_lane(server.endpoint, patience=patience) as client:
            await client.complete(key_of(0), REQUEST)
            await server.__aexit__()
            waiting = asyncio.ensure_future(client.complete(key_of(1), REQUEST))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            again = Server(well)
            await again.__aenter__(port)
            assert (await asyncio.wait_for(waiting, 30)).text == "hi"
            await again.__aexit__()


async def test_a_connection_that_is_kept_serves_many():
    peers = set()

    class Noting(ChatServer):
        async def _serve(self, request):
            peers.add(request.transport.get_extra_info("peername"))
            return await super()._serve(request)

    async with Noting(lambda *_: "hi") as server, one_lane(Endpoint(server.url)) as client:
        for _ in range(5):
            await client.complete(key_of(0), REQUEST)
    assert len(peers) == 1


async def test_nothing_is_redirected_and_the_key_goes_nowhere_else():
    moved = Answer(status=308, body=b"", headers={"Location": "https://other.example/v1/chat/completions?key=x"})
    async with ChatServer(lambda *_: moved) as server, one_lane(Endpoint(server.url, "k-1")) as client:
        with pytest.raises(EndpointError) as caught:
            await client.complete(key_of(0), REQUEST)
    assert (caught.value.kind, server.requests) == ("not_found", 1)
    assert "https://other.example/v1/chat/completions: give that" in str(caught.value)


async def test_an_answer_without_end_is_cut_off():
    async def flood(reader, writer):
        writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
            await writer.drain()

    async with Server(flood) as server, OpenAIWire(server.endpoint, 1, longest=1 << 16) as line:
        with pytest.raises(EndpointError, match="no chat completion"):
            await line.post(b"{}", 30.0)


async def test_a_query_in_the_address_is_sent_and_not_shown():
    paths = []

    class Noting(ChatServer):
        async def _serve(self, request):
            paths.append(request.path_qs)
            return await super()._serve(request)

    async with Noting(lambda *_: "hi") as server, OpenAIWire(Endpoint(f"{server.url}/?version=2"), 1) as line:
        await line.post(b"{}", 30.0)
        assert line.base_url == server.url
    assert paths == ["/v1/chat/completions?version=2"]


@pytest.mark.parametrize("said", ["Insufficient Balance", "Your credit balance is too low", "You have no credits left"])
async def test_no_credit_is_not_asked_again(said):
    for status in (402, 429):
        server = ChatServer(lambda *_, status=status: failure(status, said))
        async with server, one_lane(Endpoint(server.url)) as client:
            with pytest.raises(EndpointError) as caught:
                await client.complete(key_of(0), REQUEST)
        assert (caught.value.kind, server.requests) == ("rate", 1)
        assert said in str(caught.value)


async def test_no_credit_may_be_told_by_type():
    body = b'{"error": {"message": "Quota exceeded", "type": "insufficient_quota", "code": null}}'
    async with ChatServer(lambda *_: Answer(status=429, body=body)) as server, one_lane(Endpoint(server.url)) as client:
        with pytest.raises(EndpointError):
            await client.complete(key_of(0), REQUEST)
    assert server.requests == 1
