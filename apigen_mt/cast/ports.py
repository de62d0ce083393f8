"""What a human and an agent are to the talk loop, and what each of them may see."""

from typing import Annotated, Protocol, TypeAlias

from pydantic import SkipValidation

from blueprints.judging.fidelity import HumanTurn
from tools_env.values import Json, Part

Shown: TypeAlias = Annotated[tuple[dict[str, Json], ...], SkipValidation]
"""Objects that this program made: not walked again, so that a turn costs the same however long the talk is."""


class WantedCall(Part):
    """A call that an agent asks for; `arguments` is None when `raw`, what it wrote, is no JSON object.

    `promoted`: it was written as mere text.
    """

    name: str
    arguments: dict[str, Json] | None
    id: str = ""
    raw: str = ""
    promoted: bool = False


class AgentView(Part):
    """All that an agent sees: the policy, the tools, and the messages so far (OpenAI chat format), which are those of
    the view before and what came since. Nobody changes them.
    """

    system: str
    tools: Shown
    messages: Shown


class AgentTurn(Part):
    """What an agent does next: words for the human, or calls (words beside calls are kept but not shown)."""

    text: str = ""
    calls: tuple[WantedCall, ...] = ()
    reasoning: str = ""


class Agent(Protocol):
    """Anything that answers a view with a turn: a model, rehearsal's oracle, or your own agent."""

    async def reply(self, view: AgentView) -> AgentTurn:
        """The next turn."""


class HumanView(Part):
    """All that a human sees: their side of the blueprint, and what was said so far as (speaker, text)."""

    dialogue: tuple[tuple[str, str], ...]
    turn: int = 0


class Human(Protocol):
    """Anything that plays the person; made for one blueprint."""

    async def speak(self, view: HumanView) -> HumanTurn | None:
        """The next turn, or None when there is nothing left that could be said."""


class GaveUp(Exception):  # noqa: N818 - it reads as what happened
    """A script cannot go on: what is missing is the blueprint's fault, and the talk ends void."""
