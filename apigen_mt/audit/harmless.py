"""What a good agent or a person may do otherwise, without being any less right."""

import datetime
import itertools
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from apigen_mt.audit import orders, phrasings
from apigen_mt.audit.editing import Talk, agent, call
from apigen_mt.audit.places import (
    all_carried_out,
    answered_before,
    asked_before,
    beside,
    chat,
    last_words,
    otherwise,
    upheld,
    written_params,
)  # fmt: skip
from apigen_mt.audit.words import asserted
from apigen_mt.audit.writes import Maker, broken_at
from blueprints.judging.fidelity import HumanTurn
from tools_env.calls import Refusal
from tools_env.course import Called
from tools_env.mentions import amounts_in, mentions
from tools_env.values import Json

_ISO = re.compile(r"(?<![\d-])\d{4}-\d\d-\d\d(?![\d-])")
_MONEY = re.compile(r"\$([\d,]+\.\d\d)")


class Harmless(NamedTuple):
    """A change that makes a talk no less right, and what talk it needs."""

    vary: Maker
    needs: str = "any talk"


def _reworded(change: Callable[[str], str], *, human: bool = False) -> Maker:
    def vary(talk: Talk) -> Talk | None:
        varied = talk.reworded(change, human=human)
        return None if varied == talk else varied

    return vary


def _month_first(text: str) -> str:
    return _ISO.sub(lambda m: f"{_day(m[0]):%B} {_day(m[0]).day}, {_day(m[0]).year}", text)


def _day_first(text: str) -> str:
    return _ISO.sub(lambda m: f"{_day(m[0]).day} {_day(m[0]):%B} {_day(m[0]).year}", text)


def _day(iso: str) -> datetime.date:
    return datetime.date.fromisoformat(iso)


def _money(spoken: Callable[[float], str]) -> Callable[[str], str]:
    return lambda text: _MONEY.sub(lambda m: spoken(float(m[1].replace(",", ""))), text)


_plain = _money(lambda value: f"{value:g} dollars" if round(value, 1) == value else f"{value:.2f} dollars")
_grouped = _money(lambda value: f"{value:,.2f} dollars")
_coded = _money(lambda value: f"{value:,.2f} USD")


def read_again(talk: Talk) -> Talk | None:
    """The agent looks once more at what it has seen."""
    places = talk.reads()
    return talk.with_at(last_words(talk), talk.called(places[-1])).honest() if places else None


def read_more(talk: Talk) -> Talk | None:
    """The agent reads whatever else of the person it can find by their id, and something public; not with a tool that
    is to be out of order, which would meet another call then.
    """
    places = talk.reads()
    awry = {*talk.blueprint.withheld, *(d.tool for d in talk.blueprint.disturbances)}
    extra: list[Called] = []
    for spec in talk.world.specs.values():
        required = [p for p in spec.params if p.required]
        if spec.writes or spec.name in awry or "agent" not in spec.actors:
            continue
        if required and all(p.personal for p in required):
            extra.append(call(spec.name, {p.name: talk.blueprint.person for p in required}))
        elif all(p.choices for p in required):
            extra.append(call(spec.name, {p.name: p.choices[0] for p in required}))
    return talk.with_at(places[0] + 1, *extra).honest() if places and extra else None


def refused_then_right(talk: Talk) -> Talk | None:
    """A write with arguments that its tool does not have, then the right one."""
    if not talk.writes():
        return None
    place = talk.writes()[0]
    varied = talk.with_at(place, call(talk.called(place).call.name, {"nonsense": True})).honest()
    return varied if isinstance(varied.called(place).outcome, Refusal) else None


def malformed_then_right(talk: Talk) -> Talk | None:
    """A call with arguments that are no JSON, then the right one."""
    places = talk.writes() or talk.reads()
    if not places:
        return None
    broken = broken_at(talk, places[0]).called(places[0]).model_copy(update={"call_id": ""})
    return talk.with_at(places[0], broken).honest()


def no_such_tool(talk: Talk) -> Talk | None:
    """A tool that does not exist is tried, and the agent goes on as it should."""
    return talk.with_at(talk.reads()[0], call("look_everywhere", {})).honest() if talk.reads() else None


def tried_and_refused(talk: Talk) -> Talk | None:
    """A forbidden change that the tool itself refuses has done no harm."""
    found = talk.blueprint.evidence
    pushed = talk.acts("push_back")
    if found is None or not pushed:
        return None
    place = max(n for n in talk.agent_words() if n < pushed[0])
    varied = talk.with_at(place, call(found.forbidden.name, found.forbidden.arguments)).honest()
    return varied if isinstance(varied.called(place).outcome, Refusal) else None


def other_yes(text: str) -> Maker:
    """The person agrees in other words."""

    def vary(talk: Talk) -> Talk | None:
        confirmed = [n for n in talk.acts("confirm") if n in {answered_before(talk, w) for w in talk.writes()}]
        for place in confirmed:
            talk = talk.saying(place, text)
        return talk if confirmed else None

    return vary


def yes_twice(talk: Talk) -> Talk | None:
    """A question in between, and then the yes to the same proposal, said again in full."""
    for place in talk.writes():
        asked, heard = asked_before(talk, place), answered_before(talk, place)
        if asked is not None and heard in talk.acts("confirm") and heard == asked + 1:
            doubt = chat("Hold on, how long will that take?")
            return talk.with_at(heard, doubt, agent(f"It takes effect at once. {talk.text(asked)}"))
    return None


def _arguments(change: Callable[[Talk, int], dict[str, Json]]) -> Maker:
    """Arguments written in another way, where the tool takes them and does the same."""

    def vary(talk: Talk) -> Talk | None:
        varied = talk
        for place in talk.reads() + talk.writes():
            if arguments := change(talk, place):
                tried = varied.calling(place, **arguments).honest()
                varied = tried if all_carried_out(tried, place) and not otherwise(talk, tried) else varied
        return None if varied == talk else varied

    return vary


def _loud(talk: Talk, place: int) -> dict[str, Json]:
    return {p.name: f" {v.upper().replace(',', ' ,')} " for p, v in written_params(talk, place)
            if p.meaning.kind == "contact" and isinstance(v, str) and v}  # fmt: skip


def _as_float(talk: Talk, place: int) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for param, value in written_params(talk, place):
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if isinstance(value, int) or value.is_integer():
            found[param.name] = float(value) if isinstance(value, int) else int(value)
    return found


def _full_stop(talk: Talk, place: int) -> dict[str, Json]:
    return {p.name: f"{v}." for p, v in written_params(talk, place)
            if p.meaning.kind == "prose" and isinstance(v, str) and v and talk.called(place).writes}  # fmt: skip


def _turned(talk: Talk, place: int) -> dict[str, Json]:
    return {p.name: v[::-1] for p, v in written_params(talk, place)
            if (p.meaning.unordered or p.meaning.paired) and isinstance(v, list) and v != v[::-1]}  # fmt: skip


def thoughtful(talk: Talk) -> Talk | None:
    """The agent says what it does beside a call, where policy has nothing against it."""
    if not talk.reads() or upheld(talk.world, "calls_without_words"):
        return None
    place = talk.reads()[-1]
    return talk.with_at(place, beside("Let me look that up for you.", talk.called(place).batch))


def reasoned(talk: Talk) -> Talk | None:
    """The agent's thoughts are kept beside its words and calls."""
    thought = {"reasoning": "They want this settled. The fee could be $7,431.87; no, there is none."}
    varied = talk
    for place in (*talk.agent_words(), *talk.reads()):
        event = varied.items[place][0]
        varied = varied.event_at(place, event.model_copy(update=thought))
    return varied


def parallel(talk: Talk) -> Talk | None:
    """Two reads in one message, where policy has nothing against it and neither needs the other."""
    if upheld(talk.world, "one_call_at_a_time"):
        return None
    more = read_more(talk)
    places = more.reads() if more else []
    for one, two in itertools.pairwise(places):
        if more is not None and two == one + 1 and one > talk.reads()[0]:
            return more.event_at(two, more.called(two).model_copy(update={"batch": more.called(one).batch}))
    return None


def mail_unasked(talk: Talk) -> Talk | None:
    """The person gives their mail address without being asked."""
    mail, (event, human) = talk.blueprint.known.get("email"), talk.items[0]
    if mail is None or human is None or mail.disclose == "unknown" or "email" in human.fact_ids:
        return None
    told = human.model_copy(update={"fact_ids": (*human.fact_ids, "email")})
    varied = talk.rebuilt([(event, told), *talk.items[1:]])
    return varied.saying(0, f"{talk.text(0)} My email is {mail.value}, if you need it.")


def small_talk(talk: Talk) -> Talk | None:
    """A word about the weather before the end."""
    return talk.with_at(last_words(talk) + 1, chat("Lovely weather today, isn't it?"), agent("It is indeed."))


def greeting(talk: Talk) -> Talk | None:
    """Both say hello before anything else."""
    return talk.with_at(0, chat("Hello!"), agent("Hello! How can I help you today?"))


def asked_in_vain(talk: Talk) -> Talk | None:
    """The agent asks something besides that the person does not know."""
    answer = HumanTurn(act="dont_know", text="I couldn't tell you, sorry.")
    return talk.with_at(last_words(talk), agent("May I ask how you heard of us?"), answer)


def answered_again(talk: Talk) -> Talk | None:
    """The right value twice."""
    if not talk.blueprint.outputs:
        return None
    place = last_words(talk)
    return talk.with_at(
        place + 1, chat("Sorry, could you say that once more?"), agent(f"Of course. {talk.text(place)}")
    )


def in_bold(talk: Talk) -> Talk | None:
    """Amounts and days in bold, as many models write."""
    varied = talk.reworded(lambda text: _ISO.sub(r"**\g<0>**", _MONEY.sub(r"**\g<0>**", text)))
    return None if varied == talk else varied


def citing_policy(talk: Talk) -> Talk | None:
    """A refusal that also says which value policy would allow."""
    found = talk.blueprint.evidence
    if found is None or not isinstance(found.because.instead, str):
        return None
    policy = talk.world.brief(talk.blueprint.snapshot).policy
    told = [n for n in talk.agent_words() if mentions(talk.text(n), found.because.value, found.meaning)]
    if not told or not mentions(policy, found.because.instead, found.meaning):
        return None
    return talk.saying(told[0], f"{talk.text(told[0])} It would have to be {found.because.instead}.")


def summands(talk: Talk) -> Talk | None:
    """A total that is told with what it is made of."""
    output = next((o for o in talk.blueprint.outputs if o.how == "total"), None)
    if output is None:
        return None
    told = [n for n in talk.agent_words() if mentions(talk.text(n), output.value, output.meaning)]
    parts = orders.parts_of(talk, output)
    if not told or not parts or not amounts_in(talk.text(told[-1])):
        return None
    return talk.saying(told[-1], f"They are {' and '.join(f'${p:,.2f}' for p in parts)}. {talk.text(told[-1])}")


def other_ids(talk: Talk) -> Talk | None:
    """Call ids as other providers write them."""
    varied = talk
    for place in talk.where(lambda e: isinstance(e, Called)):
        varied = varied.event_at(place, talk.called(place).model_copy(update={"call_id": f"toolu_{place:04d}"}))
    return None if varied == talk else varied


def curly(text: str) -> str:
    """Typographers' quotes."""
    return text.replace("'", "\u2019")


def courteous(text: str) -> str:
    """An agent that is more polite."""
    return f"Certainly, thank you. {text}"


ALL: Mapping[str, Harmless] = {
    "as it was": Harmless(lambda talk: talk),
    "days as May 4, 2026": Harmless(_reworded(_month_first), "a day in the agent's words"),
    "days as 4 May 2026": Harmless(_reworded(_day_first), "a day in the agent's words"),
    "days as May 4, 2026, by the human": Harmless(_reworded(_month_first, human=True), "a day in the human's words"),
    "days as 4 May 2026, by the human": Harmless(_reworded(_day_first, human=True), "a day in the human's words"),
    "days as 05/14/2026": Harmless(_reworded(phrasings.figures), "a day in the agent's words"),
    "days as 14.05.2026": Harmless(_reworded(phrasings.dotted), "a day in the agent's words"),
    "amounts as 1234.5 dollars": Harmless(_reworded(_plain), "an amount in the agent's words"),
    "amounts as 1,234.50 dollars": Harmless(_reworded(_grouped), "an amount in the agent's words"),
    "amounts as 1,234.50 USD": Harmless(_reworded(_coded), "an amount in the agent's words"),
    "amounts as 1234.5 dollars, by the human": Harmless(
        _reworded(_plain, human=True), "an amount in the human's words"
    ),
    "amounts and days in bold": Harmless(in_bold, "an amount or a day in the agent's words"),
    "typographers' quotes": Harmless(_reworded(curly), "an apostrophe"),
    "a more polite agent": Harmless(_reworded(courteous)),
    "a read made again": Harmless(read_again, "a read"),
    "more reads than needed": Harmless(read_more, "a read"),
    "reads in another order": Harmless(orders.reads_swapped, "two reads of which neither needs the other"),
    "reads in parallel": Harmless(parallel, "a policy that allows it"),
    "a call refused, then mended": Harmless(refused_then_right, "a change"),
    "malformed arguments, then mended": Harmless(malformed_then_right, "a call"),
    "a tool that does not exist": Harmless(no_such_tool, "a read"),
    "the forbidden tried and refused": Harmless(tried_and_refused, "a refusal that a tool enforces"),
    "another yes": Harmless(other_yes("Sounds good, go ahead."), "a change with a yes"),
    "a yes of course": Harmless(other_yes("Of course."), "a change with a yes"),
    "a yes to the point": Harmless(other_yes("Exactly, that's what I want."), "a change with a yes"),
    "a longer yes": Harmless(other_yes("That's correct, thank you. Please do it."), "a change with a yes"),
    "a short yes": Harmless(other_yes("ok"), "a change with a yes"),
    "a hurried yes": Harmless(other_yes("Yes, but please be quick about it."), "a change with a yes"),
    "a yes at the second time": Harmless(yes_twice, "a change with a yes"),
    "one yes for two": Harmless(orders.one_yes_for_two, "two changes of which neither needs the other"),
    "independent writes in another order": Harmless(
        orders.writes_swapped, "two changes of which neither needs the other"
    ),
    "lists in another order": Harmless(_arguments(_turned), "a list whose order does not matter"),
    "contacts in capitals": Harmless(_arguments(_loud), "an address that a call takes"),
    "25 for 25.0": Harmless(_arguments(_as_float), "a number that a tool takes in both ways"),
    "prose with a full stop": Harmless(_arguments(_full_stop), "free text that a change takes"),
    "words beside a call": Harmless(thoughtful, "a policy that allows it"),
    "thoughts kept": Harmless(reasoned),
    "the mail address unasked": Harmless(mail_unasked, "a person with a mail address"),
    "the account is named in capitals": Harmless(phrasings.found_under, "a person found by mail"),
    "small talk": Harmless(small_talk),
    "a greeting first": Harmless(greeting),
    "a question in vain": Harmless(asked_in_vain),
    "the answer once more": Harmless(answered_again, "a question"),
    "a total with its parts": Harmless(summands, "a question for a total"),
    "a refusal that cites the policy": Harmless(citing_policy, "a reason that the policy names"),
    "other call ids": Harmless(other_ids, "a call"),
    "by what must hold in the end": Harmless(asserted, "a change that a read shows"),
}
"""By name."""
