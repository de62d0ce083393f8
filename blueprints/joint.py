"""The actions of several tasks of one person, carried out one after the other in one session."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from blueprints.blueprint import Blueprint
from blueprints.knowledge import each
from tools_env.calls import Call, Outcome, Result
from tools_env.port import Session, World
from tools_env.tool import ToolSpec
from tools_env.values import Json


@dataclass(slots=True)
class Placed:
    """Where a part stands in a joint course: how many calls were made before it began, where each of its actions is
    now and how many calls are made by then, what each showed when the part stood alone, which are reads that could not
    be made again, and what the records that it created are called now (by path).
    """

    start: int
    places: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    alone: list[Json] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)

    def until(self, count: int) -> int:
        """How many calls are made when the first `count` actions of the part are."""
        return self.counts[count - 1] if count else self.start

    def record(self, key: str) -> str:
        """The present id of a record of which only the id is told."""
        return next((_key(now) for then, now in self.ids.items() if _key(then) == key), key)

    def renamed(self, call: Call, spec: ToolSpec) -> Call:
        """A call of the part with the present ids of the records that the part created."""
        arguments = dict(call.arguments)
        for param in spec.params if self.ids else ():
            value = arguments.get(param.name)
            if param.meaning.kind == "identifier" and value is not None:
                keys = [self._now(param.meaning.of, v) for v in each(value)]
                arguments[param.name] = keys if isinstance(value, list) else keys[0]
        return call.model_copy(update={"arguments": arguments})

    def _now(self, table: str, value: Json) -> Json:
        path = self.ids.get(f"{table}/{value}")
        return value if path is None else _key(path)


@dataclass(slots=True)
class Joint:
    """All calls that are made, what they show, and where each part stands. A read is not made again for nothing."""

    world: World
    calls: list[Call] = field(default_factory=list)
    results: list[Json] = field(default_factory=list)
    parts: list[Placed] = field(default_factory=list)

    def add(self, part: Blueprint, together: "_Bench", alone: "_Bench") -> str:
        """Carry out a part's actions after all before it; why that cannot be done, or nothing."""
        placed = Placed(len(self.calls))
        for action in part.actions:
            call = placed.renamed(action, self.world.specs[action.name])
            (then, made_then), (now, made_now) = alone.do(action), together.do(call)
            place = self._place(call, now)
            if place is None:
                return f"{call.name} no longer succeeds after what comes before it: {_reason(now)}"
            if not isinstance(now, Result):
                placed.gone.add(len(placed.places))
            if [_table(p) for p in made_then] != [_table(p) for p in made_now]:
                return f"{call.name} creates something else after what comes before it"
            placed.ids |= zip(made_then, made_now, strict=True)
            placed.places.append(place)
            placed.counts.append(len(self.calls))
            placed.alone.append(then.observed())
        self.parts.append(placed)
        return ""

    def _place(self, call: Call, outcome: Outcome) -> int | None:
        """Where a call stands: at the latest earlier read that it repeats word for word, if it shows nothing new or can
        no longer be made (nobody has to be found again by a number that was changed); None where it fails.
        """
        reads = not self.world.specs[call.name].writes
        earlier = next((i for i in reversed(range(len(self.calls))) if reads and self.calls[i] == call), None)
        if not isinstance(outcome, Result):
            return earlier
        if earlier is not None and self.results[earlier] == outcome.value:
            return earlier
        self.calls.append(call)
        self.results.append(outcome.value)
        return len(self.calls) - 1


@dataclass(slots=True)
class _Bench:
    """A session in which calls are carried out, and the records that they have created so far."""

    world: World
    session: Session
    created: set[str] = field(default_factory=set)

    def do(self, call: Call) -> tuple[Outcome, list[str]]:
        """What came of a call, and the paths of the records it created, in the order of their ids."""
        outcome = self.session.call(call)
        if not self.world.specs[call.name].writes:
            return outcome, []
        now = {p for p, c in self.session.diff().items() if p.count("/") == 1 and c.before is None}
        fresh = sorted(now - self.created, key=lambda p: (_table(p), len(p), p))
        self.created |= now
        return outcome, fresh


def _reason(outcome: Outcome) -> str:
    return "" if isinstance(outcome, Result) else outcome.reason


def _table(path: str) -> str:
    return path.partition("/")[0]


def _key(path: str) -> str:
    return path.partition("/")[2]


def carried_out(parts: Sequence[Blueprint], world: World) -> Joint | str:
    """All parts in one fresh session, each beside itself alone in another; why not, where one cannot be carried out."""
    joint = Joint(world)
    together = _Bench(world, world.open(parts[0].snapshot))
    try:
        for number, part in enumerate(parts, 1):
            alone = _Bench(world, world.open(part.snapshot))
            try:
                if reason := joint.add(part, together, alone):
                    return f"part {number}: {reason}"
            finally:
                alone.session.close()
        return joint
    finally:
        together.session.close()
