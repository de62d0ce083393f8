"""Files of rows and of blueprints, one JSON object a line or canonical rows in parquet: read, never trusted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from pydantic import ValidationError

from apigen_mt.export.dataset import PROOF_COLUMN
from apigen_mt.plain_files import readable
from apigen_mt.trajectory import Row
from apigen_mt.verifying.proof import Proof
from blueprints.blueprint import Blueprint
from tools_env.values import Part

Contents: TypeAlias = Literal["rows", "blueprints"]
P = TypeVar("P", bound=Part)


def contents_of(path: Path) -> Contents | None:
    """What a file holds, by the first of its lines that tells."""
    if path.suffix == ".parquet":
        return "rows"
    with readable(path) as lines:
        for line in lines:
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict) and "blueprint" in found:
                return "rows"
            if isinstance(found, dict) and {"instruction", "actions"} <= found.keys():
                return "blueprints"
    return None


def rows_of(path: Path, proof: Proof) -> Iterator[tuple[str, Row | None]]:
    """Each row of a file with its place; None for what is no row."""
    return _parsed(path, Row, "canonical row", proof)


def blueprints_of(path: Path, proof: Proof) -> Iterator[tuple[str, Blueprint | None]]:
    """Each blueprint of a file with its place; None for what is none."""
    return _parsed(path, Blueprint, "blueprint", proof)


def _parsed(path: Path, part: type[P], name: str, proof: Proof) -> Iterator[tuple[str, P | None]]:
    for number, text in enumerate(_texts(path, proof), 1):
        place = f"{path.name}:{number}"
        try:
            yield place, part.model_validate_json(text)
        except ValidationError as error:
            proof.find(place, f"is no {name}: {said(error)}")
            yield place, None


def said(error: ValidationError) -> str:
    """The first thing that does not fit, and where."""
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'row'}: {first['msg']}"


def _texts(path: Path, proof: Proof) -> Iterator[str | bytes]:
    if path.suffix != ".parquet":
        with readable(path) as lines:
            yield from lines
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with readable(path) as raw, pq.ParquetFile(raw) as file:
            if PROOF_COLUMN not in file.schema_arrow.names:
                proof.doubt(path.name, f"has no column {PROOF_COLUMN!r}: it holds no canonical rows")
                return
            for batch in file.iter_batches(columns=[PROOF_COLUMN]):
                yield from (str(text) for text in batch.column(0).to_pylist())
    except (pa.ArrowException, OSError) as error:
        proof.doubt(path.name, f"cannot be read: {' '.join(str(error).split())}")
