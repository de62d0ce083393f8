"""A model as the human: structured turns, each checked against the ledger before it is spoken."""

from importlib.resources import files
from string import Template

from apigen_mt.cast.ports import HumanView
from apigen_mt.config import RoleConfig
from apigen_mt.models.answers import Unparsed, ask
from apigen_mt.models.chat import ChatRequest, ReplyKey, Sampling
from apigen_mt.models.client import ChatClient
from blueprints.author import said
from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import STOP, Act, HumanTurn
from blueprints.judging.human import problems
from tools_env.port import World
from tools_env.values import Json, Part

RESAMPLES = 3


class Spoken(Part):
    """What the model has to return for a turn."""

    act: Act
    fact_ids: tuple[str, ...] = ()
    consents_to: str = ""
    text: str


class ModelHuman:
    """Plays one blueprint's person with a model; a turn that breaks the part is asked for again, a few times."""

    def __init__(
        self, blueprint: Blueprint, world: World, client: ChatClient, role: RoleConfig, sampling: Sampling, attempt: int
    ) -> None:
        self.blueprint = blueprint
        self.world = world
        self.client = client
        self.role = role
        self.sampling = sampling
        self.attempt = attempt
        self.now = world.brief(blueprint.snapshot).now.isoformat()
        self.resampled = 0
        template = Template(files("apigen_mt.cast.prompts").joinpath("human.md").read_text(encoding="utf-8"))
        self.system = template.substitute(
            instruction=blueprint.instruction, persona=blueprint.persona, facts=_facts(blueprint)
        )

    async def speak(self, view: HumanView) -> HumanTurn | None:
        """The next turn that holds to the part, or None when none of the samples did."""
        said_so_far: list[Json] = [{"role": "system", "content": self.system}]
        first: Json = {"role": "user", "content": "(The desk is open. Write your first message.)"}
        said_so_far += [first] if not view.dialogue else []
        for speaker, text in view.dialogue:
            said_so_far.append({"role": "assistant" if speaker == "human" else "user", "content": text})
        if view.dialogue:
            said_so_far.insert(1, first)
        heard = "\n".join(text for speaker, text in view.dialogue if speaker == "agent")
        for candidate in range(RESAMPLES):
            key = ReplyKey(
                role="human", blueprint=self.blueprint.id, attempt=self.attempt, turn=view.turn, candidate=candidate
            )
            request = ChatRequest(
                model=self.role.model, messages=tuple(said_so_far), sampling=self.sampling, extra=self.role.extra
            )
            answer = await ask(self.client, key, request, Spoken)
            if isinstance(answer, Unparsed):
                continue
            turn = _turn(answer)
            if next(problems(self.blueprint, self.world, turn, heard, self.now), None) is None:
                return turn
            self.resampled += 1
        return None


def _turn(answer: Spoken) -> HumanTurn:
    text = answer.text.strip()
    if answer.act == "stop" and STOP not in text:
        text = f"{text} {STOP}".strip()
    return HumanTurn(act=answer.act, fact_ids=answer.fact_ids, consents_to=answer.consents_to, text=text)


def _facts(blueprint: Blueprint) -> str:
    lines: list[str] = []
    for name, known in blueprint.known.items():
        if known.disclose == "unknown":
            lines.append(f"- {name}: you do not know the number of this {known.label}; you call it {known.phrase}")
        else:
            when = "when asked" if known.disclose == "if_asked" else "say it when you raise the matter"
            lines.append(f"- {name}: {known.label} {said(known)} ({when})")
    return "\n".join(lines)
