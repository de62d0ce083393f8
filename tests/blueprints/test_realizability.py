"""Realizability where records are listed by id alone: whoever reads the whole listing need not know which is meant."""

from blueprints.blueprint import Blueprint
from blueprints.checks import world_gates
from tests.blueprints.talks import planned, world_of
from tools_env.calls import Call
from tools_env.replay import replay

DOMAIN = "tests.swap_world:SwapShop"
WORLD = world_of(DOMAIN)


def tasks(count: int = 60) -> list[Blueprint]:
    """Changes without a question beside them."""
    return [b for b in planned(DOMAIN, count) if b.kind == "act" and not b.setup and not b.outputs]


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
    assert checked > 10


def test_a_record_that_was_only_listed_is_written_to_by_nobody():
    """Without any read there is nothing to describe the order by."""
    checked = 0
    for blueprint in tasks():
        kept = tuple(a for a in blueprint.actions if a.name not in {"get_order", "get_product", "list_products"})
        if kept[-1].name == "cancel_order" and len(kept) == 3:
            (told,) = reasons(blueprint.model_copy(update={"actions": kept}))
            assert told.startswith("cancel_order: what the person says does not single out the order")
            checked += 1
    assert checked > 3


def test_both_of_a_pair_have_words_of_their_own():
    swaps = [b for b in tasks() if any(a.name == "swap_articles" for a in b.actions)]
    assert len(swaps) > 5
    for blueprint in swaps:
        rest = {n: k for n, k in blueprint.known.items() if k.about != "new_article_ids"}
        told = reasons(blueprint.model_copy(update={"known": rest}))
        assert any(
            t.startswith("swap_articles: what the person says does not single out the new article") for t in told
        )
