"""Plans: a function of seed and index alone."""

from collections import Counter

import pytest

from apigen_mt.planning import Mix, Planner, Task
from blueprints.blueprint import Blueprint, Kind, Rejected
from blueprints.coverage import Coverage
from blueprints.size import LONG_CALLS
from tests.blueprints.drawn import KINDS, SWAPS, WORLDS
from tests.blueprints.talks import SHARES, world_of
from tests.small_worlds import Workshop
from tests.swap_world import SwapShop
from tools_env.domains.library import Library
from tools_env.environment import ClassWorld
from tools_env.port import ForkCost, World


def plan(count: int, seed: int = 0, shares: dict[Kind, float] = SHARES) -> list[Task]:
    planner = Planner(world_of("library"), seed, Mix(shares, snapshots=8))
    return [planner.next() for _ in range(count)]


def drafts(tasks: list[Task]) -> list[Blueprint]:
    found = [task.draft for task in tasks]
    assert all(isinstance(draft, Blueprint) for draft in found), found
    return [draft for draft in found if isinstance(draft, Blueprint)]


def test_a_longer_plan_begins_with_the_shorter():
    assert plan(24)[:12] == plan(12)


def test_another_seed_is_another_plan():
    assert {d.substance() for d in drafts(plan(8))}.isdisjoint(d.substance() for d in drafts(plan(8, seed=1)))


def test_no_task_comes_twice():
    found = [draft.substance() for draft in drafts(plan(60))]
    assert len(set(found)) == len(found)


def test_kinds_come_by_their_shares_and_every_refusal_brings_its_twin():
    tasks = plan(36)
    own = [task.kind for task in tasks if task.twin_of is None]
    assert [abs(own.count(kind) - share * len(own)) <= 1 for kind, share in SHARES.items()] == [True] * 3
    refusals = [task for task in tasks if task.kind == "refuse" and task.index + 1 < len(tasks)]
    assert refusals
    for refusal in refusals:
        twin = tasks[refusal.index + 1]
        assert (twin.kind, twin.twin_of) == ("act", refusal.index)
        one, other = drafts([refusal, twin])
        assert (one.person, one.snapshot, one.evidence is not None) == (other.person, other.snapshot, True)
        assert len(other.setup) == len(one.setup) + 1
        assert other.diff
        assert not one.diff


def test_a_share_of_nothing_draws_nothing():
    assert {task.kind for task in plan(9, shares={"act": 0, "inform": 2, "refuse": 0})} == {"inform"}


def test_the_order_in_which_shares_are_written_means_nothing():
    world = world_of("library")
    one = Planner(world, 0, Mix({"refuse": 0.5, "act": 0.5}, snapshots=8))
    other = Planner(world, 0, Mix({"act": 0.5, "refuse": 0.5}, snapshots=8))
    assert [one.next() for _ in range(8)] == [other.next() for _ in range(8)]


def test_a_world_that_runs_out_of_tasks_says_so():
    planner = Planner(Workshop.world("workshop"), 0, Mix({"inform": 1}, snapshots=1))
    found = [planner.next()]
    while isinstance(found[-1].draft, Blueprint) and len(found) < 60:
        found.append(planner.next())
    last = found[-1].draft
    assert isinstance(last, Rejected)
    assert (last.stage, "too small" in last.reason) == ("sampling", True)
    assert [task.index for task in found] == list(range(len(found)))


class Lawless(SwapShop):
    """A shop that swaps and redirects anything: nothing is ever refused. Today is {now}.

    1 Orders.
    2 Articles.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    def _waiting(self, order_id):
        return self.orders[order_id]

    def _swappable(self, order_id):
        return self.orders[order_id]


class Dear(ClassWorld):
    """A world of which it is said that a fork is dear: less is tried in it before it is given up."""

    fork_cost: ForkCost = "restart"


def plan_of(world: World, count: int, kinds: dict[Kind, float]) -> list[Task]:
    planner = Planner(world, 0, Mix(kinds, snapshots=8))
    return [planner.next() for _ in range(count)]


def test_a_kind_that_is_never_found_gives_its_share_away():
    tasks = plan_of(Dear(Lawless, "lawless"), 20, {"act": 0.6, "refuse": 0.4})
    missed = [task for task in tasks if isinstance(task.draft, Rejected)]
    assert [task.kind for task in missed] == ["refuse"]
    assert isinstance(missed[0].draft, Rejected)
    assert missed[0].draft.reason.endswith("its share goes to the other kinds")
    assert [task.kind for task in tasks if task not in missed] == ["act"] * 19


def test_the_only_kind_there_is_keeps_its_share():
    tasks = plan_of(Dear(Lawless, "lawless"), 2, {"refuse": 1})
    assert all(isinstance(task.draft, Rejected) and "too small" in task.draft.reason for task in tasks)


def test_a_kind_that_was_found_before_keeps_its_share():
    """That it has run out is said each time."""
    planner = Planner(Workshop.world("workshop"), 0, Mix({"inform": 0.9, "act": 0.1}, snapshots=1))
    missed: list[Task] = []
    for _ in range(60):
        task = planner.next()
        missed += [task] if isinstance(task.draft, Rejected) and task.kind == "inform" else []
        if len(missed) > 1:
            break
    assert len(missed) > 1
    assert all(isinstance(t.draft, Rejected) and "its share" not in t.draft.reason for t in missed)


ALL: dict[Kind, float] = dict.fromkeys(KINDS, 1.0)


@pytest.mark.parametrize("domain", WORLDS)
def test_tasks_of_every_kind_differ_in_substance(domain):
    planner = Planner(world_of(domain), 0, Mix(ALL))
    tasks = [planner.next() for _ in range(42)]
    found = drafts(tasks)
    assert len({b.substance() for b in found}) == len(found)
    own = [task.kind for task in tasks if task.twin_of is None]
    assert {*own} == {*KINDS}
    assert max(map(own.count, KINDS)) - min(map(own.count, KINDS)) <= 1
    for task in tasks:
        if task.kind in {"refuse", "partial"} and task.index + 1 < len(tasks):
            assert tasks[task.index + 1].twin_of == task.index
    again = Planner(world_of(domain), 0, Mix(ALL))
    assert [again.next() for _ in range(14)] == tasks[:14]


def test_a_kind_that_a_world_cannot_have_is_not_looked_for():
    """A shop whose policy has no figures is asked for none, and nobody is handed over where no tool does it."""
    planner = Planner(world_of(SWAPS), 0, Mix({**ALL, "transfer": 1}))
    assert not {"policy_question", "transfer"} & {*planner.kinds}
    assert "transfer" in Planner(world_of("clinic"), 0, Mix({**ALL, "transfer": 1})).kinds
    assert "policy_question" not in {planner.next().kind for _ in range(20)}
    alone = Planner(world_of(SWAPS), 0, Mix({"policy_question": 1})).next()
    assert isinstance(alone.draft, Rejected)


CURT = "You write in short sentences and leave the greetings out."


def test_a_person_has_a_persona_in_a_plan_with_personas():
    personas = [CURT, "You are chatty."]
    planner = Planner(world_of("library"), 0, Mix(ALL, personas=personas))
    found = drafts([planner.next() for _ in range(24)])
    assert {b.persona for b in found} == {*personas}
    bare = Planner(world_of("library"), 0, Mix(ALL))
    plain = drafts([bare.next() for _ in range(24)])
    assert {b.persona for b in plain} == {""}
    assert [b.model_copy(update={"persona": ""}) for b in found] == plain


def test_a_twin_is_the_same_person_as_in_its_refusal():
    planner = Planner(world_of("library"), 0, Mix({"refuse": 1, "partial": 1}, personas=[CURT, "You are chatty."]))
    found = drafts([planner.next() for _ in range(20)])
    assert [one.persona for one in found[::2]] == [twin.persona for twin in found[1::2]]


@pytest.mark.parametrize("kind", ["inform", "refuse", "policy_question"])
def test_a_persona_never_says_an_answer_or_what_decides(kind):
    """What would give it away is left out, so that the task still asks something."""
    planner = Planner(world_of("library"), 0, Mix({kind: 1}))
    plain = drafts([planner.next() for _ in range(4)])
    for index, blueprint in enumerate(plain):
        secret = [o.value for o in blueprint.outputs]
        secret += [blueprint.evidence.because.value] if blueprint.evidence else []
        if not secret:
            continue
        telling = f"You are good with figures and always have {secret[0]} in mind."
        told = Planner(world_of("library"), 0, Mix({kind: 1}, personas=[telling]))
        found = drafts([told.next() for _ in range(index + 1)])[index]
        assert found == blueprint
        assert {d.persona for d in drafts([told.next() for _ in range(6)])} >= {telling}


def test_in_the_long_profile_every_act_is_long_and_the_rest_is_not():
    planner = Planner(world_of("clinic"), 0, Mix({"act": 0.7, "inform": 0.3}, profile="long"))
    found = drafts([planner.next() for _ in range(6)])
    assert {b.kind for b in found} == {"act", "inform"}
    assert all((len(b.actions) >= LONG_CALLS) == (b.kind == "act") for b in found)
    assert not any(len(b.actions) >= LONG_CALLS for b in drafts(plan(20)))


def test_a_domain_too_small_for_long_tasks_says_so_once_and_gets_shorter_ones():
    planner = Planner(Dear(Library, "library"), 0, Mix({"act": 0.7, "inform": 0.3}, profile="long"))
    found = [planner.next().draft for _ in range(8)]
    (nothing,) = [d for d in found if isinstance(d, Rejected)]
    assert nothing.reason.startswith("no act task of 21 calls or more was found in 24 attempts: shorter ones")
    assert Counter(d.kind for d in found if isinstance(d, Blueprint))["act"] >= 4


def test_after_a_window_what_is_missing_comes_up_more():
    """Steered by what it has covered, a plan gets to more of the tools and pairs."""
    world = world_of("clinic")
    blind = Planner(world, 0, Mix({"act": 1}, window=1000))
    steered = Planner(world, 0, Mix({"act": 1}, window=10))
    seen = []
    for planner in (blind, steered):
        coverage = Coverage(world)
        for draft in drafts([planner.next() for _ in range(40)]):
            coverage.add(draft)
        seen.append(sum(count > 0 for count in coverage.counts()["pairs"].values()))
    assert blind.coverage.tasks == 0
    assert steered.coverage.tasks == 30
    assert seen[1] > seen[0]


def test_before_the_first_window_ends_a_plan_is_steered_by_nothing():
    world = world_of("retail")
    one, other = (Planner(world, 0, Mix(ALL, window=window)) for window in (20, 1000))
    assert [one.next() for _ in range(20)] == [other.next() for _ in range(20)]
