"""Errors that people can mend, and the exit codes that they end with."""

from pathlib import Path

from apigen_mt.config import ConfigError
from apigen_mt.export.dataset import LINES
from apigen_mt.export.folder import ExportError, WriteError
from apigen_mt.journal import Drift, JournalError, OtherCommand, OtherDomain, Unreadable
from apigen_mt.marks import MarksError
from apigen_mt.models.failures import EndpointError
from apigen_mt.run_folder import BLUEPRINTS, DATASET, NotARun, RunFolder
from apigen_mt.serving.replica import ServeError
from apigen_mt.serving.wanted import CannotServe
from apigen_mt.viewing.listening import PortTaken
from tools_env.port import SetUpFailed, UnknownSnapshot
from tools_env.resolve import UnknownDomain
from tools_env.tool import DomainError

EXPECTED = (
    CannotServe, ConfigError, DomainError, Drift, EndpointError, ExportError, JournalError, MarksError, NotARun,
    PortTaken, ServeError, SetUpFailed, UnknownDomain, UnknownSnapshot, OSError,
)  # fmt: skip
"""What is told in one line; anything else is a bug and shows its traceback."""

_INFRASTRUCTURE = (EndpointError, JournalError, PortTaken, ServeError, WriteError, OSError)


def code_of(error: Exception) -> int:
    """2 for what the user wrote, 3 for endpoint, disk or lock."""
    return 3 if isinstance(error, _INFRASTRUCTURE) and not isinstance(error, Drift) else 2


def told(error: Exception) -> str:
    """The line to show."""
    if isinstance(error, OtherCommand):
        return f"{error}. Use another --out."
    if isinstance(error, OtherDomain):
        return f"{error}. Another domain is another run: use another --out."
    if isinstance(error, Drift):
        return f"{error}. Use another --out, the settings the run has, or --accept-drift to go on under the new ones."
    if isinstance(error, Unreadable):
        return f"{error}; {_way_on(error.folder)}"
    if isinstance(error, OSError) and not isinstance(error, JournalError):
        return f"{error.filename or 'disk'}: {error.strerror or error}"
    return str(error)


def _way_on(folder: Path) -> str:
    """How to go on from what a run has exported, now that its journal is lost."""
    rows, tasks = folder / DATASET, folder / BLUEPRINTS
    if tasks.is_file():
        return f"the accepted tasks stand: another run (--out) with --against {tasks} drafts what they lack"
    if not (rows / LINES).is_file():
        return "nothing was exported from it: begin again in another folder"
    try:
        played = bool(RunFolder(folder).config.get("blueprints"))
    except NotARun:
        played = False
    if played:
        return f"the rows in {rows} stand: play in another folder the blueprints that they lack"
    return f"the exported rows stand: another run (--out) with --against {rows} makes tasks that are not among them"
