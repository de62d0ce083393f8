"""The index: what is put into it is found, filtered, sorted and paged, and what was replaced is not."""

import json

import pytest

from apigen_mt.marks import TalkMark
from apigen_mt.viewer.summaries import Summary
from apigen_mt.viewing.index import Index, Line
from apigen_mt.viewing.queries import Query


def line(task, attempt=0, **about):
    told = {
        "id": f"{task}.{attempt}",
        "task": task,
        "attempt": attempt,
        "kind": "act",
        "status": "kept",
        "phase": "play",
        "gate": "",
        "fault": "",
        "end_reason": "user_stop",
        "tools": ("find_member",),
        "clauses": ("1",),
        "operators": (),
        "persona": "A baker",
        "temperament": "plain",
        "turns": task,
        "calls": 10 - task,
        "writes": 1,
        "tokens": 0,
        "first": "Hello",
        "text": f"Hello number{task} esra-rahman@example.com Müller L225",
    }
    return Line(Summary.model_validate(told | about), f"r{task}/{attempt}", f"{task:064x}")


@pytest.fixture
def index(tmp_path):
    found = Index(tmp_path / "index.sqlite")
    with found.filling():
        for task in range(5):
            found.put(task, [line(task)])
        found.put(5, [line(5, 0, status="failed", gate="state", fault="agent"), line(5, 1, kind="refuse")])
    yield found
    found.close()


def ids(index, **query):
    total, rows = index.find(Query.model_validate(query))
    assert total >= len(rows)
    return [json.loads(text)["id"] for text, _ in rows]


def test_all_lines_come_in_the_order_of_tasks_and_attempts(index):
    assert ids(index) == ["0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "5.1"]
    assert ids(index, descending=True) == ["5.1", "5.0", "4.0", "3.0", "2.0", "1.0", "0.0"]
    assert index.counts() == (7, 6)


def test_a_page_is_a_part_of_it(index):
    assert ids(index, offset=2, limit=2) == ["2.0", "3.0"]
    assert index.find(Query(offset=100)) == (7, [])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "failed"}, ["5.0"]),
        ({"gate": "state", "fault": "agent"}, ["5.0"]),
        ({"gate": "state", "fault": "human"}, []),
        ({"kind": "refuse"}, ["5.1"]),
        ({"tool": "find_member", "kind": "refuse"}, ["5.1"]),
        ({"tool": "find"}, []),
        ({"clause": "1", "limit": 1}, ["0.0"]),
        ({"persona": "A baker", "status": "failed"}, ["5.0"]),
        ({"text": "number3"}, ["3.0"]),
        ({"text": "NUMBER3 hel"}, ["3.0"]),
        ({"text": "number3 nothing"}, []),
        ({"text": "esra-rahman@example.com", "limit": 1}, ["0.0"]),
        ({"text": "muller number4"}, ["4.0"]),
        ({"text": '" OR 1=1 --', "kind": "refuse"}, []),
        ({"text": "hello AND NOT number3"}, []),
        ({"text": "a\u19b0b"}, []),
        ({"text": "text:hello* NEAR(", "limit": 1}, []),
        ({"text": " \t-- ''; ", "kind": "refuse"}, ["5.1"]),
    ],
)
def test_what_is_asked_for_is_found(index, query, found):
    assert ids(index, **query) == found


def test_lines_are_sorted_by_what_can_be_counted(index):
    assert ids(index, sort="calls", limit=2) == ["5.0", "5.1"]
    assert ids(index, sort="turns", descending=True, limit=3) == ["5.0", "5.1", "4.0"]


def test_a_task_that_was_replaced_is_found_by_its_new_words_alone(index):
    with index.filling():
        index.put(3, [line(3, 0, text="something else", tools=("other_tool",)), line(3, 1, text="another")])
        index.put(4, [])
    assert ids(index, text="number3") == ids(index, text="number4") == []
    assert ids(index, text="something") == ids(index, tool="other_tool") == ["3.0"]
    assert ids(index, text="another") == ["3.1"]
    assert index.counts() == (7, 5)


def test_marks_stand_beside_their_lines_and_only_beside_their_talks(index):
    marks = [TalkMark(at="", row=f"r{task}/0", talk=f"{task:064x}", mark="flag") for task in (1, 2)]
    index.mark([*marks, TalkMark(at="", row="r3/0", talk="0" * 64, mark="flag")])
    assert ids(index, mark="flag") == ["1.0", "2.0"]
    index.mark([marks[1].model_copy(update={"mark": "none"})])
    assert [mark for _, mark in index.find(Query()).rows] == ["", "flag", "", "", "", "", ""]
    assert ids(index, mark="flag") == ["1.0"]


def test_what_is_being_filled_is_seen_when_it_is_whole(index):
    with index.filling():
        index.put(9, [line(9)])
        assert index.counts() == (7, 6)
    assert index.counts() == (8, 7)
