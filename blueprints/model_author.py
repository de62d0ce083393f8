"""A model as author: it puts a draft's matters into the words of a person, and is told why earlier words were rejected.

The facts of the instruction are written by the program, so that none is lost; the model gives background and voice.
"""

import re
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, create_model

from blueprints.author import TemplateAuthor, Wording, given_away, instruction
from blueprints.blueprint import Blueprint, Rejected
from tools_env.mentions import spoken

Ask: TypeAlias = Callable[[str, str, int, type[BaseModel]], Awaitable[BaseModel | Rejected]]
"""The one thing needed of a model: (prompt, subject, round, answer type) to an answer, or why there is none."""

_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


class ModelAuthor:
    """Words drafts with a model behind the port `ask`."""

    def __init__(self, name: str, ask: Ask) -> None:
        self.name = name
        self.ask = ask
        self.plain = TemplateAuthor()
        self.prompt = Template(files("blueprints.prompts").joinpath("author.md").read_text(encoding="utf-8"))

    async def word(self, draft: Blueprint, feedback: tuple[Rejected, ...]) -> Wording | Rejected:
        """The model's wording of a draft."""
        plain = await self.plain.word(draft, ())
        if isinstance(plain, Rejected):
            return plain
        prompt = self.prompt.substitute(
            persona=draft.persona or "an ordinary customer",
            matters="\n\n".join(_matter(draft, number, say) for number, say in enumerate(plain.says)),
            feedback=_notes(feedback),
        )
        answer = await self.ask(prompt, draft.substance(), len(feedback), answer_type(len(draft.stages)))
        if isinstance(answer, Rejected):
            return answer
        told = answer.model_dump()
        says = tuple(_bare(told[f"matter_{n + 1}"]) for n in range(len(draft.stages)))
        return Wording(instruction=f"{_bare(told['background'])} {instruction(draft)}".strip(), says=says)


@cache
def answer_type(matters: int) -> type[BaseModel]:
    """What the model fills in: the background, and one message for each matter."""
    fields: dict[str, Any] = {"background": (str, Field(max_length=600))}
    fields |= {f"matter_{n + 1}": (str, Field(min_length=1, max_length=600)) for n in range(matters)}
    return create_model("Words", __config__=ConfigDict(extra="forbid", frozen=True), **fields)


def _bare(text: str) -> str:
    """A text without the quotes around it, and without what is left of a list before it."""
    text = text.strip().lstrip(",;:").strip()
    inside = _APOSTROPHE.sub("", text[1:-1])
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" and text[0] not in inside
    return text[1:-1].strip() if quoted else text


def _matter(draft: Blueprint, number: int, plain: str) -> str:
    facts = [draft.known[name] for name in given_away(draft, number)]
    values = [spoken(k.value, k.meaning) for k in facts if k.value is not None]
    quoted = "; ".join(f'"{v}"' for v in dict.fromkeys(values)) or "(none)"
    return f"Matter {number + 1}\n{plain}\nKeep: {quoted}"


def _notes(feedback: tuple[Rejected, ...]) -> str:
    if not feedback:
        return ""
    reasons = "\n".join(f"- {r.reason}" for r in feedback[-3:])
    return f"\nAn earlier version was sent back for these reasons; do not repeat them:\n{reasons}\n"
