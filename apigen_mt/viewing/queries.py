"""What a browser may ask of the list, and what it gets."""

from typing import Literal, NamedTuple, TypeAlias

from pydantic import Field

from tools_env.values import Part

LONGEST = 500
"""Signs that a filter may have."""
MOST = 500
"""So many lines are given at a time."""


Sort: TypeAlias = Literal["task", "kind", "status", "gate", "fault", "end_reason", "turns", "calls", "writes", "tokens"]


class Found(NamedTuple):
    """How many lines there are, and those asked for: each as JSON text, with its mark or an empty one."""

    total: int
    rows: list[tuple[str, str]]


class Query(Part):
    """Which lines are wanted, and in which order. Every filter that is not empty has to fit; words of `text` may be
    beginnings of words.
    """

    text: str = Field("", max_length=LONGEST)
    kind: str = Field("", max_length=LONGEST)
    status: str = Field("", max_length=LONGEST)
    gate: str = Field("", max_length=LONGEST)
    fault: str = Field("", max_length=LONGEST)
    end: str = Field("", max_length=LONGEST)
    tool: str = Field("", max_length=LONGEST)
    clause: str = Field("", max_length=LONGEST)
    operator: str = Field("", max_length=LONGEST)
    persona: str = Field("", max_length=LONGEST)
    temperament: str = Field("", max_length=LONGEST)
    mark: Literal["", "keep", "reject", "flag"] = ""
    sort: Sort = "task"
    descending: bool = False
    offset: int = Field(0, ge=0, le=10**9)
    limit: int = Field(50, ge=1, le=MOST)
