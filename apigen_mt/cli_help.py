"""What `--help` says of every command besides its flags: examples, exit codes; and `--json` where it reports."""

import argparse
from collections.abc import Mapping

from apigen_mt.cli_parser import OneLine

CODES: Mapping[int, str] = {
    0: "done",
    1: "findings: something does not verify or is missing, or a budget ended the run early",
    2: "usage or configuration: nothing was begun",
    3: "infrastructure (endpoint, disk, lock), or it could not be told",
    130: "interrupted; a run goes on with the same command",
}
"""What a command may end with."""

EXAMPLES: Mapping[str, str] = {
    "report": """
apigen-mt report runs/first --out first.html
""",
    "view": """
apigen-mt view runs/first
    opens on http://127.0.0.1:8737; Ctrl-C ends it
apigen-mt view runs/first --port 0
    on a free port
""",
    "generate": """
apigen-mt generate --domain retail --count 50 --out runs/first
    rehearsal: no key, no model
apigen-mt generate --domain retail --count 50 --out runs/model --model MODEL --base-url http://127.0.0.1:8000/v1
    a model in every role
apigen-mt generate --config run.yaml --out runs/mixed --dry-run
    what it is expected to take; nothing is begun
""",
    "draft": """
apigen-mt draft --domain retail --count 50 --out runs/tasks
apigen-mt draft --config draft.yaml --out runs/proposed --mode drafted --budget-usd 10
""",
    "play": """
apigen-mt play --blueprints runs/tasks --out runs/played
apigen-mt play --blueprints runs/tasks --out runs/model --attempts 4 --model MODEL --base-url http://127.0.0.1:8000/v1
""",
    "evaluate": """
apigen-mt evaluate --blueprints runs/tasks --trials 4 --out runs/eval --model MODEL --base-url http://127.0.0.1:8000/v1
apigen-mt stats runs/eval --json
""",
    "import-tasks": """
apigen-mt import-tasks tau2:retail --out tasks.jsonl
apigen-mt import-tasks tau2:airline@checkout/tau2-bench --out test.jsonl --split test
""",
    "export": """
apigen-mt export runs/first --format sharegpt --out data/first
apigen-mt export runs/model --format messages --out data/model --licence qwen3-32b=Apache-2.0
""",
    "audit": """
apigen-mt audit --domain library --count 20
apigen-mt audit --run runs/first --json --out matrix.json
""",
    "show": """
apigen-mt show retail
apigen-mt show runs/first
apigen-mt show runs/first 0 --html talk.html
""",
    "stats": """
apigen-mt stats runs/first
apigen-mt stats runs/first --json
""",
    "verify": """
apigen-mt verify data/first
apigen-mt verify runs/bikes --domain bikes:Bikes
""",
    "reverify": """
apigen-mt reverify data/first --out differences.jsonl --keep data/standing
""",
    "init": """
apigen-mt init
apigen-mt init settings/mixed.yaml
""",
    "doctor": """
apigen-mt doctor
apigen-mt doctor --config run.yaml
apigen-mt doctor --model MODEL --base-url http://127.0.0.1:8000/v1 --json
""",
    "completion": """
eval "$(apigen-mt completion bash)"
apigen-mt completion fish > ~/.config/fish/completions/apigen-mt.fish
""",
}
"""A few command lines of each command, with a word on them where they need one."""

FIRST = """
apigen-mt generate --domain retail --count 50 --out runs/first           rehearsal: no key, no model
apigen-mt show runs/first 0                                              read one talk with its verdict
apigen-mt export runs/first --format sharegpt --out data/first           a folder to train from
apigen-mt draft --domain retail --count 50 --out runs/tasks              phase one alone: checked tasks, no talks
apigen-mt play --blueprints runs/tasks --out runs/played                 phase two alone: play those tasks
apigen-mt init run.yaml                                                  all settings, to give each role its model
apigen-mt doctor --config run.yaml                                       is everything there that they need?
apigen-mt generate --config run.yaml --out runs/mixed --dry-run          what it is expected to take
"""
"""The same for the program as a whole."""

REPORTING: Mapping[str, str] = {
    "audit": "the matrix as JSON",
    "doctor": "the checks as JSON",
    "draft": "the figures as JSON",
    "evaluate": "the figures as JSON",
    "export": "what was written and what was not, as JSON",
    "generate": "the figures as JSON",
    "import-tasks": "what was taken over and what was not, as JSON",
    "play": "the figures as JSON",
    "reverify": "the counts and the first differences as JSON",
    "show": "the domain, the run's figures or the task, as JSON",
    "stats": "the figures as JSON",
    "verify": "the counts and the problems as JSON",
}
"""Commands that take `--json`: then stdout holds one JSON document and nothing else."""


def finished(top: OneLine, commands: "argparse._SubParsersAction[OneLine]") -> OneLine:
    """The parser with what all its commands have: a description, examples, exit codes, and `--json` for reports."""
    top.commands = dict(commands.choices)
    _told(top, FIRST)
    for action in commands._get_subactions():  # noqa: SLF001 - where argparse keeps what `help` says of each
        command = top.commands[action.dest]
        command.description = f"{str(action.help)[:1].upper()}{str(action.help)[1:]}."
        examples = EXAMPLES.get(action.dest, "")
        command.example = examples.strip().partition("\n")[0]
        _told(command, examples)
        if action.dest in REPORTING:
            command.add_argument("--json", action="store_true", help=REPORTING[action.dest])
    return top


def _told(command: OneLine, examples: str) -> None:
    parts = ["examples:", *(f"  {line}" for line in examples.strip().splitlines()), ""] if examples else []
    parts += ["exit codes:", *(f"  {code:<4} {meaning}" for code, meaning in CODES.items())]
    command.epilog = "\n".join(parts)
    command.formatter_class = argparse.RawDescriptionHelpFormatter
