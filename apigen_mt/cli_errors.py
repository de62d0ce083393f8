"""Errors that people can mend, and the exit codes that they end with."""

from apigen_mt.config import ConfigError
from apigen_mt.export.folder import ExportError, WriteError
from apigen_mt.journal import Drift, JournalError
from apigen_mt.models.failures import EndpointError
from apigen_mt.run_folder import NotARun
from tools_env.port import SetUpFailed, UnknownSnapshot
from tools_env.resolve import UnknownDomain
from tools_env.tool import DomainError

EXPECTED = (
    ConfigError, DomainError, Drift, EndpointError, ExportError, JournalError, NotARun, SetUpFailed, UnknownDomain,
    UnknownSnapshot, OSError,
)  # fmt: skip
"""What is told in one line; anything else is a bug and shows its traceback."""

_INFRASTRUCTURE = (EndpointError, JournalError, WriteError, OSError)


def code_of(error: Exception) -> int:
    """2 for what the user wrote, 3 for endpoint, disk or lock."""
    return 3 if isinstance(error, _INFRASTRUCTURE) and not isinstance(error, Drift) else 2


def told(error: Exception) -> str:
    """The line to show."""
    if isinstance(error, Drift):
        return f"{error}. Use another --out, or the settings the run began with."
    if isinstance(error, OSError) and not isinstance(error, JournalError):
        return f"{error.filename or 'disk'}: {error.strerror or error}"
    return str(error)
