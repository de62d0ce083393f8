from tests.small_worlds import Workshop
from tools_env.graph import api_graph
from tools_env.resolve import resolve


def test_an_edge_leads_from_what_yields_to_what_takes():
    graph = api_graph(Workshop.world())
    assert graph.edges["find_owner", "list_shelves"]["feeds"] == ["owner_id"]
    assert graph.edges["hang", "paint"]["feeds"] == ["shelf_id"]
    assert graph.edges["list_shelves", "hang"]["feeds"] == ["owner_id", "above"]
    assert not graph.has_edge("take_down", "paint"), "it yields plain text"
    assert not graph.has_edge("paint", "find_owner"), "a name is no identifier"
    assert not any(source == target for source, target in graph.edges)
    assert graph.nodes["paint"]["writes"]
    assert not graph.nodes["get_shelf"]["writes"]


def test_policy_may_forbid_pairs():
    graph = api_graph(Workshop.world(), {("hang", "paint")})
    assert not graph.has_edge("hang", "paint")
    assert graph.has_edge("hang", "widen")


def test_every_retail_write_can_be_fed():
    world = resolve("retail")
    graph = api_graph(world)
    for spec in world.specs.values():
        fed = {name for source in graph.predecessors(spec.name) for name in graph.edges[source, spec.name]["feeds"]}
        wanted = {p.name for p in spec.params if p.meaning.kind == "identifier"}
        assert wanted <= fed, spec.name
    assert graph.has_edge("request_return", "book_pickup")
    assert graph.has_edge("open_claim", "settle_claim")
