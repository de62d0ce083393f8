"""A talk is only given up when no end could make it pass."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from apigen_mt.audit import corruptions, harmless
from apigen_mt.audit.editing import Talk
from apigen_mt.audit.rehearsal import rehearsed
from blueprints.judging.doomed import doomed, lasting
from blueprints.judging.verdict import GateResult
from blueprints.solution import opened
from tests.blueprints.drawn import WORLDS
from tests.blueprints.talks import DOMAINS, said, world_of
from tools_env.course import Called, Course, Said

MANY = 12
"""So many ways to spoil a talk are noticed before its end, at the least."""


def given_up(talk: Talk, since: int = 0) -> tuple[int, GateResult] | None:
    """After which event, and by which gate, if at all: asked after every message of the agent, as in a talk, that ends
    at an event from `since` on.
    """
    session = opened(talk.blueprint, talk.world)
    ends = set(ends_of_messages(talk))
    for place, event in enumerate(talk.events):
        if isinstance(event, Called) and not event.raw:
            session.call(event.call)
        if place in ends and place >= since:
            course = Course(events=tuple(talk.events[: place + 1]))
            turns = [turn for turn in talk.human_turns if turn.turn <= place]
            breaches = lasting(session, course)
            if found := doomed(talk.blueprint, course, turns, talk.world, breaches):
                return place, found
    return None


def parting(talk: Talk, other: Talk) -> int:
    """The last place up to which two talks are the same: what one is there the other is, too."""
    if talk.blueprint != other.blueprint:
        return 0
    both = zip(talk.items, other.items, strict=False)
    first = next((n for n, (one, two) in enumerate(both) if one != two), min(len(talk.items), len(other.items)))
    return max(0, first - 1)


def ends_of_messages(talk: Talk) -> Iterator[int]:
    for place, (event, after) in enumerate(zip(talk.events, [*talk.events[1:], None], strict=True)):
        of_human = isinstance(event, Said) and event.speaker == "human"
        if not of_human and (after is None or event.batch is None or after.batch != event.batch):
            yield place


@cache
def talks(domain: str) -> tuple[Talk, ...]:
    found = [talk for talk in rehearsed(world_of(domain), 5, 8) if talk.verdict().ok]
    assert len(found) > 5
    return tuple(found)


@pytest.mark.parametrize("domain", WORLDS)
def test_no_good_talk_is_given_up_whatever_harmless_is_changed(domain):
    assert not [given for talk in talks(domain) if (given := given_up(talk))]
    tried = [(talk, change.vary(talk)) for talk in talks(domain)[::4] for change in harmless.ALL.values()]
    varied = [(talk, found) for talk, found in tried if found is not None and found.verdict().ok]
    assert len(varied) > 18
    assert not [given for talk, found in varied if (given := given_up(found, parting(talk, found)))]


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_given_up_fails_in_the_end_too_and_at_the_same_gate(domain):
    stopped: Counter[str] = Counter()
    for talk in talks(domain)[::4]:
        for name, case in corruptions.ALL.items():
            spoilt = case.spoil(talk)
            given = given_up(spoilt, parting(talk, spoilt)) if spoilt else None
            if spoilt is None or given is None:
                continue
            place, gate = given
            whole = spoilt.verdict()
            if any(g.gate == "replay" and g.status == "fail" for g in whole.gates):
                continue  # no talk that takes place is recorded wrongly
            stopped[name] += 1
            assert gate.gate in {g.gate for g in whole.gates if g.status == "fail"}, (name, gate, said(whole))
            early = spoilt.rebuilt(spoilt.items[: place + 1]).ending("failed_fast").verdict()
            first = next(g for g in early.gates if g.status == "fail")
            assert (first.gate, early.fault) == (gate.gate, gate.fault), (name, said(early))
    assert len(stopped) >= MANY
    assert {"a write is carried out twice", "a write before the yes"} <= stopped.keys()


@pytest.mark.parametrize("domain", WORLDS)
def test_a_talk_that_was_stopped_never_passes(domain):
    for talk in talks(domain)[:5]:
        verdict = talk.ending("failed_fast").verdict()
        assert [g.gate for g in verdict.gates if g.status == "fail"] == ["ending"]
