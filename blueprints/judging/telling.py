"""Telling: whether the agent told a value, as true and by itself, and did not take it back."""

import re
from collections.abc import Hashable, Iterable
from itertools import pairwise
from typing import NamedTuple

from blueprints.judging.hedges import hedged, side_by_side, takes_back
from blueprints.judging.talk import Talk, records
from blueprints.judging.verdict import Finding
from tools_env.course import Called
from tools_env.mentions import Place, alike, amounts_in, dates_in, legible, mentions, phrase, places, without
from tools_env.values import TEXT, Json, Meaning, canonical, compact, folded, leaves, same, under

TEN = 10
"""Smaller numbers are said too easily by the way."""

_DENIED = re.compile(
    r"(?:\bnot|n't|\bno longer|\bnever|\bneither|\bnor|\brather than|\binstead of)\s+"
    r"(?:(?:\w+\s+)?(?:on|at|in|by|to|for|from|due)\s+)?(?:(?:the|a|an|your)\s+)?[\"'(*$€£]*\s?$",
    re.IGNORECASE,
)
"""What takes back the words that come right after it; "the line that is no longer wanted is red" says "red"."""
_OR = re.compile(
    r"[^.!?\n\d]{0,12}?(?:\bor\b|/|\b(?:maybe|perhaps|possibly|alternatively)\b)[^.!?\n\d]{0,12}", re.IGNORECASE
)
_CORRECTS = re.compile(
    r"\b(?:sorry|apolog\w+|correct(?:ion|ed)?|actually|i meant?|mistake\w*|wrong|rather|in fact|should be)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\w+")
_FEW = 12
"""A later message of so few words that names another value is about that value."""


class Wanted(NamedTuple):
    """A value to be told after the turn `asked`: the field it is read under, its meaning and label, and other values of
    that field that may be told as well.
    """

    name: str
    value: Json
    meaning: Meaning
    label: str
    asked: int
    others: list[Json]

    @property
    def words(self) -> str:
        """The value by its label."""
        return f"{self.label} ({self.value})"


def raised(talk: Talk, stage: int) -> int | None:
    """The turn in which the person raised a stage, or None; stages are raised in their order."""
    turns = [h.turn for h in talk.human_turns if h.act == "raise"]
    return turns[stage] if stage < len(turns) else None


def told(talk: Talk, wanted: Wanted) -> tuple[Finding | None, tuple[int, str] | None]:
    """Why a value does not count as told (never read, never said, taken back, listed among other values of its field),
    or the message that tells it.
    """
    name, value, asked = wanted.name, wanted.value, wanted.asked
    reads = [t for t, step in talk.results if any(same(v, value) for v in under(step, name))]
    if not reads:
        return Finding(turn=None, text=f"the {wanted.words} was never read"), None
    said = heard(talk, wanted, max(reads[0], asked))
    if not said:
        return Finding(turn=None, text=f"the {wanted.words} was never told"), None
    seen: dict[Hashable, Json] = {}
    for _, step in talk.results:
        seen |= {_key(v): v for v in under(step, name) if not isinstance(v, list)}
    allowed = {_key(v) for v in (*wanted.others, value)}
    rivals = [v for key, v in seen.items() if key not in allowed]
    turn, text = said[-1]
    found = _otherwise(talk, wanted, rivals, turn, text)
    in_time = [(t, words) for t, words in said if not _moved_on(talk, said[0][0], t)]
    if found is not None and in_time[-1] != said[-1]:
        turn, text = in_time[-1]
        found = _otherwise(talk, wanted, rivals, turn, text)
    return (found, None) if found is not None else (wavering(talk, wanted, turn, text), (turn, text))


def in_time(talk: Talk, wanted: Wanted, told_at: tuple[int, str]) -> tuple[int, str]:
    """The last message that says a value, read by then, before the talk moved on: what is said later may be said of
    another record. `told_at` if there is none.
    """
    reads = [t for t, step in talk.results if any(same(v, wanted.value) for v in under(step, wanted.name))]
    said = heard(talk, wanted, max([wanted.asked, *reads[:1]]))
    return ([(t, words) for t, words in said if not _moved_on(talk, said[0][0], t)] or [told_at])[-1]


def _otherwise(talk: Talk, wanted: Wanted, rivals: list[Json], turn: int, text: str) -> Finding | None:
    """Whether a message that says the value names another one beside it, or the next ones on this matter do."""
    _, value, meaning, label, _, _ = wanted
    if beside := [v for v in rivals if _rivals(talk, alone(text, value), v, meaning)]:
        return Finding(turn=turn, text=f"the {wanted.words} was told together with {beside[0]}")
    for later, event in talk.agent_said:
        if (
            later > turn
            and not _moved_on(talk, turn, later)
            and any(_rivals(talk, event.text, v, meaning) for v in rivals)
        ):
            return Finding(turn=later, text=f"the {label} was told as {value} and then as something else")
    return None


def heard(talk: Talk, wanted: Wanted, after: int) -> list[tuple[int, str]]:
    """The agent's messages after a turn that say a value is so."""
    return [(t, e.text) for t, e in talk.agent_said if t > after and says(e.text, wanted.value, wanted.meaning)]


def says(text: str, value: Json, meaning: Meaning) -> bool:
    """Whether a text names a value as true: "it is not north" does not say "north"."""
    if not mentions(text, value, meaning):
        return False
    plain = legible(text)
    found = places(plain, value, meaning)
    return not found or any(not _denied(plain, p) and not hedged(plain, p.start, p.end) for p in found)


def _denied(text: str, place: Place) -> bool:
    """Whether a place in a text comes right after a denial."""
    before = text[: place.start]
    lowered = before.lower()
    may = any(word in lowered for word in ("n't", "no", "never", "neither", "rather", "instead"))
    return (may or not before.isascii()) and _DENIED.search(before) is not None


def wavering(talk: Talk, wanted: Wanted, turn: int, text: str) -> Finding | None:
    """Whether a date or a number was told as one of two ("the 5th or the 6th"), or taken back for another one later,
    though nothing shows the other: the person never spoke of it and no other answer is it.
    """
    kept = [wanted.value, *wanted.others]
    if (back := _taken_back(talk, wanted, turn, text)) is not None:
        return Finding(turn=back, text=f"the {wanted.words} was told and then taken back")
    if (other := _alternative(talk, text, wanted, kept)) is not None:
        return Finding(turn=turn, text=f"the {wanted.words} was told together with {other}")
    for later, event in talk.agent_said:
        if later <= turn or _moved_on(talk, turn, later):
            continue
        about = _CORRECTS.search(event.text) or len(_WORDS.findall(event.text)) <= _FEW
        if not about or any(mentions(event.text, v, wanted.meaning) for v in kept):
            continue
        if _others(talk, alike(legible(event.text), wanted.meaning, wanted.value), wanted, kept):
            return Finding(turn=later, text=f"the {wanted.label} was told as {wanted.value} and then as something else")
    return None


def _taken_back(talk: Talk, wanted: Wanted, turn: int, text: str) -> int | None:
    """The turn in which the agent says that what it told is not so, in the same message or later."""
    plain = legible(text)
    if own := places(plain, wanted.value, wanted.meaning):
        plain = plain[own[-1].end :]
        if takes_back(plain) or (len(own) > 1 and hedged(legible(text), own[-1].start, own[-1].end)):
            return turn
    later = (t for t, e in talk.agent_said if t > turn and not _moved_on(talk, turn, t) and takes_back(e.text))
    return next(later, None)


def _alternative(talk: Talk, text: str, wanted: Wanted, kept: list[Json]) -> str | float | None:
    """Another value of the sort that stands beside the value with an "or" between them, or that nothing shows."""
    plain = legible(text)
    own = places(plain, wanted.value, wanted.meaning)
    for other in _others(talk, alike(plain, wanted.meaning, wanted.value), wanted, kept):
        for place in own:
            first, second = sorted((place, other), key=lambda p: p.start)
            if _OR.fullmatch(plain[first.end : second.start]):
                return other.value
            if side_by_side(plain, place.start, other.start) and _from_nowhere(talk, plain, other):
                return other.value
    return None


def _from_nowhere(talk: Talk, text: str, place: Place) -> bool:
    """Whether a full date or an amount in a text is neither today nor in the policy nor shown by any call."""
    value = place.value
    if isinstance(value, str):
        known = f"{talk.brief.now.isoformat()} {talk.brief.policy}"
        found = {v[:10] for _, step in talk.results for v in leaves(step) if isinstance(v, str)}
        return len(value) > len("MM-DD") and value not in found and value not in dates_in(known)
    if value not in amounts_in(text[max(place.start - 1, 0) : place.end]) or value in amounts_in(talk.brief.policy):
        return False
    return not any(_is(value, v) for _, step in talk.results for v in leaves(step) if not isinstance(v, bool))


def _others(talk: Talk, found: Iterable[Place], wanted: Wanted, kept: list[Json]) -> list[Place]:
    """Places of values that are neither wanted nor the person's own."""
    return [
        place
        for place in found
        if not any(_is(place.value, v) for v in kept) and not human_said(talk, place.value, wanted.meaning)
    ]


def _is(found: str | float, value: Json) -> bool:
    if isinstance(found, str):
        return isinstance(value, str) and found in {value[:10], value[5:10]}
    return isinstance(value, int | float) and abs(found - value) < 0.005  # noqa: PLR2004 - half a cent


def _rivals(talk: Talk, text: str, value: Json, meaning: Meaning) -> bool:
    """Whether a text says another value of the field. What the person spoke of is no rival: a date or a number at all,
    a word among the same words ("the order placed on …" does not say that something is "placed").
    """
    if not says(text, value, meaning):
        return False
    if not isinstance(value, str) or meaning.kind == "date":
        return not human_said(talk, value, meaning)
    plain = legible(text)
    said = (p for p in places(plain, value, meaning) if not _denied(plain, p))
    return any(not _among(talk.pairs_said, plain, place) for place in said)


def _among(spoken: frozenset[tuple[str, str]], text: str, place: Place) -> bool:
    """Whether a place in a text stands beside the same word as in the person's own words."""
    own = _WORDS.findall(folded(text[place.start : place.end]))
    before, after = _WORDS.findall(folded(text[: place.start]))[-1:], _WORDS.findall(folded(text[place.end :]))[:1]
    return bool(own) and any(pair in spoken for pair in (*pairwise([*before, own[0]]), *pairwise([own[-1], *after])))


def alone(text: str, value: Json) -> str:
    """The text without a value's own words: "waxed cotton" does not also say "cotton", nor a time of day its date."""
    if not isinstance(value, str):
        return text
    if dates_in(value[:10]) and value[10:]:
        text = without(text, f"{value[:10]} {value[11:16]}")
    return without(text, phrase(value))


def _key(value: Json) -> Hashable:
    """Equal for equal values: 1 is 1.0 and not true."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(value, 6)
    return compact(canonical(value)), type(value)


def _unreported(talk: Talk, shown: dict[Hashable, Json], wanted: Wanted) -> list[Json]:
    """Values of other fields but those that a change has shown, which may well be reported beside an answer."""
    changes = (leaves(step.result.value) for step in talk.course.done(writes=True))
    allowed = {_key(v) for v in (*wanted.others, wanted.value)} | {_key(v) for change in changes for v in change}
    return [v for key, v in shown.items() if key not in allowed]


def elsewhere(talk: Talk, wanted: Wanted) -> list[Json]:
    """Dates, or numbers, in records that were read and do not hold the value: an answer has no use for them."""
    if wanted.meaning.kind not in {"date", "amount", "count"}:
        return []
    found: dict[Hashable, Json] = {}
    for record in (r for _, step in talk.results for r in records(step)):
        if not same(record.get(wanted.name), wanted.value):
            found |= {_key(v): v for v in record.values() if _telling(v) and _alike(v, wanted.meaning)}
    return _unreported(talk, found, wanted)


def _alike(value: Json, meaning: Meaning) -> bool:
    return _plain_meaning(value).kind == "date" if meaning.kind == "date" else isinstance(value, int | float)


def reeled_off(talk: Talk, told_at: tuple[int, str], wanted: Wanted, most: int) -> Finding | None:
    """Whether a message tells more than `most` other values that were read and that the person never spoke of."""
    turn, text = told_at
    read = {_key(v): v for t, step in talk.results if t < turn for v in leaves(step)}
    others = {
        folded(str(v))
        for v in _unreported(talk, read, wanted)
        if _telling(v) and mentions(text, v, _plain_meaning(v)) and not human_said(talk, v, _plain_meaning(v))
    }
    if len(others) <= most:
        return None
    return Finding(turn=turn, text=f"the {wanted.words} was told in a list of {len(others)} other values")


def _telling(value: Json) -> bool:
    return not isinstance(value, bool) and (isinstance(value, str) or (isinstance(value, int | float) and value >= TEN))


def _plain_meaning(value: Json) -> Meaning:
    return Meaning("date") if isinstance(value, str) and dates_in(value) == {value} else TEXT


def human_said(talk: Talk, value: Json, meaning: Meaning) -> bool:
    """Whether the person named a value."""
    return any(mentions(e.text, value, meaning) for _, e in talk.human_said)


def _moved_on(talk: Talk, start: int, end: int) -> bool:
    """Whether the person raised something else, or something was changed or read, between two turns."""
    more = any(start < h.turn < end and h.act == "raise" for h in talk.human_turns)
    return more or any(isinstance(e, Called) for e in talk.course.events[start:end])
