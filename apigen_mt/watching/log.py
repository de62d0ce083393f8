"""A structured log: one JSON object a line, with run, blueprint and attempt, and never what was said."""

import json
import logging
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from apigen_mt.models.chat import ReplyKey, Usage
from apigen_mt.models.observer import Done
from apigen_mt.watching.labels import cause_of, shown
from tools_env.values import Json

_OWN = '{"at":"'
"""How every line begins: a file that begins otherwise is not written to."""


class LogError(Exception):
    """The log cannot be written there; one line says why."""


class Log:
    """An observer that appends to a file. A full disk costs lines of the log, counted in `lost`, and never the run.

    `sitting` tells the lines of one process from those of the next. Raises `LogError` for a file of another kind, and
    OSError.
    """

    def __init__(self, path: Path, *, run: str, sitting: str) -> None:
        self._about: dict[str, Json] = {"run": run, "sitting": sitting}
        self._handler = _Lines(path)
        self._handler.setFormatter(_AsJson())
        self._logger = logging.Logger("apigen_mt", logging.DEBUG)  # noqa: LOG001 - no part of the program's tree
        self._logger.addHandler(self._handler)

    @property
    def lost(self) -> int:
        """How many lines could not be written."""
        return self._handler.lost

    def sent(self, lane: str, role: str, key: ReplyKey) -> None:  # noqa: ARG002 - the key holds it
        """A request left."""
        self._note(logging.DEBUG, "sent", {**_key(key), "endpoint": shown(lane)})

    def answered(self, lane: str, key: ReplyKey, seconds: float, usage: Usage) -> None:
        """It was answered."""
        counts: dict[str, Json] = {"seconds": round(seconds, 3), **_usage(usage)}
        self._note(logging.INFO, "answered", {**_key(key), "endpoint": shown(lane), **counts})

    def retried(self, lane: str, key: ReplyKey, cause: str, wait: float) -> None:
        """It is sent again."""
        why: dict[str, Json] = {"cause": cause_of(cause), "wait": round(wait, 3)}
        self._note(logging.WARNING, "retried", {**_key(key), "endpoint": shown(lane), **why})

    def failed(self, lane: str, key: ReplyKey, cause: str) -> None:
        """It failed for good."""
        self._note(logging.ERROR, "failed", {**_key(key), "endpoint": shown(lane), "cause": cause_of(cause)})

    def settled(self, stage: str, usage: Usage, usd: float | None) -> None:
        """It was paid for."""
        self._note(logging.DEBUG, "settled", {"stage": stage, **_usage(usage), "usd": usd})

    def done(self, outcome: Done) -> None:
        """A task is done."""
        blueprint = getattr(getattr(outcome, "blueprint", None), "id", None)
        about: dict[str, Json] = {"task": outcome.task, "kind": outcome.kind, "status": outcome.status}
        self._note(logging.INFO, "done", {**about, "blueprint": blueprint})

    def note(self, event: str, **about: Json) -> None:
        """Anything else that is worth a line, such as that the run began."""
        self._note(logging.INFO, event, about)

    def close(self) -> None:
        """Write no more."""
        self._handler.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _note(self, level: int, event: str, about: dict[str, Json]) -> None:
        self._logger.log(level, event, extra={"about": {**self._about, **about}})


class _Lines(logging.StreamHandler):  # type: ignore[type-arg] # generic for type checkers only
    """Appends lines to a file, each written at once; what cannot be written is counted."""

    def __init__(self, path: Path) -> None:
        self.lost = 0
        super().__init__(os.fdopen(_opened(path), "a", encoding="utf-8", buffering=1))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - the library's name
        """A line less, and no traceback on the screen."""
        self.lost += 1

    def close(self) -> None:
        """Close the file; what was left in its buffer may be lost."""
        try:
            self.stream.close()
        except OSError:
            self.lost += 1
        super().close()


class _AsJson(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        about = {"at": at, "level": record.levelname.lower(), "event": record.getMessage(), **vars(record)["about"]}
        return json.dumps(about, separators=(",", ":"), allow_nan=True)


def _opened(path: Path) -> int:
    """A descriptor to append to; never of a file that something else wrote."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
    kind = os.fstat(descriptor).st_mode
    wrong = ""
    if not (stat.S_ISREG(kind) or stat.S_ISCHR(kind)):
        wrong = "not a file that lines can be added to"
    elif stat.S_ISREG(kind) and os.pread(descriptor, len(_OWN), 0) not in {b"", _OWN.encode()}:
        wrong = "the file is there and is no log of a run; give another name"
    if wrong:
        os.close(descriptor)
        raise LogError(f"{path}: {wrong}")
    os.set_blocking(descriptor, True)
    return descriptor


def _key(key: ReplyKey) -> dict[str, Json]:
    named: dict[str, Json] = {"blueprint": key.blueprint, "attempt": key.attempt, "role": key.role, "turn": key.turn}
    return named | {"candidate": key.candidate} if key.candidate else named


def _usage(usage: Usage) -> dict[str, Json]:
    return {"prompt": usage.prompt, "completion": usage.completion, "cached": usage.cached}
