import pytest

from apigen_mt.models.chat import Usage
from apigen_mt.stats import render, states_ids, summary
from tests.apigen_mt.rows import failed, kept, rejected, row
from tools_env.disturbances import Disturbance


@pytest.fixture(scope="module")
def outcomes():
    spent = {"agent": Usage(prompt=10, completion=2)}
    return [
        kept(0, row(0)).model_copy(update={"usage": spent}),
        kept(1, row(1, slip=True)).model_copy(update={"usage": spent}),
        failed(2, row(2, finished=False)),
        rejected(3, "wording", "the instruction is empty"),
        rejected(4, "wording", "the instruction is empty"),
        rejected(5, "sampling", "nothing found"),
    ]


def test_the_funnel_accounts_for_every_task(outcomes):
    funnel = summary(outcomes).funnel
    assert (funnel.asked, funnel.rejected, funnel.accepted, funnel.kept, funnel.failed) == (6, 3, 3, 2, 1)
    assert funnel.asked == funnel.kept + funnel.rejected + funnel.failed
    assert (funnel.played, funnel.talks_kept) == (3, 2)
    assert funnel.rejected_by == {"wording": 2, "sampling": 1}
    assert funnel.failed_by == {"state (agent)": 1}
    assert funnel.kept_yield == pytest.approx(1 / 3)


def test_the_make_up_of_the_kept_rows(outcomes):
    stats = summary(outcomes)
    assert (stats.kinds, stats.operators, stats.writes) == ({"act": 2}, {"describe": 2}, {1: 2})
    assert (stats.calls.mean, stats.calls.least, stats.calls.most) == (3.5, 3, 4)
    assert stats.calls.deviation == 0.5
    assert stats.human_turns.mean == 4
    assert stats.tokens == {"agent": Usage(prompt=20, completion=4)}
    assert (stats.write_tasks, stats.write_tasks_without_ids) == (2, 2)
    assert stats.reasons[0] == ("wording: the instruction is empty", 2)


def test_tokens_of_the_journal_replace_those_of_the_outcomes(outcomes):
    assert summary(outcomes, {"human": Usage(prompt=7)}).tokens == {"human": Usage(prompt=7)}


def test_the_order_of_the_tasks_makes_no_difference(outcomes):
    assert summary(reversed(outcomes)) == summary(iter(outcomes))


def test_a_person_who_says_a_record_id_is_noticed():
    clean = row(0)
    loan = next(iter(clean.blueprint.diff)).split("/")[1]
    told = clean.blueprint.model_copy(update={"instruction": f"You want to renew loan {loan}."})
    own = clean.blueprint.model_copy(update={"instruction": f"You are member {clean.blueprint.person}."})
    assert not states_ids(clean)
    assert states_ids(clean.model_copy(update={"blueprint": told}))
    assert not states_ids(clean.model_copy(update={"blueprint": own}))


def test_the_figures_are_readable(outcomes):
    text = render(summary(outcomes))
    lines = {" ".join(line.split()) for line in text.splitlines()}
    assert {"tasks asked 6", "blueprints rejected 3 50.0%", "by wording 2", "tasks kept 2 33.3%"} <= lines
    assert "tokens of the agent: 20 in (0 cached), 4 out" in text
    assert "write tasks without record ids 2 100.0%" in lines


def test_nothing_is_summed_up_without_harm():
    assert summary([]).funnel.asked == 0
    assert "tasks asked" in render(summary([]))


def test_what_a_model_wrote_cannot_steer_the_terminal():
    text = render(summary([rejected(0, "author", "bad \x1b[2J\nfake line")]))
    assert "\x1b" not in text
    assert "\nfake" not in text


def test_tasks_with_mishaps_stand_beside_those_without():
    def with_mishap(outcome, *kinds):
        mishaps = tuple(Disturbance(kind=kind, tool="list_loans") for kind in kinds)
        disturbed = outcome.blueprint.model_copy(update={"disturbances": mishaps})
        return outcome.model_copy(update={"blueprint": disturbed})

    some = [
        with_mishap(kept(0, row(0)), "transient"),
        with_mishap(failed(1, row(1, finished=False)), "transient"),
        with_mishap(kept(2, row(2)), "empty"),
        kept(3, row(0)),
        rejected(4, "wording", "the instruction is empty"),
    ]
    stats = summary(some)
    found = {kind: (m.tasks, m.kept) for kind, m in stats.mishaps.items()}
    assert found == {"transient": (2, 1), "empty": (1, 1), "": (1, 1)}
    assert "tasks with a transient error          2   50.0%  (1 kept, 50.0%)" in render(stats)
    assert "mishap" not in render(summary(some[3:]))
