"""Who speaks in a message, and to whom an instruction is told."""

import pytest

from blueprints.blueprint import Blueprint
from blueprints.voice import voice
from tests.blueprints.drawn import WORLDS
from tests.blueprints.talks import planned


def saying(text: str, instruction: str = "") -> list[str]:
    """What is wrong with a message, and with an instruction, of somebody called Vera Brandt."""
    first = planned("library", 6)[0]
    name = first.known["email"].model_copy(update={"value": "Vera Brandt"})
    stages = (first.stages[0].model_copy(update={"say": text}), *first.stages[1:])
    update = {"stages": stages, "known": {**first.known, "name": name}}
    blueprint: Blueprint = first.model_copy(update={**update, "instruction": instruction or first.instruction})
    return [found.reason for found in voice(blueprint)]


@pytest.mark.parametrize("text", [
    "I am sorry, but I cannot fulfill that.",
    "I\u2019m unable to process it.",
    "I have updated the address on file.",
    "How can I help with it?",
    "Your request was received.",
    "This violates the policy.",
    "The customer wants to renew a loan.",
    "You'd like to renew it.",
    "Your email is vera@example.com.",
    "You run a soup kitchen, and your customers expect speedy service.",
    "Could you confirm your current address?",
    "Please change Vera's address.",
    "Please change Brandt\u2019s address.",
])  # fmt: skip
def test_the_desk_does_not_speak_in_a_message(text):
    (reason,) = saying(text)
    assert reason.startswith("message 1 ")


@pytest.mark.parametrize("text", [
    "Could you help me? I have moved, and I cannot find my order.",
    "I can't process what this letter says; it is about my account.",
    "I've changed my mind, so cancel it.",
    'Set the message to "Vera\'s order, for the customer".',
    "I am Vera Brandt, and I am a customer of yours.",
    "Veras is not my name.",
    "You have sent me the wrong thing, and I'd like you to look into it.",
    "I was told that you want proof of that.",
    "It's about my mother's claim.",
])  # fmt: skip
def test_what_people_say_passes(text):
    assert saying(text) == []


@pytest.mark.parametrize("text", [
    "You are Vera Brandt. The customer wants to renew a loan.",
    "You are a customer service representative.",
    "This customer wants to renew a loan.",
    "We have a customer who wants to renew a loan.",
    "You want to renew a loan, and we are excited to hear from you.",
    "You want to renew a loan. I need it badly.",
    "You value our library. Let us know how we can assist you today.",
    "You treat customers in an approachable manner.",
    "They send a mail to request it. You are Vera Brandt.",
    "You are a helpful AI language model. You want to renew a loan.",
    "You asked me to look it up.",
    "You want to change Vera's address.",
    "You want it done soon, please. You want it done soon, please.",
])  # fmt: skip
def test_an_instruction_speaks_to_the_person_and_says_nothing_twice(text):
    (reason,) = saying("Please renew it.", text)
    assert reason.startswith("the instruction ")


@pytest.mark.parametrize("text", [
    "You are Vera Brandt, an estate agent. You like it brief. You like it brief.",
    "You are Vera Brandt, a customer for years.",
])  # fmt: skip
def test_an_instruction_may_be_plain(text):
    assert saying("Please renew it.", text) == []


def test_a_message_does_not_tell_the_person_who_they_are():
    first = planned("library", 6)[0]
    told = "You mend violins and have an ear for tone"
    for text, wrong in ((f"Well, {told.lower()}, so renew it.", True), ("I have an ear for it, so renew it.", False)):
        stages = (first.stages[0].model_copy(update={"say": text}), *first.stages[1:])
        found = [*voice(first.model_copy(update={"stages": stages, "persona": f"{told}."}))]
        assert bool(found) == wrong


@pytest.mark.parametrize("domain", WORLDS)
def test_the_template_speaks_for_the_person(domain):
    for blueprint in planned(domain, 48):
        assert [*voice(blueprint)] == []
