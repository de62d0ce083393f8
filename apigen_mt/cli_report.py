"""`apigen-mt report`: a run as one page to read in a browser."""

import argparse

from apigen_mt.cli_places import PAGE, refuse_place, refuse_within
from apigen_mt.cli_worlds import worlds_of
from apigen_mt.run_folder import RunFolder
from apigen_mt.terminal import one_line
from apigen_mt.viewer.packed import report as packed
from apigen_mt.viewer.packed import write

DONE = 0
MEGABYTE = 1_000_000


def report(options: argparse.Namespace) -> int:
    """Write the page over a run."""
    folder = RunFolder(options.run)
    refuse_place("--out", options.out, PAGE)
    refuse_within("--out", options.out, options.run)
    page = packed(folder, worlds_of(options.domain))
    write(options.out, page)
    print(one_line(f"{folder.command} of {folder.path}: {options.out}, {len(page.encode()) / MEGABYTE:.1f} MB"))
    return DONE
