"""The journal of a run: each model reply and each outcome, stored before it is used."""

from apigen_mt.journal.failures import (
    Difference,
    Drift,
    JournalError,
    Locked,
    OtherCommand,
    OtherDomain,
    Unreadable,
    command_of,
)
from apigen_mt.journal.journal import Journal
from apigen_mt.journal.lock import refuse_locked
from apigen_mt.journal.store import Store

__all__ = [
    "Difference",
    "Drift",
    "Journal",
    "JournalError",
    "Locked",
    "OtherCommand",
    "OtherDomain",
    "Store",
    "Unreadable",
    "command_of",
    "refuse_locked",
]
