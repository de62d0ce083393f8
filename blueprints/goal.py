"""What sampling finds: intents over one session's calls, ready to be worded."""

from dataclasses import dataclass, field
from typing import Literal

from blueprints.binding import Bound
from blueprints.blueprint import Kind
from blueprints.goals import Pick
from blueprints.knowledge import Knowledge, Referent
from tools_env.calls import Because, Call, Edit
from tools_env.port import Brief, Person, SetUp, World
from tools_env.tool import Param, ToolSpec
from tools_env.values import Json, Meaning


@dataclass(frozen=True, slots=True)
class Answer:
    """A value asked for: the field of a record, by the words that pick the record out."""

    pick: Pick
    field: str
    meaning: Meaning
    value: Json


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of a field over all records of a kind that the person has: `noun` is what they call one."""

    field: str
    meaning: Meaning
    value: Json
    of: tuple[str, ...]
    noun: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the policy: the clause, and its sentence with the figure asked for."""

    clause: str
    question: str
    meaning: Meaning
    value: Json


@dataclass(frozen=True, slots=True)
class Alternative:
    """A call that is not made, in words that need no slots."""

    spec: ToolSpec
    bound: Bound
    text: str


@dataclass(frozen=True, slots=True)
class Hinge:
    """A condition: the record and the field it looks at, whose it is in words (`noun`), the value it compares with."""

    referent: Referent
    noun: str
    field: str
    meaning: Meaning
    than: Literal["above", "below", "before", "after", "is"]
    value: Json
    holds: bool


@dataclass(slots=True)
class Intent:
    """One thing wanted: a write carried out, a value told, a write that policy forbids, or one that no tool does.

    `hinge` is what it hangs on, `other` what is not to happen, `at_first` the argument and the value that the person
    names before they change their mind, `shown_by` the call whose result holds the answer.
    """

    wants: Literal["change", "answer", "refusal", "missing"]
    spec: ToolSpec | None
    bound: Bound | None
    picks: dict[str, list[Pick]]
    calls: set[int] = field(default_factory=set)
    answer: Answer | Total | Figure | None = None
    shown_by: int = -1
    hinge: Hinge | None = None
    other: Alternative | None = None
    at_first: tuple[Param, Json] | None = None
    vague: bool = False


@dataclass(slots=True)
class Denial:
    """A write that one clause forbids, the fact that decides it, and where that fact can be read."""

    clause: str
    because: Because
    shown_by: int
    field: str
    meaning: Meaning


@dataclass(slots=True)
class Goal:
    """Intents of one person over one session's calls; `identified` is the call that found the person."""

    world: World
    snapshot: str
    setup: SetUp
    brief: Brief
    person: Person
    kind: Kind
    knowledge: Knowledge
    identified: int
    intents: list[Intent]
    denial: Denial | None = None

    @property
    def anonymous(self) -> bool:
        """Whether nobody has to be known: only the policy is asked about."""
        return all(isinstance(i.answer, Figure) for i in self.intents)

    def order(self) -> tuple[list[int], list[int]]:
        """Indices of the calls that are needed, matter by matter, and how many are done when each matter is settled."""
        kept = [] if self.intents and self.anonymous else [self.identified]
        until: list[int] = []
        for intent in self.intents:
            kept += [i for i in self.knowledge.closure(intent.calls) if i not in kept]
            until.append(len(kept))
        return kept, until

    def size(self) -> int:
        """How many calls are needed."""
        return len(self.order()[0])

    def added(self, intent: Intent) -> int:
        """How many calls more an intent would need."""
        return len({*self.knowledge.closure(intent.calls)} - {*self.order()[0]})

    def just_made(self, referent: Referent) -> bool:
        """Whether a record is what the matter before changed or made: "that order" to the person. A change may show
        more records than its own: of several of a kind none is "that" one.
        """
        last = referent.source == self.knowledge.last_write()
        if not last or (self.intents and referent.source not in self.intents[-1].calls):
            return False
        return sum(r.source == referent.source for r in self.knowledge.of(referent.table)) == 1

    def actions(self) -> tuple[Call, ...]:
        """The calls that solve the task, in order."""
        return tuple(self.knowledge.log[i].call for i in self.order()[0])

    def calls(self) -> tuple[Call, ...]:
        """The actions, and the call that is refused."""
        refused = (i.bound.call for i in self.intents if i.wants == "refusal" and i.bound)
        return (*self.actions(), *refused)

    def withheld(self) -> tuple[str, ...]:
        """Tools that the agent is not given, because somebody asks for what they do."""
        return tuple(sorted({i.spec.name for i in self.intents if i.wants == "missing" and i.spec}))


def twin_setup(because: Because) -> tuple[Edit, ...]:
    """The edits that turn a denial into its twin: that of the deciding fact, and those that go with it."""
    return (Edit(path=because.path, value=because.instead), *because.also)


def changed_fields(goal: Goal, referent: Referent) -> set[str]:
    """Fields that the talk so far has changed in any record of the referent's table: no longer sure to tell apart."""
    if goal.knowledge.last_write() is None:
        return set()
    seen: dict[str, dict[str, Json]] = {}
    found: set[str] = set()
    for other in goal.knowledge.referents:
        if other.table == referent.table:
            first = seen.setdefault(other.id, {})
            found |= {a.field for a in other.attributes if first.setdefault(a.field, a.value) != a.value}
    paths = (path.split("/", 2) for path in goal.knowledge.session.diff())
    return found | {rest[0] for _, key, *rest in paths if rest and key in seen}
