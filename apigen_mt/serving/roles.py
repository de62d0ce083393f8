"""Which roles the served model plays: those that name no endpoint of their own."""

from collections.abc import Iterable, Mapping
from typing import Final

from tools_env.values import Json

SERVED: Final = "http://served.invalid/v1"
"""Stands in the configuration, and so in the journal, for wherever the model is served this time; it is no address."""
SERVED_KEY: Final = "APIGEN_SERVED_KEY"
"""The name of its key, which is made anew each time and is in no environment."""

_LISTS = ("reviewers", "judges")


def served_role(name: str) -> dict[str, Json]:
    """The role of a model that is served under a name."""
    return {"model": name, "base_url": SERVED, "api_key_env": SERVED_KEY}


def yielding(settings: Mapping[str, Json], flags: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, Json]]:
    """Settings and flags such that a role of the file which names an endpoint keeps it, although flags win otherwise.

    A role, reviewer or judge without an endpoint is the served model's; one that names another model as well is left
    as it is, and refused for having no endpoint.
    """
    role = next((r for r in _each(flags.get("roles")) if r.get("base_url") == SERVED), None)
    if role is None:
        return dict(settings), dict(flags)
    found, over = dict(settings), dict(flags)
    written = _object(found.get("roles"))
    wanted = _object(flags.get("roles"))
    kept = {n for n, r in written.items() if n in wanted and _is_served(wanted[n]) and not _open_to(r, role)}
    over["roles"] = {name: r for name, r in wanted.items() if name not in kept}
    found["roles"] = {name: _filled(r, role) if _names(r, role) else r for name, r in written.items()}
    if _names(found.get("summariser"), role):
        found["summariser"] = _filled(found["summariser"], role)
    for name in _LISTS:
        if isinstance(members := found.get(name), list):
            found[name] = [_filled(member, role) if _open_to(member, role) else member for member in members]
    return found, over


def _open_to(written: Json, role: Mapping[str, Json]) -> bool:
    """Whether a role says neither where its model is nor that it is another one."""
    return (
        isinstance(written, dict) and not written.get("base_url") and written.get("model") in {None, "", role["model"]}
    )


def _names(written: Json, role: Mapping[str, Json]) -> bool:
    """Whether a role asks for the served model by its name."""
    return _open_to(written, role) and _object(written).get("model") == role["model"]


def _filled(written: Json, role: Mapping[str, Json]) -> Json:
    return {**_object(written), **role}


def _is_served(role: Json) -> bool:
    return isinstance(role, dict) and role.get("base_url") == SERVED


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _each(value: Json) -> Iterable[dict[str, Json]]:
    return (role for role in _object(value).values() if isinstance(role, dict))
