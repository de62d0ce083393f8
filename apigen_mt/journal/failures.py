"""What can be the matter with a journal, each in one line that says what to do."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tools_env.values import Json

_SHOWN, _LONG = 5, 60
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEPT = 8
"""So many characters of a digest tell it from another."""
_MEANS = {
    "against": "against (the content of these files)",
    "blueprints": "blueprints (the tasks to be played)",
    "digest": "digest (the domain's tools, rules or data)",
    "personas": "personas (the content of the file)",
}
"""What stands behind settings that are kept as a digest."""

Difference = tuple[str, Json, Json]
"""Where two configurations differ: dotted path, old value, new value; an absent value is None."""


class JournalError(Exception):
    """The journal cannot be opened, read or written; one line says why. What it already holds is left intact."""


class Locked(JournalError):  # noqa: N818 - reads as what is the matter
    """Another process is working on this run."""


class Unreadable(JournalError):  # noqa: N818 - reads as what is the matter
    """The main file of the journal in `folder` is no database any more."""

    def __init__(self, folder: Path, why: str) -> None:
        self.folder = folder
        super().__init__(f"{folder / 'journal.sqlite'} cannot be read: {why}")


class Drift(JournalError):  # noqa: N818 - a word of the design
    """The run belongs to another configuration; `differences` lists what changed."""

    def __init__(self, differences: list[Difference]) -> None:
        self.differences = differences
        super().__init__(f"the run belongs to another configuration: {told(differences)}")


class OtherCommand(Drift):
    """The run was begun by another command."""

    def __init__(self, folder: Path, begun: str, command: str) -> None:
        super().__init__([("command", begun, command)])
        self.args = (f"the run in {folder} was begun by `apigen-mt {begun}`, and `{command}` is another matter",)


class OtherDomain(Drift):
    """The run is about another domain; that cannot be accepted."""


def command_of(identity: Json) -> str:
    """The command that a run's configuration is for."""
    named = identity.get("command") if isinstance(identity, dict) else None
    return str(named or "generate")


def differences(old: Json, new: Json, path: str = "") -> Iterator[Difference]:
    """Yield where two JSON values differ, down to the smallest part."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from differences(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and path:
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{path}[{place}]")
    elif old != new or type(old) is not type(new):
        yield path, old, new


def told(found: list[Difference], most: int = _SHOWN) -> str:
    """Differences in one bounded line: `seed: 1 -> 2; …`."""
    shown = [f"{_MEANS.get(path, path)}: {_value(old)} -> {_value(new)}" for path, old, new in found[:most]]
    more = len(found) - most
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")


def _value(value: Json) -> str:
    """A value as it is shown: JSON, cut where it is long; a digest by its first characters, nothing as such."""
    if value is None:
        return "none"
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value[:_KEPT]
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"
