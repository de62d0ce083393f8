"""Authors, reviewers and summarisers for tests of drafting: scripts that tell roles apart by the name of the model."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeAlias

from blueprints.committee.votes import CRITERIA
from tests.apigen_mt.model_server import role
from tests.chat_server import Answer, Body
from tools_env.values import Json

AUTHOR, PLANNER = "author-1b", "planner-5b"
SENT_BACK = "An earlier version was sent back"
Script: TypeAlias = Callable[[str], Answer]
"""What a model answers to a prompt."""


class Desk:
    """Answers by the name of the model, and counts what it was asked; `prompts` are by model, in order of arrival."""

    def __init__(self, scripts: Mapping[str, Script]) -> None:
        self.scripts = scripts
        self.prompts: dict[str, list[str]] = {}

    def __call__(self, body: Body, _: int) -> Answer:
        prompt = body["messages"][0]["content"]
        self.prompts.setdefault(body["model"], []).append(prompt)
        return self.scripts[body["model"]](prompt)

    def asked(self, model: str) -> int:
        """How often a model was asked."""
        return len(self.prompts.get(model, ()))


def words(prompt: str, usage: tuple[int, int] = (100, 20)) -> Answer:
    """An author's words that stand: the text of every matter, as it stands in the prompt."""
    texts = re.findall(r"^Matter (\d+)\n(.+)$", prompt, re.MULTILINE)
    said = {f"matter_{number}": text for number, text in texts}
    return Answer(text=json.dumps({"background": "You are in a good mood.", **said}), usage=usage)


def slip(prompt: str, usage: tuple[int, int] = (100, 20)) -> Answer:
    """The same words with JSON in them, which the gate for leaks sends back."""
    told = json.loads(words(prompt).text or "")
    told["matter_1"] += ' {"a": 1}'
    return Answer(text=json.dumps(told), usage=usage)


def mends(prompt: str) -> Answer:
    """An author that gets it right when told what was wrong, and only then."""
    return words(prompt, (150, 20)) if SENT_BACK in prompt else slip(prompt)


def stubborn(prompt: str) -> Answer:
    """An author that never gets it right."""
    return slip(prompt)


class Lucky:
    """An author that errs whenever it is told what was wrong, and gets it right at its n-th fresh try of a task."""

    def __init__(self, right_at: int, usage: tuple[int, int] = (100, 20)) -> None:
        self.right_at = right_at
        self.usage = usage
        self.tries: Counter[str] = Counter()

    def __call__(self, prompt: str) -> Answer:
        if SENT_BACK in prompt:
            return slip(prompt)
        self.tries[prompt] += 1
        return words(prompt, self.usage) if self.tries[prompt] >= self.right_at else slip(prompt, self.usage)


def review(**scores: int) -> str:
    """A review with yes for everything that is not said otherwise."""
    return json.dumps({c: {"reason": f"{c} was looked at", "score": scores.get(c, 1)} for c in CRITERIA})


def approves(_: str) -> Answer:
    """A reviewer that likes everything."""
    return Answer(text=review(), usage=(300, 40))


def objects(_: str) -> Answer:
    """A reviewer to whom nothing is creative."""
    return Answer(text=review(creativity=0), usage=(300, 40))


def babbles(_: str) -> Answer:
    """A reviewer that answers nonsense."""
    return Answer(text="I am not sure what you mean.", usage=(300, 5))


def hangs(_: str) -> Answer:
    """A reviewer that never answers."""
    return Answer(hang=True)


def plans(_: str) -> Answer:
    """A summariser."""
    return Answer(text=json.dumps({"plan": "Say more about why."}), usage=(200, 10))


def authored(url: str, **settings: Json) -> dict[str, Json]:
    """Roles with a model as author."""
    return {"author": role(url, AUTHOR, **settings)}


def reviewers(url: str, *names: str, **settings: Json) -> list[Json]:
    """A committee of different models, each called like its model."""
    return [{**role(url, name), "name": name, **settings} for name in names]
