"""Figures of a policy: which can be asked for, and how the question is put."""

import datetime

import pytest

from apigen_mt.cast.reading import figure
from blueprints.figures import AMOUNT, COUNT, asked, figures
from blueprints.goal import Figure
from blueprints.wording import COUNT_FLOOR
from tests.blueprints.drawn import SWAPS, WORLDS
from tests.blueprints.talks import world_of
from tests.swap_world import SwapShop
from tools_env import authoring as env
from tools_env.mentions import mentions, spoken
from tools_env.port import World


class Numbers(env.Terms):
    days: int
    few: int
    fee: float
    total: int
    much: int


class Figured(SwapShop):
    """A shop with figures. Today is {now}.

    1 Bring it back within {days} days. There are {few} counters.
    2 A parcel is ${fee} and a crate is ${fee}. Orders of ${much} or more go free, up to {total} pieces; 30 are spared.
    3 No figures here, or 45 of them that are not the shop's own.
    4 The days are {days} or the total {total}, whichever comes first.
    5 Ask for a yes before every change.
    """

    terms: Numbers

    def fill(self, rng: env.Random) -> None:
        super().fill(rng)
        self.terms = Numbers(days=30, few=3, fee=4.25, total=1200, much=75)


FIGURED = Figured.world("figured")


def asked_of(world: World, clause: str) -> list[Figure]:
    return [f for f in figures(world, world.snapshots(1)[0]) if f.clause == clause]


def test_a_figure_is_asked_for_in_its_own_sentence():
    (days,) = asked_of(FIGURED, "1")
    assert (days.question, days.value, days.meaning) == ("Bring it back within how many days", 30, COUNT)


def test_a_count_that_is_too_easily_said_by_chance_is_not_asked_for():
    assert 3 not in {f.value for f in figures(FIGURED, "seed:0")}
    assert COUNT_FLOOR > 3


def test_an_amount_may_be_small_and_stands_once_in_its_sentence():
    found = asked_of(FIGURED, "2")
    assert 4.25 not in {f.value for f in found}
    much = next(f for f in found if f.meaning == AMOUNT)
    assert (much.question, much.value) == ("Orders of how much or more go free, up to 1200 pieces; 30 are spared", 75)


def test_only_what_the_data_says_is_asked_for():
    """A figure that every snapshot has would teach remembering it."""
    assert not asked_of(FIGURED, "3")
    assert 30 not in {f.value for f in asked_of(FIGURED, "2")}
    assert not [*figures(world_of(SWAPS), "seed:0")]


def test_of_two_figures_in_a_sentence_each_is_asked_for_beside_the_other():
    questions = {f.value: f.question for f in asked_of(FIGURED, "4")}
    assert questions == {
        30: "The days are how many or the total 1200, whichever comes first",
        1200: "The days are 30 or the total how many, whichever comes first",
    }


@pytest.mark.parametrize(
    ("sentence", "said", "question"),
    [
        ("At most 25 pieces", "25", "At most how many pieces"),
        ("A fee of $7.50 is due", "$7.50", "A fee of how much is due"),
        ("  Within   30\n days ", "30", "Within how many days"),
    ],
)
def test_the_figure_makes_way_for_the_question(sentence, said, question):
    assert asked(sentence, said) == question


@pytest.mark.parametrize("domain", WORLDS)
def test_a_question_begins_where_its_sentence_does(domain):
    """What stands after a semicolon leans on what stands before it."""
    for one in figures(world_of(domain), world_of(domain).snapshots(1)[0]):
        assert one.question[0].isupper(), one


@pytest.mark.parametrize("domain", WORLDS)
def test_every_figure_of_a_shipped_policy_is_read_back_out_of_it(domain):
    """The question holds no answer, and whoever lays it over the policy finds one."""
    world = world_of(domain)
    found = 0
    for snapshot in world.snapshots(8):
        policy = world.brief(snapshot).policy
        for one in figures(world, snapshot):
            assert mentions(policy, one.value, one.meaning)
            assert not mentions(one.question, one.value, one.meaning)
            told = figure(f'Can you tell me what your rules say here: "{one.question}"?', policy)
            assert mentions(told, one.value, one.meaning), (one, told)
            assert isinstance(one.value, int | float)
            assert one.meaning == AMOUNT or one.value >= COUNT_FLOOR
            assert one.clause in {c.number for c in world.clauses}
            found += 1
    assert found >= 8


@pytest.mark.parametrize("domain", WORLDS)
def test_snapshots_differ_in_what_can_be_asked(domain):
    """Who remembers one policy answers wrong under another."""
    world = world_of(domain)
    values: dict[str, set[str]] = {}
    for snapshot in world.snapshots(8):
        for one in figures(world, snapshot):
            values.setdefault(one.question, set()).add(spoken(one.value, one.meaning))
    assert any(len(v) > 1 for v in values.values())


def test_today_is_no_figure():
    assert FIGURED.brief("seed:0").now == datetime.date(2026, 3, 1)
    assert 2026 not in {f.value for f in figures(FIGURED, "seed:0")}
