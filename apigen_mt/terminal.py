"""Text from outside made fit for a terminal: nothing in it can move a cursor, change a colour or reverse a line."""

from unicodedata import category

JOINER = "\u200d"
"""Holds the parts of an emoji together."""


def visible(text: str) -> str:
    """The text with every character that does not print made visible as an escape; line ends and tabs stay apart."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(_visible(c) for c in text.replace("\r\n", "\n").replace("\t", "    "))


def one_line(text: str) -> str:
    """Visible text on one line, runs of space as one."""
    return " ".join(visible(text).split())


def shortened(text: str, width: int) -> str:
    """One line of at most `width` characters; what is cut off is told as a number of characters."""
    line = one_line(text)
    if len(line) <= width:
        return line
    tail = f" ... ({len(line) - width} more)"
    return line[:width] + tail


def _visible(character: str) -> str:
    if character == "\n" or character.isprintable() or character == JOINER:
        return character
    return " " if category(character) == "Zs" else character.encode("unicode_escape").decode("ascii")
