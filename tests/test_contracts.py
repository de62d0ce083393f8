"""docs/contracts.md is true: it names every field and word of the real classes, and its examples stand."""

import dataclasses
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

import pytest
import yaml
from pydantic import BaseModel, RootModel, TypeAdapter

from apigen_mt.cast.ports import AgentTurn, AgentView, HumanView
from apigen_mt.cli import DONE, FINDINGS, INFRASTRUCTURE, INTERRUPTED, USAGE
from apigen_mt.config import Config
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.evaluation.difficulty import DIFFICULTY, Difficulty
from apigen_mt.evaluation.figures import Evaluation
from apigen_mt.export import dataset, export
from apigen_mt.export.views import CANONICAL, VIEWS
from apigen_mt.marks import TalkMark
from apigen_mt.messages import messages_of, train_flags
from apigen_mt.models.chat import ChatReply, ReplyKey
from apigen_mt.run_folder import BLUEPRINTS, CONFIG, DATASET, JOURNAL
from apigen_mt.trajectory import Outcome, Row
from apigen_mt.verifying.again import Rejudged
from blueprints.blueprint import Blueprint, Output, Rejected, Stage
from blueprints.checks import check
from blueprints.committee.calibration import Calibration
from blueprints.committee.votes import CRITERIA, Votes
from blueprints.judging.fidelity import HumanTurn
from blueprints.judging.judge import judge
from blueprints.judging.verdict import Verdict
from tests.contract_examples import DOCUMENT, examples, fences
from tools_env.calls import Edit, Refusal
from tools_env.course import Course
from tools_env.disturbances import Disturbance
from tools_env.port import Brief, Editable, Session, World
from tools_env.resolve import resolve
from tools_env.rules import Breach, Clause
from tools_env.state import Diff
from tools_env.tool import ToolSpec

Type: TypeAlias = Any
AGAIN = "the library is another one now: `python -m tests.contract_examples` makes the examples again"
TEXT = DOCUMENT.read_text("utf-8")
ROOTS: tuple[type, ...] = (
    World, Session, Editable, Brief, ToolSpec, Edit, Course, Clause, Breach, Rejected, Verdict, HumanTurn, HumanView,
    AgentView, AgentTurn, Row, TalkMark, Outcome, DraftOutcome, Evaluation, Difficulty, Rejudged, Calibration, ReplyKey,
    ChatReply, Config,
)  # fmt: skip
SHAPES: dict[str, Type] = {
    "Brief": Brief, "ToolSpec": ToolSpec, "Clause": Clause, "Refusal": Refusal, "Refusal2": Refusal, "Diff": Diff,
    "Disturbance": Disturbance,
    "Blueprint": Blueprint, "Stage": Stage, "Output": Output, "Course": Course,
    "HumanTurns": tuple[HumanTurn, ...], "Verdict": Verdict, "Row": Row, "Outcome": Outcome,
    "DraftOutcome": DraftOutcome, "Difficulty": Difficulty, "Votes": Votes,
    "ReplyKey": ReplyKey, "ChatReply": ChatReply,
}  # fmt: skip


def sections() -> dict[str, str]:
    """Text of every section whose heading names a class, by dotted path."""
    found = re.findall(r"^### (\w+)\n\n`([\w.]+)`(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert all(path.rsplit(".", 1)[1] == heading for heading, path, _ in found)
    return {path: text for _, path, text in found}


SECTIONS = sections()


def path_of(type_: type) -> str:
    return f"{type_.__module__}.{type_.__qualname__}"


def class_at(path: str) -> type:
    module, _, name = path.rpartition(".")
    found: type = getattr(import_module(module), name)
    return found


def origin_of(annotation: Type) -> Any:
    return get_origin(annotation)


def parts_of(annotation: Type) -> Iterator[type]:
    """Our own classes that an annotation speaks of."""
    if origin_of(annotation) is Annotated:
        yield from parts_of(get_args(annotation)[0])
    elif get_args(annotation) and origin_of(annotation) is not Literal:
        for inner in get_args(annotation):
            yield from parts_of(inner)
    elif inspect.isclass(annotation) and annotation.__module__.startswith(("tools_env", "blueprints", "apigen_mt")):
        yield annotation


def literals_of(annotation: Type) -> Iterator[str]:
    if origin_of(annotation) is Literal:
        yield from (str(word) for word in get_args(annotation) if word != "")
    else:
        for inner in get_args(annotation):
            yield from literals_of(inner)


def hints_of(type_: type) -> dict[str, Type]:
    """Fields of a model or dataclass with their annotations; methods and properties of a protocol."""
    if issubclass(type_, BaseModel):
        assert not issubclass(type_, RootModel)
        hints = get_type_hints(type_, include_extras=True)
        return {name: hints[name] for name in type_.model_fields}
    if dataclasses.is_dataclass(type_):
        hints = get_type_hints(type_)
        return {field.name: hints[field.name] for field in dataclasses.fields(type_)}
    members = {n: m for n, m in vars(type_).items() if not n.startswith("_") and (callable(m) or hasattr(m, "fget"))}
    return {n: get_type_hints(m.fget if isinstance(m, property) else m).get("return") for n, m in members.items()}


def reachable() -> dict[str, type]:
    """Every class of ours that a contract speaks of, directly or through a field."""
    found: dict[str, type] = {}
    left = list(ROOTS)
    while left:
        type_ = left.pop()
        if path_of(type_) not in found:
            found[path_of(type_)] = type_
            left += [part for annotation in hints_of(type_).values() for part in parts_of(annotation)]
    return found


def documented(path: str) -> list[str]:
    """The names that the list of a section names."""
    bullets = re.findall(r"^- ((?:`\w+`(?:, )?)+):", SECTIONS[path], re.MULTILINE)
    return [name for bullet in bullets for name in re.findall(r"`(\w+)`", bullet)]


def told_of(field: str) -> str:
    """What is said of a field, in whatever section."""
    bullets = re.findall(r"^- .*?(?=\n- |\n\n)", TEXT, re.MULTILINE | re.DOTALL)
    return "\n".join(bullet for bullet in bullets if f"`{field}`" in bullet.split(":")[0])


def test_every_class_that_passes_between_parts_has_a_section():
    assert set(reachable()) == set(SECTIONS)


@pytest.mark.parametrize("path", SECTIONS)
def test_a_section_names_exactly_the_fields_of_its_class(path):
    assert sorted(documented(path)) == sorted(hints_of(class_at(path)))


@pytest.mark.parametrize("path", SECTIONS)
def test_every_word_that_a_field_may_hold_is_named_under_a_field_of_that_name(path):
    unnamed = {
        (field, word)
        for field, annotation in hints_of(class_at(path)).items()
        for word in literals_of(annotation)
        if f"`{word}`" not in told_of(field)
    }
    assert not unnamed


@pytest.mark.parametrize("name", sorted(examples()))
def test_a_json_example_is_what_the_real_class_takes(name):
    assert TypeAdapter(SHAPES[name]).validate_python(examples()[name])


def test_every_json_example_has_a_class():
    assert set(SHAPES) == set(examples())


@pytest.mark.parametrize("number", range(len(fences("python"))))
def test_a_python_example_runs(number, tmp_path):
    file = tmp_path / "example.py"
    file.write_text(fences("python")[number][1], "utf-8")
    folder = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, file], cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_configuration_example_is_one_and_sets_every_setting():
    ((_, text),) = fences("yaml")
    given = yaml.safe_load(text)
    assert Config.model_validate(given).count == 500
    assert set(given) == set(Config.model_fields)
    assert set(given["roles"]["author"]) | set(given["roles"]["human"]) | set(given["roles"]["agent"]) == set(
        hints_of(class_at("apigen_mt.config.RoleConfig"))
    )
    assert {"name", "timeout"} <= {setting for reviewer in given["reviewers"] for setting in reviewer}


def row_of_today() -> Row:
    """The row of the examples, its blueprint made for the domain as it is now."""
    row = Row.model_validate(examples()["Row"])
    blueprint = row.blueprint.model_copy(update={"digest": resolve("library").digest}).sealed()
    return row.model_copy(update={"blueprint": blueprint})


def test_the_blueprint_of_the_examples_has_its_id_and_passes_every_gate():
    blueprint = Blueprint.model_validate(examples()["Blueprint"])
    assert blueprint.id == blueprint.identity()
    assert list(check(row_of_today().blueprint, resolve("library"))) == [], AGAIN


def test_the_row_of_the_examples_is_judged_as_it_says():
    row = row_of_today()
    verdict = judge(row.blueprint, row.course, row.human_turns, row.end_reason, resolve("library"))
    assert verdict == row.verdict, AGAIN
    assert messages_of(row.course) == row.messages
    assert train_flags(row.course, row.messages) == row.train
    assert row.id == f"{examples()['Blueprint']['id']}/{row.attempt}"


def test_the_gates_are_told_in_their_order():
    told = TEXT.split("The gates, in\norder:")[1].split(".")[0]
    assert re.findall(r"`(\w+)`", told) == [gate.gate for gate in Verdict.model_validate(examples()["Verdict"]).gates]


def test_every_stage_of_a_rejection_is_told():
    told = TEXT.split("### Rejected\n")[1].split("\n## ")[0]
    floors = (DOCUMENT.parent.parent / floor for floor in ("blueprints", "apigen_mt"))
    text = "\n".join(path.read_text("utf-8") for floor in floors for path in sorted(floor.rglob("*.py")))
    stages = set(re.findall(r'stage="(\w+)"', text))
    assert {"format", "near_duplicate", "committee"} <= stages
    assert {stage for stage in stages if f"`{stage}`" not in told} == set()


def test_the_votes_of_the_examples_are_counted_as_it_says():
    votes = Votes.model_validate(examples()["Votes"])
    assert [votes.yes(criterion) for criterion in CRITERIA] == [2, 1, 2, 2]
    assert votes.failed == ("completeness",)


def test_the_exit_codes_are_those_of_the_command_line():
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)]
    assert codes == [DONE, FINDINGS, USAGE, INFRASTRUCTURE, INTERRUPTED]


@pytest.mark.parametrize(
    "name", [CONFIG, JOURNAL, DATASET, BLUEPRINTS, DIFFICULTY, dataset.PARQUET, dataset.LINES, *sorted(export.LAYOUT)]
)
def test_the_folders_are_told_by_their_names(name):
    assert name in TEXT.split("## 13. Folders")[1]


@pytest.mark.parametrize("view", [CANONICAL, *VIEWS.values()], ids=lambda view: view.name)
def test_the_columns_of_a_view_are_told(view):
    told = re.findall(r"The columns of ([^:]+):((?:\s+`\w+`[,.])+)", TEXT)
    columns = {place: tuple(re.findall(r"`(\w+)`", names)) for place, names in told}
    key = next(place for place in columns if view.name in place or (view is CANONICAL and "run's" in place))
    assert columns[key] == tuple(view.columns)
