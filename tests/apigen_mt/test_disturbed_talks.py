"""Talks that meet a mishap: who gets over it is kept, who gives up or makes it up is not."""

from collections import Counter
from pathlib import Path

import pytest

from apigen_mt import generate
from apigen_mt.cast.oracle import MORE, Oracle
from apigen_mt.cast.ports import AgentTurn, AgentView
from apigen_mt.cast.script import script_of
from apigen_mt.messages import messages_of, train_flags
from apigen_mt.verify import verify
from blueprints.blueprint import Blueprint
from blueprints.disturbing import SORTS
from blueprints.knowledge import people_table
from tests.blueprints.disturbed import disturbed
from tests.blueprints.drawn import WORLDS
from tests.blueprints.talks import Talk, failed, played, said, world_of
from tools_env.calls import Refusal, Result
from tools_env.course import Called, Said
from tools_env.disturbances import Mishap
from tools_env.resolve import resolve

EVERY = [(domain, sort) for domain in WORLDS for sort in SORTS]


class Quitter(Oracle):
    """Does not try again: says so, and is done with the person."""

    words = f"I'm sorry, that does not work today. {MORE}"
    given_up = False

    async def reply(self, view: AgentView) -> AgentTurn:
        """As the oracle, until something does not work."""
        return AgentTurn(text=self.words) if self.given_up else await super().reply(view)

    def _again(self, shown: str) -> AgentTurn | None:
        if super()._again(shown) is None:
            return None
        self.given_up = True
        return AgentTurn(text=self.words)

    def _let_go(self, shown: str) -> None:
        super()._let_go(shown)
        self.position = len(self.script[self.matter].tools)


class Believer(Quitter):
    """Takes an empty list for the truth, and the wish for a mistake."""

    words = f"There is nothing of that kind on your account. {MORE}"


class Boaster(Quitter):
    """Claims to have done what was refused."""

    words = f"Done, that is settled. {MORE}"


def with_player(kind: type[Oracle], blueprint: Blueprint, told: Blueprint | None = None) -> Talk:
    world = world_of(blueprint.domain)
    return played(blueprint, world, kind(script_of(told or blueprint), world.specs, people_table(world)))


def mishap(talk: Talk, sort: Mishap) -> int:
    """The place of the call that met the mishap."""
    cause = {"transient": "unavailable", "gone": "policy"}.get(sort)
    (place,) = talk.where(
        lambda e: (
            isinstance(e, Called)
            and (
                (isinstance(e.outcome, Refusal) and e.outcome.cause == cause)
                or (sort == "empty" and isinstance(e.outcome, Result) and e.outcome.value == [])
            )
        )
    )
    return place


@pytest.mark.parametrize(("domain", "sort"), EVERY)
def test_who_gets_over_it_passes(domain, sort):
    for blueprint in disturbed(domain, sort):
        talk = played(blueprint, world_of(domain))
        assert talk.verdict().ok, said(talk.verdict())
        assert talk.honest().course == talk.course
        messages = messages_of(talk.course)
        flags = [f for f in train_flags(talk.course, messages) if f]
        assert [f.train for f in flags].count(False) == (sort != "empty")
        assert sum(f.reason.startswith("recovery after") for f in flags) == 1


@pytest.mark.parametrize(("domain", "sort"), EVERY)
def test_who_gives_up_fails(domain, sort):
    for blueprint in disturbed(domain, sort):
        for kind in (Quitter, Believer, Boaster):
            verdict = with_player(kind, blueprint).verdict()
            assert not verdict.ok
            assert verdict.fault == "agent"
            assert set(failed(verdict)) & {"state", "outputs"}


@pytest.mark.parametrize("domain", WORLDS)
def test_a_change_that_met_an_error_is_made_again_without_a_second_yes_and_once_only(domain):
    checked = 0
    for blueprint in disturbed(domain, "transient", 8):
        talk = played(blueprint, world_of(domain))
        place = mishap(talk, "transient")
        if not talk.called(place).writes:
            continue
        again = talk.called(place + 1)
        assert again.call == talk.called(place).call
        assert isinstance(again.outcome, Result)
        assert talk.verdict().ok
        thrice = talk.with_at(place + 2, again.model_copy(update={"call_id": "once_more", "batch": 99})).honest()
        assert "conduct" in failed(thrice.verdict())
        checked += 1
    assert checked


@pytest.mark.parametrize("domain", WORLDS)
def test_who_never_tries_what_the_person_would_rather_have_fails(domain):
    for blueprint in disturbed(domain, "gone"):
        talk = with_player(Oracle, blueprint, blueprint.model_copy(update={"disturbances": ()}))
        verdict = talk.verdict()
        assert "state" in failed(verdict)
        if talk.end_reason == "user_stop":
            assert (failed(verdict), verdict.fault) == (["state"], "agent")


@pytest.mark.parametrize("domain", WORLDS)
def test_what_is_done_instead_needs_a_yes_of_its_own(domain):
    for blueprint in disturbed(domain, "gone"):
        talk = played(blueprint, world_of(domain))
        place = mishap(talk, "gone")
        assert isinstance(talk.events[place + 1], Said)
        assert isinstance(talk.events[place + 2], Said)
        assert not talk.without(place + 1, place + 2).honest().verdict().ok


def test_a_run_with_mishaps_is_the_same_whatever_the_concurrency_and_proves_again(tmp_path: Path):
    runs = [generate("library", 24, tmp_path / str(n), disturbances=1.0, concurrency=n) for n in (1, 7)]
    run = runs[0]
    assert [r.kept for r in runs] == [24, 24]
    one, other = ((r.folder / "dataset" / "data" / "train.jsonl").read_bytes() for r in runs)
    assert one == other
    report = verify(run.folder, resolve)
    assert (report.exit_code, report.checked) == (0, 24)
    kinds = Counter(d.kind for o in run.outcomes if o.blueprint for d in o.blueprint.disturbances)
    assert kinds.total() > 20
    assert {"transient", "empty"} <= kinds.keys()


def test_a_row_whose_mishap_is_taken_away_does_not_prove(tmp_path: Path):
    for sort in SORTS:
        (blueprint, *_) = disturbed("library", sort)
        talk = played(blueprint, world_of("library"))
        plain = blueprint.model_copy(update={"disturbances": ()}).sealed()
        assert "replay" in failed(talk.verdict(plain))
