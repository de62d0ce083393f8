"""Malformed replies, drawn from a seed: an honest chat completion goes in, bytes that no server should send come out.

`GARBAGE` holds no completion, `SPOILT` is one whose content cannot be used, `ODD` is one written in an unusual way that
still says one thing only.
"""

import gzip
import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from random import Random
from typing import Any

from tests.chat_server import Body

Kind = Callable[[Random, Body], bytes]

PAGES = (
    "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>",
    "<html>\n<head><title>Just a moment...</title></head></html>",
    "<?xml version='1.0'?><Error><Code>SlowDown</Code></Error>",
    "upstream connect error or disconnect/reset before headers",
)
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "cp037")
MARKUP = (
    '<tool_call>\n{"name": "find_member", "arguments": {}}\n</tool_call>',
    "<|im_start|>assistant\nDone.<|im_end|>",
    "[TOOL_CALLS] [find_member()]",
    "<function=find_member>{}</function>",
    "Action: find_member\nAction Input: {}",
    "<script>alert(1)</script>",
    "to=functions.find_member {}",
    "</think></think>\n<|endoftext|>",
)
HIDDEN = "\0\x07\x08\x1b\x7f\x9b\u200b\u202e\u2066\ufeff\U000e0041"
DEEP = 10_000
MEGABYTE = 1_000_000


def text_of(body: Body) -> bytes:
    """The body as it goes over the wire; lone surrogates as JSON escapes."""
    return json.dumps(body).encode()


def choice_of(body: Body) -> Body:
    found: Body = body["choices"][0]
    return found


def message_of(body: Body) -> Body:
    found: Body = choice_of(body)["message"]
    return found


def functions_of(body: Body) -> list[Body]:
    return [call["function"] for call in message_of(body).get("tool_calls", ())]


def twice(body: Body, name: str, other: object) -> bytes:
    """The body with one name given twice, first with another value."""
    return text_of(body).replace(f'"{name}":'.encode(), f'"{name}": {json.dumps(other)}, "{name}":'.encode(), 1)


def nest(rng: Random, depth: int = DEEP) -> str:
    return rng.choice(('{"a":' * depth + "1" + "}" * depth, "[" * depth + "]" * depth))


# ---- no completion


def page(rng: Random, _: Body) -> bytes:
    return rng.choice(PAGES).encode()


def nothing(rng: Random, _: Body) -> bytes:
    return rng.choice((b"", b" \r\n\t", b"\xef\xbb\xbf", b"null", b"\0", b"true", b'""', b"0"))


def cut_off(rng: Random, body: Body) -> bytes:
    whole = text_of(body)
    return whole[: rng.randrange(1, len(whole))]


def encoded(rng: Random, body: Body) -> bytes:
    if rng.random() < 0.2:
        return gzip.compress(text_of(body), mtime=0)
    return json.dumps(body).encode(rng.choice(ENCODINGS))


def deep(rng: Random, body: Body) -> bytes:
    if rng.random() < 0.5:
        return nest(rng, rng.choice((DEEP, 900, 400))).encode()
    message_of(body)["content"] = "HERE"
    return text_of(body).replace(b'"HERE"', nest(rng).encode())


def no_choices(rng: Random, body: Body) -> bytes:
    body["choices"] = rng.choice(([], None, {}, "", 0, {"0": choice_of(body)}, [[]], [None]))
    return text_of(body)


def no_message(rng: Random, body: Body) -> bytes:
    choice_of(body)["message"] = rng.choice((None, [], "Hello.", 7, True, [message_of(body)]))
    if rng.random() < 0.3:
        del choice_of(body)["message"]
    return text_of(body)


def given_twice(rng: Random, body: Body) -> bytes:
    names = ("choices", "message", "content", *(("arguments", "name") if functions_of(body) else ()))
    name = rng.choice(names)
    return twice(body, name, rng.choice(("Hello.", None, [], {})))


def wrong_types(rng: Random, body: Body) -> bytes:
    calls: tuple[Body, ...] = ({}, {"function": None}, {"function": "f"}, {"function": []}, {"id": "a"})
    wrong: tuple[object, ...] = (7, "f", True, {"0": {}}, ["f"], [7], [[]], [None], *([call] for call in calls))
    message_of(body)["tool_calls"] = rng.choice(wrong)
    if rng.random() < 0.3:
        body["choices"] = rng.choice(["Hello.", 7, {"message": message_of(body)}, [7], ["x"], [True]])
    return text_of(body)


def digits(rng: Random, body: Body) -> bytes:
    body["created"] = 4711
    return text_of(body).replace(b"4711", b"9" * rng.choice((4301, 5000, 100_000)))


def another_answer(rng: Random, body: Body) -> bytes:
    whole = text_of(body)
    says = rng.choice(("overloaded", "\ud800\udfff", "x" * MEGABYTE, "line\nline\x1b[2J", nest(rng, 300)))
    return rng.choice((
        b"data: " + whole + b"\n\ndata: [DONE]\n\n",
        whole + b"\n" + whole,
        repr(body).encode(),
        json.dumps({"error": {"message": says, "type": "server_error", "code": None}}).encode(),
        json.dumps({"error": says}).encode(),
        json.dumps({"error": [{"detail": [says]}]}).encode(),
        b'{"error": {"message": ' + nest(rng, 900).encode() + b"}}",
        json.dumps({"detail": says}).encode(),
        json.dumps([body]).encode(),
        json.dumps({"object": "list", "data": [body]}).encode(),
    ))  # fmt: skip


GARBAGE: Mapping[str, Kind] = {
    "a page": page,
    "nothing": nothing,
    "cut off": cut_off,
    "in another encoding": encoded,
    "ten thousand levels": deep,
    "no choices": no_choices,
    "no message": no_message,
    "a name twice": given_twice,
    "wrong types": wrong_types,
    "endless digits": digits,
    "another answer": another_answer,
}


# ---- a completion whose content cannot be used


def arguments(rng: Random, body: Body, written: object) -> bytes:
    """One of its calls with other arguments, and a reason to stop that says all is well."""
    rng.choice(functions_of(body))["arguments"] = written
    choice_of(body)["finish_reason"] = "tool_calls"
    return text_of(body)


def truncated(rng: Random, body: Body) -> bytes:
    whole = functions_of(body)[0]["arguments"]
    return arguments(rng, body, rng.choice((whole[: rng.randrange(1, len(whole))], whole + '{"', whole[:-1] + ",}")))


def argument_twice(rng: Random, body: Body) -> bytes:
    whole = json.loads(functions_of(body)[0]["arguments"])
    name = rng.choice([*whole, "x"])
    inner = json.dumps(whole)[1:-1]
    same = f'"{name}": {json.dumps(whole.get(name))}'
    return arguments(rng, body, "{" + f'{same}, "{name}": "other"' + (f", {inner}" if inner else "") + "}")


def no_number(rng: Random, body: Body) -> bytes:
    value = rng.choice(("NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "-1e400", "0x10", "1_000", "01"))
    return arguments(rng, body, f'{{"email": {value}, "member_id": {value}}}')


def deep_arguments(rng: Random, body: Body) -> bytes:
    nested = nest(rng, rng.choice((DEEP, 2000, 990, 300, 100)))
    if rng.random() < 0.2:
        functions_of(body)[0]["arguments"] = "HERE"
        return text_of(body).replace(b'"HERE"', nest(rng, 300).encode())
    return arguments(rng, body, rng.choice((nested, f'{{"email": {nested}}}')))


def no_object(rng: Random, body: Body) -> bytes:
    whole = functions_of(body)[0]["arguments"]
    wrong: tuple[Any, ...] = ("[]", "null", "7", '"x"', "true", json.dumps(whole), f"[{whole}]", [], 7, True, [whole],
             "{} {}",
             f"```json\n{whole}\n```", f"{whole};", f"arguments = {whole}", "{'email': 'a@example.com'}")  # fmt: skip
    return arguments(rng, body, rng.choice(wrong))


def no_such_name(rng: Random, body: Body) -> bytes:
    names = ("x" * MEGABYTE, "", " ", None, 7, ["find_member"], {"a": 1}, "find_member\n", "find member", "\0",
             "../../etc/passwd", "__import__('os').system", "find_member\u202e", "<script>", "\ud800")  # fmt: skip
    rng.choice(functions_of(body))["name"] = rng.choice(names)
    return text_of(body)


def one_id(rng: Random, body: Body) -> bytes:
    """A second call under the id of the first, with something made up."""
    calls = message_of(body)["tool_calls"]
    second = deepcopy(calls[0])
    made_up = ("mallory@example.com", "eve@example.com", "nobody@example.com")
    second["function"] = {"name": "find_member", "arguments": json.dumps({"email": rng.choice(made_up)})}
    calls.insert(rng.randrange(2), second)
    return text_of(body)


def surrogates(rng: Random, body: Body) -> bytes:
    lone = rng.choice(("\ud800", "\udfff", "\udbff\ud800", "\udc00\ud83d"))
    if functions := functions_of(body):
        whole = json.loads(functions[0]["arguments"])
        spoilt = {name: f"{value}{lone}" if isinstance(value, str) else value for name, value in whole.items()}
        return arguments(rng, body, rng.choice((json.dumps({**spoilt, "x": lone}), f"{lone}{{}}")))
    return said(body, f"{message_of(body)['content']} {lone}")


def said(body: Body, text: object) -> bytes:
    message_of(body)["content"] = text
    return text_of(body)


def marked(rng: Random, body: Body) -> bytes:
    return said(body, rng.choice(("{0}\n{1}", "{1}{0}", "{1}")).format(message_of(body)["content"], rng.choice(MARKUP)))


def broken_letters(rng: Random, body: Body) -> bytes:
    """Letters in another encoding within the right one."""
    message_of(body)["content"] = f"{message_of(body)['content']} HERE"
    other = rng.choice((b"Gr\xfc\xdfe", b"\xe2\x82", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80"))
    return text_of(body).replace(b"HERE", other)


def hidden(rng: Random, body: Body) -> bytes:
    words = str(message_of(body)["content"])
    place = rng.randrange(len(words))
    return said(body, words[:place] + rng.choice(HIDDEN) + words[place:])


def silent(rng: Random, body: Body) -> bytes:
    message_of(body).pop("tool_calls", None)
    return said(body, rng.choice((None, "", "  \n", 7, {}, [], [{"type": "refusal"}], ".", "\u3000", True, [[[]]])))


def endless(rng: Random, body: Body) -> bytes:
    message_of(body).pop("tool_calls", None)
    return said(body, rng.choice(("blah ", "9", "\n\n", "é")) * rng.choice((20_000, MEGABYTE // 5)))


WITH_CALLS: Mapping[str, Kind] = {
    "truncated arguments": truncated,
    "an argument twice": argument_twice,
    "no number": no_number,
    "deep arguments": deep_arguments,
    "arguments no object": no_object,
    "no such name": no_such_name,
    "two calls with one id": one_id,
}
WITH_WORDS: Mapping[str, Kind] = {
    "markup": marked,
    "broken letters": broken_letters,
    "characters that do not show": hidden,
}
WITH_EITHER: Mapping[str, Kind] = {
    "lone surrogates": surrogates,
    "silence": silent,
    "a megabyte of words": endless,
}
SPOILT: Mapping[str, Kind] = {**WITH_CALLS, **WITH_WORDS, **WITH_EITHER}


# ---- odd, and understood


def in_parts(rng: Random, body: Body) -> bytes:
    words = str(message_of(body)["content"] or "")
    place = rng.randrange(len(words) + 1)
    parts: list[object] = [{"type": "text", "text": words[:place]}, {"type": "text", "text": words[place:]}]
    if rng.random() < 0.5:
        parts += [{"type": "refusal", "refusal": None}, {"type": "text"}, 7, None]
    return said(body, parts)


def bad_ids(rng: Random, body: Body) -> bytes:
    """Missing, of another type, or the same in every message."""
    for call in message_of(body).get("tool_calls", ()):
        call["id"] = rng.choice((None, "", 7, [], "call_1", "call_2", "x" * 10_000, "a b\n", "\ud800"))
        if rng.random() < 0.3:
            del call["id"]
    return text_of(body)


def parsed(_: Random, body: Body) -> bytes:
    for function in functions_of(body):
        function["arguments"] = json.loads(function["arguments"])
    return text_of(body)


def older_form(_: Random, body: Body) -> bytes:
    message = message_of(body)
    if len(functions := functions_of(body)) == 1:
        message["function_call"] = functions[0]
        message["tool_calls"] = None
    choice_of(body)["finish_reason"] = "function_call"
    return text_of(body)


def no_usage(rng: Random, body: Body) -> bytes:
    counts: tuple[Any, ...] = (None, -1, 10**30, "7", True, [], 1.5, float("nan"), float("inf"))
    body["usage"] = {"prompt_tokens": rng.choice(counts), "completion_tokens": rng.choice(counts),
                     "prompt_tokens_details": rng.choice((None, 7, {"cached_tokens": rng.choice(counts)}))}  # fmt: skip
    if rng.random() < 0.3:
        body["usage"] = rng.choice((None, [], "many"))
    return text_of(body)


def with_mark(_: Random, body: Body) -> bytes:
    return b"\xef\xbb\xbf" + text_of(body) + b"\n"


def with_more(rng: Random, body: Body) -> bytes:
    more: Body = {"logprobs": float("-inf"), "x": [[]] * 20, "refusal": None, "annotations": 7, "audio": "\ud800"}
    for part in (body, choice_of(body), message_of(body), *functions_of(body)):
        part.update({name: value for name, value in more.items() if rng.random() < 0.5})
    choice_of(body)["finish_reason"] = rng.choice((None, 7, ["stop"], "length", "content_filter", "", {}))
    body["model"] = rng.choice((None, 7, [], "another", ""))
    message_of(body)["role"] = rng.choice((None, "user", "system", 7))
    return text_of(body)


ODD: Mapping[str, Kind] = {
    "in parts": in_parts,
    "bad ids": bad_ids,
    "arguments as an object": parsed,
    "the older form": older_form,
    "no usage": no_usage,
    "a byte order mark": with_mark,
    "more than asked for": with_more,
}


def fits(name: str, body: Body) -> bool:
    """Whether a kind can be made of this completion."""
    if name in WITH_CALLS:
        return any(json.loads(f["arguments"]) for f in functions_of(body))
    return name not in WITH_WORDS or (bool(message_of(body)["content"]) and not functions_of(body))


def spoilt(name: str, rng: Random, body: Body) -> bytes:
    """The completion as this kind has it."""
    return {**GARBAGE, **SPOILT, **ODD}[name](rng, deepcopy(body))
