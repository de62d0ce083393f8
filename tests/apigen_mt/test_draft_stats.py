"""Figures of draft runs, from outcomes made by hand: what adds up to what, and what is unknown."""

import json

import pytest

from apigen_mt.config import Config, parse
from apigen_mt.draft_making import says_ids
from apigen_mt.draft_outcome import Blind, DraftOutcome, Spent
from apigen_mt.draft_report import render
from apigen_mt.draft_stats import DraftStats, summary
from apigen_mt.models.chat import Usage
from blueprints.blueprint import Blueprint, Rejected
from blueprints.committee.votes import Ballot, Votes
from blueprints.coverage import Covered
from blueprints.rounds import Round
from blueprints.wilson import wilson
from tests.apigen_mt.draft_server import review
from tests.blueprints.talks import planned, world_of
from tools_env.values import Json

URL = "http://127.0.0.1:9/v1"
WRONG = Rejected(stage="wording", reason="say the title")


def ballot(model: str, **scores: int) -> Ballot:
    return Ballot.model_validate({"reviewer": model, "review": json.loads(review(**scores))})


def accepted(task: int, blueprint: Blueprint, *rounds: Round, **more: object) -> DraftOutcome:
    whole = {"task": task, "status": "accepted", "kind": blueprint.kind, "blueprint": blueprint, "rounds": rounds}
    return DraftOutcome.model_validate({**whole, **more})


def spent(calls: int, tokens: int) -> Spent:
    return Spent(calls=calls, usage=Usage(prompt=tokens))


@pytest.fixture(scope="module")
def config() -> Config:
    reviewers: list[Json] = [
        {"name": "a", "model": "x", "base_url": URL},
        {"name": "b", "model": "y", "base_url": URL},
    ]
    prices: Json = {"m": {"input": 1.0, "output": 10.0}, "x": {"input": 2.0, "output": 2.0}}
    roles: Json = {"author": {"model": "m", "base_url": URL}}
    return parse({"domain": "library", "roles": roles, "reviewers": reviewers, "prices": prices})


@pytest.fixture(scope="module")
def outcomes() -> list[DraftOutcome]:
    plan = [b for b in planned("library", 24) if b.kind == "act"]
    yes = Votes(ballots=(ballot("x"), ballot("y")))
    no = Votes(ballots=(ballot("x", creativity=0), Ballot(reviewer="y", abstained_because="no answer in time")))
    back = Round(gate="wording", reasons=(WRONG,))
    sent = Round(gate="committee", reasons=no.reasons(), votes=no)
    found = [
        accepted(0, plan[0], Round(votes=yes), writes=1),
        accepted(1, plan[1], back, sent, Round(votes=yes), writes=2, says_ids=True),
        DraftOutcome(task=2, status="rejected", kind="act", rounds=(back, sent)),
        DraftOutcome(task=3, status="rejected", kind="refuse", reasons=(Rejected(stage="sampling", reason="none"),)),
        DraftOutcome(task=4, status="failed", kind="act", reasons=(Rejected(stage="infrastructure", reason="500"),)),
    ]
    near = Rejected(stage="near_duplicate", reason="as task 0")
    again = accepted(5, plan[2], Round(votes=yes), writes=1)
    return [*found, again.model_copy(update={"status": "rejected", "reasons": (near,), "overlapped": 2})]


USED = {
    "author": Usage(prompt=1000, completion=100),
    "author.repair": Usage(prompt=1000, completion=100),
    "author.blind": Usage(prompt=500),
    "reviewer:a": Usage(prompt=1000),
    "reviewer:b": Usage(prompt=1000, cached=400),
}


def test_tasks_tried_are_accepted_rejected_or_failed(outcomes, config):
    stats = summary(outcomes, config, {})
    assert (stats.tried, stats.accepted, stats.rejected, stats.failed) == (6, 2, 3, 1)
    assert stats.tried == stats.accepted + stats.rejected + stats.failed
    assert stats.rejected_by == {"committee": 1, "near_duplicate": 1, "sampling": 1}
    assert sum(stats.rejected_by.values()) == stats.rejected
    assert stats.sent_back_by == {"committee": 2, "wording": 2}
    assert (stats.acceptance.count, stats.acceptance.of) == (2, 5)
    assert (stats.acceptance.low, stats.acceptance.high) == wilson(2, 5)
    assert (stats.rounds, stats.overlapped) == ({0: 1, 2: 1}, 2)


def test_the_make_up_is_of_the_accepted_alone(outcomes, config):
    made = summary(outcomes, config, {}).made
    assert (made.kinds, made.writes) == ({"act": 2}, {1: 1, 2: 1})
    assert (made.write_tasks, made.write_tasks_without_ids) == (2, 1)
    operators = [o.accepted.operators for o in outcomes if o.accepted is not None]
    assert made.operators == {name: sum(name in one for one in operators) for name in made.operators}
    assert sum(made.depth.values()) == 2
    assert made.superlatives == sum("superlative" in one for one in operators)


def test_reviewers_are_counted_over_all_rounds_by_their_place(outcomes, config):
    stats = summary(outcomes, config, {})
    assert [(r.name, r.model, r.reviews, r.abstained) for r in stats.reviewers] == [("a", "x", 5, 0), ("b", "y", 3, 2)]
    assert stats.one_model == ""
    alone = [o.model_copy(update={"rounds": (Round(votes=Votes(ballots=(ballot("x"),) * 2)),)}) for o in outcomes[:2]]
    assert summary(alone, config, {}).one_model == "x"


def test_a_cost_is_unknown_where_a_price_is_and_never_nothing(outcomes, config):
    stats = summary(outcomes, config, USED)
    assert {c.role: c.dollars for c in stats.bill.costs} == {
        "author": pytest.approx(0.002 + 0.002),
        "author.blind": pytest.approx(0.0005),
        "reviewer:a": pytest.approx(0.002),
        "reviewer:b": None,
    }
    assert (stats.bill.tokens_each, stats.bill.dollars, stats.bill.dollars_each) == (2100, None, None)
    text = render(stats)
    assert "reviewer:b (y): 1,000 in (400 cached), 0 out, cost unknown; 500 tokens and cost unknown for each" in text
    assert "an accepted blueprint took 2,100 tokens and cost unknown" in text
    priced = config.model_copy(update={"prices": {**config.prices, "y": config.prices["x"]}})
    assert "an accepted blueprint took 2,100 tokens and $0.0040" in render(summary(outcomes, priced, USED))


def test_the_control_counts_only_tasks_that_both_arms_worked_on(outcomes, config):
    fed = {"spent": (spent(1, 100), spent(2, 300), spent(1, 100)), "blind": None}
    blind = Blind(accepted=True, tries=(Round(),), spent=spent(2, 200), over=spent(1, 999))
    tasks = [
        outcomes[1].model_copy(update={**fed, "blind": blind}),
        outcomes[2].model_copy(update={"spent": (spent(1, 50), spent(1, 50)), "blind": Blind(accepted=False)}),
        outcomes[0],
    ]
    arms = summary(tasks, config, {}).control
    assert [(a.arm, a.accepted.count, a.accepted.of, a.calls, a.tokens) for a in arms] == [
        ("first attempt", 0, 2, 2, 150),
        ("blind", 1, 2, 2, 200),
        ("feedback", 1, 2, 6, 600),
    ]
    assert summary(outcomes, config, {}).control == ()
    assert "1 of 2" in render(summary(tasks, config, {}))


def test_an_empty_run_has_figures_too(config):
    stats = summary([], config, {})
    assert stats == DraftStats.model_validate_json(stats.model_dump_json())
    assert "tasks tried" in render(stats)
    assert render(summary([], parse({"domain": "library"}), {})).count("not reviewed") == 1


def test_nothing_in_a_text_moves_a_terminal(outcomes, config):
    bad = Rejected(stage="author", reason="\x1b[2Jgone")
    covered = Covered(counts={"tools": {"\x1b[1m": 1}}, left_out={"\x1b[3m": "\x1b[4m"})
    stats = summary([DraftOutcome(task=0, status="rejected", kind="act", reasons=(bad,))], config, {}, covered)
    assert "\x1b" not in render(stats)


def test_a_person_who_says_a_record_id_is_noticed():
    world = world_of("library")
    clean = next(b for b in planned("library", 24) if any("loan_id" in a.arguments for a in b.actions))
    loan = next(a.arguments["loan_id"] for a in clean.actions if "loan_id" in a.arguments)
    assert not says_ids(clean, world)
    assert says_ids(clean.model_copy(update={"instruction": f"You want to renew {loan}."}), world)
    assert not says_ids(clean.model_copy(update={"instruction": f"You are {clean.person}."}), world)
