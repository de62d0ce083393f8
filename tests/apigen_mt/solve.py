"""Own solutions of a file of blueprints, in a process of its own: `python -m tests.apigen_mt.solve FILE DOMAIN`.

Prints one JSON object: by blueprint the final state's fingerprint, and what went wrong on the way though the blueprint
declares no such thing.
"""

import json
import sys
from pathlib import Path

from blueprints.blueprint import Blueprint
from blueprints.solution import solved
from tools_env.calls import Result
from tools_env.resolve import resolve

path, domain = Path(sys.argv[1]), sys.argv[2]
world = resolve(domain)
ends: dict[str, str] = {}
wrong: list[str] = []
for line in path.read_text("utf-8").splitlines():
    task = Blueprint.model_validate_json(line)
    done = solved(task, world)
    ends[task.id] = done.fingerprint
    errors = [o.reason for o in done.outcomes if not isinstance(o, Result)]
    wrong += [f"{task.id[:8]}: {what}" for what in (*errors, *(b.message for b in done.breaches), *done.unmet)]
sys.stdout.write(json.dumps({"ends": ends, "wrong": wrong}))
