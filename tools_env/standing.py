"""Where words stand in a text by themselves: not inside a longer word, number or amount."""

from collections.abc import Iterator, Sequence

_POINTS = ".,\u00b7"
_SIGNS = "$€£"


def standing(words: str, text: str) -> Iterator[tuple[int, int]]:
    """From where to where words stand in a text, in its case; blanks, hyphens or underscores may divide them. What
    begins or ends with a figure is no part of a longer number or an amount.
    """
    first, *rest = words.split(" ")
    at = text.find(first)
    while at >= 0:
        end = next((e for e in _ends(text, at + len(first), rest) if _closed(words, text, e)), -1)
        if end < 0 or not _open(words, text, at):
            at = text.find(first, at + 1)
            continue
        yield at, end
        at = text.find(first, max(end, at + 1))


def uncased(text: str) -> str:
    """A text in lower case, each character in its place."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)


def _ends(text: str, at: int, parts: Sequence[str]) -> Iterator[int]:
    """Where the rest of the words may end, the longest gaps first."""
    if not parts:
        yield at
        return
    stop = at
    while stop < len(text) and (text[stop] in "_-" or text[stop].isspace()):
        stop += 1
    for place in range(stop, at, -1):
        if text.startswith(parts[0], place):
            yield from _ends(text, place + len(parts[0]), parts[1:])


def _word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _open(words: str, text: str, at: int) -> bool:
    """Whether something may begin here."""
    before = text[at - 1 : at] if at else ""
    if _word(before) or before == "-":
        return False
    if not words[:1].isdigit() or not before:
        return True
    return before not in _SIGNS and not (before in _POINTS and at > 1 and text[at - 2].isdecimal())


def _closed(words: str, text: str, end: int) -> bool:
    """Whether something may end here."""
    after, second = text[end : end + 1], text[end + 1 : end + 2]
    if _word(after) or (after == "-" and _word(second)):
        return False
    return not (words[-1:].isdigit() and after and after in _POINTS and second.isdecimal())
