"""What `export` does."""

import argparse

from apigen_mt.cli_audit import audited
from apigen_mt.cli_json import report
from apigen_mt.config import ConfigError
from apigen_mt.export.export import export as write
from apigen_mt.marks import Marks
from apigen_mt.run_folder import RunFolder
from apigen_mt.terminal import visible

DONE = 0


def export(options: argparse.Namespace) -> int:
    """Write a run's rows in a trainer's format, without those that a person rejected."""
    folder = RunFolder(options.run)
    licences = _licences(folder, options.licence)
    audit = audited(options.domain)
    marks = Marks.read(folder.path)
    found = write(
        folder.rows(), options.format, options.out, licences=licences, cast=options.cast, audit=audit, marks=marks
    )
    report(found, lambda: visible(str(found)), json=options.json)
    return DONE


def _licences(folder: RunFolder, given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    roles = folder.config.get("roles")
    for role in roles.values() if isinstance(roles, dict) else ():
        if isinstance(role, dict) and role.get("model") and role.get("licence"):
            found[str(role["model"])] = str(role["licence"])
    for item in given:
        model, equals, licence = item.partition("=")
        if not equals or not model or not licence:
            raise ConfigError(f"--licence {item!r}: write MODEL=LICENCE")
        found[model] = licence
    return found
