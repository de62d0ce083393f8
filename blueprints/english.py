"""Plain English as the gates compare it: words by their stems and by what means the same, and sentences and clauses."""

import re
from collections.abc import Iterator

STEM = 5
"""How many letters of a word are compared: enough to know "renewed" for "renew"."""
_SHORTEST = 3

_WORD = re.compile(r"[a-z]{3,}")
_ENDING = re.compile(r"(?:ings?|ed|es|s|e)$")
_COMMON = frozenset({
    "about", "again", "also", "and", "another", "are", "because", "been", "before", "but", "can", "cannot", "certain",
    "could", "customer", "does", "for", "from", "get", "had", "has", "have", "her", "him", "his", "instead", "into",
    "its", "just", "let", "like", "make", "may", "need", "not", "now", "one", "other", "our", "out", "please", "she",
    "should", "some", "somebody", "than", "thank", "thanks", "that", "the", "their", "them", "then", "there", "this",
    "together", "too", "want", "was", "were", "what", "when", "which", "will", "with", "would", "you", "your",
})  # fmt: skip

_ALIKE = (
    "address move moved moving house",
    "arrive arrival arriving delivery delivered deliver come",
    "arrive deliver delivered delivery come moved move reschedule postpone",
    "balance credit",
    "begin begins start starts",
    "bill billed charge charged claim invoice submit",
    "book booked reserve schedule appointment",
    "borrow lend loan lent take",
    "branch library location where",
    "cancel call cancelled drop scrap",
    "change changed changing replace replaced update updated updating alter amend correct put switch",
    "collect pick pickup fetch",
    "colour color",
    "dispute contest challenge query complain question",
    "due back deadline owe owed owing outstanding return",
    "ending ends end last digits",
    "ends end finish finishes runs run",
    "exchange swap trade exchanged",
    "expires expire expiry expiration valid lapse run runs",
    "extend extended longer prolong renew",
    "fee charge cost costs",
    "handed hand speak talk call transfer refer",
    "joined join member signed registered",
    "left remaining remain remains still",
    "material made",
    "message note card text",
    "move moved moving transfer shift reschedule postpone put change",
    "opened open filed",
    "order buy purchase ordered",
    "pay paid paying payment charge settle",
    "pays pay paid cover covers",
    "placed ordered bought order made",
    "price cost costs priced",
    "printed print put add written write include included",
    "product item article",
    "redeem convert turn exchange use cash",
    "refund refunded money",
    "renew renewed renewal extend prolong longer",
    "repeat refill",
    "report complain claim problem wrong broken",
    "request ask order",
    "return send give back returned",
    "sent send ship shipped deliver delivered mail post go",
    "settled settle resolve resolved repair replacement",
    "site place location where",
    "size big large",
    "split instalments installments spread",
    "status state stage progress",
    "stock available left",
    "switch swap change replace",
    "tier level",
    "title called name book",
    "total adds add sum altogether overall combined together amount",
    "turn convert redeem put",
    "visit appointment",
    "withdraw cancel keep back drop retract",
)  # fmt: skip
"""Words of which each may stand for the first of its line."""


def stem(word: str) -> str:
    """What a word shares with its other forms: its beginning, without an ending and without a doubled last letter."""
    cut = _ENDING.sub("", word)
    cut = cut if len(cut) >= _SHORTEST else word
    return (cut[:-1] if len(cut) > _SHORTEST and cut[-1] == cut[-2] else cut)[:STEM]


def stems(text: str) -> frozenset[str]:
    """The stems of a text's words, of those that say something."""
    return frozenset(stem(word) for word in _WORD.findall(text.casefold()) if word not in _COMMON)


_LIKE: dict[str, frozenset[str]] = {}
for _line in _ALIKE:
    _first, *_rest = _line.split()
    _LIKE[stem(_first)] = _LIKE.get(stem(_first), frozenset()) | {stem(w) for w in _rest}


def alike(one: str) -> frozenset[str]:
    """A stem and those that may stand for it."""
    return _LIKE.get(one, frozenset()) | {one}


def says(text: str, wanted: str) -> bool:
    """Whether a text holds a word of what is wanted, or one that may stand for it."""
    return bool(stems(text) & {like for one in stems(wanted) for like in alike(one)})


_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_CLAUSE = re.compile(
    r"(?<=[,:])\s+|\s+[\u2013\u2014-]+\s+|\s+(?=(?:but|so|and then|because|as it|since)\b)", re.IGNORECASE
)


def sentences(text: str) -> list[str]:
    """The sentences of a text, one kind of apostrophe in all."""
    return [s for s in _SENTENCE.split(text.replace("\u2019", "'")) if s.strip()]


def clauses(text: str) -> Iterator[str]:
    """The parts of its sentences between commas, dashes and joining words."""
    for one in sentences(text):
        yield from (c for c in _CLAUSE.split(one) if c and c.strip())
