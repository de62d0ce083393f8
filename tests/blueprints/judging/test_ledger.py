"""The ledger holds a person's turns against what they know, have told and have heard; in doubt a turn is right."""

import pytest

from blueprints.blueprint import Blueprint, Known, Other, Stage
from blueprints.judging.disclosure import may_say, surely_says
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.ledger import Ledger
from tests.blueprints.talks import DOMAINS, failed, gate, item_of, rehearsed, world_of
from tools_env.calls import Call
from tools_env.values import Json, Meaning

WORLD = world_of("retail")
ID, CHOICE, DATE, AMOUNT = Meaning("identifier", "orders"), Meaning("choice"), Meaning("date"), Meaning("amount")
REASONS = next(p for p in WORLD.specs["cancel_order"].params if p.name == "reason").choices
RIGHT, WRONG = REASONS[0].replace("_", " "), REASONS[1].replace("_", " ")
ASKS = "Could you please tell me your email?"


def known(value: Json, meaning: Meaning, disclose: str, label: str, **more: Json) -> Known:
    return Known.model_validate({"value": value, "meaning": meaning, "disclose": disclose, "label": label, **more})


def blueprint(**stage: Json) -> Blueprint:
    """Two matters: an order to cancel, of which the reason waits, and another to have brought on a later day."""
    order = "the order placed on 2026-03-10"
    first = Stage.model_validate(
        {"say": f"I want to cancel {order}.", "wants": "change", "facts": ("order_id.placed_on",),
         "intent": "cancel {order_id}", **stage}
    )  # fmt: skip
    second = Stage(say="I also want my lamp to come on 2026-04-02.", wants="change", facts=("day 2",))
    return Blueprint(
        domain="retail", digest="", snapshot="seed:0", person="C1", instruction="You want two things.",
        stages=(first, second), kind="act", actions=(Call(name="cancel_order", arguments={}),),
        known={
            "email": known("ada.moss@example.com", Meaning("contact", "email"), "if_asked", "email"),
            "name": known("Ada Moss", Meaning("text"), "if_asked", "name"),
            "order_id": known(None, ID, "unknown", "order", about="order_id", phrase=order),
            "order_id.placed_on": known("2026-03-10", DATE, "volunteer", "placed on", about="order_id",
                                        field="placed_on"),
            "reason": known(REASONS[0], CHOICE, "if_asked", "reason", about="reason"),
            "fee": known(25.5, AMOUNT, "if_asked", "fee", about="fee"),
            "day 2": known("2026-04-02", DATE, "volunteer", "day", about="day", stage=1),
        },
    )  # fmt: skip


def turn(act: str, text: str, *facts: str, consents: str = "") -> HumanTurn:
    return HumanTurn.model_validate({"act": act, "text": text, "fact_ids": facts, "consents_to": consents})


RAISED = turn("raise", "I want to cancel the order placed on 2026-03-10.", "order_id.placed_on")
YES = turn("confirm", "Yes, please.", consents="cancel it")


def ledger(*heard: str, task: Blueprint | None = None) -> Ledger:
    """A ledger after the first matter was raised and the agent has said some things."""
    kept = Ledger(task or blueprint(), WORLD.specs)
    kept.speak(RAISED)
    for text in heard:
        kept.hear(text)
    return kept


RIGHT_TURNS = {
    "what is asked for": ((ASKS,), turn("answer", "It's ada.moss@example.com.", "email")),
    "more of oneself": ((ASKS,), turn("answer", "Ada Moss, ada.moss@example.com", "email", "name")),
    "after an open question": (("Why do you want to?",), turn("answer", f"Because it is {RIGHT}.", "reason")),
    "after a request": (("Please let me know the reason.",), turn("answer", f"{RIGHT}", "reason")),
    "a correction": (
        (f"I will cancel it as {WRONG}. Shall I go ahead?",), turn("correct", f"No, it is {RIGHT}.", "reason")),
    "a date without its year": ((ASKS,), turn("chat", "I mean the one of March 10.", "order_id.placed_on")),
    "what was heard": (("You mean the one that cost $25.50?",), turn("chat", "Yes, the $25.50 one.")),
    "a yes": ((f"I will cancel it as {RIGHT}. Shall I go ahead?",), YES),
    "a yes to what leaves things out": (("I will cancel it. Shall I go ahead?",), YES),
    "a yes to a date heard before": (("It arrives on 2026-05-01.", "Order of 2026-05-01: shall I go ahead?"), YES),
    "a push back": (("I am afraid that is not something we do.",), turn("push_back", "Is there really no way?")),
    "not knowing": (("What is your shoe size?",), turn("dont_know", "I don't know.")),
    "the next matter": (("Done.",), turn("raise", "And my lamp should come on 2026-04-02.", "day 2")),
    "small talk": ((), turn("chat", "Lovely weather, isn't it?")),
}  # fmt: skip
WRONG_TURNS = {
    "before being asked": ((ASKS,), turn("answer", f"Because it is {RIGHT}.", "reason"), "before being asked"),
    "a later matter": ((ASKS,), turn("answer", "It should be 2026-04-02.", "day 2"), "before that matter is raised"),
    "unnamed": (("Which one?",), turn("answer", "The one with a fee of $25.50."), "does not name the fact fee"),
    "a later matter, unnamed": ((ASKS,), turn("chat", "I need it by 2026-04-02."), "does not name the fact day 2"),
    "named and not said": (("How much?",), turn("answer", "Quite a lot.", "fee"), "the words do not say it"),
    "no yes": (("Shall I go ahead?",), turn("confirm", "I wonder.", consents="it"), "no plain yes"),
    "one date for another": (
        ("The order placed on 2026-03-18 will be cancelled. Shall I go ahead?",), YES, "agrees to 2026-03-18"),
    "one choice for another": ((f"I will cancel it as {WRONG}. Shall I go ahead?",), YES, f"agrees to {WRONG}"),
    "one amount for another": (("I will cancel it for $30.00. Shall I go ahead?",), YES, "agrees to $30.00"),
    "a yes by another name": (
        (f"I will cancel it as {WRONG}. Shall I go ahead?",), turn("chat", "Sure, go ahead."), f"agrees to {WRONG}"),
    "a push back against nothing": (("Which one?",), turn("push_back", "Are you sure?"), "nothing was refused"),
    "not knowing, and telling": (
        (ASKS,), turn("dont_know", "No idea, but it is ada.moss@example.com.", "email"), "do not know"),
    "an early stop": (("Done.",), turn("stop", f"Bye. {STOP}"), "after raising 1 of 2 matters"),
    "a stop by another name": (("Done.",), turn("chat", f"Bye. {STOP}"), "stop word without being a stop"),
    "a stop without the word": (("Done.",), turn("stop", "Bye."), "stops without the stop word"),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT_TURNS)
def test_a_right_turn_has_no_fault(name):
    heard, said = RIGHT_TURNS[name]
    kept = ledger(*heard)
    assert [*kept.faults(said), *kept.hasty(said)] == []


@pytest.mark.parametrize("name", WRONG_TURNS)
def test_a_wrong_turn_is_told_why(name):
    heard, said, why = WRONG_TURNS[name]
    assert why in "; ".join(ledger(*heard).faults(said))


def test_one_raise_too_many_is_a_fault():
    kept = ledger("Done.")
    kept.speak(turn("raise", "And my lamp should come on 2026-04-02.", "day 2"))
    assert "one more matter" in "; ".join(kept.faults(turn("raise", "And then there is my chair.")))


def test_what_is_told_once_may_be_told_again_and_has_its_turn():
    kept = ledger(ASKS)
    kept.speak(turn("answer", "It's ada.moss@example.com.", "email"))
    assert kept.told == {"order_id.placed_on": 0, "email": 1}
    assert not list(kept.faults(turn("chat", "As I said, ada.moss@example.com, for the order placed on 2026-03-10.")))


def test_who_is_to_change_their_mind_does_so_before_they_agree():
    task = blueprint(change="I've changed my mind: the reason should be the other one.")
    facts = dict(task.known)
    facts["reason"] = facts["reason"].model_copy(update={"at_first": REASONS[1], "disclose": "volunteer"})
    task = task.model_copy(update={"known": facts})
    kept = ledger("I will cancel it. Shall I go ahead?", task=task)
    assert "agrees to what they wanted at first" in "; ".join(kept.faults(YES))
    kept = ledger(f"I will cancel it as {WRONG}. Shall I go ahead?", task=task)
    assert f"agrees to {WRONG}" in "; ".join(kept.faults(YES))
    changed = turn("correct", f"Wait, the reason should be {RIGHT}.", "reason")
    assert not list(kept.faults(changed))
    kept.speak(changed)
    kept.hear(f"I will cancel it as {RIGHT}. Shall I go ahead?")
    assert not list(kept.faults(YES))


def test_what_the_person_said_of_the_other_case_is_no_rival():
    other = Other(intent=f"cancel it as {WRONG}").model_dump()
    kept = ledger(f"Then I will cancel it as {WRONG}. Shall I go ahead?", task=blueprint(other=other))
    assert not list(kept.faults(YES))


def test_some_faults_are_only_asked_for_again():
    kept = ledger("I'm sorry, I can't do that.", task=blueprint(wants="refusal"))
    assert "without having asked once more" in "; ".join(kept.hasty(turn("accept", "All right then.")))
    kept = ledger("Shall I go ahead?")
    assert "without saying to what" in "; ".join(kept.hasty(turn("confirm", "Yes.")))
    said = turn("raise", "I'm Ada Moss, and my lamp should come on 2026-04-02.", "day 2")
    assert "does not name the fact name" in "; ".join(kept.hasty(said))
    assert not list(kept.faults(said))


@pytest.mark.parametrize(
    ("text", "value", "meaning", "sure"),
    [
        ("I live in Oakhurst.", "Oakhurst", Meaning("text"), True),
        ("that is an other matter", "other", CHOICE, False),
        ("it was too slow for me", "too_slow", CHOICE, False),
        ("the one with $25.50", 25.5, AMOUNT, True),
        ("I have 25 of them", 25, Meaning("count"), False),
        ("it ends in 9637", "9637", Meaning("text"), True),
        ("three of them", "3", Meaning("text"), False),
    ],
)
def test_only_what_nobody_says_by_chance_is_surely_said(text, value, meaning, sure):
    assert surely_says(text, value, meaning) is sure


@pytest.mark.parametrize(
    ("text", "fact", "may"),
    [
        ("call me on 401 555 0176", known("401-555-0176", Meaning("contact"), "if_asked", "phone"), True),
        ("call me", known("401-555-0176", Meaning("contact"), "if_asked", "phone"), False),
        ("three, please", known(3, Meaning("count"), "if_asked", "number"), True),
        ("a few", known(3, Meaning("count"), "if_asked", "number"), False),
        ("on March 10th", known("2026-03-10", DATE, "if_asked", "day"), True),
        ("on March 11th", known("2026-03-10", DATE, "if_asked", "day"), False),
        ("a happy midsummer to all", known("Merry midsummer, all", Meaning("prose"), "if_asked", "words"), True),
        ("whatever", known("the loan due first", Meaning("text"), "if_asked", "loan", field="which"), True),
    ],
)
def test_what_might_be_meant_is_said(text, fact, may):
    assert may_say(text, fact) is may


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_verdict_blames_the_human_for_what_the_ledger_finds(domain):
    spoilt = 0
    for talk in rehearsed(domain, 48):
        confirmed = talk.acts("confirm")
        if not confirmed:
            continue
        spoilt += 1
        unsure = talk.items[confirmed[0]][1]
        assert unsure is not None
        items = [*talk.items]
        items[confirmed[0]] = item_of(unsure.model_copy(update={"text": "I wonder whether I want that."}))
        verdict = talk.rebuilt(items).verdict()
        assert "fidelity" in failed(verdict)
        assert gate(verdict, "fidelity").fault == "human"
    assert spoilt > 8
