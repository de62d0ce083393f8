"""Every gate over a file of blueprints, in a process of its own: `python -m tests.apigen_mt.recheck FILE DOMAIN`.

Prints one JSON object: how many there are, how many are distinct, the reasons of those that do not stand, and how many
twins have the opposite verdict of their refusal.
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
from tools_env.replay import replay
from tools_env.resolve import resolve

path, domain = Path(sys.argv[1]), sys.argv[2]
world = resolve(domain)
tasks = [Blueprint.model_validate_json(line) for line in path.read_text("utf-8").splitlines()]
wrong: list[str] = []
for task in tasks:
    wrong += [
        f"{task.id[:8]} {r.stage}: {r.reason}" for gate in (check, ambiguous, adversaries) for r in gate(task, world)
    ]
by_id = {task.id: task for task in tasks}
pairs = [
    (by_id[p], task) for task in tasks for p in task.parents if p in by_id and by_id[p].evidence and not task.evidence
]
opposite = 0
for refusal, twin in pairs:
    assert refusal.evidence is not None
    call = refusal.evidence.forbidden
    here = replay(world, refusal.snapshot, refusal.setup, (*refusal.actions, call))
    there = replay(world, twin.snapshot, twin.setup, twin.actions)
    forbidden = not isinstance(here.outcomes[-1], Result) or bool(here.breaches)
    done = [state(Talk(one, Course(), (), "user_stop", world, there)).status for one in (refusal, twin)]
    opposite += forbidden and call in twin.actions and done == ["fail", "pass"] and refusal.snapshot == twin.snapshot
sys.stdout.write(
    json.dumps(
        {
            "tasks": len(tasks),
            "distinct": len({task.substance() for task in tasks}),
            "wrong": wrong,
            "refusals": sum(task.evidence is not None for task in tasks),
            "pairs": len(pairs),
            "opposite": opposite,
        }
    )
)
