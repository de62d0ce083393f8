"""The API graph: tools, with A→B where B can consume what A yields and policy lets them co-occur."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    import networkx as nx

    from tools_env.port import World


def api_graph(world: World, forbidden: Collection[tuple[str, str]] = ()) -> nx.DiGraph[str]:
    """Tools as nodes (`writes`), edges from types (arXiv 2504.03601 §3.1), each with the arguments it can feed.

    A yields an identifier of kind K and B has an argument of kind K. `forbidden` pairs are left out.
    """
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for spec in world.specs.values():
        graph.add_node(spec.name, writes=spec.writes)
    for source in world.specs.values():
        kinds = {y.meaning.of for y in source.yields if y.meaning.kind == "identifier"}
        for target in world.specs.values():
            fed = [p.name for p in target.params if p.meaning.kind == "identifier" and p.meaning.of in kinds]
            if fed and source is not target and (source.name, target.name) not in forbidden:
                graph.add_edge(source.name, target.name, feeds=fed)
    return graph
