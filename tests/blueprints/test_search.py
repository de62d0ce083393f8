"""Finding what a person could want: writes that succeed, values to ask for, sums, and writes that are denied."""

from collections import Counter
from typing import Annotated

import pytest

from blueprints.goal import Answer, Total, twin_setup
from blueprints.search import TRIES, TRIES_EACH, Search
from tests.blueprints.drawn import SWAPS, WORLDS, desk, goals
from tests.blueprints.parts import Club
from tests.swap_world import BuyerId, OrderId, SwapShop
from tools_env import authoring as env
from tools_env.calls import Refusal, Result
from tools_env.course import Course
from tools_env.port import World
from tools_env.replay import replay
from tools_env.values import money

CLUB, SHOP = Club.world("club"), SwapShop.world("swaps")
SEEDS = range(40)


class Bill(env.Record):
    bill_id: Annotated[str, env.Identifier("bills"), env.Doc("The bill's id.")]
    buyer_id: BuyerId
    due: env.Amount
    paid: env.Amount
    for_what: str


class Till(SwapShop):
    """A shop that writes bills. Today is {now}.

    1 Orders.
    2 Articles.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    bills: env.Table[Bill]
    sums: tuple[tuple[float, float], ...] = ((10.25, 0.0), (20.5, 0.0), (0.0, 0.0))

    def fill(self, rng: env.Random) -> None:
        super().fill(rng)
        for place, buyer in enumerate([*self.buyers]):
            for number, (due, paid) in enumerate(self.sums):
                key = f"B{place}{number}"
                bill = Bill(bill_id=key, buyer_id=buyer.buyer_id, due=due, paid=paid, for_what=f"thing {number}")
                self.bills.put(bill)

    @env.read()
    def list_bills(self, buyer_id: BuyerId) -> list[Bill]:
        """List the bills of a buyer."""
        return self.bills.where(buyer_id=buyer_id)


class OneBill(Till):
    """A shop that writes one bill a buyer. Today is {now}.

    1 Orders.
    2 Articles.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    sums = ((10.25, 3.0),)


def test_a_sum_is_of_all_records_of_a_kind_and_no_value_of_one():
    world = Till.world("till")
    for seed in SEEDS:
        search = desk(world, seed, seed % 8, "inform")
        asked = search.total()
        assert asked is not None
        total = asked.answer
        assert isinstance(total, Total)
        assert (total.field, total.value, total.noun, len(total.of)) == ("due", 30.75, "bill", 3)
        assert asked.shown_by in asked.calls
        shown = search.goal.knowledge.log[asked.shown_by].value
        assert isinstance(shown, list)
        assert {b["bill_id"] for b in shown if isinstance(b, dict)} == {*total.of}


def test_one_record_adds_up_to_nothing_new():
    world = OneBill.world("one bill")
    assert all(desk(world, seed, seed % 8, "inform").total() is None for seed in range(8))


def test_a_shop_that_lists_no_amounts_has_no_sums():
    assert all(desk(SHOP, seed, seed % 8, "inform").total() is None for seed in range(8))


@pytest.mark.parametrize("domain", ["retail", "clinic"])
def test_the_sums_that_are_drawn_are_right(domain):
    totals = [
        (goal, i) for goal in goals(domain, "inform", 60) for i in goal.intents if isinstance(i.answer, Total)
    ]  # fmt: skip
    assert len(totals) > 4
    for goal, intent in totals:
        assert isinstance(intent.answer, Total)
        rows = [r for r in goal.knowledge.referents if r.source == intent.shown_by and r.id in intent.answer.of]
        values = [a.value for r in rows if (a := r.attribute(intent.answer.field))]
        assert len(values) == len(intent.answer.of) > 1
        assert money(sum(v for v in values if isinstance(v, int | float))) == intent.answer.value
        assert intent.answer.value not in values


def test_looking_for_a_write_changes_nothing():
    for seed in SEEDS:
        search = desk(SHOP, seed, seed % 8)
        before = search.goal.knowledge.session.fingerprint()
        made = search.write()
        assert search.goal.knowledge.session.fingerprint() == before
        if made is not None:
            trial = search.goal.knowledge.session.fork()
            assert isinstance(trial.call(made.bound.call), Result)
            assert trial.diff()
            assert not trial.breaches(Course())


def test_what_is_carried_out_is_done_and_needs_the_reads_before_it():
    for seed in SEEDS:
        search = desk(CLUB, seed)
        made = search.write()
        assert made is not None
        intent = search.carry_out(made)
        assert intent is not None
        assert intent.wants == "change"
        assert search.goal.knowledge.session.diff()
        assert {*made.bound.needs} < intent.calls
        last = search.goal.knowledge.log[max(intent.calls)]
        assert last.call == made.bound.call


def done_with(search: Search, tool: str, *, again: bool) -> list[str]:
    """The tools of three writes, looked for with one first."""
    used = []
    for _ in range(3):
        made = search.write(tool, apart=again)
        intent = search.carry_out(made) if made else None
        if intent is not None and intent.spec is not None:
            search.goal.intents.append(intent)
            used.append(intent.spec.name)
    return used


def test_a_tool_serves_two_matters_only_where_it_may():
    once = [done_with(desk(CLUB, seed), "change_branch", again=False) for seed in SEEDS]
    twice = [done_with(desk(CLUB, seed), "change_branch", again=True) for seed in SEEDS]
    assert all(len(used) == len(set(used)) for used in once)
    assert sum(len(used) > len(set(used)) for used in twice) > 20


def test_a_tool_to_be_tried_first_is_found_where_it_can_be():
    named = Counter(m.spec.name for seed in SEEDS if (m := desk(CLUB, seed).write("keep_until")))
    assert named == {"keep_until": len(SEEDS)}


def test_what_was_made_is_what_people_go_on_with():
    went_on = 0
    for seed in SEEDS:
        search = desk(CLUB, seed)
        lent = search.write("borrow")
        if lent is None or lent.spec.name != "borrow" or search.carry_out(lent) is None:
            continue
        then = search.write()
        went_on += then is not None and any(p.phrase == "that loan" for ps in then.picks.values() for p in ps)
    assert went_on > 5


def test_a_record_is_not_given_the_same_twice():
    search = desk(CLUB, 3)
    seen = set()
    for _ in range(3):
        made = search.write("renew_loan", apart=True)
        assert made is not None
        if made.spec.name == "renew_loan":
            assert made.bound.call.arguments["loan_id"] not in seen
            seen.add(made.bound.call.arguments["loan_id"])
        search.carry_out(made)
    assert seen


def test_what_a_fact_of_a_record_forbids_is_not_tried_on_it_again():
    """It is kept for those who would rather have had it."""
    refused = 0
    for seed in SEEDS:
        search = desk(SHOP, seed, seed % 8)
        for _ in range(3):
            search.write()
        calls = [b.call for _, b in search.refused]
        assert len({(c.name, c.arguments["order_id"]) for c in calls}) == len(calls)
        for call in calls:
            outcome = search.goal.knowledge.session.fork().call(call)
            assert isinstance(outcome, Refusal)
            assert outcome.because is not None
        refused += len(calls)
    assert refused > 10


def test_a_question_is_about_what_a_call_shows():
    fields = set()
    for seed in SEEDS:
        search = desk(SHOP, seed, seed % 8, "inform")
        asked = search.question()
        assert asked is not None
        assert isinstance(asked.answer, Answer)
        assert asked.shown_by in asked.calls
        target = asked.answer.pick.referent
        held = [r.attribute(asked.answer.field) for r in search.goal.knowledge.referents if r.id == target.id]
        assert asked.answer.value in [a.value for a in held if a]
        assert asked.answer.field not in {a.field for a in asked.answer.pick.attributes}
        fields.add(asked.answer.field)
        assert search.goal.knowledge.session.diff() == {}
    assert {"status", "price"} <= fields


def read_with(first: str) -> int:
    """How many questions are answered by a product's record."""
    found = 0
    for seed in SEEDS:
        search = desk(SHOP, seed, seed % 8, "inform")
        asked = search.question(first)
        assert asked is not None
        found += search.goal.knowledge.log[asked.shown_by].call.name == "get_product"
    return found


def test_a_reader_to_be_asked_first_answers_more():
    assert read_with("get_product") > read_with("") + 8


def test_what_others_are_to_follow_from_is_read_first():
    search = desk(CLUB, 0)
    assert search.lead(CLUB.specs["list_loans"], CLUB.specs["renew_loan"])
    assert search.leading is not None
    assert {key for table, key in search.led() if table == "loans"} == {r.id for r in search.goal.knowledge.of("loans")}
    made = search.write("renew_loan")
    assert made is not None
    intent = search.carry_out(made)
    assert intent is not None
    assert search.leading in intent.calls


def test_a_call_that_shows_nothing_of_what_another_takes_leads_to_nothing():
    search = desk(SHOP, 0)
    assert not search.lead(SHOP.specs["list_products"], SHOP.specs["cancel_order"])
    assert desk(SHOP, 0).lead(SHOP.specs["get_buyer"], SHOP.specs["get_order"])


def test_a_change_may_be_followed_by_one_of_what_it_changed():
    """Who follows on makes the first change the one that the next begins from."""
    search = desk(CLUB, 0)
    search.follow_on = True
    made = search.write("renew_loan")
    assert made is not None
    search.carry_out(made)
    assert search.leading is not None
    assert search.goal.knowledge.log[search.leading].writes
    plain = desk(CLUB, 0)
    other = plain.write("renew_loan")
    assert other is not None
    plain.carry_out(other)
    assert plain.leading is None


def denied(world: World, seed: int, person: int, first: str = "", clause: str = "") -> Search | None:
    search = desk(world, seed, person, "refuse")
    return search if search.denial(first, clause) else None


def denials(first: str = "", clause: str = "") -> list[tuple[str, str]]:
    """The tools that are refused, and the clauses that forbid it."""
    found = [s.goal for seed in SEEDS if (s := denied(SHOP, seed, seed % 8, first, clause))]
    return [(g.intents[0].spec.name, g.denial.clause) for g in found if g.intents[0].spec and g.denial]


def test_a_denial_is_one_clause_decided_by_one_fact_that_can_be_read():
    found = [s for seed in SEEDS if (s := denied(SHOP, seed, seed % 8))]
    assert len(found) > 30
    for search in found:
        goal = search.goal
        assert goal.denial is not None
        assert [i.wants for i in goal.intents] == ["refusal"]
        session = SHOP.open("seed:0")
        outcomes = [session.call(call) for call in goal.calls()]
        assert all(isinstance(o, Result) for o in outcomes[:-1])
        last = outcomes[-1]
        assert isinstance(last, Refusal)
        assert (last.clause, last.because) == (goal.denial.clause, goal.denial.because)
        assert goal.knowledge.session.diff() == {}


def test_a_denial_falls_with_the_fact_that_decides_it():
    for search in (s for seed in SEEDS if (s := denied(SHOP, seed, seed % 8))):
        goal = search.goal
        assert goal.denial is not None
        done = replay(SHOP, "seed:0", twin_setup(goal.denial.because), goal.calls())
        assert all(isinstance(o, Result) for o in done.outcomes)
        assert done.diff
        assert not done.breaches


def test_a_denial_can_be_wished_to_uphold_a_clause_or_to_refuse_a_tool():
    plain, second, moved = denials(), denials(clause="2"), denials("redirect_order")
    assert sum(c == "2" for _, c in second) > sum(c == "2" for _, c in plain) + 5
    assert sum(t == "redirect_order" for t, _ in moved) > sum(t == "redirect_order" for t, _ in plain) + 5


class Strict(SwapShop):
    """A shop in which two clauses forbid everything at once. Today is {now}.

    1 Nothing is painted.
    2 Nothing is painted twice.
    3 Find the buyer first.
    4 One person a talk.
    5 Ask for a yes before every change.
    """

    @env.write("1", ask="have {order_id} painted")
    def paint(self, order_id: OrderId) -> str:
        """Paint an order."""
        self.orders.change(self.orders[order_id], town="painted")
        return "done"

    @env.rule("1")
    def painted(self) -> env.Because | None:
        """It is painted."""
        written = [o for o in self.orders.written() if o.town == "painted"]
        return self.orders.because(written[0], "status", "waiting") if written else None

    @env.rule("2")
    def painted_again(self) -> bool:
        """It is painted again."""
        return any(o.town == "painted" for o in self.orders.written())


def test_what_two_clauses_forbid_is_no_denial():
    """Nobody could say which of the two it is."""
    world = Strict.world("strict")
    for seed in range(10):
        search = desk(world, seed, seed % 8, "refuse")
        search.writes = [world.specs["paint"]]
        assert not search.denial()
        assert search.goal.denial is None


def test_tries_are_few_where_a_fork_costs_a_restart():
    assert 0 < TRIES["restart"] < TRIES["cheap"]
    assert 1 < TRIES_EACH < TRIES["restart"]
    search = desk(CLUB)
    assert search.tries < TRIES["cheap"]


def test_the_same_call_is_not_tried_twice_while_nothing_has_happened():
    search = desk(CLUB)
    first = search.write("renew_loan")
    assert first is not None
    assert len(search.tried) >= 1
    assert {*search.tried.values()} <= {*range(len(search.goal.knowledge.log) + 1)}


@pytest.mark.parametrize("domain", [*WORLDS, SWAPS])
def test_no_denial_is_said_in_the_words_or_the_policy(domain):
    for goal in goals(domain, "refuse", 20):
        assert goal.denial is not None
        (intent,) = goal.intents
        told = {a.field for ps in intent.picks.values() for p in ps for a in p.attributes}
        key = goal.denial.because.path.split("/")[1]
        about = {p.referent.id for ps in intent.picks.values() for p in ps}
        assert key not in about or goal.denial.field not in told
        assert str(goal.denial.because.value) not in goal.brief.policy
