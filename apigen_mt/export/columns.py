"""Parquet columns with explicit features, written row group by row group; the same rows give the same bytes."""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from tools_env.values import Json

if TYPE_CHECKING:
    import pyarrow as pa

Column: TypeAlias = Literal["text", "number", "objects", "flags", "turns"]
"""text and number: plain; objects: `List(Json())`; flags: booleans or null; turns: `{from, value}` pairs."""

GROUP = 256
"""Rows per row group: what is held in memory at once."""

MOST_DIGITS = 18
"""Longer numbers do not fit the 64 bits in which the reader gathers digits."""

_PLAIN = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")

FEATURES: Mapping[Column, Json] = {
    "text": {"dtype": "string", "_type": "Value"},
    "number": {"dtype": "int64", "_type": "Value"},
    "objects": {"feature": {"_type": "Json"}, "_type": "List"},
    "flags": {"feature": {"dtype": "bool", "_type": "Value"}, "_type": "List"},
    "turns": {
        "feature": {
            "from": {"dtype": "string", "_type": "Value"},
            "value": {"dtype": "string", "_type": "Value"},
        },
        "_type": "List",
    },
}
"""The features as `datasets` writes them into its own files. To import it would take a second; tests hold this and
`schema` against it.
"""


def schema(columns: Mapping[str, Column]) -> "pa.Schema":
    """The columns for arrow, with their features."""
    import pyarrow as pa

    kinds = {
        "text": pa.string(),
        "number": pa.int64(),
        "objects": pa.list_(pa.json_()),
        "flags": pa.list_(pa.bool_()),
        "turns": pa.list_(pa.struct({"from": pa.string(), "value": pa.string()})),
    }
    features = {name: FEATURES[column] for name, column in columns.items()}
    told = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema({name: kinds[column] for name, column in columns.items()}, metadata=told)


class Sheet:
    """A parquet file being written; `datasets.load_dataset` reads it back with the same features."""

    def __init__(self, path: Path, columns: Mapping[str, Column]) -> None:
        import pyarrow.parquet as pq

        self._columns = columns
        self._schema = schema(columns)
        self._file = path.open("wb")  # pyarrow takes a name for an address where it can
        self._writer = pq.ParquetWriter(self._file, self._schema, compression="zstd")
        self._held: list[Mapping[str, Json]] = []

    def add(self, record: Mapping[str, Json]) -> None:
        """Write one record; it has a value for every column."""
        self._held.append(record)
        if len(self._held) >= GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(_table(self._held, self._columns, self._schema))
            self._held = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            with self._file:
                self._writer.close()


def _table(records: list[Mapping[str, Json]], columns: Mapping[str, Column], schema: "pa.Schema") -> "pa.Table":
    """By way of JSON lines: `pyarrow.array` would load pandas, a third of what a small run takes."""
    import pyarrow as pa
    import pyarrow.json as lines

    plain = {
        **{name: schema.field(name).type for name in columns},
        **dict.fromkeys(_of(columns), pa.list_(pa.string())),
    }
    text = "\n".join(json.dumps(_lined(record, columns), ensure_ascii=False) for record in records).encode()
    form = lines.ParseOptions(pa.schema(plain), unexpected_field_behavior="error")
    table = lines.read_json(pa.BufferReader(text), lines.ReadOptions(use_threads=False, block_size=len(text) + 1), form)
    return table.cast(schema)


def _of(columns: Mapping[str, Column]) -> list[str]:
    return [name for name, column in columns.items() if column == "objects"]


def _lined(record: Mapping[str, Json], columns: Mapping[str, Column]) -> dict[str, Json]:
    """The record as it stands in a line: the columns in order, its objects as texts."""
    line = {name: record[name] for name in columns}
    for name in _of(columns):
        values = line[name]
        line[name] = [spelled(value, as_read) for value in values] if isinstance(values, list) else []
    return line


def as_read(text: str) -> Json:
    """What `datasets.Json` takes a text for: it reads with pandas, which is only loaded where a number needs it.

    That reader adds to the whole digits the decimal ones times a power of ten that is itself rounded; so much is done
    here for a plain number.
    """
    if _PLAIN.fullmatch(text):
        whole, part = text.split(".")
        return int(whole) + int(part) * float(f"1e-{len(part)}")
    from pandas.io.json import ujson_loads

    found: Json = ujson_loads(text)
    return found


def spelled(value: Json, read: Callable[[str], Json]) -> str | None:
    """JSON text that `read` takes for exactly this value where it can be made to; None (no object) stays None.

    The reader behind `datasets.Json` takes 0.3 for 0.30000000000000004, but 0.300 for 0.3: numbers that it would
    misread are spelled with more digits. Every spelling is the same number to other readers.
    """
    return None if value is None else _spelled(value, read)


def _spelled(value: Json, read: Callable[[str], Json]) -> str:
    match value:
        case float():
            return next((text for text in _spellings(value) if read(text) == value), repr(value))
        case list():
            return f"[{','.join(_spelled(v, read) for v in value)}]"
        case dict():
            return f"{{{','.join(f'{_text(k)}:{_spelled(v, read)}' for k, v in value.items())}}}"
    return _text(value)


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _spellings(value: float) -> Iterator[str]:
    """Ways to write a number, the shortest first; each is read as the same number by a correct reader."""
    yield repr(value)
    if not math.isfinite(value) or "e" in repr(value):
        return
    whole, _, part = repr(value).partition(".")
    spare = range(MOST_DIGITS - len(whole) - len(part))
    for zeros in spare[1:]:
        yield f"{whole}.{part}{'0' * zeros}"
    for zeros in spare:
        yield f"{int(whole + part)}{'0' * zeros}e-{len(part) + zeros}"
