"""Rehearsal's agent takes every value from the talk, asks for what is missing, and gives up rather than guess."""

import json
from itertools import pairwise

import pytest

from apigen_mt.cast.oracle import ASKS, Matter, Oracle, script_of
from apigen_mt.cast.ports import AgentTurn, AgentView, GaveUp, HumanView
from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import HumanTurn
from blueprints.sampling import people_table
from tests.blueprints.talks import DOMAINS, LIMITS, Talk, planned, rehearsed, world_of
from tools_env.course import Called, Said
from tools_env.mentions import mentions
from tools_env.rules import affirms
from tools_env.values import Json


class Says:
    """A human who says the same lines whatever they hear."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines

    async def speak(self, view: HumanView) -> HumanTurn | None:
        text = self.lines[min(view.turn, len(self.lines) - 1)]
        return HumanTurn(act="raise" if not view.turn else "answer", text=text)


def oracle(blueprint: Blueprint) -> Oracle:
    world = world_of(blueprint.domain)
    return Oracle(script_of(blueprint), world.specs, people_table(world))


def some(kind: str, domain: str = "library") -> Blueprint:
    return next(b for b in planned(domain, 72) if b.kind == kind)


async def hears(blueprint: Blueprint, *lines: str) -> tuple[str, str, list[str]]:
    """The end of a talk with somebody who says these lines, why it ended, and what the oracle said."""
    from apigen_mt.talk import play

    done = await play(blueprint, world_of(blueprint.domain), Says(*lines), oracle(blueprint), LIMITS)
    return done.end_reason, done.why, [e.text for _, e in done.course.said("agent")]


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_argument_was_said_or_shown_before(domain):
    checked = 0
    for talk in rehearsed(domain, 72):
        for place in talk.reads() + talk.writes():
            for name, value in talk.called(place).call.arguments.items():
                meanings = talk.world.specs[talk.called(place).call.name].meanings()
                assert all(
                    known(talk, place, v, meanings[name]) for v in (value if isinstance(value, list) else [value])
                )
                checked += 1
    assert checked > 200


def known(talk: Talk, place: int, value: Json, meaning) -> bool:
    for event in talk.events[:place]:
        if isinstance(event, Said) and event.speaker == "human" and mentions(event.text, value, meaning):
            return True
        if isinstance(event, Called) and json.dumps(value) in json.dumps(event.outcome.observed()):
            return True
    return False


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_write_is_proposed_and_agreed_to(domain):
    for talk in rehearsed(domain, 72):
        for place in talk.writes():
            before = [e for e in talk.events[:place] if isinstance(e, Said)]
            assert before[-2].speaker == "agent"
            assert before[-2].text.endswith("Shall I go ahead?")
            assert affirms(before[-1].text)


async def test_it_asks_twice_for_what_is_missing_and_then_gives_up():
    ended, why, said = await hears(some("act"), "I need something done.", "I'd rather not say.")
    assert (ended, why) == ("void", "nobody says the email")
    assert len([text for text in said if "email" in text]) == ASKS


async def test_it_carries_nothing_out_on_a_no():
    blueprint = some("act")
    mail = str(blueprint.known["email"].value)
    lines = [blueprint.stages[0].say, f"It's {mail}.", "No, better not.", "No, I said."]
    world = world_of("library")
    from apigen_mt.talk import play

    done = await play(blueprint, world, Says(*lines), oracle(blueprint), LIMITS)
    assert not list(done.course.done(writes=True))
    assert any("Shall I go ahead?" in e.text for _, e in done.course.said("agent"))


async def test_a_refused_call_is_the_blueprints_fault():
    """The refusal's twin would be right; in the refusal's own setting the tool stands in the way."""
    plan = planned("retail", 72)
    pairs = [(r, t) for r, t in pairwise(plan) if t.parents == (r.id,)]
    from apigen_mt.cast.scripted_human import ScriptedHuman
    from apigen_mt.talk import play

    ends: set[str] = set()
    for refusal, twin in pairs:
        wrong = twin.model_copy(update={"setup": refusal.setup})
        done = await play(wrong, world_of("retail"), ScriptedHuman(twin), oracle(twin), LIMITS)
        if done.end_reason == "void":
            ends.add(done.why.split(":")[0])
    assert ends == {"a call was refused"}


async def test_a_person_who_raises_more_than_there_is_is_not_served():
    said: list[Json] = [{"role": "user", "content": "One more thing."}]
    clerk = Oracle((), world_of("library").specs, "members")
    with pytest.raises(GaveUp, match="more than there is"):
        await clerk.reply(AgentView(system="", tools=(), messages=tuple(m for m in said if isinstance(m, dict))))


async def test_an_answer_is_read_off_what_was_seen():
    world = world_of("library")
    session = world.open("seed:0")
    from tools_env.calls import Call

    brief = world.brief("seed:0")
    person = brief.people[3]
    mail = person.facts["email"].value
    member = session.call(Call(name="find_member", arguments={"email": mail})).observed()
    loans = session.call(Call(name="list_loans", arguments={"member_id": person.id})).observed()
    assert isinstance(loans, list)
    assert isinstance(loans[0], dict)
    clerk = Oracle((Matter(tools=("find_member", "list_loans"), ends="answer"),), world.specs, "members")
    turns: list[AgentTurn] = []
    messages: list[dict[str, Json]] = [
        {"role": "user", "content": f"Can you tell me the due date of the {loans[0]['title']}? My email is {mail}."}
    ]
    for shown in (member, loans, None):
        turn = await clerk.reply(AgentView(system="", tools=(), messages=tuple(messages)))
        turns.append(turn)
        if turn.calls:
            body: Json = {"name": turn.calls[0].name, "arguments": turn.calls[0].arguments}
            messages.append(
                {"role": "assistant", "content": "", "tool_calls": [{"id": turn.calls[0].id, "function": body}]}
            )
            messages.append({"role": "tool", "tool_call_id": turn.calls[0].id, "content": json.dumps(shown)})
    assert [turn.calls[0].name for turn in turns if turn.calls] == ["find_member", "list_loans"]
    assert turns[-1].text.startswith(f"The due date of the {loans[0]['title']} is {loans[0]['due']}.")
