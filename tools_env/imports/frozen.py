"""Records of other people's classes made unchangeable, so that a snapshot can be shown to their code without a copy."""

import copy
import datetime
import decimal
from enum import Enum
from typing import Any, Never

from pydantic import BaseModel

ATOMS = frozenset(
    {str, int, float, bool, type(None), bytes, datetime.date, datetime.datetime, datetime.time, decimal.Decimal}
)
put = object.__setattr__


class WouldChange(Exception):  # noqa: N818 - it reads as what happened
    """Code that was to look at frozen records tried to change one; nothing was changed."""


def _refuse(*_: object, **__: object) -> Never:
    raise WouldChange("a frozen record would have been changed")


class FrozenDict(dict[Any, Any]):
    """A dict that cannot be changed. Its copies can."""

    __slots__ = ()

    __setitem__ = __delitem__ = __ior__ = pop = popitem = clear = update = setdefault = _refuse

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        return {key: copy.deepcopy(value, memo) for key, value in self.items()}

    def __copy__(self) -> dict[Any, Any]:
        return dict(self)


class FrozenList(list[Any]):
    """A list that cannot be changed. Its copies can."""

    __slots__ = ()

    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = extend = insert = _refuse
    pop = remove = clear = sort = reverse = _refuse

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        return [copy.deepcopy(value, memo) for value in self]

    def __copy__(self) -> list[Any]:
        return list(self)


class Shown(FrozenDict):
    """A frozen table that notes which records are asked for by key."""

    __slots__ = ("asked",)

    def __init__(self, records: Any) -> None:  # noqa: ANN401 - any mapping, at the price of one C call
        dict.__init__(self)
        dict.update(self, records)
        self.asked: dict[Any, None] = {}

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - as dict says
        value = dict.__getitem__(self, key)
        self.asked[key] = None
        return value

    def get(self, key: Any, default: Any = None) -> Any:  # noqa: ANN401 - as dict says
        """The value, or the default."""
        return self[key] if key in self else default  # noqa: SIM401 - it would call itself


def plain_type(value: object) -> Any:  # noqa: ANN401 - a class
    """The class of a value, of a frozen record the class it was before."""
    kind = type(value)
    return getattr(kind, "__plain__", kind)


class Freezer:
    """Freezes values; a frozen model is of a subclass of its own, equal to what it was made from."""

    def __init__(self) -> None:
        self._kinds: dict[type[BaseModel], type[BaseModel]] = {}

    def __call__(self, value: Any) -> Any:  # noqa: ANN401 - any value of theirs
        """A deep copy that cannot be changed; what is frozen already is returned as it is."""
        kind = type(value)
        if kind in ATOMS or kind is FrozenDict or kind is FrozenList or hasattr(kind, "__plain__"):
            return value
        if isinstance(value, BaseModel):
            found = self._kind(kind).__new__(self._kind(kind))
            put(found, "__dict__", {n: v if type(v) in ATOMS else self(v) for n, v in value.__dict__.items()})
            put(found, "__pydantic_fields_set__", set(value.__pydantic_fields_set__))
            put(found, "__pydantic_extra__", self(value.__pydantic_extra__))
            put(found, "__pydantic_private__", self(value.__pydantic_private__))
            return found
        if isinstance(value, Enum):
            return value
        if isinstance(value, dict):
            return FrozenDict({k: v if type(v) in ATOMS else self(v) for k, v in dict.items(value)})
        if isinstance(value, list):
            return FrozenList([v if type(v) in ATOMS else self(v) for v in list.__iter__(value)])
        return copy.deepcopy(value)

    def _kind(self, kind: type[BaseModel]) -> type[BaseModel]:
        if kind not in self._kinds:

            def equal(one: BaseModel, other: object) -> bool:
                return isinstance(other, kind) and one.__dict__ == other.__dict__

            space = {
                "__module__": kind.__module__,
                "__doc__": kind.__doc__,
                "__plain__": kind,
                "__setattr__": _refuse,
                "__delattr__": _refuse,
                "__eq__": equal,
                "__hash__": None,
            }
            metaclass: Any = type(kind)
            self._kinds[kind] = metaclass(kind.__name__, (kind,), space)
        return self._kinds[kind]
