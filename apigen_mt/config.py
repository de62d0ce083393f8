"""The configuration of a run: a YAML file, overlaid by command-line flags, resolved and stored beside the journal."""

from json import dumps
from math import inf
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field, ValidationError, field_validator, model_validator

from apigen_mt.models.chat import RESERVED
from apigen_mt.models.client import Endpoint
from blueprints.blueprint import Kind
from tools_env.values import Json, Part

RoleName: TypeAlias = Literal["author", "human", "agent"]
SCRIPTS: dict[str, str] = {"author": "template", "human": "scripted", "agent": "oracle"}
"""Rehearsal's player of each role."""


class ConfigError(ValueError):
    """The configuration cannot be used; one line says what and what to do."""


class RoleConfig(Part):
    """Who plays a role. Without a model it is rehearsal's script; the key is read from the variable `api_key_env`.

    Weaker agents write calls as text: `parse_text_calls` takes a text that is nothing but JSON calls for calls;
    `respond_tool` has the agent speak through a tool as well, with `tool_choice` required.
    """

    model: str = ""
    base_url: str = ""
    api_key_env: str = "OPENAI_API_KEY"
    temperature: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    max_tokens: int | None = Field(default=1024, gt=0)
    extra: dict[str, Json] = {}
    licence: str = ""
    parse_text_calls: bool = True
    respond_tool: bool = False

    @model_validator(mode="after")
    def _whole(self) -> "RoleConfig":
        if bool(self.model) != bool(self.base_url):
            raise ValueError("a model needs its base_url and a base_url its model")
        if self.base_url:
            Endpoint(self.base_url)
            if "?" in self.base_url or "#" in self.base_url:
                raise ValueError("a base_url has no query: it is stored with the run, and a query may hold a key")
        if taken := sorted(RESERVED & self.extra.keys()):
            raise ValueError(f"extra fields may not set {', '.join(taken)}")
        dumps(self.extra, allow_nan=False)
        return self


class Roles(Part):
    """The three roles of a run."""

    author: RoleConfig = RoleConfig()
    human: RoleConfig = RoleConfig()
    agent: RoleConfig = RoleConfig()


class TalkLimits(Part):
    """How long a talk may go on."""

    turns: int = Field(default=30, gt=0)
    calls: int = Field(default=60, gt=0)
    calls_in_a_row: int = Field(default=15, gt=0)


class Config(Part):
    """Everything that decides what a run makes. `count` may be raised later; `concurrency` and `budget_tokens` are no
    part of a run's identity; of the files in `against` their content is, wherever they lie.
    """

    domain: str
    count: int = Field(default=50, gt=0)
    seed: int = 0
    roles: Roles = Roles()
    kinds: dict[Kind, float] = {"act": 0.6, "inform": 0.2, "refuse": 0.2}
    snapshots: int = Field(default=8, gt=0)
    attempts: int = Field(default=1, gt=0)
    rounds: int = Field(default=3, ge=0)
    limits: TalkLimits = TalkLimits()
    concurrency: int = Field(default=16, gt=0, le=10_000)
    budget_tokens: int | None = Field(default=None, gt=0)
    against: tuple[str, ...] = ()

    @field_validator("kinds")
    @classmethod
    def _shares(cls, kinds: dict[Kind, float]) -> dict[Kind, float]:
        known = {"act", "inform", "refuse"}
        if unknown := sorted(set(kinds) - known):
            raise ValueError(f"kind {unknown[0]!r} cannot be drawn yet: use {', '.join(sorted(known))}")
        if any(not 0 <= share < inf for share in kinds.values()) or not sum(kinds.values()):
            raise ValueError("the shares of the kinds must be finite, not negative, and not all zero")
        return kinds

    def identity(self) -> Json:
        """What must not change when a run is continued, but for the content of the files in `against`."""
        whole: Json = self.model_dump(mode="json", exclude={"count", "concurrency", "budget_tokens", "against"})
        return whole

    @property
    def rehearsal(self) -> bool:
        """Whether no model plays."""
        return not any(r.model for r in (self.roles.author, self.roles.human, self.roles.agent))


def load(path: Path | None, flags: dict[str, Json]) -> Config:
    """The configuration from a file and flags; flags win. Nested flags are given as nested dictionaries.

    Raises:
        ConfigError: unreadable, unknown or contradictory, with the place.
    """
    from apigen_mt.config_file import Unreadable, read  # noqa: PLC0415 - YAML

    try:
        found = {} if path is None else read(path)
    except Unreadable as error:
        raise ConfigError(str(error)) from error
    return parse(_overlay(found, flags))


def parse(settings: dict[str, Json]) -> Config:
    """The configuration that settings by name make. Raises `ConfigError` with the place of the first that is wrong."""
    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(p) for p in first["loc"]) or "configuration"
        if first["type"] == "missing":
            raise ConfigError(f"{place} is missing: give --{place}, or set it in the configuration file") from error
        raise ConfigError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from error


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
