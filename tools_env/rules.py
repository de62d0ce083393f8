"""Rules: executable clauses of a policy. Conduct rules are ready-made here; a domain declares those it holds to."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tools_env.calls import Because, Refusal
from tools_env.consent import last_asked, objection
from tools_env.course import Called, Course, Said, Step
from tools_env.mentions import mentions
from tools_env.tool import ToolSpec
from tools_env.values import TEXT, Part, leaves, under


class Breach(Part):
    """A clause broken, where, and in what words; `because` names the deciding fact where the rule knows it. A `lasting`
    one stays, whatever happens later in the talk.
    """

    clause: str
    message: str
    turn: int | None = None
    because: Because | None = None
    lasting: bool = False


class Clause(Part):
    """A numbered clause of the policy and what upholds it: tools, rules, or nobody but a model that reads."""

    number: str
    text: str
    enforced: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conduct:
    """A rule over the course of a talk: `check` yields (turn, message) for every breach.

    `settings` names what it was made with, so that a domain's digest tells one from another. With `lasting`, what it
    finds in a part of a talk it finds in the whole, but for messages that hold the words `mendable`.
    """

    clause: str
    name: str
    check: Callable[[Course, Mapping[str, ToolSpec]], Iterator[tuple[int, str]]] = field(repr=False)
    settings: tuple[str, ...] = ()
    lasting: bool = False
    mendable: str = ""

    def breaches(self, course: Course, specs: Mapping[str, ToolSpec]) -> Iterator[Breach]:
        """Every breach of this rule in the course."""
        for turn, message in self.check(course, specs):
            stays = self.lasting and not (self.mendable and self.mendable in message)
            yield Breach(clause=self.clause, message=message, turn=turn, lasting=stays)


def authenticated_by(clause: str, *finders: str, told: bool = False) -> Conduct:
    """Nothing personal is read or written before one of the `finders` has found the person, or, with `told`, before the
    person has given the id of their own record; what they name by its own id may be read, not written, before that.
    """

    def check(course: Course, _: Mapping[str, ToolSpec]) -> Iterator[tuple[int, str]]:
        known = False
        for step in course.done():
            owners = {t.owner for t in step.result.touched if t.owner}
            if step.called.call.name in finders or (
                told and owners and all(_told(course, step.turn, o) for o in owners)
            ):
                known = True
            elif not known and (step.called.writes or owners) and not (told and _named_to_read(course, step)):
                yield step.turn, f"{step.called.call.name} was used before the person was identified"

    return Conduct(clause, "authenticated_by", check, (*finders, "or told") if told else finders, lasting=True)


def _told(course: Course, turn: int, key: str) -> bool:
    return any(mentions(event.text, key, TEXT) for at, event in course.said("human") if at < turn)


def _named_to_read(course: Course, step: Step) -> bool:
    """Whether a call only reads records whose ids the person has given."""
    owned = [t.id for t in step.result.touched if t.owner]
    return not step.called.writes and all(_told(course, step.turn, key) for key in owned)


def one_person(clause: str) -> Conduct:
    """Only one person's records are read or changed in one talk, and only that person's id is looked up: those of the
    first person met.
    """

    def check(course: Course, specs: Mapping[str, ToolSpec]) -> Iterator[tuple[int, str]]:
        person: str | None = None
        for step in course.done():
            for owner in (*(t.owner for t in step.result.touched if t.owner), *_found(step, specs)):
                person = person or owner
                if owner != person:
                    yield step.turn, f"{step.called.call.name} touched a record of another person"
                    break

    return Conduct(clause, "one_person", check, lasting=True)


def _found(step: Step, specs: Mapping[str, ToolSpec]) -> list[str]:
    """The id of a person, where a result is nothing else."""
    people = {p.meaning.of for spec in specs.values() for p in spec.params if p.personal}
    spec, value = specs.get(step.called.call.name), step.result.value
    found = spec.yielded.get("") if spec else None
    return [value] if isinstance(value, str) and found is not None and found.meaning.of in people else []


def confirmed_writes(clause: str, exempt: frozenset[str] = frozenset()) -> Conduct:
    """Before a write the agent names target and decisive values, and the human's last message affirms them."""

    def check(course: Course, specs: Mapping[str, ToolSpec]) -> Iterator[tuple[int, str]]:
        if course.is_plan:
            return
        for step in course.done(writes=True):
            call = step.called.call
            if call.name in exempt or call.actor == "human" or call.name not in specs:
                continue
            if found := objection(course, step, specs):
                yield step.turn, found
            elif other := _refused_on(course, step.turn, call.name):
                yield step.turn, f"the yes before {call.name} was to {other}, which was refused"
            elif (others := len(_beside(last_asked(course, step.turn), course, specs, step.turn))) > MOST_BESIDE:
                yield step.turn, f"the agent asked to confirm {call.name} in a list of {others} other records"

    settings = tuple(sorted(exempt))
    return Conduct(clause, "confirmed_writes", check, settings, lasting=True, mendable=" in a list of ")


def one_call_at_a_time(clause: str) -> Conduct:
    """Every agent message holds at most one call."""

    def check(course: Course, _: Mapping[str, ToolSpec]) -> Iterator[tuple[int, str]]:
        seen: set[int] = set()
        for turn, called in course.called():
            if called.call.actor == "agent" and called.batch in seen:
                yield turn, "more than one call in one message"
            seen.add(called.batch)

    return Conduct(clause, SINGLE, check, lasting=True)


SINGLE = "one_call_at_a_time"
"""The name of the rule by which `one_call_a_message` knows it."""


def one_call_a_message(clauses: Iterable[Clause]) -> bool:
    """Whether a policy allows one call in a message; one that does not say so may allow more."""
    return any(SINGLE in clause.by for clause in clauses)


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
    words = set(_WORD.findall(asked))
    names = frozenset[str]().union(*(spec.ids_shown for spec in specs.values()))
    shown = (e.outcome.observed() for e in course.events[:turn] if isinstance(e, Called))
    named = {key for value in shown for key in under(value, *names) if isinstance(key, str) and key in words}
    if len(named) <= MOST_BESIDE:
        return set()
    said = " ".join(event.text for _, event in course.said("human"))
    used = {str(v) for step in course.done(writes=True) for v in leaves(step.called.call.arguments)}
    return {key for key in named - used if key not in said}


_WORD = re.compile(r"[\w#-]+")
MOST_BESIDE = 5
"""How many records may be named by the way in a request for a yes; naming more is reading out what there is."""


def calls_without_words(clause: str) -> Conduct:
    """A message of the agent holds words or calls, never both."""

    def check(course: Course, _: Mapping[str, ToolSpec]) -> Iterator[tuple[int, str]]:
        for turn, event in course.said("agent"):
            if event.batch is not None and event.text.strip():
                yield turn, "words beside a call in one message"

    return Conduct(clause, "calls_without_words", check, lasting=True)
