"""Rules: executable clauses of a policy. Conduct rules are ready-made here; a domain declares those it holds to."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tools_env.calls import Because, Refusal
from tools_env.course import Called, Course, Said
from tools_env.mentions import mentions
from tools_env.tool import ToolSpec
from tools_env.values import Json, Meaning, Part, leaves, under


class Breach(Part):
    """A clause broken, where, and in what words; `because` names the deciding fact where the rule knows it."""

    clause: str
    message: str
    turn: int | None = None
    because: Because | None = None


class Clause(Part):
    """A numbered clause of the policy and what upholds it: tools, rules, or nobody but a model that reads."""

    number: str
    text: str
    enforced: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conduct:
    """A rule over the course of a talk: `check` yields (turn, message) for every breach.

    `settings` names what it was made with, so that a domain's digest tells one from another.
    """

    clause: str
    name: str
    check: Callable[[Course, Mapping[str, ToolSpec]], Iterator[tuple[int, str]]] = field(repr=False)
    settings: tuple[str, ...] = ()

    def breaches(self, course: Course, specs: Mapping[str, ToolSpec]) -> Iterator[Breach]:
        """Every breach of this rule in the course."""
        for turn, message in self.check(course, specs):
            yield Breach(clause=self.clause, message=message, turn=turn)


def authenticated_by(clause: str, *finders: str, told: bool = False) -> Conduct:
    """Nothing personal is read or written before one of the `finders` has found the person, or, with `told`, before the
    person has given the id of their own record.
    """

    def check(course: Course, _: Mapping[str, ToolSpec]) -> Iterator[tuple[int, str]]:
        known = False
        for step in course.done():
            owners = {t.owner for t in step.result.touched if t.owner}
            if step.called.call.name in finders or (
                told and owners and all(_told(course, step.turn, o) for o in owners)
            ):
                known = True
            elif not known and (step.called.writes or owners):
                yield step.turn, f"{step.called.call.name} was used before the person was identified"

    return Conduct(clause, "authenticated_by", check, (*finders, "or told") if told else finders)


def _told(course: Course, turn: int, key: str) -> bool:
    return any(key in event.text for at, event in course.said("human") if at < turn)


def one_person(clause: str) -> Conduct:
    """Only one person's records are read or changed in one talk: those of the first person met."""

    def check(course: Course, _: Mapping[str, ToolSpec]) -> Iterator[tuple[int, str]]:
        person: str | None = None
        for step in course.done():
            for owner in (t.owner for t in step.result.touched if t.owner):
                person = person or owner
                if owner != person:
                    yield step.turn, f"{step.called.call.name} touched a record of another person"
                    break

    return Conduct(clause, "one_person", check)


def confirmed_writes(clause: str, exempt: frozenset[str] = frozenset()) -> Conduct:
    """Before a write the agent names target and decisive values, and the human's last message affirms them."""

    def check(course: Course, specs: Mapping[str, ToolSpec]) -> Iterator[tuple[int, str]]:
        if course.is_plan:
            return
        for step in course.done(writes=True):
            call = step.called.call
            if call.name in exempt or call.actor == "human" or call.name not in specs:
                continue
            asked, answer = _exchange_before(course, step.turn)
            if asked is None or answer is None or not affirms(answer):
                yield step.turn, f"{call.name} was not confirmed by the human before it was carried out"
            elif missing := unnamed(specs[call.name], call.arguments, asked, course.events[: step.turn], specs):
                yield step.turn, f"the agent asked to confirm {call.name} without naming {', '.join(missing)}"
            elif other := _refused_on(course, step.turn, call.name):
                yield step.turn, f"the yes before {call.name} was to {other}, which was refused"
            elif (others := len(_beside(asked, course, specs, step.turn))) > MOST_BESIDE:
                yield step.turn, f"the agent asked to confirm {call.name} in a list of {others} other records"

    return Conduct(clause, "confirmed_writes", check, tuple(sorted(exempt)))


def one_call_at_a_time(clause: str) -> Conduct:
    """Every agent message holds at most one call."""

    def check(course: Course, _: Mapping[str, ToolSpec]) -> Iterator[tuple[int, str]]:
        seen: set[int] = set()
        for turn, called in course.called():
            if called.call.actor == "agent" and called.batch in seen:
                yield turn, "more than one call in one message"
            seen.add(called.batch)

    return Conduct(clause, "one_call_at_a_time", check)


def usual_conduct(person: str, confirm: str, single: str, *, alone: bool = False) -> tuple[Conduct, ...]:
    """What most service desks hold to, by clause: one person a talk, confirmed writes, one call at a time; `alone`:
    without words beside it.
    """
    usual = (one_person(person), confirmed_writes(confirm), one_call_at_a_time(single))
    return (*usual, calls_without_words(single)) if alone else usual


def _refused_on(course: Course, turn: int, name: str) -> str:
    """The other write for which the human's last yes was used up, in vain; empty where there is none."""
    for event in reversed(course.events[:turn]):
        if isinstance(event, Said) and event.speaker == "human":
            return ""
        if isinstance(event, Called) and event.writes and event.call.name != name and _in_vain(event):
            return event.call.name
    return ""


def _in_vain(event: Called) -> bool:
    return isinstance(event.outcome, Refusal) and event.outcome.cause in {"policy", "missing"}


def _beside(asked: str, course: Course, specs: Mapping[str, ToolSpec], turn: int) -> set[str]:
    """Ids of records that a request for a yes names though no write is about them and the human never named them."""
    names = {y.name for spec in specs.values() for y in spec.yields if y.meaning.kind == "identifier"}
    shown = (e.outcome.observed() for e in course.events[:turn] if isinstance(e, Called))
    ids = {key for value in shown for key in under(value, *names) if isinstance(key, str)}
    said = " ".join(event.text for _, event in course.said("human"))
    used = {str(v) for step in course.done(writes=True) for v in leaves(step.called.call.arguments)}
    words = set(_WORD.findall(asked))
    return {key for key in ids - used if key in words and key not in said}


_WORD = re.compile(r"[\w#-]+")
MOST_BESIDE = 5
"""How many records may be named by the way in a request for a yes; naming more is reading out what there is."""


def calls_without_words(clause: str) -> Conduct:
    """A message of the agent holds words or calls, never both."""

    def check(course: Course, _: Mapping[str, ToolSpec]) -> Iterator[tuple[int, str]]:
        for turn, event in course.said("agent"):
            if event.batch is not None and event.text.strip():
                yield turn, "words beside a call in one message"

    return Conduct(clause, "calls_without_words", check)


def _exchange_before(course: Course, turn: int) -> tuple[str | None, str | None]:
    """The human's last message before `turn` and the agent's message that it answers."""
    answer: str | None = None
    for event in reversed(course.events[:turn]):
        if not isinstance(event, Said):
            continue
        if answer is None:
            if event.speaker == "human":
                answer = event.text
        elif event.speaker == "agent":
            return event.text, answer
    return None, answer


_YES = re.compile(
    r"\b(?:yes|yep|yeah|yup|sure|ok|okay|confirm(?:ed)?|correct|right|agreed?|go ahead|go for it|please do|do it|"
    r"sounds? (?:good|great|fine|right)|that works|works for me|perfect|absolutely|definitely|certainly|fine|proceed)\b"
)
_NO = re.compile(
    r"^\W*(?:no|nope|not|wait|stop|hold on)\b|"
    r"\b(?:don't|do not|uncertain|unsure|not (?:correct|right|yet|sure|certain|okay|ok|fine))\b"
)
_HEDGE = re.compile(r"\b(?:but|instead|rather|actually|unless)\b")
_HARMLESS = re.compile(
    r"\b(?:don't|do not|no need to) (?:worry|mind|hesitate)\b|\bno (?:problem|worries|rush|doubt|objections?)\b|"
    r"\bwhy not\b|\bbut (?:please )?(?:hurry(?: up)?|be quick|quickly|make it quick|do it (?:fast|quickly|soon|now))\b"
)
"""Words in a yes that sound like a no or like other terms, and are neither."""


def affirms(text: str) -> bool:
    """Whether a human message is a plain yes: an affirmation, no refusal, and no change of terms after it."""
    lowered = _HARMLESS.sub(" ", text.casefold().replace("\u2019", "'"))
    found = _YES.search(lowered)
    return found is not None and not _NO.search(lowered) and not _HEDGE.search(lowered[found.start() :])


def unnamed(
    spec: ToolSpec,
    arguments: Mapping[str, Json],
    text: str,
    before: tuple[Called | Said, ...],
    specs: Mapping[str, ToolSpec],
) -> list[str]:
    """Decisive arguments that `text` does not name, by value or by a telling attribute of the record they point at."""
    missing: list[str] = []
    for param in spec.params:
        value = arguments.get(param.name)
        if value is None or value == "" or param.meaning.kind in {"prose", "flag", "nested"}:
            continue
        for one in value if isinstance(value, list) else [value]:
            named = mentions(text, one, param.meaning)
            if not named and param.meaning.kind == "identifier":
                named = _described(str(one), text, before, specs) or param.personal
            if not named:
                missing.append(param.name)
    return missing


def _described(key: str, text: str, before: tuple[Called | Said, ...], specs: Mapping[str, ToolSpec]) -> bool:
    """Whether `text` holds some readable attribute of the object with id `key` in an earlier observation."""
    return any(
        mentions(text, value, meaning)
        for event in before
        if isinstance(event, Called)
        for value, meaning in attributes_of(event.outcome.observed(), key, specs.get(event.call.name))
    )


def attributes_of(
    value: Json, key: str, spec: ToolSpec | None = None, path: str = ""
) -> Iterator[tuple[Json, Meaning]]:
    """Scalar attributes of every object in an observation that goes by `key`: under the field that the tool's
    specification calls its own, or under its first.
    """
    if isinstance(value, list):
        for member in value:
            yield from attributes_of(member, key, spec, f"{path}[]")
    elif isinstance(value, dict):
        places = {name: spec.place(path, name) if spec else name for name in value}
        yielded = spec.yielded if spec else {}
        own = next((n for n, at in places.items() if at in yielded and yielded[at].own), next(iter(value), ""))
        if value.get(own) == key:
            yield from _scalar_attributes(value, own)
        for name, member in value.items():
            if isinstance(member, list | dict):
                yield from attributes_of(member, key, spec, places[name])


def _scalar_attributes(value: Mapping[str, Json], own: str) -> Iterator[tuple[Json, Meaning]]:
    for name, member in value.items():
        if name == own:
            continue
        if isinstance(member, str):
            yield member, Meaning("date") if _ISO_DATE.fullmatch(member) else Meaning("text")
        elif isinstance(member, float | int) and not isinstance(member, bool) and abs(member) >= 10:  # noqa: PLR2004
            yield member, Meaning("amount")
        elif isinstance(member, dict):
            yield from ((v, Meaning("text")) for v in member.values() if isinstance(v, str))


_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
