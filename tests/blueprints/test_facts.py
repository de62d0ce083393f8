"""What the person knows: of themself, of the records a goal is about, of values they bring along."""

import random

import pytest

from blueprints.blueprint import Known
from blueprints.facts import INTRODUCED, KEPT_BACK, facts_of, intent_text, own_facts
from blueprints.goal import Answer, Figure, Goal, Intent, Total
from blueprints.search import Search
from tests.blueprints.drawn import KINDS, SWAPS, WORLDS, desk, found, goals, tasks
from tests.blueprints.parts import Club
from tools_env.calls import Call
from tools_env.values import Meaning

CLUB = Club.world("club")
SEEDS = range(120)


def changed(seed: int = 0) -> tuple[Search, Intent]:
    """The branch of the first member's loan of one title, moved."""
    search = desk(CLUB, seed)
    search.goal.knowledge.call(Call(name="list_loans", arguments={"member_id": "M100"}), (0,))
    loan = next(r for r in search.goal.knowledge.of("loans") if (a := r.attribute("title")) and a.value == "Blue Tide")
    intent = search.carry_out(found(search, "change_branch", loan, branch="north"))
    assert intent is not None
    search.goal.intents.append(intent)
    return search, intent


def facts(number: int = 0, seed: int = 0, **parts: object) -> dict[str, Known]:
    """What the person knows of that change, as the first matter or a later one."""
    search, intent = changed(seed)
    for name, value in parts.items():
        setattr(intent, name, value)
    search.goal.intents = [intent] * (number + 1)
    return facts_of(search.goal, intent, number, random.Random(seed))


def test_some_introduce_themselves_and_others_wait_to_be_asked():
    goal = changed()[0].goal
    known = [own_facts(goal, random.Random(seed)) for seed in SEEDS]
    assert {frozenset(k) for k in known} == {frozenset({"name", "email"})}
    told = [k for k in known if k["email"].disclose == "volunteer"]
    assert abs(len(told) / len(known) - INTRODUCED) < 0.12
    assert {k["name"].disclose for k in known} == {"if_asked"}, "only what finds the person is told"
    assert all(k[n].value == goal.person.facts[n].value for k in known for n in k)


def test_who_asks_about_the_policy_does_not_introduce_themselves():
    goal = changed()[0].goal
    goal.intents = [Intent("answer", None, None, {}, set(), Figure("3", "how many", Meaning("count"), 21))]
    for seed in SEEDS:
        assert {k.disclose for k in own_facts(goal, random.Random(seed)).values()} == {"if_asked"}


def test_a_record_is_known_by_its_words_and_never_by_its_id():
    known = facts()
    loan = known["loan_id"]
    assert (loan.value, loan.disclose, loan.label, loan.about) == (None, "unknown", "loan", "loan_id")
    assert loan.phrase.startswith("the ")
    assert loan.vague == "one of my loans"
    told = [k for k in known.values() if k.about == "loan_id" and k.field]
    assert told
    assert all(str(k.value) in loan.phrase or k.field == "due" for k in told)


def test_a_value_is_known_by_what_the_tool_calls_it():
    branch = facts()["branch"]
    assert (branch.value, branch.disclose, branch.about, branch.field) == ("north", "volunteer", "branch", "")


def test_facts_of_a_later_matter_go_by_its_number():
    known = facts(number=1)
    assert {n.rsplit(" ", 1)[-1] for n in known} == {"2"}
    assert {k.stage for k in known.values()} == {1}


def test_words_are_kept_back_now_and_then():
    kept = [facts(seed=seed)["loan_id"] for seed in SEEDS]
    back = [
        any(k.disclose == "if_asked" for k in facts(seed=seed).values() if k.field and k.about == "loan_id")
        for seed in SEEDS
    ]
    assert abs(sum(back) / len(kept) - KEPT_BACK) < 0.12


def test_who_is_vague_keeps_the_words_back():
    for seed in SEEDS:
        told = [k for k in facts(seed=seed, vague=True).values() if k.about == "loan_id" and k.field]
        assert {k.disclose for k in told} == {"if_asked"}


def test_what_hangs_on_something_is_said_at_once():
    """A condition on a record that nobody has named yet could not be read."""
    goal_list = [g for d in (*WORLDS, SWAPS) for g in goals(d, "act", 40)]
    checked = 0
    for goal in goal_list:
        for number, intent in enumerate(goal.intents):
            if intent.hinge is not None or intent.other is not None:
                known = facts_of(goal, intent, number, random.Random(1))
                records = {k.about for k in known.values() if k.disclose == "unknown"}
                told = {k.disclose for k in known.values() if k.field and k.about in records}
                assert told <= {"volunteer"}
                checked += 1
    assert checked > 40


def test_who_changes_their_mind_knows_both_values_and_keeps_neither_back():
    param = CLUB.specs["change_branch"].param("branch")
    assert param is not None
    for seed in SEEDS:
        branch = facts(seed=seed, at_first=(param, "old town"))["branch"]
        assert (branch.value, branch.at_first, branch.disclose) == ("north", "old town", "volunteer")
    assert facts()["branch"].at_first is None


def named(goal: Goal, answer: Answer | Total | Figure) -> str:
    return intent_text(Intent("answer", None, None, {}, {0}, answer))


def test_a_question_names_what_is_asked():
    goal = changed()[0].goal
    answer = next(i.answer for g in goals("library", "inform", 30) for i in g.intents
                  if isinstance(i.answer, Answer) and i.answer.pick.attributes)  # fmt: skip
    assert named(goal, answer).startswith("the ")
    assert named(goal, answer).endswith(" of {record}")
    whole = Total("unit_price", Meaning("amount"), 30.0, ("a", "b"), "order")
    assert named(goal, whole) == "what the unit price of all my orders adds up to"
    figure = Figure("3", "at most how many pieces", Meaning("count"), 20)
    assert named(goal, figure) == 'what your rules say here: "at most how many pieces"'


def test_a_change_is_wanted_in_the_tools_own_words():
    _, intent = changed()
    assert intent_text(intent) == CLUB.specs["change_branch"].ask
    bare = Intent("change", CLUB.specs["change_branch"].model_copy(update={"ask": ""}), None, {})
    assert intent_text(bare) == "change the branch where a loan is collected"


def test_the_words_of_a_search_are_known_and_given_when_asked_or_said_at_once():
    searched = [b for b in tasks("retail", "inform", 40) if any(k.searched for k in b.known.values())]
    assert searched
    for blueprint in searched:
        for known in (k for k in blueprint.known.values() if k.searched):
            assert known.about
            assert any(known.value in a.arguments.values() for a in blueprint.actions)
            said = f"The {known.label} is {known.value}." in blueprint.stages[known.stage].say
            assert said == (known.disclose == "volunteer")
    assert "volunteer" in {k.disclose for b in searched for k in b.known.values() if k.searched}


@pytest.mark.parametrize("domain", [*WORLDS, SWAPS])
@pytest.mark.parametrize("kind", KINDS[:-1])
def test_no_one_knows_an_answer_or_what_decides(domain, kind):
    for blueprint in tasks(domain, kind, 12):
        secret = [o.value for o in blueprint.outputs]
        secret += [blueprint.evidence.because.value] if blueprint.evidence else []
        known = [k.value for k in blueprint.known.values()] + [k.at_first for k in blueprint.known.values()]
        assert not [value for value in secret if value in known]


@pytest.mark.parametrize("domain", WORLDS)
def test_the_stages_of_facts_are_those_of_the_task(domain):
    for blueprint in tasks(domain, "act", 30):
        about = [k for k in blueprint.known.values() if k.about]
        assert {k.stage for k in about} <= {*range(len(blueprint.stages))}
        assert {k.stage for k in blueprint.known.values() if not k.about} == {0}
