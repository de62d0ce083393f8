"""The talk loop: who sees what, and how a talk ends when a speaker does not do its part."""

from collections.abc import Sequence

import pytest

from apigen_mt.cast.ports import AgentTurn, AgentView, GaveUp, HumanView, WantedCall
from apigen_mt.cast.scripted_human import ScriptedHuman
from apigen_mt.messages import messages_of
from apigen_mt.models.failures import EndpointError, plain
from apigen_mt.talk import Limits, play
from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.judge import carried_out, judge
from tests.blueprints.drawn import WORLDS, talks, tasks
from tests.blueprints.talks import call as made
from tests.blueprints.talks import failed, planned, world_of
from tests.small_worlds import Workshop
from tools_env.calls import Fault, Refusal, Result
from tools_env.course import Called, Said

LIMITS = Limits(turns=4, calls=6, calls_in_a_row=3)


class Script:
    """An agent that takes turns from a list, the last one again and again; it keeps what it was shown."""

    def __init__(self, *turns: AgentTurn | Exception) -> None:
        self.turns = list(turns)
        self.views: list[AgentView] = []

    async def reply(self, view: AgentView) -> AgentTurn:
        self.views.append(view)
        turn = self.turns[min(len(self.views), len(self.turns)) - 1]
        if isinstance(turn, Exception):
            raise turn
        return turn


class Says:
    """A human that says these words, then nothing."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.views: list[HumanView] = []

    async def speak(self, view: HumanView) -> HumanTurn | None:
        self.views.append(view)
        return HumanTurn(act="chat", text=self.texts.pop(0)) if self.texts else None


@pytest.fixture(autouse=True, scope="module")
def _drafted():
    """Draft before any test's event loop runs: drafting runs one of its own."""
    planned("library", 1)


def task() -> Blueprint:
    return planned("library", 1)[0]


def call(name: str, raw: str = "", **arguments: str) -> AgentTurn:
    return AgentTurn(calls=(WantedCall(name=name, arguments=None if raw else dict(arguments), raw=raw),))


async def played(agent: Script, human: Says | ScriptedHuman | None = None, limits: Limits = LIMITS):
    return await play(task(), world_of("library"), human or ScriptedHuman(task()), agent, limits)


def calls_of(events: Sequence) -> list[Called]:
    return [event for event in events if isinstance(event, Called)]


async def test_an_agent_that_says_nothing_ends_the_talk():
    done = await played(Script(AgentTurn(text=" \n")))
    assert (done.end_reason, done.why) == ("void", "the agent said nothing")
    assert not judge(task(), done.course, done.human_turns, done.end_reason, world_of("library")).ok


async def test_a_human_with_nothing_to_say_ends_the_talk():
    done = await played(Script(AgentTurn(text="Yes?")), Says("Hello."))
    assert (done.end_reason, len(done.human_turns), len(done.course.events)) == ("void", 1, 2)


async def test_a_human_who_is_content_ends_the_talk_and_is_not_answered():
    agent = Script(AgentTurn(text="Yes?"))
    done = await played(agent, Says("Hello.", f"Bye. {STOP}"))
    assert (done.end_reason, len(agent.views)) == ("user_stop", 1)
    assert [turn.turn for turn in done.human_turns] == [0, 2]


@pytest.mark.parametrize(
    ("turn", "why", "calls"),
    [
        (call("find_member", email="a@example.com"), "3 messages of calls in a row", 3),
        (AgentTurn(calls=call("nothing").calls * 7), "6 calls", 6),
    ],
)
async def test_a_loop_of_calls_has_an_end(turn, why, calls):
    done = await played(Script(turn))
    assert (done.end_reason, done.why, len(calls_of(done.course.events))) == ("over_call", why, calls)


async def test_a_talk_without_an_end_has_one():
    done = await played(Script(AgentTurn(text="Tell me more.")), Says(*["And so on."] * 9))
    assert (done.end_reason, len(done.human_turns)) == ("over_turn", LIMITS.turns)


async def test_unknown_tools_and_broken_arguments_are_refused_in_words_and_the_talk_goes_on():
    agent = Script(call("fly"), call("find_member", raw='{"email": '), AgentTurn(text="Sorry?"))
    done = await played(agent, Says("Hello.", STOP))
    unknown, broken = calls_of(done.course.events)
    assert isinstance(unknown.outcome, Refusal)
    assert unknown.outcome.cause == "unknown_tool"
    assert isinstance(broken.outcome, Refusal)
    assert (broken.outcome.cause, broken.raw) == ("arguments", '{"email": ')
    assert "not a JSON object" in str(agent.views[2].messages[-1]["content"])
    assert done.end_reason == "user_stop"


async def test_a_broken_world_is_nobodys_fault():
    agent = Script(call("stumble", shelf_id="S0"))
    done = await play(task().model_copy(update={"setup": ()}), Workshop.world("workshop"), Says("Hello."), agent)
    assert done.end_reason == "infrastructure"
    assert isinstance(calls_of(done.course.events)[0].outcome, Fault)


@pytest.mark.parametrize(
    ("kind", "end"),
    [("server", "infrastructure"), ("timeout", "infrastructure"), ("garbage", "infrastructure"),
     ("context", "context_limit")],
)  # fmt: skip
async def test_an_endpoint_that_fails_one_talk_ends_that_talk(kind, end):
    done = await played(Script(AgentTurn(text="Yes?"), plain(kind, "", "http://x")), Says("Hello.", "Hello?"))
    assert done.end_reason == end
    assert [e.text for e in done.course.events if isinstance(e, Said)] == ["Hello.", "Yes?", "Hello?"]


@pytest.mark.parametrize("kind", ["auth", "not_found", "bad_request", "unreachable", "rate"])
async def test_an_endpoint_that_cannot_be_used_stops_more_than_a_talk(kind):
    with pytest.raises(EndpointError):
        await played(Script(plain(kind, "", "http://x")))


async def test_a_script_that_gives_up_ends_the_talk_with_its_reason():
    done = await played(Script(GaveUp("nobody says the email")))
    assert (done.end_reason, done.why) == ("void", "nobody says the email")


async def test_the_agent_sees_policy_tools_and_talk_and_nothing_of_the_task():
    agent = Script(call("fly"), AgentTurn(text="Sorry?"))
    await played(agent)
    for view in agent.views:
        shown = view.model_dump_json()
        assert task().instruction not in shown
        assert task().id not in shown
        assert view.system == world_of("library").brief(task().snapshot).policy
        assert len(view.tools) == len(world_of("library").specs)
    assert agent.views[0].messages == ({"role": "user", "content": task().stages[0].say},)


async def test_the_human_hears_words_and_never_a_call_its_result_or_words_beside_it():
    human = Says("Hello.", "Well?")
    beside = call("find_member", email="nobody@example.com").model_copy(update={"text": "Let me look."})
    done = await played(Script(beside, AgentTurn(text="I found nobody.")), human)
    assert human.views[-1].dialogue[:2] == (("human", "Hello."), ("agent", "I found nobody."))
    assert messages_of(done.course)[1]["content"] == "Let me look."


async def test_what_was_done_is_done_in_the_order_it_was_asked_for():
    both = AgentTurn(calls=(*call("fly").calls, *call("swim").calls))
    done = await played(Script(both, AgentTurn(text="Done.")), Says("Hello.", STOP))
    assert [(c.call_id, c.call.name, c.batch) for c in calls_of(done.course.events)] == [
        ("call_1", "fly", 0),
        ("call_2", "swim", 0),
    ]


@pytest.mark.parametrize("domain", WORLDS)
async def test_a_tool_that_is_withheld_is_not_offered(domain):
    blueprint = tasks(domain, "missing_tool", 8)[0]
    agent = Script(AgentTurn(text="Sorry?"))
    await play(blueprint, world_of(domain), ScriptedHuman(blueprint), agent, LIMITS)
    shown = [tool["function"] for tool in agent.views[0].tools]
    names = {body["name"] for body in shown if isinstance(body, dict)}
    assert names == {*world_of(domain).specs} - {*blueprint.withheld}


@pytest.mark.parametrize("domain", WORLDS)
async def test_a_tool_that_is_withheld_is_refused_and_replays_so(domain):
    """Who guesses its name is told that there is no such tool, in the very words of one that there is not."""
    for blueprint in tasks(domain, "missing_tool", 8):
        (withheld,) = blueprint.withheld
        agent = Script(call(withheld), call("fly"), AgentTurn(text="Sorry?"))
        done = await play(blueprint, world_of(domain), Says("Hello.", STOP), agent, LIMITS)
        held, strange = (called.outcome for called in calls_of(done.course.events))
        assert isinstance(held, Refusal)
        assert isinstance(strange, Refusal)
        assert (held.cause, held.reason) == ("unknown_tool", strange.reason.replace("fly", withheld))
        replayed = carried_out(blueprint, done.course, world_of(domain))
        assert replayed.outcomes == (held, strange)
        assert replayed.diff == {}


@pytest.mark.parametrize("domain", WORLDS)
def test_a_talk_that_got_hold_of_what_is_withheld_does_not_pass(domain):
    """Whoever records that the tool worked is found out when the calls are made again."""
    for talk in talks(domain, "missing_tool", 8):
        assert talk.verdict().ok
        (withheld,) = talk.blueprint.withheld
        place = talk.agent_words()[-1]
        cheat = made(withheld, {}).model_copy(
            update={"call_id": "call_99", "outcome": Result(value={"done": True}), "writes": True, "batch": 99}
        )
        assert not talk.with_at(place, cheat).verdict().ok
        assert "replay" in failed(talk.with_at(place, cheat).verdict())


@pytest.mark.parametrize("domain", WORLDS)
def test_a_talk_that_does_the_rest_but_not_what_it_can_does_not_pass(domain):
    """That one thing cannot be done is no reason to leave the other."""
    checked = 0
    for talk in talks(domain, "missing_tool", 8):
        if talk.writes():
            assert "state" in failed(talk.without(talk.writes()[0]).honest().verdict())
            checked += 1
    assert checked
