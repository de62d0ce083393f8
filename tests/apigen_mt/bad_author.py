"""A bad author behind a chat server: it answers each prompt with an honest answer that was ruined in one place."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass

from blueprints.blueprint import Blueprint
from tests.blueprints.drafted.honest import Body
from tests.chat_server import Answer

LAST = "\nWrite the task now.\n"
"""What stands after the feedback in a prompt for a proposal."""
MARK = "sent back"
"""What a prompt says when an earlier answer did not pass."""


@dataclass(frozen=True)
class Ruined:
    """A bad answer, and what the reason for sending it back has to say."""

    answer: Answer
    told: tuple[str, ...]


Fault = Callable[[Blueprint, Body], Ruined | None]
"""An honest answer for a task ruined in one way, or None where there is nothing to ruin."""


class BadAuthor:
    """Answers each prompt with what it is given for it. One that `mends` sends the honest answer once it was told what
    was wrong.
    """

    def __init__(self, *, mends: bool = False) -> None:
        self.mends = mends
        self.given: dict[str, tuple[Answer, Body]] = {}

    def plays(self, prompt: str, ruined: Ruined, honest: Body) -> None:
        """From now on answer this prompt so, and whatever it grows to."""
        self.given[prompt.removesuffix(LAST)] = (ruined.answer, honest)

    def __call__(self, body: Body, _: int) -> Answer:
        prompt = body["messages"][0]["content"]
        answer, honest = next(a for start, a in reversed(self.given.items()) if prompt.startswith(start))
        return said(honest) if self.mends and MARK in prompt else answer


def said(body: Body) -> Answer:
    """An answer as a model writes it."""
    return Answer(text=json.dumps(body, ensure_ascii=False), usage=(900, 300))


def changed(body: Body, change: Callable[[Body], object], *told: str) -> Ruined:
    """The answer with a change made to it."""
    ruined = copy.deepcopy(body)
    change(ruined)
    return Ruined(said(ruined), told)


# What is wrong with an answer as such.


def invalid_json(_: Blueprint, __: Body) -> Ruined:
    return Ruined(Answer(text="{'plan': 'think', 'matters': [}"), ("its JSON is malformed",))


def sorry(_: Blueprint, __: Body) -> Ruined:
    return Ruined(Answer(text="I'm sorry, but I can't help with inventing tasks."), ("no JSON",))


def silent(_: Blueprint, __: Body) -> Ruined:
    return Ruined(Answer(text=""), ("no JSON",))


def cut_off(_: Blueprint, body: Body) -> Ruined:
    text = json.dumps(body)
    return Ruined(Answer(text=text[: len(text) // 3], finish_reason="length"), ("ran on to its limit of tokens",))
