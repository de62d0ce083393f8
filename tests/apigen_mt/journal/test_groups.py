"""Group commit: one transaction for what is recorded within one turn of the loop; and what a disk that fails costs."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from apigen_mt.journal import Journal, JournalError, Store
from apigen_mt.journal.group import EVERY, Groups
from apigen_mt.journal.sqlite_store import SQLiteStore
from apigen_mt.journal.store import OutcomeRow, Write, outcome_row
from apigen_mt.models.budget import Budget
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Usage
from apigen_mt.models.recorded import RecordedClient
from apigen_mt.pipeline import Pipeline
from apigen_mt.room import Room
from apigen_mt.trajectory import Outcome
from tests.apigen_mt.rows import rejected

TASKS, TURNS, PLACES = 7, 3, 4


class Failing(SQLiteStore):
    """A real store whose call number `at`, of those that write, fails as a disk does; `done` is what it was asked."""

    at: int = -1

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]  # folder and connection, as `open` passes them on
        self.done: list[int] = []

    def _due(self, size: int) -> None:
        self.done.append(size)
        if len(self.done) - 1 == self.at:
            raise JournalError("journal: the disk is full")

    def commit(self, group: Sequence[Write]) -> None:
        self._due(len(group))
        super().commit(group)

    def sync(self) -> None:
        self._due(0)
        super().sync()


def failing(folder: Path, at: int = -1) -> Failing:
    store = Failing.open(folder)
    store.at = at
    return store


async def at_once(sync: Callable[[], None]) -> None:
    sync()


def row(task: int) -> OutcomeRow:
    return outcome_row(task, "{}")


async def test_what_comes_in_one_turn_of_the_loop_is_one_transaction(tmp_path):
    store = failing(tmp_path)
    groups = Groups(store, at_once)
    await asyncio.gather(*(groups.add(row(task)) for task in range(30)))
    await groups.add(row(30))
    assert store.done == [30, 1]
    assert [found.task for found in store.outcomes()] == list(range(31))
    groups.close()
    assert store.done == [30, 1, 0]


async def test_it_is_stored_when_the_caller_goes_on(tmp_path):
    with Journal.open(tmp_path, None) as journal:
        await journal.record_outcome(3, "{}")
        with Journal.read(tmp_path) as reader:
            assert list(reader.outcomes()) == [(3, "{}")]


async def test_who_is_cancelled_has_stored_it_all_the_same(tmp_path):
    store = failing(tmp_path)
    groups = Groups(store, at_once)
    both = [asyncio.ensure_future(groups.add(row(task))) for task in range(2)]
    asyncio.get_running_loop().call_soon(both[0].cancel)
    done = await asyncio.gather(*both, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert [found.task for found in store.outcomes()] == [0, 1]


async def test_a_group_that_fails_fails_all_its_callers_and_ends_the_journal(tmp_path):
    store = failing(tmp_path, at=1)
    groups = Groups(store, at_once)
    await groups.add(row(0))
    failed = await asyncio.gather(*(groups.add(row(task)) for task in (1, 2, 3)), return_exceptions=True)
    assert [str(error) for error in failed] == ["journal: the disk is full"] * 3
    with pytest.raises(JournalError, match="full"):
        await groups.add(row(4))
    assert store.done == [1, 3]
    assert [found.task for found in store.outcomes()] == [0]
    groups.close()
    assert store.done == [1, 3]


async def test_a_sync_that_fails_ends_the_journal_too(tmp_path):
    store, synced = failing(tmp_path, at=1), asyncio.Event()

    async def aside(sync: Callable[[], None]) -> None:
        try:
            sync()
        finally:
            synced.set()

    groups = Groups(store, aside)
    await groups.add(row(0))
    await asyncio.wait_for(synced.wait(), 20 * EVERY)
    await asyncio.sleep(0)
    with pytest.raises(JournalError, match="full"):
        await groups.add(row(1))
    assert [found.task for found in store.outcomes()] == [0]


async def test_one_sync_is_for_all_that_was_committed_before_it(tmp_path):
    store, asked = failing(tmp_path), asyncio.Queue[int]()

    async def aside(sync: Callable[[], None]) -> None:
        sync()
        asked.put_nowait(len(store.done))

    groups = Groups(store, aside)
    for task in range(5):
        await groups.add(row(task))
    first = await asyncio.wait_for(asked.get(), 20 * EVERY)
    await groups.add(row(5))
    second = await asyncio.wait_for(asked.get(), 20 * EVERY)
    assert (first, second) == (6, 8)
    assert store.done == [1] * 5 + [0, 1, 0]
    groups.close()


class Paid:
    """A model that answers by key alone, and counts what it is asked."""

    base_url = "http://127.0.0.1:9/v1"

    def __init__(self) -> None:
        self.calls: list[ReplyKey] = []

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        self.calls.append(key)
        for _ in range(1 + key.turn):
            await asyncio.sleep(0)
        usage = Usage(prompt=10 + key.turn, completion=int(key.blueprint))
        return ChatReply(text=f"{key.blueprint}.{key.turn}", usage=usage)


class Asked:
    """Tasks of some turns each, whose outcome is what was said."""

    def __init__(self, client: RecordedClient, room: Room) -> None:
        self.client = client
        self.room = room

    def begin(self, index: int) -> None:
        pass

    async def do(self, index: int, recorded: Outcome | None) -> Outcome:
        if recorded is not None:
            return recorded
        said: list[str] = []
        async with self.room:
            for turn in range(TURNS):
                request = ChatRequest(model="m", messages=tuple({"role": "user", "content": text} for text in said))
                reply = await self.client.complete(ReplyKey(role="agent", blueprint=str(index), turn=turn), request)
                said.append(reply.text)
        return rejected(index, "wording", " ".join(said))


async def sitting(folder: Path, paid: Paid, store: Callable[[Path], Store] = SQLiteStore.open) -> dict[int, str]:
    """Go on with a run of these tasks to its end, or to the first fault; what became of them."""
    with Journal.open(folder, {"seed": 1}, on=store) as journal:
        room = Room(PLACES)
        work = Asked(RecordedClient(paid, journal, Budget()), room)
        await Pipeline(work, TASKS, room, journal, lambda _: None).run()
        assert journal.totals() == {"agent": Usage(prompt=TASKS * 33, completion=TURNS * sum(range(TASKS)))}
        return dict(journal.outcomes())


async def broken(folder: Path, paid: Paid, store: Callable[[Path], Store]) -> str:
    """What a sitting ended with."""
    try:
        await sitting(folder, paid, store)
    except JournalError as error:
        return str(error)
    return ""


async def test_a_fault_at_any_write_or_sync_loses_nothing_that_was_acknowledged(tmp_path):
    clean = Paid()
    expected = await sitting(tmp_path / "clean", clean)
    assert len(clean.calls) == TASKS * TURNS
    fired = 0
    for at in range(10_000):
        folder, paid, stores = tmp_path / str(at), Paid(), list[Failing]()

        def store(run: Path, at: int = at, stores: list[Failing] = stores) -> Store:
            stores.append(failing(run, at))
            return stores[-1]

        ended = await broken(folder, paid, store)
        if not ended:
            break
        fired += 1
        assert ended == "journal: the disk is full"
        assert len(stores[0].done) - at - 1 <= 1, "it went on after the disk had failed"  # a sync runs beside the loop
        assert await sitting(folder, paid) == expected
        assert len(paid.calls) <= TASKS * TURNS + PLACES
        assert set(map(str, paid.calls)) == set(map(str, clean.calls))
    assert fired > TURNS


@pytest.mark.proof
async def test_a_save_costs_the_same_at_the_end_of_a_long_run_as_at_its_beginning(tmp_path):
    """2,000 trajectories of 12 replies, 32 at a time: CPU of the last tenth against that of the first."""
    payload, tenths = "x" * 40_000, list[float]()
    with Journal.open(tmp_path, None) as journal:
        for first in range(0, 2000, 200):
            begun = time.process_time()
            for task in range(first, first + 200, 32):
                some = range(task, min(task + 32, first + 200))
                for turn in range(12):
                    said = ChatReply(text=f"{turn}" * 2000, usage=Usage(prompt=1, completion=1))
                    keys = [ReplyKey(role="agent", blueprint=f"{n * 7919 % 2000:064d}", turn=turn) for n in some]
                    await asyncio.gather(*(journal.record_reply(key, f"{turn:064d}", said) for key in keys))
                await asyncio.gather(*(journal.record_outcome(n, payload) for n in some))
            tenths.append(time.process_time() - begun)
        assert journal.replies() == 24_000
    told = " ".join(f"{seconds * 1000 / 200:.2f}" for seconds in tenths)
    print(f"CPU ms per trajectory saved, by tenths of 2,000: {told}")  # noqa: T201
    assert tenths[-1] <= 1.5 * tenths[0]
