"""State by meaning: what changed, told as field paths, and whether two changes are the same."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from tools_env.canon import Canon, Layouts, Values
from tools_env.values import Json, Meaning, Part, compact


class Change(Part):
    """One field (`table/id/field`) or one whole record (`table/id`, created or removed), before and after.

    `any_of` lists further values that would be as right, where choices are indifferent.
    """

    before: Json
    after: Json
    any_of: tuple[Json, ...] = ()


_WORDS = 60
_TELLING = frozenset("\"'→,:;{}[]")
"""What a value may not hold that is told without quotes."""

Diff: TypeAlias = dict[str, Change]
"""Path to change, sorted by path."""


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
    return {path: _change(changes[path]) for path in sorted(changes)}


def _change(values: Values) -> Change:
    """As `Change.model_construct`, in a third of its time."""
    made = Change.__new__(Change)
    held, put = made.__dict__, object.__setattr__
    held["before"], held["after"], held["any_of"] = values[0], values[1], values[2:]
    put(made, "__pydantic_fields_set__", {"before", "after", "any_of"})
    put(made, "__pydantic_extra__", None)
    put(made, "__pydantic_private__", None)
    return made


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
    return Canon(changes, Layouts(fields)).values()


def fingerprint_of(snapshot: str, changes: Mapping[str, Values], layouts: Layouts) -> str:
    """A hash of a snapshot's name and of all changes since it, equal for equal meaning."""
    text = f"{snapshot!a}\n{Canon(changes, layouts).text()}"
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class Difference(Part):
    """A path at which two diffs differ: the change that was expected there and the one that was found (None: none)."""

    path: str
    expected: Change | None
    found: Change | None

    def told(self) -> str:
        """The difference for a reader: `orders/O12/status: expected delivered → cancelled, found no change`."""
        want, got = self.expected, self.found
        whole = self.path.count("/") == 1
        if whole and want is not None and got is not None and (apart := _fields_apart(want.after, got.after)):
            return f"{self.path}: {apart}"
        return f"{self.path}: expected {_turn(want, whole=whole)}, found {_turn(got, whole=whole)}"


def plain(value: Json) -> str:
    """A value for a reader: short words as they are, all else as JSON."""
    if isinstance(value, str) and 0 < len(value) <= _WORDS and value.isprintable() and not _TELLING & {*value}:
        return value
    return "nothing" if value is None else compact(value)


def _turn(change: Change | None, *, whole: bool) -> str:
    if change is None:
        return "no change"
    if whole and change.before is None:
        return f"a new record {compact(change.after)}"
    if whole and change.after is None:
        return "the record removed"
    others = "".join(f" or {plain(value)}" for value in change.any_of)
    return f"{plain(change.before)} → {plain(change.after)}{others}"


def _fields_apart(want: Json, got: Json) -> str:
    """Where two created records differ, or nothing."""
    if not isinstance(want, dict) or not isinstance(got, dict):
        return ""
    apart = [name for name in sorted(want.keys() | got.keys()) if want.get(name) != got.get(name)]
    return "; ".join(f"{n} expected {plain(want.get(n))}, found {plain(got.get(n))}" for n in apart)


def differences(expected: Diff, found: Diff, fields: Mapping[str, Meaning]) -> tuple[Difference, ...]:
    """Where two diffs differ by meaning; empty when they are the same."""
    if expected == found:
        return ()
    want, got = comparable(expected, fields), comparable(found, fields)
    return tuple(
        Difference(path=p, expected=want.get(p), found=got.get(p))
        for p in sorted(want.keys() | got.keys())
        if not _agree(want.get(p), got.get(p))
    )


def _agree(want: Change | None, got: Change | None) -> bool:
    if want is None or got is None:
        return want is got
    return want.before == got.before and got.after in (want.after, *want.any_of)


def fingerprint(parts: Iterable[Json]) -> str:
    """sha256 over canonical JSON, as hexadecimal text."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(compact(part).encode("utf-8", "surrogatepass"))
        digest.update(b"\n")
    return digest.hexdigest()
