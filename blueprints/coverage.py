"""Coverage: how often the tasks so far use each tool, pair of tools, clause, operator and kind; what to wish for."""

import random
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from blueprints.blueprint import Blueprint, Kind
from blueprints.solution import opened, solution
from tools_env.calls import Outcome, Result
from tools_env.graph import api_graph
from tools_env.port import World
from tools_env.values import Json, Part, leaves

Pair: TypeAlias = tuple[str, str]
Aspect: TypeAlias = Literal["tools", "pairs", "clauses", "refused", "operators", "kinds", "writes", "personas"]

OPERATORS = (
    "describe",
    "superlative",
    "condition",
    "fallback",
    "aggregate",
    "dependent write",
    "change of mind",
    "several intents",
)
MADE: tuple[Kind, ...] = get_args(Kind)
SHARE_WITH_OPERATOR = 0.5
"""How often a wish asks for an operator besides a tool, a pair or a clause: to ask for all at once finds nothing."""
FEWEST = 5
"""How many of the least covered a table names."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the next task would best have, each empty where anything will do."""

    tool: str = ""
    pair: tuple[str, ...] = ()
    clause: str = ""
    operator: str = ""


class Covered(Part):
    """What tasks cover: by aspect how many tasks have each thing there is; and the pairs that no task can have, each
    with the reason.
    """

    tasks: int = 0
    counts: dict[str, dict[str, int]] = {}
    left_out: dict[str, str] = {}

    def table(self) -> str:
        """The counts in lines: how many of each are covered, and which least; pairs that are left out apart."""
        lines = [f"{self.tasks} tasks"]
        for aspect, counts in self.counts.items():
            names = [n for n in counts if aspect != "pairs" or n not in self.left_out]
            if aspect == "personas":
                rest = f"{len(names)} different"
            elif aspect == "writes":
                rest = ", ".join(f"{n}: {counts[n]}" for n in sorted(names, key=int))
            else:
                fewest = sorted(names, key=counts.__getitem__)[:FEWEST]
                rest = f"{sum(counts[n] > 0 for n in names)} of {len(names)}; fewest: "
                rest += ", ".join(f"{n} {counts[n]}" for n in fewest)
            lines.append(f"{aspect:<10} {rest}")
        if self.left_out:
            some = ", such as these (all in --json)" if len(self.left_out) > FEWEST else ""
            lines.append(f"{len(self.left_out)} pairs are left out, for no task can have them{some}:")
            lines += [f"  {pair}: {why}" for pair, why in list(self.left_out.items())[:FEWEST]]
        return "\n".join(lines)


@dataclass(slots=True)
class Coverage:
    """Counts over the blueprints added, one for each task that has a thing, however often it has it.

    `refused` counts clauses that a task has upheld by a refusal, `writes` how many tasks make so many changes. Pairs
    are the edges of the API graph, without those in `forbidden`: A→B is covered when A comes before B and B takes an
    identifier that A has shown. What was wished for counts as if it had come: some wishes nothing can fulfil.
    """

    world: World
    forbidden: Collection[Pair] = ()
    operators: Sequence[str] = OPERATORS
    kinds: Sequence[str] = MADE
    tasks: int = 0
    given_up: dict[Pair, str] = field(default_factory=dict)
    """Pairs that cannot be covered, each with the reason."""
    _counts: dict[Aspect, Counter[str]] = field(default_factory=dict)
    _wished: Counter[tuple[Aspect, str]] = field(default_factory=Counter)
    _edges: dict[Pair, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with everything there is at nought."""
        graph = api_graph(self.world, self.forbidden)
        self._edges = {pair: tuple(graph.edges[pair]["feeds"]) for pair in graph.edges}
        clauses = [c for c in self.world.clauses if c.enforced != "model"]
        begin: dict[Aspect, Iterable[str]] = {
            "tools": self.world.specs,
            "pairs": map(shown, self._edges),
            "clauses": (c.number for c in clauses if c.enforced == "tool"),
            "refused": (c.number for c in clauses),
            "operators": self.operators,
            "kinds": self.kinds,
            "writes": (),
            "personas": (),
        }
        self._counts = {aspect: Counter(dict.fromkeys(names, 0)) for aspect, names in begin.items()}

    def add(self, blueprint: Blueprint, outcomes: Sequence[Outcome] | None = None) -> None:
        """Count a task; `outcomes` are what came of its actions, which are carried out where they are not at hand."""
        self.tasks += 1
        names = [a.name for a in blueprint.actions]
        specs = self.world.specs
        found: dict[Aspect, Collection[str]] = {
            "tools": {*names},
            "pairs": {*map(shown, self.pairs(blueprint, outcomes))},
            "clauses": {*blueprint.clauses},
            "refused": {blueprint.evidence.clause} if blueprint.evidence else (),
            "operators": {*blueprint.operators},
            "kinds": {blueprint.kind},
            "writes": {str(sum(specs[n].writes for n in names if n in specs))},
            "personas": {blueprint.persona} if blueprint.persona else (),
        }
        for aspect, seen in found.items():
            self._counts[aspect].update(seen)
        self.given_up = {pair: why for pair, why in self.given_up.items() if not self._counts["pairs"][shown(pair)]}

    def pairs(self, blueprint: Blueprint, outcomes: Sequence[Outcome] | None = None) -> set[Pair]:
        """The edges that a task covers."""
        if outcomes is None:
            outcomes = _carried_out(blueprint, self.world)
        found: set[Pair] = set()
        first: dict[str, set[str]] = {}
        for call, outcome in zip(blueprint.actions, outcomes, strict=False):
            for before, ids in first.items():
                feeds = self._edges.get((before, call.name), ())
                if any(not ids.isdisjoint(_each(call.arguments.get(name))) for name in feeds):
                    found.add((before, call.name))
            if isinstance(outcome, Result):
                first.setdefault(call.name, set()).update(v for v in leaves(outcome.value) if isinstance(v, str))
        return found

    def counts(self) -> dict[str, dict[str, int]]:
        """All counts, as JSON can hold them."""
        return {str(aspect): dict(counter) for aspect, counter in self._counts.items()}

    def missing(self) -> dict[str, tuple[str, ...]]:
        """What no task has yet, pairs that were given up left out."""
        gone = {*map(shown, self.given_up)}
        return {
            str(aspect): tuple(name for name, count in counter.items() if not count and name not in gone)
            for aspect, counter in self._counts.items()
        }

    def uncovered(self) -> tuple[Pair, ...]:
        """The pairs that no task covers and that were not given up."""
        return tuple(p for p in self._edges if not self._counts["pairs"][shown(p)] and p not in self.given_up)

    def give_up(self, reasons: dict[Pair, str]) -> None:
        """Wish for these pairs no more."""
        self.given_up |= {pair: why for pair, why in reasons.items() if pair in self._edges}

    def wish(self, rng: random.Random, *, pairs: bool = True) -> Wish:
        """What would add most: a tool, a pair or a clause, and half of the time an operator; mostly what is rare.

        A pair that no task covers yet is wished for alone. `pairs` is false for a task that can hold none.
        """
        if pairs and (missing := self.uncovered()):
            return Wish(pair=self._pair(self._least("pairs", rng, [shown(p) for p in missing])))
        operator = self._least("operators", rng) if rng.random() < SHARE_WITH_OPERATOR else ""
        aspects: tuple[Aspect, ...] = ("tools", "pairs", "clauses") if pairs else ("tools", "clauses")
        aspects = tuple(a for a in aspects if self._open(a))
        if not aspects:
            return Wish(operator=operator)
        weights = [sum(self._weight(a, n) for n in self._open(a)) for a in aspects]
        aspect = rng.choices(aspects, weights)[0]
        name = self._least(aspect, rng)
        if aspect == "tools":
            return Wish(tool=name, operator=operator)
        if aspect == "clauses":
            return Wish(clause=name, operator=operator)
        return Wish(pair=self._pair(name), operator=operator)

    def _pair(self, name: str) -> Pair:
        return next(p for p in self._edges if shown(p) == name)

    def _open(self, aspect: Aspect) -> list[str]:
        gone = {*map(shown, self.given_up)} if aspect == "pairs" else set()
        return [name for name in self._counts[aspect] if name not in gone]

    def _least(self, aspect: Aspect, rng: random.Random, among: Sequence[str] = ()) -> str:
        names = among or self._open(aspect)
        if not names:
            return ""
        name = rng.choices(names, [self._weight(aspect, n) for n in names])[0]
        self._wished[aspect, name] += 1
        return name

    def _weight(self, aspect: Aspect, name: str) -> float:
        return 1 / (1 + self._counts[aspect][name] + self._wished[aspect, name]) ** 2

    def covered(self) -> "Covered":
        """The counts as they stand."""
        left_out = {shown(pair): why for pair, why in self.given_up.items()}
        return Covered(tasks=self.tasks, counts=self.counts(), left_out=left_out)


def shown(pair: Pair) -> str:
    """A pair of tools in one word."""
    return f"{pair[0]} -> {pair[1]}"


def _each(value: Json) -> list[str]:
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str)]


def _carried_out(blueprint: Blueprint, world: World) -> list[Outcome]:
    session = opened(blueprint, world)
    try:
        came = [(move, session.call(move.call)) for move in solution(blueprint)]
        return [outcome for move, outcome in came if move.mishap is None]
    finally:
        session.close()
