"""Files that a user names, opened for reading: plain ones only, for a device or a pipe may keep a command waiting."""

import os
from errno import EINVAL, EISDIR
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO


def readable(path: Path) -> BinaryIO:
    """Open a plain file, or a link to one. Raises `OSError` for anything else, and for what can be no file's name."""
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # a null character, or half of a pair
        raise OSError(EINVAL, "no file can be called that", str(path)) from error
    if S_ISDIR(mode):
        raise OSError(EISDIR, os.strerror(EISDIR), str(path))
    if not S_ISREG(mode):
        raise OSError(EINVAL, "it is no plain file", str(path))
    return path.open("rb")
