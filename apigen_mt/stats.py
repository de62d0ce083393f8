"""Statistics of a run: the funnel of both phases, and what the kept rows are made of."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean, pstdev

from apigen_mt.config import Config
from apigen_mt.costs import Bill, bill, bill_lines
from apigen_mt.marks import MarkCount
from apigen_mt.mishap_stats import MishapCount, Mishaps, mishap_lines
from apigen_mt.models.chat import Usage
from apigen_mt.people_stats import People, PeopleCount, people_lines
from apigen_mt.stopped import Stopped
from apigen_mt.terminal import shortened, visible
from apigen_mt.trajectory import Outcome, Row
from blueprints.judging.verdict import GateResult, Verdict
from tools_env.values import Part

REASONS = 8
WIDTH = 110
_WORD = re.compile(r"[\w#-]+")


class Spread(Part):
    """Mean, standard deviation and range of a count over the kept rows."""

    mean: float = 0.0
    deviation: float = 0.0
    least: int = 0
    most: int = 0


class Funnel(Part):
    """Tasks from asked to kept; asked = kept + rejected + failed. `played` and the attempts count talks.

    `rejected_by` maps a gate of phase one to tasks, `failed_by` "gate (fault)" of the verdict to talks; `overlapped`
    counts goals let go before an author saw them because they repeat an earlier task. Talks that verified and said the
    same as one that is kept are `repeated`; of `failed`, those tasks are `quarantined` whose attempts agree on another
    state than the blueprint's: their failures are the blueprint's, and what verified of them is `withheld`.
    """

    asked: int = 0
    rejected: int = 0
    accepted: int = 0
    kept: int = 0
    failed: int = 0
    played: int = 0
    talks_kept: int = 0
    rejected_by: dict[str, int] = {}
    failed_by: dict[str, int] = {}
    overlapped: int = 0
    repeated: int = 0
    quarantined: int = 0
    withheld: int = 0

    @property
    def kept_yield(self) -> float:
        """Share of the tasks asked for that gave a row."""
        return self.kept / self.asked if self.asked else 0.0


class Stats(Part):
    """A run in figures; `reasons` are the commonest reasons for which something was not kept, with their counts.

    `writes` maps the number of writes to rows; `write_tasks_without_ids` counts those of the kept
    `write_tasks` in which the person names no record by its identifier, their own aside. Of the talks that were
    `stopped_early`, `tokens_saved_estimate` says about how many tokens that saved.
    """

    funnel: Funnel = Funnel()
    kinds: dict[str, int] = {}
    operators: dict[str, int] = {}
    writes: dict[int, int] = {}
    ends: dict[str, int] = {}
    calls: Spread = Spread()
    agent_messages: Spread = Spread()
    human_turns: Spread = Spread()
    people: People = People()
    mishaps: dict[str, Mishaps] = {}
    write_tasks: int = 0
    write_tasks_without_ids: int = 0
    stopped_early: int = 0
    tokens_saved_estimate: int | None = None
    tokens: dict[str, Usage] = {}
    bill: Bill = Bill()
    marks: MarkCount = MarkCount()
    reasons: tuple[tuple[str, int], ...] = ()


def summary(
    outcomes: Iterable[Outcome],
    usage: Mapping[str, Usage] | None = None,
    config: Config | None = None,
    reused: Mapping[str, Usage] | None = None,
) -> Stats:
    """The figures of a run; `usage` (tokens by role) replaces what the outcomes say of themselves. With the run's
    `config` they hold a bill; `reused` are tokens that cost nothing.
    """
    count = _Count()
    for outcome in outcomes:
        count.add(outcome)
    found = count.stats(usage)
    if config is None:
        return found
    return found.model_copy(update={"bill": bill(found.tokens, config, found.funnel.talks_kept, reused)})


@dataclass(slots=True)
class _Count:
    """Figures while outcomes go by."""

    status: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    writes: Counter[int] = field(default_factory=Counter)
    tokens: dict[str, Usage] = field(default_factory=dict)
    lengths: list[tuple[int, int, int]] = field(default_factory=list)
    played: int = 0
    write_tasks: int = 0
    without_ids: int = 0
    overlapped: int = 0
    repeated: int = 0
    quarantined: int = 0
    withheld: int = 0
    stopped: Stopped = field(default_factory=Stopped)
    people: PeopleCount = field(default_factory=PeopleCount)
    mishaps: MishapCount = field(default_factory=MishapCount)

    def add(self, outcome: Outcome) -> None:
        """Count what became of one task."""
        self.status[outcome.status] += 1
        self.overlapped += outcome.overlapped
        self.mishaps.add(outcome)
        withheld = outcome.quarantined.withheld if outcome.quarantined else ()
        self.quarantined += outcome.quarantined is not None
        self.withheld += len(withheld)
        self.repeated += len(outcome.repeated)
        self.played += len(outcome.rows) + len(withheld) + len(outcome.repeated) + len(outcome.failures)
        if outcome.status == "rejected" and outcome.reasons:
            last = outcome.reasons[-1]
            self.rejected[last.stage] += 1
            self.reasons[f"{last.stage}: {last.reason}"] += 1
        for row in (*outcome.rows, *outcome.failures):
            self.stopped.note(row)
            self.people.add(row, kept=row.sound)
        if outcome.quarantined:
            self.failed["quarantine (blueprint)"] += len(outcome.failures)
            self.reasons[f"quarantine: {outcome.quarantined.reason}"] += len(outcome.failures)
        for row in outcome.failures if outcome.quarantined is None else ():
            if row.verdict.ok:
                opinion = next(o for o in row.opinions if not o.sound)
                self.failed[f"judge {opinion.judge}"] += 1
                self.reasons[f"rejected by judge {opinion.judge}: {opinion.reason or 'no reason'}"] += 1
                continue
            gate = first_failure(row.verdict)
            self.failed[f"{gate.gate} ({row.verdict.fault or 'nobody'})"] += 1
            why = gate.evidence[0].text if gate.evidence else "no evidence"
            if row.end_reason == "infrastructure":
                why = row.ended_by.partition(":")[0] or why
            self.reasons[f"{gate.gate}: {why}"] += 1
        for row in outcome.rows:
            self._kept(row)
        if outcome.rows and outcome.rows[0].blueprint.diff:
            self.write_tasks += 1
            self.without_ids += not any(states_ids(row) for row in outcome.rows)
        for role, used in outcome.usage.items():
            self.tokens[role] = self.tokens.get(role, Usage()) + used

    def _kept(self, row: Row) -> None:
        self.kinds[row.blueprint.kind] += 1
        self.operators.update(row.blueprint.operators)
        self.ends[row.end_reason] += 1
        self.writes[sum(1 for _ in row.course.done(writes=True))] += 1
        calls = sum(1 for _ in row.course.called())
        self.lengths.append((calls, sum(1 for _ in row.course.said("agent")), sum(1 for _ in row.course.said("human"))))

    def stats(self, usage: Mapping[str, Usage] | None) -> Stats:
        """The figures so far."""
        return Stats(
            funnel=Funnel(
                asked=self.status.total(),
                rejected=self.status["rejected"],
                accepted=self.status["kept"] + self.status["failed"],
                kept=self.status["kept"],
                failed=self.status["failed"],
                played=self.played,
                talks_kept=len(self.lengths),
                rejected_by=_ordered(self.rejected),
                failed_by=_ordered(self.failed),
                overlapped=self.overlapped,
                repeated=self.repeated,
                quarantined=self.quarantined,
                withheld=self.withheld,
            ),
            kinds=_ordered(self.kinds),
            operators=_ordered(self.operators),
            writes=dict(sorted(self.writes.items())),
            ends=_ordered(self.ends),
            calls=_spread([calls for calls, _, _ in self.lengths]),
            agent_messages=_spread([agent for _, agent, _ in self.lengths]),
            human_turns=_spread([human for _, _, human in self.lengths]),
            people=self.people.people(),
            mishaps=self.mishaps.mishaps(),
            write_tasks=self.write_tasks,
            write_tasks_without_ids=self.without_ids,
            stopped_early=self.stopped.talks,
            tokens_saved_estimate=self.stopped.saved(),
            tokens=dict(sorted((self.tokens if usage is None else usage).items())),
            reasons=tuple(_ordered(self.reasons).items())[:REASONS],
        )


def first_failure(verdict: Verdict) -> GateResult:
    """The gate that names the fault; a verdict that is ok has none, which is a bug of the caller."""
    failing = [gate for gate in verdict.gates if gate.status == "fail"]
    named = [gate for gate in failing if gate.fault == verdict.fault]
    return (named or failing)[0]


def states_ids(row: Row) -> bool:
    """Whether the person names a record that the calls met by its identifier, their own aside."""
    met = {touch.id for step in row.course.done() for touch in step.result.touched} - {row.blueprint.person}
    texts = [row.blueprint.instruction, *(stage.say for stage in row.blueprint.stages)]
    texts += [said.text for _, said in row.course.said("human")]
    return any(met & set(_WORD.findall(text)) for text in texts)


def render(stats: Stats) -> str:
    """The figures as plain text, a funnel first."""
    funnel = stats.funnel
    lines = [
        _line("tasks asked", funnel.asked),
        *([_line("  goals let go as overlapping", funnel.overlapped)] if funnel.overlapped else []),
        _line("  blueprints rejected", funnel.rejected, funnel.asked),
        *(_line(f"    by {gate}", count) for gate, count in funnel.rejected_by.items()),
        _line("  blueprints accepted", funnel.accepted, funnel.asked),
        _line("talks played", funnel.played),
        _line("  failed", sum(funnel.failed_by.values()), funnel.played),
        *(_line(f"    by {gate}", count) for gate, count in funnel.failed_by.items()),
        *([_line("  said again", funnel.repeated, funnel.played)] if funnel.repeated else []),
        *([_line("  withheld", funnel.withheld, funnel.played)] if funnel.withheld else []),
        _line("  kept", funnel.talks_kept, funnel.played),
        *([_line("tasks quarantined", funnel.quarantined, funnel.asked)] if funnel.quarantined else []),
        _line("tasks kept", funnel.kept, funnel.asked),
    ]
    if funnel.talks_kept:
        lines += ["", "of the talks kept"]
        lines += [_line(f"  kind {kind}", count, funnel.talks_kept) for kind, count in stats.kinds.items()]
        lines += [_line(f"  operator {name}", count, funnel.talks_kept) for name, count in stats.operators.items()]
        lines += [
            _line(f"  {n} write{'' if n == 1 else 's'}", count, funnel.talks_kept) for n, count in stats.writes.items()
        ]
        lines += [_line(f"  ended by {end.replace('_', ' ')}", c, funnel.talks_kept) for end, c in stats.ends.items()]
        spreads = (("calls", stats.calls), ("agent messages", stats.agent_messages), ("human turns", stats.human_turns))
        lines += [f"  {name:<30} {s.mean:.1f} +- {s.deviation:.1f} ({s.least} to {s.most})" for name, s in spreads]
    if stats.stopped_early:
        lines.append(_line("talks stopped early", stats.stopped_early, funnel.played))
    if stats.tokens_saved_estimate is not None:
        lines.append(_line("  tokens saved (estimate)", stats.tokens_saved_estimate))
    lines += mishap_lines(stats.mishaps)
    lines += people_lines(stats.people)
    if stats.write_tasks:
        lines.append(_line("write tasks without record ids", stats.write_tasks_without_ids, stats.write_tasks))
    if stats.bill.costs:
        lines += ["tokens, and dollars where a price is known", *bill_lines(stats.bill, "a kept row")]
    else:
        lines += [
            f"tokens of the {role}: {used.prompt:,} in ({used.cached:,} cached), {used.completion:,} out"
            for role, used in stats.tokens.items()
        ]
    lines += mark_lines(stats.marks)
    if stats.reasons:
        lines += ["", "commonest reasons", *(f"  {count:>5}  {_short(reason)}" for reason, count in stats.reasons)]
    return "\n".join(lines)


def mark_lines(marks: MarkCount) -> list[str]:
    """What people said of single talks; nothing where nobody did."""
    told = {
        "talks a person would keep": marks.keep,
        "talks a person rejected": marks.reject,
        "talks a person flagged": marks.flag,
        "notes on talks": marks.notes,
        "marks on talks played anew since": marks.stale,
    }
    return [_line(name, count) for name, count in told.items() if count]


def _line(name: str, count: int, of: int = 0) -> str:
    return f"{name:<32} {count:>6,}" + (f"  {count / of:6.1%}" if of else "")


def _short(text: str) -> str:
    return shortened(visible(text), WIDTH)


def _ordered(counter: Counter[str]) -> dict[str, int]:
    """Most first, then by name: the same whatever the order in which tasks were done."""
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _spread(values: list[int]) -> Spread:
    if not values:
        return Spread()
    return Spread(mean=fmean(values), deviation=pstdev(values), least=min(values), most=max(values))
