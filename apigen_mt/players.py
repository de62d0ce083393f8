"""Players: from the configuration of the roles to authors, humans and agents, with one client per endpoint."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
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
from apigen_mt.models.budget import TokenBudget
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Sampling, Usage
from apigen_mt.models.client import ChatClient, Endpoint, OpenAIClient
from apigen_mt.models.failures import EndpointError
from apigen_mt.models.recorded import RecordedClient
from apigen_mt.models.retry import Patience
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
    """Makes the players of every talk; model clients are opened once and shared."""

    config: Config
    world: World
    journal: Journal
    budget: TokenBudget
    keys: dict[str, str]
    own_agent: Callable[[], Agent] | None = None
    command: Command = "generate"
    clients: dict[tuple[str, str], ChatClient] = field(default_factory=dict)
    hurried: dict[str, ChatClient] = field(default_factory=dict)
    used: dict[tuple[str, int], dict[str, Usage]] = field(default_factory=dict)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Self:
        """Open a client for every endpoint the roles name, and one of its own for a reviewer who has a time limit."""
        await self.stack.__aenter__()
        for role in self.config.models(self.command):
            at = (role.base_url, role.api_key_env)
            if isinstance(role, ReviewerConfig) and role.timeout is not None:
                patience = Patience(deadline=role.timeout, per_attempt=role.timeout)
                self.hurried[role.name] = await self._opened(role, patience)
            elif at not in self.clients:
                self.clients[at] = await self._opened(role)
        return self

    async def _opened(self, role: RoleConfig, patience: Patience | None = None) -> ChatClient:
        endpoint = endpoint_of(role, self.keys)
        wire = OpenAIClient(endpoint, concurrency=self.config.concurrency, patience=patience)
        client = await self.stack.enter_async_context(wire)
        return Metered(RecordedClient(client, self.journal, self.budget), self.used, self.calls)

    async def __aexit__(self, *error: object) -> None:
        """Close the clients."""
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
        return self.clients[role.base_url, role.api_key_env]

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


def endpoint_of(role: RoleConfig, keys: Mapping[str, str]) -> Endpoint:
    """Where a role's model answers, with its key. Raises `ConfigError` for a key that cannot be one."""
    try:
        return Endpoint(role.base_url, keys.get(role.api_key_env, ""))
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _stage(name: str) -> str:
    """The gate that an unusable answer fails, by whose answer it was."""
    return "author" if name.startswith("author") else name.partition(":")[0]


def _role(role: RoleConfig, script: str) -> Role:
    if role.model:
        return Role(source="model", model=role.model, temperature=role.temperature)
    return Role.model_validate({"source": script})
