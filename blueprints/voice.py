"""Gate on voice: messages are the person's own and the instruction is told to them, so that who plays them can say it.

Models that write whole tasks fall into the desk's part: they answer the request in the message that should make it.
"""

import re
from collections import Counter
from collections.abc import Iterator

from blueprints.blueprint import Blueprint, Rejected

LONG = 5
"""A sentence of so many words does not come twice, and so many words in a row are not found again by chance."""

_QUOTED = re.compile(r'"[^"]*"')
_OF_THEM = re.compile(
    r"\bthe (?:customer|client|user)(?:'s|s)?\b"
    r"|\b(?:customer )?service (?:desk )?(?:operator|agent|assistant|representative)\b",
    re.IGNORECASE,
)
"""Words that talk about the person instead of to them, or as them."""
_NOT_TO_THEM = re.compile(
    r"\b(?:customer|client)s\b|\b(?:this|that|our|\w+(?:ed|ing)) (?:customer|client)\b"
    r"|\b(?-i:I)(?:'(?:m|ve|d|ll))?(?!\w)|\b(?:me|my|we|our|us)\b|\b(?:assist|serve) you\b"
    r"|\b(?:(?-i:AI)|language model)\b",
    re.IGNORECASE,
)
"""What is not said to a person about themself: somebody else's trade, or the part of one who speaks."""
_AS_THE_DESK = re.compile(
    r"\byour (?:requests?|order|account|claim|booking|membership|inquiry|enquiry)\b"
    r"|\byour (?:e-?mail|name|postcode|phone|(?:current |home )?address)\b"
    r"|\b(?:your|our|the) customers\b"
    r"|^\W*you(?:'d like| would like| want| wish)\b"
    r"|\bhow (?:can|may) i (?:help|assist)\b"
    r"|\b(?:assist|serve) you\b"
    r"|\bi(?: am|'m) (?:refusing|unable to (?:fulfill?|process|approve|grant|complete) (?:it|that|this|your|the))\b"
    r"|\bi (?:can ?not|can't) (?:fulfill?|process|approve|grant|complete) (?:it|that|this|your|the)\b"
    r"|\bi(?: have|'ve) (?:updated|processed|refunded|located|verified|looked up|identified)\b"
    r"|\b(?:violates|is against|breaks) (?:the|our|a|this) (?:rule|policy|clause)\b",
    re.IGNORECASE,
)
"""What the desk says to the person, and never the person to the desk."""
_YOU = re.compile(r"\byou(?:'|r|rs|rself)?\b", re.IGNORECASE)
_WORD = re.compile(r"[\w'-]+")
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_NAMES = ("name", "first_name", "last_name")


def voice(blueprint: Blueprint) -> Iterator[Rejected]:
    """The person speaks for themself in every message, and the instruction speaks to them, and says nothing twice."""
    told = _plain(blueprint.instruction)
    if found := _OF_THEM.search(told):
        yield _wrong(f"the instruction speaks of {found[0]!r} as of somebody else: tell it to them, as you")
    elif found := _NOT_TO_THEM.search(told.replace(_plain(blueprint.persona), " ") if blueprint.persona else told):
        yield _wrong(f"the instruction says {found[0]!r}: tell it to the person, as you, and begin with You")
    elif not _YOU.search(opening := next(iter(_SENTENCE.findall(told)), "")):
        yield _wrong(f"the instruction begins {opening.strip()!r}: tell it to the person, and begin with You")
    if name := _own(blueprint, told):
        yield _wrong(f"the instruction speaks of {name} as of somebody else: tell it to them, as your, not {name}'s")
    if twice := _twice(told):
        yield _wrong(f"the instruction says twice: {twice!r}. Say it once")
    for number, stage in enumerate(blueprint.stages, 1):
        said = _plain(stage.say)
        if found := _AS_THE_DESK.search(said) or _OF_THEM.search(said):
            reason = f"message {number} says {found[0]!r} as the desk would: let the person ask for what they want"
            yield _wrong(reason)
        elif run := _repeated(said, _plain(blueprint.persona)):
            yield _wrong(f"message {number} tells the person about themself ({run!r}): let them say what they want")
        elif name := _own(blueprint, said):
            yield _wrong(f"message {number} speaks of {name} as of somebody else: let them say I and my")


def _plain(text: str) -> str:
    """A text without what stands in quotes, and with one kind of apostrophe."""
    return _QUOTED.sub(" ", text.replace("\u2019", "'"))


def _wrong(reason: str) -> Rejected:
    return Rejected(stage="wording", reason=reason)


def _own(blueprint: Blueprint, text: str) -> str:
    """The person's own name, where a text says that something is theirs."""
    known = (blueprint.known.get(name) for name in _NAMES)
    names = {part for k in known if k is not None and not k.about for part in str(k.value).split()}
    return next((n for n in sorted(names) if re.search(rf"\b{re.escape(n)}'s?(?!\w)", text)), "")


def _repeated(said: str, persona: str) -> str:
    """The first words that a message has in common with the persona, so many in a row that they are taken from it."""
    there = f" {' '.join(_WORD.findall(persona.casefold()))} "
    words = _WORD.findall(said.casefold())
    runs = (" ".join(words[at : at + LONG]) for at in range(len(words) - LONG + 1))
    return next((run for run in runs if f" {run} " in there), "")


def _twice(text: str) -> str:
    sentences = (" ".join(s.split()) for s in _SENTENCE.findall(text))
    counted = Counter(s for s in sentences if len(s.split()) >= LONG)
    return next((s for s, n in counted.items() if n > 1), "")
