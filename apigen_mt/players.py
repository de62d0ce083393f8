"""Players: from the configuration of the roles to authors, humans and agents, with one client per endpoint."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from pydantic import BaseModel

from apigen_mt.cast.model_agent import ModelAgent
from apigen_mt.cast.model_human import ModelHuman
from apigen_mt.cast.oracle import Oracle
from apigen_mt.cast.ports import Agent, Human
from apigen_mt.cast.script import script_of
from apigen_mt.cast.scripted_human import ScriptedHuman
from apigen_mt.config import Command, Config, ConfigError
from apigen_mt.config_roles import ReviewerConfig, RoleConfig
from apigen_mt.draft_outcome import Spent
from apigen_mt.journal import Journal
from apigen_mt.judges import Judge
from apigen_mt.models.answers import REPAIR, Unparsed, ask
from apigen_mt.models.budget import Budget
from apigen_mt.models.cache import NO_CACHE, ReplyCache, SQLiteCache
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Sampling, Usage
from apigen_mt.models.client import ChatClient, Endpoint
from apigen_mt.models.failures import EndpointError
from apigen_mt.models.gate import Gate
from apigen_mt.models.lane import Lane
from apigen_mt.models.observer import SILENT, Observer
from apigen_mt.models.pool import Pool
from apigen_mt.models.recorded import RecordedClient
from apigen_mt.models.retry import Pace, Patience
from apigen_mt.models.wire import OpenAIWire, Wire
from apigen_mt.temperaments import Temperament, drawn
from apigen_mt.trajectory import Cast, Role
from blueprints.author import Author, TemplateAuthor
from blueprints.blueprint import Blueprint, Rejected
from blueprints.committee.review import Reviewer
from blueprints.knowledge import people_table
from blueprints.model_author import Ask, ModelAuthor
from tools_env.port import World
from tools_env.rules import one_call_a_message


class Metered:
    """A client that adds up what each attempt at a blueprint uses, by role; replayed replies count like fresh ones."""

    def __init__(
        self, client: ChatClient, used: dict[tuple[str, int], dict[str, Usage]], calls: Counter[tuple[str, str]]
    ) -> None:
        self.client = client
        self.used = used
        self.calls = calls

    @property
    def base_url(self) -> str:
        """The endpoint's address."""
        return self.client.base_url

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        """The reply, its tokens noted."""
        reply = await self.client.complete(key, request)
        roles = self.used.setdefault((key.blueprint, key.attempt), {})
        roles[key.role] = roles.get(key.role, Usage()) + reply.usage
        self.calls[key.blueprint, key.role] += 1
        return reply


@dataclass(slots=True)
class Players:
    """Makes the players of every talk; lanes to endpoints are opened once and shared, and so are clients over them."""

    config: Config
    world: World
    journal: Journal
    budget: Budget
    keys: dict[str, str]
    own_agent: Callable[[], Agent] | None = None
    command: Command = "generate"
    lanes: dict[tuple[str, str], Lane] = field(default_factory=dict)
    clients: dict[tuple[tuple[str, ...], str], ChatClient] = field(default_factory=dict)
    hurried: dict[str, ChatClient] = field(default_factory=dict)
    used: dict[tuple[str, int], dict[str, Usage]] = field(default_factory=dict)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    cache: ReplyCache = NO_CACHE
    wires: Callable[[Endpoint, int], Wire] = OpenAIWire
    observer: Observer = SILENT
    pace: Pace = field(default_factory=Pace)
    gate: Gate = field(default_factory=Gate)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Where the addresses of the configuration answer this time, if it is elsewhere."""

    async def __aenter__(self) -> Self:
        """Open a client for all endpoints that a role names, and another for a reviewer who has a time limit."""
        await self.stack.__aenter__()
        self.gate.at_work = True
        self._open_cache()
        waits = self.config.deadlines
        patience = Patience(deadline=waits.request, per_attempt=waits.reply, down=waits.down)
        for role in self.config.models(self.command):
            at = (role.urls, role.api_key_env)
            if isinstance(role, ReviewerConfig) and role.timeout is not None:
                short = replace(patience, deadline=role.timeout, per_attempt=role.timeout)
                self.hurried[role.name] = await self._opened(role, short)
            elif at not in self.clients:
                self.clients[at] = await self._opened(role, patience)
        return self

    def _open_cache(self) -> None:
        """Open the reply cache, where there is to be one and anybody to be asked."""
        folder = self.config.cache
        if isinstance(folder, str) and folder and self.config.models(self.command):
            cache = SQLiteCache(Path(folder), self.config.seed)
            self.stack.callback(cache.close)
            self.cache = cache

    async def _opened(self, role: RoleConfig, patience: Patience) -> ChatClient:
        named, real = endpoints_of(role, self.keys), endpoints_of(role, self.keys, self.addresses)
        lanes = [await self._lane(at, role.api_key_env, patience.down) for at in real]
        pool = Pool(lanes, patience, self.pace, self.observer, name=named[0].shown)
        recorded = RecordedClient(pool, self.journal, self.budget, self.cache, self.observer, self.gate)
        return Metered(recorded, self.used, self.calls)

    async def _lane(self, endpoint: Endpoint, key: str, down: float) -> Lane:
        """The lane to an endpoint: all roles that name it share it."""
        at = (endpoint.shown, key)
        if at not in self.lanes:
            most = self.config.concurrency
            lane = Lane(self.wires(endpoint, most), most, self.pace, down)
            self.lanes[at] = await self.stack.enter_async_context(lane)
        return self.lanes[at]

    async def __aexit__(self, *error: object) -> None:
        """Close the clients."""
        self.gate.at_work = False
        await self.stack.aclose()

    def spent(self, subject: str, attempt: int = 0) -> dict[str, Usage]:
        """Tokens by role that an attempt at a blueprint (or at wording a draft) has used; each is asked for once."""
        used = self.used.pop((subject, attempt), {})
        for role in used:
            self.calls.pop((subject, role), None)
        return used

    def used_by(self, subject: str, attempt: int) -> int:
        """Tokens that an attempt at a blueprint has used so far, of all who speak in it."""
        return sum(used.total for used in self.used.get((subject, attempt), {}).values())

    def author_spent(self, subject: str, role: str = "author") -> Spent:
        """What an author has used on a subject so far, repairs included."""
        roles, used = (role, f"{role}{REPAIR}"), self.used.get((subject, 0), {})
        usage = sum((used[r] for r in roles if r in used), Usage())
        return Spent(calls=sum(self.calls[subject, r] for r in roles), usage=usage)

    def _client(self, role: RoleConfig) -> ChatClient:
        if isinstance(role, ReviewerConfig) and role.name in self.hurried:
            return self.hurried[role.name]
        return self.clients[role.urls, role.api_key_env]

    def author(self, name: str = "author", turn: int | None = None) -> Author:
        """Who words drafts."""
        role = self.config.roles.author
        return ModelAuthor(role.model, self.asking(role, name, turn)) if role.model else TemplateAuthor()

    def asking(
        self, role: RoleConfig, name: str, turn: int | None = None, attempt: int = 0, *, alone: bool = False
    ) -> Ask:
        """The way to ask a role's model, journalled under `name`; `turn` stands in for the asker's own number. `alone`:
        an answer counts only if nothing stands beside it.
        """
        client = self._client(role)

        async def answer(prompt: str, subject: str, number: int, kind: type[BaseModel]) -> BaseModel | Rejected:
            key = ReplyKey(role=name, blueprint=subject, attempt=attempt, turn=number if turn is None else turn)
            request = ChatRequest(
                model=role.model,
                messages=({"role": "user", "content": prompt},),
                sampling=sampling_of(role),
                extra=role.extra,
            )
            found = await ask(client, key, request, kind, alone=alone)
            if isinstance(found, Unparsed):
                return Rejected(stage=_stage(name), reason=f"no usable answer: {found.reason}")
            return found

        return answer

    def reviewer(self, role: ReviewerConfig, name: str, mark: str = "") -> Reviewer:
        """A member of the committee."""
        return Reviewer(name, _answering(role, self.asking(role, f"reviewer:{role.name}{mark}"), "committee"))

    def judges(self, attempt: int) -> tuple[Judge, ...]:
        """The models that read an attempt's talk and may reject it."""
        asks = ((j, self.asking(j, f"judge:{j.name}", attempt=attempt, alone=True)) for j in self.config.judges)
        return tuple(Judge(j.name, j.model, _answering(j, ask, "judge")) for j, ask in asks)

    def human(self, blueprint: Blueprint, attempt: int) -> Human:
        """Who plays the person."""
        role = self.config.roles.human
        if not role.model:
            return ScriptedHuman(blueprint, attempt, self.temperament(blueprint, attempt), self.world.specs)
        return ModelHuman(
            blueprint,
            self.world,
            self._client(role),
            role,
            sampling_of(role),
            attempt,
            self.temperament(blueprint, attempt),
            self.config.candidates,
        )

    def temperament(self, blueprint: Blueprint, attempt: int) -> Temperament:
        """The manner in which the person is played."""
        return drawn(self.config.temperaments, blueprint.id, attempt)

    def agent(self, blueprint: Blueprint, attempt: int) -> Agent:
        """Who plays the agent."""
        if self.own_agent is not None:
            return self.own_agent()
        role = self.config.roles.agent
        if not role.model:
            return Oracle(script_of(blueprint), self.world.specs, people_table(self.world))
        client = self._client(role)
        single = one_call_a_message(self.world.clauses)
        return ModelAgent(blueprint, client, role, sampling_of(role), attempt, single=single)

    def cast(self) -> Cast:
        """Who plays what, for the rows."""
        roles = self.config.roles
        agent = Role(source="own") if self.own_agent is not None else _role(roles.agent, "oracle")
        return Cast(author=_role(roles.author, "template"), human=_role(roles.human, "scripted"), agent=agent)


def _answering(role: ReviewerConfig, put: Ask, stage: str) -> Ask:
    """The same, but that one who is too slow or whose context is too short gives no usable answer."""

    async def answer(prompt: str, subject: str, number: int, kind: type[BaseModel]) -> BaseModel | Rejected:
        try:
            return await put(prompt, subject, number, kind)
        except EndpointError as error:
            if error.kind == "context" or (error.kind == "timeout" and role.timeout is not None):
                return Rejected(stage=stage, reason=error.message)
            raise

    return answer


def sampling_of(role: RoleConfig) -> Sampling:
    """How a role's model is sampled."""
    return Sampling(temperature=role.temperature, max_tokens=role.max_tokens)


def endpoints_of(
    role: RoleConfig, keys: Mapping[str, str], addresses: Mapping[str, Sequence[str]] | None = None
) -> tuple[Endpoint, ...]:
    """Where a role's model answers, with its key; `addresses` names other places for some. Raises `ConfigError` for a
    key that cannot be one.
    """
    places = [place for url in role.urls for place in (addresses or {}).get(url, (url,))]
    try:
        return tuple(Endpoint(url, keys.get(role.api_key_env, "")) for url in places)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _stage(name: str) -> str:
    """The gate that an unusable answer fails, by whose answer it was."""
    return "author" if name.startswith("author") else name.partition(":")[0]


def _role(role: RoleConfig, script: str) -> Role:
    if role.model:
        return Role(source="model", model=role.model, temperature=role.temperature)
    return Role.model_validate({"source": script})
