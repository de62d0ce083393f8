from typing import Any

import pytest

from tests.small_worlds import Workshop
from tools_env.calls import Actor, Call, Refusal, Result, Touch
from tools_env.course import Called, Course, Said
from tools_env.rules import (
    MOST_BESIDE,
    SINGLE,
    Clause,
    authenticated_by,
    confirmed_writes,
    one_call_a_message,
    one_call_at_a_time,
    one_person,
    usual_conduct,
)
from tools_env.values import Json

SPECS = Workshop.world().specs
SHELF: Json = {"shelf_id": "S1", "owner_id": "O1", "colour": "red", "width": 12.5, "made_on": "2026-03-05"}


def agent(text):
    return Said(speaker="agent", text=text)


def human(text):
    return Said(speaker="human", text=text)


def did(name, *owners, actor: Actor = "agent", batch=0, value: Json = None, refused=False, **arguments: Json):
    touched = tuple(Touch(table="shelves", id=f"S{n}", owner=owner) for n, owner in enumerate(owners))
    outcome = Refusal(reason="no") if refused else Result(value=value, touched=touched)
    call = Call(name=name, arguments=arguments, actor=actor)
    return Called(call_id="c", call=call, outcome=outcome, writes=SPECS[name].writes, batch=batch)


def turns(rule, *events):
    return [(b.clause, b.turn) for b in rule.breaches(Course(events=events), SPECS)]


AUTHENTICATED = authenticated_by("1", "find_owner")
FOUND = did("find_owner", "O1")


@pytest.mark.parametrize(
    "events",
    [
        (),
        (FOUND, did("list_shelves", "O1"), did("paint", "O1")),
        (did("get_shelf", None), FOUND, did("paint", "O1")),
        (did("paint", "O1", refused=True), FOUND),
        (human("Hello"), agent("Hi")),
    ],
)
def test_authenticated_first_is_right(events):
    assert turns(AUTHENTICATED, *events) == []


@pytest.mark.parametrize(
    ("events", "wrong"),
    [
        ((did("list_shelves", "O1"), FOUND), [0]),
        ((did("paint", None), FOUND), [0]),
        ((did("find_owner", refused=True), did("get_shelf", "O1"), did("paint", "O1")), [1, 2]),
    ],
)
def test_personal_records_before_authentication_are_wrong(events, wrong):
    assert turns(AUTHENTICATED, *events) == [("1", turn) for turn in wrong]


def test_one_person_in_a_talk():
    rule = one_person("1")
    assert turns(rule, FOUND, did("list_shelves", "O1", "O1"), did("get_shelf", None)) == []
    assert turns(rule, FOUND, did("list_shelves", "O2", "O3"), did("paint", "O1"), did("paint", None, "O2")) == [
        ("1", 1),
        ("1", 3),
    ]
    assert turns(rule, FOUND, did("paint", "O2", refused=True)) == []


CONFIRMED = confirmed_writes("2", frozenset({"take_down"}))
WRITE = did("paint", "O1", shelf_id="S1", colour="blue")
SEEN = did("list_shelves", "O1", value=[SHELF])


@pytest.mark.parametrize(
    "events",
    [
        (WRITE,),
        (agent("Shall I paint S1 blue?"), human("Yes, please."), WRITE),
        (SEEN, agent("Paint the shelf of March 5, 2026 blue?"), human("yes"), WRITE),
        (SEEN, agent("Paint the shelf that is 12.50 wide BLUE?"), human("Go ahead!"), agent("One moment."), WRITE),
        (human("Hi"), did("paint", "O1", refused=True, shelf_id="S1", colour="blue")),
        (human("Take it down"), did("take_down", "O1", shelf_id="S1")),
        (human("I do it myself"), did("paint", "O1", actor="human", shelf_id="S1", colour="blue")),
        (agent("S1: blue?"), human("Sure"), WRITE, did("widen", "O1", refused=True, shelf_id="S1", by=3)),
        (agent("New shelf for O1, note to follow?"), human("ok"), did("hang", "O1", owner_id="O1", note="Long prose")),
        (agent("A new shelf?"), human("ok"), did("hang", "O1", owner_id="O1")),
    ],
)
def test_a_confirmed_write_is_right(events):
    assert turns(CONFIRMED, *events) == []


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((human("Paint S1 blue, yes"), WRITE), "not confirmed"),
        ((agent("S1 blue?"), human("Which one is it?"), WRITE), "not confirmed"),
        ((agent("S1 blue?"), human("No."), WRITE), "not confirmed"),
        ((agent("S1 blue?"), human("Yes, but red"), WRITE), "not confirmed"),
        ((agent("Paint S1?"), human("yes"), WRITE), "without naming colour"),
        ((agent("Paint it blue?"), human("yes"), WRITE), "without naming shelf_id"),
        ((agent("Paint it?"), human("yes"), WRITE), "without naming shelf_id, colour"),
        ((agent("S1 blue?"), human("yes"), agent("S2 then?"), human("hm"), WRITE), "not confirmed"),
        ((SEEN, agent("Paint the shelf of March 6, 2026 blue?"), human("yes"), WRITE), "without naming shelf_id"),
        ((agent("S1 wider by 2?"), human("ok"), did("widen", shelf_id="S1", by=3)), "without naming by"),
        ((agent("S1 blue?"), WRITE, human("yes")), "not confirmed"),
    ],
)
def test_an_unconfirmed_write_is_wrong(events, words):
    (breach,) = CONFIRMED.breaches(Course(events=events), SPECS)
    assert words in breach.message
    assert breach.turn == events.index(next(e for e in events if isinstance(e, Called) and e.writes))


def test_one_call_in_a_message():
    rule = one_call_at_a_time("3")
    assert turns(rule, did("get_shelf", batch=1), did("get_shelf", batch=2)) == []
    assert turns(rule, did("get_shelf", batch=1), did("get_shelf", batch=1), did("get_shelf", batch=1)) == [
        ("3", 1),
        ("3", 2),
    ]
    assert turns(rule, did("get_shelf", batch=1), did("get_shelf", batch=1, actor="human")) == []


def listed(count: int, first: int = 100) -> list[Any]:
    return [{"shelf_id": f"S{n}", "owner_id": "O1"} for n in range(first, first + count)]


def asked_among(count: int, *before: Called | Said) -> list[tuple[str, int]]:
    """What is wrong with asking for a yes to paint S1 in a message that names so many other shelves."""
    others = listed(count)
    everything = did("list_shelves", "O1", value=[SHELF, *others])
    words = agent(f"Paint S1 blue? There are also {', '.join(str(o['shelf_id']) for o in others)}.")
    found: list[tuple[str, int]] = turns(confirmed_writes("2"), *before, everything, words, human("yes"), WRITE)
    return found


def test_a_yes_to_a_list_of_everything_is_no_confirmation():
    assert asked_among(0) == asked_among(MOST_BESIDE) == []
    assert asked_among(MOST_BESIDE + 1) == [("2", 3)]
    (breach,) = confirmed_writes("2").breaches(
        Course(events=(did("list_shelves", "O1", value=[*listed(9)]),
                       agent(f"S1 blue? {' '.join(str(o['shelf_id']) for o in listed(9))}"), human("yes"), WRITE)),
        SPECS,
    )  # fmt: skip
    assert "in a list of 9 other records" in breach.message
    assert not breach.lasting  # all of them may be written yet
    (unasked,) = confirmed_writes("2").breaches(Course(events=(human("Hello."), WRITE)), SPECS)
    assert unasked.lasting


def test_a_policy_says_whether_one_message_may_hold_several_calls():
    one, other = (Clause(number="1", text="", enforced="rule", by=(name,)) for name in ("one_person", SINGLE))
    assert one_call_a_message((one, other))
    assert not one_call_a_message((one,))
    assert one_call_at_a_time("1").name == SINGLE


def test_records_that_the_human_named_or_that_are_written_to_are_no_list():
    named = human(f"I mean {' or '.join(str(o['shelf_id']) for o in listed(4))}.")
    assert asked_among(MOST_BESIDE + 1, named) == []
    painted = [did("paint", "O1", shelf_id=str(o["shelf_id"]), colour="blue") for o in listed(4)]
    assert ("2", 7) not in asked_among(MOST_BESIDE + 1, *painted)
    assert ("2", 6) in asked_among(MOST_BESIDE + 4, *painted[:3])


def test_what_was_never_shown_is_no_record():
    words = agent(f"Paint S1 blue? There are also {', '.join(str(o['shelf_id']) for o in listed(9))}.")
    assert turns(confirmed_writes("2"), words, human("yes"), WRITE) == []


def test_records_deep_in_a_result_count_too():
    inside: Json = {"by_place": {"left": listed(5), "right": {"top": listed(4, 200)}}}
    keys = [*(f"S{n}" for n in range(100, 105)), *(f"S{n}" for n in range(200, 204))]
    words = agent(f"Paint S1 blue? {' '.join(keys)}")
    assert turns(confirmed_writes("2"), did("list_shelves", value=inside), words, human("yes"), WRITE) == [("2", 3)]


def test_the_usual_conduct_has_its_clauses():
    rules = usual_conduct("7", "8", "9")
    assert {(r.clause, r.name) for r in rules} >= {
        ("7", "one_person"), ("8", "confirmed_writes"), ("9", "one_call_at_a_time")
    }  # fmt: skip
    course = (FOUND, did("paint", "O2", shelf_id="S1", colour="blue", batch=0), human("hm"), WRITE)
    assert [b for r in rules[:3] for b in turns(r, *course)] == [("7", 1), ("8", 1), ("8", 3), ("9", 1), ("9", 3)]
