"""What is wished for comes more often than by chance, and looking for it ends."""

import random
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated

import pytest

from blueprints.blueprint import Blueprint
from blueprints.coverage import Coverage, Wish
from blueprints.draft import ground
from blueprints.sampling import Sampler, Shares
from blueprints.search import TRIES, TRIES_EACH
from blueprints.size import LONG_CALLS
from tests.blueprints.drawn import SWAPS, WORLDS, draws
from tests.blueprints.parts import Alone
from tests.blueprints.talks import world_of
from tests.swap_world import OrderId, SwapShop
from tools_env import authoring as env
from tools_env.calls import Call, Outcome
from tools_env.course import Course
from tools_env.port import Session, SetUp
from tools_env.rules import Breach
from tools_env.state import Diff

DRAWS = 44


@cache
def drafts(domain: str, kind, wish: Wish | None = None, tries: int = DRAWS) -> tuple[Blueprint, ...]:
    made = (ground(goal, "", rng) for goal, rng in draws(world_of(domain), kind, tries, wish))
    return tuple(draft for draft in made if isinstance(draft, Blueprint))


TOOLS = {
    "library": ("borrow", "renew_loan"),
    "retail": ("change_arrival", "request_return", "cancel_order"),
    "clinic": ("move_visit", "withdraw_repeat", "split_invoice"),
    SWAPS: ("redirect_order",),
}


@pytest.mark.parametrize("domain", TOOLS)
def test_tools_that_are_wished_for_are_used_more(domain):
    def used(found: tuple[Blueprint, ...], tool: str) -> int:
        return sum(any(a.name == tool for a in b.actions) for b in found)

    plain = sum(used(drafts(domain, "act"), tool) for tool in TOOLS[domain])
    wished = sum(used(drafts(domain, "act", Wish(tool=tool)), tool) for tool in TOOLS[domain])
    assert wished > 1.3 * plain + 4


PAIRS = {
    "library": (("change_branch", "renew_loan"), ("list_loans", "borrow")),
    "retail": (("request_return", "withdraw_return"), ("list_orders", "cancel_order")),
    "clinic": (("list_invoices", "list_insurances"), ("change_address", "list_insurances")),
}


@pytest.mark.parametrize("domain", PAIRS)
def test_pairs_that_are_wished_for_follow_more_often(domain):
    coverage = Coverage(world_of(domain))

    def covered(found: tuple[Blueprint, ...], pair: tuple[str, ...]) -> int:
        return sum(pair in coverage.pairs(b) for b in found)

    plain = sum(covered(drafts(domain, "act"), pair) for pair in PAIRS[domain])
    wished = sum(covered(drafts(domain, "act", Wish(pair=pair)), pair) for pair in PAIRS[domain])
    assert wished > plain + 6


CLAUSES = {"retail": ("4.1", "5.1", "5.4"), "clinic": ("4.2", "5.4", "5.6"), SWAPS: ("2",)}


@pytest.mark.parametrize("domain", CLAUSES)
def test_clauses_that_are_wished_for_are_upheld_more_often(domain):
    def upheld(found: tuple[Blueprint, ...], clause: str) -> int:
        return sum(b.evidence is not None and b.evidence.clause == clause for b in found)

    plain = sum(upheld(drafts(domain, "refuse"), clause) for clause in CLAUSES[domain])
    wished = sum(upheld(drafts(domain, "refuse", Wish(clause=clause)), clause) for clause in CLAUSES[domain])
    assert wished > plain + 6


@pytest.mark.parametrize("domain", ["library", "clinic"])
def test_a_clause_that_is_wished_for_in_a_change_is_that_of_a_tool(domain):
    world = world_of(domain)
    clause = next(c for s in Sampler(world).writes for c in s.clauses)

    def under(found: tuple[Blueprint, ...]) -> int:
        return sum(clause in b.clauses for b in found)

    assert under(drafts(domain, "act", Wish(clause=clause))) > under(drafts(domain, "act")) + 6


@pytest.mark.parametrize(
    ("kind", "operator", "domains", "more"),
    [
        ("act", "condition", ("library", "retail"), 12),
        ("act", "change of mind", ("library", "retail", "clinic"), 20),
        ("act", "fallback", (*WORLDS, SWAPS), 2),
        ("inform", "aggregate", ("retail", "clinic"), 25),
        ("partial", "condition", ("retail",), 4),
    ],
)
def test_an_operator_that_is_wished_for_comes_up_more(kind, operator, domains, more):
    def hung(wish: Wish | None) -> int:
        return sum(operator in b.operators for domain in domains for b in drafts(domain, kind, wish))

    assert hung(Wish(operator=operator)) > hung(None) + more


def test_an_operator_with_no_share_never_comes_up_unless_it_is_wished_for():
    never = Shares(condition=0, fallback=0, change_of_mind=0, aggregate=0, questions=0)
    world = world_of("retail")
    for kind in ("act", "inform"):
        made = [ground(goal, "", rng) for goal, rng in draws(world, kind, DRAWS, shares=never)]
        used = {o for b in made if isinstance(b, Blueprint) for o in b.operators}
        assert not used & {"condition", "fallback", "change of mind", "aggregate"}
    assert all({i.wants for i in goal.intents} == {"change"} for goal, _ in draws(world, "act", 40, shares=never))
    wished = [ground(goal, "", rng) for goal, rng in draws(world, "act", 40, Wish(operator="condition"), never)]
    assert sum("condition" in b.operators for b in wished if isinstance(b, Blueprint)) > 5


@pytest.mark.parametrize("wish", [Wish(tool="fly"), Wish(clause="99"), Wish(operator="sing")])
def test_what_cannot_be_had_is_done_without(wish):
    assert len(drafts("library", "act", wish)) > 30


@pytest.mark.parametrize("domain", ["retail", "clinic"])
def test_a_long_task_is_found_in_a_few_draws(domain):
    found = [goal for goal, _ in draws(world_of(domain), "act", 16, calls=LONG_CALLS)]
    assert found
    for goal in found:
        assert len(goal.actions()) >= LONG_CALLS
        assert {"change"} <= {i.wants for i in goal.intents} <= {"change", "answer"}


def test_a_world_too_small_for_a_long_task_has_none():
    assert not [*draws(world_of(SWAPS), "act", 20, calls=200)]


@dataclass(frozen=True, slots=True)
class Watched(Alone):
    """A world for one person that keeps what is called, in forks as well."""

    made: list[Call] = field(default_factory=list)

    def open(self, snapshot: str, setup: SetUp = ()) -> Session:
        return WatchedSession(self.world.open(snapshot, setup), self.made)


@dataclass(frozen=True, slots=True)
class WatchedSession:
    session: Session
    made: list[Call]

    def call(self, call: Call) -> Outcome:
        self.made.append(call)
        return self.session.call(call)

    def check(self, call: Call) -> Outcome:
        return self.session.check(call)

    def fork(self) -> Session:
        return WatchedSession(self.session.fork(), self.made)

    def diff(self) -> Diff:
        return self.session.diff()

    def fingerprint(self) -> str:
        return self.session.fingerprint()

    def breaches(self, course: Course) -> tuple[Breach, ...]:
        return self.session.breaches(course)

    def close(self) -> None:
        self.session.close()


class Stubborn(SwapShop):
    """A shop in which what people ask for is never done. Today is {now}.

    1 Nothing is polished.
    2 Nothing is swapped.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    @env.write("1", ask="have {order_id} polished")
    def polish(self, order_id: OrderId, shine: Annotated[env.Amount, env.Doc("How much.")]) -> str:
        """Polish an order."""
        raise env.Refused("1", f"Nothing is polished to {shine}, {order_id} neither.")


MakerId = Annotated[str, env.Identifier("makers"), env.Doc("The maker's id.")]


class Unbound(SwapShop):
    """A shop that sells to makers of whom nobody ever hears. Today is {now}.

    1 Nothing is praised.
    2 Nothing is swapped.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    @env.write("1", ask="have {maker_id} praised for {order_id}")
    def praise(self, maker_id: MakerId, order_id: OrderId) -> str:
        """Praise a maker."""
        return f"{maker_id} {order_id}"


def only(environment: type[SwapShop], tool: str) -> tuple[Watched, Sampler]:
    """A sampler for a world where people ask for one thing."""
    world = Watched(environment.world("only one"), 0)
    sampler = Sampler(world, 1)
    sampler.writes = [world.specs[tool]]
    return world, sampler


@pytest.mark.parametrize("kind", ["act", "partial", "clarify", "missing_tool", "refuse"])
def test_a_tool_that_is_always_refused_is_given_up(kind):
    world, sampler = only(Stubborn, "polish")
    for number in range(10):
        world.made.clear()
        assert sampler.draw(kind, random.Random(number)) is None
        tried = sum(call.name == "polish" for call in world.made)
        assert 0 < tried <= (2 * TRIES["cheap"] if kind == "refuse" else 4 * TRIES_EACH)


@pytest.mark.parametrize("kind", ["act", "partial", "clarify", "missing_tool", "refuse"])
@pytest.mark.parametrize("calls", [0, LONG_CALLS])
def test_a_tool_that_nothing_can_be_found_for_is_given_up(kind, calls):
    world, sampler = only(Unbound, "praise")
    for number in range(10):
        world.made.clear()
        assert sampler.draw(kind, random.Random(number), calls=calls) is None
        assert len(world.made) < 40
        assert "praise" not in {call.name for call in world.made}
