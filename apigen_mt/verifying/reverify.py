"""Reverifying: a published dataset judged again in the worlds as they are now, and what is otherwise."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

from apigen_mt.export import dataset, export
from apigen_mt.run_folder import RunFolder
from apigen_mt.terminal import shortened
from apigen_mt.trajectory import Row
from apigen_mt.verifying.again import Again, Rejudged, Standing, judged_again
from apigen_mt.verifying.lines import contents_of, rows_of
from apigen_mt.verifying.proof import Proof, Resolver
from apigen_mt.verifying.report import WIDTH
from tools_env.resolve import INSTALLED
from tools_env.values import Part

SHOWN = 20
TOLD: dict[Standing, str] = {
    "stands": "stand as they were",
    "changed": "verify, and something is otherwise",
    "fails": "fail now",
    "untold": "could not be judged",
}


class ReverifyReport(Part):
    """How many rows there are of each standing, how many are of an earlier digest, and the first that are otherwise."""

    rows: int = 0
    standings: dict[Standing, int] = {}
    moved: int = 0
    kept: int | None = None
    gates: dict[str, int] = {}
    shown: tuple[Rejudged, ...] = ()

    @property
    def exit_code(self) -> int:
        """0: every row stands as it was, 1: some do not, 3: some or all could not be judged, as when there is none."""
        if self.standings.get("fails") or self.standings.get("changed"):
            return 1
        return 3 if self.standings.get("untold") or not self.rows else 0

    def render(self) -> str:
        """The report for a person."""
        lines = [shortened(f"{one.status}: {one.row}: {why}", WIDTH) for one in self.shown for why in one.why]
        otherwise = self.rows - self.standings.get("stands", 0)
        lines += [f"and {otherwise - len(self.shown)} more rows"] if otherwise > len(self.shown) else []
        lines += [f"{shortened(gate, 40):<14} {count:>6} rows differ" for gate, count in self.gates.items()]
        counted = [f"{self.standings[name]} {words}" for name, words in TOLD.items() if self.standings.get(name)]
        lines.append(", ".join([f"{self.rows} rows judged again", *counted]))
        lines += [f"{self.moved} are of an earlier state of their domain"] if self.moved else []
        lines += [f"{self.kept} rows kept"] if self.kept is not None else []
        return "\n".join(lines)


def reverify(
    path: Path, out: Path, resolve_world: Resolver, *, domains: Collection[str] = (), keep: Path | None = None
) -> ReverifyReport:
    """Judge the rows of a dataset, an export, a run or a file again; write to `out` what became of each, one JSON line
    a row, and to the folder `keep` a dataset of those that stand in the worlds as they are now, under their new ids.

    Raises `OSError` where `out` cannot be written, `ExportError` where `keep` cannot.
    """
    proof = Proof(resolve_world, INSTALLED | frozenset(domains))
    tally = _Tally()
    with _whole(out) as lines:
        found = tally.counted(_again(path, proof), lines)
        if keep is None:
            kept = None
            for _ in found:
                pass
        else:
            kept = _keep(keep, (one.row for one in found if one.row is not None))
    return tally.report(kept)


class _Tally:
    """Rows counted as they pass."""

    def __init__(self) -> None:
        self.standings: Counter[Standing] = Counter()
        self.gates: Counter[str] = Counter()
        self.moved = 0
        self.shown: list[Rejudged] = []

    def counted(self, found: Iterable[Again], lines: IO[str]) -> Iterator[Again]:
        """Pass everything on, counted and written down."""
        for one in found:
            judged = one.judged
            self.standings[judged.status] += 1
            self.gates.update(gate.gate for gate in judged.gates)
            self.moved += judged.digest is not None
            if judged.status != "stands" and len(self.shown) < SHOWN:
                self.shown.append(judged)
            lines.write(f"{judged.model_dump_json()}\n")
            yield one

    def report(self, kept: int | None) -> ReverifyReport:
        """What was counted."""
        return ReverifyReport(
            rows=self.standings.total(),
            standings=dict(self.standings),
            moved=self.moved,
            kept=kept,
            gates=dict(sorted(self.gates.items(), key=lambda item: (-item[1], item[0]))),
            shown=tuple(self.shown),
        )


def _again(path: Path, proof: Proof) -> Iterator[Again]:
    """Every row judged again; what cannot be read is untold."""
    renamed: dict[str, str] = {}
    place = _rows_in(path)
    if place is None:
        yield _untold(path.name, "holds no canonical rows" if path.exists() else "there is no such file or folder")
        return
    for at, row in rows_of(place, proof):
        if row is None:
            yield _untold(at, proof.problems[-1].what)
            continue
        world = proof.world(row.blueprint.domain)
        if isinstance(world, str):
            yield _untold(row.id, world)
            continue
        again = judged_again(row, world, renamed)
        renamed[row.blueprint.id] = again.judged.now.rpartition("/")[0] or row.blueprint.id
        yield again
    for doubt in proof.unknown:
        yield _untold(doubt.row, doubt.what)


def _untold(row: str, why: str) -> Again:
    return Again(Rejudged(row=row, status="untold", why=(why,)))


def _rows_in(path: Path) -> Path | None:
    """The file with the canonical rows of a run, an export or a dataset, or the file itself."""
    if path.is_dir() and RunFolder.looks_like(path):
        path = RunFolder(path).dataset
    if path.is_dir():
        places = (path / export.PROOF, path / dataset.LINES)
        return next((place for place in places if place.is_file()), None)
    return path if path.is_file() and contents_of(path) == "rows" else None


def _keep(folder: Path, rows: Iterator[Row]) -> int:
    """Write the rows as a dataset named after the first one's domain; how many they are."""
    first = next(rows, None)
    found = chain(() if first is None else (first,), rows)
    return dataset.write_dataset(folder, found, domain=first.blueprint.domain if first else "nothing").rows


@contextmanager
def _whole(path: Path) -> Iterator[IO[str]]:
    """A file to write, which takes its place when all is written."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)  # it might be a link
    try:
        with fresh.open("x", encoding="utf-8", newline="\n") as lines:
            yield lines
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
