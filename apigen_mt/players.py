"""Players: from the configuration of the roles to authors, humans and agents, with one client per endpoint."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

from pydantic import BaseModel

from apigen_mt.cast.model_agent import ModelAgent
from apigen_mt.cast.model_human import ModelHuman
from apigen_mt.cast.oracle import Oracle, script_of
from apigen_mt.cast.ports import Agent, Human
from apigen_mt.cast.scripted_human import ScriptedHuman
from apigen_mt.config import Config, ConfigError, RoleConfig
from apigen_mt.journal import Journal
from apigen_mt.models.answers import Unparsed, ask
from apigen_mt.models.budget import TokenBudget
from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, Sampling, Usage
from apigen_mt.models.client import ChatClient, Endpoint, OpenAIClient
from apigen_mt.models.recorded import RecordedClient
from apigen_mt.trajectory import Cast, Role
from blueprints.author import Author, TemplateAuthor
from blueprints.blueprint import Blueprint, Rejected
from blueprints.model_author import ModelAuthor
from blueprints.sampling import people_table
from tools_env.port import World


class Metered:
    """A client that adds up what each attempt at a blueprint uses, by role; replayed replies count like fresh ones."""

    def __init__(self, client: ChatClient, used: dict[tuple[str, int], dict[str, Usage]]) -> None:
        self.client = client
        self.used = used

    @property
    def base_url(self) -> str:
        """The endpoint's address."""
        return self.client.base_url

    async def complete(self, key: ReplyKey, request: ChatRequest) -> ChatReply:
        """The reply, its tokens noted."""
        reply = await self.client.complete(key, request)
        roles = self.used.setdefault((key.blueprint, key.attempt), {})
        roles[key.role] = roles.get(key.role, Usage()) + reply.usage
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
    clients: dict[tuple[str, str], ChatClient] = field(default_factory=dict)
    used: dict[tuple[str, int], dict[str, Usage]] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Self:
        """Open a client for every endpoint the roles name."""
        await self.stack.__aenter__()
        roles = self.config.roles
        for role in (roles.author, roles.human, roles.agent):
            at = (role.base_url, role.api_key_env)
            if not role.model or at in self.clients:
                continue
            try:
                endpoint = Endpoint(role.base_url, self.keys.get(role.api_key_env, ""))
            except ValueError as error:
                raise ConfigError(str(error)) from error
            client = await self.stack.enter_async_context(OpenAIClient(endpoint, concurrency=self.config.concurrency))
            self.clients[at] = Metered(RecordedClient(client, self.journal, self.budget), self.used)
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the clients."""
        await self.stack.aclose()

    def spent(self, subject: str, attempt: int = 0) -> dict[str, Usage]:
        """Tokens by role that an attempt at a blueprint (or at wording a draft) has used; each is asked for once."""
        return self.used.pop((subject, attempt), {})

    def _client(self, role: RoleConfig) -> ChatClient:
        return self.clients[role.base_url, role.api_key_env]

    def author(self) -> Author:
        """Who words drafts."""
        role = self.config.roles.author
        if not role.model:
            return TemplateAuthor()
        client = self._client(role)

        async def answer(prompt: str, subject: str, number: int, kind: type[BaseModel]) -> BaseModel | Rejected:
            key = ReplyKey(role="author", blueprint=subject, attempt=0, turn=number)
            request = ChatRequest(
                model=role.model,
                messages=({"role": "user", "content": prompt},),
                sampling=sampling_of(role),
                extra=role.extra,
            )
            found = await ask(client, key, request, kind)
            return (
                Rejected(stage="author", reason=f"no usable answer: {found.reason}")
                if isinstance(found, Unparsed)
                else found
            )

        return ModelAuthor(role.model, answer)

    def human(self, blueprint: Blueprint, attempt: int) -> Human:
        """Who plays the person."""
        role = self.config.roles.human
        if not role.model:
            return ScriptedHuman(blueprint, attempt)
        return ModelHuman(blueprint, self.world, self._client(role), role, sampling_of(role), attempt)

    def agent(self, blueprint: Blueprint, attempt: int) -> Agent:
        """Who plays the agent."""
        if self.own_agent is not None:
            return self.own_agent()
        role = self.config.roles.agent
        if not role.model:
            return Oracle(script_of(blueprint), self.world.specs, people_table(self.world))
        client = self._client(role)
        return ModelAgent(blueprint, client, role, sampling_of(role), attempt)

    def cast(self) -> Cast:
        """Who plays what, for the rows."""
        roles = self.config.roles
        agent = Role(source="own") if self.own_agent is not None else _role(roles.agent, "oracle")
        return Cast(author=_role(roles.author, "template"), human=_role(roles.human, "scripted"), agent=agent)


def sampling_of(role: RoleConfig) -> Sampling:
    """How a role's model is sampled."""
    return Sampling(temperature=role.temperature, max_tokens=role.max_tokens)


def _role(role: RoleConfig, script: str) -> Role:
    if role.model:
        return Role(source="model", model=role.model, temperature=role.temperature)
    return Role.model_validate({"source": script})
