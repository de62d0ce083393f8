"""Which of the known words somebody probably meant."""

from collections.abc import Iterable

CLOSE = 0.7
"""How alike two words must be for the one to be taken for the other."""


def meant(word: str, known: Iterable[str]) -> str:
    """`, did you mean ...?` where one of the known words is close to it, else nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for who has mistyped

    near = get_close_matches(word, known, n=1, cutoff=CLOSE)
    return f", did you mean {near[0]}?" if near else ""
