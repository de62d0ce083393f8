"""Hedges: words around a value by which it is not told as true, and words that take back what was told."""

import re

_RIGHT_BEFORE = re.compile(
    r"(?:\b(?:(?:any|every)thing (?:but|except)|except(?: for)?|other than|far from|(?:might|may|could) (?:\w+ )?be|"
    r"if it (?:were|was)|minus)\s+(?:(?:on|at|in|by|the|a|an|your)\s+)*[\"'(*`]*|~~|(?<!\w)-)[$\u20ac\u00a3]?$",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\bnot (?:true|so|certain|sure|clear|the case) (?:that|whether|if)\b|\b(?:just|only) guess(?:ing)?\b|"
    r"\b(?:for|of|about) (?:an)?other (?:customer|member|patient|passenger|person|user|people)s?\b|"
    r"\b(?:somebody|someone) else(?:'s)?\b|<!--(?:(?!-->).)*$",
    re.IGNORECASE | re.DOTALL,
)
_AFTER = re.compile(
    r"^[\"')*`]*\s*(?:thousand|million|billion|or so|or more|or less|or thereabouts)\b|^~~|"
    r"\bor (?:maybe |perhaps )?(?:(?:some|any)thing else|not)\b|\bbut no longer\b|\bnot any ?more\b|"
    r"\bno longer (?:valid|so|true|the case)\b|\bI(?: am|'m) (?:just |only )?"
    r"(?:guessing|not (?:quite |entirely )?(?:sure|certain)|kidding)\b|"
    r"\b(?:just|only) (?:guessing|kidding)\b|^\W*(?:\w+\W+)?(?:is|was|would be) (?:wrong|false|incorrect|not "
    r"(?:right|correct|true))\b|\bthat(?:'s| is) (?:wrong|not (?:right|correct|true))\b",
    re.IGNORECASE,
)
_OTHER_MONEY = re.compile(r"^\s?(?:euros?|EUR|pounds|GBP|\u20ac|\u00a3)(?!\w)", re.IGNORECASE)
_ASKS = re.compile(r"\W*(?:so |and |or )?(?:is|are|was|were|could|can|would|do|did|does|might)\b", re.IGNORECASE)
_TAKES_BACK = re.compile(
    r"\b(?:that|this|it|what i (?:just )?(?:said|told you|wrote)(?: \w+)?)(?:'s| is| was) (?:actually |in fact )?"
    r"(?:not (?:right|correct|true|so)|wrong|incorrect|false|a mistake|an error)\b|"
    r"\b(?:ignore|disregard|forget) (?:that|this|it|what i|my (?:last|earlier))\b|"
    r"\bi (?:misread|misspoke|got (?:that|it|this) wrong|was (?:wrong|mistaken)|mixed (?:that|it|this|them) up)\b",
    re.IGNORECASE,
)
_IF = re.compile(r"\b(?:if|whether|unless|should)\b", re.IGNORECASE)
_END = re.compile(r"[.!?](?=\s|$)|\n")
_MARKS = ".!?\n"
_WORDS = re.compile(r"[^\W\d]+")
FEW = 5
"""A sentence of so few words besides its figures is about nothing but its value."""
_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?=\w))+[.!?]*")


def hedged(text: str, start: int, end: int) -> bool:
    """Whether a value at a place in a legible text is not told as true: guessed, denied, asked, told of somebody else,
    or in other money than dollars.
    """
    before, after, mark = _around(text, start, end)
    if _RIGHT_BEFORE.search(before) or _BEFORE.search(before) or _AFTER.search(after):
        return True
    own = text[start:end]
    if own[-1:].isdigit() and (own[:1] in "\u20ac\u00a3" or _OTHER_MONEY.search(after)):
        return True
    return mark == "?" and _ASKS.match(before) is not None


def _around(text: str, start: int, end: int) -> tuple[str, str, str]:
    """What of its sentence stands before and after a place, and the mark that ends it."""
    begin, stop = _begin(text, start), _END.search(text, end)
    after = text[end : stop.start()] if stop else text[end:]
    return text[begin:start], after.replace("\u2019", "'"), stop[0] if stop else ""


def _begin(text: str, start: int) -> int:
    """Where the sentence begins that goes on at a place: after the last mark that ends one, looked for backwards."""
    at = start
    while (at := max(text.rfind(mark, 0, at) for mark in _MARKS)) >= 0:
        if text[at] == "\n" or at + 1 == start or text[at + 1].isspace():
            return at + 1
    return 0


def side_by_side(text: str, start: int, other: int) -> bool:
    """Whether two places share a sentence, or one of them stands in a short sentence of its own."""
    first, second = sorted((start, other))
    if not _END.search(text, first, second):
        return True
    before, after, _ = _around(text, other, other)
    return len(_WORDS.findall(before + after)) <= FEW


def takes_back(text: str) -> bool:
    """Whether a text says that what was told is not so."""
    plain = text.replace("\u2019", "'")
    return any(_TAKES_BACK.search(s[0]) and not _IF.search(s[0]) for s in _SENTENCE.finditer(plain))
