"""Own solutions of files of blueprints, in a process of its own: `python -m tests.apigen_mt.solve FILE...`.

Prints one JSON object: by blueprint the final state's fingerprint, and what went wrong on the way though the blueprint
declares no such thing.
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple

from blueprints.blueprint import Blueprint
from blueprints.solution import solved
from tools_env.calls import Result
from tools_env.resolve import resolve


class Solved(NamedTuple):
    """Where solutions end, and what went wrong on the way."""

    ends: dict[str, str]
    wrong: list[str]


def solutions(files: list[Path]) -> Solved:
    """What comes of the solutions in these files."""
    found = Solved({}, [])
    for path in files:
        tasks = [Blueprint.model_validate_json(line) for line in path.read_text("utf-8").splitlines()]
        world = resolve(tasks[0].domain)
        for task in tasks:
            done = solved(task, world)
            found.ends[task.id] = done.fingerprint
            errors = [o.reason for o in done.outcomes if not isinstance(o, Result)]
            said = (*errors, *(b.message for b in done.breaches), *done.unmet)
            found.wrong.extend(f"{task.id[:8]}: {what}" for what in said)
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(solutions([Path(name) for name in sys.argv[1:]])))
