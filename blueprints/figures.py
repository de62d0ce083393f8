"""Figures of a policy that a person could ask for: read off by laying each clause's template over the policy's text."""

import re
from collections.abc import Iterator

from blueprints.goal import Figure
from blueprints.wording import COUNT_FLOOR
from tools_env.port import World
from tools_env.values import Json, Meaning

_SLOT = re.compile(r"\{[^}]*\}")
_SENTENCE = re.compile(r"[^.]+(?:\.\d+[^.]*)*")
_FIGURE = re.compile(r"\$\d[\d,]*(?:\.\d\d?)?|(?<![\w.$-])\d+(?![\w.-]|,\d)")
AMOUNT, COUNT = Meaning("amount"), Meaning("count")


def figures(world: World, snapshot: str) -> Iterator[Figure]:
    """Every figure of a snapshot's policy that is not too easily said by chance, with a question for it."""
    policy = " ".join(world.brief(snapshot).policy.split())
    for clause in world.clauses:
        parts = [re.escape(part) for part in _SLOT.split(" ".join(clause.text.split()))]
        if len(parts) == 1:
            continue
        pattern = "(.*?)".join(parts)
        found = re.search(rf"(?<![\d.]){re.escape(clause.number)}[.)]? ({pattern})(?= \d|$| #|\Z)", policy)
        if found is None:
            continue
        yield from _of(clause.number, found[1], set(found.groups()[1:]))


def _of(number: str, clause: str, filled: set[str]) -> Iterator[Figure]:
    for sentence in _SENTENCE.findall(clause):
        found = [m for m in _FIGURE.finditer(sentence) if m[0].lstrip("$") in filled]
        for match in found:
            value = float(match[0].lstrip("$").replace(",", ""))
            money = match[0].startswith("$")
            if (not money and value < COUNT_FLOOR) or sentence.count(match[0]) != 1:
                continue
            yield Figure(number, asked(sentence, match[0]), AMOUNT if money else COUNT, _plain(value))


def asked(sentence: str, figure: str) -> str:
    """The sentence with one figure asked for: "at most how many pieces"."""
    blank = "how much" if figure.startswith("$") else "how many"
    return " ".join(sentence.replace(figure, blank, 1).split())


def _plain(value: float) -> Json:
    return int(value) if value.is_integer() else value
