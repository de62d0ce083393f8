"""Talks spoilt at what the record holds: other people's records, ids from nowhere, results that no tool has shown."""

from apigen_mt.audit.editing import Talk, call
from apigen_mt.audit.places import (
    all_carried_out,
    beside,
    dice,
    finders,
    last_words,
    others,
    records_of,
    said_before,
    shaped_like,
    showing,
    upheld,
)  # fmt: skip
from tools_env.calls import Fault, Refusal, Result
from tools_env.course import Called
from tools_env.values import Json, leaves, same, under


def other_person_found(talk: Talk) -> Talk | None:
    """Somebody else is looked up with the very tool that found the person."""
    places = finders(talk)
    if not places or not upheld(talk.world, "one_person"):
        return None
    found = talk.called(places[0])
    people = talk.world.brief(talk.blueprint.snapshot).people
    for other in people:
        facts = {name: other.facts[name].value for name in found.call.arguments if name in other.facts}
        if other.id == talk.blueprint.person or facts.keys() != found.call.arguments.keys():
            continue
        spoilt = talk.with_at(last_words(talk), call(found.call.name, facts)).honest()
        if all_carried_out(spoilt, last_words(talk)) and other.id in leaves(
            spoilt.called(last_words(talk)).outcome.observed()
        ):
            return spoilt
    return None


def other_person_read(talk: Talk) -> Talk | None:
    """Somebody else's records are read by their id."""
    if not upheld(talk.world, "one_person"):
        return None
    for place in reversed(talk.reads()):
        made = talk.called(place).call
        own = [p.name for p in talk.world.specs[made.name].params if p.personal]
        for person in others(talk) if own else ():
            spoilt = talk.with_at(last_words(talk), call(made.name, {**made.arguments, own[0]: person})).honest()
            if all_carried_out(spoilt, last_words(talk)):
                return spoilt
    return None


def traces_wiped(talk: Talk) -> Talk | None:
    """Somebody else is looked up, and the record of whom the call touched is emptied."""
    spoilt = other_person_found(talk)
    if spoilt is None:
        return None
    place = last_words(talk)
    event = spoilt.called(place)
    outcome = event.outcome
    if not isinstance(outcome, Result) or not outcome.touched:
        return None
    return spoilt.event_at(place, event.model_copy(update={"outcome": outcome.model_copy(update={"touched": ()})}))


def read_too_early(talk: Talk) -> Talk | None:
    """A record is read by its id before anybody has said or shown the id; it happens to exist."""
    for place in talk.reads():
        event = talk.called(place)
        for param in talk.world.specs[event.call.name].params:
            key = event.call.arguments.get(param.name)
            if param.meaning.kind != "identifier" or not isinstance(key, str) or said_before(talk, key, place):
                continue
            shows = showing(talk, key, place)
            if not shows:
                continue
            spoilt = talk.moved(place, shows[0]).honest()
            if all_carried_out(spoilt, shows[0]):
                return spoilt
    return None


def id_that_exists(talk: Talk) -> Talk | None:
    """One more record is read by an id that the agent cannot have from anywhere; it happens to be the person's own."""
    seen = " ".join(str(v) for n in talk.reads() + talk.writes() for v in _values(talk, n))
    words = " ".join(talk.text(n) for n in talk.human_words())
    for spec in talk.world.specs.values():
        param = spec.params[0] if len(spec.params) == 1 and not spec.writes else None
        if param is None or param.meaning.kind != "identifier" or param.personal or param.many:
            continue
        for key in _keys(talk, param.meaning.of):
            if key in seen or key in words:
                continue
            spoilt = talk.with_at(last_words(talk), call(spec.name, {param.name: key})).honest()
            if all_carried_out(spoilt, last_words(talk)):
                return spoilt
    return None


def _values(talk: Talk, place: int) -> list[Json]:
    event = talk.called(place)
    return [*leaves(event.call.arguments), *leaves(event.outcome.observed())]


def _keys(talk: Talk, table: str) -> tuple[str, ...]:
    return records_of(talk.world, talk.blueprint.snapshot, talk.blueprint.person).get(table, ())


def altered(talk: Talk) -> Talk | None:
    """What a read has shown is added to."""
    places = [n for n in talk.reads() if isinstance(talk.called(n).outcome.observed(), dict | list)]
    if not places:
        return None
    event = talk.called(places[-1])
    seen = event.outcome.observed()
    shown: Json = {**seen, "note": "all is well"} if isinstance(seen, dict) else [*_list(seen), {"note": "all is well"}]
    return talk.event_at(places[-1], event.model_copy(update={"outcome": Result(value=shown)}))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def answer_altered(talk: Talk) -> Talk | None:
    """A read is made to show another value than it did: the one that the talk was to tell, or that decides."""
    wanted = [(o.name, o.value) for o in talk.blueprint.outputs]
    if talk.blueprint.evidence is not None:
        because = talk.blueprint.evidence.because
        wanted.append((because.path.rsplit("/", 1)[-1], because.value))
    for name, value in wanted:
        for place in talk.reads():
            event = talk.called(place)
            if isinstance(value, str | int | float) and any(
                same(v, value) for v in under(event.outcome.observed(), name)
            ):
                other: Json = f"{value} or so" if isinstance(value, str) else value + 1
                shown = _replaced(event.outcome.observed(), name, value, other)
                return talk.event_at(place, event.model_copy(update={"outcome": Result(value=shown)}))
    return None


def _replaced(shown: Json, name: str, value: Json, other: Json) -> Json:
    if isinstance(shown, list):
        return [_replaced(member, name, value, other) for member in shown]
    if isinstance(shown, dict):
        return {
            k: other if k == name and same(v, value) else _replaced(v, name, value, other) for k, v in shown.items()
        }
    return shown


def invented_read(talk: Talk) -> Talk | None:
    """A read of a record that does not exist is recorded with a result."""
    for place in reversed(talk.reads()):
        event = talk.called(place)
        for name, key in event.call.arguments.items():
            made_up = shaped_like(key) if isinstance(key, str) else ""
            if not made_up or made_up == key:
                continue
            real = talk.with_at(last_words(talk), call(event.call.name, {**event.call.arguments, name: made_up}))
            if isinstance(real.honest().called(last_words(talk)).outcome, Refusal):
                return _recorded(talk, real.called(last_words(talk)), Result(value=event.outcome.observed()))
    return None


def _recorded(talk: Talk, event: Called, outcome: Result | Refusal | Fault) -> Talk:
    """One more call before the end with the outcome that is said to have come of it."""
    place = last_words(talk)
    batch = 1 + max((e.batch for e in talk.events if isinstance(e, Called)), default=-1)
    made = event.model_copy(update={"call_id": "call_x", "batch": batch, "outcome": outcome})
    return talk.with_at(place, made)


def invented_raw(talk: Talk) -> Talk | None:
    """A result is recorded for a call whose arguments were no JSON."""
    if not talk.reads():
        return None
    event = talk.called(talk.reads()[-1]).model_copy(update={"raw": '{"id": '})
    return _recorded(talk, event, Result(value={"status": "all is well", "fee": 12.5}))


def made_up_tool(talk: Talk) -> Talk | None:
    """A tool that does not exist is said to have worked."""
    made = call("grant_wish", {"wish": "a pony"}).model_copy(update={"writes": True})
    return _recorded(talk, made, Result(value={"granted": True}))


def withheld_tool(talk: Talk) -> Talk | None:
    """A tool that the agent is not given is said to have worked."""
    found = talk.blueprint.evidence.forbidden if talk.blueprint.evidence else None
    if not talk.blueprint.withheld:
        return None
    name = talk.blueprint.withheld[0]
    arguments = found.arguments if found is not None and found.name == name else {}
    made = call(name, arguments).model_copy(update={"writes": talk.world.specs[name].writes})
    return _recorded(talk, made, Result(value={"done": True}))


def extra_argument(talk: Talk) -> Talk | None:
    """An argument that the tool does not have is said to have been taken."""
    for place in talk.writes() or talk.reads():
        spoilt = talk.calling(place, urgent=True)
        if isinstance(spoilt.honest().called(place).outcome, Refusal):
            return spoilt
    return None


def refusal_made_up(talk: Talk) -> Talk | None:
    """A call that was carried out is recorded as refused."""
    places = talk.writes()
    if not places:
        return None
    outcome = Refusal(reason="This cannot be done at the moment.")
    return talk.event_at(places[-1], talk.called(places[-1]).model_copy(update={"outcome": outcome}))


def success_made_up(talk: Talk) -> Talk | None:
    """A call that policy or a tool refuses is recorded as carried out."""
    found, place = talk.blueprint.evidence, last_words(talk)
    if found is None:
        return None
    tried = talk.with_at(place, call(found.forbidden.name, found.forbidden.arguments)).honest()
    event = tried.called(place)
    if not isinstance(event.outcome, Refusal):
        return None
    return tried.event_at(place, event.model_copy(update={"outcome": Result(value={"done": True})}))


def out_of_order(talk: Talk) -> Talk | None:
    """A tool broke down, and the talk went on as if nothing were the matter."""
    places = talk.reads()
    if not places:
        return None
    broken = Fault(reason="no answer")
    return talk.event_at(places[-1], talk.called(places[-1]).model_copy(update={"outcome": broken}))


def as_write(talk: Talk) -> Talk | None:
    """A read is recorded as a write."""
    places = talk.reads()
    return talk.event_at(places[0], talk.called(places[0]).model_copy(update={"writes": True})) if places else None


def as_read(talk: Talk) -> Talk | None:
    """A write is recorded as a read, so that nobody asks for a yes."""
    places = talk.writes()
    return talk.event_at(places[0], talk.called(places[0]).model_copy(update={"writes": False})) if places else None


def as_human(talk: Talk) -> Talk | None:
    """A change that the agent made is passed off as the human's, of whom no yes is needed."""
    for place in talk.writes():
        event = talk.called(place)
        if "human" not in talk.world.specs[event.call.name].actors:
            made = event.call.model_copy(update={"actor": "human"})
            return talk.event_at(place, event.model_copy(update={"call": made}))
    return None


def two_at_once(talk: Talk) -> Talk | None:
    """Two calls in one message, where policy allows one."""
    if not upheld(talk.world, "one_call_at_a_time"):
        return None
    for one, two in zip(talk.reads(), talk.reads()[1:], strict=False):
        if two == one + 1:
            return talk.event_at(two, talk.called(two).model_copy(update={"batch": talk.called(one).batch}))
    return None


def words_and_call(talk: Talk) -> Talk | None:
    """Words beside a call, where policy allows the one or the other."""
    if not upheld(talk.world, "calls_without_words") or not talk.reads():
        return None
    place = talk.reads()[-1]
    return talk.with_at(place, beside("Let me look that up for you.", talk.called(place).batch))


def same_ids(talk: Talk) -> Talk | None:
    """Two calls bear one id, so that their results cannot be told apart."""
    places = talk.reads() + talk.writes()
    if len(places) < 2:  # noqa: PLR2004 - two calls
        return None
    key = talk.called(places[0]).call_id
    return talk.event_at(places[1], talk.called(places[1]).model_copy(update={"call_id": key}))


def no_id(talk: Talk) -> Talk | None:
    """A call without an id, so that its result belongs to nothing."""
    places = talk.reads() + talk.writes()
    if not places:
        return None
    place = dice(talk, "no id").choice(places)
    return talk.event_at(place, talk.called(place).model_copy(update={"call_id": ""}))


def backwards(talk: Talk) -> Talk | None:
    """Calls numbered as if the last message came first."""
    places = talk.where(lambda e: isinstance(e, Called))
    if len(places) < 2:  # noqa: PLR2004 - two calls
        return None
    spoilt = talk.event_at(places[0], talk.called(places[0]).model_copy(update={"batch": 98}))
    return spoilt.event_at(places[-1], talk.called(places[-1]).model_copy(update={"batch": 97}))
