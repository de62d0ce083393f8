"""The talk loop: human and agent take turns over an open session until the human is content or a limit is reached."""

from dataclasses import dataclass, field
from typing import NamedTuple

from apigen_mt.cast.ports import Agent, AgentTurn, AgentView, GaveUp, Human, HumanView, WantedCall
from apigen_mt.messages import messages_of
from apigen_mt.models.failures import EndpointError
from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.verdict import EndReason
from tools_env.calls import Call, Outcome, Refusal, no_such_tool
from tools_env.course import Called, Course, Event, Said
from tools_env.port import Session, World
from tools_env.values import Json

LOCAL = frozenset({"context", "server", "timeout", "garbage"})
"""Kinds of endpoint errors that end one talk; the others (key, address, quota, a refused request) stop the run."""


MATTERS, ACTIONS = 6, 20
"""Limits are meant for tasks of at most so many matters and calls."""
TURNS_EACH, CALLS_EACH = 3, 2
"""So many more messages for each further matter, and calls for each further call."""


class Limits(NamedTuple):
    """How long a talk may go on: messages of each speaker, calls in all, calls between two words to the human."""

    turns: int = 30
    calls: int = 60
    calls_in_a_row: int = 15

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
    """The talk as it stands."""

    session: Session
    system: str
    tools: tuple[dict[str, Json], ...]
    withheld: tuple[str, ...] = ()
    events: list[Event] = field(default_factory=list)
    human_turns: list[HumanTurn] = field(default_factory=list)
    batch: int = 0
    calls: int = 0

    def course(self) -> Course:
        return Course(events=tuple(self.events))


async def play(blueprint: Blueprint, world: World, human: Human, agent: Agent, limits: Limits | None = None) -> Played:
    """Play a blueprint once. Never raises for what the speakers do: their faults end the talk with a reason."""
    limits = (limits or Limits()).fitting(blueprint)
    session = world.open(blueprint.snapshot, blueprint.setup)
    offered = blueprint.offered(world.specs)
    tools = tuple(s.function() for s in offered.values())
    stage = _Stage(session, world.brief(blueprint.snapshot).policy, tools, blueprint.withheld)
    try:
        for number in range(limits.turns):
            turn = await human.speak(_heard(stage, number))
            if turn is None:
                return _end(stage, "void", "the human had nothing to say that stands")
            stage.events.append(Said(speaker="human", text=turn.text))
            stage.human_turns.append(turn.model_copy(update={"turn": len(stage.events) - 1}))
            if STOP in turn.text:
                return _end(stage, "user_stop")
            ended = await _agent_acts(stage, world, agent, limits)
            if ended is not None:
                return ended
        return _end(stage, "over_turn", f"{limits.turns} turns")
    except GaveUp as gave_up:
        return _end(stage, "void", str(gave_up))
    except EndpointError as error:
        if error.kind not in LOCAL:
            raise
        return _end(stage, "context_limit" if error.kind == "context" else "infrastructure", error.message)
    finally:
        session.close()


async def _agent_acts(stage: _Stage, world: World, agent: Agent, limits: Limits) -> Played | None:
    """Let the agent call tools until it speaks to the human; the end of the talk if it goes on for too long."""
    for _ in range(limits.calls_in_a_row):
        turn = await agent.reply(
            AgentView(system=stage.system, tools=stage.tools, messages=messages_of(stage.course()))
        )
        if not turn.calls:
            stage.events.append(Said(speaker="agent", text=turn.text, reasoning=turn.reasoning))
            return None if turn.text.strip() else _end(stage, "void", "the agent said nothing")
        if not _carry_out(stage, world, turn):
            return _end(stage, "infrastructure", "a tool is out of order")
        if stage.calls > limits.calls:
            return _end(stage, "over_turn", f"{limits.calls} calls")
    return _end(stage, "over_turn", f"{limits.calls_in_a_row} calls in a row")


def _carry_out(stage: _Stage, world: World, turn: AgentTurn) -> bool:
    """Make the calls of one agent message; False when the world itself failed."""
    if turn.text.strip():
        stage.events.append(Said(speaker="agent", text=turn.text, batch=stage.batch))
    sound = True
    for number, wanted in enumerate(turn.calls):
        stage.calls += 1
        outcome = _outcome(stage, wanted)
        spec = world.specs.get(wanted.name)
        stage.events.append(
            Called(
                call_id=f"call_{stage.calls}",
                call=Call(name=wanted.name, arguments=wanted.arguments or {}),
                outcome=outcome,
                writes=spec is not None and spec.writes,
                batch=stage.batch,
                raw=wanted.raw if wanted.arguments is None else "",
                reasoning=turn.reasoning if number == 0 else "",
            )
        )
        sound = sound and outcome.outcome != "fault"
    stage.batch += 1
    return sound


def _outcome(stage: _Stage, wanted: WantedCall) -> Outcome:
    if wanted.name in stage.withheld:
        return no_such_tool(wanted.name)
    if wanted.arguments is None:
        return Refusal(reason=f"The arguments of {wanted.name} are not a JSON object.", cause="arguments")
    return stage.session.call(Call(name=wanted.name, arguments=wanted.arguments))


def _heard(stage: _Stage, number: int) -> HumanView:
    said = tuple((e.speaker, e.text) for e in stage.events if isinstance(e, Said) and e.batch is None)
    return HumanView(dialogue=said, turn=number)


def _end(stage: _Stage, reason: EndReason, why: str = "") -> Played:
    return Played(stage.course(), tuple(stage.human_turns), reason, why)
