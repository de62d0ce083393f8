"""Quarantine: attempts that agree on another state speak against the blueprint, and what it gave is withheld."""

from pathlib import Path

import pytest

import apigen_mt
from apigen_mt import load_run
from apigen_mt.cli import main
from apigen_mt.quarantine import suspected
from apigen_mt.stats import summary
from apigen_mt.trajectory import Outcome, Row
from tests.apigen_mt.given_tasks import PLAIN, Helpless, misled, tasks, written
from tests.apigen_mt.outside import Librarian
from tests.apigen_mt.rows import library


@pytest.fixture(scope="module")
def suspect(tmp_path_factory) -> Path:
    """A run over a sound task and one whose solution is not what it asks for, by a clerk who does what is asked."""
    folder: Path = tmp_path_factory.mktemp("suspect")
    file = written(folder / "tasks.jsonl", (tasks(1)[0], misled()))
    apigen_mt.play(file, folder / "run", attempts=4, agent=Librarian, **PLAIN)
    return folder / "run"


def outcomes(folder: Path) -> list[Outcome]:
    return list(load_run(folder).outcomes())


def as_if_kept(row: Row) -> Row:
    """The same talk, had it solved the task."""
    gates = tuple(gate.model_copy(update={"status": "pass"}) for gate in row.verdict.gates)
    verdict = row.verdict.model_copy(update={"ok": True, "gates": gates})
    return row.model_copy(update={"verdict": verdict, "fingerprint": "its own", "messages": row.messages[:-1]})


def test_attempts_that_agree_on_another_state_make_a_blueprint_suspect(suspect):
    sound, other = outcomes(suspect)
    assert (sound.status, sound.quarantined) == ("kept", None)
    assert (other.status, other.rows, len(other.failures)) == ("failed", (), 4)
    found = other.quarantined
    assert found is not None
    assert found.reason.endswith("attempts agree on another final state than the blueprint's, which none reached")
    assert len(found.attempts) >= 2
    assert set(found.diff) != set(misled().diff)
    assert {row.fingerprint for row in other.failures} == {found.fingerprint}


def test_it_is_counted_and_told_and_its_failures_are_the_blueprint_s(suspect, capsys):
    funnel = summary(outcomes(suspect)).funnel
    assert (funnel.asked, funnel.kept, funnel.failed, funnel.quarantined) == (2, 1, 1, 1)
    assert funnel.failed_by == {"quarantine (blueprint)": 4}
    assert main(["stats", str(suspect)]) == main(["show", str(suspect), "1"]) == 0
    out = capsys.readouterr().out
    assert "tasks quarantined                     1" in out
    assert "quarantined: " in out
    assert "they agree loans/" in out


def test_what_verified_is_withheld_from_the_dataset_unless_it_outnumbers_the_others(suspect):
    witnesses = list(outcomes(suspect)[1].failures)
    kept = [as_if_kept(row.model_copy(update={"attempt": 9})) for row in witnesses[:1]]
    assert suspected([*witnesses, *kept], library()) is not None
    many = [kept[0].model_copy(update={"messages": kept[0].messages[: 1 + n]}) for n in range(5)]
    assert suspected([*witnesses, *many], library()) is None


def test_a_single_talk_or_the_same_one_twice_proves_nothing(suspect):
    witnesses = list(outcomes(suspect)[1].failures)
    assert suspected(witnesses[:1], library()) is None
    assert suspected([witnesses[0], witnesses[0].model_copy(update={"attempt": 1})], library()) is None


def test_neither_a_script_nor_one_who_breaks_a_rule_is_a_witness(suspect):
    witnesses = list(outcomes(suspect)[1].failures)
    oracle = witnesses[0].cast.model_copy(
        update={"agent": witnesses[0].cast.agent.model_copy(update={"source": "oracle"})}
    )
    assert suspected([row.model_copy(update={"cast": oracle}) for row in witnesses], library()) is None
    for gate in ("conduct", "fidelity"):
        rows = []
        for row in witnesses:
            gates = tuple(g.model_copy(update={"status": "fail"}) if g.gate == gate else g for g in row.verdict.gates)
            rows.append(row.model_copy(update={"verdict": row.verdict.model_copy(update={"gates": gates})}))
        assert suspected(rows, library()) is None
    unended = [row.model_copy(update={"end_reason": "over_turn"}) for row in witnesses]
    assert suspected(unended, library()) is None


def test_agents_that_give_up_agree_on_nothing(tmp_path):
    file = written(tmp_path / "tasks.jsonl", tasks(1))
    run = apigen_mt.play(file, tmp_path / "run", attempts=4, agent=Helpless)
    assert (run.outcomes[0].status, run.outcomes[0].quarantined) == ("failed", None)
