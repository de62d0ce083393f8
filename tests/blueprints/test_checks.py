"""Every gate of phase one: a sound blueprint passes them all, and with one thing broken the right one says so."""

from collections.abc import Iterator

import pytest

from blueprints.blueprint import Blueprint, Rejected
from blueprints.checks import check, world_gates
from tests.blueprints.breaks import ALL
from tests.blueprints.talks import DOMAINS, planned, world_of


def blueprints(domain: str) -> tuple[Blueprint, ...]:
    return planned(domain, 72)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_sound_blueprint_passes_every_gate(domain):
    world = world_of(domain)
    wrong = [found for b in blueprints(domain) for found in check(b, world)]
    assert not wrong


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("break_", ALL, ids=lambda b: b.__name__)
def test_one_thing_broken_is_found_at_its_gate(domain, break_):
    world = world_of(domain)
    broken = [found for b in blueprints(domain)[:40] if (found := break_(b)) is not None]
    assert broken
    for blueprint in broken[:12]:
        stages = [r.stage for r in check(blueprint, world)]
        assert ALL[break_] in stages, (blueprint.instruction, list(check(blueprint, world)))


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("break_", [b for b, gate in ALL.items() if gate in {"leakage", "wording"}],
                         ids=lambda b: b.__name__)  # fmt: skip
def test_words_alone_never_trouble_the_gates_of_the_world(domain, break_):
    found = [b for b in map(break_, blueprints(domain)[:20]) if b is not None]
    assert found
    assert not [r for b in found for r in only(world_gates(b, world_of(domain)))]


def only(found: Iterator[Rejected]) -> list[Rejected]:
    return [r for r in found if r.stage not in {"outputs", "evidence"}]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_rejection_says_why_in_words(domain):
    world = world_of(domain)
    for break_ in ALL:
        broken = next((found for b in blueprints(domain) if (found := break_(b)) is not None), None)
        assert broken is not None, break_.__name__
        assert all(len(r.reason) > 10 and r.reason[0] != "<" for r in check(broken, world))
