"""Operators, in worlds made for it: conditions either way, first wishes that policy forbids, changes of mind."""

import datetime
from collections import Counter
from typing import Annotated, Literal

import pytest

from blueprints.knowledge import Referent
from blueprints.operators import compares, fallback, hinge, second_thoughts
from blueprints.search import Found, Search
from tests.blueprints.drawn import SWAPS as SHOP
from tests.blueprints.drawn import WORLDS, bound, desk, found, goals
from tests.swap_world import SwapShop
from tools_env import authoring as env
from tools_env.calls import Call, Refusal, Result
from tools_env.course import Course
from tools_env.domains.library import Library, Loan, LoanId
from tools_env.mentions import mentions
from tools_env.values import Json

SEEDS = range(60)
Cover = Annotated[Literal["red", "dark red", "blue"], env.Doc("The colour of the cover.")]


class Shelf(Library):
    """You help the members of a reading club, which lends a few titles in many copies. Today is {now}.

    1 Find the member by email address before anything else, and serve one member in a talk.
    2 Before you change anything, say exactly what you will do and wait for a yes.
    3 A loan can be renewed until the day it is due; that moves the due date by {loan_days} days.
    4 Borrowing, renewing and changing the branch need a card that has not expired.
    5 A member has at most {most_loans} loans; a new one is due after {loan_days} days.
    """

    def fill(self, rng: env.Random) -> None:
        """Give the first member one loan that is overdue and two that are not."""
        super().fill(rng)
        self.terms = self.terms.model_copy(update={"loan_days": 21, "most_loans": 4})
        self.members.change(self.members["M100"], card_expires=self.now + datetime.timedelta(90))
        for loan in self.loans.where(member_id="M100"):
            self.loans.remove(loan)
        self._lend("M100", "Salt Orchard", self.now - datetime.timedelta(5), "north")
        self._lend("M100", "Blue Tide", self.now + datetime.timedelta(10), "harbour")
        self._lend("M100", "Silent Engine", self.now + datetime.timedelta(16), "old town")

    @env.write(ask="have {loan_id} bound in {cover}")
    def bind_anew(self, loan_id: LoanId, cover: Cover) -> Loan:
        """Bind a loan anew."""
        return self.loans.change(self.loans[loan_id], due=self.now + datetime.timedelta(40 + len(cover)))


WORLD = Shelf.world("shelf")


def at_the_desk(seed: int = 0) -> tuple[Search, dict[str, Referent]]:
    """A search for the first member, and their loans by title."""
    search = desk(WORLD, seed)
    call = Call(name="list_loans", arguments={"member_id": search.goal.person.id})
    index = search.goal.knowledge.call(call, (search.goal.identified,))
    loans = [r for r in search.goal.knowledge.of("loans") if r.source == index]
    return search, {str(a.value): r for r in loans if (a := r.attribute("title"))}


@pytest.mark.parametrize(
    ("value", "than", "limit", "holds"),
    [
        (40.0, "above", 35, True),
        (40.0, "above", 40, False),
        (40.0, "below", 40.5, True),
        (40, "below", 40.0, False),
        ("2026-03-02", "after", "2026-03-01", True),
        ("2026-03-02T14:30", "after", "2026-03-02", False),
        ("2026-03-02T14:30", "before", "2026-03-03", True),
        ("2026-03-02", "before", "2026-03-02", False),
        ("waiting", "is", "waiting", True),
        ("waiting", "is", "packed", False),
        (25, "is", 25.0, True),
        ("2026-03-02", "above", 3, False),
        (None, "below", 3, False),
    ],
)
def test_values_are_compared_as_people_compare_them(value, than, limit, holds):
    assert compares(value, than, limit) == holds


def hinges_on(title: str) -> list:
    """What comes of so many tries to hang the change of a loan's branch on something."""
    made = []
    for seed in SEEDS:
        search, loans = at_the_desk(seed)
        change = found(search, "change_branch", loans[title], branch="harbour")
        if (hung := hinge(search, change)) is not None:
            made.append((search, change, *hung))
    return made


def test_a_condition_turns_out_as_it_says():
    made = hinges_on("Silent Engine")
    assert len(made) > 40
    for search, _, hung, other in made:
        held = hung.referent.attribute(hung.field)
        assert held is not None
        assert compares(held.value, hung.than, hung.value) == hung.holds
        assert held.value != hung.value
        assert hung.value != search.goal.brief.now.isoformat()
        assert hung.holds or other is not None
    branches = Counter((hung.holds, other is not None) for _, _, hung, other in made)
    assert {*branches} == {(True, False), (True, True), (False, True)}
    assert min(branches.values()) > 3


def test_a_condition_looks_at_what_the_words_do_not_say():
    for _, change, hung, _ in hinges_on("Silent Engine"):
        picks = [p for ps in change.picks.values() for p in ps]
        told = {a.field for p in picks for a in p.attributes} | {p.superlative.field for p in picks if p.superlative}
        assert hung.referent.table == "members" or hung.field not in told
        assert hung.meaning.kind == "date"


def test_what_is_wanted_otherwise_could_be_done_to_the_same_record():
    others = [(search, change, other) for search, change, _, other in hinges_on("Silent Engine") if other]
    assert {other.spec.name for _, _, other in others} == {"renew_loan", "bind_anew"}
    for search, change, other in others:
        assert other.bound.call.arguments["loan_id"] == change.bound.call.arguments["loan_id"]
        trial = search.goal.knowledge.session.fork()
        assert isinstance(trial.call(other.bound.call), Result)
        assert not trial.breaches(Course())
        assert "{" not in other.text
        assert change.picks["loan_id"][0].phrase in other.text
        assert search.goal.knowledge.session.diff() == {}


def test_nothing_is_wanted_otherwise_that_policy_forbids():
    """An overdue loan is not renewed, whatever the condition."""
    made = hinges_on("Salt Orchard")
    assert {other.spec.name for _, _, _, other in made if other} == {"bind_anew"}


def test_without_a_record_to_look_at_a_condition_is_the_persons_own_or_none():
    made = []
    for seed in SEEDS:
        search, _ = at_the_desk(seed)
        made_up = search.write("borrow")
        if made_up is not None and made_up.spec.name == "borrow":
            made.append(hinge(search, made_up))
    hung = [h for h in made if h is not None]
    assert hung
    assert {h.referent.table for h, _ in hung} == {"members"}
    assert all(h.holds and other is None for h, other in hung)
    assert not {h.field for h, _ in hung} & {"name", "email"}


def test_a_field_that_the_talk_has_changed_is_not_looked_at():
    search, loans = at_the_desk()
    call = Call(name="renew_loan", arguments={"loan_id": loans["Silent Engine"].id})
    search.goal.knowledge.call(call, (loans["Silent Engine"].source,))
    for _ in SEEDS:
        change = found(search, "change_branch", loans["Blue Tide"], branch="north")
        hung = hinge(search, change)
        assert hung is None or hung[0].field != "due"


def rather(tool: str, wanted: str, forbidden: str, seed: int, **values: Json):
    """What somebody would rather have who has tried to have the loan `forbidden` renewed."""
    search, loans = at_the_desk(seed)
    tried = bound(search, tool, loans[forbidden])
    search.refused.append((WORLD.specs[tool], tried))
    change = found(search, "renew_loan" if not values else "change_branch", loans[wanted], **values)
    return search, change, fallback(search, change)


def test_a_first_wish_is_the_same_of_another_record():
    told = set()
    for seed in SEEDS:
        search, change, other = rather("renew_loan", "Blue Tide", "Salt Orchard", seed)
        if other is None:
            continue
        outcome = search.goal.knowledge.session.fork().call(other.bound.call)
        assert isinstance(outcome, Refusal)
        assert outcome.cause == "policy"
        assert change.picks["loan_id"][0].phrase not in other.text
        assert other.text.startswith("renew ")
        told.add(other.text)
    assert "renew the Salt Orchard" in told
    assert not any("due" in text for text in told), "what decides is for the agent to find out"


def test_a_first_wish_is_another_thing_done_to_the_same_record():
    made = [rather("renew_loan", "Salt Orchard", "Salt Orchard", seed, branch="harbour") for seed in SEEDS]
    others = [other for _, _, other in made if other]
    assert len(others) > 20
    assert {other.spec.name for other in others} == {"renew_loan"}
    assert {other.bound.call.arguments["loan_id"] for other in others} == {
        change.bound.call.arguments["loan_id"] for _, change, _ in made
    }


def test_what_is_possible_is_no_first_wish():
    """That it was refused before does not count: it has to be forbidden now."""
    for seed in SEEDS:
        assert rather("renew_loan", "Blue Tide", "Silent Engine", seed)[2] is None


def test_the_very_same_call_is_no_first_wish():
    for seed in SEEDS:
        assert rather("renew_loan", "Salt Orchard", "Salt Orchard", seed)[2] is None


def test_another_thing_done_to_another_record_is_no_first_wish():
    for seed in SEEDS:
        assert rather("renew_loan", "Blue Tide", "Salt Orchard", seed, branch="north")[2] is None


def test_what_an_own_change_has_touched_is_no_first_wish():
    """It might be forbidden for that change alone."""
    told = {}
    for title in ("Salt Orchard", "Silent Engine"):
        made = 0
        for seed in SEEDS:
            search, loans = at_the_desk(seed)
            search.refused.append((WORLD.specs["renew_loan"], bound(search, "renew_loan", loans["Salt Orchard"])))
            move = Call(name="change_branch", arguments={"loan_id": loans[title].id, "branch": "harbour"})
            assert search.goal.knowledge.call(move, (loans[title].source,)) is not None
            made += fallback(search, found(search, "renew_loan", loans["Blue Tide"])) is not None
        told[title] = made
    assert told["Salt Orchard"] == 0
    assert told["Silent Engine"] > 20


def test_nobody_would_rather_have_what_was_never_tried():
    search, loans = at_the_desk()
    assert fallback(search, found(search, "renew_loan", loans["Blue Tide"])) is None


def test_who_changes_their_mind_first_says_something_else_that_would_do():
    values = set()
    for seed in SEEDS:
        search, loans = at_the_desk(seed)
        change = found(search, "change_branch", loans["Blue Tide"], branch="north")
        thought = second_thoughts(search, change)
        if thought is None:
            continue
        param, value = thought
        assert param.name == "branch"
        assert value != "north"
        first = {**change.bound.call.arguments, "branch": value}
        outcome = search.goal.knowledge.session.fork().call(Call(name="change_branch", arguments=first))
        assert isinstance(outcome, Result)
        assert search.goal.knowledge.session.diff() == {}
        values.add(value)
    assert values == {"old town"}, "it is at the harbour already"


def test_one_value_is_not_told_from_another_that_holds_its_words():
    """Who says "dark red" says "red" too."""
    values = set()
    for seed in SEEDS:
        search, loans = at_the_desk(seed)
        thought = second_thoughts(search, found(search, "bind_anew", loans["Blue Tide"], cover="red"))
        values |= {thought[1]} if thought else set()
    assert values == {"blue"}


def test_there_is_nothing_to_change_ones_mind_about_in_a_call_of_records_alone():
    search, loans = at_the_desk()
    assert second_thoughts(search, found(search, "renew_loan", loans["Blue Tide"])) is None


@pytest.mark.parametrize("domain", [*WORLDS, SHOP])
def test_what_is_drawn_has_one_operator_a_matter_at_most(domain):
    for goal in goals(domain, "act", 40):
        for intent in goal.intents:
            assert intent.other is None or intent.at_first is None
            assert intent.hinge is None or intent.at_first is None
            assert intent.wants == "change" or not (intent.hinge or intent.other or intent.at_first)


@pytest.mark.parametrize("domain", WORLDS)
def test_what_is_said_first_is_not_what_is_done(domain):
    changed = [i for goal in goals(domain, "act", 40) for i in goal.intents if i.at_first]
    for intent in changed:
        assert intent.at_first is not None
        assert intent.bound is not None
        param, value = intent.at_first
        done = intent.bound.call.arguments[param.name]
        assert not mentions(str(value), done, param.meaning)
        assert not mentions(str(done), value, param.meaning)


def test_a_swap_of_pairs_hangs_on_no_single_record():
    """Two articles and an order: of none of them it could be said that the swap is about it."""
    world = SwapShop.world("swaps")
    hung = []
    for seed in range(90):
        search = desk(world, seed, seed % 8)
        swap: Found | None = search.write("swap_articles")
        if swap is not None and swap.spec.name == "swap_articles":
            hung.append(hinge(search, swap))
    assert len(hung) > 5
    assert {h[0].referent.table for h in hung if h} <= {"buyers"}
