"""`apigen-mt doctor`: is all there that a run needs?"""

import argparse
import asyncio
import shutil
from pathlib import Path

from apigen_mt.cli_flags import asked_role, keys_of
from apigen_mt.cli_json import report
from apigen_mt.config import Config, ConfigError, load
from apigen_mt.config_roles import RoleConfig
from apigen_mt.doctor.checks import Diagnosis
from apigen_mt.doctor.endpoints import examined, to_try
from apigen_mt.doctor.installation import installed, writable
from tools_env.values import Json

LONGEST = 600.0
"""Seconds that an endpoint is waited for at most."""


def doctor(options: argparse.Namespace) -> int:
    """Look at everything and change nothing; 1 when something is missing, 3 when something could not be told."""
    if not 0 < options.timeout <= LONGEST:
        raise ConfigError(f"--timeout {options.timeout:g}: seconds from 1 to {LONGEST:g}")
    roles = _roles(options)
    checks = [*installed(shutil.which("vllm")), writable(Path.cwd())]
    checks += asyncio.run(examined(to_try(roles), keys_of(roles.values()), options.timeout))
    found = Diagnosis(checks=tuple(checks))
    report(found, found.render, json=options.json)
    return found.exit_code


def _roles(options: argparse.Namespace) -> dict[str, RoleConfig]:
    """The roles that the flags and the file give a model, by name."""
    role = asked_role(options)
    if options.config is None and not role:
        return {}
    flags: dict[str, Json] = {"roles": {"author": role, "human": role, "agent": role}} if role else {}
    config = load(options.config, flags, {"domain": ""})
    return {name: one for name, one in _each(config).items() if one.model}


def _each(config: Config) -> dict[str, RoleConfig]:
    roles = config.roles
    named = {"author": roles.author, "human": roles.human, "agent": roles.agent, "summariser": config.summariser}
    named |= {f"reviewer {reviewer.name}": reviewer for reviewer in config.reviewers}
    return named | {f"judge {judge.name}": judge for judge in config.judges}
