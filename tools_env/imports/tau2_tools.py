"""Tools and hidden functions of a τ² toolkit: what callers see of them, and how their arguments are checked."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, create_model

from tools_env.calls import Actor
from tools_env.imports.calculator import calculate
from tools_env.tool import DomainError, Param, Tool, ToolSpec, Yield, schema_of
from tools_env.values import Json


@dataclass(frozen=True, slots=True)
class Function:
    """A method of a toolkit: whose it is, whether it is a tool, whether it writes, and its checked arguments."""

    name: str
    actor: Actor
    is_tool: bool
    writes: bool
    description: str
    arguments: type[BaseModel]
    parameters: dict[str, Json]
    returns: object
    run: Callable[[object, dict[str, Json]], object]

    def tool(self) -> Tool:
        """The function with the means to check its arguments, under a bare specification."""
        spec = ToolSpec(name=self.name, description=self.description, writes=self.writes, parameters=self.parameters)
        return Tool(spec, self.run, self.arguments, _ANY)


_ANY: TypeAdapter[Any] = TypeAdapter(Any)


def functions_of(kit: object, actor: Actor, as_tool: Callable[[object], Any], base: type) -> Iterator[Function]:
    """Every public method that the toolkit's own classes define (not its library `base`), tools and others."""
    for name in _own_names(type(kit), base):
        method = getattr(kit, name)
        kind = getattr(method, "__tool_type__", None)
        described = as_tool(method)
        yield Function(
            name=name,
            actor=actor,
            is_tool=kind is not None,
            writes=getattr(kind, "value", "write") == "write",
            description="\n\n".join(filter(None, (described.short_desc, described.long_desc))) or name,
            arguments=_strict(name, described.params),
            parameters={**schema_of(described.params), "additionalProperties": False},
            returns=inspect.signature(method).return_annotation,
            run=_runner(method),
        )


def _own_names(kind: type, base: type) -> list[str]:
    own = [c for c in reversed(kind.__mro__) if c is not base and issubclass(c, base)]
    names = dict.fromkeys(n for c in own for n, member in vars(c).items() if inspect.isfunction(member))
    return [name for name in names if not name.startswith("_")]


def _strict(name: str, params: type[BaseModel]) -> type[BaseModel]:
    """The arguments with unknown ones refused, and None allowed where it is the default."""
    hints: dict[str, Any] = {n: info.annotation for n, info in params.model_fields.items()}
    absent = [n for n, info in params.model_fields.items() if not info.is_required() and info.default is None]
    fields: dict[str, Any] = {
        n: (hints[n] | None if n in absent else hints[n], info) for n, info in params.model_fields.items()
    }
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def _runner(method: Any) -> Callable[[object, dict[str, Json]], object]:  # noqa: ANN401 - a bound method of theirs
    """How the function is run on a toolkit. One that evaluates text as a program is never run: we calculate instead."""
    name = method.__name__
    if not {"eval", "exec"}.isdisjoint(_names(method.__code__, type(method.__self__))):
        parameters = [p.annotation for p in inspect.signature(method).parameters.values()]
        if parameters != [str]:
            raise DomainError(f"{method.__qualname__} evaluates what it is sent: it is not imported.")
        return lambda _, arguments: calculate(str(*arguments.values()))

    def run(kit: object, arguments: dict[str, Json]) -> object:
        return getattr(kit, name)(**arguments)

    return run


def _names(code: CodeType, kind: type) -> set[str]:
    """Every name that a method mentions, in what is nested in it and in the methods that it calls in turn."""
    found: set[str] = set()
    waiting = [code]
    while waiting:
        one = waiting.pop()
        waiting += [inner for inner in one.co_consts if isinstance(inner, CodeType)]
        called = [getattr(kind, name, None) for name in {*one.co_names} - found]
        waiting += [member.__code__ for member in called if inspect.isfunction(member)]
        found |= {*one.co_names}
    return found


def specs_of(
    functions: Mapping[str, Function],
    params_of: Callable[[str], tuple[Param, ...]],
    yields_of: Callable[[str], tuple[Yield, ...]],
    ask: Mapping[str, str],
) -> dict[str, ToolSpec]:
    """The specifications of tools by name; what their values mean is given by tool name."""
    return {
        name: ToolSpec(
            name=name,
            description=function.description,
            writes=function.writes,
            parameters=function.parameters,
            params=params_of(name),
            yields=yields_of(name),
            actors=(function.actor,),
            ask=ask.get(name, ""),
        )
        for name, function in functions.items()
    }
