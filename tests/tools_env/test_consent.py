"""Whether words are a yes, and to what."""

import pytest

from tests.tools_env.test_rules import CONFIRMED, SEEN, WRITE, agent, did, human, turns
from tools_env.consent import affirms, asks_otherwise, attributes_of, objects_of
from tools_env.values import Json


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


@pytest.mark.parametrize(
    "text",
    [
        "Yes. I am sorry, but I don't remember the number.",
        "Yes, that would be helpful. It was my last one, but I'm not sure what the number was.",
        "Sure, could you do it now?",
        "Could you please go ahead?",
        "\u201cYes, please.\u201d",
        "Yes, please. No insurance and no bags.",
        "Yes, go ahead. No problem at all.",
    ],
)
def test_a_yes_all_the_same(text):
    assert affirms(text)


@pytest.mark.parametrize(
    "text",
    [
        "Can you confirm if that would work?",
        "Is that right?",
        'Why should I say "yes"?',
        "You want me to say \u201cyes, go ahead\u201d.",
        "Yes. No, wait.",
        "Okay, never mind.",
        "I changed my mind, that was right before.",
        "Right, I'd rather not.",
        "Yes, but I don't know if I want it.",
        "Sure, not now.",
    ],
)
def test_no_yes_all_the_same(text):
    assert not affirms(text)


@pytest.mark.parametrize(
    ("asked", "otherwise"),
    [
        ("S1 blue?", False),
        ("A new shelf?", False),
        ("I paint S1 blue. Please confirm. Is there anything else?", False),
        ("I paint S1 blue. Is there anything else I can do?", True),
        ("S1 turns blue. Is your email still o1@example.com?", True),
        ("S1 turns blue. What is your name?", True),
        ("I will paint S1 blue.", False),
    ],
)
def test_a_yes_answers_the_last_question(asked, otherwise):
    assert asks_otherwise(asked) is otherwise
    assert turns(CONFIRMED, agent(f"{asked} S1 blue"), human("yes"), WRITE) == ([("2", 2)] if otherwise else [])


REFUSED = did("paint", refused=True, shelf_id="S1", colour="red")
OTHER = did("paint", shelf_id="S1", colour="red")
ASKED = agent("Paint S1 red?")
PUBLIC = did("get_shelf", value={"shelf_id": "S1", "colour": "blue"})


@pytest.mark.parametrize(
    "events",
    [
        (agent("Paint S1 blue?"), human("yes"), agent("One coat?"), human("ok"), WRITE),
        (ASKED, human("yes"), REFUSED, agent("There is no red. Blue?"), human("Yes, blue."), WRITE),
        (ASKED, human("yes"), REFUSED, agent("There is no red, only blue or green."), human("Let's use blue."), WRITE),
        (ASKED, human("Yes, please make it blue."), WRITE),
        (PUBLIC, agent("Paint S1 again?"), human("yes"), WRITE),
        (human("S1 in blue"), agent("Blue, then?"), human("yes"), WRITE),
        (agent("It can be blue."), human("S1?"), agent("Paint S1?"), human("yes"), WRITE),
    ],
    ids=["two steps", "amended", "amended by choice", "in the yes", "unchanged", "the only one", "said before"],
)
def test_what_goes_without_saying(events):
    assert turns(CONFIRMED, *events) == []


@pytest.mark.parametrize(
    "events",
    [
        (agent("Paint S1 blue?"), human("yes"), agent("Or S2?"), human("What does blue cost?"), WRITE),
        (agent("Paint S1 blue?"), human("yes"), agent("Sure?"), human("No."), agent("Go?"), human("yes"), WRITE),
        (ASKED, human("yes"), REFUSED, WRITE),
        (ASKED, human("yes"), REFUSED, agent("Blue?"), human("No."), WRITE),
        (ASKED, human("no"), REFUSED, agent("Only blue."), human("Blue is nice."), WRITE),
        (human("S1 and S2"), did("get_shelf", shelf_id="S2"), agent("Blue?"), human("yes"), WRITE),
        (human("S1 in blue"), agent("Shall I go ahead?"), human("yes"), WRITE),
        (agent("Red or blue?"), human("S1"), agent("Paint S1?"), human("yes"), WRITE),
        (SEEN, agent("Paint S1?"), human("yes"), WRITE),
        (
            agent("Paint S1 blue?"),
            human("yes"),
            did("paint", shelf_id="S1", colour="red"),
            agent("So?"),
            human("yes"),
            WRITE,
        ),
    ],
)
def test_what_does_not(events):
    assert ("2", len(events) - 1) in turns(CONFIRMED, *events)


def test_objects_go_by_their_own_field_their_first_or_their_place_in_a_map():
    seen: Json = {"cards": {"card_7": {"kind": "gift card", "id": "card_7"}, "card_8": {"kind": "credit card"}}}
    assert [*objects_of(seen, "card_8")] == [{"kind": "credit card"}]
    assert [value for value, _ in attributes_of(seen, "card_7")] == ["gift card"]
    assert [*objects_of(seen, "card_9")] == []
