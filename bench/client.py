"""What one request costs this program: CPU and Python calls at a short and at a long history."""

import asyncio
import sys
import time
from collections.abc import Mapping
from types import FrameType

from apigen_mt.models.chat import ChatRequest, ReplyKey, Sampling
from apigen_mt.models.client import ChatClient, Endpoint
from tests.chat_server import ChatServer
from tests.one_lane import one_lane
from tools_env.values import Json

HISTORIES = (2, 20, 40)
LIMIT_MS = 2.5
LIMITS: Mapping[str, float] = {f"cpu_ms_{messages}": LIMIT_MS for messages in HISTORIES}
_ROUNDS = 200
_WARM = 20


def request_of(messages: int, characters: int = 500) -> ChatRequest:
    """A request with so many messages of so many characters and 16 tools; 40 messages are 20 kB of history."""
    talk: list[Json] = [{"role": "system", "content": "Policy. " * 60}]
    for turn in range(messages - 1):
        role = "user" if turn % 2 == 0 else "assistant"
        talk.append({"role": role, "content": f"turn {turn} " + "a plain sentence. " * (characters // 18)})
    return ChatRequest(model="bench", messages=tuple(talk), tools=_tools(16), sampling=Sampling(temperature=0.5))


def _tools(count: int) -> tuple[Json, ...]:
    properties: Json = {f"field_{place}": {"type": "string", "description": "What it is."} for place in range(5)}
    return tuple(
        {
            "type": "function",
            "function": {
                "name": f"tool_{place}",
                "description": "Does one thing and says so.",
                "parameters": {"type": "object", "properties": properties, "required": ["field_0"]},
            },
        }
        for place in range(count)
    )


async def _measure(url: str, messages: int) -> tuple[float, float, int]:
    """CPU in ms of this thread per request alone and in a crowd of 32, and Python calls of one request."""
    request = request_of(messages)
    key = ReplyKey(role="bench", blueprint="b")
    async with one_lane(Endpoint(url, "bench-key"), concurrency=32) as client:
        for _ in range(_WARM):
            await client.complete(key, request)
        started = time.thread_time()
        for _ in range(_ROUNDS):
            await client.complete(key, request)
        alone = (time.thread_time() - started) / _ROUNDS * 1000
        started = time.thread_time()
        await asyncio.gather(*(client.complete(key, request) for _ in range(_ROUNDS)))
        crowd = (time.thread_time() - started) / _ROUNDS * 1000
        return alone, crowd, await count_calls(client, request)


async def count_calls(client: ChatClient, request: ChatRequest) -> int:
    """Python function calls that one request makes in this thread, from building the body to the parsed reply."""
    calls = 0

    def tick(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(tick)
    try:
        await client.complete(ReplyKey(role="bench", blueprint="b"), request)
    finally:
        sys.setprofile(None)
    return calls


def run() -> dict[str, float]:
    """Measure against a local server in another thread: ms of CPU and Python calls per request, by messages."""
    figures: dict[str, float] = {}
    with ChatServer(lambda _body, _number: "A short answer.").in_thread() as server:
        for messages in HISTORIES:
            alone, crowd, calls = asyncio.run(_measure(server.url, messages))
            figures[f"bytes_{messages}"] = len(request_of(messages).wire())
            figures[f"cpu_ms_{messages}"] = round(alone, 3)
            figures[f"cpu_ms_crowd_{messages}"] = round(crowd, 3)
            figures[f"calls_{messages}"] = calls
    return figures


def table(figures: dict[str, float]) -> str:
    """The figures of `run` as text."""
    lines = [f"{'messages':>8} {'request B':>10} {'CPU ms':>8} {'32 at once':>10} {'calls':>6}   limit {LIMIT_MS} ms"]
    lines += [
        f"{messages:>8} {figures[f'bytes_{messages}']:>10.0f} {figures[f'cpu_ms_{messages}']:>8.2f} "
        f"{figures[f'cpu_ms_crowd_{messages}']:>10.2f} {figures[f'calls_{messages}']:>6.0f}"
        for messages in HISTORIES
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(run()))
