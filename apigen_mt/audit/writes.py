"""Talks spoilt at what they change: too little, too much, something else, or without a yes."""

import itertools
from collections.abc import Callable
from typing import TypeAlias

from apigen_mt.audit.editing import Talk, agent, call, item_of
from apigen_mt.audit.places import (
    all_carried_out,
    answered_before,
    asked_before,
    dice,
    fillings,
    finders,
    ids_in,
    last_words,
    other_than,
    others,
    otherwise,
    proposal,
    records_of,
    said_before,
    showing,
    shown_as,
    touches_people,
    upheld,
    written_params,
)  # fmt: skip
from blueprints.judging.fidelity import HumanTurn
from tools_env.calls import Call, Refusal, Result
from tools_env.course import Called
from tools_env.values import Json, same

Maker: TypeAlias = Callable[[Talk], Talk | None]
"""Another version of a talk, or None where this talk has nothing to change in this way."""


def drop_write(talk: Talk) -> Talk | None:
    """A change is left out."""
    for place in reversed(talk.writes()):
        spoilt = talk.without(place).honest()
        if spoilt.done.diff != talk.done.diff:
            return spoilt
    return None


def repeat_write(talk: Talk) -> Talk | None:
    """A change is called for once more after it was made."""
    places = talk.writes()
    return talk.with_at(places[0] + 1, talk.called(places[0])).honest() if places else None


def reordered(talk: Talk) -> Talk | None:
    """Two changes of which one needs the other, in the other order."""
    places = () if talk.blueprint.disturbances else talk.writes()
    for one, two in itertools.pairwise(places):
        items = list(talk.items)
        items[one], items[two] = items[two], items[one]
        spoilt = talk.rebuilt(items).honest()
        if not all_carried_out(spoilt, one, two) or otherwise(talk, spoilt):
            return spoilt
    return None


def extra_write(talk: Talk) -> Talk | None:
    """Something that nobody asked for, on the person's own records, before the end."""
    specs = [s for s in talk.world.specs.values() if s.writes and "agent" in s.actors]
    dice(talk, "extra").shuffle(specs)
    place = last_words(talk)
    for spec in specs:
        arguments = fillings(talk, spec, talk.blueprint.person, lambda p: [*shown_as(talk, p.name)])
        if arguments is None or spec.name in talk.blueprint.withheld:
            continue
        spoilt = talk.with_at(place, call(spec.name, arguments)).honest()
        if all_carried_out(spoilt, place) and otherwise(talk, spoilt):
            return spoilt
    return None


def handed_over(talk: Talk) -> Talk | None:
    """The person is handed over to somebody else though there is no need to."""
    spec = next((s for s in talk.world.specs.values() if s.hands_over and s.writes), None)
    if spec is None or any(a.name == spec.name for a in talk.blueprint.actions):
        return None
    arguments = fillings(talk, spec, talk.blueprint.person, lambda _: [])
    place = last_words(talk)
    spoilt = None if arguments is None else talk.with_at(place, call(spec.name, arguments)).honest()
    return spoilt if spoilt and all_carried_out(spoilt, place) else None


def _other_id(talk: Talk, place: int) -> dict[str, Json] | None:
    for param, value in written_params(talk, place):
        if param.meaning.kind == "identifier" and not param.personal and isinstance(value, str):
            for other in shown_as(talk, param.name):
                if isinstance(other, str) and other != value:
                    return {param.name: other}
    return None


def _other_value(talk: Talk, place: int) -> dict[str, Json] | None:
    for param, value in written_params(talk, place):
        if (other := other_than(param, value)) is not None:
            return {param.name: other}
    return None


def written(change: Callable[[Talk, int], dict[str, Json] | None], *, agreed: bool) -> Maker:
    """One change with other arguments; where it is `agreed`, the agent proposes them and the human says yes."""

    def make(talk: Talk) -> Talk | None:
        for place in reversed(talk.writes()):
            arguments = change(talk, place)
            asked = asked_before(talk, place)
            if arguments is None or (agreed and asked is None):
                continue
            spoilt = talk.calling(place, **arguments)
            if agreed and asked is not None:
                made = spoilt.called(place).call
                spoilt = spoilt.saying(asked, proposal(made.name, made.arguments))
            spoilt = spoilt.honest()
            if all_carried_out(spoilt, place) and otherwise(talk, spoilt):
                return spoilt
        return None

    return make


other_record = written(_other_id, agreed=False)
other_record_agreed = written(_other_id, agreed=True)
other_value = written(_other_value, agreed=False)
other_value_agreed = written(_other_value, agreed=True)


def _amount(talk: Talk, place: int) -> dict[str, Json] | None:
    for param, value in written_params(talk, place):
        if param.meaning.kind in {"amount", "count"} and isinstance(value, int | float):
            return {param.name: value + 1}
    return None


def _last_of_many(talk: Talk, place: int) -> dict[str, Json] | None:
    lists = {p.name: v for p, v in written_params(talk, place) if p.many and isinstance(v, list) and len(v) > 1}
    return {name: value[:-1] for name, value in lists.items()} or None


other_amount = written(_amount, agreed=True)
one_too_few = written(_last_of_many, agreed=True)


def first_wish(talk: Talk) -> Talk | None:
    """What the person wanted before they changed their mind."""
    wishes = [k for k in talk.blueprint.known.values() if k.at_first is not None]
    for place in talk.writes():
        for param, value in written_params(talk, place):
            for known in wishes:
                if known.about == param.name and same(known.value, value, param.meaning):
                    spoilt = talk.calling(place, **{param.name: known.at_first}).honest()
                    if all_carried_out(spoilt, place) and otherwise(talk, spoilt):
                        return spoilt
    return None


def other_branch(talk: Talk) -> Talk | None:
    """A condition is read the wrong way round: what the person would have wanted otherwise is done."""
    turns = [*talk.acts("raise"), len(talk.items)]
    for stage, start, end in zip(talk.blueprint.stages, turns, turns[1:], strict=False):
        wanted = stage.other.call if stage.other and stage.condition else None
        here = [n for n in talk.writes() if start < n < end]
        if wanted is None or not (here or talk.agent_words()):
            continue
        place = here[0] if here else max(n for n in talk.agent_words() if n < end)
        made = call(wanted.name, wanted.arguments)
        spoilt = (talk.event_at(place, made) if here else talk.with_at(place, made)).honest()
        if all_carried_out(spoilt, place) and otherwise(talk, spoilt):
            return spoilt
    return None


def unconfirmed(talk: Talk) -> Talk | None:
    """A change is made before the agent has asked and the human has said yes."""
    if not upheld(talk.world, "confirmed_writes"):
        return None
    for place in talk.writes():
        asked = asked_before(talk, place)
        if asked is not None and not talk.world.specs[talk.called(place).call.name].hands_over:
            spoilt = talk.moved(place, asked).honest()
            if all_carried_out(spoilt, asked):
                return spoilt
    return None


def answering(text: str) -> Maker:
    """The human's last words before a change are no plain yes, and the agent goes ahead all the same."""

    def make(talk: Talk) -> Talk | None:
        for place in talk.writes() if upheld(talk.world, "confirmed_writes") else ():
            heard = answered_before(talk, place)
            if heard is not None and heard in talk.acts("confirm"):
                turn = item_of(HumanTurn(act="chat", text=text))
                return talk.rebuilt([*talk.items[:heard], turn, *talk.items[heard + 1 :]])
        return None

    return make


def unnamed(talk: Talk) -> Talk | None:
    """The agent asks for a yes without saying to what."""
    for place in talk.writes() if upheld(talk.world, "confirmed_writes") else ():
        asked = asked_before(talk, place)
        if asked is not None and (ids_in(talk, place) or _decisive(talk, place)):
            return talk.saying(asked, "Shall I go ahead?")
    return None


def _decisive(talk: Talk, place: int) -> bool:
    return any(p.meaning.kind not in {"prose", "flag", "nested"} and not p.personal for p, _ in
               written_params(talk, place))  # fmt: skip


def another_persons(talk: Talk) -> Talk | None:
    """The same is done to somebody else's record besides."""
    if not upheld(talk.world, "one_person"):
        return None
    found = (_on(talk, place, person) for place in reversed(talk.writes()) for person in others(talk))
    return next((spoilt for spoilt in found if spoilt is not None), None)


def _on(talk: Talk, place: int, person: str) -> Talk | None:
    made = talk.called(place).call
    params = talk.world.specs[made.name].params
    arguments = dict(made.arguments)
    for param in params:
        if param.meaning.kind != "identifier" or param.name not in arguments:
            continue
        theirs = [person] if param.personal else [*records_of(talk.world, talk.blueprint.snapshot, person).get(
            param.meaning.of, ())]  # fmt: skip
        if theirs:
            arguments[param.name] = [theirs[0]] if isinstance(arguments[param.name], list) else theirs[0]
    if arguments == made.arguments:
        return None
    spoilt = talk.with_at(last_words(talk), call(made.name, arguments)).honest()
    return spoilt if all_carried_out(spoilt, last_words(talk)) and otherwise(talk, spoilt) else None


def unidentified(talk: Talk) -> Talk | None:
    """The tool that finds the person is not used, though personal records are; of public ones nobody has to ask."""
    places = finders(talk)
    if not places or not upheld(talk.world, "authenticated_by"):
        return None
    rest = talk.without(*places).honest()
    return rest if touches_people(rest) and not said_id(rest) else None


def said_id(talk: Talk) -> bool:
    """Whether the person has said their own id, which some domains take for a proof."""
    return any(talk.blueprint.person in talk.text(n) for n in talk.human_words())


def lucky_id(talk: Talk) -> Talk | None:
    """A change to a record whose id nobody has shown or said; it happens to exist."""
    for place in talk.writes():
        for key in ids_in(talk, place):
            shows = [n for n in showing(talk, key, place) if n not in finders(talk)]
            if not shows or any(n in talk.writes() for n in shows) or said_before(talk, key, place):
                continue
            spoilt = talk.without(*shows).honest()
            if all_carried_out(spoilt, place - len(shows)):
                return spoilt
    return None


def only_tried(talk: Talk) -> Talk | None:
    """The change is called for with an argument that its tool does not have; the agent goes on as if it were done."""
    for place in reversed(talk.writes()):
        spoilt = talk.calling(place, urgent=True).honest()
        if isinstance(spoilt.called(place).outcome, Refusal) and spoilt.done.diff != talk.done.diff:
            return spoilt
    return None


def malformed(talk: Talk) -> Talk | None:
    """The change is called for with arguments that are no JSON; the agent goes on as if it were done."""
    for place in reversed(talk.writes()):
        spoilt = broken_at(talk, place).honest()
        if spoilt.done.diff != talk.done.diff:
            return spoilt
    return None


def broken_at(talk: Talk, place: int) -> Talk:
    """The talk with the arguments at a place cut off in the middle."""
    event = talk.called(place)
    name = event.call.name
    broken = {"raw": '{"order_id": ', "call": Call(name=name),
              "outcome": Refusal(reason=f"{name} takes a JSON object.", cause="arguments")}  # fmt: skip
    return talk.event_at(place, event.model_copy(update=broken))


def gave_in(talk: Talk) -> Talk | None:
    """After the push-back the agent does it; only where no tool stands in the way."""
    found, pushed = talk.blueprint.evidence, talk.acts("push_back")
    if found is None or not pushed:
        return None
    spoilt = talk.with_at(pushed[0] + 1, call(found.forbidden.name, found.forbidden.arguments)).honest()
    return spoilt if isinstance(spoilt.called(pushed[0] + 1).outcome, Result) else None


def not_recovered(talk: Talk) -> Talk | None:
    """A call was refused because its tool was unavailable, and is not made again; the agent goes on as if it were."""
    for place in talk.where(lambda e: isinstance(e, Called) and _unavailable(e)):
        again = [n for n in talk.writes() if n > place and talk.called(n).call == talk.called(place).call]
        spoilt = talk.without(again[0]).honest() if again else None
        if spoilt is not None and spoilt.done.diff != talk.done.diff:
            return spoilt
    return None


def given_up(talk: Talk) -> Talk | None:
    """The agent takes a tool that was unavailable once for a reason to give up."""
    for place in talk.where(lambda e: isinstance(e, Called) and _unavailable(e)):
        kept = talk.rebuilt([*talk.items[: place + 1], talk.items[-1]])
        return kept.with_at(place + 1, agent("I am sorry, the tool does not work, so that cannot be done today."))
    return None


def _unavailable(event: Called) -> bool:
    return isinstance(event.outcome, Refusal) and event.outcome.cause == "unavailable"
