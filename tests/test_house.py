"""The rules of the house that no linter knows, read from the source itself."""

import ast
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("tools_env", "blueprints", "apigen_mt")
BESIDE = ("tests", "bench")
VAGUE = {"common", "core", "helpers", "manager", "utils"}
PATCHES = {"monkeypatch.setattr", "monkeypatch.setitem", "time.sleep"}
UNSAFE = {"dill", "marshal", "pickle", "shelve"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


OURS = python_files(*FLOORS)
ALL = python_files(*FLOORS, *BESIDE)
TESTS = [path for path in python_files("tests") if path.name.startswith("test_")]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


LOOKED_AT = (*FUNCTIONS, ast.Import, ast.ImportFrom, ast.ExceptHandler, ast.Call, ast.keyword, ast.Attribute, ast.Name)


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """The nodes of a file that the rules are about."""
    found = ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
    return tuple(node for node in found if isinstance(node, LOOKED_AT))


def at(path: Path, node: ast.AST) -> str:
    return f"{relative(path)}:{getattr(node, 'lineno', 0)}"


def imported(node: ast.AST) -> list[str]:
    """Give the absolute module names that one import statement names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [node.module]
    return []


def named(node: ast.AST | None) -> str:
    """Give the dotted name that an expression spells, or an empty string."""
    if isinstance(node, ast.Attribute):
        return f"{named(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def broad(caught: ast.expr | None) -> bool:
    types = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(type_ is None or named(type_) in {"Exception", "BaseException"} for type_ in types)


def parts(path: Path) -> tuple[str, ...]:
    return path.relative_to(ROOT).with_suffix("").parts


def on_the_command_line(path: Path) -> bool:
    return parts(path)[0] == "apigen_mt" and parts(path)[1].startswith("cli")


def test_every_folder_of_code_is_one_of_the_house():
    folders = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("[!.]*/**/*.py")}
    assert folders - {"build", "dist", "runs"} <= {*FLOORS, *BESIDE, "docs", "examples"}
    assert not list(ROOT.glob("*.py"))


def test_every_folder_of_a_floor_is_a_package():
    missing = {relative(path.parent) for path in OURS if not (path.parent / "__init__.py").is_file()}
    assert not missing


@pytest.mark.parametrize("floor", FLOORS)
def test_each_floor_declares_its_types(floor):
    assert (ROOT / floor / "py.typed").is_file()


def test_no_name_is_vague():
    vague = [relative(path) for path in ALL if VAGUE & set(parts(path))]
    assert not vague


def test_files_have_at_most_400_lines():
    long = {relative(path): count for path in ALL if (count := len(path.read_text("utf-8").splitlines())) > 400}
    assert not long


def test_functions_have_at_most_60_lines():
    long = [
        f"{at(path, node)} {node.name}"
        for path in ALL
        for node in nodes(path)
        if isinstance(node, FUNCTIONS) and node.end_lineno and node.end_lineno - node.lineno >= 60
    ]
    assert not long


def test_nothing_is_imported_from_a_higher_floor():
    upward = [
        f"{at(path, node)} {name}"
        for path in OURS
        for node in nodes(path)
        for name in imported(node)
        if name.split(".")[0] in FLOORS[FLOORS.index(parts(path)[0]) + 1 :]
    ]
    assert not upward


def test_no_exception_is_caught_broadly():
    caught = [
        at(path, node)
        for path in ALL
        for node in nodes(path)
        if (isinstance(node, ast.ExceptHandler) and broad(node.type))
        or (isinstance(node, ast.Call) and named(node.func).endswith("suppress") and any(map(broad, node.args)))
    ]
    assert not caught


def test_only_the_command_line_prints_and_reads_the_environment():
    reaching = [
        f"{at(path, node)} {name}"
        for path in OURS
        if not on_the_command_line(path)
        for node in nodes(path)
        for name in [named(node)]
        if name in {"print", "os.environ", "os.getenv"}
        # importing tau2 loads a .env file; what that adds to the environment is taken out again
        and (path.name, name) != ("tau2.py", "os.environ")
    ]
    assert not reaching


def test_nothing_runs_code_from_data():
    unsafe = [
        f"{at(path, node)} {ast.unparse(node)}"
        for path in ALL
        for node in nodes(path)
        if UNSAFE & {name.split(".")[0] for name in imported(node)}
        or (isinstance(node, ast.Call) and named(node.func) in {"eval", "exec", "yaml.load", "os.system"})
        or (isinstance(node, ast.keyword) and node.arg == "shell")
    ]
    assert not unsafe


def test_importing_everything_imports_nothing_heavy():
    """Import every module of the three floors in a fresh process: slow libraries must wait until they are used."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    heavy = set(config["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"])
    names = [".".join(parts(path)).removesuffix(".__init__") for path in OURS]
    modules = [name for name in names if not name.endswith("__main__")]
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, *modules], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not heavy & set(done.stdout.split())


def test_tests_replace_nothing_and_assert_something():
    assert TESTS
    replaced = [
        at(path, node)
        for path in TESTS
        for node in nodes(path)
        if "unittest.mock" in imported(node) or named(node) in PATCHES
    ]
    assert not replaced
    silent = [
        f"{at(path, node)} {node.name}"
        for path in TESTS
        for node in nodes(path)
        if isinstance(node, FUNCTIONS) and node.name.startswith("test_") and not asserts(node)
    ]
    assert not silent


def asserts(test: ast.AST) -> bool:
    """Say whether a test asserts, expects an exception, or calls a function named assert_ or check_ something."""
    calls = [named(node.func).split(".")[-1] for node in ast.walk(test) if isinstance(node, ast.Call)]
    return any(isinstance(node, ast.Assert) for node in ast.walk(test)) or any(
        name == "raises" or name.startswith(("assert_", "check_")) for name in calls
    )


def test_the_guide_for_agents_is_short():
    assert 0 < len((ROOT / "AGENTS.md").read_text("utf-8").splitlines()) <= 60


def test_make_help_names_every_target():
    lines = (ROOT / "Makefile").read_text("utf-8").splitlines()
    phony = next(line for line in lines if line.startswith(".PHONY:")).split()[1:]
    told = [line.split(":")[0] for line in lines if ": " in line and " ## " in line and line[0].isalpha()]
    assert sorted(told) == sorted(phony)
