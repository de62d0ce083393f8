"""Keys that stand where they would be written down: a configuration is stored with its run, and holds none."""

from collections.abc import Iterator, Mapping

from apigen_mt.config import Config, ConfigError
from tools_env.values import Json

_SHORTEST = 8
"""Signs of a key; what is shorter, such as "none", is a word like any other."""


def refuse_secrets(config: Config, keys: Mapping[str, str]) -> None:
    """Raises `ConfigError` where a setting holds the value of one of these key variables."""
    texts = list(_texts(config.model_dump(mode="json")))
    for name, key in keys.items():
        if len(key) >= _SHORTEST and any(key in text for text in texts):
            raise ConfigError(f"a setting holds the value of {name}: leave it out, settings are stored with the run")


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from _texts(part)
