"""What one call sees of a τ² environment: copies of its toolkits, over frozen or lent records."""

import copy
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from tools_env.calls import Actor, Touch
from tools_env.imports.frozen import Shown, plain_type, put
from tools_env.imports.overlay import Overlay
from tools_env.imports.tau2_state import Changes, Shelf, members_of, records_in
from tools_env.imports.tau2_tools import Function
from tools_env.imports.watched import Watched
from tools_env.tool import Tool
from tools_env.values import Json


class Source:
    """What all sessions of a world share and none changes: their environment, its toolkits, tables and functions."""

    def __init__(
        self,
        environment: Any,  # noqa: ANN401 - theirs
        functions: Mapping[tuple[Actor, str], Function],
        shelves: tuple[Shelf, ...],
        overlay: Overlay,
        loose: Mapping[Actor, Mapping[str, Any]],
    ) -> None:
        self.environment = environment
        self.functions = functions
        self.tools: dict[tuple[Actor, str], Tool] = {key: function.tool() for key, function in functions.items()}
        self.shelves = shelves
        self.overlay = overlay
        self.loose = loose
        """Whatever a toolkit holds besides its database and could change in place: every call gets a copy."""
        self.show: Callable[[object], str] = type(environment).to_json_str
        self.all = frozenset(shelf.table for shelf in shelves)
        self.near = {
            actor: frozenset(s.table for s in shelves if s.actor == actor or s.form == "one") for actor in loose
        }
        """By actor the tables that their calls commonly change: their own, and the single records of the other."""
        self.owners = dict(_owners(shelves, overlay))
        self.by_kind: dict[Any, list[Shelf]] = {}
        for shelf in shelves:
            for kind in members_of(shelf.kind) if shelf.id_field else ():
                self.by_kind.setdefault(kind, []).append(shelf)
        self._touches: dict[tuple[str, str, str | None], Touch] = {}

    def kits(self, environment: Any) -> dict[Actor, Any]:  # noqa: ANN401 - theirs
        """The toolkits of an environment by who uses them."""
        both: dict[Actor, Any] = {"agent": environment.tools, "human": environment.user_tools}
        return {actor: kit for actor, kit in both.items() if kit is not None}

    def touch(self, shelf: Shelf, key: str, record: Any) -> Touch:  # noqa: ANN401 - theirs
        """A record that a call read or wrote, with its owner; the same object for the same touch."""
        field = self.owners.get(shelf.table)
        owner = key if field == "" else getattr(record, field, None) if field else None
        place = (shelf.table, key, owner)
        if (known := self._touches.get(place)) is None:
            known = self._touches[place] = Touch(table=shelf.table, id=key, owner=owner)
        return known


def _owners(shelves: tuple[Shelf, ...], overlay: Overlay) -> Iterator[tuple[str, str]]:
    """Table to the field that says whose record it is; an empty field for the people themselves."""
    people = next((shelf.base for shelf in shelves if shelf.table == overlay.person), {})
    for shelf in shelves:
        if shelf.table == overlay.person:
            yield shelf.table, ""
        elif field := overlay.owners.get(shelf.table):
            yield shelf.table, field
        elif people and shelf.form != "one":
            records = list(shelf.base.values())
            for name in plain_type(records[0]).model_fields if records else ():
                values = [getattr(record, name, None) for record in records]
                if all(isinstance(v, str) and v in people for v in values):
                    yield shelf.table, name
                    break


class View:
    """Copies of an environment and its toolkits for one call, over one state: with clones of the tables that `lends`
    names, which the call may change, and all others frozen.
    """

    def __init__(self, source: Source, changes: Changes, lends: Collection[str] = ()) -> None:
        self.source = source
        self.changes = changes
        self.lends = lends
        self.environment = _shallow(source.environment)
        self.kits = {actor: _shallow(kit) for actor, kit in source.kits(self.environment).items()}
        self.held = {s.table: s.lent(changes) if s.table in lends else s.shown(changes) for s in source.shelves}
        for actor, kit in self.kits.items():
            kit.__dict__.update({name: copy.deepcopy(value) for name, value in source.loose[actor].items()})
            if kit.db is not None:
                kit.db = hollow(kit.db, {s.field: self.held[s.table] for s in source.shelves if s.actor == actor})
        self.environment.tools = self.kits.get("agent")
        self.environment.user_tools = self.kits.get("human")

    def changed(self) -> dict[str, dict[str, Any]]:
        """Records by table that are no longer what they were."""
        found: dict[str, dict[str, Any]] = {}
        for shelf in self.source.shelves:
            value, held = getattr(self.kits[shelf.actor].db, shelf.field), self.held[shelf.table]
            if value is held and shelf.table not in self.lends:
                continue
            if isinstance(value, Watched) and value is not held:
                value = value.copy()
            if records := shelf.changed(self.changes, value):
                found[shelf.table] = records
        return found

    def touched(self, arguments: Mapping[str, Json], result: object) -> dict[tuple[str, str], None]:
        """Table and id of records that were asked for by key, named by the call where it finds them by searching,
        or shown.
        """
        found: dict[tuple[str, str], None] = {}
        named = [value for value in arguments.values() if isinstance(value, str)]
        for shelf in self.source.shelves:
            held = self.held[shelf.table]
            if isinstance(held, Shown | Watched):
                found.update(((shelf.table, key), None) for key in held.asked)
            elif shelf.form == "list":
                found.update(((shelf.table, k), None) for k in named if shelf.now(self.changes, k) is not None)
        for record in records_in(result):
            for home in self.source.by_kind.get(plain_type(record), ()):
                if home.now(self.changes, key := getattr(record, home.id_field)) is not None:
                    found[home.table, key] = None
        return found


def _shallow(value: Any) -> Any:  # noqa: ANN401 - theirs
    """A copy that shares all it holds."""
    twin = object.__new__(type(value))
    twin.__dict__.update(value.__dict__)
    return twin


def hollow(database: BaseModel, fields: dict[str, Any]) -> BaseModel:
    """A database of the same class that holds these fields, unvalidated."""
    twin = type(database).__new__(type(database))
    put(twin, "__dict__", fields)
    put(twin, "__pydantic_fields_set__", set(fields))
    put(twin, "__pydantic_extra__", None)
    put(twin, "__pydantic_private__", None)
    return twin
