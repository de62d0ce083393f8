"""Worlds that rows name: built-in and installed ones by themselves, others where the command line names them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools_env.port import World
from tools_env.resolve import INSTALLED, UnknownDomain, resolve


def named_worlds(domains: Sequence[str]) -> Mapping[str, World]:
    """Worlds named on the command line, by the name that their rows bear. Raises `UnknownDomain`."""
    return {world.name: world for world in (resolve(name, Path.cwd()) for name in domains)}


def worlds_of(domains: Sequence[str]) -> Callable[[str], World | None]:
    """Finds a row's world where it is installed or among `domains`: a name that only a file gives is code nobody asked
    for. Raises `UnknownDomain` for one that is named here.
    """
    found: dict[str, World | None] = dict(named_worlds(domains))

    def world(domain: str) -> World | None:
        if domain not in found:
            found[domain] = _installed(domain)
        return found[domain]

    return world


def _installed(domain: str) -> World | None:
    if domain not in INSTALLED:
        return None
    try:
        return resolve(domain)
    except UnknownDomain:
        return None
