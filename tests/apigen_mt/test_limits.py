"""Limits on a talk: each is an end of its own, with the right one at fault."""

import asyncio

import pytest

from apigen_mt.cast.model_agent import turn_of
from apigen_mt.cast.ports import AgentTurn, AgentView, HumanView, WantedCall
from apigen_mt.cast.scripted_human import ScriptedHuman
from apigen_mt.models.chat import ChatReply, Usage
from apigen_mt.models.failures import EndpointError, plain
from apigen_mt.models.retry import Pace
from apigen_mt.stats import summary
from apigen_mt.stopped import Stopped
from apigen_mt.talk import Limits, Played, play
from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.judge import judge
from tests.apigen_mt.rows import failed, kept, row
from tests.blueprints.talks import gate, planned, world_of
from tools_env.course import Called, Said

READ = AgentTurn(calls=(WantedCall(name="find_member", arguments={"email": "a@example.com"}),))
ASKS = AgentTurn(text="Could you please tell me your email?")


class Repeats:
    """An agent that takes the same turn again and again, each for so many tokens; or raises."""

    def __init__(self, *turns: AgentTurn | Exception, tokens: int = 0) -> None:
        self.turns = list(turns)
        self.each = tokens
        self.asked = 0

    def spent(self) -> int:
        return self.asked * self.each

    async def reply(self, _: AgentView) -> AgentTurn:
        turn = self.turns[min(self.asked, len(self.turns) - 1)]
        self.asked += 1
        if isinstance(turn, Exception):
            raise turn
        return turn


class Chatty:
    """A human who goes on and on; or whose model fails from some turn on."""

    def __init__(self, error: Exception | None = None, at: int = 99) -> None:
        self.error, self.at = error, at

    async def speak(self, view: HumanView) -> HumanTurn | None:
        if self.error and view.turn >= self.at:
            raise self.error
        return HumanTurn(act="chat", text="And so on.")


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()
        self.seconds: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await self.rung.wait()


@pytest.fixture(autouse=True, scope="module")
def _drafted():
    """Draft before any test's event loop runs: drafting runs one of its own."""
    planned("library", 1)


def task() -> Blueprint:
    return planned("library", 1)[0]


def fault_of(done: Played) -> str | None:
    verdict = judge(task(), done.course, done.human_turns, done.end_reason, world_of("library"))
    assert not verdict.ok
    return gate(verdict, "ending").fault


async def test_a_talk_that_uses_up_its_tokens_ends_before_the_next_request():
    agent = Repeats(READ, tokens=100)
    done = await play(task(), world_of("library"), Chatty(), agent, Limits(tokens=250), spent=agent.spent)
    assert (done.end_reason, done.why, agent.asked) == ("over_token", "300 of 250 tokens", 3)
    assert fault_of(done) == "agent"


async def test_a_human_who_ends_the_talk_with_the_last_token_has_ended_it():
    class Content(Chatty):
        async def speak(self, view: HumanView) -> HumanTurn | None:
            return HumanTurn(act="stop", text=STOP) if view.turn else await super().speak(view)

    agent = Repeats(ASKS, tokens=100)
    done = await play(task(), world_of("library"), Content(), agent, Limits(tokens=101), spent=agent.spent)
    assert done.end_reason == "user_stop"


async def test_a_talk_whose_time_is_up_ends_while_a_reply_is_awaited():
    clock, cancelled = Clock(), asyncio.Event()

    class Slow(Repeats):
        async def reply(self, view: AgentView) -> AgentTurn:
            if self.asked:
                clock.rung.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    cancelled.set()
            return await super().reply(view)

    done = await play(task(), world_of("library"), Chatty(), Slow(ASKS), Limits(seconds=7.5), pace=Pace(clock.sleep))
    assert (done.end_reason, done.why, clock.seconds) == ("over_time", "7.5 seconds", [7.5])
    assert [e.text for e in done.course.events if isinstance(e, Said)] == ["And so on.", ASKS.text, "And so on."]
    assert cancelled.is_set()
    assert fault_of(done) == "infrastructure"


async def test_a_talk_within_its_time_is_as_it_would_be_without():
    limits = Limits(turns=3)
    free = await play(task(), world_of("library"), ScriptedHuman(task()), Repeats(ASKS), limits)
    clock = Clock()
    held = await play(task(), world_of("library"), ScriptedHuman(task()), Repeats(ASKS),
                      limits._replace(seconds=1), pace=Pace(clock.sleep))  # fmt: skip
    assert held == free


async def test_an_error_that_stops_the_run_does_so_under_a_limit_of_time_too():
    broken = Repeats(plain("auth", "", "http://x"))
    with pytest.raises(EndpointError):
        await play(task(), world_of("library"), Chatty(), broken, Limits(seconds=1), pace=Pace(Clock().sleep))


@pytest.mark.parametrize("limits", [Limits(tokens=1), Limits(seconds=1)])
async def test_a_limit_that_nobody_measures_is_refused(limits):
    with pytest.raises(ValueError, match="needs somebody who counts"):
        await play(task(), world_of("library"), Chatty(), Repeats(ASKS), limits)


@pytest.mark.parametrize(
    ("human", "agent", "end", "fault"),
    [
        (Chatty(), Repeats(ASKS), "over_turn", "agent"),
        (Chatty(), Repeats(READ), "over_call", "agent"),
        (Chatty(), Repeats(ASKS, plain("context", "", "http://x")), "context_limit", "agent"),
        (Chatty(), Repeats(READ.model_copy(update={"text": "I see."}), plain("context", "", "http://x")),
         "context_limit", "agent"),
        (Chatty(plain("context", "", "http://x"), 1), Repeats(ASKS), "context_limit", "human"),
        (Chatty(), Repeats(AgentTurn(text=" ")), "void", "agent"),
        (Chatty(plain("garbage", "", "http://x"), 1), Repeats(ASKS), "infrastructure", "infrastructure"),
    ],
)  # fmt: skip
async def test_every_end_blames_the_one_who_was_to_go_on(human, agent, end, fault):
    done = await play(task(), world_of("library"), human, agent, Limits(turns=2, calls=9, calls_in_a_row=4))
    assert (done.end_reason, fault_of(done)) == (end, fault)


async def test_a_talk_that_can_no_longer_succeed_is_stopped_and_the_gate_named():
    agent = Repeats(ASKS, AgentTurn(text="It costs $7,431.87. What is your name?"), ASKS)
    done = await play(task(), world_of("library"), Chatty(), agent, fail_fast=True)
    assert (done.end_reason, done.why) == ("failed_fast", "truthfulness: $7,431.87 was never seen")
    assert agent.asked == 2
    verdict = judge(task(), done.course, done.human_turns, done.end_reason, world_of("library"))
    first = next(g for g in verdict.gates if g.status == "fail")
    assert (first.gate, verdict.fault, verdict.ok) == ("truthfulness", "agent", False)


async def test_calls_written_as_text_are_recorded_as_such():
    text = '{"name": "find_member", "arguments": {"email": "a@example.com"}}'
    promoted = turn_of(ChatReply(text=text), parse_text_calls=True)
    done = await play(task(), world_of("library"), Chatty(), Repeats(promoted, READ, ASKS), Limits(turns=1))
    assert [event.promoted for event in done.course.events if isinstance(event, Called)] == [True, False]
    plain_text = turn_of(ChatReply(text=text), parse_text_calls=False)
    done = await play(task(), world_of("library"), Chatty(), Repeats(plain_text), Limits(turns=1))
    verdict = judge(task(), done.course, done.human_turns, done.end_reason, world_of("library"))
    assert gate(verdict, "form").status == "fail"


def test_what_stopping_early_saved_is_an_estimate_from_the_other_talks():
    whole, spoilt = row(0), row(1, finished=False)
    used = {"agent": Usage(prompt=900, completion=100), "judge:j": Usage(prompt=5000)}
    early = spoilt.model_copy(update={"end_reason": "failed_fast", "usage": {"agent": Usage(prompt=300)}})
    outcomes = [kept(0, whole.model_copy(update={"usage": used})), failed(1, early)]
    assert (summary(outcomes).stopped_early, summary(outcomes).tokens_saved_estimate) == (1, 700)
    assert summary([failed(1, early)]).tokens_saved_estimate is None
    assert Stopped().saved() is None
