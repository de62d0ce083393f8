"""How rehearsal's oracle reads: values out of the human's words, records out of observations. It sees the talk only."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from apigen_mt.cast.ports import AgentView
from blueprints.knowledge import Referent, referents_in
from blueprints.wording import Attribute, Direction, Superlative, describe
from tools_env.calls import Call
from tools_env.mentions import MAIL, dates_in, mentions, numbers_in, phrase
from tools_env.tool import Param, ToolSpec
from tools_env.values import Json, canonical

_ANSWER = re.compile(r"(?:^|(?<=[.!?]\s))(?:It's|It is|That's)\s+(.*?)\.?$", re.DOTALL)
"""An answer in a sentence of its own, after whatever else is said; a paragraph below it is about something else."""
_COMES_UP = re.compile(r'that comes up for "([^"]+)"')
_MOST = 3


def observations(view: AgentView, specs: Mapping[str, ToolSpec]) -> list[Referent]:
    """Every record that tool results showed, in order; later ones are fresher."""
    calls: dict[str, Call] = {}
    found: list[Referent] = []
    for number, message in enumerate(view.messages):
        for call in _calls(message):
            calls[call[0]] = call[1]
        if message["role"] == "tool" and (asked := calls.get(str(message["tool_call_id"]))) is not None:
            shown: Json = json.loads(str(message["content"]))
            found += referents_in(shown, specs[asked.name], number, asked)
    return found


def _calls(message: Mapping[str, Json]) -> Iterable[tuple[str, Call]]:
    wanted = message.get("tool_calls")
    for item in wanted if isinstance(wanted, list) else []:
        if isinstance(item, dict) and isinstance(body := item["function"], dict):
            arguments = body["arguments"]
            yield (
                str(item["id"]),
                Call(name=str(body["name"]), arguments=arguments if isinstance(arguments, dict) else {}),
            )


def unread(view: AgentView, seen: Iterable[Referent], param: Param, tool: str) -> list[str]:
    """Ids of the argument's table that were only listed, and that the tool was not given yet, in order."""
    calls = [call for message in view.messages for _, call in _calls(message)]
    given = {str(call.arguments.get(param.name)) for call in calls if call.name == tool}
    found = dict.fromkeys(r.id for r in seen if r.table == param.meaning.of and not r.shown)
    return [key for key in found if key not in given]


def last_write(view: AgentView, specs: Mapping[str, ToolSpec]) -> int | None:
    """Index of the message that shows what the last write that succeeded made."""
    names = {i: c.name for m in view.messages for i, c in _calls(m)}
    found: int | None = None
    for number, message in enumerate(view.messages):
        if message["role"] == "tool" and not str(message["content"]).startswith('{"error"'):
            name = names.get(str(message["tool_call_id"]), "")
            found = number if name in specs and specs[name].writes else found
    return found


def slots(ask: str, text: str) -> dict[str, str]:
    """What the human's words put into the slots of a tool's `ask` phrase, where they follow it for the last time; empty
    when they do not.
    """
    parts = re.split(r"\{(\w+)\}", ask)
    names = parts[1::2]
    pattern = "".join(
        f"(?P<{names[i // 2]}>.+?)" if i % 2 else re.escape(part).replace(r"\ ", r"\s+") for i, part in enumerate(parts)
    )
    found = re.findall(rf"{pattern}(?:, please)?[.?!;](?=\s|$)", text, re.DOTALL)
    if not found or len(set(names)) != len(names):
        return {}
    last = found[-1]
    return dict(zip(names, last if isinstance(last, tuple) else (last,) if names else (), strict=True))


def phrases(target: Referent, among: Sequence[Referent], nouns: Iterable[str]) -> Iterable[str]:
    """Every phrase by which the vocabulary of rehearsal could single out `target` among its like."""
    usable = [a for a in target.attributes if a.value not in ("", None)]
    for noun in dict.fromkeys(nouns):
        for which in _extremes(target, among):
            yield describe(noun, (), which)
        for size in range(1, _MOST + 1):
            for some in combinations(usable, size):
                yield describe(noun, some)
                if size > 1:
                    yield describe(noun, tuple(reversed(some)))


def _extremes(target: Referent, among: Sequence[Referent]) -> Iterable[Superlative]:
    directions: tuple[Direction, Direction] = ("highest", "lowest")
    for attribute in target.attributes:
        if attribute.meaning.kind not in {"date", "amount", "count"}:
            continue
        values = [a.value for r in among if (a := r.attribute(attribute.field)) is not None]
        for direction in directions:
            if _extreme(values, direction) == canonical(attribute.value):
                yield Superlative(attribute.field, attribute.meaning, direction)


def _extreme(values: list[Json], direction: Direction) -> Json:
    texts = sorted(v for v in values if isinstance(v, str))
    numbers = sorted(v for v in values if isinstance(v, int | float))
    if texts:
        return texts[-1 if direction == "highest" else 0]
    return canonical(numbers[-1 if direction == "highest" else 0]) if numbers else None


def named(
    text: str, among: Sequence[Referent], nouns: Sequence[str], beside: Sequence[Referent] = ()
) -> list[Referent]:
    """The records whose longest phrase stands in the text; more than one when the words fit several. The first and the
    last of their like are so among those `beside` them.
    """
    best: dict[str, int] = {}
    low = text.casefold()
    for referent in among:
        fitting = [len(p) for p in phrases(referent, beside or among, nouns) if p.casefold() in low]
        if fitting:
            best[referent.id] = max(best.get(referent.id, 0), *fitting)
    top = max(best.values(), default=0)
    return list({r.id: r for r in reversed(among) if best.get(r.id) == top and top}.values())


def several(text: str, among: Sequence[Referent], nouns: Sequence[str]) -> list[str]:
    """Ids of the records that a text names one after another, joined by "and"; what fits several goes on till one."""
    found: dict[str, None] = {}
    words = ""
    for part in text.split(" and "):
        words = f"{words} and {part}" if words else part
        fitting = named(words, among, nouns)
        if len(fitting) == 1:
            found[fitting[0].id] = None
        if len(fitting) < 2:  # noqa: PLR2004 - two would not be certain
            words = ""
    return list(found)


def plain(param: Param, text: str, *, whole: bool) -> Json:
    """The value of a plain argument in the human's words; `whole`: the words are nothing but the answer."""
    kind = param.meaning.kind
    names = rf"(?:{re.escape(param.label)}|{re.escape(phrase(param.name))})"
    told = re.findall(rf"\b(?:the|my) {names} (?:should be|is) (.+?)\.(?:\s|$)", text, re.IGNORECASE)
    if told:
        text, whole = told[-1], True
    if param.choices:
        found = [c for c in param.choices if mentions(text, c, param.meaning)]
        longest = [c for c in found if not any(c != o and c in o for o in found)]
        return longest[0] if len(longest) == 1 else None
    if kind == "date":
        dates = dates_in(text)
        return next(iter(dates)) if len(dates) == 1 else None
    if kind in {"amount", "count"}:
        numbers = numbers_in(text)
        return canonical(next(iter(numbers))) if len(numbers) == 1 and whole else None
    if kind == "contact" and "mail" in f"{param.name}{param.meaning.of}":
        mail = MAIL.search(text)
        return mail[0] if mail else None
    if kind == "text" and (search := _COMES_UP.search(text)):
        return search[1]
    said = text.strip().split("\n\n", 1)[0].rstrip()
    answer = _ANSWER.search(said)
    if not whole or (answer is None and said.endswith("?")):
        return None
    return (answer[1] if answer else said).strip()


def corrected(param: Param, text: str) -> Json:
    """The value that somebody who has changed their mind wants for an argument."""
    if "changed my mind" not in text or not re.search(rf"\bthe {re.escape(param.label)} should be\b", text):
        return None
    return plain(param, text, whole=False)


def figure(text: str, policy: str) -> str:
    """The figure that a question quotes a sentence of the policy for: "at most how many pieces"."""
    quoted = re.search(r'"([^"]*\bhow (?:many|much)\b[^"]*)"', text)
    if quoted is None:
        return ""
    before, _, after = re.split(r"(how many|how much)", quoted[1], maxsplit=1)
    pattern = rf"{re.escape(before)}(\$?[\d,.]*\d){re.escape(after)}"
    found = re.search(pattern, " ".join(policy.split()))
    return found[1] if found else ""


def attribute_asked(text: str, among: Sequence[Attribute], label_of: Mapping[str, str]) -> Attribute | None:
    """The attribute whose label the human's question names; the longest label wins."""
    low = text.casefold()
    found = [a for a in among if f"the {label_of[a.field]} of".casefold() in low]
    return max(found, key=lambda a: len(label_of[a.field]), default=None)
