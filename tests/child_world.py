"""A world in a child process: calls cross a pipe, a fork costs a restart, state is seen through probes only.

It proves that nothing above the port leans on cheap forks or on state in its own process.
"""

import contextlib
import json
import multiprocessing
import weakref
from collections.abc import Mapping, Sequence
from functools import cached_property
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from pydantic import TypeAdapter

from tools_env.calls import Call, Edit, Fault, Outcome, Result
from tools_env.canon import Layouts
from tools_env.course import Course
from tools_env.port import Brief, ForkCost, Session, SetUp, SetUpFailed, UnknownSnapshot, seeds
from tools_env.resolve import resolve
from tools_env.rules import Breach, Clause
from tools_env.session import reading_only
from tools_env.state import Diff, altered, fingerprint_of, told
from tools_env.tool import ToolSpec
from tools_env.values import Json, Meaning, Part

DOMAIN = "library"
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])
"""Children come from a server that has imported all they need: a start of Python for each would take half a second."""


class Description(Part):
    """What the child says about its world."""

    specs: dict[str, ToolSpec]
    clauses: tuple[Clause, ...]
    fields: dict[str, Meaning]
    digest: str


class Opening(Part):
    """Which session to open."""

    snapshot: str
    setup: tuple[Call | Edit, ...] = ()


class PipeError(ConnectionError):
    """The child ended, or said something else than an answer."""


class Pipe:
    """A child and one question at a time; the child ends when this is closed or forgotten."""

    def __init__(self) -> None:
        self._near, far = CONTEXT.Pipe()
        process = CONTEXT.Process(target=serve, args=(far,), daemon=True)
        process.start()
        far.close()
        self.pid = process.pid or 0
        self._end = weakref.finalize(self, _end, self._near, process)

    def ask(self, what: str, argument: Json = None) -> Json:
        """Send a question and wait for its answer; a `PipeError` when there is none."""
        if not self._end.alive:
            raise PipeError("the child process was closed")
        try:
            self._near.send_bytes(json.dumps([what, argument]).encode())
            answer: Json = json.loads(self._near.recv_bytes())
        except (OSError, EOFError, ValueError) as error:
            raise PipeError(f"the child process ended: {error}") from error
        return answer

    def close(self) -> None:
        """End the child and wait for it."""
        self._end()


def _end(near: Connection, process: BaseProcess) -> None:
    near.close()
    process.join(5)
    if process.exitcode is None:
        process.kill()
        process.join()


OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)
BREACHES = TypeAdapter(tuple[Breach, ...])
Records = dict[str, dict[str, dict[str, Json]]]


class ChildLibrary:
    """The library behind the port, one child process for each session."""

    name = "child-library"
    fork_cost: ForkCost = "restart"

    def __init__(self) -> None:
        self._briefs: dict[str, Brief] = {}
        self._plain: dict[str, Records] = {}

    @cached_property
    def _description(self) -> Description:
        return Description.model_validate_json(json.dumps(self._once("describe", None)))

    def _once(self, what: str, argument: Json) -> Json:
        pipe = Pipe()
        try:
            return pipe.ask(what, argument)
        finally:
            pipe.close()

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        return self._description.specs

    @property
    def clauses(self) -> Sequence[Clause]:
        return self._description.clauses

    @property
    def fields(self) -> Mapping[str, Meaning]:
        return self._description.fields

    @property
    def digest(self) -> str:
        return self._description.digest

    def brief(self, snapshot: str) -> Brief:
        if snapshot not in self._briefs:
            answer = self._once("brief", snapshot)
            if isinstance(answer, str):
                raise UnknownSnapshot(answer)
            self._briefs[snapshot] = Brief.model_validate_json(json.dumps(answer))
        return self._briefs[snapshot]

    def probes(self, snapshot: str) -> list[tuple[str, Call]]:
        """The reads whose answers are the state, each with the table it shows."""
        people = self.brief(snapshot).people
        found = [("members", Call(name="find_member", arguments={"email": p.facts["email"].value})) for p in people]
        return found + [("loans", Call(name="list_loans", arguments={"member_id": p.id})) for p in people]

    def snapshots(self, most: int) -> tuple[str, ...]:
        return seeds(most)

    def open(self, snapshot: str, setup: SetUp = ()) -> "ChildSession":
        if snapshot not in self._plain:
            plain = ChildSession(self, snapshot, ())
            self._plain[snapshot] = plain.opened
            plain.close()
        return ChildSession(self, snapshot, setup)

    def plain(self, snapshot: str) -> Records:
        """What the probes show of a snapshot before anything is done to it."""
        return self._plain[snapshot]


class ChildSession:
    """One open session, which is one child process."""

    def __init__(self, world: ChildLibrary, snapshot: str, setup: SetUp, done: Sequence[Call] = ()) -> None:
        self.world = world
        self.snapshot = snapshot
        self.setup = setup
        self.done: list[Call] = []
        self.pipe = Pipe()
        opening = Opening(snapshot=snapshot, setup=setup)
        if (wrong := self.pipe.ask("open", opening.model_dump(mode="json"))) is not None:
            self.pipe.close()
            raise (UnknownSnapshot if "unknown snapshot" in str(wrong) else SetUpFailed)(str(wrong))
        self.opened = self._records()
        for call in done:
            self.call(call)

    def call(self, call: Call) -> Outcome:
        try:
            outcome = OUTCOME.validate_json(json.dumps(self.pipe.ask("call", call.model_dump(mode="json"))))
        except PipeError as broken:
            return Fault(reason=str(broken))
        spec = self.world.specs.get(call.name)
        if isinstance(outcome, Result) and spec is not None and spec.writes:
            self.done.append(call)
        return outcome

    def check(self, call: Call) -> Outcome:
        return reading_only(self.world.specs, call) or self.call(call)

    def fork(self) -> "ChildSession":
        return ChildSession(self.world, self.snapshot, self.setup, self.done)

    def _records(self) -> Records:
        probes = self.world.probes(self.snapshot)
        answers = self.pipe.ask("probe", [call.model_dump(mode="json") for _, call in probes])
        found: Records = {"members": {}, "loans": {}}
        for (table, _), answer in zip(probes, answers if isinstance(answers, list) else (), strict=True):
            for record in answer if isinstance(answer, list) else [answer]:
                if isinstance(record, dict):
                    found[table][str(next(iter(record.values())))] = record
        return found

    def _changes(self, before: Records) -> dict[str, tuple[Json, ...]]:
        after = self._records()
        changes: dict[str, tuple[Json, ...]] = {}
        for table, records in after.items():
            for key in before[table].keys() | records.keys():
                changes |= altered(table, key, before[table].get(key), records.get(key))
        return {path: values for path, values in changes.items() if values[0] != values[1]}

    def diff(self) -> Diff:
        return told(self._changes(self.opened))

    def fingerprint(self) -> str:
        return fingerprint_of(self.snapshot, self._changes(self.world.plain(self.snapshot)), Layouts(self.world.fields))

    def breaches(self, course: Course) -> tuple[Breach, ...]:
        return BREACHES.validate_json(json.dumps(self.pipe.ask("breaches", course.model_dump(mode="json"))))

    def close(self) -> None:
        self.pipe.close()


def child_library() -> ChildLibrary:
    """A world of its own, for `module:function`."""
    return ChildLibrary()


class Served:
    """The child's side of the pipe: one method for each question."""

    def __init__(self) -> None:
        self.world = resolve(DOMAIN)
        self.session: Session | None = None

    def describe(self, _: Json) -> Json:
        world = self.world
        return Description(
            specs=dict(world.specs), clauses=tuple(world.clauses), fields=dict(world.fields), digest=world.digest
        ).model_dump(mode="json")

    def brief(self, snapshot: Json) -> Json:
        try:
            return self.world.brief(str(snapshot)).model_dump(mode="json")
        except UnknownSnapshot as error:
            return str(error)

    def open(self, argument: Json) -> Json:
        opening = Opening.model_validate(argument)
        try:
            self.session = self.world.open(opening.snapshot, opening.setup)
        except (UnknownSnapshot, SetUpFailed) as error:
            return str(error)
        return None

    def call(self, call: Json) -> Json:
        return self._opened.call(Call.model_validate(call)).model_dump(mode="json")

    def probe(self, calls: Json) -> Json:
        wanted = TypeAdapter(list[Call]).validate_python(calls)
        return [self._opened.call(call).observed() for call in wanted]

    def breaches(self, course: Json) -> Json:
        found = self._opened.breaches(Course.model_validate_json(json.dumps(course)))
        return [breach.model_dump(mode="json") for breach in found]

    @property
    def _opened(self) -> Session:
        if self.session is None:
            raise RuntimeError("nothing is open")
        return self.session


def serve(questions: Connection) -> None:
    """Answer one question after the other until there are no more."""
    served = Served()
    methods = {
        m.__name__: m for m in (served.describe, served.brief, served.open, served.call, served.probe, served.breaches)
    }
    with contextlib.suppress(EOFError):
        while True:
            what, argument = json.loads(questions.recv_bytes())
            questions.send_bytes(json.dumps(methods[what](argument)).encode())
