import pytest

from tests.small_worlds import Workshop
from tools_env.calls import Actor, Call, Refusal, Result, Touch
from tools_env.course import Called, Course, Said
from tools_env.rules import affirms, attributes_of, authenticated_by, confirmed_writes, one_call_at_a_time, one_person
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


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "yes, please go ahead",
        "Sure!",
        "OK",
        "That works for me.",
        "Sounds good, thank you",
        "Correct, please proceed",
        "Great, do it",
        "Yes, that's right. Thanks!",
        "Perfect",
    ],
)
def test_a_yes(text):
    assert affirms(text)


@pytest.mark.parametrize(
    "text",
    [
        "No",
        "Nope, leave it",
        "Wait, is that the blue one?",
        "Yes, but make it red",
        "Not yet",
        "Don't do it",
        "Hold on",
        "Yes - actually no",
        "I\u2019m not sure",
        "Which card would be charged?",
        "okay, instead take the other one",
        "",
        "Do not go ahead",
        "yesterday",
    ],
)
def test_no_yes(text):
    assert not affirms(text)


def test_attributes_are_those_of_the_object_whose_first_field_is_the_id():
    seen: Json = {"order_id": "F1", "total": 12.5, "count": 3, "ok": True, "lines": [{"line_id": "L1", "name": "Lamp"}]}
    assert [value for value, _ in attributes_of([seen], "F1")] == [12.5]
    assert [value for value, _ in attributes_of(seen, "L1")] == ["Lamp"]
    assert [*attributes_of({"name": "F1x", "order": {"order_id": "F2"}}, "F1")] == []
    assert [meaning.kind for _, meaning in attributes_of({"id": "F1", "on": "2026-01-02"}, "F1")] == ["date"]
