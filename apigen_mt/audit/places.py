"""Where in a talk something can be spoilt, and what there is to spoil it with."""

import datetime
import random
from collections.abc import Callable, Iterator

from apigen_mt.audit.editing import Talk, call
from blueprints.judging.fidelity import HumanTurn
from blueprints.judging.talk import id_shape
from blueprints.knowledge import plain_value
from tools_env.calls import Result
from tools_env.course import Called, Said
from tools_env.mentions import numbers_in, phrase
from tools_env.port import World
from tools_env.state import differences
from tools_env.tool import Param, ToolSpec
from tools_env.values import Json, Meaning, leaves, same, under

TRIES = 40
ELSEWHERE = "9 Elsewhere Road, Ashcombe 40118"
IRREGULAR = {"send": "sent", "set": "set", "pay": "paid", "split": "split", "withdraw": "withdrawn", "put": "put",
             "give": "given", "make": "made", "take": "taken", "pick": "picked", "begin": "begun"}  # fmt: skip


def dice(talk: Talk, what: str) -> random.Random:
    """Chance that is the same for the same talk."""
    return random.Random(f"{what}/{talk.blueprint.id}")


def upheld(world: World, rule: str) -> bool:
    """Whether a domain holds to a rule of conduct."""
    return any(rule in clause.by for clause in world.clauses)


def last_words(talk: Talk) -> int:
    """The agent's last message."""
    return talk.agent_words()[-1]


def asked_before(talk: Talk, place: int) -> int | None:
    """The agent's message that the human's last words before a place answer."""
    heard = answered_before(talk, place)
    return None if heard is None else max((n for n in talk.agent_words() if n < heard), default=None)


def answered_before(talk: Talk, place: int) -> int | None:
    """The human's last message before a place."""
    return max((n for n in talk.human_words() if n < place), default=None)


def proposal(call_name: str, arguments: dict[str, Json]) -> str:
    """A request for a yes that names everything."""
    told = ", ".join(f"{name.replace('_', ' ')} {_spoken(value)}" for name, value in arguments.items())
    return f"To confirm: I would {call_name.replace('_', ' ')} with {told}. Shall I go ahead?"


def _spoken(value: Json) -> str:
    if isinstance(value, list):
        return " and ".join(map(_spoken, value))
    return phrase(value) if isinstance(value, str) else str(value)


def participle(verb: str) -> str:
    """What is said of a thing that was done: cancelled, sent."""
    if verb in IRREGULAR:
        return IRREGULAR[verb]
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ied"
    return f"{verb}led" if verb == "cancel" else f"{verb}ed"


def otherwise(one: Talk, other: Talk) -> bool:
    """Whether two talks leave the world in different states, by meaning."""
    return bool(differences(one.done.diff, other.done.diff, one.world.fields))


def all_carried_out(talk: Talk, *places: int) -> bool:
    """Whether the calls at these places were carried out."""
    return all(isinstance(talk.called(n).outcome, Result) for n in places)


def written_params(talk: Talk, place: int) -> Iterator[tuple[Param, Json]]:
    """The arguments of a call with what they mean."""
    made = talk.called(place).call
    for param in talk.world.specs[made.name].params:
        if (value := made.arguments.get(param.name)) is not None:
            yield param, value


def other_than(param: Param, value: Json) -> Json:
    """Another value that a person could have meant, or None."""
    if param.choices:
        return next((c for c in param.choices if c != value), None)
    match param.meaning.kind, value:
        case "date", str():
            return (datetime.date.fromisoformat(value) + datetime.timedelta(days=1)).isoformat()
        case (("amount" | "count"), int() | float()):
            return value + 1
        case "contact", str() if param.meaning.of == "street address":
            return ELSEWHERE
        case "contact", str() if param.meaning.of == "address1":
            return "9 Elsewhere Road"
    return None


def shown_as(talk: Talk, name: str) -> list[Json]:
    """Values that reads have shown under a field's name."""
    return [v for n in talk.reads() for v in under(talk.called(n).outcome.observed(), name) if v is not None]


def ids_in(talk: Talk, place: int) -> list[str]:
    """Ids that the call at a place takes, but for the person's own."""
    found = [v for p, v in written_params(talk, place) if p.meaning.kind == "identifier" and not p.personal]
    flat = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return [one for one in flat if isinstance(one, str) and one != talk.blueprint.person]


def showing(talk: Talk, key: str, before: int) -> list[int]:
    """Calls before a place that show a text."""
    return [n for n in talk.reads() + talk.writes() if n < before and key in leaves(talk.called(n).outcome.observed())]


def said_before(talk: Talk, key: str, before: int) -> bool:
    """Whether the human has said a text before a place."""
    return any(key in talk.text(n) for n in talk.human_words() if n < before)


def finders(talk: Talk) -> list[int]:
    """Reads that found the person without an id."""
    found = []
    for n in talk.reads():
        params = talk.world.specs[talk.called(n).call.name].params
        by_id = any(p.meaning.kind == "identifier" for p in params)
        if params and not by_id and talk.blueprint.person in leaves(talk.called(n).outcome.observed()):
            found.append(n)
    return found


def touches_people(talk: Talk) -> bool:
    """Whether a call has touched somebody's own record."""
    return any(t.owner or e.writes for e in talk.events if isinstance(e, Called) and isinstance(e.outcome, Result)
               for t in e.outcome.touched)  # fmt: skip


def rivals(talk: Talk, name: str, value: Json) -> list[Json]:
    """Values that the talk showed under a field's name, and that nobody asked for or named."""
    asked = [value, *(o.value for o in talk.blueprint.outputs), *(k.value for k in talk.blueprint.known.values())]
    return [v for v in shown_as(talk, name) if not any(same(v, a) for a in asked) and _telling(v)]


def _telling(value: Json) -> bool:
    return value != "" and not isinstance(value, list | dict)


def close_to(value: Json, meaning: Meaning) -> Json:
    """A wrong value that looks like the right one."""
    match value:
        case bool():
            return not value
        case int() | float():
            return round(value + 1, 2)
        case str() if meaning.kind == "date":
            day = datetime.date.fromisoformat(value[:10]) + datetime.timedelta(days=1)
            return f"{day.isoformat()}{value[10:]}"
    return None


def records_of(world: World, snapshot: str, person: str) -> dict[str, tuple[str, ...]]:
    """Ids of a person's records, by table, as the tools that take the person's id alone show them."""
    session = world.open(snapshot)
    found: dict[str, dict[str, None]] = {}
    try:
        for spec in world.specs.values():
            required = [p for p in spec.params if p.required]
            if spec.writes or not required or not all(p.personal for p in required):
                continue
            outcome = session.call(call(spec.name, {p.name: person for p in required}).call)
            for touch in outcome.touched if isinstance(outcome, Result) else ():
                found.setdefault(touch.table, {})[touch.id] = None
            for shown in spec.yields if isinstance(outcome, Result) else ():
                if shown.meaning.kind == "identifier":
                    name = shown.path.rsplit(".", 1)[-1].strip("[]")
                    ids = found.setdefault(shown.meaning.of, {})
                    ids.update((v, None) for v in under(outcome.observed(), name) if isinstance(v, str))
    finally:
        session.close()
    return {table: tuple(ids) for table, ids in found.items()}


def fillings(talk: Talk, spec: ToolSpec, person: str, ids: Callable[[Param], list[Json]]) -> dict[str, Json] | None:
    """Arguments for a tool: a person's id, ids from `ids`, and plain values; None where one has none."""
    rng, brief = dice(talk, spec.name), talk.world.brief(talk.blueprint.snapshot)
    found: dict[str, Json] = {}
    for param in (p for p in spec.params if p.required):
        value: Json = person
        if not param.personal:
            key = param.meaning.kind == "identifier"
            value = next(iter(ids(param)), None) if key else plain_value(param, brief, rng) or _any_words(param)
        if value is None:
            return None
        found[param.name] = [value] if param.many and not isinstance(value, list) else value
    return found


def _any_words(param: Param) -> str | None:
    words = {"zip": "40118", "state": "TX"}.get(param.meaning.of, "9 Elsewhere Road")
    return words if param.meaning.kind in {"contact", "prose", "text"} else None


def others(talk: Talk) -> Iterator[str]:
    """Other people of the snapshot."""
    people = talk.world.brief(talk.blueprint.snapshot).people
    start = next((n for n, p in enumerate(people) if p.id == talk.blueprint.person), 0)
    yield from (p.id for p in (*people[start + 1 : start + 7], *people[:3]) if p.id != talk.blueprint.person)


def underivable(talk: Talk) -> float | None:
    """A small amount that is in nothing that was seen or said, nor the sum, difference or multiple of such amounts, or
    None where there are so many that any amount could be.
    """
    rng, seen = dice(talk, "amount"), sorted(_amounts(talk))
    pairs = {round(a + s * b, 2) for a in seen for b in seen for s in (1, -1)} | set(seen)
    for _ in range(TRIES):
        amount = rng.randrange(2101, 9899) / 100
        threes = {round(amount + s * n, 2) for n in seen for s in (1, -1)} | {round(n - amount, 2) for n in seen}
        multiples = {round(amount / k, 2) for k in range(2, 21)}
        if amount % 1 and not {amount, *threes} & pairs and not multiples & set(seen):
            return amount
    return None


def _amounts(talk: Talk) -> set[float]:
    values = [v for step in talk.course.done() for v in leaves(step.result.value)]
    values += [talk.text(n) for n in talk.human_words()] + [talk.world.brief(talk.blueprint.snapshot).policy]
    found = {float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)}
    return found | {n for v in values if isinstance(v, str) for n in numbers_in(v)}


def chat(text: str) -> HumanTurn:
    """A turn of the human that is about nothing."""
    return HumanTurn(act="chat", text=text)


def shaped_like(key: str) -> str:
    """An id that looks like another one and is none."""
    return "".join("4" if c.isdigit() else c for c in key) if id_shape(key) else ""


def beside(text: str, batch: int) -> Said:
    """Words of the agent that stand beside its calls, where the human does not hear them."""
    return Said(speaker="agent", text=text, batch=batch)
