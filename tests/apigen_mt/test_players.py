"""Players: one client per endpoint, each role with its own model, key and settings, and who played in the rows."""

from collections.abc import Mapping
from contextlib import asynccontextmanager

import pytest

from apigen_mt.cast.ports import AgentTurn, AgentView, HumanView
from apigen_mt.config import ConfigError, parse
from apigen_mt.journal import Journal
from apigen_mt.models.budget import Budget
from apigen_mt.models.chat import Usage
from apigen_mt.models.failures import EndpointError
from apigen_mt.players import Players
from apigen_mt.trajectory import Role
from blueprints.blueprint import Blueprint
from tests.apigen_mt.model_server import AGENT, AUTHOR, HUMAN, Understudies, role
from tests.blueprints.talks import planned, world_of
from tests.chat_server import ChatServer
from tools_env.values import Json

DESK = AgentView(system="Be kind.", tools=(), messages=({"role": "user", "content": "Hello."},))


class Mute:
    """Somebody's own agent."""

    async def reply(self, view: AgentView) -> AgentTurn:
        return AgentTurn(text="No.")


@pytest.fixture(scope="module")
def task() -> Blueprint:
    return planned("library", 1)[0]


@asynccontextmanager
async def players(folder, roles: Mapping[str, Json], keys: dict[str, str] | None = None, agent=None):
    config = parse({"domain": "library", "roles": dict(roles)})
    with Journal.open(folder, config.identity()) as journal:
        async with Players(config, world_of("library"), journal, Budget(), keys or {}, agent) as found:
            yield found


async def test_in_rehearsal_nobody_is_called_and_the_cast_says_so(tmp_path, task):
    async with players(tmp_path, {}) as found:
        assert found.clients == {}
        cast = found.cast()
        assert (cast.author, cast.human, cast.agent) == (
            Role(source="template"),
            Role(source="scripted"),
            Role(source="oracle"),
        )


async def test_an_own_agent_is_made_for_every_talk_and_named(tmp_path, task):
    async with players(tmp_path, {}, agent=Mute) as found:
        one, other = found.agent(task, 0), found.agent(task, 1)
        assert isinstance(one, Mute)
        assert one is not other
        assert found.cast().agent == Role(source="own")


async def test_every_role_has_its_own_endpoint_model_key_and_settings(tmp_path, task):
    script = Understudies(world_of("library"), [task])
    async with (
        ChatServer(script, key="key-of-author") as author,
        ChatServer(script, key="key-of-human") as human,
        ChatServer(script, key="key-of-agent") as agent,
    ):
        named = {
            "author": role(author.url, AUTHOR, api_key_env="A", temperature=0.1, extra={"top_k": 1}),
            "human": role(human.url, HUMAN, api_key_env="H", temperature=0.2, extra={"top_k": 2}),
            "agent": role(agent.url, AGENT, api_key_env="G", max_tokens=77, extra={"top_k": 3}),
        }
        keys = {"A": "key-of-author", "H": "key-of-human", "G": "key-of-agent"}
        async with players(tmp_path, named, keys) as found:
            await found.author().word(task, ())
            await found.human(task, 0).speak(HumanView(dialogue=()))
            await found.agent(task, 0).reply(DESK)
            assert found.cast().human == Role(source="model", model=HUMAN, temperature=0.2)
            assert found.spent(task.id) == {"human": Usage(prompt=80, completion=10), "agent": USED}
            assert found.spent(task.id) == {}
            assert found.spent(task.substance()) == {"author": Usage(prompt=100, completion=20)}
        asked = [author.bodies, human.bodies, agent.bodies]
        assert [[body["model"] for body in bodies] for bodies in asked] == [[AUTHOR], [HUMAN], [AGENT]]
        assert [bodies[0]["top_k"] for bodies in asked] == [1, 2, 3]
        assert [bodies[0].get("temperature") for bodies in asked] == [0.1, 0.2, None]
        assert agent.bodies[0]["max_tokens"] == 77


USED = Usage(prompt=200, completion=30)


async def test_roles_at_one_address_share_a_client(tmp_path, task):
    at = "http://127.0.0.1:9/v1"
    roles = {"author": role(at, "a"), "human": role(at, "b"), "agent": role(at, "c", api_key_env="OTHER")}
    async with players(tmp_path, roles) as found:
        assert list(found.clients) == [((at,), "OPENAI_API_KEY"), ((at,), "OTHER")]


async def test_a_key_that_cannot_be_one_is_told_without_being_shown(tmp_path):
    with pytest.raises(ConfigError) as told:
        async with players(
            tmp_path, {"agent": role("http://127.0.0.1:9/v1", "a", api_key_env="K")}, {"K": "my secret"}
        ):
            pass
    assert "secret" not in str(told.value)


async def test_a_reply_in_the_journal_is_not_paid_again_but_counted_again(tmp_path, task):
    async with ChatServer(Understudies(world_of("library"), [task])) as server:
        for _ in range(2):
            async with players(tmp_path, {"agent": role(server.url, AGENT)}) as found:
                await found.agent(task, 0).reply(DESK)
                assert found.spent(task.id) == {"agent": USED}
        assert server.requests == 1


async def test_without_a_key_an_endpoint_that_wants_one_refuses(tmp_path, task):
    async with ChatServer(Understudies(world_of("library"), [task]), key="wanted") as server:
        async with players(tmp_path, {"agent": role(server.url, AGENT)}) as found:
            with pytest.raises(EndpointError) as told:
                await found.agent(task, 0).reply(DESK)
        assert (told.value.kind, server.refused) == ("auth", 1)
