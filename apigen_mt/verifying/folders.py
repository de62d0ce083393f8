"""Folders of datasets and exports: their files are what their canonical rows give, byte for byte."""

import tempfile
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

from apigen_mt.export import dataset, export
from apigen_mt.export.folder import front_matter
from apigen_mt.export.views import VIEWS
from apigen_mt.verifying.lines import rows_of
from apigen_mt.verifying.proof import HOSTILE, Proof


def compared(compare: Callable[[Path, Proof], None], folder: Path, proof: Proof) -> None:
    """Compare a folder's files with what its rows give; rows that cannot be written again are a finding."""
    if proof.broken:
        return
    try:
        compare(folder, proof)
    except HOSTILE as error:
        proof.find(folder.name, f"cannot be written again: {type(error).__name__}: {error}")


def compare_dataset(folder: Path, proof: Proof) -> None:
    """The parquet file and the lines are what these rows give."""
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place)
        dataset.write_rows(fresh, (row for _, row in rows_of(folder / dataset.LINES, proof) if row))
        _same_files(folder, fresh, (dataset.LINES, dataset.PARQUET), proof)


def compare_export(folder: Path, proof: Proof) -> None:
    """The view is what the rows in the proof give, byte for byte."""
    tags = front_matter(folder).get("tags")
    named = [form for form in VIEWS if isinstance(tags, list) and f"apigen-mt-{form}" in tags]
    if not named:
        proof.doubt(folder.name, "the card does not say which form this is")
        return
    view = VIEWS[named[0]]
    files = [export.LINES, export.PARQUET]
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place)
        left_out: Counter[str] = Counter()
        export.write_view(fresh, view, (row for _, row in rows_of(folder / export.PROOF, proof) if row), left_out)
        if view.name == "sharegpt":
            export.write_schema(fresh, view, str(front_matter(folder).get("pretty_name")))
            files.append(export.LLAMA_FACTORY)
        for reason, count in sorted(left_out.items()):
            proof.find(export.PROOF, f"{count} rows have no place in this form: {reason}")
        _same_files(folder, fresh, files, proof)
        for stray in sorted(p for p in folder.rglob("*.json*") if str(p.relative_to(folder)) not in files):
            proof.find(str(stray.relative_to(folder)), "is no file of an export")


def _same_files(folder: Path, fresh: Path, files: Collection[str], proof: Proof) -> None:
    for name in files:
        if not (folder / name).is_file():
            proof.find(name, "is missing")
        elif not _same(folder / name, fresh / name):
            proof.find(name, "is not what the canonical rows give")


def _same(one: Path, other: Path) -> bool:
    """Equal bytes; of parquet files, whose bytes depend on the library's version, at least equal tables."""
    if one.read_bytes() == other.read_bytes():
        return True
    if one.suffix != ".parquet":
        return False
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with one.open("rb") as first, other.open("rb") as second:
            left, right = pq.read_table(first), pq.read_table(second)
    except (pa.ArrowException, OSError):
        return False
    return bool(left.schema.equals(right.schema, check_metadata=True) and left.equals(right))
