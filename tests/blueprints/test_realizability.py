"""Realizability where records are listed by id alone: whoever reads the whole listing need not know which is meant."""

from collections.abc import Iterator

import pytest

from blueprints.blueprint import Blueprint, Known
from blueprints.checks import world_gates
from blueprints.realizability import unobtainable
from tests.blueprints.drawn import KINDS, WORLDS
from tests.blueprints.drawn import tasks as drawn
from tests.blueprints.talks import planned, world_of
from tools_env.calls import Call
from tools_env.replay import replay
from tools_env.values import TEXT

DOMAIN = "tests.swap_world:SwapShop"
WORLD = world_of(DOMAIN)


def tasks(count: int = 180) -> Iterator[Blueprint]:
    """Changes without a question beside them, planned no further than somebody looks."""
    plan = (planned(DOMAIN, number + 1)[number] for number in range(count))
    return (b for b in plan if b.kind == "act" and not b.setup and not b.outputs)


def orders(blueprint: Blueprint) -> list[Call]:
    return [a for a in blueprint.actions if a.name == "get_order"]


def reasons(blueprint: Blueprint) -> list[str]:
    """What is wrong with a blueprint, its diff put right first."""
    done = replay(WORLD, blueprint.snapshot, blueprint.setup, blueprint.actions)
    mended = blueprint.model_copy(update={"diff": done.diff})
    return [r.reason for r in world_gates(mended, WORLD) if r.stage == "realizability"]


def without(blueprint: Blueprint, call: Call) -> Blueprint:
    kept = tuple(a for a in blueprint.actions if a is not call)
    until = [
        s.model_copy(update={"until": s.until - (blueprint.actions.index(call) < s.until)}) for s in blueprint.stages
    ]
    return blueprint.model_copy(update={"actions": kept, "stages": tuple(until)})


def test_a_listing_that_is_read_through_needs_no_words():
    checked = 0
    for blueprint in tasks():
        assert not reasons(blueprint)
        checked += len(orders(blueprint)) > 1
        if checked > 10:
            break
    assert checked > 10


def test_a_listing_that_is_read_in_part_needs_words_for_what_is_read():
    checked = 0
    for blueprint in tasks():
        used = [a.arguments["order_id"] for a in blueprint.actions if WORLD.specs[a.name].writes]
        spare = [a for a in orders(blueprint) if a.arguments["order_id"] not in used]
        if spare and len(orders(blueprint)) > 1:
            told = reasons(without(blueprint, spare[0]))
            assert any(f"get_order: what the person says does not single out the order {used[0]}" in t for t in told)
            checked += 1
        if checked > 10:
            break
    assert checked > 10


def test_a_record_that_was_only_listed_is_written_to_by_nobody():
    """Without any read there is nothing to describe the order by."""
    checked = 0
    for blueprint in tasks(240):
        kept = tuple(a for a in blueprint.actions if a.name not in {"get_order", "get_product", "list_products"})
        if kept[-1].name == "cancel_order" and len(kept) == 3:
            (told,) = reasons(blueprint.model_copy(update={"actions": kept}))
            assert told.startswith("cancel_order: what the person says does not single out the order")
            checked += 1
        if checked > 3:
            break
    assert checked > 3


def test_both_of_a_pair_have_words_of_their_own():
    swaps = [b for b in tasks(90) if any(a.name == "swap_articles" for a in b.actions)]
    assert len(swaps) > 5
    for blueprint in swaps:
        rest = {n: k for n, k in blueprint.known.items() if k.about != "new_article_ids"}
        told = reasons(blueprint.model_copy(update={"known": rest}))
        assert any(
            t.startswith("swap_articles: what the person says does not single out the new article") for t in told
        )


def test_what_is_said_of_another_matter_does_not_single_out_this_ones_record():
    """Each matter has words of its own; those of a later one are not said yet."""
    checked = 0
    for blueprint in tasks(360):
        abouts = {k.about for k in blueprint.known.values() if k.about == "order_id" and k.stage == 0}
        several = len(orders(blueprint)) > 1
        if len(blueprint.stages) < 2 or not abouts or not several:
            continue
        late = {
            n: k.model_copy(update={"stage": 1}) if k.about == "order_id" else k for n, k in blueprint.known.items()
        }
        told = reasons(blueprint.model_copy(update={"known": late}))
        first = blueprint.actions[blueprint.stages[0].until - 1]
        assert any(t.startswith(f"{first.name}: what the person says does not single out the order") for t in told)
        checked += 1
        if checked == 4:
            break
    assert checked == 4


def test_a_reason_names_something_that_would_do():
    found = 0
    for blueprint in tasks(90):
        bare = {n: k for n, k in blueprint.known.items() if k.about != "order_id"}
        vague = {"order_id.status": Known(value="nowhere", meaning=TEXT, disclose="volunteer", label="status",
                                          about="order_id", field="status")}  # fmt: skip
        told = reasons(blueprint.model_copy(update={"known": {**bare, **vague}}))
        found += any("let them say what only that one has, such as the " in t for t in told)
    assert found > 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("domain", WORLDS)
def test_an_agent_can_get_all_that_tasks_of_every_kind_need(domain, kind):
    world = world_of(domain)
    for blueprint in drawn(domain, kind, 12):
        done = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions)
        assert not [*unobtainable(blueprint, world, done)]


@pytest.mark.parametrize("domain", WORLDS)
def test_a_value_that_nobody_says_is_found_missing(domain):
    """What a person brings along is nowhere else; a choice may stand in a result and is theirs to make all the same."""
    world = world_of(domain)
    checked = 0
    for blueprint in drawn(domain, "act", 20):
        done = replay(world, blueprint.snapshot, blueprint.setup, blueprint.actions)
        names = {k.about for k in blueprint.known.values() if k.meaning.kind == "choice" and k.about and not k.field}
        kept = {n: k for n, k in blueprint.known.items() if k.meaning.kind != "choice"}
        told = [*unobtainable(blueprint.model_copy(update={"known": kept}), world, done)]
        for name in names:
            used = [s for a in blueprint.actions if name in a.arguments and (s := world.specs[a.name].param(name))]
            assert any(f"nobody says the {used[0].label}" in t for t in told)
            checked += 1
    assert checked > 3
