"""A model as the human: structured turns, each checked against the ledger before it is spoken."""

from importlib.resources import files
from string import Template

from pydantic import Field

from apigen_mt.cast import human_words
from apigen_mt.cast.human_words import NOTE
from apigen_mt.cast.ports import HumanView
from apigen_mt.config_roles import RoleConfig
from apigen_mt.models.answers import Unparsed, ask
from apigen_mt.models.chat import ChatRequest, ReplyKey, Sampling
from apigen_mt.models.client import ChatClient
from apigen_mt.temperaments import Temperament
from blueprints.blueprint import Blueprint
from blueprints.judging.fidelity import STOP, Act, HumanTurn
from blueprints.judging.human import LONGEST, problems
from blueprints.judging.ledger import Ledger
from tools_env.port import World
from tools_env.values import Json, Part

RESAMPLES = 3
"""How often a turn is sampled before there is nothing to say: once, and again with the reason against it."""
SCORER = "human.score"
"""The role under which scores are journalled."""
_FIRST = "(The desk is open. Write your first message.)"


class Spoken(Part):
    """What the model has to return for a turn."""

    act: Act
    fact_ids: tuple[str, ...] = ()
    consents_to: str = ""
    text: str


class Scored(Part):
    """What the model has to return for a score."""

    reason: str
    score: int = Field(ge=0, le=10)


class Sample(Part):
    """One sample of a turn: the turn, if the model gave one, and what is wrong with it; nothing if it may be spoken."""

    turn: HumanTurn | None
    wrong: str


class ModelHuman:
    """Plays one blueprint's person with a model. A turn that breaks the part is asked for again, a few times, with the
    reason; of several that hold to it (`best_of`) the one is spoken that the model itself scores best, in view of the
    talk.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        world: World,
        client: ChatClient,
        role: RoleConfig,
        sampling: Sampling,
        attempt: int,
        temperament: Temperament = "plain",
        best_of: int = 1,
    ) -> None:
        self.blueprint = blueprint
        self.world = world
        self.client = client
        self.role = role
        self.sampling = sampling
        self.attempt = attempt
        self.best_of = best_of
        self.now = world.brief(blueprint.snapshot).now.isoformat()
        self.resampled = 0
        self.ledger = Ledger(blueprint, world.specs)
        self.spoken: dict[int, HumanTurn] = {}
        self.noted = 0
        self.part = {
            "instruction": blueprint.instruction,
            "persona": blueprint.persona,
            "temperament": human_words.manner(temperament),
            "matters": human_words.matters(blueprint),
        }
        self.system = _prompt("human.md").substitute(self.part, facts=human_words.facts(blueprint))

    async def speak(self, view: HumanView) -> HumanTurn | None:
        """The next turn that holds to the part, or None when none of the samples did."""
        self._note(view)
        messages = self._messages(view)
        samples = [await self._sample(view.turn, n, messages) for n in range(self.best_of)]
        while all(s.wrong for s in samples) and len(samples) < self.best_of + RESAMPLES - 1:
            again = (*messages, *_complaint(samples[-1]))
            samples.append(await self._sample(view.turn, len(samples), again))
        sound = [(n, s.turn) for n, s in enumerate(samples) if s.turn is not None and not s.wrong]
        turn = await self._best(view, sound)
        if turn is not None:
            self.spoken[len(view.dialogue)] = turn
        return turn

    def _note(self, view: HumanView) -> None:
        """Enter into the ledger what was said since the last turn."""
        for place in range(self.noted, len(view.dialogue)):
            speaker, text = view.dialogue[place]
            if speaker == "agent":
                self.ledger.hear(text)
            else:
                unknown = HumanTurn(act="chat" if self.ledger.turns else "raise", text=text)
                self.ledger.speak(self.spoken.get(place, unknown))
        self.noted = len(view.dialogue)

    def _messages(self, view: HumanView) -> tuple[Json, ...]:
        """The part and the talk, seen from the person's side, with the note below what was said last."""
        said = [("user", _FIRST)]
        said += [("assistant" if speaker == "human" else "user", text) for speaker, text in view.dialogue]
        role, text = said.pop()
        said.append((role, f"{text}{NOTE}{human_words.note(self.ledger)})"))
        messages: list[Json] = [{"role": role, "content": text} for role, text in (("system", self.system), *said)]
        return tuple(messages)

    async def _sample(self, turn: int, candidate: int, messages: tuple[Json, ...]) -> Sample:
        request = ChatRequest(model=self.role.model, messages=messages, sampling=self.sampling, extra=self.role.extra)
        answer = await ask(self.client, self._key("human", turn, candidate), request, Spoken)
        if isinstance(answer, Unparsed):
            return Sample(turn=None, wrong=f"it is no valid answer: {answer.reason}")
        found = _turn(answer)
        heard = "\n".join(self.ledger.heard)
        wrong = [*problems(self.blueprint, self.world, found, heard, self.now)]
        wrong += [*self.ledger.faults(found), *self.ledger.hasty(found)]
        self.resampled += bool(wrong)
        return Sample(turn=found, wrong="; ".join(wrong))

    async def _best(self, view: HumanView, sound: list[tuple[int, HumanTurn]]) -> HumanTurn | None:
        """The turn with the best score, the first of those that share it; where there is no choice, none is scored."""
        different = [(n, t) for place, (n, t) in enumerate(sound) if t not in [other for _, other in sound[:place]]]
        if len(different) <= 1:
            return different[0][1] if different else None
        scores = [await self._score(view, number, turn) for number, turn in different]
        return different[scores.index(max(scores))][1]

    async def _score(self, view: HumanView, candidate: int, turn: HumanTurn) -> int:
        """How well a turn is played, from 0 to 10; 0 where the model gives no usable score."""
        names = {"human": "person", "agent": "agent"}
        dialogue = "\n".join(f"{names[speaker]}: {text}" for speaker, text in view.dialogue) or "(nothing was said yet)"
        prompt = _prompt("score.md").substitute(
            self.part, dialogue=dialogue, note=human_words.note(self.ledger), act=turn.act, text=turn.text
        )
        cold = None if self.sampling.temperature is None else 0.0
        request = ChatRequest(
            model=self.role.model,
            messages=({"role": "user", "content": prompt},),
            sampling=self.sampling.model_copy(update={"temperature": cold}),
            extra=self.role.extra,
        )
        answer = await ask(self.client, self._key(SCORER, view.turn, candidate), request, Scored)
        return 0 if isinstance(answer, Unparsed) else answer.score

    def _key(self, role: str, turn: int, candidate: int) -> ReplyKey:
        return ReplyKey(role=role, blueprint=self.blueprint.id, attempt=self.attempt, turn=turn, candidate=candidate)


def _prompt(name: str) -> Template:
    return Template(files("apigen_mt.cast.prompts").joinpath(name).read_text(encoding="utf-8"))


def _turn(answer: Spoken) -> HumanTurn:
    text = answer.text.strip()[: 2 * LONGEST]  # enough to see that it is too long
    if answer.act == "stop" and STOP not in text:
        text = f"{text} {STOP}".strip()
    return HumanTurn(act=answer.act, fact_ids=answer.fact_ids, consents_to=answer.consents_to, text=text)


def _complaint(bad: Sample) -> tuple[Json, ...]:
    """A turn that cannot be spoken, and why: for the model, to do better."""
    shown = bad.turn.model_dump_json(exclude={"turn"}) if bad.turn is not None else "(no valid answer)"
    why = f"You cannot say that: the message {bad.wrong}. Play the same turn again without that. Answer with the JSON."
    return {"role": "assistant", "content": shown}, {"role": "user", "content": f"({why})"}
