"""The proposal: what the author model fills in. Everything in it is untrusted, bounded in size and freed of controls.

It is filled in from top to bottom, and small models write best what they have just written the grounds for: a plan, the
calls, what the person says to have them made, and the instruction last. There is no open object, so that endpoints
can hold a model to the schema: each tool is offered with its own arguments and choices, and a kind of task with nothing
that such a task cannot have. What a schema rules out no round is lost on.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from types import GenericAlias
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    create_model,
)
from pydantic.json_schema import SkipJsonSchema, WithJsonSchema

from tools_env.tool import Param, ToolSpec
from tools_env.values import Json

Wish: TypeAlias = Literal["act", "inform", "refuse"]
WISHES: tuple[Wish, ...] = ("act", "inform", "refuse")
"""The kinds of tasks that are proposed."""

MATTERS, CALLS, ARGUMENTS, FACTS = 4, 12, 12, 12
"""The most matters of a task, calls of a matter, arguments of a call, and facts a person brings."""

PLAIN = frozenset({"string", "integer", "number", "boolean"})
"""The types of JSON that are offered as they are; anything else is written as text that holds JSON."""

P = TypeVar("P", bound="Filled")


def clean(text: str) -> str:
    """A text without characters that nobody sees, so that none hides a word from the gates, and with single spaces."""
    kinds = ((c, unicodedata.category(c)) for c in text)
    return " ".join("".join(" " if kind == "Cc" else "" if kind[0] == "C" else c for c, kind in kinds).split())


Short: TypeAlias = Annotated[str, Field(max_length=80), AfterValidator(clean)]
Told: TypeAlias = Annotated[str, Field(max_length=300), AfterValidator(clean)]
Words: TypeAlias = Annotated[str, Field(max_length=600), AfterValidator(clean)]
Story: TypeAlias = Annotated[str, Field(max_length=1200), AfterValidator(clean)]
Whole: TypeAlias = Annotated[int, Field(ge=-(10**9), le=10**9)]
Number: TypeAlias = Annotated[float, Field(ge=-1e9, le=1e9)]


def _in_words(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """Say once what a value may be, in place of one complaint for each form it might have had."""
    try:
        return handler(value)
    except ValidationError as error:
        allowed = (
            "text of at most 300 letters, a number, true or false, or where several are meant a flat list of those"
        )
        raise ValueError(f"a value is {allowed}") from error


Plain: TypeAlias = Annotated[Told | bool | Whole | Number, WrapValidator(_in_words)]
Value: TypeAlias = Annotated[
    Told | bool | Whole | Number | Annotated[list[Told | bool | Whole | Number], Field(max_length=ARGUMENTS)],
    WrapValidator(_in_words),
]


class Filled(BaseModel):
    """Base of what a model fills in: frozen, unknown keys refused, numbers finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ProposedCall(Filled):
    """One call of a tool by the desk. A value is text, a number, true or false, or a list of those."""

    tool: Short
    arguments: dict[Short, Value] = Field(max_length=ARGUMENTS)


class Matter(Filled):
    """One thing the person wants: the calls that look things up, then the one that makes the change or, of a refusal,
    that the desk must not make; of a question the one value they must hear; and their message.
    """

    wants: Literal["change", "answer", "refusal"]
    calls: list[ProposedCall] = Field(max_length=CALLS)
    change: ProposedCall | None = None
    answer: Plain = ""
    message: Words

    @property
    def made(self) -> tuple[ProposedCall, ...]:
        """All calls in order."""
        return tuple(self.calls) if self.change is None else (*self.calls, self.change)


NoChange: TypeAlias = SkipJsonSchema[ProposedCall | None]
NoAnswer: TypeAlias = SkipJsonSchema[Plain]
AnyMatter: TypeAlias = SkipJsonSchema[Matter]
"""What is read where it stands, and not offered."""


class Brought(Filled):
    """A fact that the person brings along."""

    what: Short
    value: Plain


class Proposal(Filled):
    """A whole task: plan, matters, what the person knows, and the instruction in the second person."""

    plan: Story
    matters: list[Matter] = Field(min_length=1, max_length=MATTERS)
    knows: list[Brought] = Field(max_length=FACTS)
    instruction: Story


def answer_type(specs: Mapping[str, ToolSpec], kind: Wish) -> type[Proposal]:
    """The proposal of a kind of task in one world: its schema offers the tools with their arguments and choices, and no
    more fields than the kind has.

    Whatever stands there all the same is read, and sent back by a gate that can say what is wrong with it.
    """
    desk = [spec for _, spec in sorted(specs.items()) if "agent" in spec.actors]
    reads, writes = ([s for s in desk if s.writes is w] for w in (False, True))
    change, answer, refusal = _changing("change", reads, writes), _answering(reads), _changing("refusal", reads, writes)
    most = 1 if kind == "refuse" else MATTERS
    matter: Any = {"act": change | answer, "inform": answer, "refuse": refusal}[kind]
    size = Field(min_length=1, max_length=MATTERS, json_schema_extra={"maxItems": most})
    return _with(Proposal, matters=(list[matter | AnyMatter], size))


def _answering(reads: Sequence[ToolSpec]) -> type[Matter]:
    """A question."""
    calls = (GenericAlias(list, (_one_of(reads),)), Field(max_length=CALLS))
    none = (NoChange, None)
    return _with(Matter, wants=(Literal["answer"], ...), calls=calls, change=none, answer=(Plain, ...))


def _changing(wants: str, reads: Sequence[ToolSpec], writes: Sequence[ToolSpec]) -> type[Matter]:
    """A matter that ends in a change, or would."""
    calls = (GenericAlias(list, (_one_of(reads),)), Field(max_length=CALLS))
    change = (_one_of(writes), ...)
    return _with(Matter, wants=(Literal[wants], ...), calls=calls, change=change, answer=(NoAnswer, ""))


def _one_of(tools: Sequence[ToolSpec]) -> Any:  # noqa: ANN401 - a type made here
    """A call of one of these tools, of any form; the schema holds each to its own arguments."""
    offered: Any = {"anyOf": [_offered(spec) for spec in tools]} if tools else False
    return Annotated[ProposedCall, WithJsonSchema(offered)]


def _offered(spec: ToolSpec) -> Json:
    """The schema of a call: all arguments are named, and one that may be left out may be empty."""
    values: dict[str, Json] = {p.name: _value(p, spec) for p in spec.params}
    arguments: Json = {"type": "object", "properties": values, "required": [*values], "additionalProperties": False}
    tool: Json = {"type": "string", "enum": [spec.name]}
    return {
        "type": "object",
        "properties": {"tool": tool, "arguments": arguments},
        "required": ["tool", "arguments"],
        "additionalProperties": False,
    }


def _value(param: Param, spec: ToolSpec) -> Json:
    """The schema of a value, as simple as the tool's own allows; the tool's own is asked when the call is read."""
    properties = spec.parameters.get("properties")
    own = properties.get(param.name) if isinstance(properties, dict) else None
    kind = own.get("type") if isinstance(own, dict) else None
    one: Json = {"type": kind if kind in PLAIN else "string"}
    if param.choices:
        one = {"enum": [*param.choices, *(() if param.required else ("",))]}
    elif not param.required and kind in PLAIN - {"string"}:
        one = {"anyOf": [one, {"type": "string", "enum": [""]}]}
    return {"type": "array", "items": one, "maxItems": ARGUMENTS} if param.many else one


def _with(base: type[P], **narrowed: object) -> type[P]:
    """The same type with some fields narrowed."""
    fields: dict[str, Any] = dict(narrowed)
    made: type[P] = create_model(base.__name__, __base__=base, **fields)
    return made
