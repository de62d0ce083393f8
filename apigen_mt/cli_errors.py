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
    UnknownSnapshot, OSError, ExceptionGroup,
)  # fmt: skip
"""What is told in one line; anything else is a bug and shows its traceback."""

_INFRASTRUCTURE = (EndpointError, JournalError, WriteError, OSError)


def first(error: BaseException) -> BaseException:
    """The first error inside groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def code_of(error: BaseException) -> int:
    """2 for what the user wrote, 3 for endpoint, disk or lock; a bug inside a group goes on being one."""
    inner = first(error)
    if not isinstance(inner, EXPECTED):
        raise error
    if isinstance(inner, _INFRASTRUCTURE) and not isinstance(inner, Drift):
        return 3
    return 2


def told(error: BaseException) -> str:
    """The line to show."""
    inner = first(error)
    if isinstance(inner, Drift):
        return f"{inner}. Use another --out, or the settings the run began with."
    if isinstance(inner, OSError) and not isinstance(inner, JournalError):
        return f"{inner.filename or 'disk'}: {inner.strerror or inner}"
    return str(inner)
