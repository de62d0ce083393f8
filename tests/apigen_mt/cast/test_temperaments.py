"""Temperaments change how people talk, never what is right: rehearsal keeps every talk in each of them."""

import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

import apigen_mt
from apigen_mt.cast.asides import MANNERS, WHY, WITHOUT_NUMBER, Manner
from apigen_mt.cast.human_words import manner
from apigen_mt.cast.oracle import Oracle
from apigen_mt.cast.script import script_of
from apigen_mt.cast.scripted_human import ScriptedHuman
from apigen_mt.config import Config, ConfigError, parse
from apigen_mt.run_folder import RunFolder
from apigen_mt.talk import Played, play
from apigen_mt.temperaments import MIX, TEMPERAMENTS, Temperament, drawn
from blueprints.blueprint import Blueprint
from blueprints.judging.judge import judge
from blueprints.knowledge import people_table
from tests.blueprints.talks import at_once, planned, world_of
from tools_env.consent import affirms
from tools_env.mentions import MAIL, mentions
from tools_env.values import Meaning

SHIPPED = ("library", "retail", "clinic")
TAU2 = pytest.param("tau2:retail", marks=pytest.mark.skipif(find_spec("tau2") is None, reason="tau2 is not installed"))
REMARKS = [
    (name, remark)
    for name, one in MANNERS.items()
    for remark in (*one.raising, *one.answering, *(WHY if name == "mistrustful" else ()))
]
ALL = [t for one in MANNERS.values() for texts in one if isinstance(texts, tuple) for t in texts]
ALL += [*WHY, *WITHOUT_NUMBER]


def tasks(domain: str, count: int, folder: Path) -> list[Blueprint]:
    run = apigen_mt.generate(domain, count, folder / "run", seed=3)
    return [o.blueprint for o in run.outcomes if o.blueprint is not None]


def talked(blueprint: Blueprint, temperament: Temperament, attempt: int = 0) -> Played:
    world = world_of(blueprint.domain)
    human = ScriptedHuman(blueprint, attempt, temperament, world.specs)
    oracle = Oracle(script_of(blueprint), world.specs, people_table(world))
    return at_once(play(blueprint, world, human, oracle))


def check_temperaments(domain: str, found: list[Blueprint]) -> None:
    """All talks are kept, and the temperaments can be told by how much people say."""
    world, wrong = world_of(domain), []
    words: Counter[str] = Counter()
    for temperament in TEMPERAMENTS:
        for blueprint in found:
            played = talked(blueprint, temperament)
            verdict = judge(blueprint, played.course, played.human_turns, played.end_reason, world)
            if not verdict.ok:
                wrong.append((temperament, blueprint.instruction, played.why, verdict.fault))
            words[temperament] += sum(len(e.text) for _, e in played.course.said("human"))
    assert not wrong
    assert words["terse"] < words["plain"] < min(words["chatty"], words["impatient"], words["tangential"])


@pytest.mark.parametrize("domain", ["library", "retail"])
def test_a_sample_of_talks_is_kept_in_each_temperament(domain):
    check_temperaments(domain, list(planned(domain, 6, as_run=True)))


@pytest.mark.proof
@pytest.mark.parametrize("domain", [*SHIPPED, TAU2])
def test_every_talk_is_kept_in_each_temperament(domain, tmp_path):
    found = tasks(domain, 60, tmp_path)
    assert len(found) >= 40
    check_temperaments(domain, found)


def test_what_people_say_besides_is_varied():
    for name, one in MANNERS.items():
        for texts in (t for t in one if isinstance(t, tuple) and t):
            assert len(set(texts)) == len(texts) >= 8, name
    assert min(len(WHY), len(WITHOUT_NUMBER)) >= 8
    assert len(set(ALL)) == len(ALL)


@pytest.mark.parametrize("domain", [*SHIPPED, TAU2])
def test_remarks_hold_no_value_and_no_choice_of_a_world(domain):
    choices = {c for s in world_of(domain).specs.values() for p in s.params for c in p.choices}
    for _, remark in REMARKS:
        assert not re.search(r"\d|[$\u20ac\u00a3]", remark)
        assert not MAIL.search(remark)
        assert not [c for c in choices if mentions(remark, c, Meaning("choice"))], remark


def test_a_yes_is_one_and_nothing_else_is():
    for one in MANNERS.values():
        assert all(map(affirms, one.yes))
        assert not [t for t in (*one.raising, *one.answering, *one.insisting) if affirms(t)]
    assert not any(map(affirms, (*WHY, *WITHOUT_NUMBER)))


def test_remarks_are_no_requests():
    assert not [r for name, r in REMARKS if "?" in r and r not in WHY]
    assert not [
        r for _, r in REMARKS if re.search(r"\b(?:i want|i would like|i'd like|can you|could you)\b", r.lower())
    ]


def doubts(blueprint: Blueprint) -> list[str]:
    return [h.text for h in talked(blueprint, "mistrustful").human_turns if h.text in WHY]


def test_the_mistrustful_ask_once_what_a_thing_is_for_and_then_give_it():
    found = [b for b in planned("library", 24) if b.known["email"].disclose == "if_asked"]
    assert len(found) > 8
    for blueprint in found:
        assert len(doubts(blueprint)) == 1
        turns = talked(blueprint, "mistrustful").human_turns
        place = next(n for n, h in enumerate(turns) if h.text in WHY)
        assert (turns[place].act, turns[place + 1].fact_ids) == ("chat", ("email",))


def test_the_forgetful_describe_what_they_cannot_name():
    texts = [h.text for b in planned("library", 48) for h in talked(b, "forgetful").human_turns if "I mean" in h.text]
    assert len(texts) > 4
    assert all(any(t.startswith(w) or f" {w}" in t for w in WITHOUT_NUMBER) for t in texts)
    assert len({t.split("I mean")[0] for t in texts}) > 2


def test_a_temperament_is_drawn_by_blueprint_and_attempt_alone():
    names = [f"{n:x}" for n in range(4000)]
    found = [drawn(MIX, name, 0) for name in names]
    assert found == [drawn(dict(reversed(list(MIX.items()))), name, 0) for name in names]
    assert found != [drawn(MIX, name, 1) for name in names]
    assert all(abs(Counter(found)[kind] / len(names) - share) < 0.03 for kind, share in MIX.items())
    assert {drawn({"terse": 2, "plain": 0}, name, 0) for name in names} == {"terse"}


def test_rows_say_in_which_temperament_they_were_played(tmp_path):
    apigen_mt.generate("library", 12, tmp_path / "run", temperaments={"terse": 1, "chatty": 1})
    rows = list(RunFolder(tmp_path / "run").rows())
    assert {row.temperament for row in rows} == {"terse", "chatty"}
    assert len(rows) == 12


@pytest.mark.parametrize("shares", [{}, {"plain": 0}, {"terse": -1, "plain": 2}, {"plain": float("inf")}, {"rude": 1}])
def test_shares_that_make_no_mix_are_refused(shares):
    with pytest.raises(ConfigError, match="temperaments"):
        parse({"domain": "library", "temperaments": shares})
    assert sum(Config(domain="library").temperaments.values()) == pytest.approx(1)


def test_every_temperament_but_the_plain_one_is_told_to_models():
    assert manner("plain") == ""
    told = [manner(name) for name in TEMPERAMENTS[1:]]
    assert len(set(told)) == len(told)
    assert all(text.startswith("You ") and "##" not in text for text in told)
    assert isinstance(MANNERS["plain"], Manner)
