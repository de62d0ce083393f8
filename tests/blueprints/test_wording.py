"""The words of rehearsal: what a person would say, in English that can be read aloud."""

import re

import pytest

from blueprints.wording import (
    Attribute,
    Superlative,
    asked_label,
    describe,
    fill,
    label,
    second_person,
    sentence,
    superlative_phrase,
)
from tests.blueprints.referents import AMOUNT, CHOICE, COUNT, DATE, TEXT
from tests.blueprints.talks import DOMAINS, planned, rehearsed
from tools_env.course import Said
from tools_env.values import Meaning


@pytest.mark.parametrize(
    ("field", "meaning", "highest", "lowest"),
    [
        ("placed_on", DATE, "placed last", "placed first"),
        ("due", DATE, "due last", "due first"),
        ("arrival", DATE, "with the latest arrival", "with the earliest arrival"),
        ("warranty_until", DATE, "with the latest warranty", "with the earliest warranty"),
        ("price", AMOUNT, "most expensive", "cheapest"),
        ("total", AMOUNT, "with the highest total", "with the lowest total"),
        ("pages", COUNT, "with the most pages", "with the fewest pages"),
        ("stock", COUNT, "with the highest stock", "with the lowest stock"),
    ],
)
def test_a_superlative_is_said_as_people_say_it(field, meaning, highest, lowest):
    assert superlative_phrase(Superlative(field, meaning, "highest")) == highest
    assert superlative_phrase(Superlative(field, meaning, "lowest")) == lowest


@pytest.mark.parametrize(
    ("attributes", "phrase"),
    [
        ([Attribute("title", "Salt Orchard", TEXT)], "the Salt Orchard"),
        ([Attribute("title", "The Salt Orchard", TEXT)], "The Salt Orchard"),
        ([Attribute("title", "Salt Orchard", TEXT), Attribute("pages", 212, COUNT)], "the Salt Orchard (pages 212)"),
        ([Attribute("placed_on", "2026-03-01", DATE)], "the order placed on 2026-03-01"),
        ([Attribute("due", "2026-03-01", DATE)], "the order due 2026-03-01"),
        ([Attribute("arrival", "2026-03-01", DATE)], "the order with arrival 2026-03-01"),
        ([Attribute("total", 1234.5, AMOUNT)], "the order with total $1,234.50"),
        ([Attribute("status", "being_packed", CHOICE)], "the order with status being packed"),
        (
            [Attribute("status", "placed", CHOICE), Attribute("total", 5.0, AMOUNT)],
            "the order with status placed and with total $5.00",
        ),
    ],
)
def test_a_record_is_described_by_its_attributes(attributes, phrase):
    assert describe("order", attributes) == phrase


def test_a_superlative_stands_before_or_after_the_noun():
    assert describe("line", (), Superlative("price", AMOUNT, "lowest")) == "the cheapest line"
    assert describe("line", (), Superlative("price", AMOUNT, "highest")) == "the most expensive line"
    assert describe("order", (), Superlative("placed_on", DATE, "highest")) == "the order placed last"


@pytest.mark.parametrize(
    ("field", "meaning", "asked"),
    [
        ("due", DATE, "due date"),
        ("joined_on", DATE, "joined date"),
        ("warranty_until", DATE, "warranty date"),
        ("return_date", DATE, "return date"),
        ("points", COUNT, "number of points"),
        ("total", AMOUNT, "total"),
        ("order_id", Meaning("identifier", "orders"), "order"),
    ],
)
def test_a_value_that_is_asked_for_has_a_name(field, meaning, asked):
    assert asked_label(field, meaning) == asked


def test_what_a_record_is_about_is_not_the_record():
    about = [Attribute("product", "Coil Hose", TEXT)]
    assert describe("claim", about) == "the claim for the Coil Hose"
    assert describe("line", about) == "the Coil Hose"
    assert describe("claim", [Attribute("name", "Coil Hose", TEXT)]) == "the Coil Hose"


def test_small_words():
    assert label("payment_id") == "payment"
    assert second_person("send my order to me, not to Mymy") == "send your order to you, not to Mymy"
    assert second_person('say "my, your" as your rules do') == 'say "my, your" as their rules do'
    for text in ("change my address", "what your rules say", 'set it to "me, my"'):
        assert second_person(second_person(text)) == second_person(text)
    assert sentence("  you want it ") == "You want it."
    assert sentence("Why not?") == "Why not?"
    assert fill("move {order_id} to {day}", {"day": "2026-03-01"}) == "move a certain order to 2026-03-01"


ODD = {
    "an unfilled slot": re.compile(r"[{}]"),
    "a technical word": re.compile(r"\b\w+_\w+\b(?<!@)"),
    "two spaces": re.compile(r"\S {2,}\S"),
    "a word twice": re.compile(r"\b(\w+) \1\b", re.IGNORECASE),
    "two full stops": re.compile(r"\.\."),
    "an article too many": re.compile(r"\b(?:the|a|an) (?:the|a|an|my|your|one of)\b", re.IGNORECASE),
    "nothing at all": re.compile(r"\bNone\b|\bnull\b"),
    "a slot's plural": re.compile(r"\b(?:refund tos|tos)\b"),
    "the wrong person": re.compile(r"\byour\b"),
}


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("kind", ODD)
def test_what_people_say_reads_well(domain, kind):
    quoted = re.compile(r'"[^"]*"|[\w.+-]+@[\w.-]+')
    lines = [quoted.sub("X", s.say) for b in planned(domain, 72) for s in b.stages]
    odd = [line for line in lines if ODD[kind].search(line)]
    assert lines
    assert not odd


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_person_is_told_of_themself_in_the_second_person(domain):
    for blueprint in planned(domain, 72):
        told = re.sub(r'"[^"]*"', "X", blueprint.instruction)
        assert told.startswith("You are ")
        assert not re.search(r"\b(?:my|me|I)\b|[{}]", told), told


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_agent_calls_what_is_the_persons_theirs(domain):
    for talk in rehearsed(domain, 72):
        for event in talk.events:
            if isinstance(event, Said) and event.speaker == "agent":
                text = re.sub(r'"[^"]*"', "X", event.text)
                assert not re.search(r"\bmy\b|\bour (?!policy)|[{}]|  |\b(?:the|a) (?:the|a)\b", text), text
