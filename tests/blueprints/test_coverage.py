"""What the tasks so far cover, and what they are short of."""

import json
import random

import pytest

from blueprints.blueprint import Blueprint
from blueprints.coverage import Coverage, Covered, Wish, shown
from tests.blueprints.talks import DOMAINS, planned, world_of
from tests.small_worlds import Workshop
from tools_env.graph import api_graph
from tools_env.replay import replay


def filled(domain: str, count: int = 48, **settings) -> Coverage:
    coverage = Coverage(world_of(domain), **settings)
    for blueprint in planned(domain, count):
        coverage.add(blueprint)
    return coverage


def sample(kind: str, count: int = 48) -> list[Blueprint]:
    return [b for b in planned("library", count) if b.kind == kind]


@pytest.mark.parametrize("domain", DOMAINS)
def test_in_the_beginning_everything_is_missing(domain):
    world = world_of(domain)
    missing = Coverage(world).missing()
    assert missing["tools"] == tuple(world.specs)
    assert missing["pairs"] == tuple(shown(edge) for edge in api_graph(world).edges)
    assert {"act", "refuse"} <= {*missing["kinds"]}


def test_a_task_counts_once_for_each_thing_it_has():
    blueprint = sample("act")[0].model_copy(update={"persona": "You are in a hurry.", "operators": ("superlative",)})
    coverage = Coverage(world_of("library"))
    coverage.add(blueprint)
    coverage.add(blueprint)
    counts = coverage.counts()
    assert coverage.tasks == 2
    assert {n for n, c in counts["tools"].items() if c} == {a.name for a in blueprint.actions}
    assert counts["tools"]["find_member"] == counts["kinds"]["act"] == counts["operators"]["superlative"] == 2
    assert counts["personas"] == {"You are in a hurry.": 2}
    assert sum(counts["writes"].values()) == 2
    assert not any(counts["refused"].values())


def test_a_refusal_counts_for_the_clause_it_upholds():
    refusal = sample("refuse")[0]
    coverage = Coverage(world_of("library"))
    coverage.add(refusal)
    assert refusal.evidence is not None
    assert {n for n, c in coverage.counts()["refused"].items() if c} == {refusal.evidence.clause}


def test_a_pair_is_covered_where_an_identifier_goes_from_one_to_the_other():
    blueprint = next(
        b for b in sample("act") if [a.name for a in b.actions] == ["find_member", "list_loans", "renew_loan"]
    )
    coverage = Coverage(world_of("library"))
    walked = {("find_member", "list_loans"), ("list_loans", "renew_loan")}
    assert coverage.pairs(blueprint) == walked
    turned = blueprint.model_copy(update={"actions": tuple(reversed(blueprint.actions))})
    assert not walked & coverage.pairs(turned)
    other = blueprint.actions[2].model_copy(update={"arguments": {"loan_id": "L0"}})
    strange = blueprint.model_copy(update={"actions": (*blueprint.actions[:2], other)})
    assert coverage.pairs(strange) == {("find_member", "list_loans")}


@pytest.mark.parametrize("domain", DOMAINS)
def test_results_at_hand_say_the_same_as_calls_carried_out(domain):
    world, coverage = world_of(domain), Coverage(world_of(domain))
    for blueprint in planned(domain, 24):
        done = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions)
        assert coverage.pairs(blueprint, done.outcomes) == coverage.pairs(blueprint)


def test_what_policy_forbids_is_neither_missed_nor_wished_for():
    forbidden = {("find_member", "list_loans")}
    coverage = filled("library", forbidden=forbidden)
    assert "find_member -> list_loans" not in coverage.counts()["pairs"]
    rng = random.Random(0)
    assert ("find_member", "list_loans") not in {coverage.wish(rng).pair for _ in range(300)}


def test_what_was_given_up_is_not_wished_for_either_and_the_table_says_why():
    coverage = Coverage(world_of("library"))
    edges = coverage.uncovered()
    coverage.give_up(dict.fromkeys(edges[1:], "nobody has it"))
    assert coverage.uncovered() == edges[:1]
    assert coverage.missing()["pairs"] == (shown(edges[0]),)
    rng = random.Random(0)
    assert {coverage.wish(rng).pair for _ in range(200)} == {edges[0]}
    assert coverage.covered().left_out == {shown(edge): "nobody has it" for edge in edges[1:]}


@pytest.mark.parametrize("domain", DOMAINS)
def test_wishes_are_for_what_there_is_and_mostly_for_what_is_rare(domain):
    coverage, rng = filled(domain), random.Random(7)
    coverage.give_up(dict.fromkeys(coverage.uncovered(), "nobody has it"))
    counts = coverage.counts()
    wishes = [coverage.wish(rng) for _ in range(40)]
    tools = [w.tool for w in wishes if w.tool]
    pairs = [shown((w.pair[0], w.pair[1])) for w in wishes if w.pair]
    clauses = [w.clause for w in wishes if w.clause]
    operators = [w.operator for w in wishes if w.operator]
    assert len(tools) + len(pairs) + len(clauses) == len(wishes) > len(operators) > len(wishes) / 4
    assert {*tools} <= counts["tools"].keys()
    assert {*pairs} <= counts["pairs"].keys()
    assert {*clauses} <= counts["clauses"].keys()
    assert {*operators} <= counts["operators"].keys()
    usual = sum(counts["pairs"].values()) / sum(n > 0 for n in counts["pairs"].values())
    assert sum(counts["pairs"][p] for p in pairs) / len(pairs) < usual / 2


def test_a_pair_that_no_task_has_is_wished_for_alone_by_tasks_that_can_hold_it():
    coverage, rng = filled("retail"), random.Random(7)
    missing = coverage.uncovered()
    wishes = [coverage.wish(rng) for _ in range(40)]
    assert all(w.pair in missing and not (w.tool or w.clause or w.operator) for w in wishes)
    assert len({w.pair for w in wishes}) > 30
    others = [coverage.wish(rng, pairs=False) for _ in range(40)]
    assert all(not w.pair and (w.tool or w.clause) for w in others)


def test_a_pair_that_comes_after_all_is_left_out_no_more():
    coverage = Coverage(world_of("library"))
    coverage.give_up(dict.fromkeys(coverage.uncovered(), "nobody has it"))
    blueprint = sample("act")[0]
    coverage.add(blueprint)
    assert coverage.pairs(blueprint)
    assert coverage.pairs(blueprint).isdisjoint(coverage.given_up)


def test_a_wish_that_nothing_fulfils_makes_room_for_others():
    coverage, rng = filled("library"), random.Random(1)
    coverage.give_up(dict.fromkeys(coverage.uncovered(), "nobody has it"))
    wished = [coverage.wish(rng) for _ in range(200)]
    assert {w.clause for w in wished} - {""}

    assert len({(w.tool, w.pair, w.clause) for w in wished}) > 15


def test_the_same_generator_wishes_the_same():
    one, two = filled("library"), filled("library")
    assert [one.wish(random.Random(n)) for n in range(20)] == [two.wish(random.Random(n)) for n in range(20)]


def test_a_world_without_anything_to_wish_for():
    empty = Coverage(Workshop.world(), operators=())
    empty.give_up(dict.fromkeys(empty.uncovered(), "no"))
    assert not {"", *empty.counts()["tools"]} - {"", *Workshop.world().specs}
    assert all(
        isinstance(empty.wish(random.Random(n)), Wish) and not empty.wish(random.Random(n)).pair for n in range(9)
    )


def test_counts_are_json_and_the_table_has_a_line_for_each():
    coverage = filled("library")
    counts = json.loads(json.dumps(coverage.counts()))
    lines = coverage.covered().table().splitlines()
    assert lines[0] == "48 tasks"
    assert [line.split()[0] for line in lines[1:]] == [*counts]
    assert "5 of 5" in lines[1]


def test_of_many_pairs_that_are_left_out_the_table_names_a_few_and_the_figures_all():
    coverage = filled("retail")
    missing = coverage.uncovered()
    coverage.give_up({pair: f"reason {number}" for number, pair in enumerate(missing)})
    covered = coverage.covered()
    assert len(covered.left_out) == len(missing) > 20
    lines = covered.table().splitlines()
    assert f"{len(missing)} pairs are left out" in lines[-6]
    assert lines[-5:] == [f"  {shown(pair)}: reason {number}" for number, pair in enumerate(missing[:5])]
    assert Covered.model_validate_json(covered.model_dump_json()) == covered
