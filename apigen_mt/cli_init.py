"""`apigen-mt init`: a file of all settings to begin with."""

import argparse

from apigen_mt.config import ConfigError
from apigen_mt.config_template import template
from apigen_mt.terminal import one_line

DONE = 0


def init(options: argparse.Namespace) -> int:
    """Write the file; what is there already stays."""
    if not options.file.parent.is_dir():
        raise ConfigError(f"{options.file}: there is no folder {options.file.parent}, make it first")
    try:
        with options.file.open("x", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError as error:
        raise ConfigError(f"{options.file} is there already, and stays as it is: name another file") from error
    print(one_line(f"{options.file}: all settings with their defaults. Give roles their models, then look whether "
                   f"all is there: apigen-mt doctor --config {options.file}"))  # fmt: skip
    return DONE
