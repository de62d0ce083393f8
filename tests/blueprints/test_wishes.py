"""The gate on wishes beside each other: nothing that another matter contradicts, undoes or makes impossible."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from apigen_mt.config import KINDS
from apigen_mt.planning import Mix, Planner
from blueprints.blueprint import Blueprint, Condition, Known, Other, Stage
from blueprints.checks import world_gates
from blueprints.wishes import wishes
from tests.blueprints.drawn import SWAPS
from tests.blueprints.parts import Club, Desk
from tests.blueprints.talks import world_of
from tools_env import authoring as env
from tools_env.calls import Call, Edit
from tools_env.domains.library import Loan, LoanId
from tools_env.replay import replay
from tools_env.values import TEXT, Json, Meaning


class Patient(Club):
    """You help the members of a reading club, which lends a few titles in many copies. Today is {now}.

    1 Find the member by email address before anything else, and serve one member in a talk.
    2 Before you change anything, say exactly what you will do and wait for a yes.
    3 A loan can be renewed until the day it is due; that moves the due date by {loan_days} days.
    4 Borrowing, renewing and changing the branch need a card that has not expired.
    5 A member has at most {most_loans} loans; a new one is due after {loan_days} days.
    """

    @env.write(ask="give {loan_id} back earlier")
    def shorten(self, loan_id: LoanId) -> Loan:
        """Take one loan period from a loan."""
        loan = self.loans[loan_id]
        return self.loans.change(loan, due=loan.due - timedelta(self.terms.loan_days))


DESK = Desk(world=Patient.world("patient"))
PAST = "2026-02-20"


def call(tool: str, title: str, **more: Json) -> Call:
    return Call(name=tool, arguments={"loan_id": DESK.loan(title), **more})


def task(calls: Sequence[Call], stages: Mapping[int, Mapping[str, object]] | None = None, **parts: object) -> Blueprint:
    """One matter for each change, after the reads; `stages` are parts of some of them."""
    actions = (DESK.find, DESK.list, *calls)
    made = [
        Stage.model_validate({"say": "", "wants": "change", "until": n + 3, **(stages or {}).get(n, {})})
        for n in range(len(calls))
    ]
    fields: dict[str, object] = {
        "domain": DESK.world.name,
        "digest": DESK.world.digest,
        "snapshot": "seed:0",
        "person": DESK.member,
        "instruction": "",
        "stages": made,
        "known": {},
        "actions": actions,
        "diff": replay(DESK.world, "seed:0", (), actions).diff,
        "kind": "act",
    }
    return Blueprint.model_validate(fields | parts)


def reasons(blueprint: Blueprint) -> list[str]:
    found = [*wishes(blueprint, DESK.world)]
    assert {r.stage for r in found} <= {"wishes"}
    told = [r.reason for r in world_gates(blueprint, DESK.world) if r.stage == "wishes"]
    assert told == [r.reason for r in found]
    return told


NORTH, OLD_TOWN, BACK = (call("change_branch", "Blue Tide", branch=b) for b in ("north", "old town", "harbour"))
RENEWED = call("renew_loan", "Salt Orchard")


@pytest.mark.parametrize(
    ("calls", "left_out"),
    [
        ((NORTH, OLD_TOWN), "without change_branch"),
        ((NORTH, RENEWED, OLD_TOWN), "without change_branch"),
        ((NORTH, BACK, RENEWED), "without change_branch"),
        ((RENEWED, NORTH, call("shorten", "Salt Orchard")), "without renew_loan and shorten"),
        ((call("keep_until", "Blue Tide", day="2026-04-01"), call("bring_back", "Blue Tide")), "without keep_until"),
    ],
)
def test_a_change_that_leaves_nothing_behind_is_found(calls, left_out):
    assert reasons(task(calls)) == [f"all ends the same {left_out}: ask for changes that are still there in the end"]


@pytest.mark.parametrize(
    "calls",
    [
        (NORTH, RENEWED),
        (NORTH, call("renew_loan", "Blue Tide")),
        (call("keep_until", "Blue Tide", day="2026-04-01"), call("renew_loan", "Blue Tide")),
        (call("renew_loan", "Blue Tide"), call("renew_loan", "Blue Tide"), RENEWED),
        (RENEWED, NORTH, call("shorten", "Silent Engine")),
        (NORTH, call("bring_back", "Salt Orchard"), RENEWED.model_copy(update={"name": "bring_back", "arguments":
         {"loan_id": DESK.loan("Silent Engine")}})),
    ],
)  # fmt: skip
def test_changes_that_all_leave_something_behind_pass(calls):
    assert reasons(task(calls)) == []


def test_what_comes_after_has_to_succeed_without_what_is_left_out():
    """Who does not first set an overdue loan right cannot renew it."""
    overdue = (Edit(path=f"loans/{DESK.loan('Blue Tide')}/due", value=PAST),)
    calls = (call("keep_until", "Blue Tide", day="2026-03-09"), call("renew_loan", "Blue Tide"), NORTH)
    diff = replay(DESK.world, "seed:0", overdue, (DESK.find, DESK.list, *calls)).diff
    assert reasons(task(calls, setup=overdue, diff=diff)) == []


def changed_mind(first: str, then: str) -> Blueprint:
    """A loan first wanted at one branch, then at the old town; and another change of that loan."""
    lend, move = DESK.borrowed_and_moved("Glass Harvest", "old town", "north").actions[2:]
    renew = move.model_copy(update={"name": "renew_loan", "arguments": {"loan_id": move.arguments["loan_id"]}})
    branch = Known(value="old town", meaning=TEXT, disclose="volunteer", label="branch", about="branch", at_first=first)
    return task((lend, {"move": move, "renew": renew}[then]), known={"branch": branch})


@pytest.mark.parametrize("first", ["north", "harbour"])
def test_a_change_of_mind_that_a_later_change_undoes_is_found(first):
    (told,) = reasons(changed_mind(first, "move"))
    assert told.startswith("all ends the same where borrow is done as it was first said: ")
    assert reasons(changed_mind(first, "renew")) == []


def hung(other: Call) -> dict[str, object]:
    """A matter that hangs on when the Blue Tide is due, and what is wanted otherwise."""
    condition = Condition(source_call=1, record=DESK.loan("Blue Tide"), field="due", meaning=Meaning("date"),
                          than="after", value="2026-03-04", holds=True, text="it is due late")  # fmt: skip
    return {"condition": condition, "other": Other(intent="do something else", call=other)}


@pytest.mark.parametrize("number", [0, 1])
def test_a_branch_that_another_matter_wants_is_found(number):
    calls = (NORTH, RENEWED)
    contradicted = task(calls, {number: hung(calls[1 - number])})
    assert reasons(contradicted) == [
        f"message {number + 1}: 'do something else' is not to happen, and message {2 - number} wants it"
    ]
    elsewhere = task(calls, {1: hung(call("change_branch", "Blue Tide", branch="old town"))})
    assert len(reasons(elsewhere)) == 1, "to another branch, but the same loan"


def test_a_branch_of_another_record_or_of_the_matter_itself_passes():
    calls = (NORTH, RENEWED)
    assert reasons(task(calls, {0: hung(call("renew_loan", "Silent Engine"))})) == []
    assert reasons(task(calls, {0: hung(OLD_TOWN)})) == [], "one branch or the other of the same matter"
    lend: dict[str, Json] = {"member_id": DESK.member, "title": "Glass Harvest", "branch": "north"}
    borrow = Call(name="borrow", arguments=lend)
    other = borrow.model_copy(update={"arguments": {**lend, "title": "Blue Tide"}})
    assert reasons(task((NORTH, borrow), {0: hung(other)})) == []
    assert len(reasons(task((NORTH, borrow), {0: hung(borrow)}))) == 1


def test_a_first_wish_that_fails_by_ones_own_doing_is_found():
    calls = (call("keep_until", "Blue Tide", day=PAST), call("change_branch", "Blue Tide", branch="north"))
    rather = {1: {"other": Other(intent="renew the Blue Tide", call=call("renew_loan", "Blue Tide"))}}
    (told,) = reasons(task(calls, rather))
    assert told.startswith("message 2: what the person would rather have is forbidden only because of")
    overdue = (Edit(path=f"loans/{DESK.loan('Blue Tide')}/due", value=PAST),)
    assert reasons(task((RENEWED, calls[1]), rather, setup=overdue)) == []


@pytest.mark.parametrize(("domain", "seed", "count"), [("library", 101, 40), (SWAPS, 0, 24), ("retail", 101, 20)])
def test_nothing_that_is_drawn_speaks_against_itself(domain, seed, count):
    check_drawn(domain, seed, count)


@pytest.mark.proof
@pytest.mark.parametrize(("domain", "seed", "count"), [("library", 101, 165), (SWAPS, 0, 80), ("retail", 101, 60)])
def test_nothing_of_more_that_is_drawn_speaks_against_itself(domain, seed, count):
    check_drawn(domain, seed, count)


def check_drawn(domain: str, seed: int, count: int) -> None:
    world = world_of(domain)
    planner = Planner(world, seed, Mix(dict(KINDS)))
    drafts = [d for _ in range(count) if isinstance(d := planner.next().draft, Blueprint)]
    assert sum(sum(world.specs[a.name].writes for a in b.actions) > 1 for b in drafts) > count / 8
    assert not [r.reason for b in drafts for r in wishes(b, world)]
