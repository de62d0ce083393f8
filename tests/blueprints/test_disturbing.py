"""Mishaps in drafts: which are given, that the solution gets over them, and what the gates say of those that do not."""

import random
from collections import Counter

import pytest

from apigen_mt.planning import Mix, Planner
from blueprints.adversaries import adversaries
from blueprints.blueprint import Blueprint
from blueprints.checks import check, world_gates
from blueprints.committee.material import question
from blueprints.disturbing import SORTS, disturb, drawn
from blueprints.solution import before, opened, settled, solution, solved
from tests.blueprints.breaks import altered
from tests.blueprints.disturbed import disturbed
from tests.blueprints.drawn import WORLDS, tasks, twins
from tests.blueprints.talks import SHARES, world_of
from tools_env.calls import Refusal, Result
from tools_env.disturbances import Disturbance
from tools_env.replay import replay

EVERY = [(domain, sort) for domain in WORLDS for sort in SORTS]


def stages_of(blueprint: Blueprint) -> list[str]:
    return [r.stage for r in world_gates(blueprint, world_of(blueprint.domain))]


@pytest.mark.parametrize(("domain", "sort"), EVERY)
def test_a_disturbed_task_passes_every_gate(domain, sort):
    for blueprint in disturbed(domain, sort):
        assert not [*check(blueprint, world_of(domain)), *adversaries(blueprint, world_of(domain))]


@pytest.mark.parametrize(("domain", "sort"), EVERY)
def test_the_solution_meets_the_mishap_and_gets_over_it(domain, sort):
    for blueprint in disturbed(domain, sort):
        session, met = opened(blueprint, world_of(domain)), Counter[str]()
        for move in solution(blueprint):
            outcome = session.call(move.call)
            if move.mishap is None:
                assert isinstance(outcome, Result), outcome
            else:
                met[sort if outcome == Result(value=[]) else outcome.cause if isinstance(outcome, Refusal) else ""] += 1
        assert met == {{"transient": "unavailable", "empty": "empty", "gone": "policy"}[sort]: 1}
        assert session.diff() == blueprint.diff == solved(blueprint, world_of(domain)).diff
        assert len(solved(blueprint, world_of(domain)).outcomes) == len(blueprint.actions)


@pytest.mark.parametrize("domain", WORLDS)
def test_a_passing_mishap_leaves_the_task_what_it_was(domain):
    for sort in ("transient", "empty"):
        for blueprint in disturbed(domain, sort):
            plain = blueprint.model_copy(update={"disturbances": ()})
            assert settled(blueprint) == plain
            assert plain.substance() == blueprint.substance()
            assert plain.identity() != blueprint.identity()
            assert solved(plain, world_of(domain)).diff == blueprint.diff


@pytest.mark.parametrize("domain", WORLDS)
def test_what_goes_looks_possible_before_and_is_part_of_the_change(domain):
    world = world_of(domain)
    for blueprint in disturbed(domain, "gone"):
        (going,) = blueprint.disturbances
        (wish,) = (m for m in solution(blueprint) if m.mishap)
        earlier = before(blueprint, wish.action)
        assert isinstance(
            replay(world, blueprint.snapshot, blueprint.setup, (*earlier, wish.call)).outcomes[-1], Result
        )
        assert {e.path for e in going.edits} <= blueprint.diff.keys()
        untried = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions)
        assert untried.diff != blueprint.diff
        without = replay(world, blueprint.snapshot, (), (*earlier, blueprint.actions[wish.action]))
        met = replay(
            world,
            blueprint.snapshot,
            blueprint.setup,
            (*earlier, wish.call, blueprint.actions[wish.action]),
            disturbances=blueprint.disturbances,
        )
        assert without.fingerprint == met.fingerprint


def test_mishaps_that_do_not_come_about_are_sent_back():
    blueprint = disturbed("library", "transient")[0]
    read = next(c.name for c in blueprint.actions if not world_of("library").specs[c.name].writes)
    for wrong in (
        Disturbance(kind="transient", tool=read, at=9),
        Disturbance(kind="transient", tool="no_such_tool"),
        Disturbance(kind="empty", tool="find_member"),
        Disturbance(kind="transient", tool=read, about={"loan_id": "L0"}),
    ):
        assert stages_of(altered(blueprint, disturbances=(wrong,))) == ["disturbances"]


def test_an_option_that_need_not_be_tried_or_does_not_go_is_sent_back():
    blueprint = disturbed("library", "gone")[0]
    (going,) = blueprint.disturbances
    edits = tuple(e.model_copy(update={"value": blueprint.diff[e.path].before}) for e in going.edits)
    stays = altered(blueprint, disturbances=(going.model_copy(update={"edits": edits}),))
    assert "disturbances" in stages_of(stays)
    plain = altered(blueprint, setup=(), disturbances=())
    plain = altered(plain, diff=solved(plain, world_of("library")).diff)
    assert not stages_of(plain)
    anyway = altered(plain, disturbances=blueprint.disturbances)
    assert "disturbances" in stages_of(anyway)


def test_drafts_are_left_alone_where_nothing_can_befall_them():
    world = world_of("library")
    for draft in tasks("library", "policy_question", 2):
        assert disturb(draft, world, random.Random(0), SORTS) is draft
    for draft in tasks("library", "act", 4):
        assert disturb(draft, world, random.Random(0), ()) is draft
        changed = disturb(draft, world, random.Random(0), ("gone", "transient"))
        assert [d.kind for d in changed.disturbances] == ["transient"]
        assert disturb(changed, world, random.Random(1), SORTS) is changed


def test_shares_are_kept_and_every_sort_has_its_turn():
    found = [drawn(random.Random(n), 0.25) for n in range(2000)]
    assert 0.22 < sum(map(bool, found)) / len(found) < 0.28
    assert {f[0] for f in found if f} == set(SORTS)
    assert all(sorted(f) == sorted(SORTS) for f in found if f)


def test_a_refusal_and_its_twin_meet_the_same():
    planner = Planner(world_of("library"), 0, Mix(dict(SHARES), disturbances=1.0))
    planned = [planner.next() for _ in range(30)]
    pairs = [(planned[t.twin_of].draft, t.draft) for t in planned if t.twin_of is not None]
    assert len(pairs) > 2
    for refusal, twin in pairs:
        assert isinstance(refusal, Blueprint)
        assert isinstance(twin, Blueprint)
        assert refusal.disturbances == twin.disturbances != ()
        assert "gone" not in {d.kind for d in twin.disturbances}


def test_a_plan_without_mishaps_is_the_plan_there_was():
    refusal, twin = twins("library", "refuse", 2)[0]
    assert refusal.disturbances == twin.disturbances == ()
    plans = [Planner(world_of("library"), 0, Mix(dict(SHARES), disturbances=share)) for share in (0.0, 1.0)]
    for _ in range(6):
        one, other = (plan.next().draft for plan in plans)
        if isinstance(one, Blueprint) and isinstance(other, Blueprint) and "gone" not in str(other.disturbances):
            assert one == other.model_copy(update={"disturbances": ()})


def test_reviewers_are_told_what_goes_by_itself():
    blueprint = disturbed("library", "gone")[0]
    (edit, *_) = blueprint.disturbances[0].edits
    told = f"Of this, {edit.path} changes by itself when {blueprint.disturbances[0].tool} is first tried"
    assert told in question(blueprint, world_of("library")).prompt
    assert "by itself" not in question(disturbed("library", "empty")[0], world_of("library")).prompt
