"""Operators on a write: what it hangs on, what the person would rather have, and a change of mind before the yes."""

import datetime
import random
from collections.abc import Callable, Iterator
from typing import Literal

from blueprints.binding import Bound
from blueprints.goal import Alternative, Hinge, changed_fields
from blueprints.goals import Pick
from blueprints.knowledge import Choice, Referent, plain_value
from blueprints.search import Found, Search
from blueprints.wording import Attribute, fill
from blueprints.words_for import picks_for
from tools_env.calls import Because, Call, Refusal
from tools_env.mentions import mentions, spoken
from tools_env.tool import Param, ToolSpec, noun_of
from tools_env.values import Json, Meaning, same

MINE = "my"
"""What stands before a field of the person's own record."""
STEP = 5
"""Amounts that people compare with are multiples of this."""
BELOW_TEN = 10


def hinge(search: Search, found: Found) -> tuple[Hinge, Alternative | None] | None:
    """A condition on the record that a write is about, or else on the person's own, and what is wanted where it turns
    out the other way.

    With no alternative the condition holds, so that there is something to do.
    """
    target = _main(found)
    asked = None if target is None else _looked_at(search, found, target)
    if target is None or asked is None:
        target, noun = _self(search), MINE
        asked = None if target is None else _looked_at(search, found, target)
    else:
        noun = f"the {noun_of(search.goal.knowledge.specs, target.table)}'s"
    if target is None or asked is None:
        return None
    wanted = noun != MINE and search.rng.random() < 0.6  # noqa: PLR2004 - mostly there is an otherwise
    other = _instead(search, found, target) if wanted else None
    holds = other is None or search.rng.random() < 0.5  # noqa: PLR2004
    bound = _bound_of(asked, search.rng, search.goal.brief.now, holds=holds)
    if bound is None:
        return None
    than, value = bound
    return Hinge(target, noun, asked.field, asked.meaning, than, value, holds), other


def _looked_at(search: Search, found: Found, target: Referent) -> Attribute | None:
    """A field of a record that the person could make a condition of: not one that singles it out, none that the talk
    has changed, and of another sort than what they say besides.
    """
    picks = [p for ps in found.picks.values() for p in ps if p.referent.id == target.id]
    told = {a.field for p in picks for a in p.attributes} | {p.superlative.field for p in picks if p.superlative}
    told |= changed_fields(search.goal, target)
    kinds = {c.param.meaning.kind for c in found.bound.choices.values()}
    mine = target.id == search.goal.person.id and target.table == search.binder.people
    told |= {*search.goal.person.facts} if mine else set()
    possible = [a for a in target.attributes if a.field not in told and a.meaning.kind not in kinds and _compared(a)]
    if mine:  # what has happened to them people know themselves
        today = search.goal.brief.now.isoformat()
        possible = [a for a in possible if a.meaning.kind != "date" or str(a.value) > today]
    return search.rng.choice(possible) if possible else None


def _self(search: Search) -> Referent | None:
    """The person's own record, as it was shown when they were found."""
    goal = search.goal
    return next(
        (
            r
            for r in goal.knowledge.referents
            if r.source == goal.identified and (r.table, r.id) == (search.binder.people, goal.person.id)
        ),
        None,
    )


def _main(found: Found) -> Referent | None:
    """The one described record that a write is about."""
    targets = [
        p.referent
        for n, ps in found.picks.items()
        for p in ps
        if n in found.bound.choices and not p.phrase.startswith("that ")
    ]
    return targets[0] if len(targets) == 1 else None


def _compared(attribute: Attribute) -> bool:
    kind, value = attribute.meaning.kind, attribute.value
    if kind in {"amount", "count"}:
        return isinstance(value, int | float) and value >= STEP * 2
    return kind == "date" and isinstance(value, str) and len(value) >= BELOW_TEN


def _bound_of(
    asked: Attribute, rng: random.Random, now: datetime.date, *, holds: bool
) -> tuple[Literal["above", "below", "before", "after"], Json] | None:
    """A comparison that turns out as wanted, with a value that is not the field's own."""
    higher = rng.random() < 0.5  # noqa: PLR2004
    if isinstance(asked.value, int | float):
        share = rng.uniform(0.4, 0.9) if higher == holds else rng.uniform(1.15, 1.8)
        value = type(asked.value)(max(STEP, round(asked.value * share / STEP) * STEP))
        if (value < asked.value) != (higher == holds) or value == asked.value:
            return None
        return ("above" if higher else "below"), value
    day = datetime.date.fromisoformat(str(asked.value)[:10])
    shift = datetime.timedelta(days=rng.randrange(2, 25))
    limit = day - shift if higher == holds else day + shift
    return None if limit == now else (("after" if higher else "before"), limit.isoformat())


def compares(value: Json, than: str, limit: Json) -> bool:
    """Whether a value is above, below, before, after or just what it is compared with."""
    if than == "is":
        return same(value, limit)
    if isinstance(value, str) and isinstance(limit, str):
        return value[:10] > limit if than == "after" else value[:10] < limit
    if isinstance(value, int | float) and isinstance(limit, int | float):
        return value > limit if than == "above" else value < limit
    return False


def _instead(search: Search, found: Found, target: Referent) -> Alternative | None:
    """Another write on the same record that would be possible too."""
    specs = [
        s
        for s in search.writes
        if s.ask and s.name != found.spec.name and any(p.meaning.of == target.table and not p.many for p in s.params)
    ]
    for spec in search.rng.sample(specs, min(len(specs), 2)):
        bound = search.binder.bind(spec, given=frozenset({(target.table, target.id)}))
        if bound is None or _about(bound) != {(target.table, target.id)}:
            continue
        if search.possible(bound.call):
            return _alternative(spec, bound, found.picks)
    return None


def _about(bound: Bound) -> set[tuple[str, str]]:
    """The records of a call, the person aside."""
    choices = [c for c in bound.choices.values() if not c.param.personal]
    return {(r.table, r.id) for c in choices for r in c.referents}


def _alternative(spec: ToolSpec, bound: Bound, picks: dict[str, list[Pick]]) -> Alternative | None:
    """A call in words without slots; None where it takes a value that its words do not hold."""
    known = {p.referent.id: p.phrase for ps in picks.values() for p in ps}
    slots = {n: _said(c, known) for n, c in bound.choices.items() if not c.param.personal}
    unsaid = [n for n in slots if f"{{{n}}}" not in spec.ask]
    if unsaid or not all(slots.values()):
        return None
    return Alternative(spec, bound, fill(spec.ask, slots))


def _said(choice: Choice, known: dict[str, str]) -> str:
    if choice.param.meaning.kind == "identifier":
        return " and ".join(known.get(r.id, "") for r in choice.referents)
    return spoken(choice.value, choice.param.meaning)


def fallback(search: Search, found: Found) -> Alternative | None:
    """What the person would rather have and cannot: a call tried before that one fact forbids, of the same tool or
    about the same record; never one about what an earlier change of theirs has touched, which may be why it fails.
    """
    about = _about(found.bound)
    diff = search.goal.knowledge.session.diff()
    changed = {(table, key) for table, key, *_ in (path.split("/") for path in diff)}
    read = {*search.goal.knowledge.closure(set(found.bound.needs)), search.goal.identified}
    for spec, tried in reversed(search.refused):
        theirs = _about(tried)
        if theirs & changed or not {*tried.needs} <= read:
            continue  # two ways to look things up are more than one sentence holds
        same_tool = spec.name == found.spec.name
        if not spec.ask or not theirs or (theirs == about if same_tool else not theirs & about):
            continue
        bound = _with_values_of(found, tried) if same_tool else tried
        because = _forbidden(search, bound)
        if because is None or because.path in diff:
            continue
        place, field = because.path.rsplit("/", 1)
        picks = picks_for(search.goal, bound, search.rng, {(place, field)})
        if picks is None or picks.keys() - bound.choices.keys():
            continue
        same_words = {p.phrase for ps in found.picks.values() for p in ps}
        if theirs != about and same_words & {p.phrase for ps in picks.values() for p in ps}:
            continue
        if (other := _alternative(spec, bound, picks)) is not None:
            return other
    return None


def _with_values_of(found: Found, tried: Bound) -> Bound:
    """A call of the same tool with the plain values of the one that was found: only the record differs."""
    plain = {n: c for n, c in found.bound.choices.items() if c.param.meaning.kind != "identifier"}
    records = {n: c for n, c in tried.choices.items() if c.param.meaning.kind == "identifier"}
    arguments = {n: c.value for n, c in {**records, **plain}.items()}
    call = Call(name=tried.call.name, arguments=arguments)
    return Bound(call, {**records, **plain}, tried.facts, tried.needs)


def _forbidden(search: Search, bound: Bound) -> Because | None:
    """The fact for which policy forbids a call now."""
    trial = search.goal.knowledge.session.fork()
    outcome = trial.call(bound.call)
    trial.close()
    return outcome.because if isinstance(outcome, Refusal) and outcome.cause == "policy" else None


def second_thoughts(search: Search, found: Found) -> tuple[Param, Json] | None:
    """A plain argument and another value for it that would do as well: what the person says before they change their
    mind.
    """
    plain = [
        c
        for n, c in found.bound.choices.items()
        if c.param.meaning.kind in {"choice", "date", "text"} and not c.param.many and n not in found.bound.facts
    ]
    for choice in search.rng.sample(plain, len(plain)):
        for value in _values(choice.param, search):
            if same(value, choice.value, choice.param.meaning) or _overlap(value, choice.value, choice.param.meaning):
                continue
            arguments = {**found.bound.call.arguments, choice.param.name: value}
            if search.possible(Call(name=found.spec.name, arguments=arguments)):
                return choice.param, value
    return None


def _values(param: Param, search: Search) -> Iterator[Json]:
    draw: Callable[[], Json] = lambda: plain_value(param, search.goal.brief, search.rng)  # noqa: E731
    yield from (value for _ in range(3) if (value := draw()) is not None)


def _overlap(one: Json, other: Json, meaning: Meaning) -> bool:
    """Whether one value's words hold the other's: a script could not tell which is meant."""
    return mentions(str(one), other, meaning) or mentions(str(other), one, meaning)
