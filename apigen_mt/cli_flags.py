"""Flags that commands share, as settings; and the keys that the settings name."""

import argparse
import os
from collections.abc import Iterable

from apigen_mt.config import ConfigError
from apigen_mt.config_roles import RoleConfig
from tools_env.values import Json

SHARED = ("domain", "count", "seed", "concurrency", "budget_tokens", "profile")


def settings_of(options: argparse.Namespace, *more: str) -> dict[str, Json]:
    """Flags as settings; what was not given is left to the file."""
    names = (*SHARED, *more)
    flags: dict[str, Json] = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if options.against is not None:
        flags["against"] = [str(path) for path in options.against]
    return flags


def role_of(options: argparse.Namespace) -> dict[str, Json]:
    """The role that --model and --base-url make; empty without them. Raises `ConfigError` for half of it."""
    if "" in (options.model, options.base_url):
        raise ConfigError("--model or --base-url is empty, perhaps an unset variable: leave it out to rehearse")
    if bool(options.model) != bool(options.base_url):
        raise ConfigError("--model and --base-url go together")
    return {"model": options.model, "base_url": options.base_url} if options.model else {}


def keys_of(roles: Iterable[RoleConfig]) -> dict[str, str]:
    """The keys of these roles' endpoints, from the environment variables that they name."""
    named = {role.api_key_env for role in roles}
    return {name: os.environ[name] for name in named if os.environ.get(name)}
