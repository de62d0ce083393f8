"""A talk as one HTML page without scripts or anything from elsewhere; whatever stands in it is text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined

from apigen_mt.messages import tool_text, turns_of
from apigen_mt.show_task import MISHAPS
from apigen_mt.terminal import shortened, visible
from apigen_mt.trajectory import Row, TrainFlag
from apigen_mt.viewer.changes import Altered, altered
from blueprints.judging.fidelity import HumanTurn
from blueprints.judging.judge import carried_out
from tools_env.calls import Call, Fault, Refusal
from tools_env.course import Called, Said
from tools_env.disturbances import Pending
from tools_env.port import SetUpFailed, UnknownSnapshot, World
from tools_env.state import plain
from tools_env.values import Json

TEMPLATE = Path(__file__).with_name("talk.html")
LONG = 600
"""Longer results are folded."""
SUMMARY = 100
RECOVERY = "recovery"
"""How the reason of a message begins that is learned because it gets over something."""


class Line(NamedTuple):
    """An event of the talk. `masked` is why the agent's message is not to be learned from, if it is not, and `recovery`
    what it recovers from; `mishap` is what befell a call on purpose, `act` what the person does in a message.
    """

    turn: int
    speaker: str
    text: str = ""
    reasoning: str = ""
    beside: bool = False
    call: str = ""
    arguments: str = ""
    outcome: str = ""
    result: str = ""
    summary: str = ""
    clause: str = ""
    raw: str = ""
    masked: str = ""
    recovery: str = ""
    mishap: str = ""
    act: str = ""


def page(row: Row, world: World | None = None) -> str:
    """The talk of a row, with its task, the gates and the change of state; with its `world` the change is found again
    by carrying the calls out.
    """
    settings = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True
    )
    template = settings.from_string(TEMPLATE.read_text(encoding="utf-8"))
    changes, replayed = _changes(row, world)
    return template.render(
        row=row,
        blueprint=row.blueprint,
        verdict=row.verdict,
        cast=[(name, getattr(row.cast, name)) for name in type(row.cast).model_fields],
        known=[(name, known, _told(known.value)) for name, known in row.blueprint.known.items()],
        lines=list(_lines(row)),
        turns=len(row.course.events),
        changes=changes,
        replayed=replayed,
        mishaps=MISHAPS,
        actions=[_call(call) for call in row.blueprint.actions],
        more=_more(row),
        tools=[_tool(tool) for tool in row.tools],
    )


def _shown(value: object) -> object:
    """What is put into the page: every character that does not print is told as an escape. What is HTML
    already is the template's own, with its texts shown and escaped.
    """
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _told(value: Json) -> str:
    return "" if value is None else plain(value)


def _lines(row: Row) -> Iterator[Line]:
    flags: dict[int, TrainFlag] = {}
    for turns, flag in zip(turns_of(row.course), row.train, strict=False):
        if flag is not None:
            flags |= dict.fromkeys(turns, flag)
    acts = {turn.turn: _act(turn) for turn in row.human_turns}
    pending = Pending(row.blueprint.disturbances)
    for turn, event in enumerate(row.course.events):
        line = _call_line(turn, event) if isinstance(event, Called) else _words(turn, event, acts.get(turn, ""))
        flag = flags.get(turn)
        if flag is not None and not flag.train:
            line = line._replace(masked=flag.reason)
        elif flag is not None and flag.reason.startswith(RECOVERY):
            line = line._replace(recovery=flag.reason)
        if isinstance(event, Called) and not event.raw and (met := pending.met(event.call)):
            line = line._replace(mishap=", ".join(MISHAPS[kind] for kind in met))
        yield line


def _act(turn: HumanTurn) -> str:
    told = f", tells {', '.join(turn.fact_ids)}" if turn.fact_ids else ""
    agreed = f", agrees to: {turn.consents_to}" if turn.consents_to else ""
    return f"{turn.act.replace('_', ' ')}{told}{agreed}"


def _words(turn: int, said: Said, act: str) -> Line:
    if said.speaker == "human":
        return Line(turn, said.speaker, said.text, act=act)
    return Line(turn, said.speaker, said.text, said.reasoning, said.batch is not None)


def _call_line(turn: int, event: Called) -> Line:
    outcome = event.outcome
    result = outcome.reason if isinstance(outcome, Refusal | Fault) else _pretty(tool_text(outcome))
    return Line(
        turn,
        event.call.actor,
        reasoning=event.reasoning,
        call=event.call.name,
        arguments=json.dumps(event.call.arguments, ensure_ascii=False, indent=2) if event.call.arguments else "",
        outcome={"refusal": "refused", "fault": "out of order"}.get(outcome.outcome, "carried out"),
        result=result,
        summary=shortened(result, SUMMARY) if len(result) > LONG else "",
        clause=(outcome.clause or "") if isinstance(outcome, Refusal) else "",
        raw=event.raw,
    )


def _pretty(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2)


def _call(call: Call) -> str:
    told = ", ".join(f"{name}={plain(value)}" for name, value in call.arguments.items())
    return f"{'' if call.actor == 'agent' else f'{call.actor}: '}{call.name}({told})"


def _tool(tool: dict[str, Json]) -> tuple[str, str]:
    """A tool's name and its definition."""
    function = tool.get("function", tool)
    name = function.get("name", "") if isinstance(function, dict) else ""
    return str(name), json.dumps(function, ensure_ascii=False, indent=2)


def _changes(row: Row, world: World | None) -> tuple[tuple[Altered, ...], bool]:
    """What was to change and what did, and whether that was found by carrying the calls out again."""
    blueprint = row.blueprint
    if world is not None and world.digest == blueprint.digest:
        try:
            return altered(blueprint.diff, carried_out(blueprint, row.course, world).diff, world.fields), True
        except (UnknownSnapshot, SetUpFailed):
            pass
    return altered(blueprint.diff, None, {}), False


def _more(row: Row) -> list[tuple[str, str]]:
    """Ids, hashes and whatever else names the row."""
    blueprint = row.blueprint
    told = [
        ("row", row.id),
        ("attempt", str(row.attempt)),
        ("seed", str(row.seed)),
        ("domain", blueprint.domain),
        ("digest", blueprint.digest),
        ("snapshot", blueprint.snapshot),
        ("final state", row.fingerprint),
        ("parents", ", ".join(blueprint.parents)),
        ("task made", f"{blueprint.provenance.mode}, by {blueprint.provenance.author}"),
        ("committee", blueprint.provenance.reviewed),
        ("records touched", ", ".join(f"{touch.table}/{touch.id}" for touch in row.touched)),
    ]
    return [(name, value) for name, value in told if value]
