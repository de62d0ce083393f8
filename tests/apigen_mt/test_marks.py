"""Marks: what people say of talks is kept, is honoured by exports, and touches nothing that the run itself wrote."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apigen_mt.cli import main
from apigen_mt.export.export import export
from apigen_mt.journal import Journal
from apigen_mt.marks import MARKS, MarkFile, Marks, MarksError, TalkMark, talk_digest
from apigen_mt.run_folder import RunFolder
from tests.apigen_mt.rows import failed, row
from tests.apigen_mt.shared_runs import generated

ROOT = Path(__file__).resolve().parents[2]
APPENDING = """
import sys
from pathlib import Path
from apigen_mt.marks import TalkMark, MarkFile
for number in range(40):
    mark = TalkMark(at="", row=f"{sys.argv[2]}/{number}", talk="0" * 64, mark="flag", note="x" * (number * 40))
    MarkFile(Path(sys.argv[1])).append(mark)
"""


@pytest.fixture(scope="module")
def rows():
    return [row(number) for number in range(4)]


def said(talk, mark, note=""):
    return TalkMark(at="2030-01-01T00:00:00Z", row=talk.id, talk=talk_digest(talk), mark=mark, note=note)


def content(run: Path) -> str:
    """A hash over all that a run's journal holds."""
    with Journal.read(run) as journal:
        held = (journal.identity(), list(journal.outcomes()), journal.replies(), journal.totals())
    return hashlib.sha256(repr(held).encode()).hexdigest()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def ended_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def test_the_last_mark_of_a_talk_counts(rows, tmp_path):
    assert Marks.read(tmp_path).empty
    held = MarkFile(tmp_path)
    for talk, word in ((rows[0], "reject"), (rows[1], "flag"), (rows[0], "keep"), (rows[1], "none")):
        held.append(said(talk, word, f"{word} \u2028 <b> é"))
    marks = Marks.read(tmp_path)
    assert [marks.word(talk) for talk in rows[:3]] == ["keep", "none", "none"]
    assert (marks.rows("keep"), marks.rows("reject")) == ([rows[0].id], [])
    assert len((tmp_path / MARKS).read_text("utf-8").splitlines()) >= 4


def test_only_what_is_new_is_read_again(rows, tmp_path):
    writer, reader = MarkFile(tmp_path), MarkFile(tmp_path)
    assert list(reader.news()) == []
    writer.append(said(rows[0], "flag"))
    assert [mark.row for mark in reader.news()] == [rows[0].id]
    assert list(reader.news()) == []
    writer.append(said(rows[1], "flag"))
    assert [mark.row for mark in reader.news()] == [rows[1].id]
    (tmp_path / MARKS).write_bytes(b"")
    assert list(reader.news()) == []
    writer.append(said(rows[2], "keep"))
    assert [mark.row for mark in reader.news()] == [rows[2].id]


def test_a_mark_is_about_the_talk_that_was_read(rows):
    """A task that broke off is played again under the same id."""
    marks = Marks([said(rows[0], "reject")])
    shorter = rows[0].course.model_copy(update={"events": rows[0].course.events[:-1]})
    again = rows[0].model_copy(update={"course": shorter})
    assert (marks.word(rows[0]), marks.word(again)) == ("reject", "none")
    assert marks.counted([failed(0, again)]).stale == 1
    assert marks.counted([failed(0, rows[0])]).reject == 1


def test_a_line_that_was_never_finished_is_no_mark(rows, tmp_path):
    held = MarkFile(tmp_path)
    held.append(said(rows[0], "flag"))
    whole = (tmp_path / MARKS).read_bytes()
    for length in (1, 7, len(whole) // 2, len(whole) - 2):
        (tmp_path / MARKS).write_bytes(whole + whole[:length])
        assert [mark.row for mark in MarkFile(tmp_path).news()] == [rows[0].id]
        held.append(said(rows[1], "keep"))
        assert [mark.row for mark in MarkFile(tmp_path).news()] == [rows[0].id, rows[1].id]


def test_a_last_line_that_an_editor_left_open_counts(rows, tmp_path):
    by_hand = said(rows[0], "reject").model_dump_json()
    (tmp_path / MARKS).write_text(by_hand, "utf-8")
    reader = MarkFile(tmp_path)
    assert [mark.mark for mark in reader.news()] == ["reject"]
    MarkFile(tmp_path).append(said(rows[1], "flag"))
    assert [mark.mark for mark in reader.news()] == ["flag"]
    assert [mark.mark for mark in MarkFile(tmp_path).news()] == ["reject", "flag"]


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "{}",
        "[" * 5000,
        json.dumps({"at": "", "row": "r/0", "talk": "0" * 64, "mark": "adore"}),
        json.dumps({"at": "", "row": "r/0", "talk": "../..", "mark": "keep"}),
        json.dumps({"at": "", "row": "r/0", "talk": "0" * 64, "mark": "keep", "note": "x" * 5000}),
        "x" * (3 << 20),
    ],
    ids=["words", "empty", "deep", "mark", "digest", "long", "endless"],
)
def test_a_line_that_is_no_mark_is_told(line, rows, tmp_path):
    MarkFile(tmp_path).append(said(rows[0], "flag"))
    with (tmp_path / MARKS).open("a", encoding="utf-8") as lines:
        lines.write(f"{line}\n")
    with pytest.raises(MarksError, match=r"marks\.jsonl: line \d is no mark: take it out"):
        Marks.read(tmp_path)


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_nothing_but_a_plain_file_is_written_or_read(kind, rows, tmp_path):
    elsewhere, place = tmp_path / "elsewhere", tmp_path / MARKS
    elsewhere.write_text("mine", "utf-8")
    if kind == "link":
        place.symlink_to(elsewhere)
    elif kind == "folder":
        place.mkdir()
    else:
        os.mkfifo(place)
    with pytest.raises((OSError, MarksError)):
        MarkFile(tmp_path).append(said(rows[0], "flag"))
    with pytest.raises((OSError, MarksError)):
        Marks.read(tmp_path)
    assert elsewhere.read_text("utf-8") == "mine"


def test_several_processes_add_marks_and_none_is_lost(tmp_path):
    words = [sys.executable, "-c", APPENDING, str(tmp_path)]
    writers = [subprocess.Popen([*words, name], cwd=ROOT) for name in ("one", "two")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    found = [mark.row for mark in MarkFile(tmp_path).news()]
    assert sorted(found) == sorted(f"{name}/{number}" for name in ("one", "two") for number in range(40))


def test_an_export_leaves_out_what_a_person_rejected_and_counts_flags(rows, tmp_path):
    marks = Marks([said(rows[0], "reject", "rude"), said(rows[1], "flag"), said(rows[2], "keep")])
    done = export(rows, "messages", tmp_path / "out", marks=marks)
    assert (done.rows, done.left_out, done.flagged) == (3, {"rejected by a person": 1}, 1)
    assert "1 left out: rejected by a person" in str(done)
    assert "1 of them flagged by a person" in str(done)
    card = (tmp_path / "out/README.md").read_text("utf-8")
    for line in (
        "| rejected by a person | 1 |",
        "| rows that a person flagged | 1 |",
        "| rows that a person read and would keep | 1 |",
    ):
        assert line in card


def test_a_persons_keep_makes_no_row_pass(rows, tmp_path):
    bad = row(0, finished=False)
    done = export([*rows, bad], "sharegpt", tmp_path / "out", marks=Marks([said(bad, "keep")]))
    assert (done.rows, done.left_out) == (4, {"not verified": 1})


def test_marks_are_honoured_counted_and_change_nothing_of_the_run(tmp_path, capsys):
    """Also those that are made while the run is being written."""
    first, run = tmp_path / "first", tmp_path / "run"
    generated("library", 3, first)
    talks = list(RunFolder(first).rows())
    held = MarkFile(run)
    process = subprocess.Popen(
        [sys.executable, "-m", "apigen_mt.cli", "generate", "--domain", "library", "--count", "3", "--out", str(run)],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    marked = 0
    while not ended_within(process, 0.02):
        if not (run / "journal.sqlite").is_file():
            continue
        held.append(said(talks[marked % 3], ("reject", "flag", "keep")[marked % 3], "seen"))
        marked += 1
    assert process.returncode == 0
    assert content(run) == content(first)
    assert files(run / "dataset") == files(first / "dataset")
    assert len(list(MarkFile(run).news())) == marked
    before = (run / MARKS).read_bytes()
    for talk, word in zip(talks, ("reject", "flag", "keep"), strict=False):
        held.append(said(talk, word, "seen"))
    capsys.readouterr()
    assert main(["export", str(run), "--format", "messages", "--out", str(tmp_path / "out")]) == 0
    assert "1 left out: rejected by a person" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "out")]) == 0
    assert main(["verify", str(run)]) == 0
    capsys.readouterr()
    assert main(["stats", str(run), "--json"]) == 0
    counted = json.loads(capsys.readouterr().out)["marks"]
    assert counted == {"keep": 1, "reject": 1, "flag": 1, "notes": 3, "stale": 0}
    assert main(["stats", str(run)]) == 0
    assert "talks a person rejected               1" in capsys.readouterr().out
    assert (run / MARKS).read_bytes().startswith(before)


def test_marks_that_cannot_be_read_stop_an_export_in_one_line(tmp_path, capsys):
    run = tmp_path / "run"
    generated("library", 1, run)
    (run / MARKS).write_text("hello\n", "utf-8")
    assert main(["export", str(run), "--format", "messages", "--out", str(tmp_path / "out")]) == 2
    assert "line 1 is no mark" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
