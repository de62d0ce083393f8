"""Figures on the simulated people of a run."""

import apigen_mt
from apigen_mt.people_stats import PeopleCount
from apigen_mt.stats import Stats, render, summary
from apigen_mt.trajectory import Row
from blueprints.judging.fidelity import STOP, HumanTurn
from tests.apigen_mt.rows import row


def saying(temperament: str, *texts: str, facts: tuple[str, ...] = ()) -> Row:
    turns = [HumanTurn(act="chat", text=text, fact_ids=facts if not n else ()) for n, text in enumerate(texts)]
    return row().model_copy(update={"human_turns": tuple(turns), "temperament": temperament})


def test_words_that_come_again_facts_at_once_and_yields_are_counted():
    count = PeopleCount()
    count.add(saying("terse", "one two three four", "Bye.", facts=("a", "b", "c")), kept=True)
    count.add(saying("terse", "One two, three four five!", f"Bye. {STOP}", facts=("a",)), kept=True)
    count.add(saying("chatty", "one two three four"), kept=False)
    people = count.people()
    assert people.repeated == 2 / 3  # 1234, 1234, 2345
    assert people.distinct == 3 / 5  # 123 twice, 234 twice, 345
    assert (people.opening_facts, people.most_opening_facts) == (2.0, 3)
    assert {n: (m.kept, m.played) for n, m in people.temperaments.items()} == {"terse": (2, 2), "chatty": (0, 1)}


def test_a_run_tells_of_its_people_as_text_and_as_json(tmp_path):
    run = apigen_mt.generate("library", 12, tmp_path / "run")
    stats = summary(run.outcomes)
    text = render(stats)
    assert sum(m.played for m in stats.people.temperaments.values()) == 12
    assert all(name in text for name in stats.people.temperaments)
    assert "12 of 12" not in text
    assert 0 < stats.people.repeated < 1
    assert 0 < stats.people.distinct < 1
    assert stats.people.most_opening_facts >= 1
    assert Stats.model_validate_json(stats.model_dump_json()) == stats


def test_without_talks_nothing_is_told():
    assert "people" not in render(summary(()))
