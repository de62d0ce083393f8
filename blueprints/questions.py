"""Questions in words: a message asks for the very field that its answer is, by its name or by words that mean it."""

import re
from collections.abc import Iterator

from blueprints.author import slots
from blueprints.blueprint import Blueprint, Rejected
from blueprints.english import alike, sentences, stem, stems
from blueprints.hinges import shares_words
from blueprints.wording import fill

_ASKED = re.compile(r"^(?:what )?the (?P<field>.+?) of (?P<all>all my )?\S")
"""The field in the intent of a question."""
_NO_NAME = frozenset(map(stem, ("date", "number")))
"""What a label holds beside the field's own name."""
_OF_THEMSELF = re.compile(r"(?:and |by the way, )?my [^?]* (?:is|are) [^?]*$", re.IGNORECASE)
"""A sentence with which people say who they are."""
_ADDED = "total"
_ALONE = {
    "date": re.compile(r"\b(?:when|(?:what|which) (?:day|date)|how long|date)\b", re.IGNORECASE),
    "amount": re.compile(r"\bhow much\b|\bcosts?\b|\bprice\b|\bamount\b|\bcharged?\b|\bpay\b", re.IGNORECASE),
    "count": re.compile(r"\bhow many\b|\bnumber of\b", re.IGNORECASE),
}
_TWO = 2
ASKED = 0.3
"""The least share of a policy question's longer words that it holds in whatever way it is put."""


def names(text: str, field: str) -> bool:
    """Whether a text names a field by its label: every word of it or one that means the same, of three any two."""
    asked = " ".join(one for one in sentences(text) if not _OF_THEMSELF.match(one))
    said, wanted = stems(asked), stems(field) - _NO_NAME
    found = sum(bool(said & alike(one)) for one in wanted)
    return found >= min(len(wanted), max(_TWO, len(wanted) - 1))


def asks_alone(text: str, kind: str) -> bool:
    """Whether a text asks for a value of a kind without its name, which will do where the record has only one such."""
    return kind in _ALONE and _ALONE[kind].search(text) is not None


def questions(blueprint: Blueprint) -> Iterator[Rejected]:
    """Each message with a question, of those that an author only words, names the field that its intent asks for, and
    one about the policy some of its words.
    """
    for number, stage in enumerate(blueprint.stages):
        intent = fill(stage.intent, slots(blueprint, number))
        if stage.wants != "answer":
            continue
        found = _ASKED.match(intent)
        if found is None:
            missing = "" if shares_words(stage.intent, stage.say, ASKED) else "ask for that"
        else:
            added = not found["all"] or stems(stage.say) & alike(_ADDED)
            missing = "" if added and names(stage.say, found["field"]) else f"name the {found['field']}"
        if missing:
            reason = f"message {number + 1} asks for something else than {intent}: {missing}"
            yield Rejected(stage="wording", reason=reason)
