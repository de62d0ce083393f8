"""Views: the forms in which rows are written, each a record per row with explicit columns (design: rows)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from apigen_mt.export.columns import Column
from apigen_mt.export.fit import Message, Unfit, exported, speaker
from apigen_mt.trajectory import Row
from tools_env.values import Json

Record = dict[str, Json]


@dataclass(frozen=True, slots=True)
class View:
    """A form of rows: its columns, and the record of a row or why it has none."""

    name: str
    columns: Mapping[str, Column]
    record: Callable[[Row], Record | Unfit]


def _sharegpt(row: Row) -> Record | Unfit:
    messages = exported(row)
    if isinstance(messages, Unfit):
        return messages
    return {
        "conversations": _conversation(messages),
        "tools": json.dumps([_bare(tool) for tool in row.tools], ensure_ascii=False),
        "system": row.system,
    }


def _conversation(messages: Sequence[Message]) -> list[Json]:
    turns: list[Json] = []
    observed: list[str] = []
    for number, message in enumerate(messages):
        said = speaker(message)
        if said == "observation":
            observed.append(str(message["content"]))
            if number + 1 < len(messages) and speaker(messages[number + 1]) == "observation":
                continue
            value, observed = observed[0] if len(observed) == 1 else f"[{','.join(observed)}]", []
        else:
            value = _calls(message) if said == "calls" else str(message["content"])
        turns.append({"from": "function_call" if said == "calls" else said, "value": value})
    return turns


def _calls(message: Message) -> str:
    wanted = message["tool_calls"]
    calls = [call["function"] for call in wanted if isinstance(call, dict)] if isinstance(wanted, list) else []
    return json.dumps(calls[0] if len(calls) == 1 else calls, ensure_ascii=False)


def _bare(tool: Mapping[str, Json]) -> Json:
    """Name, description and parameters of a tool; LLaMA-Factory wants `properties` even where there are none."""
    function = tool.get("function")
    if not isinstance(function, dict):
        return dict(tool)
    parameters = function.get("parameters")
    given = parameters if isinstance(parameters, dict) else {}
    return {**function, "parameters": {"type": "object", "properties": {}, **given}}


def _messages(row: Row) -> Record | Unfit:
    messages = exported(row)
    if isinstance(messages, Unfit):
        return messages
    flags = [None if flag is None else flag.train for flag in row.train[: len(messages)]]
    return {
        "messages": [{"role": "system", "content": row.system}, *messages],
        "tools": list(row.tools),
        "train": [None, *flags],
    }


def _canonical(row: Row) -> Record | Unfit:
    return {
        "id": row.id,
        "domain": row.blueprint.domain,
        "kind": row.blueprint.kind,
        "agent": row.cast.agent.model or row.cast.agent.source,
        "end_reason": row.end_reason,
        "system": row.system,
        "messages": list(row.messages),
        "tools": list(row.tools),
        "train": [None if flag is None else flag.model_dump(mode="json") for flag in row.train],
        "row": row.model_dump_json(),
    }


SHAREGPT = View("sharegpt", {"conversations": "turns", "tools": "text", "system": "text"}, _sharegpt)
MESSAGES = View("messages", {"messages": "objects", "tools": "objects", "train": "flags"}, _messages)
CANONICAL = View(
    "canonical",
    {
        "id": "text",
        "domain": "text",
        "kind": "text",
        "agent": "text",
        "end_reason": "text",
        "system": "text",
        "messages": "objects",
        "tools": "objects",
        "train": "objects",
        "row": "text",
    },
    _canonical,
)
"""`row` is the whole row as JSON text, exact to the last digit; the other columns are taken from it for reading."""

VIEWS: dict[str, View] = {view.name: view for view in (SHAREGPT, MESSAGES)}
