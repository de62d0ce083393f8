"""Scripted talks: blueprints, and what models answer in them, by task, role and turn and by nothing else."""

import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from apigen_mt.audit.rehearsal import at_once, worded_tasks
from apigen_mt.cast.model_human import ModelHuman
from apigen_mt.cast.oracle import Oracle
from apigen_mt.cast.ports import Agent, AgentTurn, AgentView, Human, HumanView
from apigen_mt.cast.script import script_of
from apigen_mt.cast.scripted_human import ScriptedHuman
from apigen_mt.config_roles import RoleConfig
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Sampling
from apigen_mt.planning import Mix, Planner
from apigen_mt.talk import Limits, play
from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import HumanTurn
from blueprints.knowledge import people_table
from blueprints.personas import shipped
from blueprints.size import Size
from tools_env.domains.retail import Retail
from tools_env.environment import ClassWorld
from tools_env.port import World
from tools_env.values import Json

AGENT, HUMAN = "scripted-agent", "scripted-human"
"""Models by which the server tells the roles apart."""
SIXTEEN = (
    "find_customer_by_email", "find_customer_by_name_and_postcode", "list_orders", "get_order", "list_products",
    "list_variants", "list_payment_methods", "list_returns", "place_order", "cancel_order", "change_order_address",
    "change_arrival", "set_gift_message", "switch_variant", "update_address", "request_return",
)  # fmt: skip
PLANNED = 2000
"""Of so many tasks at most talks of a wanted length are picked."""


@dataclass(frozen=True, slots=True)
class Script:
    """What a model says in one task: `mark` is the text by which its requests are told, `replies` are bodies by the
    number of messages in the request.
    """

    model: str
    mark: str
    replies: dict[int, str]


@dataclass(frozen=True, slots=True)
class ScriptedTalk:
    """A blueprint with the scripts of both speakers."""

    blueprint: Blueprint
    agent: Script
    human: Script

    def requests(self, *, human: bool) -> int:
        """How many requests its talk takes, of the agent alone or of both speakers."""
        return len(self.agent.replies) + (len(self.human.replies) if human else 0)


def sixteen_tools() -> World:
    """Retail with 16 of its tools."""
    world = ClassWorld(Retail, "retail")
    world.specs = {name: world.specs[name] for name in SIXTEEN}
    return world


def scripted_talks(
    world: World, count: int, lengths: Container[int], *, human: bool = False, size: Size | None = None
) -> tuple[ScriptedTalk, ...]:
    """The first `count` talks of a world that take so many requests, of the agent alone or, with `human`, of both."""
    return tuple(islice(_fitting(world, lengths, human=human, size=size), count))


def _fitting(world: World, lengths: Container[int], *, human: bool, size: Size | None) -> Iterator[ScriptedTalk]:
    mix = Mix({"act": 1.0}, personas=shipped(), size=size or Size(calls=6, spread=1), steer=0.0)
    marks: set[str] = set()
    for worded in islice(worded_tasks(Planner(world, 7, mix)), PLANNED):
        talk = scripted(worded, world) if isinstance(worded, Blueprint) else None
        if talk is None or talk.agent.mark in marks or talk.human.mark in marks:
            continue
        if talk.requests(human=human) in lengths:
            marks |= {talk.agent.mark, talk.human.mark}
            yield talk


def scripted(blueprint: Blueprint, world: World) -> ScriptedTalk | None:
    """What oracle and scripted human say, as replies of models; None if their talk does not come to its end."""
    agent = _NotedAgent(Oracle(script_of(blueprint), world.specs, people_table(world)))
    human = _NotedHuman(ScriptedHuman(blueprint, 0, "plain", world.specs))
    done = at_once(play(blueprint, world, human, agent, Limits()))
    if done.end_reason != "user_stop":
        return None
    part = ModelHuman(blueprint, world, _Mute(), RoleConfig(), Sampling(), 0, "plain").system
    return ScriptedTalk(
        blueprint,
        Script(AGENT, blueprint.stages[0].say, {n: _agent_body(n, turn) for n, turn in agent.turns.items()}),
        Script(HUMAN, part, {n: _human_body(n, turn) for n, turn in human.turns.items()}),
    )


@dataclass(slots=True)
class _NotedAgent:
    agent: Agent
    turns: dict[int, AgentTurn] = field(default_factory=dict)

    async def reply(self, view: AgentView) -> AgentTurn:
        turn = await self.agent.reply(view)
        self.turns[1 + len(view.messages)] = turn
        return turn


@dataclass(slots=True)
class _NotedHuman:
    human: Human
    turns: dict[int, HumanTurn] = field(default_factory=dict)

    async def speak(self, view: HumanView) -> HumanTurn | None:
        turn = await self.human.speak(view)
        if turn is not None:
            self.turns[2 + len(view.dialogue)] = turn
        return turn


class _Mute:
    """A client that nobody asks."""

    base_url = ""

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        raise NotImplementedError


def _agent_body(number: int, turn: AgentTurn) -> str:
    calls: list[Json] = [
        {
            "id": f"call_{number}_{place}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
        }
        for place, call in enumerate(turn.calls)
    ]
    message: dict[str, Json] = {"role": "assistant", "content": turn.text}
    return completion(AGENT, number, {**message, "tool_calls": calls} if calls else message)


def _human_body(number: int, turn: HumanTurn) -> str:
    return completion(HUMAN, number, {"role": "assistant", "content": turn.model_dump_json(exclude={"turn"})})


def completion(model: str, number: int, message: Json) -> str:
    """A whole answer; tokens grow with the number of messages asked with."""
    usage: Json = {"prompt_tokens": 50 * number, "completion_tokens": 20, "total_tokens": 50 * number + 20}
    choice: Json = {"index": 0, "message": message, "finish_reason": "stop"}
    body: dict[str, Json] = {"id": "scripted", "object": "chat.completion", "created": 0, "model": model}
    return json.dumps(body | {"choices": [choice], "usage": usage})


def copies(blueprints: Sequence[Blueprint], count: int) -> list[Blueprint]:
    """So many blueprints, each of another id, whose talks are those of the ones given, which come around again."""
    rounds = (blueprints[n % len(blueprints)] for n in range(count))
    return [b.model_copy(update={"persona": f"{b.persona} ({n})"}).sealed() for n, b in enumerate(rounds)]


def write(talks: Sequence[ScriptedTalk], blueprints: Path, scripts: Path) -> None:
    """Write the blueprints, as `play` reads them, and the scripts, as the server does."""
    blueprints.write_text("".join(f"{talk.blueprint.model_dump_json()}\n" for talk in talks), "utf-8")
    rows = [
        {"task": talk.blueprint.id, "model": script.model, "mark": script.mark, "replies": script.replies}
        for talk in talks
        for script in (talk.agent, talk.human)
    ]
    scripts.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
