"""The canonical dataset of a run: every kept row with all its evidence (design: rows)."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from apigen_mt.export.card import card, named
from apigen_mt.export.columns import Sheet
from apigen_mt.export.fit import Unfit
from apigen_mt.export.folder import README, ExportError, written_whole
from apigen_mt.export.tally import Tally
from apigen_mt.export.views import CANONICAL
from apigen_mt.trajectory import Row

PARQUET = "data/train-00000-of-00001.parquet"
PATTERN = "data/train-*.parquet"
LINES = "data/train.jsonl"
LAYOUT = frozenset({README, "data"})
PROOF_COLUMN = "row"

_CONTENTS = """
    - `data/train-00000-of-00001.parquet` is what `datasets.load_dataset` reads. `messages` (OpenAI chat messages;
      `arguments` are objects, `content` is never null), `tools` and `train` (whether an assistant message is to be
      learned from, and why) are for training; `row` is the whole canonical row as JSON text.
    - `data/train.jsonl` holds the canonical rows, one a line: blueprint, cast, talk, calls with their results,
      verdict with its evidence, hashes.
"""


def write_dataset(folder: Path, rows: Iterable[Row], *, domain: str, name: str = "") -> Tally:
    """Write the rows to `folder`, whole or not at all; the same rows give the same bytes.

    Raises `ExportError` for a row that is not verified or a folder with other things in it, `WriteError` if the disk
    does not take it.
    """
    with written_whole(folder, LAYOUT) as fresh:
        tally = write_rows(fresh, rows)
        if not tally.rows:
            tally.domains[domain, "-"] = 0
        name = named(name or default_name(domain), tally)
        text = card(name, tally, PATTERN, _CONTENTS, form="canonical", digest=digest_of(fresh / LINES))
        (fresh / README).write_text(text, encoding="utf-8")
    return tally


def default_name(*domains: str) -> str:
    """What a dataset over these domains is called unless somebody says otherwise."""
    return "-".join(["apigen-mt", *(domain.replace(":", "-") for domain in sorted(domains))])


def digest_of(path: Path) -> str:
    """The sha256 of a file, as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_rows(folder: Path, rows: Iterable[Row]) -> Tally:
    """Write the data files alone."""
    tally = Tally()
    (folder / LINES).parent.mkdir()
    with (folder / LINES).open("w", encoding="utf-8", newline="\n") as lines, sheet(folder / PARQUET) as parquet:
        for row in rows:
            if not row.sound:
                raise ExportError(f"row {row.id} is not verified and has no place in a dataset")
            tally.add(row)
            lines.write(f"{row.model_dump_json()}\n")
            add(parquet, row)
    return tally


def sheet(path: Path) -> Sheet:
    """A parquet file of canonical rows."""
    return Sheet(path, CANONICAL.columns)


def add(parquet: Sheet, row: Row) -> None:
    """Write a canonical row."""
    record = CANONICAL.record(row)
    if isinstance(record, Unfit):
        raise TypeError(f"a canonical record was refused: {record.reason}")
    parquet.add(record)
