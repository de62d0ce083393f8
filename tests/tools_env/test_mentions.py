import pytest

from tools_env.mentions import (
    alike,
    amounts_in,
    dates_in,
    days_in,
    mentions,
    numbers_in,
    phrase,
    places,
    spoken,
    without,
)
from tools_env.values import TEXT, Identifier, Meaning

AMOUNT, DATE, CHOICE, COUNT = Meaning("amount"), Meaning("date"), Meaning("choice"), Meaning("count")


@pytest.mark.parametrize(
    "text",
    [
        "due 2026-03-05.",
        "on March 5, 2026",
        "on march 5th 2026,",
        "the 5th of March, 2026",
        "5 Mar 2026",
        "(Mar. 5 2026)",
    ],
)
def test_a_date_in_any_spelling(text):
    assert mentions(text, "2026-03-05", DATE)
    assert not mentions(text, "2026-03-06", DATE)
    assert not mentions(text, "2025-03-05", DATE)


@pytest.mark.parametrize("text", ["2026-02-30", "February 30, 2026", "12026-03-05", "2026-03-051", "March 2026"])
def test_what_is_no_date(text):
    assert dates_in(text) == frozenset()


@pytest.mark.parametrize("text", ["$1,234.50", "it costs 1234.50 dollars", "1234.5.", "USD 1,234.50,", "$ 1234.50!"])
def test_an_amount_in_any_spelling(text):
    assert mentions(text, 1234.5, AMOUNT)
    assert not mentions(text, 1234.0, AMOUNT)
    assert not mentions(text, 234.5, AMOUNT)


@pytest.mark.parametrize("text", ["order F125-1", "ZX125", "125-2", "2025-12-05", "v1.125.3"])
def test_numbers_inside_ids_and_dates_do_not_count(text):
    assert not mentions(text, 125, COUNT)
    assert not mentions(text, 12, COUNT)


def test_numbers_and_amounts_are_told_apart():
    assert numbers_in("3 pieces for $12.50, 1,000 in stock") == {3.0, 12.5, 1000.0}
    assert amounts_in("3 pieces for $12.50, 1,000 in stock, 9.99 each, 15.00%") == {12.5, 9.99}


@pytest.mark.parametrize(
    ("text", "value", "meaning", "expected"),
    [
        ("It arrived damaged, sadly", "arrived_damaged", CHOICE, True),
        ("it ARRIVED-damaged", "arrived damaged", CHOICE, True),
        ("gift cards", "gift card", CHOICE, False),
        ("order F12-1", "F12", Identifier("orders"), False),
        ("order F12.", "F12", Identifier("orders"), True),
        ("order f12", "F12", Identifier("orders"), True),
        ("yes, please", True, Meaning("flag"), True),
        ("yes, please", False, Meaning("flag"), False),
        ("anything", None, TEXT, False),
        ("anything", " ", TEXT, False),
        ("the red and the blue one", ["red", "blue"], CHOICE, True),
        ("the red one", ["red", "blue"], CHOICE, False),
        ("red, 12", {"colour": "red", "width": 12}, TEXT, True),
        ("red, 13", {"colour": "red", "width": 12}, TEXT, False),
        ("a+b (c)", "a+b (c)", TEXT, True),
    ],
)
def test_words_are_whole_words(text, value, meaning, expected):
    assert mentions(text, value, meaning) is expected


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (1234.5, AMOUNT),
        (3, AMOUNT),
        ("no_longer_needed", CHOICE),
        ("2026-03-05", DATE),
        ("2026-03-05T10:30:00", DATE),
        (12, COUNT),
        (["red", "blue"], CHOICE),
        (True, Meaning("flag")),
    ],
)
def test_what_is_spoken_is_mentioned(value, meaning):
    assert mentions(f"It is {spoken(value, meaning)}.", value, meaning)


def test_phrases_are_words():
    assert phrase("no_longer_needed") == "no longer needed"
    assert spoken(1234.5, AMOUNT) == "$1,234.50"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It leaves on 2026-03-05 10:30.", True),
        ("It leaves at 10:30 on March 5, 2026.", True),
        ("It leaves on March 5, 2026.", True),
        ("It leaves on 2026-03-05 10:45.", False),
        ("It leaves on 2026-03-06 10:30.", False),
        ("It leaves at 10:30.", False),
        ("It leaves on 2026-03-05, at 10:45 or 10:30.", True),
    ],
)
def test_a_date_with_a_time_of_day(text, expected):
    """Whoever says a time of day says the right one; the date alone will do too."""
    assert mentions(text, "2026-03-05T10:30:00", DATE) is expected


def test_the_time_of_day_beside_a_plain_date_means_nothing():
    assert mentions("on 2026-03-05 at 10:45", "2026-03-05", DATE)


def test_a_date_is_spoken_with_its_time_of_day():
    assert spoken("2026-03-05T10:30:00", DATE) == "2026-03-05 10:30"
    assert spoken("2026-03-05", DATE) == "2026-03-05"


@pytest.mark.parametrize("text", ["on March 5", "the 5th of March", "5 Mar", "March 5th, at noon"])
def test_a_day_without_its_year(text):
    assert days_in(text) == {"03-05"}
    assert mentions(text, "2026-03-05", DATE)
    assert not mentions(text, "2026-03-06", DATE)


@pytest.mark.parametrize("text", ["March 2026", "March 5, 2026", "you may 5 times", "Mar 5.5", "in March"])
def test_what_is_no_day(text):
    assert days_in(text) == frozenset()


@pytest.mark.parametrize(
    ("text", "value", "meaning"),
    [
        ("It costs \uff04\uff11\uff12.\uff15\uff10.", 12.5, AMOUNT),
        ("due 2026\u201103\u201105", "2026-03-05", DATE),
        ("the \u200bharbour branch", "harbour", CHOICE),
        ("| **L225** | $12.50 |", "L225", Identifier("loans")),
    ],
)
def test_other_signs_for_the_usual_ones(text, value, meaning):
    assert mentions(text, value, meaning)


def test_places_of_values_in_a_text():
    text = "due 2026-03-05 or March 6, $12.50 / 13, not north"
    assert [(p.start, p.value) for p in alike(text, DATE, "2026-03-05")] == [(4, "2026-03-05"), (18, "03-06")]
    assert [p.start for p in places(text, "2026-03-06", DATE)] == [18]
    assert [p.value for p in places(text, 12.5, AMOUNT)] == [12.5]
    assert [text[p.start : p.end] for p in places(text, "north", CHOICE)] == ["north"]
    assert places(text, None, CHOICE) == places(text, ["north"], CHOICE) == []


def test_figures_are_no_part_of_a_number():
    assert mentions("The size is 8.", "8", CHOICE)
    assert not any(mentions(text, "8", CHOICE) for text in ("$240.87", "$8", "12.8", "8.5", "1,8", "A-8"))
    assert without("the 8 at $240.87", "8") == "the   at $240.87"


@pytest.mark.parametrize("text", ["on May 24, 2026", "on 24 May 2026", "on 2026-05-24", "on 5/24/2026"])
def test_the_day_of_a_date_is_no_number(text):
    assert 24.0 not in numbers_in(text)
    assert 24.0 in numbers_in(f"{text}, and 24 months")
