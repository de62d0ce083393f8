"""Files and folders that a command is to write, refused before it begins where they would do harm."""

import re
from pathlib import Path

from apigen_mt.config import ConfigError
from apigen_mt.run_folder import RunFolder

PAGE = re.compile(rb"<!DOCTYPE html>")
REJUDGED = re.compile(rb'\{"row":')
TASKS = re.compile(rb'\{"actions":')
MATRIX = re.compile(rb'\d+ good talks:|\{\s+"talks":')

HEAD = 64
"""Within so many bytes a file tells what it is."""


def refuse_place(flag: str, path: Path, like: re.Pattern[bytes]) -> None:
    """A file may be written where there is none, or one of the kind that begins so. Raises `ConfigError`."""
    if path.is_dir():
        raise ConfigError(f"{flag} {path} is a folder: name a file")
    if not path.parent.is_dir():
        raise ConfigError(f"{flag} {path}: there is no folder {path.parent}, make it first")
    if not path.exists():
        return
    if not path.is_file():
        raise ConfigError(f"{flag} {path} is no plain file: name another")
    with path.open("rb") as lines:
        head = lines.read(HEAD)
    if head and not like.match(head):
        raise ConfigError(f"{flag} {path} is there and was not written by this command: name another file")


def refuse_within(flag: str, folder: Path, source: Path) -> None:
    """What is read may not be replaced by what is written. Raises `ConfigError`."""
    kept, read = folder.resolve(), source.resolve()
    if kept == read or kept in read.parents or (read.is_dir() and read in kept.parents):
        what = "a run" if source.is_dir() and RunFolder.looks_like(source) else "a dataset"
        raise ConfigError(f"{flag} {folder} lies in {source}, or holds it: name a place apart from {what} that is read")
