"""Run folders, proven again: the journal and the dataset tell the same, and every failed talk is judged again."""

import json
import sqlite3

import pytest

import apigen_mt
from apigen_mt.export.dataset import write_dataset
from apigen_mt.journal import Journal
from apigen_mt.trajectory import Opinion, Quarantine
from apigen_mt.verify import verify
from tests import journals
from tests.apigen_mt.rows import failed, kept, rejected, row
from tools_env.resolve import resolve

ROWS = (row(0), row(1))
FAILURE = row(3, finished=False)


def wrote(folder, *outcomes, rows=ROWS, count=4):
    """A run with these outcomes and a dataset of these rows."""
    with Journal.open(folder, {"seed": 1}) as journal:
        journals.outcomes(journal, *outcomes)
    (folder / "config.yaml").write_text(f"domain: library\ncount: {count}\n", "utf-8")
    if rows is not None:
        write_dataset(folder / "dataset", rows, domain="library")
    return folder


def whole():
    return [kept(0, ROWS[0]), rejected(1, "wording", "empty"), failed(2, FAILURE), kept(3, ROWS[1])]


def found(path):
    report = verify(path, resolve)
    return report, [f"{p.row}: {p.what}" for p in report.problems], [p.what for p in report.unknown]


def test_a_run_passes_with_its_failed_talks(tmp_path):
    report, problems, unknown = found(wrote(tmp_path / "run", *whole()))
    assert (problems, unknown, report.exit_code) == ([], [], 0)
    assert report.render() == "2 rows checked, 1 talks that were not kept judged again, 0 wrong"


def test_a_real_run_passes(tmp_path):
    apigen_mt.generate("library", 4, tmp_path / "run", seed=3)
    report, problems, unknown = found(tmp_path / "run")
    assert (report.checked, problems, unknown, report.exit_code) == (4, [], [], 0)


def test_tasks_that_are_open_cannot_be_told(tmp_path):
    report, problems, unknown = found(wrote(tmp_path / "run", *whole()[:3], rows=ROWS[:1]))
    assert (problems, unknown) == ([], ["1 of 4 tasks are open: the same command goes on with them"])
    assert report.exit_code == 3


def test_a_run_without_its_dataset_is_judged_by_its_journal(tmp_path):
    report, problems, unknown = found(wrote(tmp_path / "run", *whole(), rows=None))
    assert (report.checked, problems, report.exit_code) == (2, [], 3)
    assert unknown == ["holds no dataset/data/train.jsonl: the same command writes it"]


def test_journal_and_dataset_that_differ_are_found(tmp_path):
    less = found(wrote(tmp_path / "less", *whole(), rows=ROWS[:1]))[1]
    assert less == [f"{ROWS[1].id}: was kept, and the dataset does not hold it"]
    more = found(wrote(tmp_path / "more", *whole()[:3], count=3))[1]
    assert more == [f"{ROWS[1].id}: is in the dataset, and the journal did not keep it"]
    turned = found(wrote(tmp_path / "turned", *whole(), rows=ROWS[::-1]))[1]
    assert turned == ["data/train.jsonl: its rows are not in the order of their tasks"]
    other = (ROWS[0].model_copy(update={"seed": 9}), ROWS[1])
    assert found(wrote(tmp_path / "other", *whole(), rows=other))[1] == [
        f"{ROWS[0].id}: is not what the journal recorded"
    ]


def hid_its_failure(outcome):
    return outcome.model_copy(update={"failures": ()})


def kept_a_failure(outcome):
    return outcome.model_copy(update={"rows": outcome.failures, "failures": ()})


def blamed_nobody(outcome):
    verdict = FAILURE.verdict.model_copy(update={"fault": None})
    return outcome.model_copy(update={"failures": (FAILURE.model_copy(update={"verdict": verdict}),)})


def failed_a_good_talk(outcome):
    return failed(2, row(2))


FORGERIES = {
    hid_its_failure: "task 2: is recorded as failed, and what it holds is not",
    kept_a_failure: f"{FAILURE.id}: was kept, and the dataset does not hold it",
    blamed_nobody: f"{FAILURE.id}: is stored as failed without whose fault it was",
    failed_a_good_talk: f"{row(2).id}: is stored as failed, and neither a gate nor an opinion says so",
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda f: f.__name__)
def test_outcomes_that_are_not_what_they_say_are_found(forge, tmp_path):
    first, second, third, last = whole()
    report, problems, _ = found(wrote(tmp_path / "run", first, second, forge(third), last))
    assert FORGERIES[forge] in problems
    assert report.exit_code == 1


def test_an_opinion_may_only_reject(tmp_path):
    no = Opinion(judge="reader", model="judge-7b", sound=False, reason="rude")
    doubted = row(2).model_copy(update={"opinions": (no,)})
    assert found(wrote(tmp_path / "apart", kept(0, ROWS[0]), failed(1, doubted), rows=ROWS[:1], count=2))[1] == []
    (tmp_path / "rows.jsonl").write_text(doubted.model_dump_json(), "utf-8")
    report, problems, _ = found(tmp_path / "rows.jsonl")
    assert (problems, report.exit_code) == ([f"{doubted.id}: reader (judge-7b) rejects it: rude"], 1)


def test_a_quarantined_task_holds_the_talks_that_speak_against_it(tmp_path):
    ends = {"reason": "2 agree", "attempts": (0,), "fingerprint": FAILURE.fingerprint, "diff": {}}
    good = failed(0, FAILURE).model_copy(update={"quarantined": Quarantine.model_validate(ends)})
    report, problems, _ = found(wrote(tmp_path / "good", good, rows=(), count=1))
    assert (problems, report.exit_code) == ([], 0)
    suspicion = Quarantine.model_validate({**ends, "fingerprint": "0" * 64, "withheld": (row(2),)})
    wrong = failed(0, FAILURE).model_copy(update={"quarantined": suspicion})
    _, problems, _ = found(wrote(tmp_path / "wrong", wrong, rows=(), count=1))
    assert "task 0: is quarantined for attempts that do not end in the state it names" in problems
    assert f"task 0: holds a talk of another blueprint: {row(2).id}" in problems


def test_what_the_journal_holds_is_not_trusted(tmp_path):
    folder = wrote(tmp_path / "run", *whole())
    with Journal.open(folder, {"seed": 1}) as journal:
        journals.outcome(journal, 1, json.dumps({"task": 1}))
    assert found(folder)[1] == ["task 1: is no outcome: status: Field required"]


def test_a_run_whose_configuration_is_gone_cannot_be_told(tmp_path):
    folder = wrote(tmp_path / "run", *whole())
    (folder / "config.yaml").unlink()
    report, problems, unknown = found(folder)
    assert (problems, report.exit_code) == ([], 3)
    assert "holds no config.yaml" in unknown[0]


def test_a_damaged_journal_is_told_in_a_line(tmp_path):
    folder = wrote(tmp_path / "run", *whole())
    with sqlite3.connect(folder / "journal.sqlite") as database:
        database.execute("UPDATE outcomes SET payload = '{}' WHERE task = 1")
    database.close()
    report, problems, unknown = found(folder)
    assert problems == ["run: 1 of its outcomes are damaged: the checksum does not fit"]
    assert unknown == ["1 of 4 tasks are open: the same command goes on with them"]
    for name in ("journal.sqlite-wal", "journal.sqlite-shm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "journal.sqlite").write_bytes(b"not a database" * 100)
    report, problems, unknown = found(folder)
    assert (problems, len(unknown), report.exit_code) == ([], 1, 3)


@pytest.mark.parametrize("text", ["count: [1]\n", "{: [", "- a\n", "count: -5\ndomain: library\n"])
@pytest.mark.parametrize("command", ["generate", "draft"])
def test_a_configuration_that_is_none_is_no_reason_to_stop(command, text, tmp_path):
    folder = tmp_path / "run"
    with Journal.open(folder, {"command": command}) as journal:
        journals.outcome(journal, 0, "{}")
    (folder / "config.yaml").write_text(text, "utf-8")
    report = found(folder)[0]
    assert report.exit_code in {1, 3}
    assert "\n" not in "".join(p.what for p in (*report.problems, *report.unknown))
