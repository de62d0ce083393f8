"""The examples of docs/contracts.md, made by running the program: `python -m tests.contract_examples` renews them."""

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import apigen_mt
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.evaluation.difficulty import Difficulty, Tried
from apigen_mt.models.chat import ChatReply, ReplyKey, ToolCall, Usage
from apigen_mt.trajectory import Outcome, Row
from blueprints.blueprint import Stage
from blueprints.committee.votes import CRITERIA, Ballot, Mark, Review, count
from tools_env.calls import Call, Refusal
from tools_env.resolve import resolve

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "contracts.md"
FENCE = re.compile(r"^```(json|yaml|python) ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WIDTH = 112


def fences(language: str) -> list[tuple[str, str]]:
    """Name and text of every fenced block of a language, in order."""
    return [(name, text) for kind, name, text in FENCE.findall(DOCUMENT.read_text("utf-8")) if kind == language]


def examples() -> dict[str, Any]:
    """JSON examples by name; `{"see": X}` is replaced by the example X."""
    found = {name: json.loads(text) for name, text in fences("json")}
    return {name: _resolved(value, found) for name, value in found.items()}


def _resolved(value: Any, found: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"see"}:
            return _resolved(found[value["see"]], found)
        return {name: _resolved(member, found) for name, member in value.items()}
    return [_resolved(member, found) for member in value] if isinstance(value, list) else value


def made() -> Iterator[tuple[str, Any]]:
    """Every example that the program itself makes, what stands under another heading replaced by `see`."""
    world = resolve("library")
    yield "ToolSpec", plain(world.specs["renew_loan"])
    yield "Clause", plain(world.clauses[3])
    brief = world.brief("seed:0")
    yield "Brief", plain(brief.model_copy(update={"people": brief.people[:1]}))
    rows = _rows()
    row = _a_refusal(rows)
    yield "Blueprint", plain(row.blueprint)
    session = world.open(row.blueprint.snapshot)
    evidence = row.blueprint.evidence
    assert evidence is not None
    refused = session.call(evidence.forbidden)
    assert isinstance(refused, Refusal)
    yield "Refusal", plain(refused)
    twin = world.open(row.blueprint.snapshot, evidence.twin)
    twin.call(evidence.forbidden)
    yield "Diff", {path: plain(change) for path, change in twin.diff().items()}
    strange = world.open("seed:0")
    outcome = strange.call(Call(name="renew_loan", arguments={"loan_id": "L0"}))
    yield "Refusal2", plain(outcome)
    yield "Stage", plain(_a_condition(rows))
    yield "Output", plain(next(o for r in rows for o in r.blueprint.outputs if o.meaning.kind == "date"))
    yield "Course", plain(row.course)
    yield "HumanTurns", [plain(turn) for turn in row.human_turns]
    yield "Verdict", plain(row.verdict)
    yield "Row", _row(row)
    kept = Outcome(
        task=row.blueprint.provenance.task, status="kept", kind="refuse", blueprint=row.blueprint, rows=(row,)
    )
    yield "Outcome", plain(kept) | {"blueprint": {"see": "Blueprint"}, "rows": [{"see": "Row"}]}
    yield "DraftOutcome", plain(_drafted(row)) | {"blueprint": {"see": "Blueprint"}}
    yield (
        "Difficulty",
        plain(
            Difficulty(
                blueprint=row.blueprint.id,
                domain="library",
                kind=row.blueprint.kind,
                agents={"qwen3-8b": Tried(trials=4, solved=1)},
            )
        ),
    )
    yield "Votes", plain(count(_ballots()))
    yield from _replies(row)


def _rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        return [row for outcome in apigen_mt.generate("library", 60, folder).outcomes for row in outcome.rows]


def _a_refusal(rows: list[Row]) -> Row:
    """A short refusal by a tool, of a record that is described."""
    wanted = [
        r for r in rows if (e := r.blueprint.evidence) and e.clause == "3" and "describe" in r.blueprint.operators
    ]
    return min(wanted, key=lambda r: len(r.model_dump_json()))


def _a_condition(rows: list[Row]) -> Stage:
    """A stage that hangs on a condition, with something else that is wanted otherwise."""
    stages = [s for r in rows for s in r.blueprint.stages if s.condition and s.other]
    return min(stages, key=lambda s: len(s.model_dump_json()))


def _drafted(row: Row) -> DraftOutcome:
    """What a draft run makes of the task of a row."""
    with tempfile.TemporaryDirectory() as folder:
        drafts = apigen_mt.draft("library", row.blueprint.provenance.task + 1, folder)
    outcome = drafts.outcomes[-1]
    if outcome.blueprint != row.blueprint:
        raise ValueError("`draft` and `generate` make other tasks of the same seed")
    return outcome


def _ballots() -> Iterator[Ballot]:
    """Two reviewers who do not agree, and one who does not answer."""
    marks = {name: Mark(reason="It is so.", score=1) for name in CRITERIA}
    vague = Mark(reason="Nobody says which loan is meant.", score=0)
    yield Ballot(reviewer="qwen3-32b", review=Review.model_validate(marks))
    yield Ballot(reviewer="gpt-5-mini", review=Review.model_validate({**marks, "completeness": vague}))
    yield Ballot(reviewer="mistral-small", abstained_because="no usable answer: there is no JSON in it")


def _row(row: Row) -> dict[str, Any]:
    """The row, with what other examples show put in by name, and only the tools that were used."""
    used = {event.call.name for _, event in row.course.called()}
    specs = resolve(row.blueprint.domain).specs
    tools = [spec.function() for name, spec in specs.items() if name in used]
    seen = {"blueprint": "Blueprint", "course": "Course", "human_turns": "HumanTurns", "verdict": "Verdict"}
    shown: dict[str, Any] = plain(row)
    return shown | {"tools": tools} | {field: {"see": name} for field, name in seen.items()}


def _replies(row: Row) -> Iterator[tuple[str, Any]]:
    """What a model's reply in place of the oracle's second turn would be kept as."""
    key = ReplyKey(role="agent", blueprint=row.blueprint.id, turn=3)
    call = ToolCall(id="call_1", name="find_member", arguments=json.dumps(row.blueprint.actions[0].arguments))
    reply = ChatReply(
        text="", calls=(call,), finish_reason="tool_calls", usage=Usage(prompt=812, completion=31), model="qwen3-8b"
    )
    yield "ReplyKey", plain(key)
    yield "ChatReply", plain(reply)


def plain(part: BaseModel) -> Any:
    """A part as JSON, fields that hold their default left out; a discriminator is no default."""
    values = part.model_dump(mode="json", exclude_defaults=True)
    return _marked(part, values)


def _marked(value: Any, shown: Any) -> Any:
    if isinstance(value, BaseModel):
        mark = {n: getattr(value, n) for n in ("event", "outcome") if isinstance(getattr(value, n, None), str)}
        return mark | {
            name: _marked(getattr(value, name), member) for name, member in shown.items() if name not in mark
        }
    if isinstance(value, tuple | list):
        return [_marked(one, other) for one, other in zip(value, shown, strict=True)]
    if isinstance(value, dict):
        return {name: _marked(value[name], member) for name, member in shown.items()}
    return shown


def pretty(value: Any, indent: int = 0) -> str:
    """JSON with whatever fits on one line on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{pad}{json.dumps(n)}: {pretty(v, indent + 2)}" for n, v in value.items()]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(f"{pad}{pretty(v, indent + 2)}" for v in value) + "\n" + " " * indent + "]"


def renew() -> None:
    """Write the examples into the document again; their places are there already."""
    fresh = dict(made())
    text = DOCUMENT.read_text("utf-8")

    def replaced(match: re.Match[str]) -> str:
        kind, name, _ = match.groups()
        return f"```json {name}\n{pretty(fresh[name])}\n```" if kind == "json" and name in fresh else match[0]

    DOCUMENT.write_text(FENCE.sub(replaced, text), "utf-8")


if __name__ == "__main__":
    renew()
