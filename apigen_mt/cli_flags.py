"""Flags that commands share, as settings; and the keys that the settings name."""

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from apigen_mt.cli_serving import serve_of
from apigen_mt.config import Config, ConfigError
from apigen_mt.config_roles import RoleConfig
from apigen_mt.serving.roles import served_role
from tools_env.values import Json

SHARED = ("domain", "count", "seed", "concurrency", "budget_tokens", "budget_usd", "cache", "profile")


def settings_of(options: argparse.Namespace, *more: str) -> dict[str, Json]:
    """Flags as settings; what was not given is left to the file."""
    names = (*SHARED, *more)
    flags: dict[str, Json] = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if options.against is not None:
        flags["against"] = [str(path) for path in options.against]
    return flags


def placed(config: Config) -> Config:
    """The configuration with the folder of the reply cache: where the user's caches are, unless it is named."""
    if config.cache is not True:
        return config
    home = os.environ.get("XDG_CACHE_HOME", "")
    caches = Path(home) if Path(home).is_absolute() else Path.home() / ".cache"
    return config.model_copy(update={"cache": str(caches / "apigen-mt")})


def role_of(options: argparse.Namespace) -> dict[str, Json]:
    """The role that --model and --base-url make, or --serve; empty without them. Raises `ConfigError` for half of it,
    and `CannotServe`.
    """
    if (wanted := serve_of(options)) is not None:
        return served_role(wanted.served_name)
    return asked_role(options)


def asked_role(options: argparse.Namespace) -> dict[str, Json]:
    """The role that --model and --base-url alone make. Raises `ConfigError` for half of it."""
    if "" in (options.model, options.base_url):
        raise ConfigError("--model or --base-url is empty, perhaps an unset variable: leave it out to rehearse")
    if bool(options.model) != bool(options.base_url):
        raise ConfigError("--model and --base-url go together: give both, such as --base-url http://127.0.0.1:8000/v1")
    return {"model": options.model, "base_url": options.base_url} if options.model else {}


def keys_of(roles: Iterable[RoleConfig]) -> dict[str, str]:
    """The keys of these roles' endpoints, from the environment variables that they name."""
    named = {role.api_key_env for role in roles}
    return {name: os.environ[name] for name in named if os.environ.get(name)}
