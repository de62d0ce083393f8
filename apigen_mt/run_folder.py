"""Run folders, read: a run's configuration, its outcomes, and the rows it kept (design: run, journal, models)."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import yaml
from pydantic import ValidationError

from apigen_mt.journal import Journal, JournalError
from apigen_mt.models.chat import Usage
from apigen_mt.trajectory import Outcome, Row
from tools_env.values import Json

CONFIG = "config.yaml"
DATASET = "dataset"
JOURNAL = "journal.sqlite"


class NotARun(ValueError):  # noqa: N818 - reads as what is the matter
    """The folder holds no run that can be read; one line says why."""


class RunFolder:
    """A run as it lies on disk; reading it disturbs nobody who is working on it."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise NotARun(f"{path} is no run: there is no such folder")
        missing = [name for name in (JOURNAL, CONFIG) if not (path / name).is_file()]
        if missing:
            raise NotARun(f"{path} is no run: it holds no {missing[0]}")
        self.path = path

    @staticmethod
    def looks_like(path: Path) -> bool:
        """Whether a folder holds a run's journal."""
        return (path / JOURNAL).is_file()

    @property
    def dataset(self) -> Path:
        """Where the run's canonical rows are written."""
        return self.path / DATASET

    @cached_property
    def config(self) -> dict[str, Json]:
        """The configuration as resolved. Raises `NotARun` if it cannot be read."""
        try:
            found = yaml.safe_load((self.path / CONFIG).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise NotARun(f"{self.path / CONFIG}: {' '.join(str(error).split())}") from error
        if not isinstance(found, dict):
            raise NotARun(f"{self.path / CONFIG}: expected settings, found {type(found).__name__}")
        return found

    def outcomes(self) -> Iterator[Outcome]:
        """What became of each task so far, in task order, one in memory at a time. Raises `NotARun`."""
        try:
            with Journal.read(self.path) as journal:
                for task, payload in journal.outcomes():
                    yield _outcome(self.path, task, payload)
        except JournalError as error:
            raise NotARun(str(error)) from error

    def rows(self) -> Iterator[Row]:
        """The rows that were kept, in task order. Raises `NotARun`."""
        return (row for outcome in self.outcomes() for row in outcome.rows)

    def failures(self) -> Iterator[Row]:
        """The attempts that did not verify, in task order. Raises `NotARun`."""
        return (row for outcome in self.outcomes() for row in outcome.failures)

    def tokens(self) -> dict[str, Usage]:
        """Tokens by role, every stored reply once. Raises `NotARun`."""
        try:
            with Journal.read(self.path) as journal:
                return journal.totals()
        except JournalError as error:
            raise NotARun(str(error)) from error


def load_run(path: str | Path) -> RunFolder:
    """The run in a folder, for reading. Raises `NotARun`."""
    return RunFolder(Path(path))


def _outcome(folder: Path, task: int, payload: str) -> Outcome:
    try:
        return Outcome.model_validate_json(payload)
    except ValidationError as error:
        raise NotARun(f"{folder}: task {task} was recorded by another version of the program") from error
