"""The parts of docs/cli.md that are made from the program: `python -m tests.cli_manual` renews them."""

import argparse
import types
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from apigen_mt.audit.matrix import Matrix
from apigen_mt.cli import parser
from apigen_mt.cli_help import CODES, EXAMPLES
from apigen_mt.cli_json import Imported, Page, Preview
from apigen_mt.cli_parser import OneLine
from apigen_mt.doctor.checks import Diagnosis
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.draft_stats import DraftStats
from apigen_mt.evaluation.figures import Evaluation
from apigen_mt.export.export import Exported
from apigen_mt.forecast import Forecast
from apigen_mt.shown import DomainShown
from apigen_mt.stats import Stats
from apigen_mt.trajectory import Outcome
from apigen_mt.verifying.report import VerifyReport
from apigen_mt.verifying.reverify import ReverifyReport

DOCS = Path(__file__).resolve().parent.parent / "docs"
MANUAL = DOCS / "cli.md"
BEGIN = "## Exit codes\n"
DOCUMENTS: dict[str, type[BaseModel]] = {
    "generate, play; stats and show on their runs": Stats,
    "draft; stats and show on its runs": DraftStats,
    "evaluate; stats and show on its runs": Evaluation,
    "generate, draft, play, evaluate with --dry-run": Forecast,
    "generate with --preview": Preview,
    "show DOMAIN": DomainShown,
    "show RUN TASK": Outcome,
    "show RUN TASK on a run of draft": DraftOutcome,
    "show RUN TASK --html FILE": Page,
    "verify": VerifyReport,
    "reverify": ReverifyReport,
    "audit": Matrix,
    "export": Exported,
    "import-tasks": Imported,
    "doctor": Diagnosis,
}
PLAIN = {str: "text", int: "integer", float: "number", bool: "true or false", date: "date", Path: "text", Any: "any"}


def made() -> str:
    """All of the page from the exit codes on."""
    top = parser()
    parts = ["", *(f"- {code}: {meaning}" for code, meaning in CODES.items()), "", "## Commands", ""]
    parts += [line for name in sorted(top.commands) for line in _command(name, top.commands[name])]
    parts += ["## JSON", "", "| command | document |", "|---|---|"]
    parts += [f"| `{command}` | {_named(model)} |" for command, model in DOCUMENTS.items()]
    parts += ["", *(line for model in _models() for line in _model(model))]
    return "\n".join([BEGIN.rstrip(), *parts]).rstrip() + "\n"


def _command(name: str, command: OneLine) -> Iterator[str]:
    yield from (f"### {name}", "", str(command.description), "", "```sh", EXAMPLES[name].strip("\n"), "```", "")
    for title, actions in command.actions().items():
        if title not in {"positional arguments", "options"}:
            yield from (f"{title[0].upper()}{title[1:]}:", "")
        yield from (f"- `{invoked(action)}`: {str(action.help).replace('%%', '%')}" for action in actions)
        yield ""


def invoked(action: argparse.Action) -> str:
    """A flag or place with what it takes, as a usage line has it."""
    given = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    words = " ".join(given) if isinstance(given, tuple) else given
    takes = {"?": f"[{words}]", "+": f"{words} ...", 0: ""}.get("" if action.nargs is None else action.nargs, words)
    return " ".join(part for part in (", ".join(action.option_strings), takes) if part)


def _models() -> list[type[BaseModel]]:
    """The documents and what they hold, but for what contracts.md tells."""
    told = (DOCS / "contracts.md").read_text("utf-8")
    found: list[type[BaseModel]] = []
    waiting = list(DOCUMENTS.values())
    while waiting:
        model = waiting.pop(0)
        if model not in found and f"\n### {model.__name__}\n" not in told:
            found.append(model)
            waiting += [one for field in model.model_fields.values() for one in _held(field.annotation)]
    return found


def _held(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _held(part)


def _model(model: type[BaseModel]) -> Iterator[str]:
    yield from (f"### {model.__name__}", "", " ".join(str(model.__doc__).split()), "")
    yield from (f"- `{name}`: {_type(field.annotation)}" for name, field in model.model_fields.items())
    yield ""


def _named(model: type[BaseModel]) -> str:
    place = "" if model in _models() else "contracts.md"
    return f"[{model.__name__}]({place}#{model.__name__.lower()})"


def _type(annotation: Any) -> str:
    """What JSON holds for a type, in words."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(parts[0])
    if origin is Literal:
        return " or ".join(f"`{word}`" for word in parts)
    if origin in {Union, types.UnionType}:
        return " or ".join(_type(part) for part in parts)
    if origin is tuple:
        return f"list of {_type(parts[0])}" if parts[1:] == (...,) else f"list: {', '.join(map(_type, parts))}"
    if origin is dict:
        return f"object, {_type(parts[1])} by {_type(parts[0])}"
    if annotation in {None, types.NoneType}:
        return "null"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _named(annotation)
    return PLAIN.get(annotation, "any JSON")


def main() -> None:
    """Write the page anew, from its second part on."""
    first = MANUAL.read_text("utf-8").partition(BEGIN)[0]
    MANUAL.write_text(first + made(), "utf-8")


if __name__ == "__main__":
    main()
