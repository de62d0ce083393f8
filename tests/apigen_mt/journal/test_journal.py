import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from apigen_mt.journal import Drift, Journal, JournalError, Locked
from apigen_mt.models.chat import ChatReply, ReplyKey, ToolCall, Usage
from tests import journals
from tools_env.values import Json

ROOT = Path(__file__).resolve().parents[3]
KEY = ReplyKey(role="agent", blueprint="b", attempt=1, turn=2, candidate=3)
REPLY = ChatReply(
    text="hé\x00",
    reasoning="hm",
    calls=(ToolCall(id="1", name="f", arguments="{"),),
    finish_reason="stop",
    usage=Usage(prompt=5, completion=2, cached=1),
    model="m",
)


def child(code, *arguments):
    """A Python process in the project's root that runs `code`."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def tamper(folder, statement):
    database = sqlite3.connect(folder / "journal.sqlite")
    database.execute(statement)
    database.commit()
    database.close()


def test_what_is_recorded_comes_back_in_a_later_sitting(tmp_path):
    with Journal.open(tmp_path / "new" / "run", {"seed": 1}) as journal:
        journals.reply(journal, KEY, "d1", REPLY)
        journals.outcome(journal, 2, '{"b": 1}')
        journals.outcome(journal, 1, '{"a": 1}')
        journal.set_meta("note", "x")
    with Journal.open(tmp_path / "new" / "run", {"seed": 1}) as journal:
        assert journal.reply(KEY, "d1") == REPLY
        assert journal.reply(KEY, "d2") is None
        assert journal.reply(KEY.model_copy(update={"candidate": 4}), "d1") is None
        assert list(journal.outcomes()) == [(1, '{"a": 1}'), (2, '{"b": 1}')]
        assert (journal.outcome(2), journal.outcome(3)) == ('{"b": 1}', None)
        assert (journal.meta("note"), journal.meta("none"), journal.damaged) == ("x", None, 0)
        assert journal.totals() == {"agent": REPLY.usage}


def test_recording_again_replaces_and_counts_once(tmp_path):
    with Journal.open(tmp_path, None) as journal:
        journals.reply(journal, KEY, "d", REPLY)
        journals.reply(journal, KEY, "d", REPLY)
        journals.outcome(journal, 1, "{}")
        journals.outcome(journal, 1, "[]")
        assert (journal.totals(), journal.replies()) == ({"agent": REPLY.usage}, 1)
        assert list(journal.outcomes()) == [(1, "[]")]


def test_another_configuration_is_refused_with_the_differences(tmp_path):
    old: dict[str, Json] = {"seed": 1, "roles": {"agent": {"model": "a"}, "human": "scripted"}, "gone": [1]}
    new: Json = {"seed": 1, "roles": {"agent": {"model": "b"}, "human": "scripted"}, "came": True}
    Journal.open(tmp_path, old).close()
    with pytest.raises(Drift) as caught:
        Journal.open(tmp_path, new)
    assert caught.value.differences == [
        ("came", None, True),
        ("gone", [1], None),
        ("roles.agent.model", "a", "b"),
    ]
    assert 'roles.agent.model: "a" -> "b"' in str(caught.value)
    with Journal.open(tmp_path, {name: old[name] for name in reversed(old)}) as journal:
        assert journal.identity() == old


def test_a_long_list_of_differences_is_told_in_one_bounded_line(tmp_path):
    Journal.open(tmp_path, {f"k{n:02}": n for n in range(20)}).close()
    with pytest.raises(Drift, match="and 15 more") as caught:
        Journal.open(tmp_path, {})
    assert len(caught.value.differences) == 20
    assert "\n" not in str(caught.value)


HOLD = """
import sys
from pathlib import Path
from apigen_mt.journal import Journal
journal = Journal.open(Path(sys.argv[1]), None)
print("open", flush=True)
sys.stdin.read()
"""


def test_two_processes_cannot_work_on_one_run_and_a_killed_one_leaves_no_lock(tmp_path):
    with child(HOLD, tmp_path) as holder:
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(Locked, match="another process"):
            Journal.open(tmp_path, None)
        with Journal.read(tmp_path) as reader:
            assert reader.identity() is None
        holder.kill()
    Journal.open(tmp_path, None).close()


def test_one_process_cannot_open_a_run_twice_either(tmp_path):
    with Journal.open(tmp_path, None) as journal:
        with pytest.raises(Locked):
            Journal.open(tmp_path, None)
        journals.outcome(journal, 1, "{}")
    Journal.open(tmp_path, None).close()


WRITE = """
import asyncio, sys
from pathlib import Path
from apigen_mt.journal import Journal
from apigen_mt.models.chat import ChatReply, ReplyKey
async def write():
    with Journal.open(Path(sys.argv[1]), {"seed": 1}) as journal:
        for number in range(1_000_000):
            key = ReplyKey(role="agent", blueprint="b", turn=number)
            await asyncio.gather(
                journal.record_reply(key, "d", ChatReply(text=f"reply {number} " + "x" * 2000)),
                journal.record_outcome(number, '{"number": %d}' % number),
            )
            print(number, flush=True)
asyncio.run(write())
"""


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(tmp_path):
    done = 0
    for sitting in range(3):
        folder = tmp_path / str(sitting)
        with child(WRITE, folder) as writer:
            for line in writer.stdout:
                done = int(line)
                if done >= 50 + 37 * sitting:
                    break
            writer.kill()
            rest = writer.stdout.read().split()
        done = int(rest[-1]) if rest else done
        with Journal.read(folder) as reader:
            assert len(list(reader.outcomes())) >= done + 1
        with Journal.open(folder, {"seed": 1}) as journal:
            for number in range(done + 1):
                reply = journal.reply(ReplyKey(role="agent", blueprint="b", turn=number), "d")
                assert reply is not None
                assert reply.text.startswith(f"reply {number} ")
                assert journal.outcome(number) == f'{{"number": {number}}}'
            assert journal.damaged == 0


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE replies SET payload = replace(payload, 'hm', 'ha')",
        "UPDATE replies SET payload = substr(payload, 1, 20)",
        "UPDATE replies SET payload = CAST(X'FF' || payload AS TEXT)",
        "UPDATE replies SET prompt = 4",
        "UPDATE replies SET turn = 9",
        "UPDATE replies SET checksum = ''",
    ],
)
def test_a_damaged_reply_is_missing_and_counted(tmp_path, damage):
    with Journal.open(tmp_path, None) as journal:
        journals.reply(journal, KEY, "d", REPLY)
    tamper(tmp_path, damage)
    with Journal.open(tmp_path, None) as journal:
        moved = KEY.model_copy(update={"turn": 9})
        assert (journal.reply(KEY, "d"), journal.reply(moved, "d")) == (None, None)
        assert journal.damaged == 1
        journals.reply(journal, KEY, "d", REPLY)
        assert journal.reply(KEY, "d") == REPLY


def test_a_damaged_outcome_is_missing_and_counted(tmp_path):
    with Journal.open(tmp_path, None) as journal:
        for task in range(3):
            journals.outcome(journal, task, f'{{"task": {task}}}')
    tamper(tmp_path, "UPDATE outcomes SET payload = '{}' WHERE task = 1")
    with Journal.open(tmp_path, None) as journal:
        assert [task for task, _ in journal.outcomes()] == [0, 2]
        assert journal.outcome(1) is None
        assert journal.damaged == 1
        assert "1 record is damaged" in journal.notes[0]
    with Journal.open(tmp_path, None) as journal:
        assert (journal.damaged, journal.notes) == (0, [])


FILL = """
import asyncio, json, resource, signal, sys
from pathlib import Path
from apigen_mt.journal import Journal, JournalError
async def fill(limit, done=0):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if not limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    journal = Journal.open(Path(sys.argv[1]), None)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        for number in range(100_000):
            await journal.record_outcome(number, json.dumps("x" * 5000))
            done = number + 1
    except JournalError as error:
        print(json.dumps([done, str(error)]))
        try:
            await journal.record_outcome(0, "after")
        except JournalError as again:
            assert again is error
        else:
            raise AssertionError("it went on after it had failed")
        journal.close()
try:
    asyncio.run(fill(int(sys.argv[2])))
except JournalError as error:
    print(str(error))
"""


def test_a_full_disk_is_told_in_one_line_and_leaves_the_journal_intact(tmp_path):
    with child(FILL, tmp_path, 300_000) as writer:
        done, message = json.loads(writer.stdout.read())
    assert writer.returncode == 0
    assert 10 < done < 100_000
    assert str(tmp_path) in message
    assert "\n" not in message
    with Journal.open(tmp_path, None) as journal:
        assert [task for task, _ in journal.outcomes()] == list(range(done))
        journals.outcome(journal, done, "{}")
        assert journal.damaged == 0


def test_a_disk_that_is_full_from_the_start_is_told(tmp_path):
    with child(FILL, tmp_path / "run", 0) as writer:
        told = writer.stdout.read().decode()
    assert writer.returncode == 0
    assert told.count("\n") == 1
    assert str(tmp_path) in told
    Journal.open(tmp_path / "run", None).close()


def test_what_is_no_journal_is_told_and_left_alone(tmp_path):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"dear diary\n" * 1000)
    for attempt in (lambda: Journal.open(tmp_path, None), lambda: Journal.read(tmp_path)):
        with pytest.raises(JournalError, match="not a database"):
            attempt()
    assert path.read_bytes() == b"dear diary\n" * 1000


def test_a_database_of_another_make_is_refused(tmp_path):
    tamper(tmp_path, "CREATE TABLE other (x)")
    for attempt in (lambda: Journal.open(tmp_path, None), lambda: Journal.read(tmp_path)):
        with pytest.raises(JournalError, match="not a journal of this version"):
            attempt()


def test_a_folder_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(JournalError):
        Journal.open(tmp_path / "file" / "run", None)
    with pytest.raises(JournalError, match="no run in"):
        Journal.read(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_reader_cannot_write_and_needs_no_lock(tmp_path):
    with Journal.open(tmp_path, {"seed": 1}) as journal:
        journals.outcome(journal, 1, "{}")
        with Journal.read(tmp_path) as reader:
            journals.outcome(journal, 2, "{}")
            assert [task for task, _ in reader.outcomes()] == [1, 2]
            assert reader.identity() == {"seed": 1}
            with pytest.raises(JournalError, match="read-only"):
                journals.outcome(reader, 3, "{}")


def test_the_lock_is_not_inherited_by_programs_that_are_started(tmp_path):
    journal = Journal.open(tmp_path, None)
    with subprocess.Popen(["sleep", "60"], close_fds=False) as other:  # noqa: S607 - as an environment's child would be
        journal.close()
        with Journal.open(tmp_path, None) as again:
            assert again.identity() is None
        assert other.poll() is None
        other.kill()


def test_a_writer_leaves_its_main_file_whole_although_somebody_reads(tmp_path):
    run, copy = tmp_path / "run", tmp_path / "copy"
    with Journal.open(run, {}) as journal:
        journals.outcome(journal, 0, "{}")
    with Journal.open(run, {}) as journal:
        journals.outcome(journal, 1, "{}")
        reader = Journal.read(run)
        assert reader.held() == [0, 1]
    copy.mkdir()
    (copy / "journal.sqlite").write_bytes((run / "journal.sqlite").read_bytes())
    with Journal.read(copy) as found:
        assert found.held() == [0, 1]
        assert found.stamp(1) == reader.stamp(1) != found.stamp(0)
        assert found.stamp(2) is None
    reader.close()
