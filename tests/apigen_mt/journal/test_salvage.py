"""Journals that were cut short or had bits flipped: sound records are kept, damaged ones redone, none is taken for
sound, and a main file that is no database is refused.
"""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from apigen_mt.journal import Journal, JournalError
from apigen_mt.journal.failures import Unreadable
from apigen_mt.journal.sqlite_store import FILE, LOG, SQLiteStore
from apigen_mt.journal.store import outcome_row, place_of, reply_row
from apigen_mt.models.chat import ChatReply, ReplyKey, Usage
from tests import journals

RECORDS = 60
MARK = "words "
PAGE = 4096


def key(turn: int) -> ReplyKey:
    return ReplyKey(role="agent", blueprint=f"{turn % 7:064d}", turn=turn)


def reply(turn: int) -> ChatReply:
    text = f"{MARK}{turn} " + "".join(random.Random(turn).choices("abcdefgh ", k=300 + turn * 37 % 5000))
    return ChatReply(text=text, usage=Usage(prompt=turn, completion=1))


@pytest.fixture(scope="module")
def died(tmp_path_factory) -> Path:
    """A run whose process was killed: half of its records in the main file, the others in the log."""
    folder: Path = tmp_path_factory.mktemp("alive")
    left: Path = tmp_path_factory.mktemp("died") / "run"
    with Journal.open(folder, {"seed": 1}):
        store = SQLiteStore.open(folder)
        for turn in range(RECORDS):
            said = reply(turn)
            store.commit([reply_row(place_of(key(turn), "d"), said.usage, said.model_dump_json())])
            store.commit([outcome_row(turn, f'"{MARK}{turn}"')])
            if turn == RECORDS // 2:
                database = sqlite3.connect(folder / FILE)
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                database.close()
        shutil.copytree(folder, left)
        store.close()
    assert (left / LOG).stat().st_size > 60_000
    return left


def live(died: Path) -> list[tuple[str, int]]:
    """Where in main file and log the texts of records lie, in pages that no later one replaces."""
    main, log = (died / FILE).read_bytes(), (died / LOG).read_bytes()
    pages = {number: (FILE, at) for number, at in enumerate(range(0, len(main), PAGE), 1)}
    for at in range(32, len(log) - PAGE - 23, PAGE + 24):
        pages[int.from_bytes(log[at : at + 4], "big")] = LOG, at + 24
    found: list[tuple[str, int]] = []
    for name, begins in pages.values():
        text = (main if name == FILE else log)[begins : begins + PAGE]
        at = text.find(MARK.encode())
        while at >= 0:
            ends = text.find(b'"', at)  # of the text of a reply or an outcome
            found += [(name, begins + n) for n in range(at, min(PAGE if ends < 0 else ends, at + 200))]
            at = text.find(MARK.encode(), at + 1)
    return found


def held(folder: Path) -> tuple[set[int], set[int], Journal]:
    """Which replies and outcomes a journal holds, each as it was recorded."""
    with Journal.open(folder, {"seed": 1}) as journal:
        replies = {turn for turn in range(RECORDS) if journal.reply(key(turn), "d") is not None}
        for turn in replies:
            assert journal.reply(key(turn), "d") == reply(turn)
        outcomes = dict(journal.outcomes())
        assert all(text == f'"{MARK}{task}"' for task, text in outcomes.items())
        assert journal.totals() == {"agent": Usage(prompt=sum(replies), completion=len(replies))} or not replies
        assert journal.replies() == len(replies)
        damaged, notes = journal.damaged, journal.notes
        for turn in set(range(RECORDS)) - replies:
            journals.reply(journal, key(turn), "d", reply(turn))
        assert journal.replies() == RECORDS
    with Journal.open(folder, {"seed": 1}) as again:
        assert (again.damaged, again.notes, again.replies()) == (0, [], RECORDS)
    journal.damaged, journal.notes = damaged, notes
    return replies, set(outcomes), journal


def cut(died: Path, folder: Path, seed: str, times: int) -> None:
    rng, size = random.Random(seed), (died / LOG).stat().st_size
    for number, at in enumerate(sorted({0, size, *(rng.randrange(size) for _ in range(times - 2))})):
        run = folder / str(number)
        shutil.copytree(died, run)
        with (run / LOG).open("r+b") as log:
            log.truncate(at)
        replies, outcomes, journal = held(run)
        assert replies == set(range(len(replies)))
        assert outcomes == set(range(len(outcomes)))
        assert 0 <= len(replies) - len(outcomes) <= 1
        assert RECORDS // 2 <= len(replies) <= RECORDS
        assert (at < size) or len(replies) == RECORDS
        assert (journal.damaged, journal.notes) == (0, [])
        shutil.rmtree(run)


def flipped(died: Path, folder: Path, seed: str, times: int) -> Iterator[tuple[int, int]]:
    """Flip one bit of a payload in main file or log; the replies lost, and those reported."""
    rng, places = random.Random(seed), live(died)
    for number in range(times):
        run = folder / str(number)
        shutil.copytree(died, run)
        name, at = rng.choice(places)
        raw = bytearray((run / name).read_bytes())
        raw[at] ^= 1 << rng.randrange(8)
        (run / name).write_bytes(raw)
        replies, outcomes, journal = held(run)
        lost = 2 * RECORDS - len(replies) - len(outcomes)
        assert not journal.damaged or f"{journal.damaged} record" in journal.notes[0]
        yield lost, journal.damaged
        shutil.rmtree(run)


def check_flips(died: Path, folder: Path, seed: str, times: int) -> int:
    """Each costs one record at most, and says so; how many cost one."""
    every = list(flipped(died, folder, seed, times))
    for lost, reported in every:
        assert lost == reported <= 1
    return sum(lost for lost, _ in every)


def test_a_log_that_was_cut_keeps_what_lies_before_the_cut(died, tmp_path):
    cut(died, tmp_path, "sample", 8)
    assert not list(tmp_path.iterdir())


def test_a_flipped_bit_costs_the_record_it_is_in_and_no_other(died, tmp_path):
    assert check_flips(died, tmp_path, "sample", 10) > 2


@pytest.mark.proof
def test_five_hundred_cuts(died, tmp_path):
    cut(died, tmp_path, "whole", 500)
    assert not list(tmp_path.iterdir())


@pytest.mark.proof
def test_five_hundred_flipped_bits(died, tmp_path):
    lost = check_flips(died, tmp_path, "whole", 500)
    print(f"500 flipped bits: {lost} lay in a record that counts, all of them reported")  # noqa: T201
    assert lost > 100


def test_a_damaged_head_of_the_log_and_a_damaged_frame_are_mended(died, tmp_path):
    size = 4096 + 24
    for number, at in enumerate([0, 17, 25, 32 + 5 * size + 9, 32 + 8 * size + 18]):
        run = tmp_path / str(number)
        shutil.copytree(died, run)
        raw = bytearray((run / LOG).read_bytes())
        raw[at] ^= 4
        (run / LOG).write_bytes(raw)
        replies, outcomes, journal = held(run)
        assert (len(replies), len(outcomes), journal.damaged) == (RECORDS, RECORDS, 0)


def how(run: Path) -> str:
    """Why a run is refused; nothing if it is not."""
    try:
        held(run)
    except Unreadable as error:
        return str(error)
    return ""


def test_a_log_whose_pages_cannot_be_read_is_taken_up_to_the_damage(died, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(died, run)
    raw, page = bytearray((run / LOG).read_bytes()), 4096 + 24
    last = {raw[n : n + 4].hex(): n for n in range(32, len(raw), page)}  # where each page stands for the last time
    at = min(n for n in last.values() if raw[n + 24] == 13)  # a leaf of a table, by its kind
    raw[at + 24 : at + 36] = b"\xff" * 12
    (run / LOG).write_bytes(raw)
    replies, outcomes, journal = held(run)
    assert replies == set(range(len(replies)))
    assert RECORDS // 2 <= len(replies) < RECORDS
    assert len(replies) - len(outcomes) in {0, 1}
    assert "its log is damaged" in journal.notes[0]


def test_pages_that_cannot_be_read_are_never_taken_for_sound(died, tmp_path):
    rng = random.Random("anywhere")
    ends = set()
    for number in range(8):
        run = tmp_path / str(number)
        shutil.copytree(died, run)
        name = rng.choice([FILE, LOG])
        raw = bytearray((run / name).read_bytes())
        for _ in range(rng.choice([1, 40])):
            raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        (run / name).write_bytes(raw)
        refused = how(run)
        assert not refused or refused.startswith(f"{run / FILE} cannot be read")
        assert "\n" not in refused
        ends.add(bool(refused))
    assert False in ends


def test_an_emptied_main_file_is_refused_while_there_is_a_log(died, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(died, run)
    (run / FILE).write_bytes(b"")
    log = (run / LOG).read_bytes()
    with pytest.raises(JournalError, match="the file is empty"):
        Journal.open(run, {"seed": 1})
    assert (run / LOG).read_bytes() == log


def test_reading_leaves_nothing_beside_a_run_and_takes_nothing_away(died, tmp_path):
    with Journal.open(tmp_path / "whole", {"seed": 1}) as journal:
        journals.outcome(journal, 0, "{}")
    before = {path.name for path in (tmp_path / "whole").iterdir()}
    with Journal.read(tmp_path / "whole") as reader:
        assert list(reader.outcomes()) == [(0, "{}")]
    assert {path.name for path in (tmp_path / "whole").iterdir()} == before == {FILE, "journal.lock"}
    run = tmp_path / "died"
    shutil.copytree(died, run)
    log = (run / LOG).read_bytes()
    with Journal.read(run) as reader:
        assert reader.replies() == RECORDS
        assert reader.totals() == {"agent": Usage(prompt=sum(range(RECORDS)), completion=RECORDS)}
    assert (run / LOG).read_bytes() == log
