"""Requests in words: a message asks for what its stage wants, no more, not the opposite, and recites no rule."""

import re
from collections.abc import Iterator

from blueprints.author import PUSH_BACK, said_first, slots
from blueprints.author import instruction as told_plainly
from blueprints.blueprint import Blueprint, Rejected
from blueprints.english import alike, clauses, sentences, stem, stems
from blueprints.provisos import provisos, unfounded, without_else
from blueprints.wording import fill, label, second_person
from tools_env.calls import Call
from tools_env.mentions import mentions

_QUOTED = re.compile(r"\"[^\"]*\"|\u201c[^\u201d]*\u201d")
_SLOT = re.compile(r"\{\w+\}")

_DENIED = re.compile(
    r"\b(?:do not|don't|dont|never|not to|not be|rather not|prefer not|must not|mustn't|should not|shouldn't|needn't|"
    r"need not|no need|not need|no longer want|by no means|under no circumstances|on no account|in no way|"
    r"nobody should|no one should|stop|refrain from|hold off|holding off|avoid|without|won't|will not|wouldn't like|"
    r"would not like|wouldn't want|would not want|hate|against)\b",
    re.IGNORECASE,
)
"""What turns a request into its opposite, with the words of the request behind it."""
_ORDERED_NOT = re.compile(
    r"^(?:(?:and|but|so|please|kindly|just|also|then|hi|hello|no)[, ]+)*(?:do not|don't|dont|never)\s+"
    r"(?!(?:forget|hesitate|worry|mind|get|judge|laugh|blame|let|know|think|have|want|need|care|see|be|tell)\b)\w+",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"^\W*(?:\w+ )?(?:forget|hesitate|worry|mind|know|knew|understand|remember|think|thought|see|find|found|care|"
    r"let|able|managed?|work|seem|believe|get|fail|miss)\b",
    re.IGNORECASE,
)
_HAVING = re.compile(r"\W*((?:[\w']+ ){0,5}?)have\b", re.IGNORECASE)
_THINKS_NOT = re.compile(r"\b(?:think|believe)\b.*\b(?:want|need|should|like|wish)\b", re.IGNORECASE)
_REACH = 6
"""How many words a denial bears on."""
_WANTED_NOT = re.compile(r"\b(?:do not|don't|dont|never|wouldn't|would not) (?:want|wish|like|need|intend)\b",
                         re.IGNORECASE)  # fmt: skip
_ENDING_TOOLS = frozenset(map(stem, ("cancel", "withdraw", "return", "exchange", "switch", "dispute", "redirect")))
"""What one asks for a thing that one does not want."""

_IN_PLACE = re.compile(r"\b(?:instead of|rather than)\b", re.IGNORECASE)
_EXCEPTION = re.compile(
    r"(?:,|\band|\bbut) not (?!only\b|sure\b|that\b|urgent\b|yet\b|in a\b)"
    r"|\b(?:except(?! that\b)(?:ing)?|excluding|other than (?!that\b)|apart from (?!that\b)|aside from (?!that\b)|"
    r"save for|all but|leav(?:e|ing) out|leav(?:e|ing) (?:[\w']+ ){1,4}?(?:alone|untouched|as (?:it|they|everything))|"
    r"never mind|on second thoughts?|scrap that|forget (?:about )?(?:it|that)\b(?! (?:is|was)))",
    re.IGNORECASE,
)
_ALL = (
    r"\b(?:all|every|each|any|both)(?: one)?(?: of)?(?: (?:my|the|these|those|our|other|single))*(?: \w+)? {noun}s?\b"
)
_ALL_OF_THEM = re.compile(r"\b(?:all|every one|each one|both) of (?:them|these|those|mine)\b|\bthem all\b"
                          r"|\beverything (?:I have|on my account|I've|else)\b", re.IGNORECASE)  # fmt: skip

_HISTORY = re.compile(
    r"\bwhether\b[^;]*?\b(?:was|were|has|have been|had|did|ever|already|got)\b.*"
    r"|\b(?:if|when|why|who|how (?:often|many times))\b[^,;]*?"
    r"\b(?:was|were(?! to\b)|has|have been|had|did|ever|already|got)\b[^,;]*"
    r"|^(?:was|were|has|have|had|did|when|why|who|how often)\b.*\?",
    re.IGNORECASE,
)
"""Questions about what has been, in which nothing is asked for."""

_RULE = re.compile(
    r"\b(?:rules?|polic(?:y|ies)|clauses?|forbid\w*|prohibit\w*)\b|(?:\bnot|n't) (?:\w+ )?(?:allow\w*|permit\w*)\b"
    r"|\b(?:you|they|the desk|people|customers|members|nobody|one|usually|normally)\b(?: \w+){0,2}? ?"
    r"\b(?:never|don't|do not|won't|will not|can't|cannot|refuse)\b",
    re.IGNORECASE,
)
_SHARE = 0.4
_WISHING = re.compile(r"\b(?:want|would like|'d like|need|wish|ask|hope|hoping|insist|plan|are to)\b", re.IGNORECASE)
_STRONG = re.compile(r"\b(?:only if|unless|provided that|as long as|on condition|otherwise)\b", re.IGNORECASE)
_PROMPTED = re.compile(r"\b(?:asked|told|prompted|asks|necessary|needed|pressed|confirm)\b", re.IGNORECASE)


def requests(blueprint: Blueprint) -> Iterator[Rejected]:
    """Every message, and the instruction, want what the stages want: nothing denied, excepted, added or recited."""
    for number, stage in enumerate(blueprint.stages):
        place, text = f"message {number + 1}", _own(blueprint, number, stage.say)
        if found := unfounded(stage, text):
            yield _wrong(f"{place} makes the wish hang on something ({found!r}), the task does not: leave that out")
        if stage.wants != "answer":
            yield from (_wrong(f"{place} {what}") for what in _bent(blueprint, number, text))
        if stage.wants == "refusal" and (told := _recital(blueprint, number, text)):
            yield _wrong(f"{place} recites the rule that forbids it ({told!r}): let them ask as if it were possible")
    yield from _instruction(blueprint)


def _wrong(reason: str) -> Rejected:
    return Rejected(stage="wording", reason=reason)


def _own(blueprint: Blueprint, number: int, text: str) -> str:
    """A text without what stands in quotes and without what the task itself says of a stage."""
    stage, text = blueprint.stages[number], text.replace("\u2019", "'")
    wanted = fill(stage.intent, slots(blueprint, number))
    held = [k for k in blueprint.known.values() if k.stage == number or not k.about]
    told = [wanted, *(said_first(k) for k in held if k.value is not None or k.phrase)]
    told += [k.phrase for k in held if k.phrase] + ([stage.other.intent] if stage.other else [])
    for words in sorted({w for one in told for w in (one, second_person(one))}, key=len, reverse=True):
        if any(mark.search(words) for mark in (_DENIED, _EXCEPTION, _IN_PLACE)) or provisos(words):
            text = text.replace(words, " ")
    return _QUOTED.sub(" ", text)


def _bent(blueprint: Blueprint, number: int, text: str) -> Iterator[str]:
    """How a message asks for less than its stage wants, for more, or for the opposite."""
    stage = blueprint.stages[number]
    if stage.condition is not None and stage.other is None:
        text = " ".join(without_else(one) for one in sentences(text))
    acts = deeds(blueprint, number) | (stems(stage.other.intent) if stage.other else frozenset())
    if found := next((c.strip() for c in clauses(text) if _denies(blueprint, number, c, acts)), ""):
        yield f"asks not to have it done ({found!r}): say that they want to {_wanted(blueprint, number)}"
    in_place = _IN_PLACE.search(text)
    licensed = re.search(r"\binstead\b", stage.intent) is not None
    if in_place and licensed and _named(blueprint, number, text[in_place.end() :]):
        yield f"rules out what the task wants ({text[in_place.start() :][:60]!r}): say only what they want"
    if found := next((m[0].strip(" ,") for m in (_EXCEPTION.search(text), None if licensed else in_place) if m), ""):
        yield f"makes an exception ({found!r}) that the task does not: say only what they want"
    if found := _more(blueprint, number, text):
        yield f"asks for more than the task does ({found!r}): say which one they mean"


def _wanted(blueprint: Blueprint, number: int) -> str:
    return fill(blueprint.stages[number].intent, slots(blueprint, number))


def _named(blueprint: Blueprint, number: int, text: str) -> bool:
    """Whether the next words of a text name something that the stage is about."""
    part = re.split(r"[,;.!?]", text, maxsplit=1)[0]
    facts = [k for k in blueprint.known.values() if k.stage == number and k.about and k.value is not None]
    return any(mentions(part, k.value, k.meaning) for k in facts)


def _denies(blueprint: Blueprint, number: int, text: str, acts: frozenset[str]) -> bool:
    """Whether a clause denies what its stage is to do."""
    if _ORDERED_NOT.search(text.strip()):
        return True
    caused = blueprint.stages[number].intent.startswith("have ")
    for found in _DENIED.finditer(text):
        behind = text[found.end() :]
        if _HARMLESS.search(behind) and not _THINKS_NOT.search(behind):
            continue
        having = _HAVING.match(behind)
        if having and not caused and not having[1]:
            continue
        if stems(behind if having and caused else " ".join(behind.split()[:_REACH])) & acts:
            return True
    found_not = _WANTED_NOT.search(text)
    return bool(found_not and not acts & _ENDING_TOOLS and _named(blueprint, number, text[found_not.end() :]))


def _more(blueprint: Blueprint, number: int, text: str) -> str:
    """Words that ask for more records than one."""
    start = blueprint.stages[number - 1].until if number else 0
    calls = [*blueprint.actions[start : blueprint.stages[number].until]]
    calls += [blueprint.evidence.forbidden] if blueprint.evidence else []
    if any(isinstance(v, list) and len(v) > 1 for c in calls for v in c.arguments.values()):
        return ""
    nouns = {n for k in _records(blueprint, number) for n in k.split()[-1:]}
    licensed = blueprint.stages[number].intent
    for noun in sorted(nouns):
        for found in re.finditer(_ALL.format(noun=re.escape(noun)), text, re.IGNORECASE):
            if found[0].casefold() not in licensed.casefold():
                return found[0]
    found_all = _ALL_OF_THEM.search(text)
    return found_all[0] if found_all else ""


def _records(blueprint: Blueprint, number: int) -> set[str]:
    """What the records are called that a stage is about."""
    return {k.label for k in blueprint.known.values()
            if k.stage == number and k.about and k.meaning.kind == "identifier"}  # fmt: skip


def deeds(blueprint: Blueprint, number: int) -> frozenset[str]:
    """Stems of the words that ask for what a stage does: those of its intent and of its tool's name, records apart."""
    stage, call = blueprint.stages[number], _call(blueprint, number)
    name = label(call.name) if call else ""
    nouns = {one for noun in _records(blueprint, number) for one in stems(noun)}
    plain = stems(_SLOT.sub(" ", f"{stage.intent} {name}")) - nouns
    return frozenset(like for one in (plain or stems(stage.intent)) for like in alike(one))


def _call(blueprint: Blueprint, number: int) -> Call | None:
    """The call with which a stage ends, or would."""
    stage = blueprint.stages[number]
    if stage.wants == "refusal":
        return blueprint.evidence.forbidden if blueprint.evidence else None
    done = blueprint.actions[: stage.until] if stage.wants == "change" else ()
    return done[-1] if done else None


def asks_for(blueprint: Blueprint, number: int) -> bool:
    """Whether a message asks for what its stage does, and not merely whether it was ever done."""
    acts = deeds(blueprint, number)
    return any(stems(_HISTORY.sub(" ", one)) & acts for one in sentences(blueprint.stages[number].say))


def _recital(blueprint: Blueprint, number: int, text: str) -> str:
    """The sentence that says why what is asked for cannot be done."""
    acts = deeds(blueprint, number)
    return next((s.strip() for s in sentences(text) if _RULE.search(s) and stems(s) & acts), "")


def _instruction(blueprint: Blueprint) -> Iterator[Rejected]:
    """The sentences of an instruction that tell a wish, as far as the program did not write them itself."""
    text = blueprint.instruction.replace(PUSH_BACK, " ")
    for given in (told_plainly(blueprint), blueprint.persona):
        text = text.replace(" ".join(given.split()), " ") if given.strip() else text
    simple = not any(s.condition or s.other for s in blueprint.stages)
    changes = [n for n, s in enumerate(blueprint.stages) if s.wants != "answer" and not (s.condition or s.other)]
    for one in sentences(_QUOTED.sub(" ", text)):
        if any(blueprint.stages[n].wants == "refusal" and _recital(blueprint, n, one) for n in changes):
            yield _wrong(f"the instruction recites the rule that forbids it ({one.strip()!r}): leave the rule out")
        if not _WISHING.search(one):
            continue
        strong = _STRONG.search(one) if simple and not _PROMPTED.search(one) else None
        if strong:
            yield _wrong(f"the instruction adds a condition ({strong[0]!r}) that the task has not: leave it out")
        if any(_told_not(blueprint, number, one) for number in changes):
            yield _wrong(f"the instruction says not to have it done ({one.strip()!r}): say what they want")


def _told_not(blueprint: Blueprint, number: int, text: str) -> bool:
    acts = deeds(blueprint, number)
    return any(stems(c) & acts and _denies(blueprint, number, c, acts) for c in clauses(text))
