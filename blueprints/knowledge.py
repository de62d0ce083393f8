"""What can be found out in a session by reading: an explorer that calls tools and remembers what they showed."""

import datetime
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from blueprints.wording import SPEAKABLE, Attribute
from tools_env.calls import Call, Result
from tools_env.port import Brief, Person, Session, World
from tools_env.state import fingerprint
from tools_env.tool import Param, ToolSpec, Yield
from tools_env.values import TEXT, Json


def people_table(world: World) -> str:
    """The table of the people: what the personal arguments point at; empty where there are none."""
    return next((p.meaning.of for s in world.specs.values() for p in s.params if p.personal), "")


@dataclass(frozen=True, slots=True)
class Referent:
    """A record as one call showed it: its attributes, and the ids it was seen together with.

    A record of which only the id was listed is not `shown`: more has to be read before it can be described.
    """

    table: str
    id: str
    attributes: tuple[Attribute, ...]
    source: int
    context: frozenset[tuple[str, str]]
    shown: bool = True

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that field."""
        return next((a for a in self.attributes if a.field == name), None)


@dataclass(slots=True)
class Logged:
    """A call that succeeded, and the indices of the earlier calls that its arguments came from.

    `together` are the reads of the same listing: where one is needed all are, for nobody can tell before which it is.
    """

    call: Call
    value: Json
    writes: bool
    needs: tuple[int, ...]
    together: tuple[int, ...] = ()


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
    _first: dict[str, dict[str, Referent]] = field(default_factory=dict)
    _indexed: int = 0

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

    def made(self, call: Call) -> int:
        """Index of a reading call that was made already; past the last one where it was not."""
        return self.known_calls.get(fingerprint([call.name, call.arguments]), len(self.log))

    def forget(self, tool: str) -> None:
        """Have a tool's reads made again when they are asked for again: something has changed."""
        gone = [key for key, index in self.known_calls.items() if self.log[index].call.name == tool]
        for key in gone:
            del self.known_calls[key]

    def of(self, table: str) -> list[Referent]:
        """One referent per record of a table: the one seen first."""
        return [*self._shown(table).values()]

    def shows(self, table: str, key: str) -> bool:
        """Whether a record was shown, and not only listed by its id."""
        return key in self._shown(table)

    def _shown(self, table: str) -> dict[str, Referent]:
        """Records that were shown, by id; the index grows with the referents, which are only ever added."""
        for referent in self.referents[self._indexed :]:
            if referent.shown:
                self._first.setdefault(referent.table, {}).setdefault(referent.id, referent)
        self._indexed = len(self.referents)
        return self._first.get(table, {})

    def listed(self, table: str) -> list[Referent]:
        """Records of a table of which only ids were listed, and which no call has shown since."""
        shown = self._shown(table)
        found = {r.id: r for r in self.referents if not r.shown and r.table == table and r.id not in shown}
        return list(found.values())

    def beside(self, referent: Referent) -> list[Referent]:
        """The listing in which a record's id stands, itself included, in its order."""
        return [
            r
            for r in self.referents
            if not r.shown and (r.table, r.source, r.context) == (referent.table, referent.source, referent.context)
        ]

    def last_write(self) -> int | None:
        """Index of the last call that changed something: what it made is "that order" to the person."""
        return max((i for i, logged in enumerate(self.log) if logged.writes), default=None)

    def closure(self, wanted: set[int]) -> list[int]:
        """The wanted calls and all that they need, in order."""
        queue, kept = list(wanted), set(wanted)
        while queue:
            logged = self.log[queue.pop()]
            for need in (*logged.needs, *logged.together):
                if need not in kept:
                    kept.add(need)
                    queue.append(need)
        return sorted(kept)


def each(value: Json) -> list[Json]:
    """The members of an argument that takes several values, or its one value."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def latest(referents: Iterable[Referent], table: str) -> list[Referent]:
    """The records of a table that were shown, as they were seen last, in order of first sight.

    A record that is shown in two roles, such as an article in the catalogue and in an order, is there in both: what can
    be said of it differs.
    """
    found: dict[tuple[str, tuple[str, ...]], Referent] = {}
    for referent in referents:
        if referent.table == table and referent.shown:
            found[referent.id, tuple(a.field for a in referent.attributes)] = referent
    return list(found.values())


def referents_in(value: Json, spec: ToolSpec, source: int, call: Call) -> list[Referent]:
    """Every record that a result shows: an object with an id of its own, with what it stands among; and every record
    that it lists by id alone.
    """
    asked = frozenset(
        (p.meaning.of, str(v))
        for p in spec.params
        if p.meaning.kind == "identifier"
        for v in each(call.arguments.get(p.name))
    )
    return list(_Walk(spec, source).through(value, "", asked))


@dataclass(frozen=True, slots=True)
class _Walk:
    """Goes through a result along the paths that the tool's specification names; `*` stands for any key of a map."""

    spec: ToolSpec
    source: int

    def through(self, value: Json, path: str, context: frozenset[tuple[str, str]]) -> Iterator[Referent]:
        if isinstance(value, list):
            for member in value:
                yield from self.through(member, f"{path}[]", context)
        elif isinstance(value, dict):
            yield from self._object(value, path, context)
        elif path in {"", "[]"} or path.endswith("[]"):
            yield from self._listed(value, self.spec.yielded.get(path), context, ())

    def _object(self, value: dict[str, Json], path: str, context: frozenset[tuple[str, str]]) -> Iterator[Referent]:
        here = {name: self.spec.yielded.get(self.spec.place(path, name)) for name in value}
        ids = [
            (y.meaning.of, str(value[n]))
            for n, y in here.items()
            if y is not None and y.meaning.kind == "identifier" and value[n] and not isinstance(value[n], list | dict)
        ]
        inner = context
        own = next((n for n, y in here.items() if y is not None and y.own and value[n]), None)
        known = here[own] if own is not None else None
        if own is not None and known is not None:
            inner = context | frozenset(ids)
            key = (known.meaning.of, str(value[own]))
            yield Referent(*key, tuple(self._attributes(value, path)), self.source, inner - {key})
        for name, member in value.items():
            if isinstance(member, list | dict):
                yield from self.through(member, self.spec.place(path, name), inner)
            elif own is None and (place := self.spec.place(path, name)).endswith("*"):
                named = Attribute("name", name, TEXT)
                yield from self._listed(member, self.spec.yielded.get(place), inner, (named,))

    def _listed(
        self, value: Json, known: Yield | None, context: frozenset[tuple[str, str]], named: tuple[Attribute, ...]
    ) -> Iterator[Referent]:
        if known is not None and known.meaning.kind == "identifier" and value:
            yield Referent(known.meaning.of, str(value), named, self.source, context, shown=bool(named))

    def _attributes(self, value: dict[str, Json], path: str) -> Iterator[Attribute]:
        """What can be said of an object: its own values, and those of objects inside it that are no records."""
        for name, one in value.items():
            place = self.spec.place(path, name)
            known = self.spec.yielded.get(place)
            if isinstance(one, dict):
                if not any(y.own and y.path.startswith(f"{place}.") for y in self.spec.yields):
                    yield from (a for a in self._attributes(one, place) if a.field not in value)
            elif isinstance(one, list) or one in (None, "") or known is None:
                continue
            elif known.meaning.kind in SPEAKABLE:
                yield Attribute(name, one, known.meaning)


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
