"""Meanings of an imported world's values, inferred from names, schemas and example values: no code per world."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tools_env.imports import words
from tools_env.imports.fields import Fields, fields_of
from tools_env.imports.overlay import Overlay
from tools_env.imports.results import Results
from tools_env.tool import Param, Yield
from tools_env.values import TEXT, Json, Meaning

_ISO = re.compile(r"YYYY-MM-DD")


class Signature(NamedTuple):
    """A tool before its values have meaning: JSON schema of its arguments, definitions inlined, and annotation of its
    result.
    """

    parameters: dict[str, Json]
    returns: object
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Inferred:
    """What the values of a world mean: fields of state by `table/field`, arguments and results by tool."""

    fields: Mapping[str, Meaning]
    _params: Mapping[str, tuple[Param, ...]] = field(repr=False)
    _yields: Mapping[str, tuple[Yield, ...]] = field(repr=False)

    def params(self, tool: str) -> tuple[Param, ...]:
        """The arguments of a tool, none when it is unknown."""
        return self._params.get(tool, ())

    def yields(self, tool: str) -> tuple[Yield, ...]:
        """The values in a tool's result, none when it is unknown."""
        return self._yields.get(tool, ())


def infer(
    tables: Mapping[str, Mapping[str, Json]],
    signatures: Mapping[str, Signature],
    overlay: Overlay,
    examples: Mapping[str, Sequence[Json]] | None = None,
) -> Inferred:
    """What every value of a world means (arXiv 2504.03601 §3.1: edges from types), found in JSON records by table and
    id, tools' signatures, and results seen of tools whose annotation says nothing. The overlay has the last word.
    """
    seen = examples or {}
    fields = fields_of(tables, overlay.meanings)
    results = Results(fields, overlay.meanings)

    def read() -> dict[str, tuple[Yield, ...]]:
        return {n: results.of(n, s.returns, seen.get(n, ())) for n, s in signatures.items()}

    read()  # what the models of one tool say of the data serves the others, the second time
    yields = read()
    params = {n: _params(n, s.parameters, yields[n], fields, overlay) for n, s in signatures.items()}
    return Inferred({**fields.meanings, **{k: m for k, m in overlay.meanings.items() if "/" in k}}, params, yields)


def _params(
    tool: str, schema: Mapping[str, Json], yields: Sequence[Yield], fields: Fields, overlay: Overlay
) -> tuple[Param, ...]:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict):
        return ()
    found: list[Param] = []
    for name, one in properties.items():
        node = one if isinstance(one, dict) else {}
        described = node.get("description")
        param = _param(name, list(_variants(node)), _Around(tool, yields, fields, frozenset(properties)))
        given = overlay.meanings.get(f"{tool}.{name}")
        if given is not None:
            param = param.model_copy(update={"meaning": given, "choices": param.choices * (given.kind == "choice")})
        update = {
            "description": described if isinstance(described, str) and described else name.replace("_", " "),
            "required": isinstance(required, list) and name in required,
            "personal": param.meaning.kind == "identifier" and param.meaning.of == overlay.person != "",
        }
        found.append(param.model_copy(update=update))
    lists = [p.meaning.of for p in found if p.many and p.meaning.kind == "identifier"]
    return tuple(
        p.model_copy(update={"meaning": _listed(p.meaning, lists)})
        if p.many and f"{tool}.{p.name}" not in overlay.meanings
        else p
        for p in found
    )


def _listed(meaning: Meaning, lists: Sequence[str]) -> Meaning:
    """Lists of ids of one sort belong together by position; a list without such a partner has no order."""
    if meaning.kind != "identifier":
        return meaning
    return replace(meaning, paired=meaning.of) if lists.count(meaning.of) > 1 else replace(meaning, unordered=True)


class _Around(NamedTuple):
    """What an argument stands among."""

    tool: str
    yields: Sequence[Yield]
    fields: Fields
    beside: frozenset[str]


def _variants(node: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """A schema, or those of which it is a choice, null left out."""
    inner = [v for key in ("anyOf", "oneOf", "allOf") if isinstance(vs := node.get(key), list) for v in vs]
    for one in inner:
        if isinstance(one, dict):
            yield from _variants({**{k: v for k, v in node.items() if k == "description"}, **one})
    if not inner and node.get("type") != "null":
        yield node


def _each(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _param(name: str, variants: Sequence[Mapping[str, Json]], around: _Around) -> Param:
    lists = [v for v in variants if v.get("type") == "array"]
    if lists:
        items = lists[0].get("items")
        inner = _param(name, list(_variants(items)) if isinstance(items, dict) else [], around)
        return inner.model_copy(update={"many": True})
    meaning, choices = _meaning(name, variants, around)
    return Param(name=name, description="", meaning=meaning, choices=choices)


def _meaning(name: str, variants: Sequence[Mapping[str, Json]], around: _Around) -> tuple[Meaning, tuple[str, ...]]:
    """What a single value of an argument means, and what it may be when it is a choice."""
    kinds = {str(k) for v in variants for k in _each(v.get("type"))}
    options = [o for v in variants for o in (*_each(v.get("enum")), *_each(v.get("const"))) if o is not None]
    if options:
        return Meaning("choice"), tuple(dict.fromkeys(str(o) for o in options))
    if "object" in kinds:
        return Meaning("nested"), ()
    if "boolean" in kinds:
        return Meaning("flag"), ()
    near = {words.singular(w) for w in words.snake(around.tool).split("_")}
    spoken = around.fields.spoken(name, near, around.beside)
    if words.snake(name) == "id":
        spoken = _bare(around, near)
    if kinds & {"integer", "number"}:
        identifies = spoken is not None and spoken[0].kind == "identifier"
        return (spoken[0] if spoken is not None and identifies else words.number(name)), ()
    if spoken is not None and spoken[0].kind not in {"amount", "count", "flag", "nested", "text"}:
        return spoken
    described = " ".join(str(v.get("description", "")) for v in variants)
    if any(v.get("format") in {"date", "date-time"} for v in variants) or _ISO.search(described):
        return Meaning("date"), ()
    meaning = words.text(name, around.beside)
    return (_told(name, around) or (meaning, ())) if meaning == TEXT else (meaning, ())


def _bare(around: _Around, near: set[str]) -> tuple[Meaning, tuple[str, ...]] | None:
    """What a bare `id` is of: the one sort of record that the tool's name speaks of."""
    found = [s for s in around.fields.spaces.ids if words.singular(words.snake(s)) in near]
    return (Meaning("identifier", found[0]), ()) if len(found) == 1 else None


def _told(name: str, around: _Around) -> tuple[Meaning, tuple[str, ...]] | None:
    """A choice whose field the result shows under a longer name: the `reason` of a `cancel_reason`."""
    longer = {y.name for y in around.yields if y.meaning.kind == "choice" and y.name.endswith(f"_{words.snake(name)}")}
    if len(longer) != 1 or around.fields.named(name) is not None:
        return None
    column = around.fields.named(longer.pop())
    options = around.fields.options.get(column.field, ()) if column else ()
    return (Meaning("choice"), options) if options else None
