"""The ledger of a proposal: what the person knows, found out from their words and from what the calls showed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from blueprints.blueprint import Disclose, Known
from blueprints.drafted.played import Played
from blueprints.goals import resolves
from blueprints.knowledge import Referent, each, latest
from blueprints.wording import COUNT_FLOOR, SPEAKABLE, Attribute, Superlative, describe, label, superlative_phrase
from tools_env.calls import Call
from tools_env.mentions import mentions, phrase
from tools_env.tool import Param, noun_of
from tools_env.values import TEXT, Json, Meaning, leaves, same

Hidden = frozenset[tuple[str, str]]
"""Fields of records, as (id, field), that the person must not say: an answer, or a deciding fact."""


@dataclass(frozen=True, slots=True)
class Description:
    """How the person's words single a record out: by what they say of it, or by a superlative."""

    attributes: tuple[Attribute, ...] = ()
    which: Superlative | None = None


@dataclass(slots=True)
class Ledger:
    """Collects what the person knows, matter by matter."""

    played: Played
    hidden: Hidden = frozenset()
    known: dict[str, Known] = field(default_factory=dict)

    def own(self) -> None:
        """What they know of themself: given when asked, or in their first message."""
        first = self.played.matter(0).message
        for name, fact in self.played.context.person.facts.items():
            said = mentions(first, fact.value, fact.meaning)
            named = phrase(name) if fact.meaning.kind == "identifier" else label(name)
            self.known[name] = Known(value=fact.value, meaning=fact.meaning, disclose=_given(said=said), label=named)

    def matter(self, number: int) -> None:
        """What the calls of a matter need that no earlier call shows."""
        for index, call in self.played.numbered(number):
            spec = self.played.context.world.specs[call.name]
            for param in spec.params:
                for one in each(call.arguments.get(param.name)):
                    if param.meaning.kind == "identifier":
                        self._record(number, index, call, param, str(one))
                    elif param.meaning.kind != "flag" and not self._told(one, param.meaning):
                        self._value(number, index, param, one, searched=not spec.writes)

    def _value(self, number: int, index: int, param: Param, one: Json, *, searched: bool) -> None:
        message, told = self.played.matter(number).message, self.played.proposal.instruction
        said = mentions(message, one, param.meaning)
        read = [v for shown in self.played.values_before(index) for v in leaves(shown)]
        derived = param.meaning.kind not in {"choice", "contact"} and any(same(v, one, param.meaning) for v in read)
        if derived and not said and not mentions(told, one, param.meaning):
            return
        fact = Known(value=one, meaning=param.meaning, disclose=_given(said=said), label=param.label,
                     about=param.name, searched=searched, stage=number)  # fmt: skip
        self._add(param.name, fact)

    def _told(self, one: Json, meaning: Meaning) -> bool:
        return any(k.value is not None and same(k.value, one, meaning) for k in self.known.values() if not k.about)

    def _record(self, number: int, index: int, call: Call, param: Param, key: str) -> None:
        """The person's words for the record that an argument points at."""
        spec, table = self.played.context.world.specs[call.name], param.meaning.of
        if param.personal or self._told(key, param.meaning):
            return
        seen = self.played.shown_before(index)
        noun = spec.called(param, noun_of(self.played.context.world.specs, table))
        first = next((r for r in seen if (r.table, r.id) == (table, key)), None)
        if first is not None and self.played.writes(first.source):
            self._words(param.name, noun, Description(), number, first, made=True)
            return
        found = described(self.played, number, latest(seen, table), key, self.hidden)
        if found is not None or spec.writes:
            self._words(param.name, noun, found or Description(), number, first)

    def asked(self, number: int, target: Referent) -> None:
        """The person's words for the record that a question is about."""
        among = latest(self.played.shown_before(self.played.until(number)), target.table)
        found = described(self.played, number, among, target.id, self.hidden)
        self._words("record", "record", found or Description(), number, target)

    def _words(
        self, name: str, noun: str, found: Description, number: int, target: Referent | None, *, made: bool = False
    ) -> None:
        """A record as the person knows it: what they call it, and what they can say of it."""
        table = target.table if target else ""
        plain = noun_of(self.played.context.world.specs, table) if name == "record" else noun
        named = describe(plain, found.attributes, found.which) if found != Description() else f"the {plain}"
        person = self.played.context.person.id
        mine = target is not None and any(key == person for _, key in target.context)
        vague = f"one of my {noun.rpartition(' ')[2]}s" if mine else f"a certain {noun}"
        base = Known(value=None, meaning=Meaning("identifier", table), disclose="unknown", label=noun, about=name,
                     phrase=f"that {noun}" if made else named, vague=vague, stage=number)  # fmt: skip
        mark = self._add(name, base)
        message = self.played.matter(number).message
        for a in found.attributes:
            disclose = _given(said=mentions(message, a.value, a.meaning))
            fact = Known(value=a.value, meaning=a.meaning, disclose=disclose, label=label(a.field), about=name,
                         field=a.field, stage=number)  # fmt: skip
            self._add(f"{mark}.{a.field}", fact)
        if found.which is not None:
            said = superlative_phrase(found.which)
            fact = Known(value=said, meaning=TEXT, disclose=_given(said=mentions(message, said, TEXT)), label=noun,
                         about=name, field="which", stage=number)  # fmt: skip
            self._add(f"{mark}.which", fact)

    def _add(self, name: str, known: Known) -> str:
        """Put a fact in under a name of its own; the mark of further facts about the same record."""
        if name in self.played.context.person.facts:
            name, known = f"new {name}", known.model_copy(update={"label": f"new {known.label}"})
        ending = f" {known.stage + 1}" if known.stage else ""
        if known in self.known.values():
            return next(n for n, k in self.known.items() if k == known).removesuffix(ending)
        mark = next(m for m in _marks(name) if f"{m}{ending}" not in self.known)
        self.known[f"{mark}{ending}"] = known
        return mark


def _marks(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}.{number}"
        number += 1


def _given(*, said: bool) -> Disclose:
    return "volunteer" if said else "if_asked"


def described(played: Played, number: int, among: list[Referent], key: str, hidden: Hidden) -> Description | None:
    """How the words of a matter, and else of the instruction, single a record out among its like; None if they don't.

    What the instruction says counts too, unless it is a value that another matter is about.
    """
    message, told, others = played.matter(number).message, played.proposal.instruction, played.plain_elsewhere(number)
    usable = list({a.field: a for r in among if r.id == key for a in r.attributes if _telling(r, a, hidden)}.values())
    here = [a for a in usable if mentions(message, a.value, a.meaning)]
    there = [a for a in usable if a not in here and mentions(told, a.value, a.meaning)]
    own = [a for a in there if not any(same(a.value, v, a.meaning) for v in others)]
    for attributes in (here, [*here, *own]):
        if attributes and resolves([(a.field, a.value) for a in attributes], None, among) == [key]:
            return Description(attributes=(*here, *own))
    for which in _superlatives(among, {name for at, name in hidden if at == key}):
        said = superlative_phrase(which)
        if (mentions(message, said, TEXT) or mentions(told, said, TEXT)) and resolves([], which, among) == [key]:
            return Description(which=which)
    return None


def _telling(referent: Referent, attribute: Attribute, hidden: Hidden) -> bool:
    kind, value = attribute.meaning.kind, attribute.value
    small = kind == "count" and isinstance(value, int | float) and value < COUNT_FLOOR
    return kind in SPEAKABLE and not small and (referent.id, attribute.field) not in hidden


def _superlatives(among: Iterable[Referent], secret: set[str]) -> Iterator[Superlative]:
    for a in {a.field: a for r in among for a in r.attributes}.values():
        if a.meaning.kind in {"date", "amount", "count"} and a.field not in secret:
            yield Superlative(a.field, a.meaning, "highest")
            yield Superlative(a.field, a.meaning, "lowest")
