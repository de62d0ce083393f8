"""The proposal: what the author model fills in. Everything in it is untrusted, bounded in size and freed of controls.

It is filled in from top to bottom, and small models write best what they have just written the grounds for: a plan, the
calls, what the person says to have them made, and the instruction last. There is no open object, so that endpoints
can hold a model to the schema; an argument is a name and a value, and tools and arguments are offered by name.
"""

import unicodedata
from collections.abc import Mapping
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

from tools_env.tool import ToolSpec

Wish: TypeAlias = Literal["act", "inform", "refuse"]
WISHES: tuple[Wish, ...] = ("act", "inform", "refuse")
"""The kinds of tasks that are proposed."""

MATTERS, CALLS, ARGUMENTS, FACTS = 4, 12, 12, 12
"""The most matters of a task, calls of a matter, arguments of a call, and facts a person brings."""

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


class Argument(Filled):
    """One argument of a call. The value is text, a number, true or false, or a list of those."""

    name: Short
    value: Value


class ProposedCall(Filled):
    """One call of a tool by the desk."""

    tool: Short
    arguments: list[Argument] = Field(max_length=ARGUMENTS)


class Matter(Filled):
    """One thing the person wants: what ends it, the calls in order, the one value they must hear, their message.

    Of a refusal the last call is the one that the desk must refuse. `answer` is empty unless it is a question.
    """

    wants: Literal["change", "answer", "refusal"]
    calls: list[ProposedCall] = Field(max_length=CALLS)
    answer: Plain
    message: Words


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


def answer_type(specs: Mapping[str, ToolSpec]) -> type[Proposal]:
    """The proposal for one world: its schema offers the tools and arguments by name.

    A name that is not among them is read all the same, and sent back by a gate that can say which name it was.
    """
    names = sorted({p.name for s in specs.values() for p in s.params})
    argument = _with(Argument, name=(Short, Field(json_schema_extra={"enum": [*names]})))
    tool = (Short, Field(json_schema_extra={"enum": [*sorted(specs)]}))
    call = _with(ProposedCall, tool=tool, arguments=(list[argument], Field(max_length=ARGUMENTS)))  # type: ignore[valid-type]
    matter = _with(Matter, calls=(list[call], Field(max_length=CALLS)))  # type: ignore[valid-type]
    return _with(Proposal, matters=(list[matter], Field(min_length=1, max_length=MATTERS)))  # type: ignore[valid-type]


def _with(base: type[P], **narrowed: object) -> type[P]:
    """The same type with some fields narrowed."""
    fields: dict[str, Any] = dict(narrowed)
    made: type[P] = create_model(base.__name__, __base__=base, **fields)
    return made
