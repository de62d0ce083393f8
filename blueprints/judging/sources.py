"""Sources: where the values in a call come from, as evidence for who reads a row; only identifiers are gated."""

from collections.abc import Iterator

from blueprints.judging.seen import Seen
from tools_env.calls import Call
from tools_env.tool import Param, ToolSpec
from tools_env.values import Json


def sources(call: Call, spec: ToolSpec, seen: Seen) -> str:
    """Every argument that is no identifier with where its value comes from: `day derived (7 days after 2026-03-01)`."""
    found = [
        f"{param.label} {source}"
        for param in spec.params
        if param.name in call.arguments and param.meaning.kind != "identifier"
        for source in _of(call.arguments[param.name], param, spec, seen)
    ]
    return ", ".join(found)


def _of(value: Json, param: Param, spec: ToolSpec, seen: Seen) -> Iterator[str]:
    if value is None or (not param.required and value == _default(param, spec)):
        yield "default"
    elif param.meaning.kind == "prose":
        yield "own words"
    elif isinstance(value, list | dict):
        yield from dict.fromkeys(_leaf(leaf, param, seen) for leaf in _leaves(value))
    else:
        yield _leaf(value, param, seen)


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _leaves(member)
    elif value is not None:
        yield value


def _default(param: Param, spec: ToolSpec) -> Json:
    properties = spec.parameters.get("properties")
    body = properties.get(param.name) if isinstance(properties, dict) else None
    return body.get("default") if isinstance(body, dict) else None


def _leaf(value: Json, param: Param, seen: Seen) -> str:
    """Seen, derived and how, one of the tool's choices, a figure of the policy, or unexplained."""
    if isinstance(value, str):
        if seen.shown(value):
            return "seen"
        if how := seen.dated(value):
            return how if how == "seen" else f"derived ({how})"
        if value in param.choices:
            return "choice"
        return "policy" if seen.text(value) else "unexplained"
    if isinstance(value, bool):
        return "choice"
    how = seen.reckoned(float(value)) if isinstance(value, int | float) else ""
    return (how if how in {"seen", "policy"} else f"derived ({how})") if how else "unexplained"
