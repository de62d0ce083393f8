"""Files of earlier tasks that a run must not repeat: blueprints or rows, one a line, or the folder of a run."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from apigen_mt.config import ConfigError
from apigen_mt.export.dataset import LINES
from apigen_mt.plain_files import readable
from apigen_mt.run_folder import BLUEPRINTS, NotARun, RunFolder
from blueprints.blueprint import Blueprint
from blueprints.overlap import Against
from tools_env.tool import ToolSpec


class _Row(BaseModel):
    """The part of a canonical row that is read here."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    blueprint: Blueprint


def read_against(names: Iterable[str], specs: Mapping[str, ToolSpec]) -> tuple[Against, tuple[str, ...]]:
    """What the files hold, and the sha256 of each one's content, sorted. Raises `ConfigError` naming file and line."""
    against = Against(specs)
    digests: set[str] = set()
    for name in names:
        path, digest, tasks = Path(name), hashlib.sha256(), 0
        for place, blueprint, raw in _run(path) if RunFolder.looks_like(path) else _lines(path):
            digest.update(raw)
            if blueprint is not None:
                against.add(blueprint, place)
                tasks += 1
        if not tasks:
            raise ConfigError(f"--against {name}: holds no task")
        digests.add(digest.hexdigest())
    return against, tuple(sorted(digests))


def _run(path: Path) -> Iterator[tuple[str, Blueprint | None, bytes]]:
    try:
        folder = RunFolder(path)
        if folder.command == "draft":
            yield from _lines(path / BLUEPRINTS)
            return
        for outcome in folder.outcomes():
            if outcome.blueprint is not None:
                yield f"{path} task {outcome.task}", outcome.blueprint, outcome.blueprint.id.encode()
    except NotARun as error:
        raise ConfigError(f"--against {error}") from error


def _lines(path: Path) -> Iterator[tuple[str, Blueprint | None, bytes]]:
    if path.is_dir():
        path /= LINES
    try:
        with readable(path) as lines:
            for number, raw in enumerate(lines, 1):
                yield f"{path.name}:{number}", _task(raw, f"{path} line {number}") if raw.strip() else None, raw
    except OSError as error:
        raise ConfigError(f"--against: cannot read {path}: {error.strerror}") from error


def _task(raw: bytes, place: str) -> Blueprint:
    """The task of a line, which is a blueprint or a row that holds one."""
    try:
        return _Row.model_validate_json(raw).blueprint
    except ValidationError as error:
        if not any(e["type"] == "missing" and e["loc"] == ("blueprint",) for e in error.errors()):
            raise ConfigError(f"--against {place}: {_first(error)}") from error
    try:
        return Blueprint.model_validate_json(raw)
    except ValidationError as error:
        raise ConfigError(f"--against {place}: neither a blueprint nor a row: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
