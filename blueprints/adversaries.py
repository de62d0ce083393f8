"""Adversaries: cheap agents that understand nothing. A task that one of them passes proves nothing (design: gates)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from typing import NamedTuple

from blueprints.author import said
from blueprints.blueprint import Blueprint, Kind, Known, Rejected, Stage
from blueprints.judging import outcome
from blueprints.judging.fidelity import STOP, HumanTurn
from blueprints.judging.judge import judge
from blueprints.judging.talk import Talk
from blueprints.judging.verdict import EndReason, Verdict
from blueprints.knowledge import referents_in
from blueprints.solution import opened
from blueprints.wording import label
from tools_env.calls import Call, Result
from tools_env.course import Called, Course, Event, Said
from tools_env.port import Session, World
from tools_env.replay import Replayed
from tools_env.tool import Param, ToolSpec
from tools_env.values import Json, compact

MOST_READS, MOST_WRITES = 10, 6
"""Calls in all, and changes in one matter."""
ROUNDS, VALUES = 3, 4
"""How often every tool has its turn, and how many of the records seen are tried for an argument."""
MOST_TURNS = 12
WHO = "Could you please tell me who you are, and all that I have to know?"
AHEAD = "I will now do all that can be done. Shall I go ahead?"
MORE = "Is there anything else I can help you with?"


class Person:
    """The simplest human there is: tells all they know when asked, says yes to every proposal, asks again once where
    they are to be refused, and is content with any other answer. No adversary fails because of them.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.stage = -1
        self.told: set[str] = set()
        self.pushed = self.changed = False

    def next(self) -> HumanTurn:
        """The next matter, or the end of the talk."""
        self.stage += 1
        self.pushed = self.changed = False
        if self.stage == len(self.blueprint.stages):
            return HumanTurn(act="stop", text=f"That was all, thank you. {STOP}")
        stage = self.blueprint.stages[self.stage]
        self.told |= {*stage.facts}
        return HumanTurn(act="raise", fact_ids=stage.facts, text=stage.say)

    def answer(self, heard: str) -> HumanTurn:
        """The turn after the agent's words."""
        stage = self.blueprint.stages[self.stage]
        if AHEAD in heard:
            return self._agree(stage)
        if "?" in heard.replace(MORE, ""):
            return self._tell()
        if stage.wants in {"refusal", "missing"} and not self.pushed:
            self.pushed = True
            return HumanTurn(act="push_back", text="Are you sure? Is there really no way?")
        return self.next()

    def _agree(self, stage: Stage) -> HumanTurn:
        if stage.change and not self.changed:
            self.changed = True
            return HumanTurn(act="correct", text=stage.change)
        return HumanTurn(act="confirm", consents_to=stage.intent, text="Yes, please go ahead.")

    def _tell(self) -> HumanTurn:
        """All that was not said yet of themself and of the matter in hand."""
        known, stage = self.blueprint.known, self.stage
        now = {n: k for n, k in known.items() if n not in self.told and (not k.about or k.stage == stage)}
        self.told |= now.keys()
        names = tuple(n for n, k in now.items() if k.disclose != "unknown")
        text = " ".join(_line(k) for k in now.values() if k.phrase or not k.field)
        return HumanTurn(act="answer", fact_ids=names, text=text or "That is all I know.")


def _line(known: Known) -> str:
    """A fact in a sentence."""
    if known.phrase:
        return f"I mean {known.phrase}."
    return f"{'The' if known.about else 'My'} {known.label} is {said(known)}."


@dataclass(slots=True)
class Scene:
    """A talk as it stands, and what the agent has been shown in it: ids by table, and all there is to tell."""

    person: Person
    world: World
    session: Session | None = None
    events: list[Event] = field(default_factory=list)
    human_turns: list[HumanTurn] = field(default_factory=list)
    seen: dict[str, list[Json]] = field(default_factory=dict)
    shown: dict[str, None] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)

    def hear(self, turn: HumanTurn) -> None:
        """The human speaks."""
        self.human_turns.append(turn.model_copy(update={"turn": len(self.events)}))
        self.events.append(Said(speaker="human", text=turn.text))

    def say(self, text: str) -> HumanTurn:
        """The agent speaks, and the human answers."""
        self.events.append(Said(speaker="agent", text=text))
        self.hear(self.person.answer(text))
        return self.human_turns[-1]

    def branch(self) -> "Scene":
        """The same talk, to go on with in another way; both cannot make calls any more."""
        person = Person(self.person.blueprint)
        person.stage, person.told, person.pushed = self.person.stage, {*self.person.told}, self.person.pushed
        return Scene(person, self.world, None, [*self.events], [*self.human_turns], self.seen, {**self.shown})

    def make(self, *, writes: bool, most: int) -> None:
        """Make as many calls as can be made with what was said and shown, each tool in its turn."""
        blueprint = self.person.blueprint
        self.session = self.session or opened(blueprint, self.world)
        told = {n: k for n, k in blueprint.known.items() if n in self.person.told and k.value is not None}
        specs = [s for s in self.world.specs.values() if s.writes == writes and "agent" in s.actors]
        specs = sorted((s for s in specs if s.name not in blueprint.withheld), key=_records_needed)
        for number, spec in ((n, s) for n in range(ROUNDS) for s in specs):
            arguments = next(islice(self._fillings(spec, told), number, None), None)
            key = "" if arguments is None else f"{spec.name} {compact(arguments)}"
            if arguments is None or key in self.made:
                continue
            self.made.add(key)
            self._call(self.session, Call(name=spec.name, arguments=arguments), spec)
            most -= 1
            if not most:
                return

    def _call(self, session: Session, call: Call, spec: ToolSpec) -> None:
        came, number = session.call(call), len(self.made)
        made = Called(call_id=f"call_{number}", call=call, outcome=came, writes=spec.writes, batch=number)
        self.events.append(made)
        if isinstance(came, Result):
            self.shown |= dict.fromkeys(f"{label(name)} {value}" for name, value in _scalars(came.value))
            for one in referents_in(came.value, spec, number, call):
                ids = self.seen.setdefault(one.table, [])
                if one.id not in ids:
                    ids.append(one.id)

    def _fillings(self, spec: ToolSpec, told: Mapping[str, Known]) -> Iterator[dict[str, Json]]:
        """Sets of arguments for a tool; none where a required one was neither said nor shown."""
        columns = {p.name: values for p in spec.params if (values := self._values(p, told)) or p.required}
        return (dict(zip(columns, row, strict=True)) for row in product(*columns.values()))

    def _values(self, param: Param, told: Mapping[str, Known]) -> list[Json]:
        found: list[Json]
        if param.meaning.kind == "identifier":
            found = self.seen.get(param.meaning.of, [])[: 1 if param.personal else VALUES] if param.required else []
        else:
            found = [k.value for n, k in told.items() if k.about == param.name or _own(n, k, param)]
            found = found or list[Json](param.choices)[: VALUES if param.required else 0]
        return [[v] for v in found] if param.many else found


def _records_needed(spec: ToolSpec) -> int:
    return sum(p.required and p.meaning.kind == "identifier" for p in spec.params)


def _own(name: str, known: Known, param: Param) -> bool:
    """Whether a fact about the person themself fits an argument: by name, or by what a contact is."""
    like = known.meaning.kind == param.meaning.kind and known.meaning.of == param.meaning.of
    return like and not known.about and (name == param.name or param.meaning.kind == "contact")


def _scalars(value: Json) -> Iterator[tuple[str, Json]]:
    """Names and values at the ends of a result."""
    if isinstance(value, list):
        for member in value:
            yield from _scalars(member)
    elif isinstance(value, dict):
        for name, member in value.items():
            if isinstance(member, list | dict):
                yield from _scalars(member)
            elif member is not None:
                yield name, member


def _report(scene: Scene) -> str:
    if scene.person.blueprint.kind == "policy_question":
        return f"These are all our rules: {scene.world.brief(scene.person.blueprint.snapshot).policy}"
    return f"This is all I have found: {', '.join(scene.shown)}."


class Adversary(NamedTuple):
    """A cheap agent: what it says, whatever it hears, and whether it reads, and then changes, all that it can."""

    name: str
    does: str
    says: Callable[[Scene], str]
    reads: bool = False
    writes: bool = False


ADVERSARIES = (
    Adversary("silent", "says nothing", lambda _: ""),
    Adversary("refuse", "declines everything", lambda _: "I'm sorry, our policy does not allow that."),
    Adversary("transfer", "sends everybody elsewhere", lambda _: f"A colleague will see to it. {MORE}"),
    Adversary("echo", "says what it has just heard", lambda s: s.human_turns[-1].text),
    Adversary(
        "repeat-user",
        "repeats all it has heard and claims to have done it",
        lambda s: f"You said: {' '.join(t.text for t in s.human_turns)} That is all done now. {MORE}".replace("?", "."),
    ),
    Adversary("read-all", "reads all it can and tells all of it", lambda s: f"{_report(s)} {MORE}", reads=True),
    Adversary(
        "do-everything",
        "changes all it can",
        lambda s: f"{_report(s)} That is all done now. {MORE}",
        reads=True,
        writes=True,
    ),
)

RIGHT_FOR: Mapping[Kind, frozenset[str]] = {
    "transfer": frozenset({"transfer"}),
    "missing_tool": frozenset({"refuse", "transfer"}),
}
"""Where a cheap agent is right. To hand over is all that a transfer asks for. Where the tool for the only matter is not
there, nothing can be read or tried: to say that it cannot be done here is the whole answer, whoever says it; with any
other matter beside it both fail at that one. A refusal is never among them, for its deciding fact must be read and
stated; nor is `silent`, `echo` or any that claims what it has not done.
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """A talk that an adversary had with the person, finished."""

    adversary: Adversary
    scene: Scene
    end_reason: EndReason

    def course(self) -> Course:
        """What happened in it."""
        return Course(events=tuple(self.scene.events))

    def hopeless(self) -> bool:
        """Whether one of the judge's cheaper gates fails it already: what came of it, without carrying it out again."""
        scene = self.scene
        diff = scene.session.diff() if scene.session else {}
        done = Replayed(Course(), diff, "", ())
        talk = Talk(scene.person.blueprint, self.course(), tuple(scene.human_turns), self.end_reason, scene.world, done)
        return any(gate(talk).status == "fail" for gate in (outcome.state, outcome.outputs, outcome.evidence))

    def verdict(self) -> Verdict:
        """What the judge says of the agent; the person, who agrees to everything, is not on trial."""
        scene, blueprint = self.scene, self.scene.person.blueprint
        return judge(blueprint, self.course(), scene.human_turns, self.end_reason, scene.world, without={"fidelity"})


def adversaries(blueprint: Blueprint, world: World) -> Iterator[Rejected]:
    """Every adversary that passes where it is not right."""
    blind = _needs_calls(blueprint)
    changing = bool(blueprint.diff) and not blueprint.any_diff
    wanted = [a for a in ADVERSARIES if a.name not in RIGHT_FOR.get(blueprint.kind, ())]
    wanted = [a for a in wanted if a.writes or not (changing or (blind and not a.reads))]
    for tried in talks(blueprint, world, wanted):
        if not tried.hopeless() and tried.verdict().ok:
            reason = f"an agent that {tried.adversary.does} ({tried.adversary.name}) passes: ask for more than that"
            yield Rejected(stage="adversaries", reason=reason)


def _needs_calls(blueprint: Blueprint) -> bool:
    """Whether no talk without calls can pass: something has to be read before it is told."""
    return blueprint.evidence is not None or any(o.source_call is not None for o in blueprint.outputs)


def talks(blueprint: Blueprint, world: World, wanted: Iterable[Adversary] = ADVERSARIES) -> Iterator[Tried]:
    """The talks of adversaries; those that read share one reading."""
    reading: Scene | None = None
    for adversary in wanted:
        scene = Scene(Person(blueprint), world)
        scene.hear(scene.person.next())
        if adversary.reads:
            if reading is None:
                reading = scene
                scene.say(WHO)
                scene.make(writes=False, most=MOST_READS)
            scene = reading if adversary.writes else reading.branch()
        yield Tried(adversary, scene, _talk(adversary, scene))
    if reading is not None and reading.session is not None:
        reading.session.close()


def _talk(adversary: Adversary, scene: Scene) -> EndReason:
    acted = -1
    for _ in range(MOST_TURNS):
        if adversary.writes and acted < scene.person.stage:
            acted = scene.person.stage
            if scene.say(f"{_report(scene)} {AHEAD}").act != "confirm":
                scene.say(f"{_report(scene)} {AHEAD}")
            scene.make(writes=True, most=MOST_WRITES)
        text, before = adversary.says(scene), scene.events[-2] if len(scene.events) > 1 else None
        if not text:
            scene.events.append(Said(speaker="agent", text=""))
            return "void"
        again = isinstance(before, Said) and before.text == text
        if STOP in scene.say(f"As I said: {text}" if again else text).text:
            return "user_stop"
    return "over_turn"
