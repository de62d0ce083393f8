"""τ²-bench tasks as finished talks, and both verdicts on them: ours, and that of the installed tau2 package.

A clean talk follows the task's solution and does around it what the policy asks: the person is found first, whatever
id the solution uses is read or said before, every write is proposed in detail and agreed to, every value is told.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from typing import Any, NamedTuple

import pytest

from apigen_mt.cli_imports import tau2_folder
from blueprints.blueprint import Blueprint
from blueprints.imports.tau2_format import Task, tasks_in
from blueprints.imports.tau2_tasks import Report, blueprints_of
from blueprints.judging.fidelity import STOP, HumanTurn
from tests.blueprints.talks import Talk, agent
from tools_env.calls import Call, Result
from tools_env.course import Called, Said
from tools_env.port import World
from tools_env.resolve import UnknownDomain, resolve
from tools_env.values import Json, leaves

DOMAINS = ("retail", "airline", "telecom")
IDS = ("order_id", "item_ids", "new_item_ids", "payment_method_id", "payment_id", "user_id", "product_id", "line_id",
       "reservation_id", "flight_number", "customer_id", "bill_id")  # fmt: skip
FINDERS = ("find_user_id_by_email", "find_user_id_by_name_zip")
YES = "Yes, please."
BYE = f"No, thank you, that is all. {STOP}"
MORE = "Is there anything else I can help you with?"


@dataclass(frozen=True)
class Bench:
    """One domain: our world, their tasks in both readings, and their database as JSON."""

    name: str
    world: World
    tasks: tuple[Task, ...]
    theirs: Mapping[str, Any]

    @cached_property
    def rewards(self) -> dict[str, float]:
        """What tau2's evaluator of the environment gave for a task and its calls: to load theirs each time is slow."""
        return {}

    @cached_property
    def database(self) -> Any:
        return json.loads(self.environment().tools.db.model_dump_json())

    @cached_property
    def _kinds(self) -> tuple[Any, list[tuple[Any, Any]]]:
        module = import_module(f"tau2.domains.{self.name}.environment")
        first = module.get_environment()
        kits = [kit for kit in (first.tools, first.user_tools) if kit is not None]
        return module.get_environment, [(type(kit.db), kit.db.model_dump()) for kit in kits]

    def environment(self, solo_mode: bool = False) -> Any:
        """What tau2's constructor makes, without reading the file each time."""
        make, kinds = self._kinds
        return make(*(kind.model_validate(data) for kind, data in kinds), solo_mode=solo_mode)


@cache
def bench(name: str) -> Bench:
    """A domain; the test is skipped where tau2 is not installed."""
    pytest.importorskip("tau2", reason="tau2 is not installed")
    try:
        world = resolve(f"tau2:{name}")
    except UnknownDomain as why:
        pytest.skip(str(why))
    raw = (tau2_folder(name) / "tasks.json").read_bytes()
    return Bench(name, world, tasks_in(raw), {t["id"]: t for t in json.loads(raw)})


class Case(NamedTuple):
    """A task, its blueprint, and a talk about it."""

    bench: Bench
    task: Task
    talk: Talk

    @property
    def blueprint(self) -> Blueprint:
        return self.talk.blueprint

    def with_talk(self, talk: Talk) -> "Case":
        return self._replace(talk=talk)


def spread(tasks: tuple[Task, ...], most: int) -> tuple[Task, ...]:
    """Up to `most` tasks, evenly from first to last."""
    return tuple(tasks[n * len(tasks) // most] for n in range(most)) if most < len(tasks) else tasks


def cases(name: str, most: int) -> Iterator[Case]:
    """Clean talks about up to `most` tasks of a domain."""
    found = bench(name)
    for task in spread(found.tasks, most):
        for blueprint in blueprints_of([task], found.world, Report()):
            yield Case(found, task, Writer(found, task, blueprint).talk())


class Writer:
    """Writes the clean talk of one task."""

    def __init__(self, found: Bench, task: Task, blueprint: Blueprint) -> None:
        self.bench = found
        self.task = task
        self.blueprint = blueprint
        self.session = found.world.open(blueprint.snapshot, blueprint.setup)
        self.items: list[Called | Said | HumanTurn] = []
        self.shown: set[str] = set()
        told = task.user_scenario.instructions
        parts = [told] if isinstance(told, str) else [told.reason_for_call, told.known_info or ""]
        self.opening = " ".join(" ".join(p.split()) for p in parts if p.strip()).strip()
        self.extra: list[str] = []

    def talk(self) -> Talk:
        blueprint = self.blueprint
        self.find_person()
        for call in blueprint.actions:
            if call.actor == "agent":
                self.show_ids(call)
                self.say_rest(call)
            writes = call.name in blueprint_writes(self.bench.world)
            if call.actor == "human":
                words = f"{call.name.replace('_', ' ')} {spoken(call.arguments)}".strip()
                self.items.append(agent(f"Please do this on your phone: {words}."))
                self.call(call)
                self.items.append(HumanTurn(act="answer", text="I have done that."))
            elif writes:
                self.items += [agent(proposal(call)), HumanTurn(act="confirm", text=YES)]
                self.call(call)
            else:
                self.call(call)
        self.items += [agent(f"{answer(self.values())}That is everything on this matter. {MORE}")]
        self.items.append(HumanTurn(act="stop", text=BYE))
        opening = HumanTurn(act="raise", text=" ".join([self.opening, *self.extra]))
        empty = Talk(blueprint, self.bench.world, ())
        return empty.with_at(0, opening, *self.items).honest()

    def values(self) -> list[str]:
        """What the person has to be told."""
        criteria = self.task.evaluation_criteria
        return [v for v in (criteria.communicate_info or () if criteria else ()) if v.strip()]

    def call(self, call: Call) -> None:
        outcome = self.session.call(call)
        self.items.append(Called(call_id="", call=call, outcome=Result(value=None)))
        if isinstance(outcome, Result):
            self.shown |= {str(leaf) for leaf in leaves(outcome.value)}

    def find_person(self) -> None:
        """What the policy asks for first, where the solution does not begin with it."""
        person, names = self.blueprint.person, [c.name for c in self.blueprint.actions]
        if self.bench.name == "telecom":
            phone = next(c.arguments.get("phone_number") for c in self.blueprint.setup if isinstance(c, Call))
            self.say(str(phone), "My phone number is {}.")
            self.call(Call(name="get_customer_by_phone", arguments={"phone_number": phone}))
        elif self.bench.name == "airline" and person:
            self.say(person, "My user id is {}.")
            self.call(Call(name="get_user_details", arguments={"user_id": person}))
        elif self.bench.name == "retail" and person and names[:1] and names[0] not in FINDERS:
            record = self.bench.database["users"][person]
            if record["email"] not in self.opening and record["address"]["zip"] in self.opening:
                name = {**record["name"], "zip": record["address"]["zip"]}
                self.call(Call(name="find_user_id_by_name_zip", arguments=name))
            else:
                self.say(record["email"], "My email is {}.")
                self.call(Call(name="find_user_id_by_email", arguments={"email": record["email"]}))

    def say(self, value: str, words: str) -> None:
        """Let the person say it, unless the opening holds it."""
        if value not in self.opening and value not in " ".join(self.extra):
            self.extra.append(words.format(value))

    def show_ids(self, call: Call) -> None:
        """Reads that show the ids a call uses, where nobody has named them so far; failing that, the person says it."""
        if not isinstance(self.session.fork().call(call), Result):
            return
        for name, value in ids_of(call.arguments):
            for read in self.sources(name, value, call):
                if value not in self.shown and value not in self.opening:
                    self.show_ids(read)
                    self.call(read)
            if value not in self.shown and value not in self.opening:
                self.say(value, "I have {} here.")

    def say_rest(self, call: Call) -> None:
        """Days, amounts and addresses that the person's part holds, the agent has to hear before it can use them."""
        for value in map(str, leaves(call.arguments)):
            if re.search(r"\d", value) and value not in self.shown and value in self.blueprint.instruction:
                self.say(value, "It is about {}.")

    def sources(self, name: str, value: str, call: Call) -> Iterator[Call]:
        """Reads that may show an id, best first."""
        person = self.blueprint.person
        if call.name in {"get_user_details", *FINDERS} or not person:
            return
        if self.bench.name == "telecom":
            details = Call(name="get_details_by_id", arguments={"id": "C1001"})
            bills = {"customer_id": call.arguments.get("customer_id")}
            yield details if name == "customer_id" else Call(name="get_bills_for_customer", arguments=bills)
            return
        if name in {"order_id", "reservation_id", "payment_method_id", "payment_id"}:
            yield Call(name="get_user_details", arguments={"user_id": person})
        if name == "item_ids":
            yield Call(name="get_order_details", arguments={"order_id": call.arguments["order_id"]})
        if name == "product_id":
            yield Call(name="list_all_product_types", arguments={})
        yield from self.offers(name, value, call.arguments)

    def offers(self, name: str, value: str, arguments: Mapping[str, Json]) -> Iterator[Call]:
        """Reads of public records that may show a new item or a flight."""
        if name == "new_item_ids":
            products = self.bench.database["products"]
            for key in (k for k, product in products.items() if value in product["variants"]):
                yield Call(name="get_product_details", arguments={"product_id": key})
        if name == "flight_number" and (flight := self.bench.database["flights"].get(value)):
            if "reservation_id" in arguments:
                yield Call(name="get_reservation_details", arguments={"reservation_id": arguments["reservation_id"]})
            flights = arguments["flights"]
            assert isinstance(flights, list)
            date = next(f["date"] for f in flights if isinstance(f, dict) and f["flight_number"] == value)
            ends = {"origin": flight["origin"], "destination": flight["destination"], "date": date}
            yield Call(name="search_direct_flight", arguments=ends)


def blueprint_writes(world: World) -> set[str]:
    return {spec.name for spec in world.specs.values() if spec.writes}


def ids_of(value: Json, name: str = "") -> Iterator[tuple[str, str]]:
    """Ids in arguments, each with the name of the argument or field that holds it."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from ids_of(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from ids_of(member, name)
    elif name in IDS and isinstance(value, str):
        yield name, value


def spoken(value: Json) -> str:
    """Every leaf of a value, with the names that lead to it."""
    if isinstance(value, dict):
        return ", ".join(f"{n.replace('_', ' ')} {spoken(v)}" for n, v in value.items())
    if isinstance(value, list):
        return " and ".join(spoken(v) for v in value)
    return str(value)


def proposal(call: Call) -> str:
    return f"I would do this: {call.name.replace('_', ' ')} with {spoken(call.arguments)}. Shall I go ahead?"


def answer(values: Iterable[str]) -> str:
    told = "; ".join(values)
    return f"What you wanted to know: {told}. " if told else ""


def is_ask(event: object) -> bool:
    return isinstance(event, Said) and event.speaker == "agent" and event.text.endswith("Shall I go ahead?")


class Theirs(NamedTuple):
    """tau2's verdict; `raised` when its evaluator raised instead of giving one."""

    ok: bool
    raised: str = ""


def messages(case: Case) -> list[Any]:
    """The talk in tau2's form. Calls show what they show in our world where all of them succeed (their evaluator
    raises if its environment shows something else), else what their environment shows, unless the talk alters it.
    """
    message = import_module("tau2.data_model.message")
    honest = case.talk.honest()
    sound = all(isinstance(e.outcome, Result) for e in honest.events if isinstance(e, Called))
    environment = None if sound else opened(case)
    kinds = {"agent": (message.AssistantMessage, "assistant"), "human": (message.UserMessage, "user")}
    found: list[Any] = []
    batch: tuple[object, list[Any], list[Any]] = (None, [], [])
    beside: dict[int | None, str] = {}
    for event, again in zip(case.talk.events, honest.events, strict=True):
        if isinstance(event, Said):
            if event.batch is not None:
                beside[event.batch] = event.text
                continue
            kind, role = kinds[event.speaker]
            found.append(kind(role=role, content=event.text))
            continue
        assert isinstance(again, Called)
        kind, role = kinds[event.call.actor]
        if (event.call.actor, event.batch) != batch[0] or not found or found[-1] is not batch[2][-1]:
            made = kind(role=role, content=beside.pop(event.batch, None), tool_calls=[])
            batch = ((event.call.actor, event.batch), made.tool_calls, [])
            found.append(made)
        arguments = {} if event.raw else dict(event.call.arguments)
        call = message.ToolCall(id=event.call_id, name=event.call.name, arguments=arguments, requestor=role)
        seen = event.outcome.observed()
        content = seen if isinstance(seen, str) else json.dumps(seen)
        shown = message.ToolMessage(id=call.id, role="tool", requestor=role, content=content)
        if environment is not None:
            response = environment.get_response(call)
            shown = response if event.raw or seen == again.outcome.observed() else shown
        batch[1].append(call)
        batch[2].append(shown)
        found.append(shown)
    return found


def opened(case: Case) -> Any:
    """tau2's environment as the task begins."""
    environment, start = case.bench.environment(), theirs_of(case).initial_state
    environment.set_state(start and start.initialization_data, start and start.initialization_actions, [])
    return environment


def theirs_of(case: Case) -> Any:
    return import_module("tau2.data_model.tasks").Task.model_validate(case.bench.theirs[case.task.id])


def judged_by_them(case: Case) -> Theirs:
    """tau2's verdict: its evaluators combined as its `evaluate_simulation` does, opinions of a model left out."""
    if case.talk.end_reason not in {"user_stop", "agent_stop"}:
        return Theirs(ok=False)
    task, talk = theirs_of(case), messages(case)
    basis = {kind.value for kind in task.evaluation_criteria.reward_basis}
    known, told = case.bench.rewards, f"{task.id} {calls_in(talk)}"
    try:
        if told not in known:
            known[told] = reward_of("env")(case.bench.environment, task, talk).reward
    except ValueError as error:
        return Theirs(ok=False, raised=str(error))
    reward = known[told] if basis & {"DB", "ENV_ASSERTION"} else 1.0
    if "ACTION" in basis:
        reward *= reward_of("action")(task, talk).reward
    if "COMMUNICATE" in basis:
        reward *= reward_of("communicate")(task, talk).reward
    return Theirs(ok=reward == 1.0)


def calls_in(talk: list[Any]) -> str:
    """All that the evaluator of the environment looks at: the calls and what they showed, without the words."""
    found: list[Any] = []
    for message in talk:
        if message.role == "tool":
            found.append([message.id, message.requestor, message.content, message.error])
        else:
            found += [[message.role, c.id, c.name, c.arguments, c.requestor] for c in message.tool_calls or ()]
    return json.dumps(found)


def reward_of(which: str) -> Any:
    """One of tau2's evaluators; the module that combines them also wants a model's client, which is not installed."""
    name = {"env": "Environment", "action": "Action", "communicate": "Communicate"}[which]
    return getattr(import_module(f"tau2.evaluator.evaluator_{which}"), f"{name}Evaluator").calculate_reward


def edited(case: Case, talk: Talk | None) -> Case | None:
    return None if talk is None else case.with_talk(replace(talk, blueprint=case.blueprint))
