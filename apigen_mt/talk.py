"""The talk loop: human and agent take turns over an open session until the human is content or a limit is reached."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apigen_mt.cast.ports import Agent, AgentTurn, AgentView, GaveUp, Human, HumanView, WantedCall
from apigen_mt.messages import messages_in
from apigen_mt.models.failures import EndpointError
from apigen_mt.models.retry import Pace
from blueprints.blueprint import Blueprint
from blueprints.judging.doomed import doomed, lasting
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.verdict import EndReason
from blueprints.solution import opened
from tools_env.calls import Call, Outcome, Refusal, named, no_such_tool
from tools_env.course import Called, Course, Event, Said
from tools_env.port import Session, World
from tools_env.values import Json

LOCAL = frozenset({"context", "server", "timeout", "garbage"})
"""Kinds of endpoint errors that end one talk; the others (key, address, quota, a refused request) stop the run."""


CUT = 10_000
"""Signs of a message of the agent that are kept: more than a talk may have that is kept, and no more than is needed to
see that.
"""
MATTERS, ACTIONS = 6, 20
"""Limits are meant for tasks of at most so many matters and calls."""
TURNS_EACH, CALLS_EACH = 3, 2
"""So many more messages for each further matter, and calls for each further call."""


class Limits(NamedTuple):
    """How long a talk may go on: messages of each speaker, calls in all, messages of calls between two words to the
    human, tokens of both speakers, seconds. None is no limit.
    """

    turns: int = 30
    calls: int = 60
    calls_in_a_row: int = 15
    tokens: int | None = None
    seconds: float | None = None

    def fitting(self, blueprint: Blueprint) -> "Limits":
        """The limits of one task: a long one may go on for longer."""
        turns = self.turns + TURNS_EACH * max(0, len(blueprint.stages) - MATTERS)
        calls = self.calls + CALLS_EACH * max(0, len(blueprint.actions) - ACTIONS)
        return self._replace(turns=turns, calls=calls)


@dataclass(slots=True)
class Played:
    """A finished talk, before it is judged. `why` tells more of an end that was not the human's."""

    course: Course
    human_turns: tuple[HumanTurn, ...]
    end_reason: EndReason
    why: str = ""


@dataclass(slots=True)
class _Stage:
    """The talk as it stands, and what it is held to."""

    blueprint: Blueprint
    world: World
    session: Session
    limits: Limits
    system: str
    tools: tuple[dict[str, Json], ...]
    spent: Callable[[], int] | None = None
    fail_fast: bool = False
    events: list[Event] = field(default_factory=list)
    human_turns: list[HumanTurn] = field(default_factory=list)
    batch: int = 0
    calls: int = 0
    shown: list[dict[str, Json]] = field(default_factory=list)
    told: int = 0

    def course(self) -> Course:
        return Course(events=tuple(self.events))

    def view(self) -> AgentView:
        """What the agent sees: the messages it has seen before, and those of the events since."""
        self.shown += messages_in(self.events[self.told :])
        self.told = len(self.events)
        return AgentView(system=self.system, tools=self.tools, messages=tuple(self.shown))


async def play(
    blueprint: Blueprint,
    world: World,
    human: Human,
    agent: Agent,
    limits: Limits | None = None,
    *,
    spent: Callable[[], int] | None = None,
    pace: Pace | None = None,
    fail_fast: bool = False,
) -> Played:
    """Play a blueprint once. Never raises for what the speakers do: their faults end the talk with a reason.

    A limit of tokens needs `spent`, the tokens that the talk has used so far, and one of seconds needs the `pace` of
    time. With `fail_fast` the talk ends after the agent's message from which on it can no longer succeed.
    """
    limits = (limits or Limits()).fitting(blueprint)
    if (limits.tokens is not None and spent is None) or (limits.seconds is not None and pace is None):
        raise ValueError("a limit of tokens or seconds needs somebody who counts them")
    session = opened(blueprint, world)
    policy = world.brief(blueprint.snapshot).policy
    tools = tuple(s.function() for s in blueprint.offered(world.specs).values())
    stage = _Stage(blueprint, world, session, limits, policy, tools, spent, fail_fast)
    try:
        if limits.seconds is None or pace is None:
            return await _played(stage, human, agent)
        return await _in_time(stage, _played(stage, human, agent), limits.seconds, pace)
    finally:
        session.close()


async def _in_time(stage: _Stage, talk: Coroutine[Any, Any, Played], seconds: float, pace: Pace) -> Played:
    """The talk, or as far as it went in so many seconds: an expired one ends while a reply is awaited."""
    playing, alarm = asyncio.ensure_future(talk), asyncio.ensure_future(pace.sleep(seconds))
    try:
        await asyncio.wait((playing, alarm), return_when=asyncio.FIRST_COMPLETED)
        return playing.result() if playing.done() else _end(stage, "over_time", f"{seconds:g} seconds")
    finally:
        playing.cancel()
        alarm.cancel()
        await asyncio.gather(playing, alarm, return_exceptions=True)


async def _played(stage: _Stage, human: Human, agent: Agent) -> Played:
    try:
        for number in range(stage.limits.turns):
            if over := _over_tokens(stage):
                return over
            turn = await human.speak(_heard(stage, number))
            if turn is None:
                return _end(stage, "void", "the human had nothing to say that stands")
            stage.events.append(Said(speaker="human", text=turn.text))
            stage.human_turns.append(turn.model_copy(update={"turn": len(stage.events) - 1}))
            if STOP in turn.text:
                return _end(stage, "user_stop")
            ended = await _agent_acts(stage, agent)
            if ended is not None:
                return ended
        return _end(stage, "over_turn", f"{stage.limits.turns} turns")
    except GaveUp as gave_up:
        return _end(stage, "void", str(gave_up))
    except EndpointError as error:
        if error.kind not in LOCAL:
            raise
        return _end(stage, "context_limit" if error.kind == "context" else "infrastructure", error.message)


async def _agent_acts(stage: _Stage, agent: Agent) -> Played | None:
    """Let the agent call tools until it speaks to the human; the end of the talk if it goes on for too long."""
    for _ in range(stage.limits.calls_in_a_row):
        if over := _over_tokens(stage):
            return over
        turn = await agent.reply(stage.view())
        if not turn.calls:
            stage.events.append(Said(speaker="agent", text=turn.text[:CUT], reasoning=turn.reasoning))
            return _hopeless(stage) if turn.text.strip() else _end(stage, "void", "the agent said nothing")
        if ended := _carry_out(stage, turn) or _hopeless(stage):
            return ended
    return _end(stage, "over_call", f"{stage.limits.calls_in_a_row} messages of calls in a row")


def _over_tokens(stage: _Stage) -> Played | None:
    """The end of a talk that has used its tokens; nobody is asked for another message."""
    most = stage.limits.tokens
    if most is None or stage.spent is None or (used := stage.spent()) < most:
        return None
    return _end(stage, "over_token", f"{used} of {most} tokens")


def _hopeless(stage: _Stage) -> Played | None:
    """The end of a talk that can no longer succeed, with the gate that will not pass."""
    if not stage.fail_fast:
        return None
    course = stage.course()
    breaches = lasting(stage.session, course)
    found = doomed(stage.blueprint, course, stage.human_turns, stage.world, breaches)
    return _end(stage, "failed_fast", f"{found.gate}: {found.evidence[0].text}") if found else None


def _carry_out(stage: _Stage, turn: AgentTurn) -> Played | None:
    """Make the calls of one agent message; the end of the talk when there are too many, or the world itself failed."""
    if turn.text.strip():
        stage.events.append(Said(speaker="agent", text=turn.text[:CUT], batch=stage.batch))
    sound = True
    for number, wanted in enumerate(turn.calls):
        if stage.calls == stage.limits.calls:
            return _end(stage, "over_call", f"{stage.limits.calls} calls")
        stage.calls += 1
        outcome = _outcome(stage, wanted)
        spec = stage.world.specs.get(wanted.name)
        stage.events.append(
            Called(
                call_id=f"call_{stage.calls}",
                call=Call(name=wanted.name, arguments=wanted.arguments or {}),
                outcome=outcome,
                writes=spec is not None and spec.writes,
                batch=stage.batch,
                raw=wanted.raw if wanted.arguments is None else "",
                reasoning=turn.reasoning if number == 0 else "",
                promoted=wanted.promoted,
            )
        )
        sound = sound and outcome.outcome != "fault"
    stage.batch += 1
    return None if sound else _end(stage, "infrastructure", "a tool is out of order")


def _outcome(stage: _Stage, wanted: WantedCall) -> Outcome:
    if wanted.name in stage.blueprint.withheld:
        return no_such_tool(wanted.name)
    if wanted.arguments is None:
        return Refusal(reason=f"The arguments of {named(wanted.name)} are not a JSON object.", cause="arguments")
    return stage.session.call(Call(name=wanted.name, arguments=wanted.arguments))


def _heard(stage: _Stage, number: int) -> HumanView:
    said = tuple((e.speaker, e.text) for e in stage.events if isinstance(e, Said) and e.batch is None)
    return HumanView(dialogue=said, turn=number)


def _end(stage: _Stage, reason: EndReason, why: str = "") -> Played:
    return Played(stage.course(), tuple(stage.human_turns), reason, why)
