"""Servers as children of a run, with a stand-in for vLLM: up before the first request, and gone whatever happens."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from apigen_mt.serving.replica import TAIL, ServeError
from apigen_mt.serving.roles import SERVED, SERVED_KEY
from apigen_mt.serving.served import served
from apigen_mt.serving.shim import BoundedLog
from apigen_mt.serving.wanted import CannotServe, Serve
from tests.apigen_mt.serving.processes import gone, notes, pids

FAKE = Path(__file__).with_name("fake_vllm.py")


@pytest.fixture
def wanted(tmp_path):
    environment = {"PATH": os.environ["PATH"], "FAKE_FOLDER": str(tmp_path), "CUDA_VISIBLE_DEVICES": "4,5,6,7"}
    command = (sys.executable, str(FAKE))
    return Serve("Qwen/Qwen2.5-7B-Instruct", command=command, seconds=120, environment=environment)


def in_manner(wanted, manner, **changed):
    return replace(wanted, environment={**wanted.environment, "FAKE_VLLM": manner}, **changed)


def serving(wanted, folder, told, urls=(SERVED,)):
    return served(wanted, urls, folder, tools=True, tell=told.append)


async def status_of(url, key, path="/models"):
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession() as session, session.get(f"{url}{path}", headers=headers) as answer:
        return answer.status


async def killed(url):
    """Have the stand-in die at once."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.post(f"{url.removesuffix('/v1')}/die", json={})


async def test_it_is_ready_in_the_block_and_gone_after_it(wanted, tmp_path):
    told: list[str] = []
    async with serving(wanted, tmp_path, told) as up:
        (url,) = up.addresses[SERVED]
        assert url.startswith("http://127.0.0.1:")
        assert await status_of(url, up.keys[SERVED_KEY]) == 200
        assert await status_of(url, "another") == 401
        assert not [pid for pid in pids(tmp_path) if gone(pid, 0)]
    assert len(pids(tmp_path)) == 2
    assert all(gone(pid, 0) for pid in pids(tmp_path))
    assert len(told) == 2
    assert told[1] == f"Qwen/Qwen2.5-7B-Instruct is ready: {url}"
    assert "tool calls: hermes" in told[0]
    assert str(tmp_path / "serving-0.log") in told[0]
    assert "stand-in for Qwen/Qwen2.5-7B-Instruct" in (tmp_path / "serving-0.log").read_text()
    assert up.keys[SERVED_KEY] not in f"{told} {notes(tmp_path)} {up!r}"


async def test_it_is_gone_too_when_the_block_fails(wanted, tmp_path):
    with pytest.raises(LookupError):
        async with serving(wanted, tmp_path, []):
            raise LookupError
    assert all(gone(pid, 0) for pid in pids(tmp_path))


async def test_one_that_ignores_being_told_is_killed(wanted, tmp_path):
    async with serving(in_manner(wanted, "deaf"), tmp_path, []):
        assert pids(tmp_path)
    assert all(gone(pid, 0) for pid in pids(tmp_path))


async def test_one_that_crashes_is_told_at_once_with_its_last_lines(wanted, tmp_path):
    with pytest.raises(ServeError, match=r"ended with code 1; its log: .*serving-0\.log") as found:
        async with serving(in_manner(wanted, "crash"), tmp_path, []):
            pytest.fail("it is not ready")
    assert 0 < len(found.value.tail) <= TAIL
    assert found.value.tail[-1] == "RuntimeError: Engine core initialization failed. \\x1b[31mSee above."
    assert all(gone(pid, 0) for pid in pids(tmp_path))


async def test_one_that_is_never_ready_is_given_up(wanted, tmp_path):
    with pytest.raises(ServeError, match="not ready after 2 s; --serve-timeout") as found:
        async with serving(in_manner(wanted, "hang", seconds=2), tmp_path, []):
            pytest.fail("it is not ready")
    assert "stand-in" in " ".join(found.value.tail) or not pids(tmp_path)
    assert all(gone(pid, 0) for pid in pids(tmp_path))


async def test_one_that_floods_its_log_fills_no_disk(wanted, tmp_path):
    with pytest.raises(ServeError, match="not ready"):
        async with serving(in_manner(wanted, "flood", seconds=3), tmp_path, []):
            pytest.fail("it is not ready")
    assert sum(path.stat().st_size for path in tmp_path.glob("serving-0.log*")) < 20 << 20
    assert all(gone(pid, 0) for pid in pids(tmp_path))


async def test_a_port_that_was_taken_meanwhile_is_exchanged(wanted, tmp_path):
    async with serving(in_manner(wanted, "busy"), tmp_path, []) as up:
        assert await status_of(up.addresses[SERVED][0], up.keys[SERVED_KEY]) == 200
    assert len(notes(tmp_path)) == 2
    assert all(gone(pid, 0) for pid in pids(tmp_path))


async def test_replicas_share_the_gpus_and_the_key(wanted, tmp_path):
    two = replace(wanted, replicas=2, tensor_parallel=2)
    async with serving(two, tmp_path, []) as up:
        assert len(set(up.addresses[SERVED])) == 2
        assert [await status_of(url, up.keys[SERVED_KEY]) for url in up.addresses[SERVED]] == [200, 200]
        shares = [note["environment"]["CUDA_VISIBLE_DEVICES"] for note in notes(tmp_path)]
        assert sorted(shares) == ["4,5", "6,7"]
    assert len(pids(tmp_path)) == 4
    assert all(gone(pid, 0) for pid in pids(tmp_path))


async def test_a_server_that_dies_ends_the_run(wanted, tmp_path):
    async def run():
        async with serving(wanted, tmp_path, []) as up:
            await killed(up.addresses[SERVED][0])
            await asyncio.Event().wait()

    with pytest.raises(ServeError, match="ended with code 9"):
        await run()
    assert all(gone(pid, 0) for pid in pids(tmp_path))


async def test_one_of_two_that_dies_leaves_the_other_its_work(wanted, tmp_path):
    told = []
    noticed = asyncio.Event()

    def tell(line):
        told.append(line)
        if "go on" in line:
            noticed.set()

    two = replace(wanted, replicas=2)
    async with served(two, (SERVED,), tmp_path, tools=True, tell=tell) as up:
        first, second = up.addresses[SERVED]
        await killed(first)
        await noticed.wait()
        assert await status_of(second, up.keys[SERVED_KEY]) == 200
    assert "1 of 2 replicas go on" in told[-1]
    assert all(gone(pid, 0) for pid in pids(tmp_path))


async def test_a_caller_that_is_cancelled_stays_cancelled(wanted, tmp_path):
    ready = asyncio.Event()

    async def run():
        async with serving(wanted, tmp_path, []):
            ready.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    await ready.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(gone(pid) for pid in pids(tmp_path))


PARENT = """
import asyncio, json, signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background is born deaf to it
from apigen_mt.serving.served import served
from apigen_mt.serving.roles import SERVED
from apigen_mt.serving.wanted import Serve

async def main():
    folder, fake = Path(sys.argv[1]), sys.argv[2]
    environment = {"PATH": "/usr/bin:/bin", "FAKE_FOLDER": str(folder), "FAKE_VLLM": sys.argv[3]}
    wanted = Serve("m-xlam", command=(sys.executable, fake), environment=environment)
    async with served(wanted, (SERVED,), folder, tools=True, tell=lambda line: None):
        print("ready", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("number", "manner"), [(signal.SIGKILL, "ok"), (signal.SIGKILL, "deaf"), (signal.SIGINT, "ok")]
)
def test_it_is_gone_when_its_run_is_killed(tmp_path, number, manner):
    command = [sys.executable, "-c", PARENT, str(tmp_path), str(FAKE), manner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        assert not [pid for pid in pids(tmp_path) if gone(pid, 0)]
        parent.send_signal(number)
        parent.communicate(timeout=60)
    assert len(pids(tmp_path)) == 2
    assert all(gone(pid) for pid in pids(tmp_path))


async def test_nothing_is_started_for_nobody(wanted, tmp_path):
    with pytest.raises(CannotServe, match="names an endpoint of its own"):
        async with serving(wanted, tmp_path, [], ("http://127.0.0.1:8000/v1",)):
            pytest.fail("nothing is to be served")
    with pytest.raises(CannotServe, match="give --serve again"):
        async with serving(None, tmp_path, []):
            pytest.fail("there is no server")
    async with serving(None, tmp_path, [], ("http://127.0.0.1:8000/v1",)) as up:
        assert (up.addresses, up.keys) == ({}, {})
    assert not notes(tmp_path)


def test_a_log_is_bounded(tmp_path):
    log = BoundedLog(str(tmp_path / "log"), limit=1000)
    for number in range(100):
        log.write(f"{number:099d}\n".encode())
    kept = b"".join((tmp_path / name).read_bytes() for name in ("log.1", "log"))
    assert len(kept) < 2500
    assert kept.endswith(b"99\n")
    BoundedLog(str(tmp_path / "missing" / "log")).write(b"lost")
