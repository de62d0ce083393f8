"""Talks spoilt at what the agent tells: answers, reasons, and claims of what was done."""

import re
from collections.abc import Callable

from apigen_mt.audit.editing import Talk, agent, call
from apigen_mt.audit.places import (
    beside,
    chat,
    close_to,
    dice,
    ids_in,
    last_words,
    participle,
    rivals,
    shaped_like,
    shown_as,
    underivable,
)  # fmt: skip
from apigen_mt.audit.writes import Maker
from blueprints.blueprint import Output
from tools_env.calls import Refusal
from tools_env.mentions import mentions, spoken
from tools_env.values import Json, same, under

LOOKED = "I have looked at it. Can I help you with anything else?"


def _last(talk: Talk) -> Output | None:
    return talk.blueprint.outputs[-1] if talk.blueprint.outputs else None


def _wrong(talk: Talk, output: Output) -> str | None:
    """Another value in the answer's place: of another record, or one that is a little off."""
    found = rivals(talk, output.name, output.value)
    value = found[0] if found else close_to(output.value, output.meaning)
    return None if value is None else spoken(value, output.meaning)


def _told(talk: Talk, output: Output) -> list[int]:
    return [n for n in talk.agent_words() if mentions(talk.text(n), output.value, output.meaning)]


def _in_place(talk: Talk, change: Callable[[str, str], str]) -> Talk | None:
    """The words of the answer (after "is", so that no question is changed) in another form."""
    output = _last(talk)
    wrong = _wrong(talk, output) if output else None
    if output is None or wrong is None:
        return None
    right = spoken(output.value, output.meaning)
    spoilt = talk.reworded(lambda text: re.sub(rf"\bis {re.escape(right)}", f"is {change(right, wrong)}", text))
    return None if spoilt == talk else spoilt


def missing(talk: Talk) -> Talk | None:
    """The answer is never told."""
    output = _last(talk)
    if output is None:
        return None
    return talk.reworded(lambda text: LOOKED if mentions(text, output.value, output.meaning) else text)


def wrong(talk: Talk) -> Talk | None:
    """Another value is told."""
    return _in_place(talk, lambda _, other: other)


def among_rivals(talk: Talk) -> Talk | None:
    """The answer is one of two."""
    return _in_place(talk, lambda right, other: f"{right} or {other}")


def denied(talk: Talk) -> Talk | None:
    """The right value is said not to be it."""
    return _in_place(talk, lambda right, _: f"not {right}")


def taken_back(talk: Talk) -> Talk | None:
    """First the right value, then, asked again, another one."""
    output = _last(talk)
    other = _wrong(talk, output) if output else None
    told = _told(talk, output) if output else []
    if other is None or not told:
        return None
    return talk.with_at(told[-1] + 1, chat("Are you certain of that?"), agent(f"Sorry, it is {other}."))


def a_little_off(talk: Talk) -> Talk | None:
    """An amount, a number or a date that is one off."""
    output = _last(talk)
    off = close_to(output.value, output.meaning) if output else None
    if output is None or off is None:
        return None
    right, other = spoken(output.value, output.meaning), spoken(off, output.meaning)
    spoilt = talk.reworded(lambda text: text.replace(f"is {right}", f"is {other}"))
    return None if spoilt == talk else spoilt


def all_read_out(talk: Talk) -> Talk | None:
    """Everything that was read is told, the answer among it."""
    output = _last(talk)
    told = _told(talk, output) if output else []
    if output is None or not told or not rivals(talk, output.name, output.value):
        return None
    everything = ", ".join(dict.fromkeys(spoken(v, output.meaning) for v in shown_as(talk, output.name)))
    return talk.saying(told[-1], f"This is all there is: {everything}. Can I help you with anything else?")


def only_thought(talk: Talk) -> Talk | None:
    """The answer stands in the agent's thoughts, which nobody hears."""
    output = _last(talk)
    told = _told(talk, output) if output else []
    spoilt = missing(talk)
    if spoilt is None or not told:
        return None
    event = spoilt.items[told[-1]][0]
    return spoilt.event_at(told[-1], event.model_copy(update={"reasoning": talk.text(told[-1])}))


def beside_a_call(talk: Talk) -> Talk | None:
    """The answer stands beside a call, where the human does not hear it."""
    output = _last(talk)
    told = _told(talk, output) if output else []
    spoilt = missing(talk)
    if spoilt is None or not told or not talk.reads() or talk.reads()[-1] > told[-1]:
        return None
    again = call(talk.called(talk.reads()[-1]).call.name, talk.called(talk.reads()[-1]).call.arguments)
    words = beside(talk.text(told[-1]), 99)
    return spoilt.with_at(told[-1], words, again.model_copy(update={"call_id": "new", "batch": 99})).honest()


def guessed(talk: Talk) -> Talk | None:
    """The answer is told though nothing that shows it was read."""
    output = _last(talk)
    if output is None or output.source_call is None:
        return None
    shows = [n for n in talk.reads()
             if any(same(v, output.value) for v in under(talk.called(n).outcome.observed(), output.name))]  # fmt: skip
    if not shows or any(same(k.value, output.value) for k in talk.blueprint.known.values()):
        return None
    spoilt = talk.without(*shows).honest()
    left = [v for step in spoilt.course.done() for v in under(step.result.value, output.name)]
    return None if any(same(v, output.value) for v in left) else spoilt


def unread(talk: Talk) -> Talk | None:
    """The agent declines without having read the record that decides."""
    shows = _deciding(talk)
    spoilt = talk.without(*shows).honest() if shows else None
    found = talk.blueprint.evidence
    if spoilt is None or found is None:
        return None
    name = found.because.path.rsplit("/", 1)[-1]
    left = [v for step in spoilt.course.done() for v in under(step.result.value, name)]
    return None if any(same(v, found.because.value) for v in left) else spoilt


def _deciding(talk: Talk) -> list[int]:
    found = talk.blueprint.evidence
    if found is None:
        return []
    name = found.because.path.rsplit("/", 1)[-1]
    return [n for n in talk.reads()
            if any(same(v, found.because.value) for v in under(talk.called(n).outcome.observed(), name))]  # fmt: skip


def _reason(change: Callable[[str], str]) -> Maker:
    def make(talk: Talk) -> Talk | None:
        found = talk.blueprint.evidence
        if found is None or not _deciding(talk):
            return None
        value = spoken(found.because.value, found.meaning)
        spoilt = talk.reworded(lambda text: text.replace(value, change(value)))
        return None if spoilt == talk else spoilt

    return make


unexplained = _reason(lambda _: "not as it should be")


def other_reason(talk: Talk) -> Talk | None:
    """The agent declines for a value that is not the one that decides."""
    found = talk.blueprint.evidence
    if found is None:
        return None
    name = found.because.path.rsplit("/", 1)[-1]
    rival = rivals(talk, name, found.because.value)
    other: Json = rival[0] if rival else close_to(found.because.value, found.meaning)
    if other is None:
        other = found.because.instead if isinstance(found.because.instead, str) else None
    if other is None:
        return None
    return _reason(lambda _: spoken(other, found.meaning))(talk)


def not_pushed(talk: Talk) -> Talk | None:
    """Nobody asks a second time after a refusal."""
    pushed = talk.acts("push_back")
    return talk.without(pushed[0], pushed[0] + 1) if pushed and talk.blueprint.evidence else None


def declined_at_once(talk: Talk) -> Talk | None:
    """The agent declines at the first word."""
    if talk.blueprint.kind in {"missing_tool", "transfer"}:
        return None
    items = [talk.items[0], *talk.items[-1:]]
    return talk.rebuilt(items).with_at(1, agent("I am sorry, I cannot help you with that."))


def adding(text: str) -> Maker:
    """The agent's last message, with a sentence before it."""
    return lambda talk: talk.saying(last_words(talk), f"{text} {talk.text(last_words(talk))}")


def invented_amount(talk: Talk) -> Talk | None:
    """The agent names a small amount that nothing it has seen gives."""
    amount = underivable(talk)
    return None if amount is None else adding(f"That comes with a fee of ${amount:,.2f}.")(talk)


def _undone(talk: Talk) -> list[str]:
    """Verbs of changes that nothing in the talk is about."""
    verbs = dict.fromkeys(s.name.split("_", 1)[0] for s in talk.world.specs.values() if s.writes)
    done = {talk.called(n).call.name.split("_", 1)[0] for n in talk.writes()}
    heard = " ".join(talk.text(n) for n in talk.human_words()).casefold()
    shown = " ".join(str(step.result.value) for step in talk.course.done()).casefold()
    return [v for v in verbs if v not in done and v[:4] not in heard and participle(v)[:5] not in shown]


def claiming(words: str) -> Maker:
    """The agent says that it has done what no call has done; `words` has a place for the deed."""

    def make(talk: Talk) -> Talk | None:
        verbs = _undone(talk)
        return adding(words.format(participle(dice(talk, "verb").choice(verbs))))(talk) if verbs else None

    return make


def claimed_elsewhere(talk: Talk) -> Talk | None:
    """What was done to one record is claimed of another of its kind."""
    used = {v for n in talk.writes() for v in ids_in(talk, n)}
    for place in talk.writes():
        made = talk.called(place).call
        params = [p for p in talk.world.specs[made.name].params if p.meaning.kind == "identifier" and not p.personal]
        shown = shown_as(talk, params[0].name) if params else []
        free = [v for v in shown if isinstance(v, str) and v not in used and shaped_like(v)]
        if free:
            return adding(f"I have also {participle(made.name.split('_', 1)[0])} {free[0]}.")(talk)
    return None


def claimed_after_refusal(talk: Talk) -> Talk | None:
    """One more change is refused, and the agent says that it was made."""
    place = last_words(talk)
    for verb in _undone(talk):
        for spec in talk.world.specs.values():
            if not spec.writes or spec.name.split("_", 1)[0] != verb:
                continue
            tried = talk.with_at(place, call(spec.name, {"nonsense": True})).honest()
            if isinstance(tried.called(place).outcome, Refusal):
                words = f"I have {participle(verb)} it as well. {tried.text(place + 1)}"
                return tried.saying(place + 1, words)
    return None


def invented_id(talk: Talk) -> Talk | None:
    """The agent names an id like those that it has seen; there is none like that."""
    for place in talk.reads() + talk.writes():
        for param in talk.world.specs[talk.called(place).call.name].params:
            key = talk.called(place).call.arguments.get(param.name)
            if param.meaning.kind == "identifier" and isinstance(key, str) and shaped_like(key) not in {"", key}:
                return adding(f"Your reference is {shaped_like(key)}.")(talk)
    return None
