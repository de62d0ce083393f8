"""τ²-bench domains as worlds, from an installed `tau2` package or a checkout; none of its code or data is here."""

import importlib
import inspect
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tools_env.calls import Actor
from tools_env.imports import calculator
from tools_env.imports.frozen import Freezer, WouldChange
from tools_env.imports.inference import Signature, infer
from tools_env.imports.overlay import Overlay, overlay_of
from tools_env.imports.tau2_session import Snapshot, Tau2Session, shown
from tools_env.imports.tau2_state import Shelf, shelves_of
from tools_env.imports.tau2_tools import Function, functions_of, specs_of
from tools_env.imports.tau2_view import Source, View, hollow
from tools_env.port import Brief, Fact, ForkCost, Person, SetUp, UnknownSnapshot
from tools_env.rules import Clause
from tools_env.session import TOOL_BUGS
from tools_env.state import fingerprint
from tools_env.tool import DomainError, ToolSpec
from tools_env.values import TEXT, Json, Meaning

DOMAINS = ("airline", "mock", "retail", "telecom")


class Tau2World:
    """A τ² domain behind the port: one snapshot, which its sessions share and never change."""

    fork_cost: ForkCost = "cheap"

    def __init__(self, name: str, environment: Any, toolkits: Any, overlay: Overlay) -> None:  # noqa: ANN401 - theirs
        self.name = name
        self.overlay = overlay
        self._environment = environment
        kits: dict[Actor, Any] = {"agent": environment.tools, "human": environment.user_tools}
        kits = {actor: kit for actor, kit in kits.items() if kit is not None}
        base = toolkits.ToolKitBase
        self.functions: dict[tuple[Actor, str], Function] = {
            (actor, f.name): f for actor, kit in kits.items() for f in functions_of(kit, actor, toolkits.as_tool, base)
        }
        tools = [f for f in self.functions.values() if f.is_tool]
        named = {f.name: f for f in tools}
        if len(named) < len(tools):
            raise DomainError(f"{name}: both speakers have a tool of the same name.")
        agents = frozenset(type(kits["agent"].db).model_fields) if "agent" in kits else frozenset[str]()
        taken: dict[Actor, frozenset[str]] = {"agent": frozenset(), "human": agents}
        freeze = Freezer()
        self.shelves = tuple(s for actor, kit in kits.items() for s in shelves_of(kit.db, actor, taken[actor], freeze))
        for actor, kit in kits.items():  # what they loaded goes; sessions share the frozen records
            kit.db = hollow(kit.db, {s.field: s.shown({}) for s in self.shelves if s.actor == actor})
        loose = {actor: _loose(kit, base) for actor, kit in kits.items()}
        self._source = Source(environment, self.functions, self.shelves, overlay, loose)
        inferred = infer(
            {s.table: {key: s.dumped(record) for key, record in s.base.items()} for s in self.shelves},
            {n: Signature(f.parameters, f.returns, f.writes) for n, f in named.items()},
            overlay,
            {n: (seen,) for n, f in named.items() if (seen := self._seen(f)) is not None},
        )
        self.specs: Mapping[str, ToolSpec] = specs_of(named, inferred.params, inferred.yields, overlay.ask)
        self.fields = inferred.fields
        self.clauses: Sequence[Clause] = overlay.clauses()

    def _seen(self, function: Function) -> Json:
        """What a tool answers that reads and needs no arguments; None from any other."""
        if function.writes or function.parameters.get("required"):
            return None
        view = View(self._source, {})
        try:
            return shown(self._source.show, function.run(view.kits[function.actor], {}))
        except (WouldChange, *TOOL_BUGS):
            return None

    @cached_property
    def data(self) -> str:
        """A hash of the database."""
        return fingerprint(
            [s.table, key, s.dumped(record)] for s in self.shelves for key, record in sorted(s.base.items())
        )

    @cached_property
    def digest(self) -> str:
        """Hash of specifications, policy, data, their sources, the overlay and our calculator."""
        kits = [kit for kit in (self._environment.tools, self._environment.user_tools) if kit is not None]
        parts = [self._environment, *kits, *(kit.db for kit in kits)]
        package = type(self._environment).__module__.partition(".")[0]
        modules = {c.__module__ for part in parts for c in type(part).__mro__}
        sources = [
            inspect.getsource(sys.modules[m]) for m in sorted(modules) if m == package or m.startswith(f"{package}.")
        ]
        specs = [s.model_dump(mode="json") for s in self.specs.values()]
        return fingerprint(
            [*specs, self._environment.get_policy(), self.data, *sources, self.overlay.source, calculator.VERSION]
        )

    @property
    def snapshot(self) -> str:
        """The name of the only snapshot: a prefix of the data's hash."""
        return f"fixture:{self.data[:12]}"

    @property
    def unexplained(self) -> bool:
        """Without rules of ours over the state: a toolkit that refuses only says why in words."""
        return not self.overlay.rules

    def snapshots(self, most: int) -> tuple[str, ...]:
        """The one there is."""
        return (self.snapshot,)[:most]

    def _known(self, snapshot: str) -> None:
        if snapshot != self.snapshot:
            raise UnknownSnapshot(f"unknown snapshot {snapshot!r}: {self.name} has {self.snapshot}")

    @cached_property
    def _brief(self) -> Brief:
        people = next((s for s in self.shelves if s.table == self.overlay.person), None)
        return Brief(
            now=self.overlay.now,
            policy=self._environment.get_policy().strip(),
            people=tuple(self._person(people, key) for key in people.base) if people is not None else (),
            pools=dict(self.overlay.pools),
        )

    def _person(self, shelf: Shelf, key: str) -> Person:
        record = shelf.dumped(shelf.base[key])
        facts = {
            fact: Fact(value=value, meaning=self._meaning(shelf.table, path))
            for fact, path in self.overlay.knows.items()
            if (value := _at(record, path)) is not None
        }
        return Person(id=key, facts=facts)

    def _meaning(self, table: str, path: str) -> Meaning:
        places = (f"{table}/{path}", f"{table}/{path.partition('.')[0]}")
        known = (meanings.get(p) for p in places for meanings in (self.overlay.meanings, self.fields))
        return next((meaning for meaning in known if meaning is not None), TEXT)

    def brief(self, snapshot: str) -> Brief:
        """Date, policy as they give it, and people of the snapshot."""
        self._known(snapshot)
        return self._brief

    def open(self, snapshot: str, setup: SetUp = ()) -> Tau2Session:
        """A new session; set-up calls may use any public function of a toolkit."""
        self._known(snapshot)
        return Tau2Session.open(Snapshot(snapshot, self._source, self.specs, self.fields), setup)


def _at(value: Json, path: str) -> Json:
    """The value at a dotted path."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _loose(kit: object, base: type) -> dict[str, Any]:
    """What a toolkit and its classes hold besides the database and could change in place."""
    own = [vars(c) for c in reversed(type(kit).__mro__) if issubclass(c, base) and c is not base]
    found = {n: v for space in own for n, v in space.items() if isinstance(v, BaseModel | list | dict | set)}
    found |= {n: v for n, v in vars(kit).items() if n != "db" and hasattr(v, "__dict__")}
    return {name: value for name, value in found.items() if not name.startswith("__")}


class NoTau2(ImportError):  # noqa: N818 - it reads as what happened
    """The package is not installed, or the checkout holds none."""


def load(domain: str, checkout: Path | None = None) -> Tau2World:
    """The world of a τ² domain (one of `DOMAINS`); with `checkout`, from that folder or its `src`.

    Raises:
        NoTau2: there is no such package there, or another copy of it is already in use.
    """
    folder = None
    if checkout is not None:
        folder = checkout / "src" if (checkout / "src" / "tau2").is_dir() else checkout
        if not (folder / "tau2").is_dir():
            raise NoTau2(f"{checkout} holds no tau2 package")
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    before = {*os.environ}
    try:
        importlib.import_module("loguru").logger.disable("tau2")
        found = importlib.import_module(f"tau2.domains.{domain}.environment")
        toolkits = importlib.import_module("tau2.environment.toolkit")
    except ImportError as error:
        raise NoTau2(str(error)) from error
    for added in {*os.environ} - before:  # it reads a .env file when it is imported
        del os.environ[added]
    if folder is not None and not Path(str(found.__file__)).is_relative_to(folder):
        raise NoTau2(f"another copy of tau2 is in use, {Path(str(found.__file__)).parents[2]}")
    overlay = overlay_of(f"tools_env.imports.overlays.tau2_{domain}")
    return Tau2World(f"tau2:{domain}", found.get_environment(), toolkits, overlay)
