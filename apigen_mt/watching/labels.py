"""Labels that say little and never much: words for causes, addresses without secrets, a bounded number of names."""

import re

OTHER = "other"
MOST = 200
"""So many different values of one label; whoever names more endpoints or reviewers finds the rest together."""
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_UNSHOWN = re.compile(r"(?<=//)[^/@]*@|[?#].*", re.DOTALL)
_WIDTH = 120


def cause_of(text: str) -> str:
    """A cause if it is a word; whatever else it might hold is not repeated."""
    return text if _WORD.fullmatch(text) else OTHER


def shown(address: str) -> str:
    """An address without credentials and query, of bounded length."""
    return _UNSHOWN.sub("", address)[:_WIDTH]


class Bounded:
    """Names as they come, up to `MOST` different ones; later ones are all `other`."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """The name to show."""
        found = self._known.get(name)
        if found is None:
            if len(self._known) >= self._most:
                return OTHER
            found = self._known[name] = shown(name)
        return found
