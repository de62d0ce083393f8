"""A chat server's script that answers honestly, but for one malformed reply, or some, in each talk; from a seed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from blueprints.author import instruction
from tests.apigen_mt.model_server import AGENT, HUMAN, Understudies
from tests.chat_server import Answer, Body, completion
from tests.engine.hostile_replies import ODD, SPOILT, fits, spoilt

COMPLAINTS = ("That is not a valid answer", "(You cannot say that")


@dataclass(slots=True)
class Task:
    """What is done to one task: which kind of reply, of which role, from which message on. `mended`: once, and honest
    when asked again or when the talk goes on; else every reply that the kind fits.
    """

    kind: str
    role: str
    mended: bool
    rng: Random
    least: int
    at: int | None = None
    bodies: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Spoiling:
    """Answers as `honest` does, but that one of the `roles` of each task writes one of the `kinds`.

    It depends on the seed and on what is asked in each talk, not on the order in which talks are played. The agent's
    talks are told apart by what is said first, so that no two blueprints may begin alike.
    """

    honest: Understudies
    kinds: Sequence[str]
    roles: Sequence[str] = (AGENT,)
    seed: int = 0
    tasks: dict[str, Task] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, blueprint in enumerate(self.honest.blueprints):
            rng = Random(f"{self.seed} {blueprint.id}")
            kind, role = self.kinds[number % len(self.kinds)], rng.choice(list(self.roles))
            least = rng.choice((2, 2, 4, 6)) if role == AGENT else 1
            self.tasks[blueprint.id] = Task(kind, role, kind not in ODD and rng.random() < 0.5, rng, least)

    def __call__(self, body: Body, _: int) -> Answer:
        role = body["model"]
        task = self.tasks.get(self._task(body)) if role in self.roles else None
        if task is None or task.role != role:
            return self.honest.roles[role](self._cleaned(body, None))
        place = len(body["messages"])
        try:
            answer = self.honest.roles[role](self._cleaned(body, task))
        except (KeyError, ValueError):  # what it wrote before is more than an honest agent can go on from
            answer = Answer(text="I do not understand.")
        honest = json.loads(completion(answer, role, 0))
        for number, call in enumerate(honest["choices"][0]["message"].get("tool_calls", ())):
            call["id"] = f"call_{place}_{number}"
        if place < task.least or (task.mended and task.at is not None) or not fits(task.kind, honest):
            return Answer(body=json.dumps(honest).encode())
        task.at = place if task.at is None else task.at
        task.bodies.append(spoilt(task.kind, task.rng, honest))
        return Answer(body=task.bodies[-1])

    def _task(self, body: Body) -> str:
        """The id of the blueprint that a request is about."""
        parts, first = self.honest.blueprints, body["messages"][0]["content"]
        if body["model"] == AGENT:
            first = body["messages"][1]["content"]
            return next((b.id for b in parts if b.stages[0].say in first), "")
        if body["model"] == HUMAN:
            return next((b.id for b in parts if instruction(b) in first), "")
        return next((b.id for b in parts if all(s.say in first for s in b.stages)), "")

    @staticmethod
    def _cleaned(body: Body, task: Task | None) -> Body:
        """The request without complaints about what was malformed, and without that where the talk went on after it."""
        messages = list(body["messages"])
        while str(messages[-1]["content"]).startswith(COMPLAINTS):
            messages = messages[:-2]
        at = None if task is None or task.role != AGENT or not task.mended or task.kind not in SPOILT else task.at
        if at is not None and at < len(messages) and messages[at]["role"] == "assistant":
            after = messages[at + 1 :]
            while after and after[0]["role"] == "tool":
                after.pop(0)
            if after and after[0]["role"] == "user" and not messages[at].get("tool_calls"):
                after.pop(0)
            messages = [*messages[:at], *after]
        return {**body, "messages": messages}
