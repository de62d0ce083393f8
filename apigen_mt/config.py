"""The configuration of a run: a YAML file, overlaid by command-line flags, resolved and stored beside the journal."""

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator, model_validator

from apigen_mt.config_roles import Deadlines, ReviewerConfig, RoleConfig, Roles
from apigen_mt.models.budget import Cap, Stage
from apigen_mt.models.prices import Price
from apigen_mt.planning import WINDOW, Mix
from apigen_mt.serving.roles import yielding
from apigen_mt.temperaments import MIX, Temperament
from blueprints.blueprint import Kind
from blueprints.sampling import Shares
from blueprints.size import Profile, Size
from tools_env.meant import meant
from tools_env.values import Json, Part

Command: TypeAlias = Literal["generate", "draft", "play", "evaluate"]
Quality: TypeAlias = Literal["usual", "high"]
BEST_OF = 4
"""From how many candidates each turn of a model's person is chosen at high quality (arXiv 2504.03601)."""
ROUNDS = 3
"""How often an author is sent back unless the configuration says otherwise (arXiv 2504.03601: 3 in retail)."""
SCRIPTS: dict[str, str] = {"author": "template", "human": "scripted", "agent": "oracle"}
"""Rehearsal's player of each role."""

KINDS: Mapping[Kind, float] = {
    "act": 0.48,
    "inform": 0.14,
    "refuse": 0.14,
    "partial": 0.07,
    "clarify": 0.07,
    "missing_tool": 0.05,
    "transfer": 0.03,
    "policy_question": 0.05,
}
"""The shares of the kinds; what a domain has not goes to the other kinds. Each refusal, whole or in part, brings its
twin besides, as `act`.
"""
FREE = frozenset(
    {"count", "max_attempts", "concurrency", "deadlines", "budget_tokens", "budget_usd", "stages", "cache", "against",
     "personas", "prices", "blueprints", "band", "difficulty"}
)  # fmt: skip
"""Settings that may differ between two sittings of one run."""
DRAFTING = frozenset({"mode", "recombine", "walk", "reviewers", "summariser", "control"})
"""Settings of `draft`."""
PLAYING = frozenset({"attempts", "limits", "fail_fast", "judges", "temperaments", "quality", "best_of"})
"""Settings that `draft` has no use for."""
WORDING = frozenset(
    {"kinds", "shares", "size", "profile", "steer", "disturbances", "snapshots", "rounds", "window",
     "attempts"}
)  # fmt: skip
"""Settings that do not matter where blueprints are given, or of which more may be asked for."""


Unit: TypeAlias = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class ConfigError(ValueError):
    """The configuration cannot be used; one line says what and what to do."""


class Walk(Part):
    """What a drafted task is sampled from: the steps of a walk on the API graph, where it begins, the chance at each
    step to begin again; and at most so many clauses, read calls and accepted examples beside it.
    """

    length: int = Field(default=4, ge=1, le=12)
    start: Literal["finder", "any"] = "any"
    restart: float = Field(default=0.15, ge=0, le=1)
    clauses: int = Field(default=3, ge=0, le=12)
    reads: int = Field(default=8, ge=1, le=24)
    examples: int = Field(default=2, ge=0, le=2)


class TalkLimits(Part):
    """How long a talk may go on; tokens (of both speakers together) and seconds only where they are given."""

    turns: int = Field(default=30, gt=0)
    calls: int = Field(default=60, gt=0)
    calls_in_a_row: int = Field(default=15, gt=0)
    tokens: int | None = Field(default=None, gt=0)
    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)


class Config(Part):
    """Everything that decides what a run makes. What is in `FREE` is no part of a run's identity; of the files in
    `against` and `personas` their content is, wherever they lie. What is in `DRAFTING` matters to `draft` alone.
    """

    domain: str
    count: int = Field(default=50, gt=0)
    seed: int = 0
    roles: Roles = Roles()
    kinds: dict[Kind, float] = dict(KINDS)
    shares: Shares = Shares()
    size: Size = Size()
    profile: Profile = "usual"
    steer: float = Field(default=0.75, ge=0, le=1)
    disturbances: float = Field(default=0.25, ge=0, le=1)
    snapshots: int = Field(default=8, gt=0, le=100_000)
    attempts: int = Field(default=1, gt=0, le=1000)
    rounds: int = Field(default=ROUNDS, ge=0)
    limits: TalkLimits = TalkLimits()
    fail_fast: bool = False
    temperaments: dict[Temperament, float] = dict(MIX)
    quality: Quality = "usual"
    best_of: int = Field(default=1, ge=1, le=16)
    judges: tuple[ReviewerConfig, ...] = ()
    concurrency: int = Field(default=16, gt=0, le=10_000)
    deadlines: Deadlines = Deadlines()
    budget_tokens: int | None = Field(default=None, gt=0)
    budget_usd: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    stages: dict[Stage, Cap] = {}
    cache: bool | str = False
    against: tuple[str, ...] = ()
    mode: Literal["grounded", "drafted"] = "grounded"
    max_attempts: int | None = Field(default=None, gt=0)
    window: int = Field(default=WINDOW, gt=0)
    recombine: float = Field(default=0.1, ge=0, le=1)
    personas: str = ""
    walk: Walk = Walk()
    reviewers: tuple[ReviewerConfig, ...] = ()
    summariser: RoleConfig = RoleConfig()
    control: Literal["", "blind"] = ""
    blueprints: str = ""
    band: tuple[Unit, Unit] | None = None
    difficulty: tuple[str, ...] = ()
    prices: dict[str, Price] = {}

    @model_validator(mode="before")
    @classmethod
    def _rounds_of_the_domain(cls, settings: Json) -> Json:
        """Rounds given by domain become those of this one; a domain that is not named has the default."""
        if isinstance(settings, dict) and isinstance(by_domain := settings.get("rounds"), dict):
            rounds = by_domain.get(str(settings.get("domain")), ROUNDS)
            if wrong := [n for n, r in by_domain.items() if not isinstance(r, int) or isinstance(r, bool) or r < 0]:
                raise ValueError(f"rounds of {wrong[0]!r}: a whole number from 0, such as rounds: {{retail: 3}}")
            return {**settings, "rounds": rounds}
        return settings

    @field_validator("reviewers", "judges")
    @classmethod
    def _named_apart(cls, reviewers: tuple[ReviewerConfig, ...], at: ValidationInfo) -> tuple[ReviewerConfig, ...]:
        names = [r.name for r in reviewers]
        if twice := next((n for n in names if names.count(n) > 1), ""):
            raise ValueError(f"two {at.field_name} are called {twice!r}: give each a name of its own")
        return reviewers

    @field_validator("temperaments")
    @classmethod
    def _drawn(cls, shares: dict[Temperament, float]) -> dict[Temperament, float]:
        if any(not 0 <= share < inf for share in shares.values()) or not sum(shares.values()):
            raise ValueError("the shares of the temperaments must be finite, not negative, and not all zero")
        return shares

    @field_validator("kinds")
    @classmethod
    def _shares(cls, kinds: dict[Kind, float]) -> dict[Kind, float]:
        known = set(KINDS)
        if unknown := sorted(set(kinds) - known):
            raise ValueError(f"kind {unknown[0]!r} cannot be drawn yet: use {', '.join(sorted(known))}")
        if any(not 0 <= share < inf for share in kinds.values()) or not sum(kinds.values()):
            raise ValueError("the shares of the kinds must be finite, not negative, and not all zero")
        return kinds

    @model_validator(mode="after")
    def _banded(self) -> "Config":
        if self.band is not None and self.band[0] > self.band[1]:
            raise ValueError(f"band: {self.band[0]:g} is above {self.band[1]:g}, give the lower bound first")
        if (self.band is not None) != bool(self.difficulty):
            raise ValueError("band and difficulty go together: the one selects by what the other holds")
        return self

    def identity(self, command: Command = "generate") -> dict[str, Json]:
        """What must not change when a run is continued, but for the content of the files that are named."""
        if command == "draft":
            whole: dict[str, Json] = self.model_dump(mode="json", exclude={*FREE, *PLAYING})
            whole["roles"] = {"author": self.roles.author.model_dump(mode="json")}
            return {"command": command, **whole}
        if command in {"play", "evaluate"}:
            whole = self.model_dump(mode="json", exclude={*FREE, *DRAFTING, *WORDING})
            whole["roles"] = self.roles.model_dump(mode="json", exclude={"author"})
            return {"command": command, **whole}
        return self.model_dump(mode="json", exclude={*FREE, *DRAFTING})

    def mix(self, personas: Sequence[str]) -> Mix:
        """What tasks are made of."""
        return Mix(
            dict(self.kinds),
            self.shares,
            personas,
            self.snapshots,
            self.window,
            self.steer,
            size=self.size,
            profile=self.profile,
            disturbances=self.disturbances,
        )

    def models(self, command: Command = "generate") -> tuple[RoleConfig, ...]:
        """The roles that models play in a command."""
        roles = self.roles
        known = (roles.human, roles.agent) if command in {"play", "evaluate"} else (
            roles.author, roles.human, roles.agent
        )  # fmt: skip
        return tuple(
            r
            for r in (
                (roles.author, *self.reviewers, self.summariser) if command == "draft" else (*known, *self.judges)
            )
            if r.model
        )

    @property
    def candidates(self) -> int:
        """From how many candidates each turn of a model's person is chosen."""
        return max(self.best_of, BEST_OF) if self.quality == "high" else self.best_of

    @property
    def rehearsal(self) -> bool:
        """Whether no model plays."""
        return not any(r.model for r in (self.roles.author, self.roles.human, self.roles.agent))


def load(path: Path | None, flags: dict[str, Json], unless: dict[str, Json] | None = None) -> Config:
    """The configuration from a file and flags; flags win, and `unless` is for what neither says. Nested flags are given
    as nested dictionaries.

    Raises:
        ConfigError: unreadable, unknown or contradictory, with the place.
    """
    from apigen_mt.config_file import Unreadable, read  # noqa: PLC0415 - YAML

    try:
        found = {} if path is None else read(path)
    except Unreadable as error:
        raise ConfigError(str(error)) from error
    settings, over = yielding(found, flags)
    return parse(_overlay({**(unless or {}), **settings}, over))


def parse(settings: dict[str, Json]) -> Config:
    """The configuration that settings by name make. Raises `ConfigError` with the place of the first that is wrong."""
    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(p) for p in first["loc"]) or "configuration"
        if first["type"] == "missing":
            raise ConfigError(f"{place} is missing: give --{place}, or set it in the configuration file") from error
        if first["type"] == "extra_forbidden":
            near = meant(str(first["loc"][-1]), _settings(first["loc"][:-1]))
            raise ConfigError(f"{place}: there is no such setting{near}") from error
        raise ConfigError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from error


def _settings(place: Sequence[str | int]) -> Iterable[str]:
    """The names of the settings that may stand at a place."""
    part: type[BaseModel] = Config
    for name in place:
        field = part.model_fields.get(str(name))
        held = (field.annotation, *get_args(field.annotation)) if field else ()
        part = next((one for one in held if isinstance(one, type) and issubclass(one, BaseModel)), part)
    return part.model_fields


def _overlay(under: dict[str, Json], over: dict[str, Json]) -> dict[str, Json]:
    merged = dict(under)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = _overlay(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def dump(config: Config) -> str:
    """The resolved configuration as YAML; it holds names of key variables, never keys."""
    import yaml  # noqa: PLC0415

    text: str = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    return text
