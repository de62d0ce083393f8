"""Models for tests: a chat server behind which rehearsal's own players speak, so that a model run has talks to keep."""

import json
import re
from collections.abc import Callable, Iterable

from apigen_mt.audit.rehearsal import at_once
from apigen_mt.cast.human_words import NOTE
from apigen_mt.cast.oracle import Oracle
from apigen_mt.cast.ports import AgentTurn, AgentView, GaveUp, HumanView
from apigen_mt.cast.script import script_of
from apigen_mt.cast.scripted_human import ScriptedHuman
from blueprints.author import instruction
from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import HumanTurn
from blueprints.knowledge import people_table
from tests.chat_server import Answer, Body
from tools_env.port import World
from tools_env.values import Json

AUTHOR, HUMAN, AGENT = "author-1b", "human-2b", "agent-3b"
Reply = Callable[[Body], Answer]


class Understudies:
    """Answers every role of a model run by replaying the talk to a script that knows the blueprint as rehearsed: a run
    with the same seed drafts the same, words apart.

    Roles are told apart by the name of the model. `instead` replaces what one role answers. A player whose talk goes on
    is kept where it stands; for any other talk it begins anew.
    """

    def __init__(self, world: World, blueprints: Iterable[Blueprint], **instead: Reply) -> None:
        self.world = world
        self.people = people_table(world)
        self.blueprints = list(blueprints)
        self.told = [instruction(b) for b in self.blueprints]
        self.kept: dict[str, Oracle | ScriptedHuman] = {}
        self.roles: dict[str, Reply] = {
            AUTHOR: instead.get("author", self.author),
            HUMAN: instead.get("human", self.human),
            AGENT: instead.get("agent", self.agent),
        }

    def __call__(self, body: Body, _: int) -> Answer:
        return self.roles[body["model"]](body)

    def author(self, body: Body) -> Answer:
        """The text of every matter, as it stands in the prompt."""
        texts = re.findall(r"^Matter (\d+)\n(.+)$", body["messages"][0]["content"], re.MULTILINE)
        said = {f"matter_{number}": text for number, text in texts}
        return Answer(text=json.dumps({"background": "You are in a good mood.", **said}), usage=(100, 20))

    def human(self, body: Body) -> Answer:
        """What the scripted human says at this point."""
        system, *rest = body["messages"]
        part = next(b for b, told in zip(self.blueprints, self.told, strict=True) if told in system["content"])
        rest = rest[:-2] if rest[-1]["content"].startswith("(You cannot say that") else rest
        talk = [{**m, "content": m["content"].partition(NOTE)[0]} for m in rest if not opens(m)]
        turn = at_once(self._human_turn(part, talk))
        return Answer(text=turn.model_dump_json(exclude={"turn"}), usage=(80, 10))

    def agent(self, body: Body) -> Answer:
        """What the oracle does at this point."""
        _, *talk = body["messages"]
        matters = [b for b in self.blueprints if b.stages[0].say in talk[0]["content"]]
        for blueprint in matters:
            try:
                turn = at_once(self._agent_turn(blueprint, talk))
            except GaveUp:
                continue
            calls = tuple((c.name, json.dumps(c.arguments)) for c in turn.calls)
            return Answer(text=turn.text, calls=calls, usage=(200, 30))
        return Answer(text="I do not understand.", usage=(200, 30))

    async def _agent_turn(self, blueprint: Blueprint, talk: list[Body]) -> AgentTurn:
        heard = tuple(_parsed(message) for message in talk)
        places = [place for place, message in enumerate(talk) if message["role"] == "assistant"]
        oracle = self.kept.pop(_key(blueprint, talk[: places[-1]]), None) if places else None
        if not isinstance(oracle, Oracle):
            oracle = Oracle(script_of(blueprint), self.world.specs, self.people)
            for place in places:
                await oracle.reply(AgentView(system="", tools=(), messages=heard[:place]))
        turn = await oracle.reply(AgentView(system="", tools=(), messages=heard))
        self.kept[_key(blueprint, talk)] = oracle
        return turn

    async def _human_turn(self, part: Blueprint, talk: list[Body]) -> HumanTurn:
        said = tuple(("human" if m["role"] == "assistant" else "agent", m["content"]) for m in talk)
        places = [place for place, (speaker, _) in enumerate(said) if speaker == "human"]
        human = self.kept.pop(_key(part, talk[: places[-1]]), None) if places else None
        if not isinstance(human, ScriptedHuman):
            human = ScriptedHuman(part)
            for place in places:
                await human.speak(HumanView(dialogue=said[:place]))
        turn = await human.speak(HumanView(dialogue=said))
        assert turn is not None
        self.kept[_key(part, talk)] = human
        return turn


def _key(blueprint: Blueprint, talk: list[Body]) -> str:
    """A talk up to somebody's turn."""
    return f"{blueprint.id} {json.dumps(talk)}"


def opens(message: Body) -> bool:
    """Whether a message only says that the person may begin."""
    return bool(message["content"].startswith("(The desk is open."))


def _parsed(message: Body) -> dict[str, Json]:
    """A message with its arguments as objects, as agents of ours see it."""
    calls: list[Json] = [
        {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
        for call in message.get("tool_calls", ())
    ]
    return {**message, "tool_calls": calls} if calls else message


def role(url: str, model: str, **settings: Json) -> dict[str, Json]:
    """A role played by a model."""
    return {"model": model, "base_url": url, **settings}


def roles(url: str, **settings: Json) -> dict[str, Json]:
    """All roles on one endpoint, each with a model of its own."""
    return {
        "author": role(url, AUTHOR, **settings),
        "human": role(url, HUMAN, **settings),
        "agent": role(url, AGENT, **settings),
    }
