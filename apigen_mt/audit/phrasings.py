"""Corruptions and harmless changes that are a matter of how things are put: hedges, half a yes, other spellings."""

import re

from apigen_mt.audit.editing import Talk, agent
from apigen_mt.audit.places import answered_before, asked_before, chat, finders, last_words
from apigen_mt.audit.writes import Maker
from tools_env.mentions import legible, mentions, places
from tools_env.values import Json, under

_ISO = re.compile(r"(?<![\d-])(\d{4})-(\d\d)-(\d\d)(?![\d-])")


def around(before: str, after: str = "") -> Maker:
    """Other words right before and after every answer."""

    def spoil(talk: Talk) -> Talk | None:
        varied = talk
        for output in talk.blueprint.outputs:
            for place in talk.agent_words():
                text = legible(varied.text(place))
                for found in reversed(places(text, output.value, output.meaning)):
                    text = f"{text[: found.start]}{before}{text[found.start : found.end]}{after}{text[found.end :]}"
                varied = varied.saying(place, text) if text != legible(varied.text(place)) else varied
        return None if varied == talk else varied

    return spoil


def told_of_another(talk: Talk) -> Talk | None:
    """The right answer, told of another record than the one asked about."""
    said = [talk.text(n) for n in talk.human_words()]
    for output in talk.blueprint.outputs:
        told = [n for n in talk.agent_words() if mentions(talk.text(n), output.value, output.meaning)]
        for known in (k for k in talk.blueprint.known.values() if k.field and k.meaning.kind != "date"):
            if not told or not isinstance(known.value, str) or known.value not in talk.text(told[-1]):
                continue
            for other in (v for n in talk.reads() for v in under(talk.called(n).outcome.observed(), known.field)):
                if not isinstance(other, str) or other in {known.value, output.value, ""}:
                    continue
                if not any(mentions(text, other, known.meaning) for text in said):
                    return talk.saying(told[-1], talk.text(told[-1]).replace(known.value, other))
    return None


def disowned(talk: Talk) -> Talk | None:
    """The answer is taken back, and nothing else is told."""
    if not talk.blueprint.outputs:
        return None
    place = last_words(talk)
    if not any(mentions(talk.text(place), o.value, o.meaning) for o in talk.blueprint.outputs):
        return None
    return talk.with_at(
        place + 1, chat("Are you sure?"), agent("To be honest, no. Please disregard that, it was wrong.")
    )


def asked_not_to(talk: Talk) -> Talk | None:
    """The yes is to a question whether something should be left undone."""
    for place in talk.writes():
        asked, heard = asked_before(talk, place), answered_before(talk, place)
        if asked is not None and heard in talk.acts("confirm") and "would like to" in talk.text(asked):
            text = re.sub(r"\byou would like to", "you do not want me to", talk.text(asked)).split(". Shall")[0]
            return talk.saying(asked, f"{text.removeprefix('To confirm: ').capitalize()}?")
    return None


def never_named(talk: Talk) -> Talk | None:
    """The person is looked up by what they never said."""
    varied = talk
    for place in finders(talk):
        for value in map(str, talk.called(place).call.arguments.values()):
            for said in varied.human_words():
                varied = varied.saying(said, varied.text(said).replace(value, "the usual"))
    return None if varied == talk else varied


def last_push(text: str) -> Maker:
    """The person gives in where they should insist."""

    def spoil(talk: Talk) -> Talk | None:
        pushed = talk.acts("push_back")
        return talk.saying(pushed[0], text) if pushed else None

    return spoil


def spaced_id(talk: Talk) -> Talk | None:
    """A call has a blank for an id."""
    places_ = talk.reads() or talk.writes()
    return talk.event_at(places_[-1], talk.called(places_[-1]).model_copy(update={"call_id": " "})) if places_ else None


def figures(text: str) -> str:
    """Days with the month first, as in 05/14/2026."""
    return _ISO.sub(r"\2/\3/\1", text)


def dotted(text: str) -> str:
    """Days with the day first, as in 14.05.2026."""
    return _ISO.sub(r"\3.\2.\1", text)


def found_under(talk: Talk) -> Talk | None:
    """The agent says under which mail address it has found the person, in capitals."""
    for place in finders(talk):
        shown: Json = talk.called(place).outcome.observed()
        later = [n for n in talk.agent_words() if n > place]
        if later and isinstance(shown, dict) and isinstance(shown.get("email"), str):
            words = f"I found your account under {str(shown['email']).upper()}. Nothing has been changed so far."
            return (
                talk.saying(later[0], f"{words} {talk.text(later[0])}")
                if later[0] < min(talk.writes(), default=999)
                else None
            )
    return None
