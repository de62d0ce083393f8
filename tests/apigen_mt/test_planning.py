"""Plans: a function of seed and index alone."""

from apigen_mt.planning import Planner, Task
from blueprints.blueprint import Blueprint, Kind, Rejected
from tests.blueprints.talks import SHARES, world_of
from tests.small_worlds import Workshop
from tests.swap_world import SwapShop
from tools_env.port import World


def plan(count: int, seed: int = 0, shares: dict[Kind, float] = SHARES) -> list[Task]:
    planner = Planner(world_of("library"), seed, shares, 8)
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
    one = Planner(world, 0, {"refuse": 0.5, "act": 0.5}, 8)
    other = Planner(world, 0, {"act": 0.5, "refuse": 0.5}, 8)
    assert [one.next() for _ in range(8)] == [other.next() for _ in range(8)]


def test_a_world_that_runs_out_of_tasks_says_so():
    planner = Planner(Workshop.world("workshop"), 0, {"inform": 1}, 1)
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


def plan_of(world: World, count: int, kinds: dict[Kind, float]) -> list[Task]:
    planner = Planner(world, 0, kinds, 8)
    return [planner.next() for _ in range(count)]


def test_a_kind_that_is_never_found_gives_its_share_away():
    tasks = plan_of(Lawless.world("lawless"), 20, {"act": 0.6, "refuse": 0.4})
    missed = [task for task in tasks if isinstance(task.draft, Rejected)]
    assert [task.kind for task in missed] == ["refuse"]
    assert isinstance(missed[0].draft, Rejected)
    assert missed[0].draft.reason.endswith("its share goes to the other kinds")
    assert [task.kind for task in tasks if task not in missed] == ["act"] * 19


def test_the_only_kind_there_is_keeps_its_share():
    tasks = plan_of(Lawless.world("lawless"), 2, {"refuse": 1})
    assert all(isinstance(task.draft, Rejected) and "too small" in task.draft.reason for task in tasks)


def test_a_kind_that_was_found_before_keeps_its_share():
    """That it has run out is said each time."""
    planner = Planner(Workshop.world("workshop"), 0, {"inform": 0.9, "act": 0.1}, 1)
    tasks = [planner.next() for _ in range(60)]
    kinds = [task.kind for task in tasks if isinstance(task.draft, Rejected)]
    assert kinds.count("inform") > 1
