"""Folders written whole: beside their place first, then exchanged for what stood there."""

import ctypes
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tools_env.values import Json

README = "README.md"
TAG = "apigen-mt"
_AT_FDCWD = -100
_EXCHANGE = 2


class ExportError(ValueError):
    """Nothing was exported; one line says why and what to do."""


class WriteError(ExportError):
    """The disk did not take it; what stood there before is untouched."""


@contextmanager
def written_whole(folder: Path, layout: Collection[str]) -> Iterator[Path]:
    """Yield an empty folder to fill; when that succeeds it takes the place of `folder`, else nothing changes.

    `layout` are the names that may stand at the top of what is replaced. Raises `ExportError` if `folder` holds
    anything else, `WriteError` if the disk is full or closed to us.
    """
    folder = folder.absolute()
    _refuse_foreign(folder, layout)
    fresh = folder.with_name(f".{folder.name}.part")
    try:
        _remove(fresh)
        fresh.mkdir(parents=True)
        yield fresh
        for path in sorted(fresh.rglob("*")):
            _flush(path)
        _take_place(fresh, folder)
        _flush(folder.parent)
    except OSError as error:
        raise WriteError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def front_matter(folder: Path) -> dict[str, Json]:
    """The settings at the head of a folder's card; empty if there are none that can be read."""
    try:
        text = (folder / README).read_text(encoding="utf-8")
        head = text.split("\n---\n", 1)[0].removeprefix("---\n") if text.startswith("---\n") else ""
        found = yaml.safe_load(head)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def is_ours(folder: Path) -> bool:
    """Whether a folder's card says that this program wrote it."""
    tags = front_matter(folder).get("tags")
    return isinstance(tags, list) and TAG in tags


def _refuse_foreign(folder: Path, layout: Collection[str]) -> None:
    if not folder.exists() and not folder.is_symlink():
        return
    if not folder.is_dir() or folder.is_symlink():
        raise ExportError(f"{folder} is no folder: name another place")
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise WriteError(f"cannot read {folder}: {error.strerror}") from error
    if not names:
        return
    if not is_ours(folder):
        raise ExportError(f"{folder} is not empty and was not written by apigen-mt: name another place")
    if foreign := [name for name in names if name not in layout]:
        raise ExportError(f"{folder} holds {foreign[0]}, which would be lost: move it away or name another place")


def _take_place(fresh: Path, folder: Path) -> None:
    """Put `fresh` where `folder` is; what stood there is at `fresh` afterwards, for removal.

    Linux exchanges the two in one step. Elsewhere two renames leave a moment in which the old one lies beside.
    """
    if not folder.exists():
        fresh.rename(folder)
        return
    if not any(folder.iterdir()):
        folder.rmdir()
        fresh.rename(folder)
        return
    if _exchanged(fresh, folder):
        return
    old = folder.with_name(f".{folder.name}.old")
    _remove(old)
    folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    exchange = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if exchange is None:
        return False
    done: int = exchange(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE)
    return done == 0


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _flush(path: Path) -> None:
    """Have the disk hold what was written, so that a power cut cannot leave empty files in place of the old ones."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
