"""What `show --json` tells of a domain."""

import datetime

from tools_env.graph import api_graph
from tools_env.policy import clauses_of
from tools_env.port import World
from tools_env.tool import ToolSpec
from tools_env.values import Part


class ClauseShown(Part):
    """A clause of the policy, with its figures filled in, and the rules that uphold it."""

    number: str
    text: str
    by: tuple[str, ...]


class EdgeShown(Part):
    """An edge of the API graph: what `source` shows can be given to these arguments of `target`."""

    source: str
    target: str
    feeds: tuple[str, ...]


class DomainShown(Part):
    """A domain in one of its snapshots: its day, how many people it has, its policy, its tools and their graph."""

    domain: str
    digest: str
    snapshot: str
    now: datetime.date
    people: int
    policy: str
    clauses: tuple[ClauseShown, ...]
    tools: tuple[ToolSpec, ...]
    graph: tuple[EdgeShown, ...]


def domain_shown(world: World, snapshot: str = "") -> DomainShown:
    """The domain in that snapshot, the first unless said. Raises `UnknownSnapshot`."""
    snapshot = snapshot or world.snapshots(1)[0]
    brief, graph = world.brief(snapshot), api_graph(world)
    edges: list[tuple[str, str, list[str]]] = list(graph.edges(data="feeds"))
    told = clauses_of(brief.policy)
    return DomainShown(
        domain=world.name,
        digest=world.digest,
        snapshot=snapshot,
        now=brief.now,
        people=len(brief.people),
        policy=brief.policy,
        clauses=tuple(
            ClauseShown(number=one.number, text=told.get(one.number, one.text), by=tuple(one.by))
            for one in world.clauses
        ),
        tools=tuple(world.specs.values()),
        graph=tuple(EdgeShown(source=source, target=target, feeds=tuple(fed)) for source, target, fed in edges),
    )
