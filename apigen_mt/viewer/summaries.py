"""Summaries: a talk, or a task without one, as a line of a list that can be filtered, sorted and searched."""

from collections.abc import Iterable, Iterator
from typing import Literal

from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.run_folder import RunFolder
from apigen_mt.terminal import shortened
from apigen_mt.trajectory import Outcome
from apigen_mt.viewer.entries import Entry, Status, entries, outcomes_of
from blueprints.judging.verdict import EndReason
from tools_env.course import Called, Event, Said
from tools_env.values import Json, Part, leaves

FIRST = 140
"""Signs of the first words."""
NAMED = 200
"""Signs of a name that is filtered by; anybody may have made it up."""
SEARCHED = 20_000
"""Signs of one entry that can be searched."""


class Summary(Part):
    """One line of the list. `id` is `task.attempt`, or `task` where there is no talk; `phase` is the one it got to.

    `gate` and `fault` are empty where nothing is wrong; `turns` are the messages of both speakers, `tokens` those of
    the talk alone; `tools` are those called, or those that the task is solved with where nobody talked. `text` is
    what is searched.
    """

    id: str
    task: int
    attempt: int | None
    kind: str
    status: Status
    phase: Literal["draft", "play"]
    gate: str
    fault: str
    end_reason: EndReason | Literal[""]
    tools: tuple[str, ...]
    clauses: tuple[str, ...]
    operators: tuple[str, ...]
    persona: str
    temperament: str
    turns: int
    calls: int
    writes: int
    tokens: int
    first: str
    text: str


def summaries(run: RunFolder) -> Iterator[Summary]:
    """Every line of a run, in the order of tasks and attempts. Raises `NotARun`."""
    return (summary for outcome in outcomes_of(run) for summary in summaries_of(outcome))


def summaries_of(outcome: Outcome | DraftOutcome) -> tuple[Summary, ...]:
    """The lines of one task."""
    return tuple(map(summary_of, entries(outcome)))


def summary_of(entry: Entry) -> Summary:
    """The line of one entry."""
    row, blueprint, outcome = entry.row, entry.blueprint, entry.outcome
    events = row.course.events if row is not None else ()
    called = [event for event in events if isinstance(event, Called)]
    names = [event.call.name for event in called] or [call.name for call in (blueprint.actions if blueprint else ())]
    used = (row.usage if row is not None else outcome.usage).values()
    return Summary(
        id=entry.id,
        task=outcome.task,
        attempt=row.attempt if row is not None else None,
        kind=outcome.kind[:NAMED],
        status=entry.status,
        phase="draft" if row is None else "play",
        gate=entry.gate[:NAMED],
        fault=entry.fault,
        end_reason=row.end_reason if row is not None else "",
        tools=_names(names),
        clauses=_names(blueprint.clauses if blueprint else ()),
        operators=_names(blueprint.operators if blueprint else ()),
        persona=blueprint.persona[:NAMED] if blueprint else "",
        temperament=row.temperament[:NAMED] if row is not None else "",
        turns=sum(isinstance(event, Said) for event in events),
        calls=len(called) if row is not None else len(names),
        writes=_writes(entry, called),
        tokens=sum(usage.total for usage in used),
        first=shortened(_first(entry, events), FIRST),
        text=_text(entry, events, names),
    )


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name[:NAMED] for name in given))


def _writes(entry: Entry, called: Iterable[Called]) -> int:
    """Writes that were carried out, or of the solution where nobody talked and somebody counted."""
    if entry.row is not None:
        return sum(event.writes and event.outcome.outcome == "result" for event in called)
    return entry.outcome.writes if isinstance(entry.outcome, DraftOutcome) else 0


def _first(entry: Entry, events: Iterable[Event]) -> str:
    """What the person says first, or has in mind, or why there is no task."""
    said = next((event.text for event in events if isinstance(event, Said) and event.speaker == "human"), "")
    if said or entry.blueprint is not None:
        return said or (entry.blueprint.instruction if entry.blueprint else "")
    return entry.reasons[0].reason if entry.reasons else ""


def _text(entry: Entry, events: Iterable[Event], names: Iterable[str]) -> str:
    """Words of the task, the talk, its calls and what was found wrong, each once."""
    parts = [entry.id, *dict.fromkeys(names), *(reason.reason for reason in entry.reasons)]
    if blueprint := entry.blueprint:
        parts += [
            blueprint.id,
            blueprint.instruction,
            blueprint.persona,
            *_words(a.arguments for a in blueprint.actions),
        ]
    for event in events:
        parts += [event.text] if isinstance(event, Said) else _words([event.call.arguments])
    if entry.row is not None:
        failing = (gate for gate in entry.row.verdict.gates if gate.status == "fail")
        parts += [finding.text for gate in failing for finding in gate.evidence]
    return "\n".join(dict.fromkeys(parts))[:SEARCHED]


def _words(values: Iterable[dict[str, Json]]) -> list[str]:
    return [leaf for value in values for leaf in leaves(value) if isinstance(leaf, str)]
