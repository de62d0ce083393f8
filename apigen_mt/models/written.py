"""JSON that is written out once, however often it is sent: a request costs the same however long the talk is."""

import json
from collections.abc import Iterable

from pydantic_core import PydanticSerializationError, to_json

from tools_env.values import Json


class Written(dict[str, Json]):
    """A JSON object that nobody changes any more: it knows its own texts, as it is sent and as it is hashed."""

    __slots__ = ("_hashed", "_sent")

    @property
    def sent(self) -> bytes:
        """Compact JSON in UTF-8, keys in their given order."""
        try:
            return self._sent
        except AttributeError:
            self._sent: bytes = _sent(self)
            return self._sent

    @property
    def hashed(self) -> bytes:
        """Canonical JSON in ASCII, keys sorted."""
        try:
            return self._hashed
        except AttributeError:
            self._hashed: bytes = _hashed(self)
            return self._hashed


def sent(value: Json) -> bytes:
    """A value as it is sent."""
    return value.sent if isinstance(value, Written) else _sent(value)


def hashed(value: Json) -> bytes:
    """A value as it is hashed."""
    return value.hashed if isinstance(value, Written) else _hashed(value)


def sent_list(values: Iterable[Json]) -> bytes:
    """A list of values as it is sent."""
    return b"[" + b",".join(map(sent, values)) + b"]"


def hashed_list(values: Iterable[Json]) -> bytes:
    """A list of values as it is hashed."""
    return b"[" + b",".join(map(hashed, values)) + b"]"


def _sent(value: Json) -> bytes:
    try:
        return to_json(value, inf_nan_mode="null")
    except PydanticSerializationError:  # a lone surrogate, which no endpoint takes
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _hashed(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
