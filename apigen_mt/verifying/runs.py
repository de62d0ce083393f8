"""Run folders proven again: what the journal says became of each task, and what lies beside it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from apigen_mt.config import ConfigError, parse
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.drafting import counted
from apigen_mt.export.dataset import LINES
from apigen_mt.journal import Journal, JournalError
from apigen_mt.run_folder import BLUEPRINTS, NotARun, RunFolder
from apigen_mt.trajectory import Outcome, Row
from apigen_mt.verifying.folders import compare_dataset, compared
from apigen_mt.verifying.lines import blueprints_of, rows_of, said
from apigen_mt.verifying.proof import Proof
from apigen_mt.verifying.rows import check_failure, check_rows, check_withheld, hash_of
from apigen_mt.verifying.tasks import check_tasks
from blueprints.blueprint import Blueprint
from tools_env.values import Part

P = TypeVar("P", bound=Part)


def check_run(path: Path, proof: Proof) -> None:
    """A run of any command: its journal, and the dataset or the blueprints that it wrote."""
    try:
        folder = RunFolder(path)
        if folder.command == "draft":
            _check_drafts(folder, proof)
        else:
            _check_talks(folder, proof)
    except (NotARun, JournalError, ConfigError) as error:
        proof.doubt(path.name, str(error))


def _recorded(folder: RunFolder, part: type[P], proof: Proof) -> Iterator[tuple[int, P | None]]:
    """What became of each task; what cannot be read is a finding."""
    with Journal.read(folder.path) as journal:
        for task, payload in journal.outcomes():
            try:
                yield task, part.model_validate_json(payload)
            except ValidationError as error:
                proof.find(f"task {task}", f"is no outcome: {said(error)}")
                yield task, None
        if journal.damaged:
            proof.find(folder.path.name, f"{journal.damaged} of its outcomes are damaged: the checksum does not fit")


def _check_talks(folder: RunFolder, proof: Proof) -> None:
    """Every task asked for was kept, rejected or failed, and the dataset holds what was kept, in task order."""
    count = folder.config.get("count")
    asked = count if isinstance(count, int) else None
    recorded: dict[str, str] = {}
    held: list[Row] = []
    tasks = 0
    stored = (folder.dataset / LINES).is_file()
    for number, outcome in _recorded(folder, Outcome, proof):
        if asked is not None and number >= asked:
            continue
        tasks += 1
        if outcome is None:
            continue
        for what in _unlike(number, outcome):
            proof.find(f"task {number}", what)
        recorded |= {row.id: hash_of(row) for row in outcome.rows}
        held += () if stored else outcome.rows
        for failure in outcome.failures:
            check_failure(failure, proof)
        for withheld in outcome.quarantined.withheld if outcome.quarantined else ():
            check_withheld(withheld, proof)
    if asked is not None and tasks < asked:
        proof.doubt(folder.path.name, f"{asked - tasks} of {asked} tasks are open: the same command goes on with them")
    if not stored:
        check_rows(((f"task {n}", row) for n, row in enumerate(held)), proof)
        if recorded:
            proof.doubt(folder.path.name, f"holds no {folder.dataset.name}/{LINES}: the same command writes it")
        return
    check_rows(rows_of(folder.dataset / LINES, proof), proof)
    _same_rows(recorded, proof)
    compared(compare_dataset, folder.dataset, proof)


def _unlike(number: int, outcome: Outcome) -> Iterator[str]:
    """Where an outcome does not hold what its status says."""
    holds = {
        "kept": bool(outcome.rows),
        "failed": not outcome.rows and bool(outcome.failures or outcome.reasons or outcome.quarantined),
        "rejected": not outcome.rows and not outcome.failures and bool(outcome.reasons),
    }
    if outcome.task != number:
        yield f"is recorded as task {outcome.task}"
    if not holds.get(outcome.status, True):
        yield f"is recorded as {outcome.status}, and what it holds is not"
    owned = outcome.blueprint.id if outcome.blueprint else ""
    suspicion = outcome.quarantined
    for row in (*outcome.rows, *outcome.failures, *(suspicion.withheld if suspicion else ())):
        if row.blueprint.id != owned:
            yield f"holds a talk of another blueprint: {row.id}"
    ends = {row.attempt: row.fingerprint for row in outcome.failures}
    if suspicion and {ends.get(attempt) for attempt in suspicion.attempts} != {suspicion.fingerprint}:
        yield "is quarantined for attempts that do not end in the state it names"


def _same_rows(recorded: dict[str, str], proof: Proof) -> None:
    """The dataset holds the journal's rows and no others, in the same order."""
    for row in recorded.keys() - proof.kept.keys():
        proof.find(row, "was kept, and the dataset does not hold it")
    for row, content in proof.kept.items():
        if row not in recorded:
            proof.find(row, "is in the dataset, and the journal did not keep it")
        elif recorded[row] != content:
            proof.find(row, "is not what the journal recorded")
    if recorded.keys() == proof.kept.keys() and list(recorded) != list(proof.kept):
        proof.find(LINES, "its rows are not in the order of their tasks")


def _check_drafts(folder: RunFolder, proof: Proof) -> None:
    """Every accepted task stands, and the file of blueprints holds them all, in task order."""
    config = parse(folder.config)
    found = [outcome for _, outcome in _recorded(folder, DraftOutcome, proof) if outcome is not None]
    outcomes = list(counted(found, config.count))
    for outcome in outcomes:
        if (outcome.status == "accepted") != (outcome.accepted is not None):
            proof.find(f"task {outcome.task}", "is recorded as accepted without a blueprint")
        if outcome.status != "accepted" and not (outcome.reasons or any(r.reasons for r in outcome.rounds)):
            proof.find(f"task {outcome.task}", f"is recorded as {outcome.status} without a reason")
    accepted = [outcome.accepted for outcome in outcomes if outcome.accepted is not None]
    path = folder.path / BLUEPRINTS
    if not path.is_file():
        check_tasks(((f"task {o.task}", o.accepted) for o in outcomes if o.accepted), proof)
        proof.doubt(folder.path.name, f"holds no {BLUEPRINTS}: the same command writes it")
        return
    tasks = check_tasks(blueprints_of(path, proof), proof)
    if not proof.broken:
        _same_tasks(accepted, tasks, proof)


def _same_tasks(accepted: list[Blueprint], tasks: tuple[Blueprint, ...], proof: Proof) -> None:
    known = {task.id: task for task in accepted}
    held = {task.id for task in tasks}
    for task in accepted:
        if task.id not in held:
            proof.find(task.id, f"was accepted, and {BLUEPRINTS} does not hold it")
    for task in tasks:
        if known.get(task.id) != task:
            proof.find(task.id, f"is in {BLUEPRINTS}, and the journal did not accept it so")
    if [t.id for t in accepted] != [t.id for t in tasks] and known.keys() == held:
        proof.find(BLUEPRINTS, "its blueprints are not in the order of their tasks")
