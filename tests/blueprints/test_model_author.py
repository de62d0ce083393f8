"""What becomes of a model author's words."""

import asyncio

import pytest
from pydantic import BaseModel

from blueprints.author import Wording, instruction
from blueprints.model_author import ModelAuthor
from tests.blueprints.talks import planned


def worded(text: str) -> Wording:
    """The wording of a draft whose model author says `text` in every place."""

    async def answer(_prompt: str, _subject: str, _round: int, kind: type[BaseModel]) -> BaseModel:
        return kind.model_validate(dict.fromkeys(kind.model_fields, text))

    found = asyncio.run(ModelAuthor("author-1b", answer).word(planned("library", 6)[0], ()))
    assert isinstance(found, Wording)
    return found


@pytest.mark.parametrize(("text", "kept"), [
    ("I'd like to renew it.", "I'd like to renew it."),
    ("'I'd like to renew Esra's loan.'", "I'd like to renew Esra's loan."),
    ('"Please renew it."', "Please renew it."),
    ("'Please renew it.'", "Please renew it."),
    (", please renew it.", "please renew it."),
    ('Print "With love" and "Bye"', 'Print "With love" and "Bye"'),
    ('"With love" is what I want, not "Bye"', '"With love" is what I want, not "Bye"'),
])  # fmt: skip
def test_quotes_around_a_message_are_no_part_of_it(text, kept):
    found = worded(text)
    assert set(found.says) == {kept}
    assert found.instruction == f"{kept} {instruction(planned('library', 6)[0])}"
