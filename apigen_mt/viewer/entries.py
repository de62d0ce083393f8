"""What a run has to show: one entry for each talk, and one for each task that came to no talk."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.run_folder import RunFolder
from apigen_mt.stats import first_failure
from apigen_mt.trajectory import Outcome, Row
from blueprints.blueprint import Blueprint, Rejected

Status: TypeAlias = Literal["kept", "accepted", "withheld", "rejected", "failed"]
"""A talk is kept, withheld (it verified, its blueprint is suspect) or failed; a task without one was accepted
(`draft`), rejected, or broke off.
"""
QUARANTINE = ("quarantine", "blueprint")
ID = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
"""What an id is like: `task.attempt` of a talk, `task` of a task without one."""


class Entry(NamedTuple):
    """One of them, with the outcome that it belongs to. `gate` and `fault` are why it is not kept, or empty."""

    id: str
    outcome: Outcome | DraftOutcome
    status: Status
    row: Row | None = None
    gate: str = ""
    fault: str = ""

    @property
    def blueprint(self) -> Blueprint | None:
        """The task, where one was made."""
        return self.row.blueprint if self.row is not None else self.outcome.blueprint

    @property
    def reasons(self) -> tuple[Rejected, ...]:
        """Why there is no talk, the one that counts first; empty where there is one."""
        if self.row is not None or self.status == "accepted":
            return ()
        if isinstance(self.outcome, DraftOutcome) and not self.outcome.reasons:
            return self.outcome.rounds[-1].reasons
        return tuple(reversed(self.outcome.reasons))

    @property
    def why(self) -> str:
        """What its gate, or the judge, has found; empty where nothing is wrong."""
        if self.row is None:
            return self.reasons[0].reason if self.reasons else ""
        if isinstance(self.outcome, Outcome) and self.outcome.quarantined and self.status != "kept":
            return self.outcome.quarantined.reason
        if self.row.verdict.ok:
            return next((opinion.reason for opinion in self.row.opinions if not opinion.sound), "")
        return next((f.text for gate in self.row.verdict.gates if gate.gate == self.gate for f in gate.evidence), "")


def outcomes_of(run: RunFolder) -> Iterator[Outcome | DraftOutcome]:
    """What became of each task of a run of any command, in task order. Raises `NotARun`."""
    yield from run.drafts() if run.command == "draft" else run.outcomes()


def domain_of(run: RunFolder) -> str:
    """The domain of a run's tasks: the one it was made for, or that of its first task. Raises `NotARun`."""
    if domain := str(run.config.get("domain") or ""):
        return domain
    return next((outcome.blueprint.domain for outcome in outcomes_of(run) if outcome.blueprint is not None), "")


def entries(outcome: Outcome | DraftOutcome) -> tuple[Entry, ...]:
    """All that one task has to show, by attempt."""
    if isinstance(outcome, DraftOutcome):
        return (_task(outcome, outcome.status),)
    withheld = outcome.quarantined.withheld if outcome.quarantined else ()
    talks = [_talk(outcome, row, "kept") for row in outcome.rows]
    talks += [_talk(outcome, row, "withheld", *QUARANTINE) for row in withheld]
    talks += [_talk(outcome, row, "failed", *_why(outcome, row)) for row in outcome.failures]
    if not talks:
        return (_task(outcome, "rejected" if outcome.status == "rejected" else "failed"),)
    return tuple(sorted(talks, key=lambda entry: entry.row.attempt if entry.row else 0))


def _task(outcome: Outcome | DraftOutcome, status: Status) -> Entry:
    entry = Entry(str(outcome.task), outcome, status)
    return entry._replace(gate=entry.reasons[0].stage) if entry.reasons else entry


def _talk(outcome: Outcome, row: Row, status: Status, gate: str = "", fault: str = "") -> Entry:
    return Entry(f"{outcome.task}.{row.attempt}", outcome, status, row, gate, fault)


def _why(outcome: Outcome, row: Row) -> tuple[str, str]:
    """The gate and the fault of a talk that is not kept; those of a quarantined task are its blueprint's."""
    if outcome.quarantined:
        return QUARANTINE
    if row.verdict.ok:
        return f"judge {row.rejected_by}", "judge"
    return first_failure(row.verdict).gate, row.verdict.fault or "nobody"
