"""All settings as a file to begin with: each with its default, taken from the configuration, and a line on it."""

from collections.abc import Iterator

from pydantic import BaseModel

from apigen_mt.config import Config
from apigen_mt.config_words import WORDS
from tools_env.values import Json, compact

FILLED = frozenset({"reviewers", "summariser"})
"""Settings that `--model` fills unless the file names them: they stand there as comments."""
_HEAD = """\
# Settings of apigen-mt: every setting with its default, and what it is for. Flags win over this file.
# Give each role its model and endpoint, then look whether all is there: apigen-mt doctor --config THIS_FILE
"""
_NARROW = 34


def template(domain: str = "retail") -> str:
    """The file: YAML that reads back as the defaults, for that domain."""
    return "\n".join([_HEAD, *_lines(Config(domain=domain), told=True), ""])


def _lines(part: BaseModel, indent: str = "", *, told: bool) -> Iterator[str]:
    """A line for each setting of a part, with a word on it if that was not `told` before."""
    words = WORDS[type(part).__name__] if told else {}
    seen: set[type[BaseModel]] = set()
    for name in type(part).model_fields:
        value, word = getattr(part, name), words.get(name, "")
        if name in FILLED:
            yield f"{indent}# {name}:  # {word}"
        elif isinstance(value, BaseModel):
            yield _line(f"{indent}{name}:", word)
            yield from _lines(value, f"{indent}  ", told=type(value) not in seen)
            seen.add(type(value))
        elif isinstance(value, dict) and value:
            yield _line(f"{indent}{name}:", word)
            yield from (f"{indent}  {key}: {_plain(share)}" for key, share in value.items())
        else:
            yield _line(f"{indent}{name}: {_plain(list(value) if isinstance(value, tuple) else value)}", word)


def _line(setting: str, word: str) -> str:
    return f"{setting:<{_NARROW}}  # {word}" if word else setting


def _plain(value: Json) -> str:
    """A value as JSON, which YAML reads too; a name without quotes."""
    if isinstance(value, str) and value.isidentifier():
        return value
    return compact(value)
