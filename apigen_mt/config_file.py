"""Configuration files, read strictly: small YAML without aliases, tags of a language, or a name given twice."""

from collections.abc import Hashable
from pathlib import Path

import yaml

from apigen_mt.plain_files import readable
from tools_env.values import Json

LARGEST = 100_000
"""Bytes; a configuration has a few hundred, and reading YAML is slow."""
MOST = 2**63
"""No number in a configuration is as large."""


class Unreadable(ValueError):  # noqa: N818 - reads as what is the matter
    """The file holds no settings; one line says why and where."""


def read(path: Path) -> dict[str, Json]:
    """The settings in a file, by name. Raises `Unreadable`."""
    try:
        with readable(path) as file:
            raw = file.read(LARGEST + 1)
        text = raw.decode("utf-8")
    except FileNotFoundError as error:
        raise Unreadable(f"cannot read {path}: {error.strerror}; `apigen-mt init FILE` writes one") from error
    except OSError as error:
        raise Unreadable(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"cannot read {path}: not UTF-8 text") from error
    if len(raw) > LARGEST:
        raise Unreadable(f"cannot read {path}: larger than {LARGEST:,} bytes, so no configuration")
    try:
        found: Json = _Strict(text).get_single_data() or {}
    except yaml.MarkedYAMLError as error:
        place = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise Unreadable(f"{path} is no valid YAML{place}: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(f"{path} is no valid YAML") from error
    if not _plain(found):
        what = "a date, bytes, a set, a name that is no text or a number beyond all bounds"
        raise Unreadable(f"{path} holds what no setting can be: {what}")
    if not isinstance(found, dict):
        raise Unreadable(f"{path} must hold settings by name, such as 'domain: retail'")
    return found


def _plain(value: object) -> bool:
    """Whether YAML gave what JSON can hold, and no whole number that is too large to be written down again."""
    if isinstance(value, dict):
        return all(isinstance(name, str) and _plain(part) for name, part in value.items())
    if isinstance(value, list):
        return all(map(_plain, value))
    return value is None or isinstance(value, str | float) or (isinstance(value, int) and abs(value) < MOST)


class _Strict(yaml.SafeLoader):
    """YAML's plain values only. An alias can stand for a file of any size, and of two equal names one would be lost."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            alias = self.get_event()  # type: ignore[no-untyped-call] # types-PyYAML has none for it
            problem = "aliases (*name) are not read: write it out"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=alias.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:  # noqa: FBT001, FBT002 - as in SafeLoader
        names: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in names:
                raise yaml.MarkedYAMLError(problem=f"{key.value!r} is given twice", problem_mark=key.start_mark)
            names.add(str(key.value))
        return super().construct_mapping(node, deep=deep)
