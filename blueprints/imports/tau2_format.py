"""τ²-bench's task files, as far as they are read here. What a task says besides is passed over."""

import json
from typing import Literal, NoReturn, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from tools_env.calls import Actor
from tools_env.values import Json

Requestor: TypeAlias = Literal["assistant", "user"]
_Shape = TypeVar("_Shape")
ACTORS: dict[Requestor, Actor] = {"assistant": "agent", "user": "human"}
BASIS = ("DB", "COMMUNICATE")
"""What a task that does not say is judged by."""


class BadTasks(ValueError):  # noqa: N818 - reads as what is the matter
    """The file holds no tasks; one line says where it is wrong."""


class _Theirs(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Scenario(_Theirs):
    """What the simulated user is told."""

    reason_for_call: str
    task_instructions: str = ""
    known_info: str | None = None
    unknown_info: str | None = None


class User(_Theirs):
    """The simulated user."""

    instructions: Scenario | str
    persona: str | None = None


class Action(_Theirs):
    """A call of the ground truth; with `compare_args`, only those arguments of it count."""

    name: str
    arguments: dict[str, Json] = {}
    requestor: Requestor = "assistant"
    compare_args: tuple[str, ...] | None = None


class Function(_Theirs):
    """A call of a tool or of a function that no speaker has."""

    env_type: Requestor
    func_name: str
    arguments: dict[str, Json] = {}


class Asserted(Function):
    """What a check function must show of the final state."""

    assert_value: bool = True
    message: str | None = None


class Criteria(_Theirs):
    """How a talk is judged."""

    actions: tuple[Action, ...] | None = None
    env_assertions: tuple[Asserted, ...] | None = None
    communicate_info: tuple[str, ...] | None = None
    nl_assertions: tuple[str, ...] | None = None
    reward_basis: tuple[str, ...] = BASIS


class Data(_Theirs):
    """Records put into the databases."""

    agent_data: dict[str, Json] | None = None
    user_data: dict[str, Json] | None = None


class Called(_Theirs):
    """A tool call of an earlier message."""

    name: str
    arguments: dict[str, Json] = {}
    requestor: Requestor | None = None


class Message(_Theirs):
    """A message exchanged before the talk begins."""

    role: str
    content: str | None = None
    tool_calls: tuple[Called, ...] | None = None


class Start(_Theirs):
    """What is done before the talk begins."""

    initialization_data: Data | None = None
    initialization_actions: tuple[Function, ...] | None = None
    message_history: tuple[Message, ...] | None = None


class Task(_Theirs):
    """One task."""

    id: str
    user_scenario: User
    initial_state: Start | None = None
    evaluation_criteria: Criteria | None = None


def tasks_in(raw: bytes) -> tuple[Task, ...]:
    """The tasks of a file, in order. Raises `BadTasks`."""
    return _parsed(raw, TypeAdapter(tuple[Task, ...]))


def splits_in(raw: bytes) -> dict[str, tuple[str, ...]]:
    """Ids of tasks by the name of a split. Raises `BadTasks`."""
    return _parsed(raw, TypeAdapter(dict[str, tuple[str, ...]]))


def _parsed(raw: bytes, shape: TypeAdapter[_Shape]) -> _Shape:
    try:
        return shape.validate_python(json.loads(raw.decode("utf-8"), parse_constant=_no_number))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadTasks(f"{place}: {first['msg']}" if place else first["msg"]) from error
    except (ValueError, RecursionError) as error:
        raise BadTasks(f"no JSON: {error}") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
