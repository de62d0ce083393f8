"""Every gate over a file of blueprints, in a process of its own: `python -m tests.apigen_mt.recheck FILE...`.

Prints a JSON object for each file: how many there are, how many are distinct, the reasons of those that do not stand,
and how many twins have the opposite verdict of their refusal.
"""

import json
import sys
from pathlib import Path

from blueprints.adversaries import adversaries
from blueprints.ambiguity import ambiguous
from blueprints.blueprint import Blueprint
from blueprints.checks import check
from blueprints.judging.outcome import state
from blueprints.judging.talk import Talk
from tools_env.calls import Result
from tools_env.course import Course
from tools_env.port import World
from tools_env.replay import replay
from tools_env.resolve import resolve


def rechecked(path: Path) -> dict[str, object]:
    """What there is to say of a file."""
    tasks = [Blueprint.model_validate_json(line) for line in path.read_text("utf-8").splitlines()]
    world = resolve(tasks[0].domain)
    wrong = [
        f"{task.id[:8]} {r.stage}: {r.reason}"
        for task in tasks
        for gate in (check, ambiguous, adversaries)
        for r in gate(task, world)
    ]
    by_id = {task.id: task for task in tasks}
    twins = [(by_id[p], task) for task in tasks for p in task.parents if p in by_id]
    pairs = [(refusal, twin) for refusal, twin in twins if refusal.evidence and not twin.evidence]
    return {
        "tasks": len(tasks),
        "distinct": len({task.substance() for task in tasks}),
        "wrong": wrong,
        "refusals": sum(task.evidence is not None for task in tasks),
        "pairs": len(pairs),
        "opposite": sum(opposite(refusal, twin, world) for refusal, twin in pairs),
    }


def opposite(refusal: Blueprint, twin: Blueprint, world: World) -> bool:
    """Whether a twin has the opposite verdict of its refusal."""
    assert refusal.evidence is not None
    call = refusal.evidence.forbidden
    here = replay(world, refusal.snapshot, refusal.setup, (*refusal.actions, call))
    there = replay(world, twin.snapshot, twin.setup, twin.actions)
    forbidden = not isinstance(here.outcomes[-1], Result) or bool(here.breaches)
    done = [state(Talk(one, Course(), (), "user_stop", world, there)).status for one in (refusal, twin)]
    return forbidden and call in twin.actions and done == ["fail", "pass"] and refusal.snapshot == twin.snapshot


if __name__ == "__main__":
    for name in sys.argv[1:]:
        sys.stdout.write(json.dumps(rechecked(Path(name))) + "\n")
