"""Goals: which calls they need, in which order, and what a talk has changed by then."""

import pytest

from blueprints.binding import Bound
from blueprints.goal import Answer, Figure, Goal, Intent, changed_fields, twin_setup
from blueprints.search import Search
from tests.blueprints.drawn import KINDS, SWAPS, WORLDS, desk, goals
from tests.blueprints.parts import Club
from tools_env.calls import Because, Call, Edit
from tools_env.values import Meaning

CLUB = Club.world("club")


def listed(seed: int = 0) -> Search:
    """A search that has found the first member and listed their loans: calls 0 and 1."""
    search = desk(CLUB, seed)
    search.goal.knowledge.call(Call(name="list_loans", arguments={"member_id": "M100"}), (0,))
    return search


def did(search: Search, *calls: tuple[str, dict]) -> list[int]:
    """More calls, each in need of the listing; their indices."""
    made = [search.goal.knowledge.call(Call(name=n, arguments=a), (1,)) for n, a in calls]
    assert None not in made
    return [index for index in made if index is not None]


def wanted(*calls: int) -> Intent:
    return Intent("change", None, None, {}, {*calls})


def test_only_the_calls_that_some_matter_needs_are_made():
    search = listed()
    loans = [r.id for r in search.goal.knowledge.of("loans")]
    _, second = did(search, ("renew_loan", {"loan_id": loans[0]}), ("renew_loan", {"loan_id": loans[1]}))
    search.goal.intents = [wanted(second)]
    assert search.goal.order() == ([0, 1, second], [3])
    assert [c.name for c in search.goal.actions()] == ["find_member", "list_loans", "renew_loan"]
    assert search.goal.actions()[-1].arguments == {"loan_id": loans[1]}


def test_calls_come_matter_by_matter_and_each_once():
    search = listed()
    loans = [r.id for r in search.goal.knowledge.of("loans")]
    first, second = did(search, ("renew_loan", {"loan_id": loans[0]}), ("renew_loan", {"loan_id": loans[1]}))
    search.goal.intents = [wanted(second), wanted(first), wanted(0)]
    assert search.goal.order() == ([0, 1, second, first], [3, 4, 4])


def test_without_a_matter_the_person_is_found_all_the_same():
    assert listed().goal.order() == ([0], [])


def test_who_asks_about_the_policy_alone_need_not_be_found():
    goal, figure = listed().goal, Figure("3", "how many", Meaning("count"), 21)
    goal.intents = [Intent("answer", None, None, {}, set(), figure)]
    assert (goal.anonymous, goal.order(), goal.actions()) == (True, ([], [0]), ())
    goal.intents = [*goal.intents, wanted(1)]
    assert (goal.anonymous, goal.order()) == (False, ([0, 1], [1, 2]))


def test_what_is_refused_is_a_call_of_the_goal_and_no_action():
    goal = listed().goal
    refused = Bound(Call(name="renew_loan", arguments={"loan_id": "L1"}), {}, {}, (1,))
    goal.intents = [Intent("refusal", CLUB.specs["renew_loan"], refused, {}, {1})]
    assert [c.name for c in goal.actions()] == ["find_member", "list_loans"]
    assert goal.calls() == (*goal.actions(), refused.call)
    assert goal.withheld() == ()


def test_tools_for_what_is_missing_are_withheld():
    goal = listed().goal
    specs = [CLUB.specs[n] for n in ("renew_loan", "borrow", "renew_loan")]
    goal.intents = [Intent("missing", spec, None, {}) for spec in specs]
    assert goal.withheld() == ("borrow", "renew_loan")
    assert goal.calls() == goal.actions()


def test_a_twin_has_the_one_fact_changed():
    assert twin_setup(Because(path="loans/L1/due", value="2026-01-01", instead="2026-04-01")) == (
        Edit(path="loans/L1/due", value="2026-04-01"),
    )


def test_nothing_is_changed_before_anything_is_done():
    search = listed()
    assert changed_fields(search.goal, search.goal.knowledge.of("loans")[0]) == set()


def test_what_one_record_has_changed_in_is_no_longer_sure_of_any_of_its_like():
    search = listed()
    loans = search.goal.knowledge.of("loans")
    did(search, ("renew_loan", {"loan_id": loans[0].id}))
    assert changed_fields(search.goal, loans[0]) == changed_fields(search.goal, loans[1]) == {"due"}
    did(search, ("change_branch", {"loan_id": loans[1].id, "branch": "north"}))
    assert changed_fields(search.goal, loans[2]) == {"due", "branch"}


def test_what_changes_in_other_records_is_no_matter():
    search = listed()
    loans = search.goal.knowledge.of("loans")
    did(search, ("extend_card", {"member_id": "M100"}))
    assert changed_fields(search.goal, loans[0]) == set()
    assert changed_fields(search.goal, search.goal.knowledge.of("members")[0]) == {"card_expires"}


@pytest.mark.parametrize("domain", [*WORLDS, SWAPS])
@pytest.mark.parametrize("kind", KINDS[:-1])
def test_every_answer_and_every_decision_is_shown_by_a_call_that_is_made(domain, kind):
    for goal in goals(domain, kind, 10):
        kept, until = goal.order()
        assert until == sorted(until)
        assert until[-1] == len(kept) == len(set(kept))
        assert kept[0] == goal.identified
        for place, intent in enumerate(goal.intents):
            if isinstance(intent.answer, Answer):
                assert intent.shown_by in kept[: until[place]]
        assert_decided(goal, kept)


def assert_decided(goal: Goal, kept: list[int]) -> None:
    """What decides a refusal is shown before it is asked for."""
    if goal.denial is not None:
        assert goal.denial.shown_by in kept
        field = goal.denial.because.path.rsplit("/", 1)[-1]
        assert field == goal.denial.field
    else:
        assert goal.kind not in {"refuse", "partial"}
