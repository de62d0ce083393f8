"""Which pairs of tools can follow each other in the data, and in what words it is said why the others cannot."""

import random

from blueprints.coverage import Coverage
from blueprints.reach import unreachable
from tests.blueprints.talks import world_of
from tests.small_worlds import Workshop
from tools_env.graph import api_graph


def test_every_pair_of_the_library_can_be_walked():
    world = world_of("library")
    assert unreachable(world, api_graph(world).edges, world.snapshots(4), random.Random(0)) == {}


def test_what_cannot_follow_has_a_reason():
    world = Workshop.world()
    pairs = [*api_graph(world).edges]
    found = unreachable(world, pairs, world.snapshots(2), random.Random(0), tries=6)
    assert 0 < len(found) < len(pairs)
    assert found["stumble", "get_shelf"].startswith("in 6 tries stumble is refused (LookupError")
    assert ("find_owner", "list_shelves") not in found


def test_the_same_generator_finds_the_same():
    world = Workshop.world()
    pairs = [*api_graph(world).edges]
    runs = [unreachable(world, pairs, world.snapshots(2), random.Random(3), tries=3) for _ in range(2)]
    assert runs[0] == runs[1]


def test_reasons_can_be_handed_to_the_coverage():
    world = world_of("retail")
    coverage = Coverage(world)
    pairs = [p for p in coverage.uncovered() if p[0] == "cancel_order"]
    found = unreachable(world, pairs, world.snapshots(4), random.Random(0), tries=4)
    assert "clause 2.1" in found["cancel_order", "change_order_address"]
    assert ("cancel_order", "get_order") not in found
    coverage.give_up(found)
    assert not set(found) & set(coverage.uncovered())
