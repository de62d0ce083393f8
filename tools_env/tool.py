"""Tools: typed operations that read or write, described once by their signature and their docstring."""

import inspect
import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from typing_extensions import Doc

from tools_env.calls import Actor, Refusal
from tools_env.values import TEXT, Json, Meaning, Part, canonical, compact


class Param(Part):
    """One argument: `many` for a list, `choices` for an enumeration, `personal` when it identifies the person."""

    name: str
    description: str
    meaning: Meaning
    required: bool = True
    many: bool = False
    choices: tuple[str, ...] = ()
    personal: bool = False

    @property
    def label(self) -> str:
        """The argument's name as people say it."""
        return self.name.replace("_", " ").removesuffix(" id").removesuffix(" ids")


class Yield(Part):
    """A value that a tool's result holds: `path` such as `[].lines[].item_id`; `*` stands for any key of a map.

    `own` marks the id by which the object that holds it goes.
    """

    path: str
    meaning: Meaning
    own: bool = False

    @property
    def name(self) -> str:
        """The field's name."""
        return self.path.rsplit(".", 1)[-1].removesuffix("[]")


class ToolSpec(Part):
    """What a caller knows of a tool. `ask` is how a person asks for it, with slots for arguments; one that `hands_over`
    passes the person on to somebody else, as policy has it.
    """

    name: str
    description: str
    writes: bool
    parameters: dict[str, Json]
    params: tuple[Param, ...] = ()
    yields: tuple[Yield, ...] = ()
    clauses: tuple[str, ...] = ()
    actors: tuple[Actor, ...] = ("agent",)
    ask: str = ""
    hands_over: bool = False

    @cached_property
    def yielded(self) -> Mapping[str, Yield]:
        """What a result holds, by path."""
        return {y.path: y for y in self.yields}

    @cached_property
    def places(self) -> frozenset[str]:
        """Every path in a result that is one of the `yields` or leads to one."""
        parts = [re.findall(r"\[\]|\.?[^.\[]+", path) for path in self.yielded]
        return frozenset("".join(p[:end]) for p in parts for end in range(len(p) + 1))

    @cached_property
    def ids_shown(self) -> frozenset[str]:
        """Names of the fields of a result that hold identifiers."""
        return frozenset(y.name for y in self.yields if y.meaning.kind == "identifier")

    def place(self, path: str, name: str) -> str:
        """The path of a member of an object: under its own name where `yields` has one, else as any key of a map."""
        exact, any_key = (f"{path}.{name}", f"{path}.*") if path else (name, "*")
        return any_key if exact not in self.places and any_key in self.places else exact

    def param(self, name: str) -> Param | None:
        """The argument of that name."""
        return next((p for p in self.params if p.name == name), None)

    def called(self, param: Param, noun: str) -> str:
        """What to call the record that an argument takes: the noun of its table, or, where the tool takes several
        records of that table, the argument's own name.
        """
        rivals = [p for p in self.params if p is not param and p.meaning.of == param.meaning.of]
        return param.label if rivals else noun

    def meanings(self) -> dict[str, Meaning]:
        """Argument name to meaning."""
        return {p.name: p.meaning for p in self.params}

    def function(self) -> dict[str, Json]:
        """The tool as chat-completions APIs want it."""
        body: dict[str, Json] = {
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }
        return {"type": "function", "function": body}


_ENCODER = json.JSONEncoder(allow_nan=False)
F = TypeVar("F", bound=Callable[..., object])


def noun_of(specs: Mapping[str, ToolSpec], table: str) -> str:
    """What one record of a table is called: after the shortest name of an argument that takes its id."""
    names = [
        p.label for s in specs.values() for p in s.params if p.meaning.of == table and p.meaning.kind == "identifier"
    ]
    return min(names, key=len, default=table.replace("_", " ").removesuffix("s"))


class DomainError(Exception):
    """A domain is written wrongly; the message names the place and what to do."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What the decorators note about a method until its class is complete."""

    writes: bool
    clauses: tuple[str, ...]
    ask: str
    actors: tuple[Actor, ...]
    hands_over: bool = False


def read(*clauses: str, ask: str = "", actors: tuple[Actor, ...] = ("agent",)) -> Callable[[F], F]:
    """Mark a method as a tool that only reads; `clauses` are those it enforces."""
    return _marker(Marked(writes=False, clauses=clauses, ask=ask, actors=actors))


def write(
    *clauses: str, ask: str = "", actors: tuple[Actor, ...] = ("agent",), hands_over: bool = False
) -> Callable[[F], F]:
    """Mark a method as a tool that changes the state; `clauses` are those it enforces, and with `hands_over` it passes
    the person on to somebody else.
    """
    return _marker(Marked(writes=True, clauses=clauses, ask=ask, actors=actors, hands_over=hands_over))


def _marker(marked: Marked) -> Callable[[F], F]:
    def mark(function: F) -> F:
        function.__dict__["__tool__"] = marked
        return function

    return mark


@dataclass(frozen=True, slots=True)
class Tool:
    """A specification with the means to run it: arguments validated, result turned into JSON."""

    spec: ToolSpec
    function: Callable[..., object]
    arguments: type[BaseModel]
    result: TypeAdapter[Any]

    def parse(self, arguments: dict[str, Json]) -> dict[str, Any] | Refusal:
        """Validated arguments, or a refusal that says in words what is wrong with them."""
        try:
            model = self._validated(arguments)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {_plain(e['msg'])}" for e in error.errors())
            return Refusal(reason=f"Wrong arguments for {self.spec.name}: {faults}.", cause="arguments")
        except ValueError as error:
            return Refusal(reason=f"Wrong arguments for {self.spec.name}: {error}.", cause="arguments")
        values: dict[str, Any] = model.__dict__
        return values

    def _validated(self, arguments: dict[str, Json]) -> BaseModel:
        validate = self.arguments.__pydantic_validator__.validate_json
        try:
            model: BaseModel = validate(_ENCODER.encode(arguments), strict=True)
        except ValidationError:
            whole = compact(canonical(arguments))  # 2.0 pieces are 2 pieces
            model = validate(whole, strict=True)
        return model

    def show(self, value: object) -> Json:
        """The result as JSON."""
        shown: Json = self.result.serializer.to_python(value, mode="json")
        return shown


def _plain(message: str) -> str:
    return {"Field required": "is required", "Extra inputs are not permitted": "is not an argument of this tool"}.get(
        message, message[:1].lower() + message[1:]
    )


def build(name: str, function: Callable[..., object], marked: Marked, *, person: str = "", skip: int = 1) -> Tool:
    """A tool from a typed, documented function; the first `skip` parameters (the state) are not arguments.

    Raises:
        DomainError: an argument without annotation or manual, or no summary.
    """
    place = getattr(function, "__qualname__", name)
    hints = typing.get_type_hints(function, include_extras=True)
    summary, manuals = _manual(inspect.getdoc(function) or "")
    if not summary:
        raise DomainError(f"{place}: no docstring; say in one sentence what the tool does.")
    if "return" not in hints:
        raise DomainError(f"{place}: no return annotation; callers need to know what comes back.")
    fields: dict[str, Any] = {}
    params: list[Param] = []
    for parameter in list(inspect.signature(function).parameters.values())[skip:]:
        if parameter.name not in hints:
            raise DomainError(f"{place}: argument {parameter.name!r} has no annotation.")
        hint, required = hints[parameter.name], parameter.default is parameter.empty
        manual = manuals.get(parameter.name) or next((m.documentation for m in _notes(hint) if isinstance(m, Doc)), "")
        if not manual:
            raise DomainError(
                f"{place}: argument {parameter.name!r} is not described: add it under 'Args:' or a Doc(...)."
            )
        default = ... if required else parameter.default
        fields[parameter.name] = (hint, Field(default, description=manual))
        params.append(_param(parameter.name, manual, hint, required=required, person=person))
    model = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
    result = TypeAdapter(hints["return"])
    spec = ToolSpec(
        name=name,
        description=summary,
        writes=marked.writes,
        parameters=schema_of(model),
        params=tuple(params),
        yields=tuple(yields_of(hints["return"])),
        clauses=marked.clauses,
        actors=marked.actors,
        ask=marked.ask,
        hands_over=marked.hands_over,
    )
    return Tool(spec, function, model, result)


def _param(name: str, manual: str, hint: object, *, required: bool, person: str) -> Param:
    meaning, inner = meaning_of(hint)
    many = typing.get_origin(inner) in {list, tuple}
    if many:
        member, member_type = meaning_of(typing.get_args(inner)[0])
        meaning = Meaning(member.kind, meaning.of or member.of, meaning.unordered, meaning.paired)
        inner = member_type
    choices = tuple(str(c) for c in typing.get_args(inner)) if typing.get_origin(inner) is Literal else ()
    personal = meaning.kind == "identifier" and meaning.of == person
    return Param(
        name=name, description=manual, meaning=meaning, required=required, many=many, choices=choices, personal=personal
    )


def meaning_of(hint: object) -> tuple[Meaning, Any]:
    """The meaning of an annotation and the plain type behind it; None of an optional type is left out."""
    noted = [m for m in _notes(hint) if isinstance(m, Meaning)]
    plain = typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Annotated else hint
    if isinstance(plain, types.UnionType) or typing.get_origin(plain) is typing.Union:
        members = [a for a in typing.get_args(plain) if a is not type(None)]
        if len(members) == 1:
            inner, plain = meaning_of(members[0])
            return (noted[0] if noted else inner), plain
    if noted:
        return noted[0], plain
    if typing.get_origin(plain) is Literal:
        return Meaning("choice"), plain
    if plain is bool:
        return Meaning("flag"), plain
    if plain is int:
        return Meaning("count"), plain
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return Meaning("nested"), plain
    return TEXT, plain


def source_of(function: Callable[..., object]) -> str:
    """The source of a function; where there is none, as at a prompt, its bytecode."""
    try:
        return inspect.getsource(function)
    except OSError:
        code = function.__code__
        return f"{code.co_code.hex()} {code.co_names} {code.co_varnames}"


def choices(hint: object) -> tuple[Any, ...]:
    """What an annotation made of a `Literal` allows."""
    return typing.get_args(meaning_of(hint)[1])


def _notes(hint: object) -> tuple[Any, ...]:
    notes: tuple[Any, ...] = getattr(hint, "__metadata__", ())
    return notes


def yields_of(hint: object, path: str = "") -> Iterator[Yield]:
    """Every typed value inside a result annotation, with its path."""
    meaning, plain = meaning_of(hint)
    if typing.get_origin(plain) in {list, tuple}:
        inner = typing.get_args(plain)[0]
        if meaning.kind in {"text", "nested"}:
            yield from yields_of(inner, f"{path}[]")
        else:
            yield Yield(path=f"{path}[]", meaning=meaning)
    elif typing.get_origin(plain) is dict:
        yield from yields_of(typing.get_args(plain)[1], f"{path}.*" if path else "*")
    elif isinstance(plain, type) and issubclass(plain, BaseModel):
        for number, (name, info) in enumerate(plain.model_fields.items()):
            rebuilt = typing.Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
            for found in yields_of(rebuilt, place := f"{path}.{name}" if path else name):
                first = not number and found.path == place and found.meaning.kind == "identifier"
                yield found.model_copy(update={"own": True}) if first else found
    elif plain is not type(None):
        yield Yield(path=path, meaning=meaning)


_ARGS = re.compile(r"^\s*Args:\s*$", re.MULTILINE)
_SECTION = re.compile(r"^(?:Returns|Raises|Yields|Note):\s*$", re.MULTILINE)
_ARGUMENT = re.compile(r"^\s+(\w+)(?:\s*\([^)]*\))?:\s*(.*)$")


def _manual(doc: str) -> tuple[str, dict[str, str]]:
    """The summary of a Google-style docstring and its arguments' descriptions."""
    head, *rest = _ARGS.split(doc, maxsplit=1)
    manuals: dict[str, str] = {}
    last = ""
    for line in _SECTION.split(rest[0])[0].splitlines() if rest else []:
        if found := _ARGUMENT.match(line):
            last = found[1]
            manuals[last] = found[2].strip()
        elif last and line.strip():
            manuals[last] += f" {line.strip()}"
    return " ".join(_SECTION.split(head)[0].split()), {k: v for k, v in manuals.items() if v}


def schema_of(model: type[BaseModel]) -> dict[str, Json]:
    """The JSON schema of the arguments, definitions inlined, titles dropped."""
    raw: dict[str, Json] = model.model_json_schema()
    definitions = raw.pop("$defs", {})

    def clean(node: Json, *, names: bool = False) -> Json:
        if isinstance(node, list):
            return [clean(n) for n in node]
        if not isinstance(node, dict):
            return node
        if isinstance(definitions, dict) and isinstance(ref := node.get("$ref"), str):
            target, rest = definitions[ref.rpartition("/")[2]], {k: v for k, v in node.items() if k != "$ref"}
            return clean({**target, **rest} if isinstance(target, dict) else rest)
        return {k: clean(v, names=k == "properties") for k, v in node.items() if names or k not in {"title", "default"}}

    cleaned = {k: clean(v, names=k == "properties") for k, v in raw.items() if k != "title"}
    return {"type": "object", "properties": {}, **cleaned}
