"""State by meaning: what changed, told as field paths, and whether two changes are the same."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from tools_env.values import TEXT, Json, Meaning, Part, canonical, compact


class Change(Part):
    """One field (`table/id/field`) or one whole record (`table/id`, created or removed), before and after.

    `any_of` lists further values that would be as right, where choices are indifferent.
    """

    before: Json
    after: Json
    any_of: tuple[Json, ...] = ()


Diff: TypeAlias = dict[str, Change]
"""Path to change, sorted by path."""


Values: TypeAlias = tuple[Json, ...]
"""A change as plain values: before, after, and others that would be as right."""


def altered(
    table: str, key: str, before: Mapping[str, Json] | None, after: Mapping[str, Json] | None
) -> dict[str, Values]:
    """The changes of one record, as a whole when it was created or removed, else field by field."""
    if before is None or after is None:
        return {f"{table}/{key}": (_plain(before), _plain(after))}
    return {
        f"{table}/{key}/{name}": (before.get(name), after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }


def _plain(record: Mapping[str, Json] | None) -> Json:
    return None if record is None else dict(record)


def told(changes: Mapping[str, Values]) -> Diff:
    """Plain changes as a diff. The values come from records, which were validated: not again here."""
    return {
        path: Change.model_construct(before=values[0], after=values[1], any_of=values[2:])
        for path, values in sorted(changes.items())
    }


def record_changes(table: str, key: str, before: Mapping[str, Json] | None, after: Mapping[str, Json] | None) -> Diff:
    """The diff of one record."""
    return told(altered(table, key, before, after))


def comparable(diff: Diff, fields: Mapping[str, Meaning]) -> Diff:
    """The diff in the form in which equal meanings are equal: prose left out, created ids renamed, values canonical.

    `fields` maps `table/field` to its meaning. Created records are numbered per table by what they hold and by what
    points at them, never by their ids, so that two runs that create the same things in another order compare equal.
    """
    return told(by_meaning({path: (c.before, c.after, *c.any_of) for path, c in diff.items()}, fields))


def by_meaning(changes: Mapping[str, Values], fields: Mapping[str, Meaning]) -> dict[str, Values]:
    """What `comparable` says, over plain values, sorted by path."""
    found: dict[str, Values] = {}
    created: list[str] = []
    for path, values in changes.items():
        table, _, *rest = path.split("/", 2)
        if not rest:
            found[path] = tuple(_record(v, table, fields) for v in values)
            if values[0] is None:
                created.append(path)
        elif (meaning := fields.get(f"{table}/{rest[0]}", TEXT)).kind != "prose":
            same = tuple(canonical(v, meaning) for v in values)
            if same[0] != same[1] or same[2:]:
                found[path] = same
    return dict(sorted((_rename(found, created) if created else found).items()))


def _record(value: Json, table: str, fields: Mapping[str, Meaning]) -> Json:
    if not isinstance(value, dict):
        return value
    found: dict[str, Json] = {}
    for name in sorted(value):
        meaning = fields.get(f"{table}/{name}", TEXT)
        if meaning.kind != "prose":
            one = value[name]
            plain = one is None or (type(one) is str and meaning.kind != "contact")
            found[name] = one if plain else canonical(one, meaning)
    return found


def _rename(changes: dict[str, Values], created: list[str]) -> dict[str, Values]:
    """The changes with created ids replaced by `table#number`."""
    numbers: dict[str, str] = {}
    counts: dict[str, int] = {}
    for path in _ordered(changes, created):
        table = path.partition("/")[0]
        counts[table] = counts.get(table, 0) + 1
        numbers[path] = f"{table}#{counts[table]}"
    names: dict[str, str] = {}
    for path, name in sorted(numbers.items()):
        key = path.partition("/")[2]
        names[key] = f"{names[key]}|{name}" if key in names else name
    renamed: dict[str, Values] = {}
    for path, values in changes.items():
        place = f"{path.partition('/')[0]}/{numbers[path]}" if path in numbers else path
        renamed[place] = tuple(_renamed(v, names) for v in values)
    return renamed


def _ordered(changes: Mapping[str, Values], created: list[str]) -> list[str]:
    """Created records in an order that does not depend on their ids: by content, then by who points at whom.

    Where contents tie, records are told apart by what they point at and by what points at them. Where that tells no
    more of them apart they are interchangeable: one is singled out, which tells its neighbours apart in turn.
    """
    tables = {path: path.partition("/")[0] for path in created}
    if len(created) == len(set(tables.values())):
        return created
    quoted = {path: repr(path.partition("/")[2]) for path in created}
    texts = {path: repr(values[1]) for path, values in changes.items()}
    traits = {path: f"{tables[path]} {_put(texts[path], dict.fromkeys(quoted.values(), '*'))}" for path in created}
    while (classes := len(set(traits.values()))) < len(created):
        finer = _finer(texts, quoted, traits)
        if len(set(finer.values())) == classes:
            seen = Counter(traits.values())
            tied = [path for path in created if seen[traits[path]] > 1]
            single = min(tied, key=lambda path: (traits[path], path))
            finer[single] = _hash(f"{finer[single]} singled out")
        traits = finer
    return sorted(created, key=lambda path: traits[path])


def _finer(texts: Mapping[str, str], quoted: Mapping[str, str], traits: Mapping[str, str]) -> dict[str, str]:
    """One round of refinement: each record's traits with those of its neighbours."""
    names = {key: _hash(traits[path]) for path, key in quoted.items()}
    found: dict[str, str] = {}
    for path, key in quoted.items():
        mine = names | {key: "*"}
        holders = [p for p, text in texts.items() if p != path and key in text]
        marks = sorted(f"{'' if p in quoted else p} {_put(texts[p], mine)}" for p in holders)
        found[path] = _hash("\n".join([traits[path], _put(texts[path], mine), *marks]))
    return found


def _put(text: str, names: Mapping[str, str]) -> str:
    """The text with quoted ids replaced."""
    for key, name in names.items():
        text = text.replace(key, name)
    return text


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _renamed(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, dict):
        return {k: _renamed(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [_renamed(v, names) for v in value]
    return value


class Difference(Part):
    """A path at which two diffs differ: what was expected there and what was found (None: no change)."""

    path: str
    expected: Json
    found: Json


def differences(expected: Diff, found: Diff, fields: Mapping[str, Meaning]) -> tuple[Difference, ...]:
    """Where two diffs differ by meaning; empty when they are the same."""
    want, got = comparable(expected, fields), comparable(found, fields)
    return tuple(
        Difference(path=p, expected=_after(want.get(p)), found=_after(got.get(p)))
        for p in sorted(want.keys() | got.keys())
        if not _agree(want.get(p), got.get(p))
    )


def _agree(want: Change | None, got: Change | None) -> bool:
    if want is None or got is None:
        return want is got
    return want.before == got.before and got.after in (want.after, *want.any_of)


def _after(change: Change | None) -> Json:
    return None if change is None else change.after


def fingerprint(parts: Iterable[Json]) -> str:
    """sha256 over canonical JSON, as hexadecimal text."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(compact(part).encode("utf-8", "surrogatepass"))
        digest.update(b"\n")
    return digest.hexdigest()
