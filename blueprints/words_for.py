"""Words for records: how the person singles out each record that a goal needs, and what may be asked of one."""

import random
from collections.abc import Collection

from blueprints.binding import Bound
from blueprints.goal import Answer, Goal, changed_fields
from blueprints.goals import Pick, pick, resolves
from blueprints.knowledge import Referent
from blueprints.wording import COUNT_FLOOR, Attribute
from tools_env.mentions import mentions
from tools_env.tool import noun_of
from tools_env.values import Json


def askable(goal: Goal, asked: Attribute, target: Referent) -> bool:
    """Whether a value, once said, proves that it was read: nothing else says it."""
    if asked.meaning.kind == "count" and (not isinstance(asked.value, int) or asked.value < COUNT_FLOOR):
        return False
    rivals = [a for a in target.attributes if a.field != asked.field and a.value == asked.value]
    own = any(f.value == asked.value for f in goal.person.facts.values())
    changed = asked.field in changed_fields(goal, target)
    return not (rivals or own or changed or mentions(goal.brief.policy, asked.value, asked.meaning))


def picks_for(
    goal: Goal, bound: Bound, rng: random.Random, hidden: set[tuple[str, str]], more: frozenset[int] = frozenset()
) -> dict[str, list[Pick]] | None:
    """Words for every record the call needs, except the person themself; None if one cannot be singled out. `more` are
    reads that come before it besides those it needs.
    """
    picks: dict[str, list[Pick]] = {}
    for name, choice in bound.choices.items():
        if choice.param.personal:
            continue
        for referent in choice.referents:
            found = _pick(goal, referent, rng, hidden)
            if found is None:
                return None
            picks.setdefault(name, []).append(located(goal, found))
    way = on_the_way(goal, {*bound.needs, *more}, {r.id for c in bound.choices.values() for r in c.referents}, rng)
    return None if way is None else {**way, **picks}


def _pick(goal: Goal, referent: Referent, rng: random.Random, hidden: set[tuple[str, str]]) -> Pick | None:
    noun, among = noun_of(goal.knowledge.specs, referent.table), goal.knowledge.of(referent.table)
    if goal.just_made(referent):
        return Pick(referent, (), None, f"that {noun}")
    if all(goal.knowledge.log[r.source].writes for r in among):
        return None  # who knows what others there are
    covered = {f for at, f in hidden if at.endswith(f"/{referent.id}")} | changed_fields(goal, referent)
    return again(goal, referent, among, covered) or pick(referent, among, noun, rng, covered)


def again(goal: Goal, referent: Referent, among: list[Referent], hidden: Collection[str]) -> Pick | None:
    """The words in which the person has spoken of a record before, where they still single it out: one thing has one
    name.
    """
    for intent in goal.intents:
        answer = intent.answer
        picks = [p for ps in intent.picks.values() for p in ps]
        for found in [*picks, answer.pick] if isinstance(answer, Answer) else picks:
            if (found.referent.table, found.referent.id) == (referent.table, referent.id) and _holds(
                found, among, hidden
            ):
                return found._replace(referent=referent)
    return None


def _holds(found: Pick, among: list[Referent], hidden: Collection[str]) -> bool:
    """Whether words still single a record out, by fields that may be used."""
    fields = {a.field for a in found.attributes} | ({found.superlative.field} if found.superlative else set())
    told = [(a.field, a.value) for a in found.attributes]
    return bool(fields) and not fields & {*hidden} and resolves(told, found.superlative, among) == [found.referent.id]


def located(goal: Goal, found: Pick) -> Pick:
    """The pick with the words of the search that brings the record up, unless its phrase holds them already."""
    call = goal.knowledge.log[found.referent.source].call
    for param in goal.knowledge.specs[call.name].params:
        value = call.arguments.get(param.name)
        if (
            param.meaning.kind == "text" and isinstance(value, str) and not mentions(found.phrase, value, param.meaning)
        ) and not any(f.value == value for f in goal.person.facts.values()):
            return found._replace(phrase=f'{found.phrase} that comes up for "{value}"')
    return found


def on_the_way(goal: Goal, wanted: set[int], told: set[str], rng: random.Random) -> dict[str, list[Pick]] | None:
    """Words for records that only the reads on the way need, so that the person can say them when asked."""
    picks: dict[str, list[Pick]] = {}
    given: dict[str, Json] = {}
    settled = set(goal.order()[0])
    for index in goal.knowledge.closure(wanted):
        if index in settled or goal.knowledge.log[index].together:
            continue
        call = goal.knowledge.log[index].call
        for param in goal.knowledge.specs[call.name].params:
            key = call.arguments.get(param.name)
            if given.setdefault(param.name, key) != key and not param.personal:
                return None
            if param.meaning.kind != "identifier" or param.personal or param.many or key is None or key in told:
                continue
            target = next((r for r in goal.knowledge.of(param.meaning.of) if r.id == key), None)
            if target is None or goal.just_made(target):
                continue
            noun, hidden = noun_of(goal.knowledge.specs, target.table), changed_fields(goal, target)
            among = goal.knowledge.of(target.table)
            found = again(goal, target, among, hidden) or pick(target, among, noun, rng, hidden)
            if found is None or param.name in picks:
                return None
            picks[param.name] = [found]
    return picks
