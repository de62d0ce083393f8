"""Conditions in words: what hangs on an "if" and what is mere courtesy, and whether words say a stage's own condition.

A condition compares the value on the side that the blueprint says, and the wishes come in its order. What cannot be
told for sure is sent back: a round is cheaper than a task whose words ask for what its actions do not do.
"""

import re
from collections.abc import Iterator

from blueprints.blueprint import Condition, Stage
from blueprints.english import sentences, stems
from tools_env.mentions import dates_in, mentions, numbers_in
from tools_env.values import Json, Meaning

_IT = r"(?:it|that|this|there|everything)(?:'s| is| was| would be|'d be)"
_COURTESY = re.compile(
    r"\bif you (?:(?:could|can|would|may|might)(?!n't|'t| not)|please|(?:don't|do not|wouldn't|would not) mind|like|"
    r"need|require|want|wish|prefer|ask|have (?:a |any |some |the )?(?:moment|minute|second|time|questions?))\b"
    r"|\bif (?:at all )?(?:possible|need be|needed|necessary|required|helpful|useful|convenient|allowed|asked)\b"
    r"|\bif (?:I|we) (?:may|might|could|can|remember|recall|understand|am not mistaken|read|got|have understood)\b"
    rf"|\bif {_IT} (?:all right|alright|ok|okay|fine|possible|convenient|(?:not|no) (?:too much )?(?:bother|trouble|"
    r"problem)|(?:any|of) (?:help|use)|helpful|easier for you|all the same|what you need)\b"
    r"|\bif (?:it|that|this|anything) (?:helps|works|suits(?: you)?|matters|is unclear|else is needed)\b"
    r"|\bif (?:it|that|this) (?:isn't|is not|wouldn't be|would not be) too (?:much|late|difficult)(?: trouble)?\b"
    r"|\bif (?:there is|there's) (?:anything|something|any way|a way)\b|\bif anything\b"
    r"|\b(?:let me know|tell me|know|see|check|wonder(?:ing|ed)?|ask(?:ing)?|find out|sure|certain|look up|look|"
    r"confirm|say|hear|unsure|mind|grateful|glad|appreciate it|appreciated|great|lovely|nice|wonderful|kind|good|happy|"
    r"thankful|pleased|helpful|perfect) if\b"
    r"|\b(?:as|even|what) if\b",
    re.IGNORECASE,
)
_HANGS = re.compile(
    r"\b(?:if|unless|otherwise|or else|failing that|failing which|as long as(?! possible| I can)|so long as|assuming|"
    r"depending on|subject to|on (?:the |one )?condition|in the event|only (?:when|after|then|in case|for as long))\b"
    r"|\b(?:provided|providing) (?:that|it|it's|the|this|there|my|they|you|I|nothing|no)\b(?! (?:by|to)\b)"
    r"|(?:^|[,;.] )should (?:it|that|this|there) (?:be|cost|turn|come|take|need|prove|have|mean)\b",
    re.IGNORECASE,
)
_STATED = re.compile(r"\b(?:I|you|we|they|have|has|had|'ve|was|were|as|already) provided\b", re.IGNORECASE)
_ONLY = re.compile(r"\b(?:only|whenever|when|where|should|in case|suppose|supposing|once)\b|" + _HANGS.pattern,
                   re.IGNORECASE)  # fmt: skip
_NOT = r"(?:not|n't|never|cannot|no|impossible|refused|fails?|unavailable|forbidden|against|denied|problem)"
_ELSE = re.compile(
    r"\b(?:otherwise|or else|else|failing (?:that|which)|alternatively"
    rf"|if (?:not|{_IT}n't|(?:it|that|this|they|you|there) (?:[\w']+ ){{0,4}}?\w*{_NOT}\b)"
    r"(?: (?:(?:be )?(?:done|possible|allowed|the case|so|permitted|work(?: out)?|happen|available|an option))\b)?)",
    re.IGNORECASE,
)
"""What leads over to the wish that is second."""

_RISING = frozenset({"above", "over", "more", "higher", "greater", "larger", "bigger", "exceed", "exceeds", "exceeding",
                     "beyond", "least", "upwards", "minimum", "past"})  # fmt: skip
_FALLING = frozenset({"below", "under", "less", "lower", "fewer", "smaller", "cheaper", "beneath", "most", "maximum",
                      "up", "within"})  # fmt: skip
_LATER = frozenset({"after", "later", "past", "beyond", "following", "since", "earliest", "onward", "onwards"})
_EARLIER = frozenset({"before", "earlier", "prior", "sooner", "ahead", "preceding", "latest", "by", "until"})
_SIDES = {
    "above": (_RISING, _FALLING),
    "below": (_FALLING, _RISING),
    "after": (_LATER, _EARLIER),
    "before": (_EARLIER, _LATER),
    "is": (frozenset({"is", "be", "exactly", "equals"}), frozenset[str]()),
}
_TURNING = re.compile(r"^(?:not|no|never|without|nothing|cannot|hardly|\w+n't)$")
BEFORE, BEHIND = 7, 3
"""How many words before and behind a value compare something with it."""


def provisos(text: str) -> list[str]:
    """What a text makes something hang on, in the words that do so; courtesies are none."""
    plain = _COURTESY.sub(" ", _STATED.sub(" ", text.replace("\u2019", "'")))
    return [found[0].strip(" ,;.").casefold() for found in _HANGS.finditer(plain)]


def unfounded(stage: Stage, text: str) -> str:
    """The first condition in a text about a stage that has no such one."""
    if stage.condition is None and stage.other is None:
        return next(iter(provisos(text)), "")
    told = [s for s in sentences(text) if not _about(stage.condition, s)]
    loose = [p for s in told for p in provisos(_ELSE.sub(" ", s))]
    double = [found for s in sentences(text) if _about(stage.condition, s) for found in _doubled(s)]
    return next(iter([*loose, *double]), "")


def _about(condition: Condition | None, text: str) -> bool:
    return condition is not None and mentions(text, condition.value, condition.meaning)


def _doubled(text: str) -> list[str]:
    """What hangs on more than the condition in the sentence that says it."""
    return provisos(re.sub(r"\bif and only if\b", "if", _ELSE.sub(" ", text), flags=re.IGNORECASE))[1:]


def without_else(text: str) -> str:
    """A sentence up to where it says what is to be otherwise."""
    found = _ELSE.search(text)
    return text[: found.start()] if found else text


def turned(condition: Condition, text: str) -> bool:
    """Whether a text compares with the condition's value on another side than the condition does, or on none."""
    right, wrong = _SIDES[condition.than]
    for one in sentences(text):
        if not _about(condition, one):
            continue
        found = [*_compared(one, condition.value, condition.meaning, right, wrong)]
        if False in found or not found or re.search(r"\bunless\b|\b(?:except|not) if\b", one, re.IGNORECASE):
            return True
    return False


def _compared(text: str, value: Json, meaning: Meaning, right: frozenset[str], wrong: frozenset[str]) -> Iterator[bool]:
    """For each comparison with a value whether it is on the right side; a word that denies it turns it round."""
    words = text.split()
    end = next(n for n in range(1, len(words) + 1) if mentions(" ".join(words[:n]), value, meaning))
    start = next(n for n in range(end - 1, -1, -1) if mentions(" ".join(words[n:end]), value, meaning))
    first = max([n + 1 for n in range(start) if words[n][-1] in ",;:"], default=0)
    near = [(n, words[n]) for n in range(max(first, start - BEFORE), start)]
    if words[end - 1][-1] not in ",;:.!?":
        near += [(n, w) for n, w in enumerate(words[end : end + BEHIND], end) if words[n - 1][-1] not in ",;:.!?"]
    for place, word in near:
        said = word.strip(".,;:!?()\"'").casefold()
        if said in right or said in wrong:
            ahead = [w.casefold() for w in words[max(0, place - 2) : place]]
            yield (said in right) != any(_TURNING.match(w) for w in ahead)


def conditional(condition: Condition, text: str) -> bool:
    """Whether the sentence with a condition's value, or the one before it, makes something hang on it."""
    told = sentences(_COURTESY.sub(" ", text.replace("\u2019", "'")))
    places = [n for n, s in enumerate(told) if _about(condition, s)]
    return not places or any(_ONLY.search(s) for n in places for s in told[max(0, n - 1) : n + 1])


def out_of_order(first: str, second: str, text: str) -> bool:
    """Whether a text does not put one wish first and the other behind an "otherwise"."""
    plain = text.replace("\u2019", "'")
    found = _ELSE.search(plain)
    if found is None:
        return True
    ahead, behind = plain[: found.start()], plain[found.end() :]
    if not re.match(r"[^.!?;]*?[a-z]{3}", behind, re.IGNORECASE):  # "the other one if not": the words in front of it
        ahead, _, behind = ahead.rstrip(" ,;").rpartition(_last_break(ahead))
    one, other = _marks(first), _marks(second)
    mine, others = one - other, other - one
    in_front = _share(mine, ahead) - _share(others, ahead)
    at_end = _share(others, behind) - _share(mine, behind)
    return at_end < 0 or in_front + at_end <= 0


def first_wish(stage: Stage) -> str:
    """What the person would rather have than what they want in the end; empty where there is no such thing."""
    return stage.other.intent if stage.other and stage.condition is None else ""


def offers_first(stage: Stage, heard: str) -> bool:
    """Whether words are about what the person would rather have, not about what they want if that cannot be."""
    first, then = _marks(first_wish(stage)), _marks(re.sub(r"\{\w+\}", " ", stage.intent))
    return _share(first - then, heard) > _share(then - first, heard)


def _last_break(text: str) -> str:
    """The last mark that parts what goes before from what comes next."""
    return max((m for m in (", ", "; ", ". ", " and ", " but ") if m in text), key=text.rfind, default=", ")


def _share(wanted: frozenset[str], text: str) -> float:
    return len(wanted & _marks(text)) / len(wanted) if wanted else 0.0


def _marks(text: str) -> frozenset[str]:
    """What tells one wish from another: stems of words, dates and numbers."""
    return stems(text) | dates_in(text) | {f"{n:g}" for n in numbers_in(text)}
