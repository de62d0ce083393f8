"""What an evaluation found: how often tasks were solved, by what they are made of, and whose fault failures are."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from apigen_mt.attempts import cut_off, whole
from apigen_mt.costs import Bill
from apigen_mt.evaluation.difficulty import Difficulty, Tried
from apigen_mt.evaluation.passk import AtK, Estimate, Trials, at, mean, pass_hat
from apigen_mt.stats import first_failure
from apigen_mt.trajectory import Outcome, Role, Row
from blueprints.blueprint import Blueprint
from blueprints.judging.verdict import Fault
from tools_env.values import Part

SPOILT: frozenset[Fault | None] = frozenset({"human", "environment", "blueprint"})
"""Faults for which an agent cannot help."""


class Group(Part):
    """Tasks that have something in common: pass^1 with its interval, and pass^k (`pass_hat`) for every k."""

    tasks: int
    trials: int
    solved: int
    share: Estimate
    pass_hat: dict[int, float]


class Suspect(Part):
    """A task whose trials agree on another final state than its own. It counts like any, and is worth a look."""

    task: int
    blueprint: str
    reason: str


class Evaluation(Part):
    """One agent on some tasks. asked = trials + broke_off + missing; all figures are over `trials` alone.

    `broke_off` are trials that infrastructure ended, `missing` those that were not played; `unspoilt` is pass^1 without
    the trials that failed by the fault of the human, the environment or the blueprint. Failures are counted by whose
    fault they are (a model that judges counts as `judge`), by "gate (fault)" and by how the talk ended. The bill is for
    each trial that was solved.
    """

    agent: str
    human: str
    asked: int
    tasks: int
    trials: int
    solved: int
    broke_off: int
    missing: int
    at: tuple[AtK, ...]
    unspoilt: Estimate | None
    kinds: dict[str, Group]
    clauses: dict[str, Group]
    operators: dict[str, Group]
    faults: dict[str, int]
    failed_by: dict[str, int]
    ends: dict[str, int]
    suspects: tuple[Suspect, ...]
    bill: Bill = Bill()


@dataclass(slots=True)
class _Task:
    """One task with its trials."""

    blueprint: Blueprint
    trials: Trials
    failures: list[Row] = field(default_factory=list)

    @property
    def unspoilt(self) -> Trials:
        """The trials without those that the agent could not help."""
        return Trials(self.trials.n - sum(row.verdict.fault in SPOILT for row in self.failures), self.trials.c)


def evaluated(outcomes: Sequence[Outcome], tasks: int, trials: int) -> Evaluation:
    """The figures of a run that was asked for so many trials at each of so many tasks, without its bill."""
    found = [task for outcome in outcomes if (task := _task(outcome)) is not None]
    tried = [task.trials for task in found if task.trials.n]
    unspoilt = [task.unspoilt for task in found if task.unspoilt.n]
    rows = [row for outcome in outcomes for row in _rows(outcome)]
    broken = sum(cut_off(row) for row in rows)
    failures = [row for task in found for row in task.failures]
    counted = sum(trials.n for trials in tried)
    return Evaluation(
        agent=_players([row.cast.agent for row in rows]),
        human=_players([row.cast.human for row in rows]),
        asked=tasks * trials,
        tasks=len(tried),
        trials=counted,
        solved=sum(trials.c for trials in tried),
        broke_off=broken,
        missing=tasks * trials - counted - broken,
        at=tuple(figures for k in range(1, trials + 1) if (figures := at(tried, k)) is not None),
        unspoilt=mean(unspoilt, 1, pass_hat) if unspoilt else None,
        kinds=_groups(found, trials, lambda b: (b.kind,)),
        clauses=_groups(found, trials, lambda b: b.clauses),
        operators=_groups(found, trials, lambda b: b.operators or ("none",)),
        faults=_most(_fault(row) for row in failures),
        failed_by=_most(_failed_by(row) for row in failures),
        ends=_most(row.end_reason for row in failures),
        suspects=tuple(_suspects(outcomes)),
    )


def difficulties(outcomes: Iterable[Outcome]) -> Iterator[Difficulty]:
    """The trials of each task of a run, by the agent that played them."""
    for outcome in outcomes:
        task, rows = _task(outcome), list(_rows(outcome))
        if task is not None and rows:
            agent = _player(rows[0].cast.agent)
            yield Difficulty(
                blueprint=task.blueprint.id,
                domain=task.blueprint.domain,
                kind=task.blueprint.kind,
                agents={agent: Tried(trials=task.trials.n, solved=task.trials.c)},
            )


def _task(outcome: Outcome) -> _Task | None:
    if outcome.blueprint is None:
        return None
    rows, again = whole(outcome).values(), len(outcome.repeated)
    solved = sum(row.sound for row in rows) + again
    failures = [row for row in rows if not row.sound]
    return _Task(outcome.blueprint, Trials(len(rows) + again, solved), failures)


def _rows(outcome: Outcome) -> Iterator[Row]:
    yield from outcome.rows
    yield from outcome.quarantined.withheld if outcome.quarantined else ()
    yield from outcome.failures


def _groups(tasks: Sequence[_Task], most: int, of: Callable[[Blueprint], Sequence[str]]) -> dict[str, Group]:
    """Tasks by what they have in common; a task can be in several groups."""
    groups: dict[str, list[Trials]] = {}
    for task in tasks:
        for name in dict.fromkeys(of(task.blueprint)) if task.trials.n else ():
            groups.setdefault(name, []).append(task.trials)
    return {name: _group(groups[name], most) for name in sorted(groups)}


def _group(tasks: Sequence[Trials], most: int) -> Group:
    hats = {k: [pass_hat(trials, k) for trials in tasks if trials.n >= k] for k in range(1, most + 1)}
    return Group(
        tasks=len(tasks),
        trials=sum(trials.n for trials in tasks),
        solved=sum(trials.c for trials in tasks),
        share=mean(tasks, 1, pass_hat),
        pass_hat={k: sum(values) / len(values) for k, values in hats.items() if values},
    )


def _suspects(outcomes: Iterable[Outcome]) -> Iterator[Suspect]:
    for outcome in outcomes:
        if outcome.quarantined and outcome.blueprint:
            yield Suspect(task=outcome.task, blueprint=outcome.blueprint.id, reason=outcome.quarantined.reason)


def _fault(row: Row) -> str:
    return "judge" if row.verdict.ok else str(row.verdict.fault or "nobody")


def _failed_by(row: Row) -> str:
    return f"judge {row.rejected_by}" if row.verdict.ok else f"{first_failure(row.verdict).gate} ({_fault(row)})"


def _players(roles: Iterable[Role]) -> str:
    return ", ".join(sorted({_player(role) for role in roles}))


def _player(role: Role) -> str:
    return role.model or role.source


def _most(names: Iterable[str]) -> dict[str, int]:
    """Most first, then by name."""
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))
