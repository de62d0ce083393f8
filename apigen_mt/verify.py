"""Proving rows again: read, re-execute, re-judge, re-render (design: rows). Files are not trusted."""

import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError

from apigen_mt.export import dataset, export
from apigen_mt.export.folder import front_matter
from apigen_mt.export.views import VIEWS
from apigen_mt.messages import messages_of, train_flags
from apigen_mt.run_folder import DATASET, RunFolder
from apigen_mt.terminal import visible
from apigen_mt.trajectory import Row
from blueprints.checks import as_given, world_gates
from blueprints.judging.judge import carried_out, judge
from tools_env.port import SetUpFailed, UnknownSnapshot, World
from tools_env.resolve import INSTALLED, UnknownDomain
from tools_env.tool import DomainError
from tools_env.values import Part

Resolver: TypeAlias = Callable[[str], World]
"""A domain's world by name; raises `UnknownDomain` or `DomainError`."""

HOSTILE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What checking a row that was tampered with may run into."""

SHOWN = 20


class Problem(Part):
    """What is wrong with a row (its id, or a file and a line of it)."""

    row: str
    what: str


class VerifyReport(Part):
    """Rows checked, what is wrong, and what could not be told. `given` rows are on imported tasks, whose wording and
    solvability are taken as they are; their talks are judged like any.
    """

    checked: int
    given: int = 0
    problems: tuple[Problem, ...] = ()
    unknown: tuple[Problem, ...] = ()

    @property
    def exit_code(self) -> int:
        """0: all good, 1: findings (they come before doubts), 3: could not tell, as when there is no row at all."""
        return 1 if self.problems else 3 if self.unknown or not self.checked else 0

    def render(self) -> str:
        """The report for a person, one line a problem."""
        lines = [f"{what}: {p.row}: {p.what}" for what, ps in (("wrong", self.problems), ("unknown", self.unknown))
                 for p in ps[:SHOWN]]  # fmt: skip
        more = sum(max(0, len(ps) - SHOWN) for ps in (self.problems, self.unknown))
        lines += [f"and {more} more"] if more else []
        told = [f"{self.checked} rows checked", f"{len(self.problems)} wrong"]
        told += [f"{len(self.unknown)} could not be told"] if self.unknown else []
        told += [f"{self.given} on imported tasks, taken as given"] if self.given else []
        return visible("\n".join([*lines, ", ".join(told)]))


def verify(path: Path, resolve_world: Resolver, *, domains: Collection[str] = ()) -> VerifyReport:
    """Check every row of a run folder, a dataset, an export, or a `.jsonl` or `.parquet` file of canonical rows.

    The rows name their domains. A name such as `module:Class` is code: other than built-in ones are only resolved
    when they are listed in `domains`. Never raises for what the files hold.
    """
    proof = _Proof(resolve_world, INSTALLED | frozenset(domains))
    try:
        _verify(path, proof)
    except OSError as error:
        proof.doubt(str(path), f"cannot be read: {error.strerror or error}")
    problems, unknown = tuple(proof.problems), tuple(proof.unknown)
    return VerifyReport(checked=proof.checked, given=proof.given, problems=problems, unknown=unknown)


def _verify(path: Path, proof: "_Proof") -> None:
    if path.is_dir() and RunFolder.looks_like(path):
        path /= DATASET
    if not path.exists():
        proof.doubt(str(path), "there is no such file or folder")
    elif path.is_file():
        _check(_rows(path, proof), proof)
    elif (path / export.PROOF).is_file():
        _check(_rows(path / export.PROOF, proof), proof)
        _compared(_compare_export, path, proof)
    elif (path / dataset.LINES).is_file():
        _check(_rows(path / dataset.LINES, proof), proof)
        _compared(_compare_dataset, path, proof)
    else:
        proof.doubt(str(path), f"holds neither {export.PROOF} nor {dataset.LINES}")


def _rows(path: Path, proof: "_Proof") -> Iterator[tuple[str, Row | None]]:
    """Each row of a file with its place; None for what is no row."""
    for number, text in enumerate(_texts(path, proof), 1):
        place = f"{path.name}:{number}"
        try:
            yield place, Row.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            at = ".".join(str(part) for part in first["loc"]) or "row"
            proof.find(place, f"is no canonical row: {at}: {first['msg']}")
            yield place, None


def _texts(path: Path, proof: "_Proof") -> Iterator[str | bytes]:
    if path.suffix != ".parquet":
        with path.open("rb") as lines:
            yield from lines
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if dataset.PROOF_COLUMN not in file.schema_arrow.names:
                proof.doubt(path.name, f"has no column {dataset.PROOF_COLUMN!r}: it holds no canonical rows")
                return
            for batch in file.iter_batches(columns=[dataset.PROOF_COLUMN]):
                yield from (str(text) for text in batch.column(0).to_pylist())
    except (pa.ArrowException, OSError) as error:
        proof.doubt(path.name, f"cannot be read: {' '.join(str(error).split())}")


def _check(rows: Iterator[tuple[str, Row | None]], proof: "_Proof") -> None:
    for _, row in rows:
        proof.checked += 1
        if row is None:
            proof.broken = True
        elif row.id in proof.ids:
            proof.find(row.id, "occurs twice")
        else:
            proof.ids.add(row.id)
            proof.check(row)


@dataclass(slots=True)
class _Proof:
    """Checks in progress: worlds resolved so far, rows seen, problems found. `broken`: some row could not be read."""

    resolve: Resolver
    trusted: frozenset[str]
    checked: int = 0
    given: int = 0
    broken: bool = False
    ids: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    unknown: list[Problem] = field(default_factory=list)
    worlds: dict[str, World | str] = field(default_factory=dict)

    def find(self, row: str, what: str) -> None:
        """Note something wrong."""
        self.problems.append(Problem(row=row, what=what))

    def doubt(self, row: str, what: str) -> None:
        """Note something that could not be told."""
        self.unknown.append(Problem(row=row, what=what))

    def world(self, domain: str) -> World | str:
        """The world of a domain, or why there is none; asked for once."""
        if domain not in self.worlds:
            self.worlds[domain] = self._resolved(domain)
        return self.worlds[domain]

    def _resolved(self, domain: str) -> World | str:
        if domain not in self.trusted:
            return f"the file names the domain {domain!r}, whose code is run only if you name it too (--domain)"
        try:
            return self.resolve(domain)
        except (UnknownDomain, DomainError) as error:
            return str(error)

    def check(self, row: Row) -> None:
        """Everything that a row claims."""
        self.given += row.blueprint.provenance.mode == "imported"
        try:
            for what in _claims(row):
                self.find(row.id, what)
            world = self.world(row.blueprint.domain)
            if isinstance(world, str):
                self.doubt(row.id, world)
            elif world.digest != row.blueprint.digest:
                self.doubt(row.id, f"the domain {row.blueprint.domain} has changed since the row was made")
            else:
                for what in _replayed(row, world):
                    self.find(row.id, what)
        except HOSTILE as error:
            self.find(row.id, f"cannot be checked: {type(error).__name__}: {error}")


def _claims(row: Row) -> Iterator[str]:
    """What a row says of itself, without its world."""
    if row.blueprint.id != row.blueprint.identity():
        yield "the blueprint's id is not the hash of its content"
    if row.id != f"{row.blueprint.id}/{row.attempt}":
        yield "the row's id is not that of its blueprint and attempt"
    messages = messages_of(row.course)
    if row.messages != messages:
        yield "the messages are not those of the course"
    elif row.train != train_flags(row.course, messages):
        yield "the train flags are not those of the course"
    if not row.verdict.ok:
        yield f"the verdict is not ok: {', '.join(g.gate for g in row.verdict.gates if g.status == 'fail')}"


def _replayed(row: Row, world: World) -> Iterator[str]:
    """What comes out when the row's world does everything again."""
    blueprint = row.blueprint
    try:
        brief = world.brief(blueprint.snapshot)
        gates = as_given if blueprint.provenance.mode == "imported" else world_gates
        for rejected in gates(blueprint, world):
            yield f"the blueprint does not stand ({rejected.stage}): {rejected.reason}"
        done = carried_out(blueprint, row.course, world)
        verdict = judge(blueprint, row.course, row.human_turns, row.end_reason, world)
    except (UnknownSnapshot, SetUpFailed) as error:
        yield str(error)
        return
    tools = tuple(s.function() for s in blueprint.offered(world.specs).values())
    if row.system != brief.policy or row.tools != tools:
        yield "policy or tools are not those of the domain"
    if done.fingerprint != row.fingerprint:
        yield "the calls lead to another final state"
    if verdict != row.verdict:
        known = {g.gate: g for g in row.verdict.gates}
        changed = [g for g in verdict.gates if known.get(g.gate) != g]
        told = [f"{g.gate} {g.status}{f' ({g.evidence[0].text})' if g.evidence else ''}" for g in changed]
        yield f"judged again, the verdict differs: {', '.join(told) or 'in its summary'}"


def _compared(compare: Callable[[Path, "_Proof"], None], folder: Path, proof: "_Proof") -> None:
    """Compare a folder's files with what its rows give; rows that cannot be written again are a finding."""
    if proof.broken:
        return
    try:
        compare(folder, proof)
    except HOSTILE as error:
        proof.find(folder.name, f"cannot be written again: {type(error).__name__}: {error}")


def _compare_dataset(folder: Path, proof: _Proof) -> None:
    """The parquet file and the lines are what these rows give."""
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place)
        dataset.write_rows(fresh, (row for _, row in _rows(folder / dataset.LINES, proof) if row))
        _same_files(folder, fresh, (dataset.LINES, dataset.PARQUET), proof)


def _compare_export(folder: Path, proof: _Proof) -> None:
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
        export.write_view(fresh, view, (row for _, row in _rows(folder / export.PROOF, proof) if row), left_out)
        if view.name == "sharegpt":
            export.write_schema(fresh, view, str(front_matter(folder).get("pretty_name")))
            files.append(export.LLAMA_FACTORY)
        for reason, count in sorted(left_out.items()):
            proof.find(export.PROOF, f"{count} rows have no place in this form: {reason}")
        _same_files(folder, fresh, files, proof)
        for stray in sorted(p for p in folder.rglob("*.json*") if str(p.relative_to(folder)) not in files):
            proof.find(str(stray.relative_to(folder)), "is no file of an export")


def _same_files(folder: Path, fresh: Path, files: Collection[str], proof: _Proof) -> None:
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
        left, right = pq.read_table(one), pq.read_table(other)
    except (pa.ArrowException, OSError):
        return False
    return bool(left.schema.equals(right.schema, check_metadata=True) and left.equals(right))
