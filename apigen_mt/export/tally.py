"""What a set of rows holds, counted while they are written; the card is written from it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from apigen_mt.audit.matrix import Matrix
from apigen_mt.export.fit import text_beside_calls
from apigen_mt.trajectory import Cast, Role, Row
from tools_env.calls import Refusal

ROLES = ("author", "human", "agent")


@dataclass(slots=True)
class Tally:
    """Counts over rows; `players` maps (role, source, model) to rows, `gates` maps (gate, status) to rows.
    `matrix` is an audit of some of the rows, `marks` maps what people say of single rows to rows.
    """

    rows: int = 0
    messages: int = 0
    calls: int = 0
    refused_calls: int = 0
    masked: int = 0
    text_beside_calls: int = 0
    domains: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    players: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    gates: Counter[tuple[str, str]] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    matrix: Matrix | None = None

    def add(self, row: Row) -> None:
        """Count one row."""
        called = [event for _, event in row.course.called()]
        self.rows += 1
        self.messages += len(row.messages)
        self.calls += len(called)
        self.refused_calls += sum(isinstance(event.outcome, Refusal) for event in called)
        self.masked += sum(flag is not None and not flag.train for flag in row.train)
        self.text_beside_calls += text_beside_calls(row.messages)
        self.domains[row.blueprint.domain, row.blueprint.digest] += 1
        self.kinds[row.blueprint.kind] += 1
        self.operators.update(row.blueprint.operators)
        self.ends[row.end_reason] += 1
        self.players.update((name, role.source, role.model) for name, role in roles(row.cast))
        self.gates.update((gate.gate, gate.status) for gate in row.verdict.gates)

    @property
    def oracle(self) -> bool:
        """Whether a script played the agent."""
        return any(role == "agent" and source == "oracle" for role, source, _ in self.players)


def roles(cast: Cast) -> Iterator[tuple[str, Role]]:
    """Each role of a cast with who played it."""
    return ((name, getattr(cast, name)) for name in ROLES)


def generators(cast: Cast) -> Iterator[tuple[str, str]]:
    """Whatever in a cast is no script of ours, as (name, role): models, the caller's own players, imported words."""
    for name, role in roles(cast):
        if role.source in {"model", "own", "imported"}:
            yield role.model or role.source, name
