"""Other processes, watched: whether they are gone, and what the stand-in for vLLM noted of itself."""

import json
import os
import select
from contextlib import closing
from pathlib import Path


class _Watched:
    def __init__(self, pid: int) -> None:
        self.descriptor = os.pidfd_open(pid)

    def close(self) -> None:
        os.close(self.descriptor)


def gone(pid: int, seconds: float = 60.0) -> bool:
    """Whether a process has ended, waited for so long."""
    try:
        watched = _Watched(pid)
    except ProcessLookupError:
        return True
    with closing(watched):
        return bool(select.select([watched.descriptor], [], [], seconds)[0])


def notes(folder: Path) -> list[dict]:
    """What each stand-in started there noted, by its port."""
    found = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    return sorted(found, key=lambda note: int(note["arguments"][note["arguments"].index("--port") + 1]))


def pids(folder: Path) -> list[int]:
    """Of stand-ins and their engines."""
    return [pid for note in notes(folder) for pid in note["pids"]]
