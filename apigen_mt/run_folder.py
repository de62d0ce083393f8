"""Run folders: begun where nothing else is, and read: configuration, outcomes, what was kept (design: run, journal)."""

import stat
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from apigen_mt import config_file
from apigen_mt.config import Command, Config, ConfigError, dump
from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.journal import Journal, JournalError, Unreadable, command_of
from apigen_mt.models.chat import Usage
from apigen_mt.trajectory import Outcome, Row
from blueprints.blueprint import Blueprint
from tools_env.values import Json, compact

CONFIG = "config.yaml"
DATASET = "dataset"
JOURNAL = "journal.sqlite"
BLUEPRINTS = "blueprints.jsonl"
FRESH = f".{CONFIG}.new"
COMMANDS: tuple[Command, ...] = ("generate", "draft", "play", "evaluate")
OWN = ("journal.", CONFIG, FRESH)
"""How the names of what a run begins with begin: it may have been killed before its journal was there."""


class NotARun(ValueError):  # noqa: N818 - reads as what is the matter
    """The folder holds no run that can be read; one line says why."""


class RunFolder:
    """A run as it lies on disk; reading it disturbs nobody who is working on it."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise NotARun(f"{path} is no run: there is no such folder")
        missing = [name for name in (JOURNAL, CONFIG) if not (path / name).is_file()]
        if missing:
            within = path.absolute().parent
            hint = f"; the run is {within}" if RunFolder.looks_like(within) else ""
            raise NotARun(f"{path} is no run: it holds no {missing[0]}{hint}")
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
            return config_file.read(self.path / CONFIG)
        except config_file.Unreadable as error:
            raise NotARun(str(error)) from error

    @cached_property
    def command(self) -> Command:
        """The command that made the run. Raises `NotARun`."""
        try:
            with Journal.read(self.path) as journal:
                named = command_of(journal.identity())
        except JournalError as error:
            raise NotARun(str(error)) from error
        found = next((command for command in COMMANDS if command == named), None)
        if found is None:
            raise NotARun(f"{self.path} is a run of `{named}`, which this version of the program does not know")
        return found

    def outcomes(self) -> Iterator[Outcome]:
        """What became of each task so far, in task order, one in memory at a time. Raises `NotARun`."""
        if self.command == "draft":
            raise NotARun(f"{self.path} is a run of `draft`: it holds {BLUEPRINTS} and no talks yet")
        for task, payload in self._recorded():
            try:
                yield Outcome.model_validate_json(payload)
            except ValidationError as error:
                raise NotARun(self._other_version(task)) from error

    def drafts(self) -> Iterator[DraftOutcome]:
        """What became of each task of a draft run so far, in task order. Raises `NotARun`."""
        if self.command != "draft":
            raise NotARun(f"{self.path} is no run of `draft`")
        for task, payload in self._recorded():
            try:
                yield DraftOutcome.model_validate_json(payload)
            except ValidationError as error:
                raise NotARun(self._other_version(task)) from error

    def _recorded(self) -> Iterator[tuple[int, str]]:
        try:
            with Journal.read(self.path) as journal:
                yield from journal.outcomes()
        except JournalError as error:
            raise NotARun(str(error)) from error

    def _other_version(self, task: int) -> str:
        return f"{self.path}: task {task} was recorded by another version of the program"

    def rows(self) -> Iterator[Row]:
        """The rows that were kept, in task order. Raises `NotARun`."""
        return (row for outcome in self.outcomes() for row in outcome.rows)

    def failures(self) -> Iterator[Row]:
        """The attempts that did not verify, in task order. Raises `NotARun`."""
        return (row for outcome in self.outcomes() for row in outcome.failures)

    def meta(self, name: str) -> str | None:
        """A named text of the run, or None. Raises `NotARun`."""
        try:
            with Journal.read(self.path) as journal:
                return journal.meta(name)
        except JournalError as error:
            raise NotARun(str(error)) from error

    def tokens(self) -> dict[str, Usage]:
        """Tokens by role, every stored reply once. Raises `NotARun`."""
        try:
            with Journal.read(self.path) as journal:
                return journal.totals()
        except JournalError as error:
            raise NotARun(str(error)) from error

    def calls(self) -> dict[str, int]:
        """How many replies are stored of each role. Raises `NotARun`."""
        try:
            with Journal.read(self.path) as journal:
                return journal.calls()
        except JournalError as error:
            raise NotARun(str(error)) from error

    def reused(self) -> dict[str, Usage]:
        """Tokens by role of replies that came from the reply cache and cost nothing. Raises `NotARun`."""
        try:
            with Journal.read(self.path) as journal:
                return journal.reused()
        except JournalError as error:
            raise NotARun(str(error)) from error


def load_run(path: str | Path) -> RunFolder:
    """The run in a folder, for reading. Raises `NotARun`."""
    return RunFolder(Path(path))


def refuse_foreign(out: Path) -> None:
    """A run is a folder of its own: it is not begun on a file, nor among things that are not its own. Nothing of it is
    a link, which would have something else written. Raises `ConfigError`, and `Unreadable` where its journal is lost.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out} is a file, and a run is a folder")
    if not out.is_dir():
        return
    own = sorted(path for path in out.iterdir() if path.name.startswith(OWN))
    if strange := [path.name for path in own if not _plain(path)]:
        raise ConfigError(f"{out} is no run that can be continued: {strange[0]} is no plain file")
    if RunFolder.looks_like(out):
        if (out / CONFIG).is_file() and not (out / JOURNAL).stat().st_size:
            raise Unreadable(out, "the file is empty")
        return
    if foreign := sorted(path.name for path in out.iterdir() if not path.name.startswith(OWN)):
        raise ConfigError(f"{out} is no run and not empty (it holds {foreign[0]}): name another folder")


def _plain(path: Path) -> bool:
    """Whether it is a file and no link; what another process has taken away meanwhile, as a reader of the journal does
    with SQLite's own files, is no harm.
    """
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return True


def keep_config(config: Config, out: Path) -> None:
    """Write the resolved configuration, whole or not at all."""
    fresh = out / FRESH
    fresh.write_text(dump(config), encoding="utf-8")
    fresh.replace(out / CONFIG)


def write_blueprints(path: Path, blueprints: Iterable[Blueprint]) -> None:
    """Write blueprints as canonical JSON, one a line, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)  # it might be a link
    try:
        with fresh.open("x", encoding="utf-8", newline="\n") as lines:
            lines.writelines(f"{compact(b.model_dump(mode='json'))}\n" for b in blueprints)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
