"""Talks to audit on: rehearsed in memory, or those of rows that were kept."""

from collections.abc import Coroutine, Iterator
from itertools import count
from typing import Any, TypeVar

from apigen_mt.audit.editing import Talk
from apigen_mt.cast.oracle import Oracle
from apigen_mt.cast.ports import Agent
from apigen_mt.cast.script import script_of
from apigen_mt.cast.scripted_human import ScriptedHuman
from apigen_mt.planning import Mix, Planner
from apigen_mt.talk import Limits, play
from apigen_mt.trajectory import Row
from blueprints.author import TemplateAuthor
from blueprints.blueprint import Blueprint, Kind, Rejected
from blueprints.draft import word, worded_like
from blueprints.knowledge import people_table
from blueprints.personas import shipped
from blueprints.sampling import Shares
from tools_env.port import World

T = TypeVar("T")
LIMITS = Limits(turns=20, calls=60, calls_in_a_row=25)
KINDS: dict[Kind, float] = {
    "act": 0.4,
    "inform": 0.2,
    "refuse": 0.16,
    "partial": 0.07,
    "clarify": 0.05,
    "missing_tool": 0.05,
    "transfer": 0.03,
    "policy_question": 0.04,
}
"""The make-up of an audit: fewer plain changes than in a run, more questions and refusals."""
SHARES = Shares(condition=0.7, fallback=0.8, change_of_mind=0.6, aggregate=0.6, questions=0.3)
"""Operators are drawn more often than in a run: each brings ways of its own to go wrong."""
MISHAPS = 0.2
"""The share of tasks with a mishap."""
IN_VAIN = 10
"""A plan that draws so many tasks in a row that do not stand has no more."""


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never has to wait: scripts answer at once, also where a loop runs already."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    coroutine.close()
    raise RuntimeError("a script had to wait")


def worded_tasks(planner: Planner) -> Iterator[Blueprint | Rejected | tuple[Rejected, ...]]:
    """What becomes of each task of a plan, worded by the template; a twin has its refusal's words."""
    found: dict[int, Blueprint] = {}
    for index in count():
        task, world = planner.next(), planner.world
        worded: Blueprint | Rejected | tuple[Rejected, ...]
        if isinstance(task.draft, Rejected):
            worded = task.draft
        elif task.twin_of is not None and task.twin_of in found:
            worded = worded_like(task.draft, found[task.twin_of], world, index)
        else:
            worded = at_once(word(task.draft, TemplateAuthor(), world, 0, index))
        if isinstance(worded, Blueprint):
            found[index] = worded
        yield worded


def played(blueprint: Blueprint, world: World, player: Agent | None = None) -> Talk:
    """One talk with the scripted human, and with the oracle unless another agent is given."""
    player = player or Oracle(script_of(blueprint), world.specs, people_table(world))
    done = at_once(play(blueprint, world, ScriptedHuman(blueprint), player, LIMITS))
    turns = {h.turn: h for h in done.human_turns}
    return Talk(blueprint, world, tuple((e, turns.get(n)) for n, e in enumerate(done.course.events)), done.end_reason)


def rehearsed(world: World, seed: int, most: int) -> Iterator[Talk]:
    """Rehearsals of the first `most` tasks that stand, of all kinds."""
    made = lost = 0
    mix = Mix(dict(KINDS), SHARES, shipped(), disturbances=MISHAPS)
    for worded in worded_tasks(Planner(world, seed, mix)):
        if isinstance(worded, Blueprint):
            yield played(worded, world)
            made, lost = made + 1, 0
        else:
            lost += 1
        if made == most or lost == IN_VAIN:
            return


def talk_of(row: Row, world: World) -> Talk:
    """The talk of a row."""
    turns = {h.turn: h for h in row.human_turns}
    items = tuple((event, turns.get(number)) for number, event in enumerate(row.course.events))
    return Talk(row.blueprint, world, items, row.end_reason)
