"""Rehearsal's human: answers what is asked in whatever words, confirms only what is right, and never invents."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen_mt.cast.ports import HumanView
from apigen_mt.cast.scripted_human import CORRECTIONS, REMINDERS, ScriptedHuman
from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.human import problems
from tests.blueprints.drawn import KINDS, WORLDS, talks, tasks, with_operator
from tests.blueprints.talks import DOMAINS, planned, rehearsed, world_of
from tools_env.consent import affirms
from tools_env.mentions import mentions, spoken


class Desk:
    """A talk with a scripted human, one line at a time."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.human = ScriptedHuman(blueprint)
        self.dialogue: list[tuple[str, str]] = []

    async def says(self, text: str = "") -> HumanTurn:
        """What the human says to that; without words, their first message."""
        if text:
            self.dialogue.append(("agent", text))
        turn = await self.human.speak(HumanView(dialogue=tuple(self.dialogue), turn=len(self.dialogue)))
        assert turn is not None
        self.dialogue.append(("human", turn.text))
        return turn


def some(kind: str, domain: str = "retail", *, tool: str = "") -> Blueprint:
    plan = planned(domain, 72)
    return next(b for b in plan if b.kind == kind and len(b.stages) == 1 and (not tool or b.actions[-1].name == tool))


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("Could you please tell me your email?", "email"),
        ("May I have the e-mail address on your account?", "email"),
        ("What's your postcode?", "postcode"),
        ("Please provide your ZIP code.", "postcode"),
        ("Could you give me your full name?", "name"),
        ("I need your phone number, please.", "phone"),
    ],
)
async def test_facts_are_found_by_their_names_and_synonyms(question, fact):
    desk = Desk(some("act"))
    await desk.says()
    turn = await desk.says(question)
    assert turn.act == "answer"
    assert fact in turn.fact_ids
    assert str(desk.blueprint.known[fact].value) in turn.text


async def test_several_facts_are_given_in_one_answer():
    desk = Desk(some("act"))
    await desk.says()
    turn = await desk.says("Could you tell me your full name and your postcode?")
    assert {"name", "postcode"} <= set(turn.fact_ids)
    assert all(str(desk.blueprint.known[n].value) in turn.text for n in ("name", "postcode"))


async def test_what_the_person_does_not_know_they_do_not_make_up():
    desk = Desk(some("act", tool="cancel_order"))
    await desk.says()
    turn = await desk.says("Could you tell me your shoe size?")
    assert turn.act in {"dont_know", "answer", "chat"}
    assert not re.search(r"\d", turn.text.replace(str(desk.blueprint.known["email"].value), "")) or turn.act == "answer"


async def test_a_wrong_value_is_corrected_and_then_confirmed():
    blueprint = some("act", tool="cancel_order")
    reason = next(k for k in blueprint.known.values() if k.about == "reason")
    wrong = "too expensive" if reason.value != "too expensive" else "too slow"
    desk = Desk(blueprint)
    await desk.says()
    turn = await desk.says(f"I will cancel the order because it is {wrong}. Shall I go ahead?")
    assert turn.act == "correct"
    assert not affirms(turn.text)
    assert mentions(turn.text, reason.value, reason.meaning)
    turn = await desk.says(f"I will cancel it because it is {spoken(reason.value, reason.meaning)}. Shall I go ahead?")
    assert turn.act == "confirm"
    assert affirms(turn.text)
    assert turn.consents_to


async def test_a_deaf_agent_is_not_corrected_for_ever():
    desk = Desk(some("act", tool="cancel_order"))
    await desk.says()
    turns = [await desk.says("Shall I go ahead?") for _ in range(CORRECTIONS + 1)]
    assert [t.act for t in turns] == ["correct"] * CORRECTIONS + ["confirm"]


@pytest.mark.parametrize(
    "no",
    [
        "I'm sorry, but I can't do that.",
        "Unfortunately this is not possible.",
        "I am unable to do this for you.",
        "That isn\u2019t allowed, I regret to say.",
    ],
)
async def test_a_refusal_is_questioned_once_and_then_accepted(no):
    desk = Desk(some("refuse"))
    await desk.says()
    assert (await desk.says(no)).act == "push_back"
    turn = await desk.says(no)
    assert turn.act == "stop"
    assert turn.text.endswith(STOP)


async def test_what_is_not_answered_is_asked_again():
    desk = Desk(some("inform"))
    first = await desk.says()
    turn = await desk.says("Thank you for getting in touch.")
    assert turn.act in {"chat", "answer"}
    assert STOP not in turn.text
    assert desk.blueprint.stages[0].say in first.text


async def test_who_hears_nonsense_does_not_say_the_same_thing_over_and_over():
    desk = Desk(some("act", tool="cancel_order"))
    await desk.says()
    turns = [await desk.says("The order number is on its way to the moon.") for _ in range(REMINDERS)]
    assert {t.act for t in turns} == {"chat"}
    assert all(one.text != other.text for one, other in pairwise(turns))


@pytest.mark.parametrize("domain", DOMAINS)
async def test_the_same_talk_gives_the_same_words(domain):
    for blueprint in planned(domain, 24):
        lines = [[(await Desk(blueprint).says()).text] for _ in range(2)]
        desks = [Desk(blueprint), Desk(blueprint)]
        for said, desk in zip(lines, desks, strict=True):
            await desk.says()
            said += [(await desk.says(text)).text for text in ("Your email?", "Shall I go ahead?", "I'm sorry, no.")]
        assert lines[0] == lines[1]


@pytest.mark.parametrize("domain", DOMAINS)
def test_matters_come_in_their_order_and_the_talk_ends_after_the_last(domain):
    for talk in rehearsed(domain, 72):
        raised = [talk.text(n) for n in talk.acts("raise")]
        assert len(raised) == len(talk.blueprint.stages)
        assert all(stage.say in text for stage, text in zip(talk.blueprint.stages, raised, strict=True))
        assert talk.acts("stop") == [len(talk.events) - 1]


HEARD = st.lists(
    st.sampled_from([
        "Which order do you mean?",
        "Could you please tell me your email?",
        "What should the reason be?",
        "I can't do that.",
        "Shall I go ahead?",
        "Do you want me to proceed with all of it?",
        "It is 2026-03-04.",
        "Done. Is there anything else I can help you with?",
        "Hm.",
        "Please provide your order number.",
        "That will be $12.50, is that right?",
        "```json {}```",
    ]),
    max_size=9,
)  # fmt: skip


@pytest.mark.parametrize("domain", DOMAINS)
@given(number=st.integers(0, 71), heard=HEARD)
async def test_whatever_they_hear_they_hold_to_their_part(domain, number, heard):
    world, blueprint = world_of(domain), planned(domain, 72)[number]
    now = world.brief(blueprint.snapshot).now.isoformat()
    desk = Desk(blueprint)
    turn = await desk.says()
    for text in heard:
        if STOP in turn.text:
            break
        turn = await desk.says(text)
        listened = "\n".join(t for who, t in desk.dialogue if who == "agent")
        assert not list(problems(blueprint, world, turn, listened, now)), turn


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Which article do you mean?", {"article_ids"}),
        ("Which new article do you mean?", {"new_article_ids"}),
        ("Which article goes back, and which new article comes instead?", {"article_ids", "new_article_ids"}),
    ],
)
async def test_a_name_inside_a_longer_one_is_not_asked_for(question, named):
    swaps = [b for b in planned("tests.swap_world:SwapShop", 60) if b.actions[-1].name == "swap_articles"]
    blueprint = next(b for b in swaps if b.kind == "act" and len(b.stages) == 1)
    desk = Desk(blueprint)
    await desk.says()
    turn = await desk.says(question)
    said = {n for n in ("article_ids", "new_article_ids") if blueprint.known[n].phrase in turn.text}
    assert (turn.act, said) == ("answer", named)


def minded() -> list[Blueprint]:
    """Tasks whose first matter is one that the person changes their mind about."""
    return [b for b in with_operator("change of mind") if b.stages[0].change]


def proposal(blueprint: Blueprint, *, first: bool) -> str:
    """All that an agent would have confirmed, as the person said it first or wants it in the end."""
    values = [k for k in blueprint.known.values() if k.about and k.stage == 0 and k.value is not None and not k.field]
    told = [spoken(k.at_first if first and k.at_first is not None else k.value, k.meaning) for k in values]
    return f"You would like to have it so: {', '.join(told)}. Shall I go ahead?"


async def test_who_changes_their_mind_does_so_before_they_agree():
    found = minded()
    assert len(found) > 8
    for blueprint in found:
        (known,) = [k for k in blueprint.known.values() if k.stage == 0 and k.at_first is not None]
        desk = Desk(blueprint)
        first = await desk.says()
        assert mentions(first.text, known.at_first, known.meaning)
        turn = await desk.says(proposal(blueprint, first=True))
        assert (turn.act, turn.text) == ("correct", blueprint.stages[0].change)
        assert not affirms(turn.text)
        assert mentions(turn.text, known.value, known.meaning)
        assert (await desk.says(proposal(blueprint, first=False))).act == "confirm"


async def test_what_is_right_from_the_first_is_agreed_to_at_once():
    for blueprint in minded()[:10]:
        desk = Desk(blueprint)
        await desk.says()
        assert (await desk.says(proposal(blueprint, first=False))).act == "confirm"


@pytest.mark.parametrize("domain", WORLDS)
async def test_who_left_open_which_is_meant_says_so_when_asked(domain):
    for blueprint in tasks(domain, "clarify", 12):
        name, known = next((n, k) for n, k in blueprint.known.items() if k.vague.startswith("one of my "))
        desk = Desk(blueprint)
        first = await desk.says()
        assert known.vague in first.text
        assert known.phrase not in first.text
        turn = await desk.says(f"Which {known.label} do you mean?")
        assert turn.act == "answer"
        assert known.phrase in turn.text
        assert name not in turn.fact_ids, "an id is never given away"


@pytest.mark.parametrize("domain", WORLDS)
async def test_that_something_cannot_be_done_here_is_questioned_once(domain):
    blueprint = next(b for b in tasks(domain, "missing_tool", 12) if b.stages[0].wants == "answer")
    desk = Desk(blueprint)
    await desk.says()
    value = blueprint.outputs[0]
    raised = await desk.says(f"The {value.label} is {spoken(value.value, value.meaning)}. Is there anything else?")
    assert blueprint.stages[1].say in raised.text
    assert (await desk.says("I'm sorry, but none of my tools does that.")).act == "push_back"
    assert (await desk.says("I'm sorry, I cannot do that.")).act == "stop"


async def test_a_figure_or_a_sum_that_is_not_told_is_asked_for_again():
    for blueprint in (*tasks("retail", "policy_question", 6), *with_operator("aggregate")[:6]):
        if len(blueprint.stages) > 1:
            continue
        desk = Desk(blueprint)
        await desk.says()
        turn = await desk.says("Let me see what I can find out for you.")
        assert STOP not in turn.text
        output = blueprint.outputs[0]
        turn = await desk.says(f"It is {spoken(output.value, output.meaning)}. Is there anything else?")
        assert turn.text.endswith(STOP)


@pytest.mark.parametrize("domain", WORLDS)
@pytest.mark.parametrize("kind", KINDS)
def test_matters_of_every_kind_come_in_their_order(domain, kind):
    for talk in talks(domain, kind, 8):
        raised = [talk.text(n) for n in talk.acts("raise")]
        assert len(raised) == len(talk.blueprint.stages)
        assert all(stage.say in text for stage, text in zip(talk.blueprint.stages, raised, strict=True))
        assert talk.acts("stop") == [len(talk.events) - 1]
        pushed = sum(stage.wants in {"refusal", "missing"} for stage in talk.blueprint.stages)
        assert len(talk.acts("push_back")) == pushed
