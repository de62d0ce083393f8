"""The gates on what words mean: ordinary ways to put a real task pass, and words that want something else do not."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice

import pytest

from blueprints.author import slots
from blueprints.blueprint import Blueprint
from blueprints.provisos import provisos
from blueprints.word_gates import half_said, ids_in, invention, leakage, technical_in, wording
from blueprints.wording import fill
from tests.blueprints.breaks import with_line
from tests.blueprints.drawn import WORLDS, with_operator
from tests.blueprints.talks import planned, world_of
from tools_env.values import Meaning

DATE = Meaning("date")


def wrong(blueprint: Blueprint, number: int, say: str) -> list[str]:
    """What the gates on words say of a task with other words for one matter."""
    worded, world = with_line(blueprint, number, say), world_of(blueprint.domain)
    return [r.reason for r in (*leakage(worded, world), *invention(worded, world), *wording(worded))]


def tasks(domain: str) -> Iterator[Blueprint]:
    """The tasks of a plan, which grows no further than somebody looks."""
    return (planned(domain, number + 1, as_run=True)[number] for number in range(120))


@cache
def plain(domain: str, intent: str) -> tuple[Blueprint, int, str, str]:
    """The first task with a matter of that intent that hangs on nothing: the matter, its wish and what else it says."""
    for blueprint in tasks(domain):
        for number, stage in enumerate(blueprint.stages):
            wish = fill(stage.intent, slots(blueprint, number))
            if stage.intent == intent and not (stage.condition or stage.other) and wish in stage.say:
                return blueprint, number, wish, re.split(r"[.?]", stage.say.partition(wish)[2], maxsplit=1)[-1]
    raise AssertionError(intent)


RENEW, COLLECT = "renew {loan_id}", "collect {loan_id} at the {branch} branch instead"
CANCEL, ADDRESS = "cancel {order_id} because it is {reason}", "change my address on file to {address}"
ARRIVE, POINTS = "have {order_id} arrive on {day} instead", "turn all my points into balance on {payment_id}"
GIFT = 'have "{message}" printed as the gift message of {order_id}'
EXPIRES, PLACED, ARRIVAL = (
    "the card expires date of my account",
    "the placed date of {record}",
    "the arrival date of {record}",
)
PASSING = [
    ("library", RENEW, "Could you please renew {renew}?"),
    ("library", RENEW, "I'd be grateful if you could extend {renew} for me."),
    ("library", RENEW, "I haven't finished reading, so I'd like to have {renew} renewed, if possible."),
    ("library", RENEW, "I don't know how to do this online. Would you renew {renew} for me, please?"),
    ("library", RENEW, "I can't renew it on the website, it won't let me. Please renew {renew}."),
    ("library", RENEW, "Would it be possible to renew {renew}? Let me know if there is a problem."),
    ("library", RENEW, "Please don't forget to renew {renew}. Thanks for all your help!"),
    ("library", RENEW, "I was wondering if you might renew {renew}, if that's all right."),
    ("library", RENEW, "If you have a moment, a renewal is what I need for {renew}. It's not urgent."),
    ("library", RENEW, "I don't want to pay a fine, so I want a renewal of {renew}."),
    ("library", RENEW, "Tell me whether you can renew {renew}, and please do it."),
    ("library", RENEW, "I never manage to read on time. Can I get an extension on {renew}?"),
    ("library", COLLECT, "Would you mind if I were to {wish}?"),
    ("library", COLLECT, "I won't be in town, so let me {wish}, if you don't mind."),
    ("library", EXPIRES, "When does my card expire?"),
    ("library", EXPIRES, "I can't find my card. Could you tell me its expiry date?"),
    ("library", EXPIRES, "Please let me know until when my library card is valid."),
    ("retail", CANCEL, "I no longer want it. Please {wish}."),
    ("retail", CANCEL, "I've changed my mind and would like to {wish}."),
    ("retail", CANCEL, "I'm sorry for the trouble, but I have to {wish}. Could you confirm if it worked?"),
    ("retail", ADDRESS, "I have moved. Please {wish}, as I don't live at the old place any more."),
    ("retail", ADDRESS, "My address on file isn't right any more; please {wish}."),
    ("retail", ARRIVE, "I won't be home that day. Could you {wish}, if at all possible?"),
    ("retail", POINTS, "I'd love to {wish}. Let me know if you need anything else from me."),
    ("retail", GIFT, "It's a present, and I never thought of the card. Please {wish}."),
    ("retail", PLACED, "When did I place {record}?"),
    ("retail", PLACED, "I don't remember on which day I ordered {record}. Can you check?"),
    ("retail", ARRIVAL, "When will {record} arrive?"),
    ("retail", ARRIVAL, "I'd like to know the day that {record} is going to be delivered, if you can tell."),
]


def put(domain: str, intent: str, told: str) -> tuple[Blueprint, int, str]:
    blueprint, number, wish, rest = plain(domain, intent)
    words = {"wish": wish, "renew": wish.removeprefix("renew "), "record": wish.partition(" of ")[2]}
    return blueprint, number, f"{told.format(**words)}{rest}"


@pytest.mark.parametrize(("domain", "intent", "told"), PASSING)
def test_an_ordinary_way_to_put_it_passes(domain, intent, told):
    assert wrong(*put(domain, intent, told)) == []


COURTESIES = [
    "Thanks in advance!",
    "Let me know if you need anything else.",
    "If you could do that today, that would be great.",
    "I don't know how to do it myself.",
    "Please don't hesitate to write back.",
    "If that's all right with you.",
    "Tell me if there is a problem.",
    "I'm not in a hurry.",
    "Could you let me know whether that worked?",
    "I don't want to make a fuss.",
    "Sorry, I have not done this before.",
    "If it helps, I'm home all day.",
    "Thank you for all your help.",
]


@pytest.mark.parametrize("more", COURTESIES)
@pytest.mark.parametrize("domain", WORLDS)
def test_courtesy_changes_nothing(domain, more):
    check_courtesy(domain, more, 24)


@pytest.mark.proof
@pytest.mark.parametrize("more", COURTESIES)
@pytest.mark.parametrize("domain", WORLDS)
def test_courtesy_changes_nothing_in_many_tasks(domain, more):
    check_courtesy(domain, more, 120)


def check_courtesy(domain: str, more: str, most: int) -> None:
    for blueprint in islice(tasks(domain), 0, most, 2):
        for number, stage in enumerate(blueprint.stages):
            assert wrong(blueprint, number, f"{stage.say} {more}") == []


BENT = [
    (RENEW, "Please do not {wish}.", "not to have it done"),
    (RENEW, "I don't want to {wish}.", "not to have it done"),
    (RENEW, "I would rather not {wish}.", "not to have it done"),
    (RENEW, "Under no circumstances should you {wish}.", "not to have it done"),
    (RENEW, "I don't think that you should {wish}.", "not to have it done"),
    (RENEW, "Don't touch my account, I wanted to {wish}.", "not to have it done"),
    (RENEW, "Please {wish}, except the one due last.", "makes an exception"),
    (RENEW, "Please {wish}, not the Salt Orchard.", "makes an exception"),
    (RENEW, "Please {wish} instead of the other one.", "makes an exception"),
    (RENEW, "Please {wish}, and every loan of mine.", "asks for more"),
    (RENEW, "Please {wish}. I mean all of them.", "asks for more"),
    (RENEW, "Please {wish} only if it is free.", "hang on something"),
    (RENEW, "Please {wish} unless that costs anything.", "hang on something"),
    (RENEW, "Please {wish}, otherwise leave it.", "hang on something"),
    (RENEW, "Please {wish}, provided that it is free.", "hang on something"),
    (RENEW, "Please {wish}, as long as I need not pay.", "hang on something"),
    (RENEW, "Please {wish}. If it costs me anything, leave it.", "hang on something"),
    (RENEW, "Tell me whether anybody ever managed to {wish}.", "asks for something else"),
    (RENEW, "What is going on with {renew}?", "asks for something else"),
    (EXPIRES, "What is the name on my account?", "asks for something else"),
    (EXPIRES, "When was my card issued?", "asks for something else"),
    (EXPIRES, "When does my card expire? But tell me only if it costs nothing.", "hang on something"),
]


@pytest.mark.parametrize(("intent", "told", "reason"), BENT)
def test_words_that_want_something_else_are_sent_back(intent, told, reason):
    blueprint, number, say = put("library", intent, told)
    assert any(reason in found for found in wrong(blueprint, number, say)), wrong(blueprint, number, say)


def test_in_place_of_something_is_no_exception_where_the_task_says_instead():
    blueprint, number, wish, rest = plain("retail", ARRIVE)
    wish = wish.removesuffix(" instead")
    assert wrong(blueprint, number, f"Please {wish} rather than on the day that you chose.{rest}") == []
    day = next(k.value for k in blueprint.known.values() if k.stage == number and k.about == "day")
    assert wrong(blueprint, number, f"Please {wish}, some other day instead of {day}.{rest}")


@pytest.mark.parametrize("text", [
    "if you could", "if possible", "if it's no trouble", "tell me if it is", "I wonder if it is", "even if it is late",
    "the address I provided", "as long as possible",
])  # fmt: skip
def test_courtesies_are_no_conditions(text):
    assert provisos(text) == []


@pytest.mark.parametrize("text", ["if you can't", "if it is free", "only when it is free", "should it cost anything",
                                  "provided it is free", "or else leave it", "subject to a discount"])  # fmt: skip
def test_conditions_are_found(text):
    assert provisos(f"Do it, {text}.")


FLIPPED = {"above": "below", "below": "above", "after": "before", "before": "after"}
ALSO = {"above": "more than", "below": "less than", "after": "later than", "before": "earlier than"}


def hanging() -> list[tuple[Blueprint, int]]:
    found = [(b, n) for b in with_operator("condition") for n, s in enumerate(b.stages) if s.condition]
    return [(b, n) for b, n in found if not wrong(b, n, b.stages[n].say)]


def test_a_comparison_turned_round_is_sent_back_and_one_in_other_words_is_not():
    for blueprint, number in hanging():
        condition, say = blueprint.stages[number].condition, blueprint.stages[number].say
        assert condition is not None
        than, other = f" is {condition.than} ", FLIPPED[condition.than]
        for turned in (
            f" is {other} ",
            f" is {ALSO[other]} ",
            f" is not {condition.than} ",
            f" isn't {condition.than} ",
        ):
            assert any("turns the condition round" in r for r in wrong(blueprint, number, say.replace(than, turned)))
        assert wrong(blueprint, number, say.replace(than, f" is {ALSO[condition.than]} ")) == []
        assert wrong(blueprint, number, say.replace("only if", "unless"))
        assert wrong(blueprint, number, say.replace("only if", "provided that")) == []
        statement = say.replace("But only if", "By the way,").replace("Do that only if", "By the way,")
        assert any("does not make it a condition" in r for r in wrong(blueprint, number, statement))
        more = wrong(blueprint, number, f"{say} And only if it costs nothing.")
        assert any("hang on something more" in r for r in more)


def both(blueprint: Blueprint, number: int) -> tuple[str, str, str]:
    """The two wishes of a matter in their order, and what else its line says."""
    stage = blueprint.stages[number]
    assert stage.other is not None
    wish, other = fill(stage.intent, slots(blueprint, number)), stage.other.intent
    first, second = (wish, other) if stage.condition and stage.condition.holds else (other, wish)
    return first, second, stage.say.rpartition(second)[2].removeprefix(".")


def test_the_branches_of_a_condition_may_be_put_in_other_words_and_not_be_swapped():
    tried = 0
    for blueprint, number in hanging():
        condition, other = blueprint.stages[number].condition, blueprint.stages[number].other
        if condition is None or other is None or not other.intent:
            continue
        first, second, rest = both(blueprint, number)
        for said in (
            "If {c}, I'd like to {a}. If not, I want to {b}.",
            "I'd like to {a} only if {c}; otherwise {b}.",
            "I'd like to {a} if {c}, and {b} if not.",
        ):
            assert wrong(blueprint, number, said.format(a=first, b=second, c=condition.text) + rest) == []
            swapped = said.format(a=second, b=first, c=condition.text) + rest
            assert any("swaps the two wishes" in r for r in wrong(blueprint, number, swapped))
        tried += 1
    assert tried > 5


def test_a_first_wish_stays_the_first():
    found = [(b, n) for b in with_operator("fallback") for n, s in enumerate(b.stages) if s.other and not s.condition]
    tried = 0
    for blueprint, number in found:
        if wrong(blueprint, number, blueprint.stages[number].say):
            continue
        first, second, rest = both(blueprint, number)
        for said in (
            "I'd love to {a}, but if that isn't possible I want to {b}.",
            "I'd love to {a}; failing that, {b}.",
        ):
            assert wrong(blueprint, number, said.format(a=first, b=second) + rest) == []
            assert wrong(blueprint, number, said.format(a=second, b=first) + rest)
        assert wrong(blueprint, number, f"I want to {first}. If that works, I also want to {second}.{rest}")
        tried += 1
    assert tried > 5


@pytest.mark.parametrize(
    "text", ["use renew-loan", "use Renew_Loan", "with the renew loan tool", "call renew loan function"]
)
def test_a_tool_is_known_in_other_spellings(text):
    assert [*technical_in(text, ["renew_loan"])] == ["renew_loan"]


@pytest.mark.parametrize("text", ["I want to renew loan and card", "renewing a loan is a tool", "renew my loan"])
def test_ordinary_words_are_no_tool(text):
    assert [*technical_in(text, ["renew_loan"])] == []


def test_an_id_is_known_in_any_case():
    assert ids_in("it is l177, or so", {"L177"}) == {"L177"}
    assert ids_in("it is gold", {"Gold"}) == set()


@pytest.mark.parametrize("text", ["the 13th of December", "December 13", "Dec. 13th", "on 13 december?", "13 Dec"])
def test_a_day_without_its_year_is_half_of_the_answer(text):
    assert half_said(text, "2026-12-13", DATE)
    assert not half_said(text, "2026-12-14", DATE)


@pytest.mark.parametrize("text", ["in December", "13 of them", "December 130", "2026-12-31"])
def test_what_names_no_such_day_gives_nothing_away(text):
    assert not half_said(text, "2026-12-13", DATE)
