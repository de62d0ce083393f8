"""Tasks of τ²-bench as blueprints: their words, their solution carried out in our world, and what it leads to.

A task is taken as it is: a solution with a call that is refused, or one that changes nothing, is told, not mended.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from blueprints.blueprint import Blueprint, Kind, Known, Output, Provenance, Stage
from blueprints.imports.tau2_format import ACTORS, Criteria, Requestor, Start, Task
from blueprints.wording import asked_label, label
from tools_env.calls import Assertion, Call, Edit, Outcome, Result
from tools_env.mentions import mentions
from tools_env.port import SetUp, SetUpFailed, World
from tools_env.replay import Replayed, replay
from tools_env.values import TEXT, Json, Meaning, folded, same

LEAD_INS = ("About you", "Why you are in touch", "What you know", "What you do not know", "How you go about it")
"""What stands before the parts of a scenario: persona, reason, known, unknown, instructions."""

_NUMBER = re.compile(r"-?(\d{1,6}|\d{1,9}\.\d+)")
_SMALLEST_FOUND = 100
"""A smaller whole number occurs in results by chance: where it comes from is not guessed."""


@dataclass(slots=True)
class Report:
    """What came of a file of tasks; lists hold task ids in order."""

    tasks: int = 0
    raising: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    """Those that change nothing and have nothing to tell: no judge can tell them solved from unsolved."""
    outputs: int = 0
    outputs_without_source: int = 0
    said_before: list[str] = field(default_factory=list)
    by_action: list[str] = field(default_factory=list)
    by_opinion: list[str] = field(default_factory=list)
    unmet: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Those whose initial state cannot be set up, with the reason; they have no blueprint."""


def blueprints_of(tasks: Iterable[Task], world: World, report: Report) -> Iterator[Blueprint]:
    """One sealed blueprint for each task whose initial state can be set up, in order; `report` is filled on the way."""
    for number, task in enumerate(tasks):
        report.tasks += 1
        try:
            blueprint, done = _blueprint(task, world, number)
        except SetUpFailed as error:
            report.failed[task.id] = str(error)
            continue
        _note(report, task, blueprint, done)
        yield blueprint


def _blueprint(task: Task, world: World, number: int) -> tuple[Blueprint, Replayed]:
    criteria = task.evaluation_criteria or Criteria()
    snapshot = world.snapshots(1)[0]
    setup = _setup(task.initial_state or Start(), world, snapshot)
    actions = tuple(Call(name=a.name, arguments=a.arguments, actor=ACTORS[a.requestor]) for a in criteria.actions or ())
    assertions = tuple(
        Assertion(
            call=Call(name=a.func_name, arguments=a.arguments, actor=ACTORS[a.env_type]),
            value=a.assert_value,
            message=a.message or "",
        )
        for a in (criteria.env_assertions or () if "ENV_ASSERTION" in criteria.reward_basis else ())
    )
    done = replay(world, snapshot, setup, actions, assertions=assertions)
    told = criteria.communicate_info or () if "COMMUNICATE" in criteria.reward_basis else ()
    outputs = tuple(_output(text, done.outcomes, world) for text in told if text.strip())
    any_diff = "DB" not in criteria.reward_basis
    instruction, reason = _words(task)
    kind: Kind = "act" if done.diff or (any_diff and assertions) else "inform" if outputs else "refuse"
    stage = Stage(say=reason, wants=_WANTS[kind], until=len(actions))
    touched = (t for outcome in done.outcomes if isinstance(outcome, Result) for t in outcome.touched)
    blueprint = Blueprint(
        domain=world.name,
        digest=world.digest,
        snapshot=snapshot,
        setup=setup,
        person=next((t.owner for t in touched if t.owner), ""),
        persona=_plain(task.user_scenario.persona),
        instruction=instruction,
        stages=(stage,),
        known=_known(instruction, actions, world),
        actions=actions,
        outputs=outputs,
        diff=done.diff,
        any_diff=any_diff,
        assertions=assertions,
        kind=kind,
        provenance=Provenance(mode="imported", author="tau2", task=number, source=f"{world.name}/{task.id}"),
    )
    return blueprint.sealed(), done


Wants: TypeAlias = Literal["change", "answer", "refusal"]
_WANTS: dict[Kind, Wants] = {"act": "change", "inform": "answer", "refuse": "refusal"}


def _words(task: Task) -> tuple[str, str]:
    """The instruction as paragraphs in the second person, and the reason for the call."""
    user, told = task.user_scenario, task.user_scenario.instructions
    if isinstance(told, str):
        parts = [user.persona, told, "", "", ""]
        reason = _plain(told)
    else:
        parts = [user.persona, told.reason_for_call, told.known_info, told.unknown_info, told.task_instructions]
        reason = _plain(told.reason_for_call)
    texts = [(lead, (text or "").strip()) for lead, text in zip(LEAD_INS, parts, strict=True)]
    return "\n\n".join(f"{lead}: {text}" for lead, text in texts if re.search(r"\w", text)), reason


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


def _setup(start: Start, world: World, snapshot: str) -> SetUp:
    """Edits and calls that lead to the initial state; records that exist are changed field by field."""
    found: list[Call | Edit] = []
    data = start.initialization_data
    for tables in (data.agent_data, data.user_data) if data else ():
        for table, records in (tables or {}).items():
            for key, record in records.items() if isinstance(records, dict) else ():
                found += _edits(f"{table}/{key}", record, world, snapshot)
    for one in start.initialization_actions or ():
        found.append(Call(name=one.func_name, arguments=one.arguments, actor=ACTORS[one.env_type]))
    for message in start.message_history or ():
        by: Requestor = "user" if message.role == "user" else "assistant"
        for call in message.tool_calls or ():
            found.append(Call(name=call.name, arguments=call.arguments, actor=ACTORS[call.requestor or by]))
    return tuple(found)


def _edits(path: str, record: Json, world: World, snapshot: str) -> list[Edit]:
    fields = [Edit(path=f"{path}/{n}", value=v) for n, v in record.items()] if isinstance(record, dict) else []
    try:
        world.open(snapshot, tuple(fields)).close()
    except SetUpFailed:
        return [Edit(path=path, value=record)]
    return fields or [Edit(path=path, value=record)]


def _known(instruction: str, actions: Iterable[Call], world: World) -> dict[str, Known]:
    """Arguments of the solution that stand in the person's words: those the person may say."""
    found: dict[str, Known] = {}
    seen: list[Json] = []
    for call in actions:
        meanings = world.specs[call.name].meanings() if call.name in world.specs else {}
        for name, value in call.arguments.items():
            meaning = meanings.get(name, TEXT)
            for one in value if isinstance(value, list) else [value]:
                telling = isinstance(one, str) and mentions(instruction, one, meaning)
                if telling and one not in seen:
                    seen.append(one)
                    key = name if name not in found else f"{name} {len(found) + 1}"
                    found[key] = Known(value=one, meaning=meaning, disclose="if_asked", label=label(name), about=name)
    return found


def _output(text: str, outcomes: Iterable[Outcome], world: World) -> Output:
    """A value to be told. Its source is the first call whose result holds it, if it always stands under one name."""
    value = _value(text)
    found = [
        (number, name, shown)
        for number, outcome in enumerate(outcomes)
        if isinstance(outcome, Result) and not (isinstance(value, int) and abs(value) < _SMALLEST_FOUND)
        for name, shown in _fields(outcome.value)
        if _stated(shown, value)
    ]
    if len({name for _, name, _ in found}) != 1:
        meaning = Meaning("amount") if isinstance(value, float) else TEXT
        return Output(name=text, label=text, meaning=meaning, value=value)
    number, name, shown = found[0]
    exact = value if same(shown, value) else shown
    meanings = {m for path, m in world.fields.items() if path.rsplit("/", 1)[-1] == name}
    meaning = meanings.pop() if len(meanings) == 1 else Meaning("amount") if isinstance(shown, float) else TEXT
    return Output(name=name, label=asked_label(name, meaning), meaning=meaning, value=exact, source_call=number)


def _value(text: str) -> str | float:
    """A number where the text is nothing else, and no longer than an amount or a count is."""
    plain = text.strip().replace(",", "").replace("$", "")
    if not _NUMBER.fullmatch(plain):
        return text.strip()
    return float(plain) if "." in plain else int(plain)


def _stated(shown: Json, value: str | float) -> bool:
    if not isinstance(value, str):
        return isinstance(shown, int | float) and not isinstance(shown, bool) and same(round(shown, 2), value)
    return isinstance(shown, str) and folded(shown) == folded(value)


def _fields(value: Json) -> Iterator[tuple[str, Json]]:
    """Every scalar of a result with the name of the field that holds it."""
    for name, member in value.items() if isinstance(value, dict) else ():
        if isinstance(member, dict | list):
            yield from _fields(member)
        else:
            yield name, member
    for member in value if isinstance(value, list) else ():
        yield from _fields(member)


def _note(report: Report, task: Task, blueprint: Blueprint, done: Replayed) -> None:
    criteria = task.evaluation_criteria or Criteria()
    history = (task.initial_state.message_history or ()) if task.initial_state else ()
    judged = any(a.compare_args is not None for a in criteria.actions or ()) or "ACTION" in criteria.reward_basis
    for ids, holds in (
        (report.raising, not all(isinstance(outcome, Result) for outcome in done.outcomes)),
        (report.unchanged, not done.diff),
        (report.untold, not (blueprint.diff or blueprint.assertions or blueprint.outputs)),
        (report.said_before, any((m.content or "").strip() for m in history if m.role != "tool")),
        (report.by_action, judged),
        (report.by_opinion, bool(criteria.nl_assertions)),
        (report.unmet, bool(done.unmet)),
    ):
        if holds:
            ids.append(task.id)
    report.outputs += len(blueprint.outputs)
    report.outputs_without_source += sum(o.source_call is None for o in blueprint.outputs)
