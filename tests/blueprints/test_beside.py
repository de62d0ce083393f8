"""Wishes beside each other: no later one takes back what an earlier one was about."""

from collections.abc import Iterator
from functools import cache

import pytest

from blueprints.beside import spoken_of, takes_back, told_apart
from blueprints.binding import Bound
from blueprints.goal import Answer, Goal
from blueprints.knowledge import Choice
from blueprints.search import Search
from blueprints.size import LONG_CALLS
from tests.blueprints.drawn import WORLDS, bound, desk, draws, found
from tests.blueprints.talks import world_of
from tools_env.calls import Call
from tools_env.replay import replay

CALLS = 9


@cache
def sized(domain: str, kind) -> tuple[Goal, ...]:
    return tuple(goal for goal, _ in draws(world_of(domain), kind, 12, calls=CALLS))


def loans(search: Search) -> list:
    search.binder.bind(search.goal.world.specs["renew_loan"])
    return search.goal.knowledge.of("loans")


def person_with_loans(least: int) -> Search:
    return next(s for n in range(60) if len(loans(s := desk(world_of("library"), person=n))) >= least)


def tried(search: Search, tool: str, record, **values) -> bool:
    """Whether a write would take back what was done before."""
    made = bound(search, tool, record, **values)
    before = search.goal.knowledge.session.diff()
    trial = search.goal.knowledge.session.fork()
    trial.call(made.call)
    after = trial.diff()
    trial.close()
    return takes_back(search.goal, search.goal.world.specs[tool], before, after)


def do(search: Search, tool: str, record, **values) -> None:
    intent = search.carry_out(found(search, tool, record, **values))
    assert intent is not None
    search.goal.intents.append(intent)


def test_a_field_is_not_changed_twice_and_another_field_may_be():
    search = person_with_loans(1)
    loan = loans(search)[0]
    branches = [b for b in ("north", "old town", "harbour") if b != loan.attribute("branch").value]
    do(search, "change_branch", loan, branch=branches[0])
    assert tried(search, "change_branch", loan, branch=branches[1])
    assert not tried(search, "renew_loan", loan)
    assert spoken_of(search.goal, bound(search, "renew_loan", loan))


def test_another_record_is_not_one_that_was_changed():
    search = person_with_loans(2)
    one, other = loans(search)[:2]
    branch = "north" if one.attribute("branch").value != "north" else "harbour"
    do(search, "change_branch", one, branch=branch)
    assert not spoken_of(search.goal, bound(search, "renew_loan", other))


def test_what_was_described_by_a_title_is_not_wished_for_by_that_title():
    search = person_with_loans(2)
    loan = loans(search)[0]
    do(search, "change_branch", loan, branch="north" if loan.attribute("branch").value != "north" else "harbour")
    title = search.goal.world.specs["borrow"].param("title")
    (told,) = search.goal.intents[0].picks["loan_id"]
    assert title is not None
    same, other = (
        Bound(Call(name="borrow", arguments={"title": t}), {"title": Choice(title, t)}, {}, ())
        for t in (loan.attribute("title").value, "A Book Nobody Wrote")
    )
    assert spoken_of(search.goal, same) == (loan.attribute("title").value in told.phrase)
    assert not spoken_of(search.goal, other)


def changes(goal: Goal) -> Iterator[set[str]]:
    """The fields, and whole records, that each action changes beside what those before it have changed."""
    before: dict = {}
    for number in range(1, len(goal.actions()) + 1):
        now = replay(goal.world, goal.snapshot, goal.setup, goal.actions()[:number]).diff
        yield {p for p in now if now[p] != before.get(p) and not isinstance(now[p].after, int | float)}
        before = now


@pytest.mark.parametrize("domain", ["retail", "clinic"])
def test_in_long_tasks_no_change_is_about_what_another_has_changed(domain):
    goals = [goal for goal, _ in draws(world_of(domain), "act", 4 if domain == "clinic" else 8, calls=LONG_CALLS)]
    assert goals
    for goal in goals:
        touched = [paths for paths in changes(goal) if paths]
        everything = [p for paths in touched for p in paths if p.count("/") == 2]
        assert len(everything) == len({*everything}), goal.actions()


@pytest.mark.parametrize("domain", WORLDS)
@pytest.mark.parametrize("kind", ["refuse", "partial"])
def test_what_is_asked_beside_a_refusal_hangs_on_another_field(domain, kind):
    for goal in sized(domain, kind):
        assert goal.intents[-1].wants == "refusal"
        assert all(told_apart(goal, intent) for intent in goal.intents[:-1])
        kinds = {intent.wants for intent in goal.intents[:-1]}
        assert kinds <= ({"answer"} if kind == "refuse" else {"answer", "change"})


def test_one_record_is_called_by_one_name_unless_it_has_changed():
    names: dict[tuple[int, str, str], set[str]] = {}
    for number, goal in enumerate(sized("retail", "inform") + sized("clinic", "inform")):
        for intent in goal.intents:
            picks = [p for ps in intent.picks.values() for p in ps]
            picks += [intent.answer.pick] if isinstance(intent.answer, Answer) else []
            for one in picks:
                names.setdefault((number, one.referent.table, one.referent.id), set()).add(one.phrase)
    again = [said for said in names.values() if len(said) > 1]
    assert len(again) <= len(names) // 20, again


def test_drawing_a_size_is_a_function_of_the_generator():
    world = world_of("clinic")
    one, other = ([g.actions() for g, _ in draws(world, "act", 3, calls=CALLS)] for _ in range(2))
    assert one == other
