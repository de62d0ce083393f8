import pytest

from tools_env.mentions import amounts_in, mentions, numbers_in, numbers_said
from tools_env.numerals import money_in, numerals_in
from tools_env.values import Meaning


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("forty-one", {41.0}),
        ("Twenty one of them", {21.0}),
        ("three hundred and forty-one", {341.0}),
        ("a hundred and one", {101.0}),
        ("two thousand three hundred", {2300.0}),
        ("one hundred five, two", {105.0, 2.0}),
        ("twenty and thirty", {20.0, 30.0}),
        ("someone, two-door, the one-time fee", set()),
        ("", set()),
    ],
)
def test_numbers_in_words(text, numbers):
    assert numerals_in(text) == numbers


def test_money_in_words_has_its_cents():
    assert money_in("forty-one dollars and fifty cents, or twelve euros; twelve days") == {41.5, 12.0}
    assert amounts_in("It is forty-one dollars and fifty cents.") == {41.5}
    assert mentions("It is forty-one dollars and fifty cents.", 41.5, Meaning("amount"))


def test_small_numbers_in_words_are_said_by_the_way():
    assert numbers_in("One moment, the two of you: twelve days") == {12.0}
    assert numbers_said("three bags") == {3.0}
