"""Blueprints for tests of what plays them: written by hand, solved by a clerk who knows nothing of them, in files."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from apigen_mt.cast.ports import Agent, AgentTurn, AgentView
from apigen_mt.run_folder import write_blueprints
from blueprints.blueprint import Blueprint, Provenance
from tests.apigen_mt.outside import Librarian
from tests.apigen_mt.rows import library, row
from tools_env.calls import Call, Result
from tools_env.replay import replay

PLAIN: dict[str, Any] = {"temperaments": {"plain": 1}}
"""People without a manner: the clerk is not made for others."""


@cache
def tasks(count: int) -> tuple[Blueprint, ...]:
    """Members who want to renew a loan."""
    return tuple(row(number).blueprint for number in range(count))


def written(path: Path, blueprints: Iterable[Blueprint]) -> Path:
    """A file of blueprints."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_blueprints(path, blueprints)
    return path


@cache
def misled() -> Blueprint:
    """A task whose solution renews another loan than its words ask for; imported, so that it is taken as it is."""
    world = library()
    for blueprint in tasks(8):
        find, listing, renew = blueprint.actions
        session = world.open(blueprint.snapshot)
        shown = session.call(listing)
        assert isinstance(shown, Result)
        assert isinstance(shown.value, list)
        for loan in shown.value:
            assert isinstance(loan, dict)
            other = Call(name=renew.name, arguments={"loan_id": loan["loan_id"]})
            done = replay(world, blueprint.snapshot, (), (find, listing, other))
            if other != renew and isinstance(done.outcomes[-1], Result):
                update = {"actions": (find, listing, other), "diff": done.diff}
                imported = Provenance(mode="imported", author="somebody", source="elsewhere/1")
                return blueprint.model_copy(update=update | {"provenance": imported}).sealed()
    raise LookupError("every member has but one loan to renew")


class Helpless:
    """An agent that can do nothing."""

    async def reply(self, view: AgentView) -> AgentTurn:
        return AgentTurn(text="I'm sorry, I can't help you with that.")


def in_turn(*able: bool, otherwise: Callable[[], Agent] = Helpless) -> Callable[[], Agent]:
    """Makes the agents of one talk after the other: a clerk who solves the task, or one who does not."""
    order: Iterator[bool] = iter(able)
    return lambda: Librarian() if next(order) else otherwise()
