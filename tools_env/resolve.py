"""Domain names: a built-in one, `tau2:NAME`, or `package.module:Class` from the current folder or a package."""

import importlib
import sys
from inspect import isfunction
from pathlib import Path
from types import ModuleType

from tools_env.environment import Environment
from tools_env.meant import meant
from tools_env.port import World
from tools_env.tool import DomainError

BUILT_IN = {
    "clinic": "tools_env.domains.clinic:Clinic",
    "library": "tools_env.domains.library:Library",
    "retail": "tools_env.domains.retail:Retail",
}
LONGEST = 400
"""Signs of the name of a domain."""
INSTALLED = frozenset({*BUILT_IN, "tau2:airline", "tau2:mock", "tau2:retail", "tau2:telecom"})
"""Names that stand for code which the user installed: a file may name them without running anything of its own."""


class UnknownDomain(ValueError):  # noqa: N818 - it reads as what happened
    """No domain has this name, or its module cannot be imported."""


def resolve(name: str, folder: Path | None = None) -> World:
    """The world of that name; `folder` (where the user stands) is importable for `module:Class`.

    The attribute may be an environment class, another class of worlds, a world, or a function that makes one.

    Raises:
        UnknownDomain: nothing of that name, with what to write instead.
        DomainError: the class is written wrongly; the message names the place.
    """
    if name.startswith("tau2:"):
        return _tau2(name)
    target = BUILT_IN.get(name, name)
    module_name, colon, attribute = target.partition(":")
    if len(name) > LONGEST or not colon or not all(p.isidentifier() for p in [*module_name.split("."), attribute]):
        known = f": use {', '.join(sorted(BUILT_IN))}, tau2:NAME, or package.module:Class"
        raise UnknownDomain(f"unknown domain {name!r}{meant(name[:LONGEST], INSTALLED) or known}")
    try:
        module = _imported(module_name, folder if target == name else None)
    except (ImportError, SyntaxError) as error:
        raise UnknownDomain(f"domain {name!r}: cannot import {module_name}: {error}") from error
    found: object = getattr(module, attribute, None)
    if isinstance(found, type) and issubclass(found, Environment):
        return found.world(name)
    if callable(found) and (hasattr(found, "open") if isinstance(found, type) else isfunction(found)):
        try:
            found = found()
        except TypeError as error:
            raise UnknownDomain(
                f"domain {name!r}: {attribute} in {module_name} cannot make a world: {error}"
            ) from error
    if found is None or not hasattr(found, "open") or not hasattr(found, "specs"):
        raise UnknownDomain(f"domain {name!r}: {attribute} in {module_name} is not an Environment class or a world")
    world: World = found  # type: ignore[assignment] # checked structurally just above
    return world


def _imported(name: str, folder: Path | None) -> ModuleType:
    """A module from a folder or a package. Afterwards the folder comes last: what else lies there, under whatever name,
    is not to be taken for a library of ours that is imported later.
    """
    if folder is None:
        return importlib.import_module(name)
    known = str(folder) in sys.path
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        if not known:
            sys.path.append(str(folder))


def _tau2(name: str) -> World:
    """`tau2:NAME` from the installed package, or `tau2:NAME@CHECKOUT`."""
    from tools_env.imports import tau2  # noqa: PLC0415 - only who asks for it waits for it

    domain, at, checkout = name.removeprefix("tau2:").partition("@")
    if domain not in tau2.DOMAINS or (at and not checkout):
        known = ", ".join(f"tau2:{d}" for d in tau2.DOMAINS)
        use = f": use {known}, each with @CHECKOUT or without"
        raise UnknownDomain(f"unknown domain {name!r}{meant(name, INSTALLED) or use}")
    try:
        return tau2.load(domain, Path(checkout).expanduser().absolute() if checkout else None)
    except tau2.NoTau2 as error:
        advice = "" if checkout else ": pip install 'apigen-mt[tau2]'"
        raise UnknownDomain(f"domain {name!r}: {error}{advice}") from error


__all__ = ["BUILT_IN", "INSTALLED", "DomainError", "UnknownDomain", "resolve"]
