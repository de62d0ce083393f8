"""Reading a chat completion leniently: endpoints differ, and nothing a model writes may crash the run."""

import json
import re
from collections import Counter

from apigen_mt.models.chat import ChatReply, ChatRequest, ReplyKey, ToolCall, Usage, tokens_of
from tools_env.values import Json

_THINK = re.compile(r"<(/?)think(?:ing)?\b[^<>]{0,80}>", re.IGNORECASE)
_THOUGHT = frozenset({"thinking", "redacted_thinking", "reasoning", "reasoning_text", "reasoning.text", "summary_text"})
"""Types of those parts of a content that are thought, not said."""
_MOST_TOKENS = 10**9
"""A count beyond it is no count, and counted anew."""


class Twice(ValueError):  # noqa: N818 - reads as what is the matter
    """A name is given twice in an object, and nobody can tell which value is meant."""


class NoCompletion(ValueError):  # noqa: N818 - reads as what is the matter
    """The answer holds no chat completion; the message says what is missing."""


def parse_body(raw: bytes) -> Json:
    """Return the answer's body as JSON; raises `NoCompletion` if it is none, or gives a name twice."""
    try:
        body: Json = json.loads(raw.decode("utf-8-sig", "replace"), object_pairs_hook=once)
    except Twice as error:
        raise NoCompletion(str(error)) from error
    except (ValueError, RecursionError) as error:
        beginning = raw[:80].decode("utf-8", "replace")
        raise NoCompletion(f"not JSON: {beginning!r}" if raw.strip() else "an empty body") from error
    return body


def once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Return a JSON object of these names and values; raises `Twice`."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = Counter(name for name, _ in pairs)
        raise Twice(f"the name {names.most_common(1)[0][0][:40]!r} is given twice")
    return found


def read_reply(body: Json, request: ChatRequest, key: ReplyKey) -> ChatReply:
    """Return the first choice of a completion as a reply to `request`; raises `NoCompletion` if there is none.

    Content may be null or in parts, usage may be missing (then it is counted by length), ids of calls may be missing
    or repeated (then they are made from turn and position), lone surrogates are replaced.
    """
    try:
        return _read(_object(body, "the body"), request, key)
    except RecursionError as error:
        raise NoCompletion("nested without end") from error


def _read(body: dict[str, Json], request: ChatRequest, key: ReplyKey) -> ChatReply:
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices:
        raise NoCompletion("no choices")
    choice = _object(choices[0], "the choice")
    message = _object(choice.get("message"), "the message")
    content = message.get("content")
    text, thought = split_thought(_text(content))
    fields = [message.get(name) for name in ("reasoning", "reasoning_content", "thinking", "reasoning_details")]
    reasoning = _together(*(_text(told) or _thought_in(told) for told in fields), _thought_in(content), thought)
    calls = _calls(message, key.turn)
    said = sum(len(part.encode()) for part in (text, reasoning, *(call.name + call.arguments for call in calls)))
    return ChatReply(
        text=text,
        reasoning=reasoning,
        calls=calls,
        finish_reason=_text(choice.get("finish_reason")),
        usage=_usage(body.get("usage"), request, said),
        model=_text(body.get("model")) or request.model,
    )


def split_thought(text: str) -> tuple[str, str]:
    """Split what stands in `<think>…</think>` from what is said: (said, thought), wherever it stands.

    Some chat templates write the opening tag into the prompt, so all that comes before a closing tag is thought; a
    thought that never closes is all thought.
    """
    said: list[str] = []
    thought: list[str] = []
    at, thinking = 0, False
    for tag in _THINK.finditer(text):
        (thought if thinking else said).append(text[at : tag.start()])
        at, closing = tag.end(), bool(tag[1])
        if closing and not thinking:
            thought += said
            said = []
        thinking = not closing
    if not at:
        return text, ""
    (thought if thinking else said).append(text[at:])
    return "".join(said).strip(), _together(*thought)


def _together(*thoughts: str) -> str:
    """Thoughts that were sent in several places, each once."""
    return "\n".join(dict.fromkeys(part.strip() for part in thoughts if part.strip()))


def mend(text: str) -> str:
    """Return `text` with each lone surrogate replaced by U+FFFD, so that it can be stored and sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _object(value: Json, what: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise NoCompletion(f"{what} is no object")
    return value


def _text(value: Json) -> str:
    """Text of a content field: a string, nothing, or a list of parts with text; parts that are thought are left out."""
    if isinstance(value, str):
        return mend(value)
    if isinstance(value, list):
        said = (part for part in value if not _is_thought(part))
        return "".join(_text(part.get("text")) if isinstance(part, dict) else _text(part) for part in said)
    return ""


def _is_thought(part: Json) -> bool:
    return isinstance(part, dict) and (_text(part.get("type")) in _THOUGHT or part.get("thought") is True)


def _thought_in(content: Json) -> str:
    """What the parts of a content that are thought hold, under whichever name."""
    if isinstance(content, str) or not isinstance(content, list):
        return ""
    parts = [part for part in content if isinstance(part, dict) and _is_thought(part)]
    names = ("thinking", "reasoning", "text", "summary")
    return _together(*(next((text for name in names if (text := _text(part.get(name)))), "") for part in parts))


def _calls(message: dict[str, Json], turn: int) -> tuple[ToolCall, ...]:
    """Tool calls of a message, the older single `function_call` included, each with an id of its own."""
    listed = message.get("tool_calls") or []
    if not isinstance(listed, list):
        raise NoCompletion("tool_calls is no list")
    entries = [_object(entry, "a tool call") for entry in listed]
    if not entries and isinstance(message.get("function_call"), dict):
        entries = [{"function": message["function_call"]}]
    ids = [_text(entry.get("id")) for entry in entries]
    uses = Counter(ids)
    calls: list[ToolCall] = []
    for place, (entry, given) in enumerate(zip(entries, ids, strict=True)):
        function = _object(entry.get("function") or entry.get("custom"), "the function of a tool call")
        own = given if given and uses[given] == 1 else f"{given or 'call'}_{turn}_{place}"
        calls.append(ToolCall(id=own, name=_text(function.get("name")), arguments=_arguments(function)))
    return tuple(calls)


def _arguments(function: dict[str, Json]) -> str:
    """Arguments as the model wrote them; an endpoint that has parsed them already gets its object written out."""
    written = function.get("arguments", function.get("input"))
    if isinstance(written, str):
        return mend(written)
    return "" if written is None else mend(json.dumps(written, ensure_ascii=False))


def _usage(reported: Json, request: ChatRequest, said: int) -> Usage:
    """Tokens as reported; a missing or senseless number is replaced by a count from length, so none is free."""
    usage = reported if isinstance(reported, dict) else {}
    details = usage.get("prompt_tokens_details")
    prompt = _count(usage.get("prompt_tokens")) or tokens_of(len(request.wire()))
    completion = _count(usage.get("completion_tokens")) or tokens_of(said)
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else 0
    return Usage(prompt=prompt, completion=completion, cached=min(cached, prompt))


def _count(value: Json) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST_TOKENS else 0
