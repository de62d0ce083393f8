"""Files of personas that a user brings: lines of text, or of JSON as PersonaHub has them; trusted in nothing."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from apigen_mt.config import ConfigError
from apigen_mt.plain_files import readable
from blueprints.wording import sentence
from tools_env.mentions import MAIL, amounts_in, dates_in

LONGEST = 400
"""Characters of a persona."""
LONGEST_LINE = 1_000_000
"""Bytes of a line; lines of JSON may hold much that is not read."""
MOST_LINES = 1_000_000

_ARTICLE = re.compile(r"^(?:an?|the)(?=\s)", re.IGNORECASE)
_BLANK = re.compile(r"[\[\]{}<>]|(?<!\S)@\w")


class _Entry(BaseModel):
    """The part of a line of JSON that is read here."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    persona: str = Field(validation_alias=AliasChoices("persona", "input persona", "description"))


def read_personas(path: Path) -> tuple[str, ...]:
    """The personas in a file, each once, in order and in the second person. Raises `ConfigError` naming file and line.

    A line is JSON when it begins with a bracket or the file's name says so.
    """
    json = path.suffix in {".json", ".jsonl", ".ndjson"}
    found: dict[str, None] = {}
    for number, raw in _lines(path):
        place = f"{path}:{number}"
        text = _text(raw, place, json=json or raw.startswith((b"{", b"[")))
        found[_spoken_to(_fit(text, place))] = None
    if not found:
        raise ConfigError(f"{path} holds no persona: write one a line, or JSON objects with a 'persona', one a line")
    return tuple(found)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, stripped, with their number; none is read further than it may be long."""
    try:
        with readable(path) as file:
            for number in range(1, MOST_LINES + 1):
                raw = file.readline(LONGEST_LINE + 1)
                if not raw:
                    return
                if len(raw) > LONGEST_LINE:
                    raise ConfigError(f"{path}:{number}: longer than {LONGEST_LINE:,} bytes: give one persona a line")
                if line := raw.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip():
                    yield number, line
            if file.read(1):
                raise ConfigError(f"{path}:{MOST_LINES + 1}: more than {MOST_LINES:,} lines: give a part of the file")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}: give a file of personas, one a line") from error


def _text(raw: bytes, place: str, *, json: bool) -> str:
    """What a line says of a person."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{place}: not UTF-8 text: save the file as UTF-8") from error
    if not json:
        return text
    try:
        return _Entry.model_validate_json(text).persona
    except ValidationError as error:
        first = error.errors()[0]
        what = "no 'persona'" if first["type"] == "missing" else first["msg"]
        raise ConfigError(f'{place}: {what}: write {{"persona": "a nurse who …"}}, one a line') from error


def _fit(text: str, place: str) -> str:
    """A persona on one line, when it holds nothing that no task may hold."""
    for mark in text:
        if unicodedata.category(mark).startswith("C") and mark not in "\t\r\n":
            raise ConfigError(f"{place}: holds the control character U+{ord(mark):04X}: take it out")
    text = " ".join(text.split())
    if not text:
        raise ConfigError(f"{place}: the persona is empty: describe somebody, or take the line out")
    if len(text) > LONGEST:
        raise ConfigError(f"{place}: {len(text):,} characters, of which at most {LONGEST} are read: shorten it")
    if _BLANK.search(text) or MAIL.search(text) or amounts_in(text) or dates_in(text):
        what = "brackets, a handle, a mail address, an amount or a date"
        raise ConfigError(f"{place}: holds {what}, which would pass for a fact of the task: take it out")
    return text


def _spoken_to(text: str) -> str:
    """A persona told to the person: "A nurse who sings" becomes "You are a nurse who sings."."""
    return sentence(_ARTICLE.sub(lambda article: f"You are {article[0].lower()}", text))
