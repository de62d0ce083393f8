"""What the human does in a turn, said apart from the words in which they do it."""

from typing import Literal, TypeAlias

from tools_env.values import Part

STOP = "###STOP###"

Act: TypeAlias = Literal["raise", "answer", "confirm", "correct", "dont_know", "push_back", "accept", "chat", "stop"]


class HumanTurn(Part):
    """A turn of the human: what it does, the facts it discloses, what it agrees to, and the text the agent sees.

    `turn` is the index of the message in the course.
    """

    act: Act
    fact_ids: tuple[str, ...] = ()
    consents_to: str = ""
    text: str
    turn: int = 0
