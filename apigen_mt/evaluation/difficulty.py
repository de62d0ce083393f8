"""How difficult blueprints are: the share of trials solved, over the agents that were tried; and bands of it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError, model_validator

from apigen_mt.config import ConfigError
from apigen_mt.plain_files import readable
from blueprints.blueprint import Blueprint
from tools_env.values import Part

DIFFICULTY = "difficulty.jsonl"


class Tried(Part):
    """Trials of one agent, those that infrastructure broke off not counted."""

    trials: int
    solved: int

    @model_validator(mode="after")
    def _whole(self) -> "Tried":
        if not 0 <= self.solved <= self.trials:
            raise ValueError(f"{self.solved} of {self.trials} trials cannot be solved")
        return self


class Difficulty(Part):
    """One blueprint with the trials of each agent, by name."""

    blueprint: str
    domain: str = ""
    kind: str = ""
    agents: dict[str, Tried]

    @property
    def share(self) -> float | None:
        """The share solved of all trials; None where there were none."""
        trials = sum(one.trials for one in self.agents.values())
        return sum(one.solved for one in self.agents.values()) / trials if trials else None


def write_difficulty(path: Path, found: Iterable[Difficulty]) -> None:
    """Write one line a blueprint, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)  # it might be a link
    fresh.write_text("".join(f"{one.model_dump_json()}\n" for one in found), encoding="utf-8")
    fresh.replace(path)


def read_difficulty(paths: Iterable[Path]) -> dict[str, Difficulty]:
    """What files say of blueprints, by id; trials of several files are added up. Raises `ConfigError`."""
    found: dict[str, Difficulty] = {}
    for path in paths:
        file = path / DIFFICULTY if path.is_dir() else path
        try:
            with readable(file) as raw:
                lines = raw.read().decode("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            told = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ConfigError(f"--difficulty: cannot read {file}: {told}") from error
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                one = Difficulty.model_validate_json(line)
            except ValidationError as error:
                told = error.errors()[0]["msg"].removeprefix("Value error, ")
                raise ConfigError(f"--difficulty {file} line {number}: {told}") from error
            found[one.blueprint] = _added(found[one.blueprint], one) if one.blueprint in found else one
    if not found:
        raise ConfigError("--difficulty: the files hold no blueprint: `apigen-mt evaluate` writes such files")
    return found


def in_band(
    blueprints: Sequence[Blueprint], known: dict[str, Difficulty], band: tuple[float, float]
) -> tuple[Blueprint, ...]:
    """Blueprints whose share of trials solved lies in a band, bounds included; those never tried are in none.

    Raises `ConfigError` when none is.
    """
    low, high = band
    shares = {b.id: known[b.id].share for b in blueprints if b.id in known}
    found = tuple(b for b in blueprints if (share := shares.get(b.id)) is not None and low <= share <= high)
    if not found:
        tried = sum(share is not None for share in shares.values())
        raise ConfigError(
            f"--band {low:g} {high:g}: none of the {len(blueprints)} blueprints is in it ({tried} of them were tried)"
        )
    return found


def _added(one: Difficulty, other: Difficulty) -> Difficulty:
    agents = dict(one.agents)
    for name, tried in other.agents.items():
        had = agents.get(name, Tried(trials=0, solved=0))
        agents[name] = Tried(trials=had.trials + tried.trials, solved=had.solved + tried.solved)
    return one.model_copy(update={"agents": agents})
