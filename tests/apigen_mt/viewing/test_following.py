"""A journal followed: each outcome once, and again when it is another one."""

import sqlite3

import pytest

from apigen_mt.journal import Journal
from apigen_mt.viewing.following import Following
from tests.journals import outcome


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    with Journal.open(folder, {}) as journal:
        for task in range(5):
            outcome(journal, task, f'"{task}"')
    return folder


def told(following):
    return [(news.task, news.payload) for news in following.news()]


def test_every_outcome_comes_once(run):
    following = Following(run)
    assert told(following) == [(task, f'"{task}"') for task in range(5)]
    assert told(following) == told(following) == []


def test_what_comes_later_comes_alone_in_any_order(run):
    following = Following(run)
    told(following)
    with Journal.open(run, {}) as journal:
        outcome(journal, 9, '"9"')
        outcome(journal, 7, '"7"')
        assert told(following) == [(7, '"7"'), (9, '"9"')]
        outcome(journal, 8, '"8"')
        assert told(following) == [(8, '"8"')]


def test_a_replaced_outcome_is_found_a_few_at_a_time(run):
    following = Following(run, again=2)
    told(following)
    with Journal.open(run, {}) as journal:
        outcome(journal, 4, '"other"')
    found = [told(following) for _ in range(4)]
    assert [one for one in found if one] == [[(4, '"other"')]]
    assert found[0] == []


def test_one_that_is_gone_or_damaged_is_told_without_its_payload(run):
    following = Following(run)
    told(following)
    with sqlite3.connect(run / "journal.sqlite") as database:
        database.execute("DELETE FROM outcomes WHERE task = 1")
        database.execute("UPDATE outcomes SET checksum = 'x' WHERE task = 2")
    database.close()
    assert told(following) == [(1, None), (2, None)]
    assert told(following) == []


def test_what_was_not_taken_comes_again(run):
    following = Following(run)
    news = following.news()
    assert next(news).task == 0
    assert next(news).task == 1
    assert [task for task, _ in told(following)] == [1, 2, 3, 4]
