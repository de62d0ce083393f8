"""What can be found out in a session by reading: an explorer that calls tools and remembers what they showed."""

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from blueprints.wording import SPEAKABLE, Attribute
from tools_env.calls import Call, Result
from tools_env.port import Brief, Person, Session
from tools_env.state import fingerprint
from tools_env.tool import Param, ToolSpec
from tools_env.values import Json, Meaning


@dataclass(frozen=True, slots=True)
class Referent:
    """A record as one call showed it: its attributes, and the ids it was seen together with."""

    table: str
    id: str
    attributes: tuple[Attribute, ...]
    source: int
    context: frozenset[tuple[str, str]]

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that field."""
        return next((a for a in self.attributes if a.field == name), None)


@dataclass(slots=True)
class Logged:
    """A call that succeeded, and the indices of the earlier calls that its arguments came from."""

    call: Call
    value: Json
    writes: bool
    needs: tuple[int, ...]


@dataclass(slots=True)
class Choice:
    """A value picked for an argument: a referent's id, or a plain value the person knows."""

    param: Param
    value: Json
    referents: tuple[Referent, ...] = ()


@dataclass(slots=True)
class Knowledge:
    """Calls made so far in one session and the records they showed."""

    session: Session
    specs: dict[str, ToolSpec]
    log: list[Logged] = field(default_factory=list)
    referents: list[Referent] = field(default_factory=list)
    known_calls: dict[str, int] = field(default_factory=dict)

    def call(self, call: Call, needs: tuple[int, ...]) -> int | None:
        """Make a call, remember what it showed; its index, or None when it was refused. A read is made once."""
        spec = self.specs[call.name]
        key = fingerprint([call.name, call.arguments])
        if not spec.writes and key in self.known_calls:
            return self.known_calls[key]
        outcome = self.session.call(call)
        if not isinstance(outcome, Result):
            return None
        index = len(self.log)
        self.log.append(Logged(call, outcome.value, spec.writes, needs))
        self.known_calls[key] = index
        self.referents.extend(referents_in(outcome.value, spec, index, call))
        return index

    def of(self, table: str) -> list[Referent]:
        """One referent per record of a table: the one seen first."""
        found: dict[str, Referent] = {}
        for referent in self.referents:
            if referent.table == table:
                found.setdefault(referent.id, referent)
        return list(found.values())

    def last_write(self) -> int | None:
        """Index of the last call that changed something: what it made is "that order" to the person."""
        return max((i for i, logged in enumerate(self.log) if logged.writes), default=None)

    def closure(self, wanted: set[int]) -> list[int]:
        """The wanted calls and all that they need, in order."""
        queue, kept = list(wanted), set(wanted)
        while queue:
            for need in self.log[queue.pop()].needs:
                if need not in kept:
                    kept.add(need)
                    queue.append(need)
        return sorted(kept)


def _each(value: Json) -> list[Json]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def referents_in(value: Json, spec: ToolSpec, source: int, call: Call) -> list[Referent]:
    """Every record that a result shows: an object whose first field is an identifier, with what it stands among."""
    asked = frozenset(
        (p.meaning.of, str(v))
        for p in spec.params
        if p.meaning.kind == "identifier"
        for v in _each(call.arguments.get(p.name))
    )
    return list(_walk(value, "", {y.path: y.meaning for y in spec.yields}, source, asked))


def _walk(
    value: Json, path: str, meanings: dict[str, Meaning], source: int, context: frozenset[tuple[str, str]]
) -> Iterator[Referent]:
    if isinstance(value, list):
        for member in value:
            yield from _walk(member, f"{path}[]", meanings, source, context)
        return
    if not isinstance(value, dict):
        return
    here = {name: meanings.get(f"{path}.{name}" if path else name) for name in value}
    ids = [(m.of, str(value[n])) for n, m in here.items() if m is not None and m.kind == "identifier" and value[n]]
    inner = context | frozenset(ids)
    first = next(iter(value), "")
    meaning = here.get(first)
    if meaning is not None and meaning.kind == "identifier":
        attributes = tuple(
            Attribute(n, value[n], m)
            for n, m in here.items()
            if m is not None and m.kind in SPEAKABLE and value[n] not in (None, "") and not isinstance(value[n], list)
        )
        own = (meaning.of, str(value[first]))
        yield Referent(*own, attributes, source, inner - {own})
    for name, member in value.items():
        if isinstance(member, list | dict):
            yield from _walk(member, f"{path}.{name}" if path else name, meanings, source, inner)


def plain_value(param: Param, brief: Brief, rng: random.Random) -> Json:
    """A value the person could bring along for an argument that is no record, or None when there is no way to tell."""
    kind = param.meaning.kind
    if param.choices:
        return rng.choice(param.choices)
    if kind == "date":
        return (brief.now + datetime.timedelta(days=rng.randrange(1, 15))).isoformat()
    if kind == "amount":
        return float(rng.randrange(5, 105, 5))
    if kind == "count":
        return rng.randrange(1, 6)
    pool = brief.pools.get(param.meaning.of or param.name) if kind in {"contact", "prose", "text"} else None
    if pool:
        return rng.choice(pool)
    return None


def own_fact(param: Param, person: Person) -> str | None:
    """The fact a person knows of themself that fits an argument: by name, or by what a contact is."""
    for name, fact in person.facts.items():
        same_kind = fact.meaning.kind == param.meaning.kind and fact.meaning.of == param.meaning.of
        if same_kind and (name == param.name or (param.meaning.of and param.meaning.kind == "contact")):
            return name
    return None
