"""The fidelity gate over a whole talk, and the check of a single human turn that casts use before it is spoken."""

import re
from collections.abc import Iterator, Sequence

from blueprints.blueprint import Blueprint, Output
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.form import REPEATS, circles
from blueprints.judging.ledger import Ledger
from blueprints.judging.orders import orders_in
from blueprints.judging.talk import Talk, id_shape
from blueprints.judging.verdict import Finding, GateResult, failed, passed
from tools_env.mentions import MAIL, amounts_in, dateless, dates_in, mentions
from tools_env.port import World

LONGEST = 2_000
"""Signs in a message of the human; people write less."""
_WORD = re.compile(r"[\w#-]+")
_MORE = re.compile(
    r"\bone (?:more|last) (?:thing|question)\b|\b(?:could|can|would) you (?:please |also )*(?!believe)\w+|"
    r"\bplease (?:also|then)\b|\bi(?:'d| would) also like\b|\bi also (?:need|want)\b",
    re.IGNORECASE,
)
"""A wish: whoever has one does not end the talk."""
_DIGIT = re.compile(r"[0-9]")
_CLOSING = re.compile(r"\b(?:anything|something|what) else\b|\bfurther (?:help|assistance|questions)\b", re.IGNORECASE)
_ROLE = re.compile(
    r"\bas an ai\b|\bhow (?:can|may) i (?:help|assist) you\b|\bready to (?:help|assist)\b|"
    r"\bthank you for providing your\b|"
    r"\bi(?:'ve| have) (?:updated|processed) your\b|\bi(?:'ll| will) look (?:it|that|you|your \w+) up\b|"
    r"\bwhat(?:'s| is) your (?:e-?mail|name|postcode|address|phone|order)\b|\bwe will (?:proceed|process)\b|"
    r"\bi can help you\b|\banything else i can (?:help|do for) you\b|\bhow may i help\b|"
    r"\b(?:tell|give|provide|confirm)(?: me)? your (?:e-?mail|name|postcode|address|phone|date of birth)\b|"
    r"\bi(?:'ve| have) (?:found|located|verified) your\b|"
    r"\bi(?:'ve| have) \w+ed (?:it|that|this|everything) for you\b|\bi am (?:the|an|your) (?:ai )?assistant\b|"
    r"(?:^|[.!?]\s)\W{0,3}(?:human|user|customer|agent|assistant)\s?:\s|"
    r"\b(?:simulated|simulation of a) (?:user|customer)\b|\bmy (?:persona|ledger|fact_ids|instructions)\b|"
    r"\b(?:call|use|run) the (?:function|tool)\b|\bthe (?:tool|function)(?: call)? (?:said|says|returned)\b|"
    r"\bthe (?:customer|user) (?:wants|would like|says|asks|pauses|is)\b|\{\s*[\"']\w+[\"']\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_FIGURES = re.compile(r"(?<![\w$\u20ac.,-])(?:[A-Za-z]{0,4}-?)?\d(?:[ .()-]?\d){4,}(?!\w)")
"""A number of five figures or more: a phone, account or order number, a postcode."""


def fidelity(talk: Talk, *, unsettled: bool) -> GateResult:
    """Every human turn holds to the blueprint; with `unsettled`, a stop in reply to a question is an early stop."""
    found: list[Finding] = []
    said = talk.human_said
    if [(h.turn, h.text) for h in talk.human_turns] != [(t, e.text) for t, e in said]:
        found.append(Finding(turn=None, text="the recorded human turns are not those of the talk"))
    ledger = Ledger(talk.blueprint, talk.world.specs)
    position = 0
    for turn in talk.human_turns:
        for place, event in talk.agent_said:
            if position <= place < turn.turn and event.batch is None:
                ledger.hear(event.text)
        position = turn.turn
        heard = "\n".join(ledger.heard)
        wrong = [*problems(talk.blueprint, talk.world, turn, heard, talk.brief.now.isoformat()), *ledger.faults(turn)]
        found += [Finding(turn=turn.turn, text=p) for p in wrong]
        ledger.speak(turn)
    if (again := circles(talk, in_a_row=True).get("human")) is not None:
        found.append(Finding(turn=again, text=f"says the same thing {REPEATS} times in a row"))
    found += list(_stopping(talk, unsettled=unsettled))
    return failed("fidelity", "human", *found) if found else passed("fidelity")


def problems(blueprint: Blueprint, world: World, turn: HumanTurn, heard: str, now: str) -> Iterator[str]:
    """What is wrong with one human turn, given all that the agent has said so far (design: human)."""
    text = turn.text.replace(STOP, "")
    if not re.sub(r"[\s.,;:!\u2026-]", "", text) and STOP not in turn.text:
        yield "says nothing"
    if strange := orders_in(text):
        yield strange
    if len(text) > LONGEST:
        yield f"writes {len(text)} signs in one message"
        text = text[:LONGEST]
    unknown = [n for n in turn.fact_ids if n not in blueprint.known or blueprint.known[n].disclose == "unknown"]
    if unknown:
        yield f"claims to give away {unknown[0]}, which the person does not know"
    yield from _invented(blueprint, text, heard, now)
    yield from _technical(blueprint, world, text, heard)
    if _ROLE.search(text):
        yield "speaks as the agent"


def _invented(blueprint: Blueprint, text: str, heard: str, now: str) -> Iterator[str]:
    """Dates, amounts and addresses that neither the person's part nor the agent holds; answers said too early."""
    if not (_DIGIT.search(text) or amounts_in(text) or "@" in text or blueprint.outputs):
        return
    facts = [k for k in blueprint.known.values() if k.value is not None]
    phrases = [k.phrase for k in blueprint.known.values()]
    own = "\n".join([*(str(k.value) for k in facts), *phrases, _all_words(blueprint), now])
    if dates := dates_in(text):
        yield from (f"invents the date {date}" for date in sorted(dates - dates_in(own) - dates_in(heard)))
    if amounts := amounts_in(text):
        amounts -= {float(k.value) for k in facts if isinstance(k.value, int | float)}
        amounts -= amounts_in(own) | amounts_in(heard)
        yield from (f"invents the amount {amount:,.2f}" for amount in sorted(amounts))
    if long := _FIGURES.findall(dateless(text)):
        known = re.sub(r"\W", "", f"{own}\n{heard}")
        yield from (f"invents the number {found.strip()}" for found in long if re.sub(r"\D", "", found) not in known)
    for mail in MAIL.findall(text) if "@" in text else ():
        if mail.casefold() not in own.casefold() and mail.casefold() not in heard.casefold():
            yield f"invents the address {mail}"
    for output in blueprint.outputs:
        if _tells(text, output) and not mentions(f"{own}\n{heard}", output.value, output.meaning):
            yield f"says the answer {output.value} before the agent does"


def _tells(text: str, output: Output) -> bool:
    """Whether words give an answer; an ordinary word ("long") does so only beside what it is called, as what something
    is said to be ("it is long"), or on its own.
    """
    if not (isinstance(output.value, str) and output.value.isalpha()):
        return mentions(text, output.value, output.meaning)
    value = re.escape(output.value)
    said_of = re.compile(
        rf"(?:^\W*|\b(?:it|that|this|one|they)(?:'s| is| was| are| were| (?:must|should|might|could|will|has to) be)\s+"
        rf"(?:probably |maybe |surely |now |still |in |at |on |the |a |an )*[\"'\u201c]?){value}"
        r"(?=\W*$|[,;]| (?:or|right)\b)",
        re.IGNORECASE,
    )
    sentences = [s.replace("\u2019", "'") for s in re.split(r"[.!?\n]+", text)]
    named = [s for s in sentences if mentions(s, output.value, output.meaning)]
    return any(output.label.casefold() in s.casefold() or said_of.search(s) for s in named)


def _technical(blueprint: Blueprint, world: World, text: str, heard: str) -> Iterator[str]:
    """Names of tools and arguments, and ids that the person does not know."""
    words = set(_WORD.findall(text))
    if marked := {word for word in words if "_" in word}:
        names = {*world.specs, *(p.name for s in world.specs.values() for p in s.params)}
        yield from (f"talks of the tool or argument {name}" for name in sorted(marked & names))
    secret = _secret_ids(blueprint, world)
    words = {word for word in words if word in secret or (_DIGIT.search(word) and id_shape(word))}
    if not words:
        return
    shapes = {id_shape(key) for key in secret} - {""}
    own = "\n".join([_all_words(blueprint), heard, *(str(k.value) for k in blueprint.known.values())]).casefold()
    for key in sorted(words):
        if key.casefold() in own:
            continue
        if key in secret:
            yield f"gives away the internal id {key}"
        elif id_shape(key) in shapes:
            yield f"invents the id {key}"


def _all_words(blueprint: Blueprint) -> str:
    return "\n".join([blueprint.instruction, *(f"{s.say} {s.change}" for s in blueprint.stages)])


def _secret_ids(blueprint: Blueprint, world: World) -> set[str]:
    """Record ids of the solution that the person does not know."""
    found: set[str] = {blueprint.person}
    for call in (*blueprint.actions, *([blueprint.evidence.forbidden] if blueprint.evidence else [])):
        for param in world.specs[call.name].params if call.name in world.specs else ():
            value = call.arguments.get(param.name)
            if param.meaning.kind == "identifier" and value is not None:
                found |= {str(v) for v in (value if isinstance(value, list) else [value])}
    return found - {str(k.value) for k in blueprint.known.values()}


def _stopping(talk: Talk, *, unsettled: bool) -> Iterator[Finding]:
    stops: Sequence[HumanTurn] = [h for h in talk.human_turns if STOP in h.text]
    if len(stops) > 1 or (stops and stops[0] is not talk.human_turns[-1]):
        yield Finding(turn=stops[0].turn, text="goes on talking after having ended the talk")
    if not stops:
        return
    words, _, after = stops[0].text.rpartition(STOP)
    if any(c.isalnum() for c in after) or _MORE.search(words):
        yield Finding(turn=stops[0].turn, text="ends the talk and asks for more in one message")
    last = next((e.text for t, e in reversed([*talk.course.said("agent")]) if t < stops[0].turn), "")
    if unsettled and any(not _CLOSING.search(question) for question in re.findall(r"[^.!?]*\?", last)):
        yield Finding(turn=stops[0].turn, text="ends the talk in reply to a question, with the matter unsettled")
