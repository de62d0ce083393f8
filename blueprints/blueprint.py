"""Blueprints: a task as a person has it in mind, with its ground truth (arXiv 2504.03601 §3: q, a_gt, o_gt)."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, TypeAlias

from pydantic import Field

from tools_env.calls import Assertion, Because, Call, Edit
from tools_env.disturbances import Disturbance
from tools_env.state import Change, fingerprint
from tools_env.tool import ToolSpec
from tools_env.values import Json, Meaning, Part

Kind: TypeAlias = Literal[
    "act", "inform", "refuse", "partial", "clarify", "missing_tool", "transfer", "policy_question"
]
Disclose: TypeAlias = Literal["volunteer", "if_asked", "unknown"]
SCHEMA_VERSION = 1


class Known(Part):
    """A fact the person knows, or knows that they do not know.

    A fact about themself has no `about`. A value for an argument has `about` = the argument. A record's id is
    `unknown`; its `phrase` says what the person calls the record instead (`vague`: before they are asked), and the
    attributes in that phrase are facts with the same `about` and a `field`. `label` is what a person calls the fact;
    `stage` is when it comes up; `searched` marks words that a search on the way needs. `at_first` is the value they
    name before they change their mind.
    """

    value: Json
    meaning: Meaning
    disclose: Disclose
    label: str
    about: str = ""
    field: str = ""
    phrase: str = ""
    vague: str = ""
    searched: bool = False
    stage: int = 0
    at_first: Json = None


class Condition(Part):
    """What a stage hangs on: a field of a record, as the action `source_call` shows it, compared with a value that the
    person names; `holds` is how it turns out, and `text` says it ("its price is above $40.00").
    """

    source_call: int = Field(ge=0)
    record: str
    field: str
    meaning: Meaning
    than: Literal["above", "below", "before", "after", "is"]
    value: Json
    holds: bool
    text: str


class Other(Part):
    """What is not to happen: with a condition, what the person would want if it turned out the other way; without one,
    what they would rather have and cannot (`fallback`). No call where nothing is to be done instead.
    """

    intent: str = ""
    call: Call | None = None


class Stage(Part):
    """One thing the person wants, in the order they raise it: `say` are their words, `facts` what the words give away.

    `wants` is what ends it: a change carried out, an answer, a refusal that they first push back on, or, where the tool
    for it is withheld, word that it cannot be done here (`missing`). `until` is how many of the blueprint's actions are
    done when it is settled. `change` are the words with which they change their mind before they agree.
    """

    say: str
    wants: Literal["change", "answer", "refusal", "missing"]
    facts: tuple[str, ...] = ()
    intent: str = ""
    until: int = 0
    condition: Condition | None = None
    other: Other | None = None
    change: str = ""


class Output(Part):
    """A value the person must hear; `source_call` is the index of the action whose result holds it under `name`.

    Without a source it comes from the policy, or it is worked out from the values of `name` of several records
    (`how`, `of`: their ids): that it is told is all that can be judged of a talk.
    """

    name: str
    label: str
    meaning: Meaning
    value: Json
    source_call: int | None = Field(default=None, ge=0)
    unit: str = ""
    how: Literal["", "total"] = ""
    of: tuple[str, ...] = ()


class Evidence(Part):
    """Why a refusal is right: the clause, the deciding fact and its label, the action that shows it, and the call
    that must not succeed; `argument` names the one of its arguments whose record the fact belongs to (empty: another
    record's); `twin` is the setting in which the same call is right.
    """

    clause: str
    because: Because
    label: str
    meaning: Meaning
    source_call: int = Field(ge=0)
    forbidden: Call
    argument: str = ""
    twin: tuple[Edit, ...]


class Provenance(Part):
    """How the blueprint came to be; not part of its identity. `source` is the task that it was imported from."""

    mode: Literal["grounded", "drafted", "imported"] = "grounded"
    author: str = "template"
    task: int = 0
    rounds: int = 0
    source: str = ""
    reviewed: str = "not reviewed"


class Blueprint(Part):
    """A task. `id` is the sha256 of the canonical JSON without id and provenance (design: blueprints).

    `diff` is what the actions change, and what must have been changed, no more and no less; with `any_diff` any final
    state will do in which the `assertions` hold. `withheld` are tools that the agent is not given.
    """

    schema_version: int = SCHEMA_VERSION
    id: str = ""
    domain: str
    digest: str
    snapshot: str
    setup: tuple[Call | Edit, ...] = ()
    person: str
    persona: str = ""
    instruction: str
    stages: tuple[Stage, ...]
    known: dict[str, Known]
    actions: tuple[Call, ...]
    outputs: tuple[Output, ...] = ()
    diff: dict[str, Change] = {}
    any_diff: bool = False
    assertions: tuple[Assertion, ...] = ()
    evidence: Evidence | None = None
    kind: Kind
    clauses: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    withheld: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    provenance: Provenance = Provenance()

    @cached_property
    def _identity(self) -> str:
        return fingerprint([self.model_dump(mode="json", exclude={"id", "provenance"})])

    def identity(self) -> str:
        """What `id` has to be."""
        return self._identity

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> "Blueprint":
        """A copy with some fields replaced; its identity is taken anew."""
        twin = super().model_copy(update=update, deep=deep)
        if not set(update or ()) <= {"id", "provenance"}:
            twin.__dict__.pop("_identity", None)
        return twin

    def sealed(self) -> "Blueprint":
        """The same blueprint with its id."""
        return self.model_copy(update={"id": self.identity()})

    @property
    def decisive(self) -> bool:
        """Whether anything tells a solved task from an unsolved one."""
        stated = bool(self.diff) and not self.any_diff
        return stated or bool(self.assertions or self.outputs) or self.evidence is not None

    def offered(self, specs: Mapping[str, ToolSpec]) -> dict[str, ToolSpec]:
        """The tools that the agent is given."""
        return {name: spec for name, spec in specs.items() if name not in self.withheld}

    def substance(self) -> str:
        """What makes it a different task from another one, wording apart."""
        parts: list[Json] = [self.snapshot, self.kind, [a.model_dump(mode="json") for a in self.actions]]
        parts += [{n: [k.value, k.disclose] for n, k in self.known.items()}, [[o.name, o.value] for o in self.outputs]]
        parts.append([s.model_dump(mode="json") for s in self.setup])
        hinges = [(s.condition.text if s.condition else "", s.other.intent if s.other else "") for s in self.stages]
        parts.append([[s.wants, *hung] for s, hung in zip(self.stages, hinges, strict=True)])
        return fingerprint(parts)


class Rejected(Part):
    """Why a draft or a task was not taken: the gate that found it, in words for the author."""

    stage: str
    reason: str
