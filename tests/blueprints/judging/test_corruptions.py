"""Every way to spoil a good talk is found at its gate, and the right speaker is blamed."""

import pytest

from tests.blueprints.judging.corruptions import ALL, adding
from tests.blueprints.talks import DOMAINS, dozens, failed, gate, of_kind, rehearsed, said


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_rehearsed_talk_passes(domain):
    talks = rehearsed(domain, 72)
    for kind in ("act", "inform", "refuse"):
        assert len(of_kind(talks, kind)) >= 12
    wrong = [said(verdict) for talk in talks if not (verdict := talk.verdict()).ok]
    assert not wrong


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("name", ALL)
def test_a_spoilt_talk_fails_at_its_gate(domain, name):
    case = ALL[name]
    spoilt = [found for talk in dozens(domain) if (found := case.spoil(talk)) is not None]
    assert len(spoilt) >= case.least
    for talk in spoilt:
        verdict = talk.verdict()
        assert not verdict.ok
        assert gate(verdict, case.gate).status == "fail", said(verdict)
        assert gate(verdict, case.gate).evidence
        assert verdict.fault == case.fault, said(verdict)
        if case.gate in {"truthfulness", "ending"}:
            assert failed(verdict) == [case.gate], said(verdict)


@pytest.mark.parametrize("domain", DOMAINS)
def test_an_invented_identifier_is_found(domain):
    made_up, shown_by = {"library": ("L9753", "list_loans"), "retail": ("F99753", "list_orders")}[domain]
    talks = [talk for talk in dozens(domain) if any(talk.called(n).call.name == shown_by for n in talk.reads())]
    assert len(talks) >= 10
    for talk in talks:
        spoilt = adding(f"Your reference is {made_up}.")(talk)
        assert spoilt is not None
        assert failed(spoilt.verdict()) == ["truthfulness"]


@pytest.mark.proof
@pytest.mark.parametrize("domain", DOMAINS)
def test_of_thousands_of_spoilt_talks_none_passes(domain, record_property):
    talks = rehearsed(domain, 250, 7)
    spoilt = [(name, found) for name, case in ALL.items() for t in talks if (found := case.spoil(t)) is not None]
    passed = [(name, talk.blueprint.instruction) for name, talk in spoilt if talk.verdict().ok]
    record_property("spoilt talks", len(spoilt))
    assert len(spoilt) >= 5000
    assert not passed
