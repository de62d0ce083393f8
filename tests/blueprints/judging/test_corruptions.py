"""Every way to spoil a good talk is found at its gate, the right one is blamed, and no gate can be done without."""

from functools import cache
from itertools import islice

import pytest

from apigen_mt.audit.corruptions import ALL
from apigen_mt.audit.editing import Talk
from apigen_mt.audit.rehearsal import rehearsed
from blueprints.judging.verdict import Verdict
from tests.blueprints.talks import DOMAINS, failed, said, world_of

COUNT, FEW, MORE = 24, 2, 5
WORLDS = (*DOMAINS, "clinic")
RARE = frozenset(
    {
        "handed over without need",
        "one too few of several",
        "words beside a call",
        "the forbidden is done on push-back",
        "the first wish, after a change of mind",
        "a condition read the wrong way round",
        "a mishap that is not got over",
        "a mishap taken for the end",
    }
)
"""What the few talks here may have no place for."""
NEEDED = {
    "blueprint": "the blueprint's id is wrong",
    "replay": "an observation is altered",
    "fidelity": "the human invents a date",
    "ending": "an endpoint broke down",
    "form": "a call is written as text",
    "state": "a write is left out",
    "assertions": "not as asserted",
    "outputs": "the answer is never told",
    "evidence": "a refusal without its reason",
    "conduct": "a write against a no",
    "provenance": "a record is read before its id was seen",
    "truthfulness": "an amount is invented",
}
"""For each gate a corruption that no other gate finds."""


@cache
def talks(domain: str) -> tuple[Talk, ...]:
    return tuple(rehearsed(world_of(domain), 0, COUNT))


@cache
def judged(domain: str, most: int = FEW) -> dict[str, list[Verdict]]:
    """The verdicts on the first few talks that can be spoilt in each way."""
    found: dict[str, list[Verdict]] = {}
    for name, kind in ALL.items():
        spoilt = (kind.spoil(talk) for talk in talks(domain))
        found[name] = [talk.verdict() for talk in islice(filter(None, spoilt), most)]
    return found


@pytest.mark.parametrize("domain", WORLDS)
def test_every_rehearsed_talk_passes(domain):
    wrong = [said(verdict) for talk in talks(domain) if not (verdict := talk.verdict()).ok]
    assert len({talk.blueprint.kind for talk in talks(domain)}) >= 5
    assert not wrong


def check_spoilt(domain: str, most: int) -> None:
    for name, verdicts in judged(domain, most).items():
        for verdict in verdicts:
            assert not verdict.ok, name
            assert ALL[name].gates & set(failed(verdict)), f"{name}: {said(verdict)}"
            assert verdict.fault in ALL[name].faults, f"{name}: {said(verdict)}"


@pytest.mark.parametrize("domain", WORLDS)
def test_a_spoilt_talk_fails_at_its_gate_and_the_right_one_is_blamed(domain):
    check_spoilt(domain, FEW)


@pytest.mark.proof
@pytest.mark.parametrize("domain", WORLDS)
def test_more_spoilt_talks_fail_at_their_gates_and_the_right_one_is_blamed(domain):
    check_spoilt(domain, MORE)


def test_every_way_is_tried():
    tried = {name for domain in WORLDS for name, verdicts in judged(domain).items() if verdicts}
    assert set(ALL) - tried <= RARE
    assert sum(len(v) for domain in WORLDS for v in judged(domain).values()) >= 500


@pytest.mark.parametrize("gate", NEEDED)
def test_no_gate_can_be_done_without(gate):
    """Some spoilt talk fails at this gate alone: judged without it, the audit would let it pass."""
    kind = ALL[NEEDED[gate]]
    assert gate in kind.gates
    spoilt = [found for domain in DOMAINS for talk in talks(domain) if (found := kind.spoil(talk)) is not None]
    alone = [talk for talk in spoilt if failed(talk.verdict()) == [gate]]
    assert alone
    assert all(talk.verdict(without={gate}).ok for talk in alone)
