"""Kept tasks can be solved from the outside: by agents that know policy, tools and words, and nothing of how tasks are
made. And rehearsal's own agent, which knows which tools to use, is told no value.
"""

import ast
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_mt.cast.script import script_of
from blueprints.blueprint import Blueprint
from tests.apigen_mt import outside
from tests.apigen_mt.outside import Clerk, Librarian, ShopAssistant
from tests.blueprints.talks import DOMAINS, Talk, planned, played, rehearsed, said, world_of
from tools_env.values import Json

CLERKS: dict[str, type[Clerk]] = {"library": Librarian, "retail": ShopAssistant}
UNDERSTOOD = {
    "library": {"find_member", "list_loans", "renew_loan", "change_branch", "borrow"},
    "retail": {
        "find_customer_by_email",
        "find_customer_by_name_and_postcode",
        "list_orders",
        "list_payment_methods",
        "list_returns",
        "cancel_order",
        "change_order_address",
        "change_arrival",
        "set_gift_message",
        "redeem_points",
        "update_address",
        "withdraw_return",
    },
}


def understood(domain: str) -> list[Blueprint]:
    """Tasks whose rehearsal was kept and whose tools the clerk has heard of."""
    kept = [talk.blueprint for talk in rehearsed(domain, 72) if talk.verdict().ok]
    return [b for b in kept if tools_of(b) <= UNDERSTOOD[domain]]


def tools_of(blueprint: Blueprint) -> set[str]:
    forbidden = {blueprint.evidence.forbidden.name} if blueprint.evidence else set()
    return {a.name for a in blueprint.actions} | forbidden


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_stranger_solves_tasks(domain):
    tasks = understood(domain)
    talks = [played(blueprint, world_of(domain), CLERKS[domain]()) for blueprint in tasks]
    solved = [talk.blueprint for talk in talks if talk.verdict().ok]
    lost = [told(talk) for talk in talks if not talk.verdict().ok]
    assert len(solved) >= 10
    assert len(lost) <= 0.1 * len(tasks), lost
    assert {b.kind for b in solved} == {"act", "inform", "refuse"}
    specs = world_of(domain).specs
    assert len({a.name for b in solved for a in b.actions if specs[a.name].writes}) >= 3


def told(talk: Talk) -> str:
    lines = [getattr(event, "text", None) or str(getattr(event, "call", "")) for event in talk.events]
    return "\n".join([f"=== {said(talk.verdict())}", talk.blueprint.instruction, *lines])


def test_a_stranger_is_one():
    """It knows of this house only what agents are given: ports, and what JSON is."""
    tree = ast.parse(inspect.getsource(outside))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"apigen_mt.cast.ports", "datetime", "tools_env.values"}


def leaves(value: Json) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(leaves, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(leaves, value)) if value else set()
    return {str(value)}


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_oracle_is_told_no_value(domain):
    for blueprint in planned(domain, 72):
        script: set[str] = set()
        for matter in script_of(blueprint):
            script |= leaves(matter.model_dump(mode="json"))
        values = set().union(*(leaves(dict(a.arguments)) for a in blueprint.actions))
        values |= {str(o.value) for o in blueprint.outputs} | {str(k.value) for k in blueprint.known.values()}
        if blueprint.evidence:
            values |= {str(blueprint.evidence.because.value), str(blueprint.evidence.because.instead)}
            values |= leaves(dict(blueprint.evidence.forbidden.arguments))
        assert not script & (values - {"None"})


@pytest.mark.parametrize("domain", DOMAINS)
@given(number=st.integers(0, 71), value=st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text())))
def test_with_any_other_values_the_oracle_is_told_the_same(domain, number, value):
    blueprint = planned(domain, 72)[number]
    actions = tuple(a.model_copy(update={"arguments": dict.fromkeys(a.arguments, value)}) for a in blueprint.actions)
    parts: dict[str, object] = {"actions": actions, "known": {}, "diff": {}, "person": str(value), "instruction": ""}
    parts["outputs"] = tuple(o.model_copy(update={"value": value}) for o in blueprint.outputs)
    if found := blueprint.evidence:
        because = found.because.model_copy(update={"path": str(value), "value": value, "instead": value})
        call = found.forbidden.model_copy(update={"arguments": {}})
        parts["evidence"] = found.model_copy(update={"because": because, "forbidden": call, "twin": ()})
    assert script_of(blueprint.model_copy(update=parts)) == script_of(blueprint)


@pytest.mark.proof
@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_stranger_solves_hundreds(domain, seed, record_property):
    tasks = [b for b in planned(domain, 200, seed) if tools_of(b) <= UNDERSTOOD[domain]]
    talks = [played(blueprint, world_of(domain), CLERKS[domain]()) for blueprint in tasks]
    lost = [told(talk) for talk in talks if not talk.verdict().ok]
    record_property("tasks understood", len(tasks))
    record_property("solved", len(tasks) - len(lost))
    assert len(tasks) >= 80
    assert len(lost) <= 0.02 * len(tasks), lost
