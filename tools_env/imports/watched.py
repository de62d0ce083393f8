"""Containers that lend out clones of what they hold, so that code which changes records in place cannot reach ours."""

import copy
from collections.abc import ItemsView, Iterable, Iterator, ValuesView
from enum import Enum
from typing import Any

from pydantic import BaseModel

from tools_env.imports.frozen import ATOMS, FrozenDict, FrozenList, plain_type, put


def clone(value: Any) -> Any:  # noqa: ANN401 - any value of theirs
    """A copy that can be changed and shares nothing that can; dicts of models are cloned as they are read."""
    kind = type(value)
    if kind in ATOMS:
        return value
    if isinstance(value, BaseModel):
        plain = plain_type(value)
        found = plain.__new__(plain)
        put(found, "__dict__", {n: v if type(v) in ATOMS else clone(v) for n, v in value.__dict__.items()})
        put(found, "__pydantic_fields_set__", set(value.__pydantic_fields_set__))
        put(found, "__pydantic_extra__", clone(value.__pydantic_extra__))
        put(found, "__pydantic_private__", clone(value.__pydantic_private__))
        return found
    if kind is dict or kind is FrozenDict or kind is Watched:
        flat = all(type(v) in ATOMS for v in dict.values(value))
        return dict(value) if flat else Watched(value)
    if kind is list or kind is FrozenList:
        return [v if type(v) in ATOMS else clone(v) for v in value]
    return value if isinstance(value, Enum) else copy.deepcopy(value)


class Watched(dict[Any, Any]):
    """A dict filled with another's values; each is cloned when it is first handed out.

    `lent` holds the keys whose value is no longer the original's, `asked` those that were asked for by key, in order.
    The original is never changed, whatever is done to this dict or to what it hands out.
    """

    __slots__ = ("asked", "lent")

    def __init__(self, original: Any) -> None:  # noqa: ANN401 - any mapping, at the price of one C call
        dict.__init__(self)
        dict.update(self, original)
        self.lent: set[Any] = set()
        self.asked: dict[Any, None] = {}

    def lend(self, key: Any) -> Any:  # noqa: ANN401 - as dict says
        """The value at `key`, cloned unless it already was."""
        value = dict.__getitem__(self, key)
        if key not in self.lent:
            self.lent.add(key)
            if type(value) not in ATOMS:
                value = clone(value)
                dict.__setitem__(self, key, value)
        return value

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401
        value = self.lend(key)
        self.asked[key] = None
        return value

    def __setitem__(self, key: Any, value: Any) -> None:  # noqa: ANN401
        self.lent.add(key)
        self.asked[key] = None
        dict.__setitem__(self, key, value)

    def __delitem__(self, key: Any) -> None:  # noqa: ANN401
        dict.__delitem__(self, key)
        self.lent.add(key)
        self.asked[key] = None

    def __iter__(self) -> Iterator[Any]:
        """Keys. That it is defined here makes `dict(...)` and `{**...}` read through `__getitem__`."""
        return dict.__iter__(self)

    def get(self, key: Any, default: Any = None) -> Any:  # noqa: ANN401
        """The value, or the default."""
        return self[key] if key in self else default  # noqa: SIM401 - it would call itself

    def setdefault(self, key: Any, default: Any = None) -> Any:  # noqa: ANN401
        """The value, put there where there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: Any, *default: Any) -> Any:  # noqa: ANN401
        """Take a value out."""
        if key not in self and default:
            return default[0]
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[Any, Any]:
        """Take the last value out."""
        key = next(reversed(self))
        return key, self.pop(key)

    def clear(self) -> None:
        """Take everything out."""
        for key in list(self):
            del self[key]

    def update(self, *others: Any, **more: Any) -> None:  # noqa: ANN401
        """Put values."""
        for key, value in dict(*others, **more).items():
            self[key] = value

    def __ior__(self, other: Any) -> "Watched":  # noqa: ANN401, PYI034
        self.update(other)
        return self

    def values(self) -> Any:  # noqa: ANN401 - a view that lends
        """Values, cloned as they are reached."""
        return _Values(self)

    def items(self) -> Any:  # noqa: ANN401 - a view that lends
        """Keys and values, cloned as they are reached."""
        return _Items(self)

    def copy(self) -> dict[Any, Any]:
        """A plain dict of what this one lends."""
        return {key: self.lend(key) for key in self}

    def __or__(self, other: Any) -> dict[Any, Any]:  # noqa: ANN401
        merged: dict[Any, Any] = self.copy() | other
        return merged

    def __ror__(self, other: Any) -> dict[Any, Any]:  # noqa: ANN401
        merged: dict[Any, Any] = other | self.copy()
        return merged

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        return {key: copy.deepcopy(value, memo) for key, value in dict.items(self)}

    def __reduce__(self) -> tuple[type[dict[Any, Any]], tuple[list[tuple[Any, Any]]]]:
        return dict, (list(self.copy().items()),)


class _Values(ValuesView[Any]):
    """Values of a watched dict."""

    _mapping: Watched

    def __iter__(self) -> Iterator[Any]:
        return map(self._mapping.lend, self._mapping)

    def __contains__(self, value: object) -> bool:
        return any(value == v for v in dict.values(self._mapping))

    def __reversed__(self) -> Iterator[Any]:
        return map(self._mapping.lend, reversed(self._mapping))


class _Items(ItemsView[Any, Any]):
    """Keys and values of a watched dict."""

    _mapping: Watched

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        lend = self._mapping.lend
        return ((key, lend(key)) for key in self._mapping)

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> Any:  # noqa: ANN401
        return set(it)
