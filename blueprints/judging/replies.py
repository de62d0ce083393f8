"""What an agent's words are to the person who hears them: a question, a proposal, a refusal, a report, a goodbye."""

import re
from collections.abc import Iterator

_PROPOSES = re.compile(
    r"\b(?:confirm|shall i|should i|would you like me to|do you want me to|may i(?! have| ask| know| get| take)|"
    r"can i (?:go|proceed)|proceed|"
    r"go ahead|is (?:this|that|everything|all of this) (?:all )?(?:correct|right|ok|okay|fine)|"
    r"does (?:this|that) (?:look|sound))\b"
)
_REFUSES = re.compile(
    r"\b(?:can(?:no|')t|can not|unable|not (?:possible|allowed|permitted|eligible|able)|"
    r"isn't (?:possible|allowed|eligible)|"
    r"sorry|unfortunately|regret|against (?:our|the) policy|won't be able)\b"
)
_ASKS = re.compile(
    r"\?|\b(?:please (?:provide|give|tell|share|specify|let me know)|could you|can you|"
    r"i(?:'ll| will)? need|may i have)\b"
)
_WANTS_TO_KNOW = re.compile(
    r"\?|\b(?:please|provide|give|tell|share|specify|confirm|verify|let me know|need|require|could you|can you|"
    r"may i|missing)\b"
)
"""As `_ASKS`, and whatever else might be meant as a question: in doubt the person was asked."""
_NOT = re.compile(r"\b(?:no|not|cannot|never|only|unable|unless|sorry|unfortunately|denied|declined?|against)\b|n't\b")
"""Words of a refusal, however it is put."""
_CLAIMS = re.compile(
    r"\b(?:done|(?:has|have) been|i(?:'ve| have)|success\w*|completed?|processed|updated|confirmed|settled|all set|"
    r"booked|cancell?ed|placed|changed|opened|renewed|is now|are now)\b"
)
_CLOSING = re.compile(r"\b(?:(?:any|some)thing else|further (?:help|assistance)|help you with)\b")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


_ACCEPTS = re.compile(
    r"\W*(?:ok|okay|all ?right|alright|fine|very well|i (?:see|understand)|thanks?|thank you|no problem)\b[^?]*"
)
_INSISTS = re.compile(
    r"\b(?:but|still|really|please|need|want|exception|again|however|why|insist|sure|accept|fair|hop(?:e|ing)|"
    r"manager|supervisor|anyway|though|if|could|can't|cannot|don't)\b"
)


def accepts(text: str) -> bool:
    """Whether the person is content with a no, and nothing in their words asks for more."""
    said = plainly(text)
    return _ACCEPTS.fullmatch(said) is not None and _INSISTS.search(said) is None


def plainly(text: str) -> str:
    """A text in lower case, with one kind of apostrophe."""
    return text.casefold().replace("\u2019", "'")


def proposes(text: str) -> bool:
    """Whether the agent asks for a yes to something."""
    return "?" in text and _PROPOSES.search(plainly(text)) is not None


def speaks_of_consent(text: str) -> bool:
    """Whether the agent's words are such as go with a request for a yes."""
    return _PROPOSES.search(plainly(text)) is not None


def refuses(text: str) -> bool:
    """Whether the agent plainly says no."""
    return _REFUSES.search(plainly(text)) is not None


def may_refuse(text: str) -> bool:
    """Whether the agent's words could be meant as a no, in whatever way."""
    return _NOT.search(plainly(text)) is not None


def asks(text: str) -> bool:
    """Whether the agent asks for something."""
    return _ASKS.search(plainly(text)) is not None


def questions(text: str) -> Iterator[str]:
    """The sentences with which the agent asks, or may be asking; not whether there is anything else."""
    for sentence in _SENTENCE.findall(plainly(text)):
        if _WANTS_TO_KNOW.search(sentence) and not _CLOSING.search(sentence):
            yield sentence


def claims(text: str) -> bool:
    """Whether the agent says that something is done."""
    return _CLAIMS.search(plainly(text)) is not None


def closes(text: str) -> bool:
    """Whether the agent asks for a next matter."""
    return _CLOSING.search(plainly(text)) is not None
