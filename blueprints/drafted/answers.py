"""What the person must hear: the proposed answer found in a result by its value, with the record that it belongs to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from blueprints.blueprint import Output, Rejected
from blueprints.drafted.ledger import described
from blueprints.drafted.played import Played
from blueprints.knowledge import Referent, latest
from blueprints.questions import asks_alone, names
from blueprints.wording import COUNT_FLOOR, asked_label, label
from tools_env.mentions import mentions, phrase
from tools_env.port import Person
from tools_env.values import TEXT, Json, Meaning, folded, same

MOST_SHOWN = 5
"""How many values are named to an author whose answer is not among them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer with where it stands; no record where the result holds none."""

    output: Output
    target: Referent | None


def asked_in(played: Played, number: int) -> Asked | Rejected:
    """The answer of a question: of the records that hold the value, the one that the words single out."""
    matter = played.matter(number)
    answer, until = matter.answer, played.until(number)
    among = [r for r in played.shown_before(until) if r.shown]
    found = [
        (r, a.field, a.meaning, a.value) for r in among for a in r.attributes if _means(answer, a.value, a.meaning)
    ]
    if not found:
        loose = list(_loose(played, until, answer))
        if len({name for name, _, _, _ in loose}) == 1:
            name, meaning, value, source = loose[0]
            if not names(matter.message, label(name)) and not asks_alone(matter.message, meaning.kind):
                return _unasked(number, name, meaning)
            return _asked(name, meaning, value, source, None)
        return Rejected(stage="outputs", reason=_nowhere(answer, among, played.context.person))

    def fit(one: tuple[Referent, str, Meaning, Json]) -> tuple[bool, bool, bool]:
        record, name, meaning, _ = one
        like = latest(among, record.table)
        hidden = frozenset({(record.id, name)})
        alone = len({r.id for r in like}) == 1 or described(played, number, like, record.id, hidden) is not None
        worded = _asks(matter.message, record, name, meaning)
        return alone and worded, worded, number == 0 or record.source >= played.until(number - 1)

    target, name, meaning, value = max(found, key=fit)
    if not _asks(matter.message, target, name, meaning):
        return _unasked(number, name, meaning)
    return _asked(name, meaning, value, target.source, target)


def _asks(message: str, record: Referent, field: str, meaning: Meaning) -> bool:
    """Whether a message asks for a field of a record: by its name, or as for the only one of its kind."""
    if names(message, label(field)):
        return True
    others = [a for a in record.attributes if a.field != field]
    only = all(a.meaning.kind != meaning.kind for a in others)
    return only and asks_alone(message, meaning.kind) and not any(_after(message, a.field) for a in others)


def _after(message: str, field: str) -> bool:
    """Whether a message asks in so many words for another field."""
    asked = rf"\b(?:what|which|the)\b(?: \w+)? {re.escape(label(field))}\b"
    return re.search(asked, message, re.IGNORECASE) is not None


def _unasked(number: int, name: str, meaning: Meaning) -> Rejected:
    told = asked_label(name, meaning)
    reason = f"the message of matter {number + 1} does not ask for the {told}, its answer: let it name the {told}"
    return Rejected(stage="outputs", reason=reason)


def _asked(name: str, meaning: Meaning, value: Json, source: int, target: Referent | None) -> Asked | Rejected:
    if meaning.kind == "count" and isinstance(value, int | float) and value < COUNT_FLOOR:
        reason = f"the answer {value} is a count below {COUNT_FLOOR}, said too easily by chance: ask for something else"
        return Rejected(stage="outputs", reason=reason)
    unit = "USD" if meaning.kind == "amount" else ""
    told = asked_label(name, meaning)
    return Asked(Output(name=name, label=told, meaning=meaning, value=value, source_call=source, unit=unit), target)


def _means(answer: Json, value: Json, meaning: Meaning) -> bool:
    """Whether a proposed answer stands for a value, in whichever of its usual spellings."""
    if same(answer, value):
        return True
    if not isinstance(answer, str) or isinstance(value, bool) or value == "":
        return False
    if isinstance(value, str) and meaning.kind != "date":
        return folded(phrase(answer)) == folded(phrase(value))
    return mentions(answer, value, meaning)


def _loose(played: Played, until: int, answer: Json) -> Iterator[tuple[str, Meaning, Json, int]]:
    """Named values outside of records, with the meaning that the tool's specification gives them."""
    for source, shown in enumerate(played.values_before(until)):
        spec = played.context.world.specs[played.actions[source].name]
        meanings = {y.name: y.meaning for y in spec.yields}
        for name, value in _named(shown):
            meaning = meanings.get(name, TEXT)
            if meaning.kind not in {"identifier", "flag", "nested"} and _means(answer, value, meaning):
                yield name, meaning, value, source


def _named(shown: Json) -> Iterator[tuple[str, Json]]:
    """Every plain value of a result with the name of its field."""
    if isinstance(shown, list):
        for member in shown:
            yield from _named(member)
    elif isinstance(shown, dict):
        for name, value in shown.items():
            if isinstance(value, list | dict):
                yield from _named(value)
            else:
                yield name, value


def _nowhere(answer: Json, among: list[Referent], person: Person) -> str:
    own = [f.value for f in person.facts.values()]
    telling = [a for r in among for a in r.attributes if a.value not in own and a.meaning.kind != "count"]
    values = dict.fromkeys(f"{label(a.field)} {a.value}" for a in telling)
    some = f", such as {'; '.join(list(values)[:MOST_SHOWN])}" if values else ""
    return f"no result of the calls before it holds the answer {answer!r}: ask for a value that they show{some}"
