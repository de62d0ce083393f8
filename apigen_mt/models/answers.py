"""Asking a model for a typed answer: schema in the request, lenient reading, one repair (design: the port `ask`)."""

import json
from collections.abc import Iterator
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey
from apigen_mt.models.client import ChatClient
from apigen_mt.models.reading import mend, once
from apigen_mt.models.schemas import response_format
from tools_env.values import Json

A = TypeVar("A", bound=BaseModel)

REPAIR = ".repair"
"""Ending of the role under which a repair is journalled, so that repairs have a count and totals of their own."""

_STARTS = 50
_SHOWN = 20_000
"""Signs of a bad answer that are shown to whoever gave it."""


class Unparsed(BaseModel):
    """The model gave no valid answer, not even when shown what was wrong: why, and its last words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    text: str


async def ask(
    client: ChatClient, key: ReplyKey, request: ChatRequest, answer: type[A], *, alone: bool = False
) -> A | Unparsed:
    """Return what the model answers to `request` as an `answer`, after at most one repair; raises what `client` raises.

    The request's own `response_format` is replaced by the schema of `answer`. The repair goes under the same key with
    `.repair` added to its role. `alone`: an answer counts only if nothing stands beside it.
    """
    asked = request.model_copy(update={"response_format": response_format(answer)})
    reply = await client.complete(key, asked)
    found = read_answer(reply, answer, alone=alone)
    if not isinstance(found, Unparsed):
        return found
    complaint = (
        f"That is not a valid answer: {found.reason}\nSend the corrected answer: one JSON object and nothing else."
    )
    shown: tuple[Json, ...] = (
        {"role": "assistant", "content": found.text[:_SHOWN] or "(nothing)"},
        {"role": "user", "content": complaint},
    )
    again = asked.model_copy(update={"messages": (*asked.messages, *shown)})
    reply = await client.complete(key.model_copy(update={"role": key.role + REPAIR}), again)
    return read_answer(reply, answer, alone=alone)


def read_answer(reply: ChatReply, answer: type[A], *, alone: bool = False) -> A | Unparsed:
    """Return the first JSON in the reply that is a valid `answer`: bare, fenced, after prose, or in a call.

    With `alone` it has to be the whole text, bare or fenced: who quotes what they read might quote an answer.
    """
    sources = (reply.text, *(call.arguments for call in reply.calls))
    if alone and not _is_json(reply.text):
        return Unparsed(reason="something stands beside the JSON object", text=reply.text)
    reason = ""
    for source in sources:
        for value, outermost in _values(source):
            try:
                return answer.model_validate_json(mend(json.dumps(value, ensure_ascii=False)))
            except ValidationError as error:
                reason = reason or (_told(error) if outermost else "")
    text = "".join(sources).strip()
    return Unparsed(reason=reason or _nothing_in(text, reply.finish_reason), text=text)


def _is_json(text: str) -> bool:
    bare = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
    try:
        json.loads(bare)
    except (ValueError, RecursionError):
        return False
    return True


def _nothing_in(text: str, finish_reason: str) -> str:
    """Why there is no JSON value in a text. Parts of one that was cut off say nothing of the whole."""
    if finish_reason == "length":
        return "it ran on to its limit of tokens and was cut off: be brief, and leave no blanks between the parts"
    return "its JSON is malformed or incomplete" if "{" in text else "there is no JSON in it"


def _values(text: str) -> Iterator[tuple[Json, bool]]:
    """JSON objects and lists in a text, in order: the whole of it, else what starts at each brace or bracket; each with
    whether none that began before it went wrong.
    """
    decoder = json.JSONDecoder(object_pairs_hook=once)
    at, tries, outermost = 0, 0, True
    while tries < _STARTS:
        starts = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
        if not starts:
            return
        tries += 1
        at = min(starts)
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at, outermost = at + 1, False
            continue
        yield value, outermost


def _told(error: ValidationError) -> str:
    """Validation errors in one line for the model: where and what, without the types' names."""
    told = [
        f"{'.'.join(str(part) for part in fault['loc']) or 'the whole'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return "; ".join(told[:10])
