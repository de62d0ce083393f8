"""Texts that are not meant for the other speaker: orders to whoever reads along, forged verdicts, marks of chat
templates, characters that do not show. They are no part of a conversation that anybody should learn from.
"""

import re
from functools import lru_cache

_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.!?\n]{0,40}\b(?:previous|prior|earlier|above|preceding|system|all)\b"
    r"[^.!?\n]{0,30}\b(?:instructions?|prompts?|polic(?:y|ies)|rules?|orders? (?:from|of) (?:the )?system)\b|"
    r"\b(?:reveal|print|repeat|show)\b[^.!?\n]{0,30}\b(?:system|hidden|initial) (?:prompt|message|instructions?)\b|"
    r"\byou are now (?:in )?(?:developer|debug|admin|jailbreak|dan)\b|"
    r"^\W{0,3}(?:system|assistant|developer|tool|judge|verdict|evaluator|grader)\W{0,3}\s*[:=]|"
    r"\b(?:system|verdict|judge|evaluator|grader)\s*:\s|"
    r"\b(?:accept|approve|pass|mark|rate|score|grade)\s+(?:this|the)\s+(?:conversation|dialogue|talk|transcript|"
    r"trajectory|sample|row)\b|"
    r"\b(?:this|the) (?:conversation|dialogue|talk|transcript|trajectory) (?:is|has been|was) "
    r"(?:verified|approved|accepted|correct|successful|graded)\b|"
    r"\ball (?:gates|checks|criteria) (?:have )?(?:pass(?:ed)?|are met)\b|"
    r"\bverdict\b[^.!?\n]{0,20}\b(?:ok|pass|true|final)\b",
    re.IGNORECASE | re.MULTILINE,
)
_HINTS = (
    "ignore", "disregard", "forget", "override", "reveal", "print", "repeat", "show", "you are now", "system",
    "assistant", "developer", "tool", "judge", "verdict", "evaluator", "grader", "conversation", "dialogue", "talk",
    "transcript", "trajectory", "sample", "row", "gates", "checks", "criteria",
)  # fmt: skip
"""Words of which every order holds one."""
_MARKS = re.compile(
    r"<\|[^|>\n]{1,40}\|>|</?(?:tool_call|tool_response|think|system|script|iframe|style|s)\b[^>]{0,80}>|\[/?INST\]|"
    r"<<SYS>>|\[TOOL_CALLS\]|\b(?:BEGIN|END) (?:OF )?(?:TRANSCRIPT|CONVERSATION|SYSTEM)\b|"
    r"\"(?:ok|verdict|fault|gates|sound)\"\s*:",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd\U000e0000-\U000e007f]"
)


@lru_cache(maxsize=4096)
def orders_in(text: str) -> str:
    """What in a message is not for the other speaker, in a few words; empty where there is nothing."""
    if found := _HIDDEN.search(text):
        return f"a character that does not show (U+{ord(found[0]):04X})"
    if found := _MARKS.search(text) or (_ORDERS.search(text) if _may_order(text) else None):
        return f"words that are not for the other speaker: {' '.join(found[0].split())[:60]}"
    return ""


def _may_order(text: str) -> bool:
    lowered = text.lower()
    return not text.isascii() or any(hint in lowered for hint in _HINTS)
