"""Overlap: tasks that nothing new may repeat, such as those of a benchmark, and what a draft shares with them.

Two traces count: a call with the same arguments, and 13 words in a row (as in arXiv 2005.14165, appendix C).
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from blueprints.author import PUSH_BACK
from blueprints.blueprint import Blueprint, Rejected
from tools_env.calls import Call
from tools_env.tool import ToolSpec
from tools_env.values import TEXT, Json, canonical, compact, folded

WORDS = 13
"""How many words in a row make an overlap."""

_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Against:
    """Calls and runs of words of earlier tasks, each with the place of the first task that holds it.

    `specs` are the tools of the world that new tasks are for: what is prose in them is not compared.
    """

    specs: Mapping[str, ToolSpec] = field(default_factory=dict)
    calls: dict[str, str] = field(default_factory=dict)
    runs: dict[bytes, str] = field(default_factory=dict)

    def add(self, blueprint: Blueprint, place: str) -> None:
        """Hold a task; `place` is what a person is told of where it stands, such as `tasks.jsonl:12`."""
        for call in calls_of(blueprint):
            if key := self._key(call):
                self.calls.setdefault(key, place)
        for text in texts_of(blueprint):
            for run in _runs(text):
                self.runs.setdefault(_short(run), place)

    def shared_call(self, calls: Iterable[Call]) -> Rejected | None:
        """The first of the calls that an earlier task makes too, with the same arguments."""
        for call in calls if self.calls else ():
            if place := self.calls.get(self._key(call)):
                reason = f"shares the call {call.name}({compact(call.arguments)[1:-1]}) with {place}"
                return Rejected(stage="overlap", reason=reason)
        return None

    def shared_words(self, blueprint: Blueprint) -> Rejected | None:
        """The first run of words that an earlier task's words hold too."""
        for text in texts_of(blueprint) if self.runs else ():
            for run in _runs(text):
                if place := self.runs.get(_short(run)):
                    reason = f"shares {WORDS} words in a row with {place}, say it differently: {run!r}"
                    return Rejected(stage="overlap", reason=reason)
        return None

    def _key(self, call: Call) -> str:
        """Equal for calls of equal meaning, empty for one without arguments. Where the meaning is not known, lists
        count as unordered and texts are folded: rather one draft too many is let go.
        """
        meanings = self.specs[call.name].meanings() if call.name in self.specs else {}
        told = {n: _plain(v) for n, v in call.arguments.items() if meanings.get(n, TEXT).kind != "prose"}
        return f"{call.name} {compact(told)}" if told else ""


def calls_of(blueprint: Blueprint) -> Iterator[Call]:
    """The calls that a task is about: its actions, and the one that must be refused."""
    yield from blueprint.actions
    if blueprint.evidence is not None:
        yield blueprint.evidence.forbidden


def texts_of(blueprint: Blueprint) -> Iterator[str]:
    """A task's words, without the sentence that the program adds to every refusal and without the persona, which two
    tasks may well share.
    """
    told = blueprint.instruction.replace(PUSH_BACK, "")
    yield told.replace(blueprint.persona, " ") if blueprint.persona else told
    yield from (stage.say for stage in blueprint.stages)


def _plain(value: Json) -> Json:
    if isinstance(value, str):
        return folded(value)
    if isinstance(value, list):
        return sorted((_plain(v) for v in value), key=compact)
    if isinstance(value, dict):
        return {name: _plain(v) for name, v in value.items()}
    return canonical(value)


def _runs(text: str) -> Iterator[str]:
    """Every run of `WORDS` lower-cased words."""
    words = _WORD.findall(text.lower())
    for start in range(len(words) - WORDS + 1):
        yield " ".join(words[start : start + WORDS])


def _short(run: str) -> bytes:
    return hashlib.blake2b(run.encode("utf-8", "surrogatepass"), digest_size=8).digest()
