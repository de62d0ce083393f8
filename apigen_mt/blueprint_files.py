"""Files of blueprints that are to be played: every line is read and checked before anything is begun."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from apigen_mt.config import ConfigError
from apigen_mt.plain_files import readable
from apigen_mt.run_folder import BLUEPRINTS, RunFolder
from apigen_mt.verifying.proof import HOSTILE
from blueprints.blueprint import Blueprint
from blueprints.checks import as_given, world_gates
from tools_env.port import SetUpFailed, UnknownSnapshot, World
from tools_env.resolve import INSTALLED, UnknownDomain, resolve
from tools_env.tool import DomainError


@dataclass(frozen=True, slots=True)
class Given:
    """Blueprints in the order of their file, and the worlds that they are of, by name."""

    blueprints: tuple[Blueprint, ...]
    worlds: dict[str, World]


@dataclass(slots=True)
class _Worlds:
    """Worlds by name, each resolved once. A name that only a file gives is not code to run."""

    found: dict[str, World] = field(default_factory=dict)

    def of(self, name: str) -> World | str:
        """The world of a name, or why there is none."""
        if name not in self.found:
            if name not in INSTALLED:
                return f"the domain {name!r} is not installed here: name it too (--domain), if its code may be run"
            try:
                self.found[name] = resolve(name)
            except (UnknownDomain, DomainError) as error:
                return str(error)
        return self.found[name]


def given(path: Path, named: Mapping[str, World] | None = None) -> Given:
    """The blueprints of a file, or of the folder of a draft run; `named` are worlds that it may name besides those that
    are installed. Raises `ConfigError` for the first line that cannot be played.
    """
    worlds, found, places = _Worlds(dict(named or {})), list[Blueprint](), dict[str, int]()
    file = _file(path)
    for number, raw in _lines(file):
        blueprint, place = _blueprint(raw), f"{file} line {number}"
        if isinstance(blueprint, str):
            raise ConfigError(f"{place}: {blueprint}")
        if blueprint.id in places:
            raise ConfigError(f"{place}: the same blueprint stands in line {places[blueprint.id]} already")
        if wrong := _wrong(blueprint, worlds):
            raise ConfigError(f"{place}: {wrong}")
        places[blueprint.id] = number
        found.append(blueprint)
    if not found:
        raise ConfigError(f"{file} holds no blueprint")
    used = {blueprint.domain for blueprint in found}
    return Given(tuple(found), {name: world for name, world in sorted(worlds.found.items()) if name in used})


def _file(path: Path) -> Path:
    """The file of blueprints that a path stands for."""
    if not path.is_dir():
        return path
    if not RunFolder.looks_like(path) or RunFolder(path).command != "draft":
        raise ConfigError(f"{path} is no run of `draft`: give a file of blueprints, one a line, or such a run")
    if not (path / BLUEPRINTS).is_file():
        raise ConfigError(f"{path} holds no {BLUEPRINTS} yet: the run of `draft` is not done")
    return path / BLUEPRINTS


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, empty ones left out."""
    try:
        with readable(path) as lines:
            yield from ((number, raw) for number, raw in enumerate(lines, 1) if raw.strip())
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error


def _blueprint(raw: bytes) -> Blueprint | str:
    try:
        return Blueprint.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        return f"no blueprint: {f'{at}: ' if at else ''}{first['msg']}"


def _wrong(blueprint: Blueprint, worlds: _Worlds) -> str:
    """Why a blueprint cannot be played; the solution of an imported one is taken as it is."""
    world = worlds.of(blueprint.domain)
    if isinstance(world, str):
        return world
    if blueprint.id != blueprint.identity():
        return "the id is not the hash of the content"
    if world.digest != blueprint.digest:
        return f"made for {blueprint.domain} as it was, not as it is now: draft or import it again"
    if any(call.actor == "human" for call in blueprint.actions):
        return "the person has to use tools of their own, which cannot be played yet"
    gates = as_given if blueprint.provenance.mode == "imported" else world_gates
    try:
        wrong = next(gates(blueprint, world), None)
    except (UnknownSnapshot, SetUpFailed) as error:
        return str(error)
    except HOSTILE as error:
        return f"cannot be checked: {type(error).__name__}: {error}"
    return "" if wrong is None else f"{wrong.stage}: {wrong.reason}"


def named(domains: Iterable[str | World]) -> dict[str, World]:
    """Worlds that somebody names, by the name that their blueprints bear. Raises `UnknownDomain` or `DomainError`."""
    worlds = (resolve(d, Path.cwd()) if isinstance(d, str) else d for d in domains)
    return {world.name: world for world in worlds}
