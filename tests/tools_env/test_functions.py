import datetime
from dataclasses import dataclass, field
from typing import Annotated

import pytest

from tools_env import authoring as env
from tools_env.calls import Call, Edit, Fault, Refusal, Result
from tools_env.course import Course
from tools_env.functions import Law
from tools_env.port import SetUpFailed, World
from tools_env.replay import replay
from tools_env.values import Contact, Identifier, Prose


@dataclass
class Todo:
    """A state as people write it: dicts by id, and a counter."""

    people: dict[str, dict[str, str]] = field(default_factory=dict)
    tasks: dict[str, dict[str, object]] = field(default_factory=dict)
    written: int = 0


def make(rng):
    state = Todo(people={"ada": {"email": "ada@example.com"}, "bo": {"email": "bo@example.com"}})
    for n in range(3):
        state.tasks[f"T{n}"] = {"owner": rng.choice(["ada", "bo"]), "title": f"Task {n}", "done": False, "hours": 1.0}
    return state


def list_tasks(state: Todo, owner: Annotated[str, Identifier("people"), env.Doc("Who.")]) -> list[dict[str, object]]:
    """List somebody's tasks."""
    return [{"task_id": key, **task} for key, task in state.tasks.items() if task["owner"] == owner]


def finish_task(state: Todo, task_id: Annotated[str, Identifier("tasks"), env.Doc("Which.")]) -> str:
    """Finish a task.

    Raises:
        KeyError: there is none.
    """
    task = state.tasks[task_id]
    task["done"] = True
    state.written += 1
    if task["title"] == "Task 2":
        raise env.Refused("1", "Task 2 is never done.")
    return "done"


def add_task(state: Todo, title: str, hours: float = 1.0, note: Annotated[str, Prose()] = "") -> dict[str, object]:
    """Add a task for ada.

    Args:
        title: What to do.
        hours: How long it takes.
        note: What else to know.
    """
    task: dict[str, object] = {"owner": "ada", "title": title, "done": False, "hours": hours, "note": note}
    state.tasks[f"T{len(state.tasks)}"] = task
    return task


LAW = Law(
    policy="Today is {now}.\n1 Task 2 is never done.\n2 Ask first.",
    now=datetime.date(2026, 5, 4),
    people=lambda state: state.people,
    fields={"people/email": Contact("email"), "tasks/note": Prose()},
    conduct=(env.confirmed_writes("2"),),
    cites={"finish_task": ("1",)},
    person="people",
)
WORLD: World = env.Environment.from_functions("todo", make, reads=[list_tasks], writes=[finish_task, add_task], law=LAW)


def call(session, name, **arguments):
    return session.call(Call(name=name, arguments=arguments))


def test_functions_become_tools():
    assert {s.name: s.writes for s in WORLD.specs.values()} == {
        "list_tasks": False,
        "finish_task": True,
        "add_task": True,
    }
    assert "state" not in str(WORLD.specs["add_task"].parameters)
    assert WORLD.specs["finish_task"].description == "Finish a task."
    assert [p.personal for p in WORLD.specs["list_tasks"].params] == [True]
    assert [(c.number, c.enforced) for c in WORLD.clauses] == [("1", "tool"), ("2", "rule")]
    brief = WORLD.brief("seed:0")
    assert "Today is 2026-05-04." in brief.policy
    assert brief.people[0].facts["email"].meaning == Contact("email")


def test_writes_change_a_copy():
    session = WORLD.open("seed:0")
    fork = session.fork()
    before = session.fingerprint()
    assert isinstance(call(session, "finish_task", task_id="T0"), Result)
    assert {p: c.after for p, c in session.diff().items()} == {"state/written/value": 1, "tasks/T0/done": True}
    assert fork.diff() == {}
    assert fork.fingerprint() == before != session.fingerprint()


def test_a_refused_or_broken_call_changes_nothing():
    session = WORLD.open("seed:0")
    refused = call(session, "finish_task", task_id="T2")
    assert isinstance(refused, Refusal)
    assert refused.clause == "1"
    assert isinstance(call(session, "finish_task", task_id="T9"), Fault)
    assert isinstance(call(session, "finish_task", task="T0"), Refusal)
    assert isinstance(call(session, "fly"), Refusal)
    assert session.diff() == {}


def test_created_records_compare_by_meaning():
    one, other = WORLD.open("seed:0"), WORLD.open("seed:0")
    for session, titles in ((one, ["a", "b"]), (other, ["b", "a"])):
        for title in titles:
            call(session, "add_task", title=title, hours=2, note=str(session))
    assert one.fingerprint() == other.fingerprint()
    call(one, "add_task", title="c")
    assert one.fingerprint() != other.fingerprint()


def test_replay_and_set_up():
    calls = [Call(name="finish_task", arguments={"task_id": "T0"})]
    assert replay(WORLD, "seed:0", (), calls) == replay(WORLD, "seed:0", (), calls)
    session = WORLD.open("seed:0", tuple(calls))
    assert session.diff() == {}
    assert session.fingerprint() == replay(WORLD, "seed:0", (), calls).fingerprint
    with pytest.raises(SetUpFailed, match="calls, not edits"):
        WORLD.open("seed:0", (Edit(path="tasks/T0/done", value=True),))
    with pytest.raises(SetUpFailed, match="finish_task"):
        WORLD.open("seed:0", (Call(name="finish_task", arguments={"task_id": "T2"}),))


def test_conduct_is_kept():
    session = WORLD.open("seed:0")
    assert session.breaches(Course()) == ()
    assert len(WORLD.digest) == 64


def test_a_loose_clause_or_a_careless_function_is_refused():
    def careless(state: Todo, title: str) -> str:
        """Do something."""
        return title + str(state)

    with pytest.raises(env.DomainError, match="clause 1"):
        env.Environment.from_functions("todo", make, reads=[list_tasks], writes=[add_task], law=LAW)
    with pytest.raises(env.DomainError, match="'title' is not described"):
        env.Environment.from_functions("todo", make, reads=[careless], writes=[finish_task], law=LAW)
