"""Calls and their outcomes: what goes into a session and what comes back."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from tools_env.values import Json, Part

Actor: TypeAlias = Literal["agent", "human"]

LONGEST_NAME = 64
"""Signs of a tool's name that are told."""


class Call(Part):
    """One call of a tool, by the agent or, where a world gives the human tools, by the human."""

    name: str
    arguments: dict[str, Json] = {}
    actor: Actor = "agent"


class Edit(Part):
    """One field of one record set before a talk begins (`table/id/field`), or a whole record put there (`table/id`);
    part of a blueprint's set-up.
    """

    path: str
    value: Json


class Assertion(Part):
    """What must hold of a final state: the session's `check` of `call` shows `value`. `message` says it in words."""

    call: Call
    value: Json = True
    message: str = ""


class Because(Part):
    """The deciding fact of a denial: the field at `path` holds `value`; were it `instead`, the call would pass.

    `also` are edits that go with it: an order that is still open has not arrived yet, either.
    """

    path: str
    value: Json
    instead: Json
    also: tuple[Edit, ...] = ()


class Touch(Part):
    """A record that a call read or wrote, and the person it belongs to, if it belongs to one."""

    table: str
    id: str
    owner: str | None = None


class Result(Part):
    """The call was carried out; `value` is what the caller sees."""

    outcome: Literal["result"] = "result"
    value: Json
    touched: tuple[Touch, ...] = ()

    def observed(self) -> Json:
        """What the caller is shown."""
        return self.value


class Refusal(Part):
    """The call changed nothing, for a reason an agent can act on.

    `cause` tells a policy refusal (with its clause) from a missing record, bad arguments, an unknown tool and a tool
    that is unavailable for the moment.
    """

    outcome: Literal["refusal"] = "refusal"
    reason: str
    cause: Literal["policy", "missing", "arguments", "unknown_tool", "unavailable"] = "policy"
    clause: str | None = None
    because: Because | None = None

    def observed(self) -> Json:
        """What the caller is shown."""
        return {"error": self.reason}


class Fault(Part):
    """The world itself failed (a bug in a tool, a dead server): nobody's move, never the agent's fault."""

    outcome: Literal["fault"] = "fault"
    reason: str

    def observed(self) -> Json:
        """What the caller is shown."""
        return {"error": f"The tool is out of order: {self.reason}"}


Outcome: TypeAlias = Annotated[Result | Refusal | Fault, Field(discriminator="outcome")]


class Refused(Exception):  # noqa: N818 - it reads as what happened: raise Refused("3.2", ...)
    """Raised inside a tool to refuse the call; the session turns it into a `Refusal`.

    `clause` is the policy clause that forbids it (empty: no policy, such as a record that does not exist);
    `because` names the deciding field and the value that would have let the call pass.
    """

    def __init__(self, clause: str, reason: str, because: Because | None = None) -> None:
        super().__init__(reason)
        self.refusal = Refusal(
            reason=reason, cause="policy" if clause else "missing", clause=clause or None, because=because
        )


def no_such_tool(name: str) -> Refusal:
    """What comes of calling a tool that there is not, or that the caller is not given."""
    return Refusal(reason=f"There is no tool named {named(name)!r}.", cause="unknown_tool")


def named(tool: str) -> str:
    """The name of a tool as it is told: a made-up one may be of any length."""
    return tool if len(tool) <= LONGEST_NAME else f"{tool[:LONGEST_NAME]}…"
