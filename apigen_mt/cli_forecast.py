"""`--dry-run`: what a command is expected to take, told instead of done."""

import asyncio
from pathlib import Path

from apigen_mt.blueprint_files import Given
from apigen_mt.cli_json import report
from apigen_mt.config import Command, Config
from apigen_mt.forecast import forecast, lines
from apigen_mt.terminal import visible

DONE = 0


def dry_run(command: Command, config: Config, out: Path, given: Given | None = None, *, json: bool) -> int:
    """Tell the forecast of a run; nothing is begun and no folder is made."""
    found = asyncio.run(forecast(command, config, out, given))
    report(found, lambda: visible("\n".join(lines(found))), json=json)
    return DONE
