"""Rehearsal where people and orders are listed by id alone, swaps go pair by pair, and an address comes in parts."""

from pathlib import Path

from blueprints.blueprint import Blueprint
from tests.apigen_mt.test_rehearsal import check_rehearsal
from tests.blueprints.talks import Talk, planned, rehearsed, said

DOMAIN = "tests.swap_world:SwapShop"


def swaps(blueprint: Blueprint) -> list[tuple[list[str], list[str]]]:
    return [
        (list(map(str, old)), list(map(str, new)))
        for a in blueprint.actions
        if a.name == "swap_articles"
        and isinstance(old := a.arguments["article_ids"], list)
        and isinstance(new := a.arguments["new_article_ids"], list)
    ]


def test_a_sample_is_kept_whole_and_proves_again(tmp_path: Path) -> None:
    check_rehearsal(DOMAIN, 16, tmp_path, "--domain", DOMAIN)


def test_every_talk_is_solved_and_reads_its_listing_through() -> None:
    talks = rehearsed(DOMAIN, 90)
    for talk in talks:
        verdict = talk.verdict()
        assert verdict.ok, (said(verdict), talk.blueprint.instruction)
    assert sum(listed_and_read(talk) > 1 for talk in talks) > 30


def listed_and_read(talk: Talk) -> int:
    """How many orders the buyer's record lists and the talk reads, all of them or none."""
    listed: list[object] = []
    read: list[object] = []
    for place in talk.reads():
        event = talk.called(place)
        value = event.outcome.observed()
        if event.call.name == "get_buyer" and isinstance(value, dict) and isinstance(value["orders"], list):
            listed = [*value["orders"]]
        if event.call.name == "get_order":
            read.append(event.call.arguments["order_id"])
    assert not read or {*map(str, read)} == {*map(str, listed)}
    return len({*map(str, read)})


def test_the_plan_has_all_that_is_hard_here() -> None:
    plan = planned(DOMAIN, 90)
    pairs = [pair for blueprint in plan for pair in swaps(blueprint)]
    assert {len(old) for old, _ in pairs} == {1, 2}
    assert all(len(old) == len(new) for old, new in pairs)
    assert any(a.name == "redirect_order" for b in plan for a in b.actions)
    assert any(n.startswith("new postcode") for b in plan for n in b.known)
