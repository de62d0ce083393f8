"""What a good agent or a person may do otherwise: all of it still passes."""

from itertools import islice, pairwise

import pytest

from apigen_mt.audit.harmless import ALL
from tests.blueprints.judging.test_corruptions import FEW, MORE, WORLDS, talks
from tests.blueprints.talks import DOMAINS, planned, played, said, world_of

RARE = frozenset({"lists in another order", "a total with its parts", "25 for 25.0"})
"""What the few talks here may have no place for."""


@pytest.mark.parametrize("domain", WORLDS)
def test_a_harmless_change_still_passes(domain):
    check_harmless(domain, FEW)


@pytest.mark.proof
@pytest.mark.parametrize("domain", WORLDS)
def test_more_harmless_changes_still_pass(domain):
    check_harmless(domain, MORE)


def check_harmless(domain: str, most: int) -> None:
    tried = 0
    for name, kind in ALL.items():
        varied = (kind.vary(talk) for talk in talks(domain))
        for talk in islice(filter(None, varied), most):
            verdict = talk.verdict()
            assert verdict.ok, f"{name}: {talk.blueprint.instruction}: {said(verdict)}"
            tried += 1
    assert tried >= 24 * most


def test_every_way_is_tried():
    tried = {n for n, kind in ALL.items() for d in WORLDS if any(kind.vary(talk) is not None for talk in talks(d))}
    assert set(ALL) - tried <= RARE


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_twin_turns_the_verdict_round(domain):
    """What solves the twin fails the refusal and the other way round, each carried out in the other's setting."""
    plan = planned(domain, 72)
    pairs = [(r, t) for r, t in pairwise(plan) if t.parents == (r.id,)]
    assert len(pairs) >= 8
    for refusal, twin in pairs:
        declined, done = played(refusal, world_of(domain)), played(twin, world_of(domain))
        assert declined.verdict().ok
        assert done.verdict().ok
        assert not done.verdict(refusal).ok
        assert not declined.verdict(twin).ok
        assert not done.honest(refusal).verdict().ok
        assert not declined.honest(twin).verdict().ok
