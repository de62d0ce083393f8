"""Cheap tricks pass no task: agents that do without understanding what every agent could do."""

import json
import re

import pytest

from apigen_mt.cast.ports import AgentTurn, AgentView, WantedCall
from tests.blueprints.talks import DOMAINS, Talk, planned, played, said, world_of
from tools_env.values import Json

MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
READS = {"find", "list", "get"}
MORE = "Is there anything else I can help you with?"
MOST_READS, MOST_WRITES = 12, 6


def told(view: AgentView, role: str) -> list[str]:
    return [str(m["content"]) for m in view.messages if m["role"] == role]


class Silent:
    """Says nothing."""

    async def reply(self, view: AgentView) -> AgentTurn:
        return AgentTurn(text="")


class Refuse:
    """Declines whatever it is asked, and is sorry."""

    async def reply(self, view: AgentView) -> AgentTurn:
        return AgentTurn(text="I'm sorry, our policy does not allow that, so I cannot do it.")


class Transfer:
    """Sends everybody to somebody else."""

    async def reply(self, view: AgentView) -> AgentTurn:
        return AgentTurn(text=f"I am handing you over to a colleague, who will see to it. {MORE}")


class Echo:
    """Says what the human has just said."""

    async def reply(self, view: AgentView) -> AgentTurn:
        return AgentTurn(text=told(view, "user")[-1].replace("###STOP###", ""))


class RepeatUser:
    """Repeats all that the human has said, and claims to have done it."""

    async def reply(self, view: AgentView) -> AgentTurn:
        return AgentTurn(text=f"You said: {' '.join(told(view, 'user'))} That is all done now. {MORE}")


class ReadAll:
    """Finds the person, reads all that it can with the ids it has seen, and tells everything it has read."""

    def __init__(self) -> None:
        self.made: set[str] = set()

    async def reply(self, view: AgentView) -> AgentTurn:
        mail = next((found[0] for text in told(view, "user") if (found := MAIL.search(text))), None)
        if mail is None:
            return AgentTurn(text="Could you please tell me your email?")
        call = next(self.calls(view, mail, writes=False), None) if len(self.made) < MOST_READS else None
        if call is not None:
            return AgentTurn(calls=(call,))
        return AgentTurn(text=f"{self.report(view)} {MORE}")

    def report(self, view: AgentView) -> str:
        facts = [f"{k.replace('_', ' ')} {v}" for text in told(view, "tool") for k, v in scalars(json.loads(text))]
        return f"This is all I have found: {', '.join(facts)}."

    def calls(self, view: AgentView, mail: str, *, writes: bool):
        """Calls not made yet, each tool in its turn; arguments are choices, or values seen under the same name."""
        seen: dict[str, list[Json]] = {"email": [mail]}
        for text in told(view, "tool"):
            for name, value in scalars(json.loads(text)):
                seen.setdefault(name, []).append(value)
        bodies = [tool["function"] for tool in view.tools]
        for turn in range(4):
            for body in bodies:
                assert isinstance(body, dict)
                name = str(body["name"])
                choices = filled(body["parameters"], seen) if (name.split("_")[0] not in READS) == writes else []
                key = f"{name} {json.dumps(choices[turn], sort_keys=True)}" if turn < len(choices) else ""
                if key and key not in self.made:
                    self.made.add(key)
                    yield WantedCall(name=name, arguments=choices[turn], id=f"c{len(self.made)}")


class ReadAllRefuse(ReadAll):
    """Reads all, tells all, and declines: somewhere in it must be the reason."""

    def report(self, view: AgentView) -> str:
        return f"I'm sorry, I cannot do that. {super().report(view)}"


class DoEverything(ReadAll):
    """Reads all, asks for a yes to everything, and then makes every write it can."""

    def __init__(self) -> None:
        super().__init__()
        self.agreed = False

    async def reply(self, view: AgentView) -> AgentTurn:
        turn = await super().reply(view)
        if turn.calls or turn.text.startswith("Could you"):
            return turn
        if not self.agreed:
            self.agreed = True
            return AgentTurn(text=f"{turn.text} I will now do all that can be done. Shall I go ahead?")
        mail = next(found[0] for text in told(view, "user") if (found := MAIL.search(text)))
        call = next(self.calls(view, mail, writes=True), None) if len(self.made) < MOST_READS + MOST_WRITES else None
        return turn if call is None else AgentTurn(calls=(call,))


def scalars(value: Json):
    """Names and values at the ends of a result."""
    if isinstance(value, list):
        for member in value:
            yield from scalars(member)
    elif isinstance(value, dict):
        for name, member in value.items():
            if isinstance(member, list | dict):
                yield from scalars(member)
            elif member is not None:
                yield name, member


def filled(parameters: Json, seen: dict[str, list[Json]]):
    """Arguments for a tool's schema: one set for each value seen of its first identifier."""
    assert isinstance(parameters, dict)
    properties, required = parameters["properties"], parameters.get("required", [])
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    found: list[dict[str, Json]] = [{}]
    for name in map(str, required):
        schema = properties[name]
        assert isinstance(schema, dict)
        choices = schema.get("enum")
        values = choices if isinstance(choices, list) else seen.get(name, seen.get(name.removeprefix("refund_"), []))
        found = [{**one, name: value} for one in found for value in list(dict.fromkeys(map(str, values)))[:4]]
    return found


ADVERSARIES = (Silent, Refuse, Transfer, ReadAll, ReadAllRefuse, Echo, RepeatUser, DoEverything)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("adversary", ADVERSARIES)
def test_no_cheap_trick_passes_any_of_sixty_tasks(domain, adversary):
    world = world_of(domain)
    passed: list[Talk] = []
    for blueprint in planned(domain, 60):
        talk = played(blueprint, world, adversary())
        verdict = talk.verdict()
        if verdict.ok:
            passed.append(talk)
        else:
            assert said(verdict)
    assert not [talk.blueprint.instruction for talk in passed]


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_busy_adversaries_get_as_far_as_reading_and_writing(domain):
    """They fail because of what they do, not because they could do nothing."""
    world = world_of(domain)
    talks = [played(blueprint, world, DoEverything()) for blueprint in planned(domain, 12)]
    assert sum(len(talk.reads()) for talk in talks) >= 2 * len(talks)
    assert sum(len(talk.writes()) for talk in talks) >= len(talks)
