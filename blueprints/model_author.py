"""A model as author: it gets the facts of a draft, writes the words, and is told why earlier ones were rejected."""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from string import Template
from typing import TypeAlias

from blueprints.author import Wording, kept_back, said, slots
from blueprints.blueprint import Blueprint, Rejected
from blueprints.wording import fill

Ask: TypeAlias = Callable[[str, str, int, type[Wording]], Awaitable[Wording | Rejected]]
"""The one thing needed of a model: (prompt, subject, round, answer type) to an answer, or why there is none."""


class ModelAuthor:
    """Words drafts with a model behind the port `ask`."""

    def __init__(self, name: str, ask: Ask) -> None:
        self.name = name
        self.ask = ask
        self.prompt = Template(files("blueprints.prompts").joinpath("author.md").read_text(encoding="utf-8"))

    async def word(self, draft: Blueprint, feedback: tuple[Rejected, ...]) -> Wording | Rejected:
        """The model's wording of a draft."""
        return await self.ask(
            self.prompt.substitute(_figures(draft, feedback)), draft.substance(), len(feedback), Wording
        )


def _figures(draft: Blueprint, feedback: tuple[Rejected, ...]) -> dict[str, str]:
    stages = [
        f"{n + 1}. {'know ' if s.wants == 'answer' else ''}{fill(s.intent, slots(draft, n, everything=True))}"
        for n, s in enumerate(draft.stages)
    ]
    told: dict[bool, list[str]] = {True: [], False: []}
    for known in draft.known.values():
        if known.field and known.field != "which":
            line = f"{_helps(draft, known.about, known.stage)}: {known.label} {said(known)}"
        elif known.disclose != "unknown":
            line = f"{known.label}: {said(known)}"
        else:
            continue
        matter = f" (matter {known.stage + 1})" if known.about else ""
        told[kept_back(draft, known)].append(f"- {line}{matter}")
    notes = "\n".join(f"- {r.reason}" for r in feedback)
    return {
        "persona": draft.persona or "an ordinary customer",
        "stages": "\n".join(stages),
        "volunteer": "\n".join(told[False]) or "- nothing beyond what they want",
        "if_asked": "\n".join(told[True]) or "- nothing",
        "feedback": f"\nYour last version was sent back. Mend this:\n{notes}\n" if notes else "",
    }


def _helps(draft: Blueprint, about: str, stage: int) -> str:
    return next(
        (k.label for k in draft.known.values() if k.about == about and k.stage == stage and not k.field), "matter"
    )
