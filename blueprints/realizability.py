"""Realizability: can an agent that has only the tools and the human's words get every value the task needs?"""

from collections.abc import Iterator
from typing import NamedTuple

from blueprints.blueprint import Blueprint, Known
from blueprints.descriptions import described_by
from blueprints.goals import resolves
from blueprints.knowledge import Referent, latest, referents_in
from blueprints.wording import label
from tools_env.calls import Call, Result
from tools_env.mentions import mentions, spoken
from tools_env.port import World
from tools_env.replay import Replayed
from tools_env.tool import Param
from tools_env.values import Json, leaves, same


def unobtainable(blueprint: Blueprint, world: World, done: Replayed) -> Iterator[str]:
    """Reasons why some argument of some action cannot be got: a value nobody says or shows, or words that fit two."""
    seen: list[Referent] = []
    shown: list[Json] = []
    calls = [*blueprint.actions, *([blueprint.evidence.forbidden] if blueprint.evidence else [])]
    for number, call in enumerate(calls):
        spec = world.specs[call.name]
        for param in spec.params:
            value = call.arguments.get(param.name)
            if value is not None:
                asked = Asked(call, param, spec.writes, _stage_at(blueprint, number))
                yield from _argument(blueprint, asked, value, seen, shown)
        outcome = done.outcomes[number] if number < len(done.outcomes) else None
        if isinstance(outcome, Result):
            seen += referents_in(outcome.value, spec, number, call)
            shown += leaves(outcome.value)
    yield from _questions(blueprint, seen)


def _questions(blueprint: Blueprint, seen: list[Referent]) -> Iterator[str]:
    """Whether each question fits one record only, and that record holds the answer."""
    asked = [n for n, s in enumerate(blueprint.stages) if s.wants == "answer"]
    for number, output in zip(asked, blueprint.outputs, strict=False):
        facts = [k for k in blueprint.known.values() if k.about == "record" and k.stage == number]
        tables = {k.meaning.of for k in facts if not k.field}
        until = blueprint.stages[number].until or len(blueprint.actions)
        then = [r for r in seen if r.source < until]
        among = [r for table in sorted(tables) for r in latest(then, table)]
        found = described_by([k for k in facts if k.field], among)
        if among and len(found) != 1:
            yield f"the question about the {output.label} fits {len(found)} of {len(among)} records"
        elif among:
            held = (a for r in among if r.id == found[0] and (a := r.attribute(output.name)) is not None)
            if not any(same(a.value, output.value) for a in held):
                yield f"the record that the person asks about has another {output.label}"


class Asked(NamedTuple):
    """An argument to be found: of which call, whether it writes, and in which stage (None: the task has but one)."""

    call: Call
    param: Param
    writes: bool
    stage: int | None


def _stage_at(blueprint: Blueprint, number: int) -> int | None:
    """The stage that an action, or the call after the last one, belongs to."""
    if len(blueprint.stages) < 2 or not any(s.until for s in blueprint.stages):  # noqa: PLR2004
        return None
    return next((n for n, s in enumerate(blueprint.stages) if s.until > number), len(blueprint.stages) - 1)


def _argument(
    blueprint: Blueprint, asked: Asked, value: Json, seen: list[Referent], shown: list[Json]
) -> Iterator[str]:
    call, param = asked.call, asked.param
    known = [k for k in blueprint.known.values() if k.value is not None]
    for one in value if isinstance(value, list) else [value]:
        told = any(same(k.value, one, param.meaning) for k in known)
        if param.meaning.kind == "identifier":
            if not told and one not in shown:
                yield f"{call.name}: nobody says and no earlier call shows the {param.label} {one}"
            elif not told and not param.personal:
                yield from _singled_out(blueprint, asked, str(one), seen)
        elif param.meaning.kind == "flag" or told or _derived(param, one, known, shown):
            continue
        else:
            yield f"{call.name}: nobody says the {param.label} {one}"


def _derived(param: Param, value: Json, known: list[Known], shown: list[Json]) -> bool:
    """Seen in a result (but what to choose, or where to reach somebody, has to be said), or, for the words of a search,
    part of something the person says.
    """
    if param.meaning.kind not in {"choice", "contact"} and any(same(s, value, param.meaning) for s in shown):
        return True
    return param.meaning.kind == "text" and any(mentions(str(k.value), value, param.meaning) for k in known)


def _singled_out(blueprint: Blueprint, asked: Asked, key: str, seen: list[Referent]) -> Iterator[str]:
    """Whether what the person says picks this record among those of its table that earlier calls showed."""
    call, param = asked.call, asked.param
    among = latest(seen, param.meaning.of)
    listings = [r for r in seen if r.table == param.meaning.of and r.id == key and not r.shown]
    if listings and not asked.writes and _read_through(blueprint, call, param, listings[0], seen):
        return
    descriptions = _descriptions(blueprint, param.name, asked.stage)
    if len({r.id for r in among}) <= 1 and not descriptions:
        return
    for facts in descriptions:
        if described_by(facts, among) == [key]:
            return
    if any(k.phrase.startswith("that ") for k in blueprint.known.values() if k.about == param.name):
        return
    told = f"{call.name}: what the person says does not single out the {param.label} {key} among {len(among)}"
    yield f"{told}: let them say what only that one has{_telling(key, among)}"


def _telling(key: str, among: list[Referent]) -> str:
    """Something that can be said of one record alone."""
    for a in (a for r in among if r.id == key for a in r.attributes):
        if a.meaning.kind != "count" and resolves([(a.field, a.value)], None, among) == [key]:
            return f", such as the {label(a.field)} {spoken(a.value, a.meaning)}"
    return ""


def _read_through(blueprint: Blueprint, call: Call, param: Param, one: Referent, seen: list[Referent]) -> bool:
    """Whether everything that was listed beside a record is read in the same way, so that nobody has to know which."""
    beside = {r.id for r in seen if (r.table, r.source, r.context) == (one.table, one.source, one.context)}
    read = {str(a.arguments.get(param.name)) for a in blueprint.actions if a.name == call.name}
    return beside <= read


def _descriptions(blueprint: Blueprint, name: str, stage: int | None) -> list[list[Known]]:
    """The descriptions given for an argument in a stage, one list of facts for each record and stage."""
    groups: dict[str, list[Known]] = {}
    for key, known in blueprint.known.items():
        if known.about in {name, "record"} and known.field and stage in {None, known.stage}:
            groups.setdefault(f"{key.rsplit('.', 1)[0]}|{known.stage}", []).append(known)
    return list(groups.values())
