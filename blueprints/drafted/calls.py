"""Proposed calls made into calls: names and values held against the tools, with words that say how to mend them."""

import json
from collections.abc import Mapping

from jsonschema import Draft202012Validator

from blueprints.blueprint import Rejected
from blueprints.drafted.proposal import Proposal, ProposedCall
from tools_env.calls import Call
from tools_env.tool import ToolSpec
from tools_env.values import Json

DEPTH = 4
"""How deep a value may be nested."""


def calls_of(proposal: Proposal, specs: Mapping[str, ToolSpec]) -> tuple[tuple[Call, ...], ...] | Rejected:
    """The calls of each matter, or what is wrong with the first that cannot be made."""
    found: list[tuple[Call, ...]] = []
    for matter in proposal.matters:
        calls: list[Call] = []
        for proposed in matter.made:
            call = call_of(proposed, specs)
            if isinstance(call, Rejected):
                return call
            calls.append(call)
        found.append(tuple(calls))
    return tuple(found)


def call_of(proposed: ProposedCall, specs: Mapping[str, ToolSpec]) -> Call | Rejected:
    """The call, its values as the tool's schema reads them; or why it is none."""
    spec = specs.get(proposed.tool)
    if spec is None or "agent" not in spec.actors:
        return _wrong(f"there is no tool {proposed.tool!r}: use one of those that are listed, by its exact name")
    offered = [p.name for p in spec.params]
    arguments: dict[str, Json] = {}
    for name, given in proposed.arguments.items():
        if name not in offered:
            known = f"it takes {', '.join(offered)}" if offered else "it takes none"
            return _wrong(f"{spec.name} has no argument {name!r}: {known}")
        value: Json = [*given] if isinstance(given, list) else given
        if _empty(value) and not _required(spec, name):
            continue
        read = _read(value, spec, name)
        if isinstance(read, Rejected):
            return _wrong(f"{name} of {spec.name} cannot be {_shown(value)}: {read.reason}")
        arguments[name] = read
    missing = [p.name for p in spec.params if p.required and p.name not in arguments]
    if missing:
        return _wrong(f"{spec.name} lacks the argument {missing[0]!r}: give it a value")
    return Call(name=spec.name, arguments=arguments)


def _empty(value: Json) -> bool:
    return value == [] or (isinstance(value, str) and value.casefold() in {"", "null", "none"})


def _wrong(reason: str) -> Rejected:
    return Rejected(stage="format", reason=reason)


def _required(spec: ToolSpec, name: str) -> bool:
    return any(p.required for p in spec.params if p.name == name)


def _schema(spec: ToolSpec, name: str) -> Json:
    properties = spec.parameters.get("properties")
    return properties.get(name) if isinstance(properties, dict) else None


def _read(value: Json, spec: ToolSpec, name: str) -> Json | Rejected:
    """The value if the tool's schema allows it; else what its text, or each of its texts, holds as JSON, if that is."""
    validator = Draft202012Validator({**spec.parameters, "required": []})
    wrong = next(iter(validator.iter_errors({name: value})), None)
    if wrong is None:
        return value
    inner: Json = [_json(v) for v in value] if isinstance(value, list) else _json(value)
    if inner is not None and _depth(inner) <= DEPTH and validator.is_valid({name: inner}):
        return inner
    return Rejected(stage="format", reason=_expected(_schema(spec, name)) or wrong.message)


def _json(text: Json) -> Json:
    """What a text holds as JSON; None where it holds none."""
    if not isinstance(text, str):
        return None
    try:
        held: Json = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return held


def _depth(value: Json) -> int:
    """How deep lists and objects are nested; one more than allowed is deep enough to tell."""
    depth, level = 0, [value]
    while level and depth <= DEPTH:
        inside = [list(one.values()) if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [member for members in inside for member in members]
        depth += bool(inside)
    return depth


_NAMES = {
    "string": "text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object, written as JSON text",
}


def _expected(schema: Json) -> str:
    """What a schema asks for, in words."""
    if not isinstance(schema, dict):
        return ""
    if isinstance(options := schema.get("enum"), list):
        return f"it is one of {', '.join(map(repr, options))}"
    options = schema.get("anyOf")
    parts = options if isinstance(options, list) else [schema]
    names = [_NAMES[k] for p in parts if isinstance(p, dict) and isinstance(k := p.get("type"), str) and k in _NAMES]
    formed = f" of the form {schema['format']}" if "format" in schema else ""
    return f"it has to be {' or '.join(names)}{formed}" if names else ""


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004 - enough to know it again
