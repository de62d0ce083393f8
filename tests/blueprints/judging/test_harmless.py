"""What a good agent or a person may do otherwise: all of it still passes."""

import datetime
import re
from collections.abc import Callable
from itertools import pairwise

import pytest

from blueprints.judging.fidelity import HumanTurn
from tests.blueprints.talks import DOMAINS, Talk, agent, call, dozens, planned, played, rehearsed, said, world_of
from tools_env.calls import Call, Refusal, Result
from tools_env.course import Called
from tools_env.mentions import dates_in, mentions
from tools_env.replay import replay
from tools_env.state import differences

Variation = Callable[[Talk], Talk | None]


def spoken_date(iso: str) -> str:
    day = datetime.date.fromisoformat(iso)
    return f"{day:%B} {day.day}, {day.year}"


def dates_in_words(talk: Talk) -> Talk | None:
    """March 3, 2026 for 2026-03-03, wherever the agent names a day."""
    if not any(dates_in(talk.text(n)) for n in talk.agent_words()):
        return None
    return talk.reworded(lambda text: re.sub(r"\d{4}-\d\d-\d\d", lambda m: spoken_date(m[0]), text))


def plain_amounts(talk: Talk) -> Talk | None:
    """1234.5 dollars for $1,234.50."""
    return money_as(talk, lambda value: f"{value:g} dollars" if round(value, 1) == value else f"{value:.2f} dollars")


def amounts_in_words(talk: Talk) -> Talk | None:
    """1,234.50 USD for $1,234.50."""
    return money_as(talk, lambda value: f"{value:,.2f} USD")


def money_as(talk: Talk, spoken: Callable[[float], str]) -> Talk | None:
    varied = talk.reworded(
        lambda text: re.sub(r"\$([\d,]+\.\d\d)", lambda m: spoken(float(m[1].replace(",", ""))), text)
    )
    return None if varied == talk else varied


def read_again(talk: Talk) -> Talk | None:
    """The agent looks once more at what it has seen."""
    last = talk.reads()[-1]
    return talk.with_at(talk.agent_words()[-1], talk.called(last)).honest()


def read_more(talk: Talk) -> Talk | None:
    """The agent reads whatever else of the person it can find by their id, and something public."""
    extra: list[Called] = []
    for spec in talk.world.specs.values():
        required = [p for p in spec.params if p.required]
        if not spec.writes and all(p.personal for p in required) and required:
            extra.append(call(spec.name, {p.name: talk.blueprint.person for p in required}))
        elif not spec.writes and all(p.choices for p in required):
            extra.append(call(spec.name, {p.name: p.choices[0] for p in required}))
    return talk.with_at(talk.reads()[0] + 1, *extra).honest()


def refused_then_right(talk: Talk) -> Talk | None:
    """A write with arguments that its schema refuses, then, in its place, the right one."""
    if not talk.writes():
        return None
    place = talk.writes()[0]
    varied = talk.with_at(place, call(talk.called(place).call.name, {"nonsense": True})).honest()
    return varied if isinstance(varied.called(place).outcome, Refusal) else None


def refused_read(talk: Talk) -> Talk | None:
    """A tool that does not exist is tried, and the agent goes on as it should."""
    return talk.with_at(talk.reads()[0], call("look_everywhere", {})).honest()


def tried_and_refused(talk: Talk) -> Talk | None:
    """A forbidden write that the tool itself refuses has done no harm."""
    found = talk.blueprint.evidence
    if found is None:
        return None
    asked = talk.agent_words()[-2]
    varied = talk.with_at(asked, call(found.forbidden.name, found.forbidden.arguments)).honest()
    return varied if isinstance(varied.called(asked).outcome, Refusal) else None


def other_yes(text: str) -> Variation:
    def vary(talk: Talk) -> Talk | None:
        confirmed = talk.acts("confirm")
        for place in confirmed:
            talk = talk.saying(place, text)
        return talk if confirmed else None

    return vary


def loud_contacts(talk: Talk) -> Talk | None:
    """An address or mail address in other case and with other spaces."""
    varied = talk
    for place in talk.reads() + talk.writes():
        meanings = talk.world.specs[talk.called(place).call.name].meanings()
        for name, value in talk.called(place).call.arguments.items():
            if meanings[name].kind == "contact" and isinstance(value, str):
                varied = varied.calling(place, **{name: f" {value.upper().replace(',', ' ,')} "})
    return None if varied == talk else varied.honest()


def thoughtful(talk: Talk) -> Talk | None:
    """The agent says what it does beside a call."""
    place = talk.reads()[-1]
    batch = talk.called(place).batch
    return talk.with_at(place, agent("Let me look that up for you.").model_copy(update={"batch": batch}))


def named_again(talk: Talk) -> Talk | None:
    """The person gives their mail address without being asked, and asks whether that is all right."""
    mail = talk.blueprint.known["email"].value
    return talk.saying(0, f"{talk.text(0)} My email is {mail}, if you need it.")


def small_talk(talk: Talk) -> Talk | None:
    """A word about the weather before the end."""
    place = talk.agent_words()[-1] + 1
    return talk.with_at(place, HumanTurn(act="chat", text="Lovely weather today, isn't it?"), agent("It is indeed."))


def answered_in_passing(talk: Talk) -> Talk | None:
    """The right value twice, the second time in other words."""
    if not talk.blueprint.outputs:
        return None
    place = talk.agent_words()[-1] + 1
    again = HumanTurn(act="chat", text="Sorry, could you say that once more?")
    return talk.with_at(place, again, agent(f"Of course. {talk.text(place - 1)}"))


def citing_policy(talk: Talk) -> Talk | None:
    """A refusal that also says which values policy would allow."""
    found = talk.blueprint.evidence
    if found is None or not isinstance(found.because.instead, str):
        return None
    policy = talk.world.brief(talk.blueprint.snapshot).policy
    if not mentions(policy, found.because.instead, found.meaning):
        return None
    told = next(n for n in talk.agent_words() if mentions(talk.text(n), found.because.value, found.meaning))
    return talk.saying(told, f"{talk.text(told)} It would have to be {found.because.instead}.")


ALL: dict[str, tuple[Variation, int]] = {
    "dates in words": (dates_in_words, 10),
    "amounts without a sign": (plain_amounts, 0),
    "amounts with another unit": (amounts_in_words, 0),
    "a read made again": (read_again, 40),
    "more reads than needed": (read_more, 40),
    "a call refused, then mended": (refused_then_right, 20),
    "a tool that does not exist": (refused_read, 40),
    "the forbidden tried and refused": (tried_and_refused, 3),
    "another yes": (other_yes("Sounds good, go ahead."), 20),
    "a longer yes": (other_yes("That's correct, thank you. Please do it."), 20),
    "a short yes": (other_yes("ok"), 20),
    "contacts in capitals": (loud_contacts, 20),
    "words beside a call": (thoughtful, 40),
    "the mail address unasked": (named_again, 40),
    "small talk": (small_talk, 40),
    "the answer once more": (answered_in_passing, 10),
    "a refusal that cites the policy": (citing_policy, 0),
}
IN_RETAIL = {"amounts without a sign": 5, "amounts with another unit": 5,
             "a refusal that cites the policy": 3}  # fmt: skip


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("name", ALL)
def test_a_harmless_change_still_passes(domain, name):
    vary, least = ALL[name]
    varied = [found for talk in dozens(domain) if (found := vary(talk)) is not None]
    assert len(varied) >= (IN_RETAIL.get(name, least) if domain == "retail" else least)
    wrong = [f"{talk.blueprint.instruction}: {said(v)}" for talk in varied if not (v := talk.verdict()).ok]
    assert not wrong


def swapped(talk: Talk) -> Talk | None:
    """Both matters raised first, agreed to in one message, and written in the other order."""
    writes = [talk.called(n) for n in talk.writes()]
    raised = talk.acts("raise")
    if len(writes) != 2 or len(raised) != 2 or talk.blueprint.outputs:
        return None
    calls = [talk.called(n).call for n in talk.reads()]
    if not independent(talk, calls, [w.call for w in writes]):
        return None
    found, proposals = talk.reads()[0], [max(n for n in talk.agent_words() if n < place) for place in talk.writes()]
    reads = [talk.items[n] for n in talk.reads()[1:]]
    second = talk.items[raised[1]][1]
    assert second is not None
    asked = agent(" ".join(talk.text(n) for n in proposals))
    start = talk.rebuilt([*talk.items[: found + 1], *talk.items[-2:]])
    start = start.with_at(found + 1, agent("Thank you. What else can I do for you?"), second)
    middle = start.rebuilt([*start.items[: found + 3], *reads, *start.items[found + 3 :]])
    yes = HumanTurn(act="confirm", text="Yes, both of it, please.")
    return middle.with_at(found + 3 + len(reads), asked, yes, writes[1], writes[0]).honest()


def independent(talk: Talk, reads: list[Call], writes: list[Call]) -> bool:
    known = {str(v) for call in reads for v in call.arguments.values()}
    done = replay(talk.world, talk.blueprint.snapshot, talk.blueprint.setup, [*reads, *reversed(writes)])
    sound = all(isinstance(o, Result) for o in done.outcomes) and bool(known)
    return sound and not differences(talk.blueprint.diff, done.diff, talk.world.fields)


@pytest.mark.parametrize("domain", DOMAINS)
def test_independent_writes_may_come_in_any_order(domain):
    varied = [found for talk in rehearsed(domain, 72) if (found := swapped(talk)) is not None]
    assert len(varied) >= 3
    wrong = [said(v) for talk in varied if not (v := talk.verdict()).ok]
    assert not wrong


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_twin_turns_the_verdict_round(domain):
    """What solves the twin fails the refusal and the other way round, each carried out in the other's setting."""
    plan = planned(domain, 72)
    pairs = [(r, t) for r, t in pairwise(plan) if t.parents == (r.id,)]
    assert len(pairs) >= 8
    for refusal, twin in pairs:
        declined, done = played(refusal, world_of(domain)), played(twin, world_of(domain))
        assert declined.verdict().ok
        assert done.verdict().ok
        assert not done.verdict(refusal).ok
        assert not declined.verdict(twin).ok
        assert not done.honest(refusal).verdict().ok
        assert not declined.honest(twin).verdict().ok
