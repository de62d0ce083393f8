"""What the tasks of a run cover of their world, laid out to be drawn: tools and clauses, and the API graph."""

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blueprints.blueprint import Blueprint
from blueprints.coverage import Coverage, shown
from tools_env.graph import api_graph
from tools_env.policy import clauses_of
from tools_env.port import SetUpFailed, UnknownSnapshot, World
from tools_env.values import Part

if TYPE_CHECKING:
    import networkx as nx


class Node(Part):
    """A tool: `column` is how many tools have to come before it, `row` its place there; `count` are the tasks."""

    tool: str
    writes: bool
    count: int
    column: int
    row: int
    x: float
    y: float


class Edge(Part):
    """What one tool shows another can take, the arguments fed, and the tasks in which it does."""

    source: str
    target: str
    feeds: tuple[str, ...]
    count: int


class ClauseTold(Part):
    """A clause of the policy, what upholds it, in how many tasks it matters and in how many it is why not."""

    number: str
    text: str
    enforced: str
    by: tuple[str, ...]
    count: int
    refused: int


class Map(Part):
    """Coverage over so many `tasks`, those that were kept or accepted."""

    world: str
    tasks: int
    left_out: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    clauses: tuple[ClauseTold, ...]


@dataclass(slots=True)
class Covering:
    """Counts tasks of one world; those of another, or of one that has changed since, are left out and counted."""

    world: World
    _coverage: Coverage = field(init=False)
    _clauses: dict[str, int] = field(default_factory=dict)
    _policy: str = ""
    _left_out: int = 0

    def __post_init__(self) -> None:
        """Begin with nothing covered."""
        self._coverage = Coverage(self.world)

    def add(self, blueprint: Blueprint) -> None:
        """Count a task."""
        try:
            if blueprint.digest == self.world.digest:
                self._coverage.add(blueprint)
                self._policy = self._policy or self.world.brief(blueprint.snapshot).policy
                for clause in dict.fromkeys(blueprint.clauses):
                    self._clauses[clause] = self._clauses.get(clause, 0) + 1
                return
        except (UnknownSnapshot, SetUpFailed):
            pass
        self._left_out += 1

    def map(self) -> Map:
        """What is covered so far."""
        counts, graph = self._coverage.counts(), api_graph(self.world)
        told = clauses_of(self._policy)
        return Map(
            world=self.world.name,
            tasks=self._coverage.tasks,
            left_out=self._left_out,
            nodes=_nodes(graph, counts["tools"]),
            edges=tuple(
                Edge(source=a, target=b, feeds=tuple(data["feeds"]), count=counts["pairs"].get(shown((a, b)), 0))
                for a, b, data in graph.edges(data=True)
            ),
            clauses=tuple(
                ClauseTold(
                    number=clause.number,
                    text=told.get(clause.number, clause.text),
                    enforced=clause.enforced,
                    by=clause.by,
                    count=self._clauses.get(clause.number, 0),
                    refused=counts["refused"].get(clause.number, 0),
                )
                for clause in self.world.clauses
            ),
        )


def _nodes(graph: "nx.DiGraph[str]", counts: dict[str, int]) -> tuple[Node, ...]:
    """Tools in columns: first those that nothing has to feed, then what these feed, and so on."""
    import networkx as nx

    columns = _columns(graph)
    layered: nx.DiGraph[str] = nx.DiGraph()
    for name in sorted(graph, key=lambda tool: (columns[tool], graph.nodes[tool]["writes"], tool)):
        layered.add_node(name, column=columns[name])
    placed = nx.multipartite_layout(layered, subset_key="column") if layered else {}
    rows: dict[int, int] = {}
    found = []
    for name in layered:
        row = rows.get(columns[name], 0)
        rows[columns[name]] = row + 1
        x, y = (round(float(value), 4) for value in placed[name])
        writes = bool(graph.nodes[name]["writes"])
        found.append(Node(tool=name, writes=writes, count=counts.get(name, 0), column=columns[name], row=row, x=x, y=y))
    return tuple(found)


def _columns(graph: "nx.DiGraph[str]") -> dict[str, int]:
    """How many steps each tool is away from one that nothing feeds, or from one of the least fed where all are."""
    degrees = dict(graph.in_degree())
    least = min(degrees.values(), default=0)
    found = {name: 0 for name, degree in degrees.items() if degree == least}
    waiting = deque(found)
    while waiting:
        name = waiting.popleft()
        for target in graph.successors(name):
            if target not in found:
                found[target] = found[name] + 1
                waiting.append(target)
    return {name: found.get(name, 0) for name in graph}
