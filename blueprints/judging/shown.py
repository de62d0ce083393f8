"""What one call showed, as figures: numbers, dates, columns of amounts, lengths of lists."""

from collections.abc import Iterable
from typing import NamedTuple

from tools_env.mentions import dates_in, numbers_in
from tools_env.values import Json


class Figures(NamedTuple):
    """Numbers and dates among the values of a call; amounts by the field they were shown under, with their sum; and how
    many members the lists had that were shown.
    """

    numbers: frozenset[float]
    dates: frozenset[str]
    columns: dict[str, frozenset[float]]
    lengths: frozenset[int]


def figures_in(values: Iterable[Json], records: Iterable[dict[str, Json]], shown: Json) -> Figures:
    """The figures of a call: of its `values`, and of what was `shown` with all `records` in it."""
    numbers: set[float] = set()
    dates: set[str] = set()
    for value in values:
        if isinstance(value, str):
            numbers |= numbers_in(value)
            dates |= dates_in(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers.add(float(value))
    columns: dict[str, list[float]] = {}
    for record in records:
        for name, value in record.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                columns.setdefault(name, []).append(float(value))
    lengths: set[int] = set()
    _lengths(shown, lengths)
    added = {name: frozenset((*column, sum(column))) for name, column in columns.items()}
    return Figures(frozenset(numbers), frozenset(dates), added, frozenset(lengths))


def _lengths(shown: Json, found: set[int]) -> None:
    if isinstance(shown, list):
        found.add(len(shown))
    for member in shown.values() if isinstance(shown, dict) else shown if isinstance(shown, list) else ():
        if isinstance(member, dict | list):
            _lengths(member, found)
