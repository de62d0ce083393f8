"""Cheap tricks pass no task worth having: agents that do without understanding what every agent could do."""

from collections import Counter
from datetime import date
from typing import Annotated

import pytest

from blueprints.adversaries import ADVERSARIES, RIGHT_FOR, Tried, adversaries, talks
from blueprints.blueprint import Blueprint, Kind, Output, Stage
from tests.blueprints.talks import DOMAINS, planned, world_of
from tools_env import authoring as env
from tools_env.calls import Call, Result
from tools_env.course import Called
from tools_env.port import World
from tools_env.replay import replay
from tools_env.values import TEXT, Json

NAMES = ["silent", "refuse", "transfer", "echo", "repeat-user", "read-all", "do-everything"]
GuestId = Annotated[str, env.Identifier("guests"), env.Doc("The guest's id.")]


class Guest(env.Record):
    guest_id: GuestId
    name: str
    bells: int = 0


class Inn(env.Environment):
    """An inn with a bell. Today is {now}.

    1 Before you change anything, say what you will do and wait for a yes.
    """

    guests: env.Table[Guest]
    person, knows = "guests", ("name",)
    conduct = (env.confirmed_writes("1"),)

    def fill(self, rng: env.Random) -> None:
        self.now = date(2026, 1, 1)
        self.guests.put(Guest(guest_id="G1", name=rng.choice(["Ada Birk", "Ada Cho"])))

    @env.read()
    def find_guest(self, name: Annotated[str, env.Doc("The name.")]) -> Guest:
        """Find a guest."""
        return self.guests.one(name=name)

    @env.write(ask="hear the bell")
    def ring(self, guest_id: GuestId) -> Guest:
        """Ring the bell."""
        guest = self.guests[guest_id]
        return self.guests.change(guest, bells=guest.bells + 1)


def calls(tried: Tried, *, writes: bool) -> int:
    return sum(
        isinstance(e, Called) and e.writes == writes and isinstance(e.outcome, Result) for e in tried.scene.events
    )


def test_the_list_is_that_of_the_design():
    assert [a.name for a in ADVERSARIES] == NAMES


@pytest.mark.parametrize("domain", DOMAINS)
def test_few_tasks_are_so_cheap_and_the_gate_names_them_all(domain):
    check_cheap(domain, 24)


@pytest.mark.proof
@pytest.mark.parametrize("domain", DOMAINS)
def test_few_of_many_tasks_are_so_cheap_and_the_gate_names_them_all(domain):
    check_cheap(domain, 144)


def check_cheap(domain: str, count: int) -> None:
    world, cheap = world_of(domain), 0
    for blueprint in planned(domain, count):
        passing = {t.adversary.name for t in talks(blueprint, world) if t.verdict().ok}
        found = list(adversaries(blueprint, world))
        assert {r.stage for r in found} <= {"adversaries"}
        assert [n for n in NAMES if n in passing] == [r.reason.split("(")[1].split(")")[0] for r in found]
        cheap += bool(found)
    assert cheap <= count / 24


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_called_hopeless_is_failed_by_the_judge(domain):
    world = world_of(domain)
    tried = [t for blueprint in planned(domain, 20) for t in talks(blueprint, world)]
    hopeless = [t for t in tried if t.hopeless()]
    assert len(hopeless) > len(tried) / 2
    assert not [t.adversary.name for t in hopeless if t.verdict().ok]


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_adversary_fails_because_of_the_person(domain):
    world = world_of(domain)
    for blueprint in planned(domain, 20):
        for tried in talks(blueprint, world):
            wrong = {g.gate: g.fault for g in tried.verdict().gates if g.status == "fail"}
            if tried.adversary.name == "silent":
                assert tried.end_reason == "void"
                assert "ending" in wrong
            else:
                assert tried.end_reason == "user_stop"
                assert {*wrong.values()} <= {"agent"}
                assert "form" not in wrong


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_busy_ones_get_as_far_as_reading_and_writing(domain):
    """They fail because of what they do, not because they could do nothing."""
    world = world_of(domain)
    last = [[*talks(blueprint, world)][-1] for blueprint in planned(domain, 20)]
    assert sum(calls(t, writes=False) for t in last) >= 2 * len(last)
    assert sum(calls(t, writes=True) for t in last) >= len(last)


def task(world: World, **parts: object) -> Blueprint:
    """A change that takes no understanding: there is one thing that can be done, and it is to be done."""
    person = world.brief("seed:0").people[0]
    known: dict[str, Json] = {
        "name": {
            "value": person.facts["name"].value,
            "meaning": {"kind": "text"},
            "disclose": "if_asked",
            "label": "name",
        }
    }
    actions = [
        Call(name="find_guest", arguments={"name": person.facts["name"].value}),
        Call(name="ring", arguments={"guest_id": person.id}),
    ]
    fields = {
        "domain": world.name,
        "digest": world.digest,
        "snapshot": "seed:0",
        "person": person.id,
        "instruction": "You want to hear the bell.",
        "stages": [Stage(say="I would like to hear the bell.", wants="change", intent="hear the bell", until=2)],
        "known": known,
        "actions": actions,
        "diff": replay(world, "seed:0", (), actions).diff,
        "kind": "act",
    }
    return Blueprint.model_validate(fields | parts).sealed()


def reasons(blueprint: Blueprint, world: World) -> list[str]:
    return [r.reason for r in adversaries(blueprint, world)]


def test_to_do_the_only_thing_there_is_proves_nothing():
    world = Inn.world()
    (reason,) = reasons(task(world), world)
    assert "do-everything" in reason


def test_a_tool_that_is_withheld_is_never_called():
    world = Inn.world()
    blueprint = task(world, withheld=["ring"])
    assert reasons(blueprint, world) == []
    names = Counter(e.call.name for t in talks(blueprint, world) for e in t.scene.events if isinstance(e, Called))
    assert set(names) == {"find_guest"}


def test_a_person_who_changes_their_mind_does_so_before_they_agree():
    world = Inn.world()
    stage = Stage(say="I would like to hear the bell.", wants="change", until=2, change="No, wait: ring it loudly.")
    last = [*talks(task(world, stages=[stage]), world)][-1]
    assert [t.act for t in last.scene.human_turns] == ["raise", "answer", "correct", "confirm", "stop"]
    assert last.verdict().ok


def told(world: World, word: str, kind: Kind = "inform") -> Blueprint:
    """A question whose answer is a word that need not be read."""
    output = Output(name="word", label="word", meaning=TEXT, value=word)
    stage = Stage(say="What is the word of the day, please? Is it bells?", wants="answer")
    return task(world, stages=[stage], outputs=[output], diff={}, kind=kind)


def test_a_word_that_the_person_says_is_echoed():
    world = Inn.world()
    """The one that repeats the user says that all is done, which is found out."""
    assert [r.split("(")[1] for r in reasons(told(world, "day"), world)] == ["echo) passes: ask for more than that"]


def test_what_is_cheap_in_one_kind_is_right_in_another():
    world = Inn.world()
    assert ["transfer" in r for r in reasons(told(world, "colleague"), world)] == [True]
    assert reasons(told(world, "colleague", "transfer"), world) == []


def test_nothing_lets_silence_or_an_echo_pass_and_a_refusal_has_to_be_proven():
    right = set().union(*RIGHT_FOR.values())
    assert not right & {"silent", "echo", "repeat-user", "read-all", "do-everything"}
    assert not {"act", "inform", "refuse", "partial", "clarify", "policy_question"} & RIGHT_FOR.keys()
