"""Other settings than a run was begun with: refused with the difference told, or accepted and kept as history."""

from typing import Any

import pytest

from apigen_mt.journal import Drift, Journal, OtherCommand, OtherDomain, failures
from apigen_mt.journal.failures import differences
from tests import journals
from tools_env.values import Json

OLD: dict[str, Json] = {
    "command": "draft",
    "seed": 1,
    "digest": "a" * 64,
    "domain": "library",
    "judges": [{"name": "x", "model": "m"}, {"name": "y", "model": "m"}],
}
NEW: dict[str, Json] = {
    **OLD,
    "seed": 2,
    "digest": "b" * 64,
    "judges": [{"name": "x", "model": "m"}, {"name": "y", "model": "n"}],
}


def test_the_difference_is_told_in_words_and_down_to_the_smallest_part():
    line = failures.told(list(differences(OLD, NEW)))
    assert line == (
        'digest (the domain\'s tools, rules or data): aaaaaaaa -> bbbbbbbb; judges[1].model: "m" -> "n"; seed: 1 -> 2'
    )
    assert len(failures.told([("text", "x" * 5000, None)])) < 200


def test_an_accepted_change_is_noted_kept_and_no_change_afterwards(tmp_path):
    with Journal.open(tmp_path, OLD) as journal:
        journals.outcome(journal, 0, "{}")
    with pytest.raises(Drift):
        Journal.open(tmp_path, NEW)
    with Journal.open(tmp_path, NEW, accept=True) as journal:
        assert journal.identity() == NEW
        assert journal.notes == [f"going on under changed settings: {failures.told(list(differences(OLD, NEW)))}"]
        assert journal.outcome(0) == "{}"
    with Journal.open(tmp_path, NEW) as journal:
        assert journal.notes == []
    with pytest.raises(Drift):
        Journal.open(tmp_path, OLD)
    with Journal.open(tmp_path, OLD, accept=True) as journal:
        history: list[Any] = list(journal.history())
        assert [change["changes"][-1] for change in history] == [["seed", 1, 2], ["seed", 2, 1]]
        assert [(change["tasks"], change["replies"]) for change in history] == [(1, 0), (1, 0)]
    with Journal.read(tmp_path) as reader:
        assert len(reader.history()) == 2


@pytest.mark.parametrize(
    ("changed", "refused", "told"),
    [
        ({"command": "evaluate"}, OtherCommand, "another matter"),
        ({"domain": "retail", "seed": 3}, OtherDomain, 'domain: "library" -> "retail"; seed: 1 -> 3'),
    ],
)
def test_what_would_be_another_run_cannot_be_accepted(tmp_path, changed, refused, told):
    Journal.open(tmp_path, OLD).close()
    with pytest.raises(refused, match=told):
        Journal.open(tmp_path, {**OLD, **changed}, accept=True)
    with Journal.read(tmp_path) as reader:
        assert (reader.identity(), reader.history()) == (OLD, [])


def test_a_damaged_configuration_is_no_drift(tmp_path):
    with Journal.open(tmp_path, OLD) as journal:
        journals.outcome(journal, 0, "{}")
        journal.set_meta("identity", '{"seed": 9}')
    with Journal.open(tmp_path, OLD) as journal:
        assert "the stored configuration is damaged" in journal.notes[0]
        assert journal.outcome(0) == "{}"
    with Journal.open(tmp_path, OLD) as journal:
        assert (journal.notes, journal.identity()) == ([], OLD)
