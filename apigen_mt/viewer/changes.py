"""The change of state for readers: what was expected beside what was found, record by record, field by field."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from tools_env.state import Change, Diff, comparable, plain
from tools_env.values import Json, Meaning, Part


class Cell(Part):
    """A field before and after; `wrong` where expected and found are not the same."""

    field: str
    before: str
    expected: str
    found: str
    wrong: bool


class Altered(Part):
    """A record, and whether it was changed, created or removed."""

    record: str
    how: str
    cells: tuple[Cell, ...]


NO_CHANGE = "no change"


def altered(expected: Diff, found: Diff | None, fields: Mapping[str, Meaning]) -> tuple[Altered, ...]:
    """Every record that was to change or did. `found` is None where nobody knows; then only what was expected is told.

    Records are compared by meaning: created ones go by a name of their own, and prose is told as it was written.
    """
    want = {**_prose(expected, fields), **comparable(expected, fields)}
    got = None if found is None else {**_prose(found, fields), **comparable(found, fields)}
    paths = sorted(want.keys() | (got or {}).keys())
    return tuple(
        _altered(record, {path: (want.get(path), (got or {}).get(path)) for path in group}, known=got is not None)
        for record, group in groupby(paths, key=_record_of)
    )


def _record_of(path: str) -> str:
    return "/".join(path.split("/", 2)[:2])


def _prose(diff: Diff, fields: Mapping[str, Meaning]) -> Diff:
    """Fields of prose, whose words are free."""
    found = {path: (path.split("/", 1)[0], path.rsplit("/", 1)[-1]) for path in diff if path.count("/") > 1}
    named = {path: fields.get(f"{table}/{name}") for path, (table, name) in found.items()}
    return {path: diff[path] for path, meaning in named.items() if meaning is not None and meaning.kind == "prose"}


def _altered(record: str, changes: Mapping[str, tuple[Change | None, Change | None]], *, known: bool) -> Altered:
    if record in changes:
        want, got = changes[record]
        some = want or got
        how = "created" if some is not None and some.before is None else "removed"
        return Altered(record=record, how=how, cells=tuple(_whole(want, got, known=known)))
    cells = [_cell(path.split("/", 2)[2], want, got, known=known) for path, (want, got) in changes.items()]
    return Altered(record=record, how="changed", cells=tuple(cells))


def _whole(want: Change | None, got: Change | None, *, known: bool) -> Iterator[Cell]:
    """The fields of a record that was created or removed."""
    old = next((_object(c.before) for c in (want, got) if c is not None and c.before is not None), {})
    new, real = (_object(c.after) if c is not None else {} for c in (want, got))
    for name in {**old, **new, **real}:
        before, hoped, there = (plain(r[name]) if name in r else "" for r in (old, new, real))
        yield Cell(
            field=name, before=before, expected=hoped, found=there if known else "", wrong=known and hoped != there
        )


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _cell(name: str, want: Change | None, got: Change | None, *, known: bool) -> Cell:
    some = want or got
    before = plain(some.before) if some is not None else ""
    hoped = " or ".join(plain(v) for v in (want.after, *want.any_of)) if want is not None else NO_CHANGE
    there = plain(got.after) if got is not None else NO_CHANGE
    right = want is not None and got is not None and (got.after in (want.after, *want.any_of))
    return Cell(field=name, before=before, expected=hoped, found=there if known else "", wrong=known and not right)
