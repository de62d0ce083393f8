"""The overview of a run: its funnel, whose fault failures are, what it is made of and covers, and the API graph."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from apigen_mt.config import Config, parse
from apigen_mt.costs import Cost, bill
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.draft_stats import Arm, ReviewerStats
from apigen_mt.draft_stats import summary as drafted
from apigen_mt.evaluating import evaluation_of
from apigen_mt.evaluation.passk import AtK
from apigen_mt.models.budget import stage_of
from apigen_mt.models.chat import Usage
from apigen_mt.run_folder import RunFolder
from apigen_mt.terminal import shortened
from apigen_mt.trajectory import Outcome
from apigen_mt.viewer.covering import Covering, Map
from apigen_mt.viewer.detail import shown
from apigen_mt.viewer.entries import Entry, entries, outcomes_of
from apigen_mt.viewer.summaries import Summary, summary_of
from tools_env.port import World
from tools_env.values import Json, Part

GOOD = frozenset({"kept", "accepted"})
REASONS = 12
WHY = 160


class Lost(Part):
    """What a gate let go: how many, by whose fault, and what they had taken; dollars are none where unknown. Talks that
    verified and said the same as one that is kept are `repeated`, and no entries.
    """

    gate: str
    fault: str
    status: str
    count: int
    tokens: int
    dollars: float | None


class Phase(Part):
    """One phase of the funnel: `total` went in, `passed` came out; its tokens and dollars are those of its roles."""

    name: str
    unit: str
    total: int
    passed: int
    outcome: str
    lost: tuple[Lost, ...]
    tokens: int
    dollars: float | None


class Spread(Part):
    """How a figure is spread: (label, how many that are kept, how many that are not) each."""

    name: str
    unit: str
    bars: tuple[tuple[str, int, int], ...]


class Overview(Part):
    """A run as it is shown first. `facets` maps what can be filtered by to its values with their counts."""

    name: str
    command: str
    domain: str
    models: tuple[str, ...]
    seed: int
    asked: int
    tasks: int
    entries: int
    good: int
    phases: tuple[Phase, ...]
    arms: tuple[Arm, ...] = ()
    reviewers: tuple[ReviewerStats, ...] = ()
    at: tuple[AtK, ...] = ()
    faults: dict[str, int]
    reasons: tuple[tuple[int, str, str], ...]
    costs: tuple[Cost, ...]
    spreads: tuple[Spread, ...]
    map: Map | None
    facets: dict[str, dict[str, int]]


@dataclass(slots=True)
class Counting:
    """The figures while outcomes go by, in task order; `told` can be asked at any time."""

    run: RunFolder
    world: World | None = None
    _config: Config = field(init=False)
    _covering: Covering | None = field(init=False, default=None)
    _tasks: int = 0
    _good: int = 0
    _facets: dict[str, Counter[str]] = field(default_factory=dict)
    _lost: dict[tuple[str, str, str, str], list[int]] = field(default_factory=dict)
    _spent: dict[tuple[str, str, str, str], dict[str, Usage]] = field(default_factory=dict)
    _faults: Counter[str] = field(default_factory=Counter)
    _reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    _figures: dict[str, Counter[tuple[str, bool]]] = field(default_factory=dict)
    _repeated: int = 0
    _drafts: list[DraftOutcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read the configuration. Raises `NotARun`."""
        self._config = parse(self.run.config)
        self._covering = None if self.world is None else Covering(self.world)

    def add(self, outcome: Outcome | DraftOutcome) -> None:
        """Count what became of one task."""
        found = entries(outcome)
        self._tasks += 1
        if isinstance(outcome, DraftOutcome):
            self._drafts.append(outcome)
        else:
            self._repeated += len(outcome.repeated)
        for entry in found:
            self._count(entry, summary_of(entry))
        good = next((entry.blueprint for entry in found if entry.status in GOOD), None)
        if good is not None and self._covering is not None:
            self._covering.add(good)

    def _count(self, entry: Entry, line: Summary) -> None:
        good = entry.status in GOOD
        self._good += good
        for name, values in _facets(line):
            self._facets.setdefault(name, Counter()).update(filter(None, values))
        for name, values in _figures(line):
            self._figures.setdefault(name, Counter()).update((value, good) for value in values)
        if good:
            return
        lost = (line.phase, line.gate, entry.fault, entry.status)
        count = self._lost.setdefault(lost, [0, 0])
        count[0] += 1
        count[1] += line.tokens
        spent = self._spent.setdefault(lost, {})
        for role, used in (entry.row.usage if entry.row is not None else entry.outcome.usage).items():
            spent[role] = spent.get(role, Usage()) + used
        if entry.fault:
            self._faults[entry.fault] += 1
        self._reasons[line.gate, shortened(entry.why, WHY)] += 1

    def told(self) -> dict[str, Json]:
        """The figures so far as JSON, every text in it fit to be shown."""
        config, draft = self._config, self.run.command == "draft"
        total = bill(self.run.tokens(), config, self._good)
        figures = drafted(self._drafts, config, {}) if draft else None
        found = Overview(
            name=self.run.path.resolve().name,
            command=self.run.command,
            domain=config.domain or str(config.blueprints or ""),
            models=tuple(dict.fromkeys(role.model for role in config.models(self.run.command))),
            seed=config.seed,
            asked=config.count,
            tasks=self._tasks,
            entries=sum(self._facets.get("status", Counter()).values()),
            good=self._good,
            phases=tuple(self._phases(total.costs)),
            arms=figures.control if figures else (),
            reviewers=figures.reviewers if figures else (),
            at=evaluation_of(self.run).at if self.run.command == "evaluate" else (),
            faults=_most(self._faults),
            reasons=tuple((n, gate, why) for (gate, why), n in self._reasons.most_common(REASONS)),
            costs=total.costs,
            spreads=tuple(_spread(name, counter) for name, counter in self._figures.items()),
            map=None if self._covering is None else self._covering.map(),
            facets={name: _most(counter) for name, counter in self._facets.items() if counter},
        )
        return {name: shown(value) for name, value in found.model_dump(mode="json").items()}

    def _phases(self, costs: Iterable[Cost]) -> Iterable[Phase]:
        status = self._facets.get("status", Counter())
        draft = self._phase("draft", costs)
        lost = sum(one.count for one in draft.lost)
        if self.run.command in {"generate", "draft"}:
            yield draft.model_copy(update={"total": self._tasks, "passed": self._tasks - lost})
        if self.run.command != "draft":
            talks, play = sum(status.values()) - lost + self._repeated, self._phase("play", costs)
            again = Lost(gate="said again", fault="", status="repeated", count=self._repeated, tokens=0, dollars=None)
            found = (*play.lost, again) if self._repeated else play.lost
            yield play.model_copy(update={"total": talks, "passed": status["kept"], "lost": found})

    def _phase(self, phase: str, costs: Iterable[Cost]) -> Phase:
        mine = [cost for cost in costs if stage_of(cost.role) == phase]
        known = [cost.dollars for cost in mine if cost.dollars is not None]
        lost = sorted(self._lost.items(), key=lambda item: (-item[1][0], item[0]))
        return Phase(
            name="Phase one: tasks" if phase == "draft" else "Phase two: talks",
            unit="tasks" if phase == "draft" else "talks",
            total=0,
            passed=0,
            outcome="accepted" if phase == "draft" else "kept",
            lost=tuple(
                Lost(
                    gate=key[1],
                    fault=key[2],
                    status=key[3],
                    count=count,
                    tokens=tokens,
                    dollars=bill(self._spent[key], self._config, 1).dollars,
                )
                for key, (count, tokens) in lost
                if key[0] == phase
            ),
            tokens=sum(cost.usage.total for cost in mine),
            dollars=sum(known) if known and len(known) == len(mine) else None,
        )


def overview(run: RunFolder, world: World | None = None) -> dict[str, Json]:
    """The figures of a run as JSON (`Overview`); with its `world` also what it covers. Raises `NotARun`."""
    counting = Counting(run, world)
    for outcome in outcomes_of(run):
        counting.add(outcome)
    return counting.told()


def _facets(line: Summary) -> Iterable[tuple[str, Iterable[str]]]:
    yield "status", (line.status,)
    yield "kind", (line.kind,)
    yield "gate", (line.gate,)
    yield "fault", (line.fault,)
    yield "end", (line.end_reason,)
    yield "tool", line.tools
    yield "clause", line.clauses
    yield "operator", line.operators
    yield "temperament", (line.temperament,)
    yield "persona", (line.persona,)


def _figures(line: Summary) -> Iterable[tuple[str, Iterable[str]]]:
    yield "kinds", (line.kind.replace("_", " "),)
    if line.phase == "play":
        yield "turns", (_binned(line.turns, 2),)
    if line.calls or line.phase == "play":
        yield "calls", (_binned(line.calls, 2),)
        yield "writes", (str(line.writes),)
    if line.tokens:
        yield "tokens", (_binned(line.tokens, 2000),)
    yield "operators", line.operators or ("none",)
    yield "ends", (line.end_reason.replace("_", " "),) if line.end_reason else ()


def _binned(value: int, width: int) -> str:
    low = value // width * width
    return str(low) if width == 1 else f"{low}-{low + width - 1}"


def _spread(name: str, counter: Counter[tuple[str, bool]]) -> Spread:
    """Figures in their order, names by how often they come."""
    labels = {label for label, _ in counter}
    numbered = all(label.split("-")[0].isdecimal() for label in labels)
    ordered = sorted(labels, key=lambda label: (int(label.split("-")[0]), "")) if numbered else sorted(
        labels, key=lambda label: (-counter[label, True] - counter[label, False], label)
    )  # fmt: skip
    bars = tuple((label, counter[label, True], counter[label, False]) for label in ordered)
    return Spread(name=name, unit="numbers" if numbered else "names", bars=bars)


def _most(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
