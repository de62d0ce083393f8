"""Numbers in words: what "forty-one dollars and fifty cents" comes to."""

import re
from functools import lru_cache

_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {w: n for n, w in enumerate(_ONES)} | {w: 10 * n for n, w in enumerate(_TENS, 2)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_WORD = rf"(?:{'|'.join([*_VALUES, *_SCALES])})\b"
_JOINED = rf"(?:[\s-]+|(?:(?<=hundred)|(?<=thousand))\s+and\s+){_WORD}"
_NUMERAL = rf"(?<![\w-])(?:a\s+(?=hundred|thousand))?{_WORD}(?:{_JOINED})*"
_PLAIN = re.compile(rf"{_NUMERAL}(?!-?\w)")
_MONEY = re.compile(
    rf"(?P<whole>{_NUMERAL})\s+(?:dollars?|euros?|pounds?)\b(?:\s+(?:and\s+)?(?P<cents>{_NUMERAL})\s+cents?\b)?"
)
_ANY = re.compile(rf"\b{_WORD}")
_PARTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twel", "teen",
          "twen", "thirt", "fort", "fift", "zero", *_SCALES)  # fmt: skip
"""Every word for a number holds one of these."""
_COINS = ("dollar", "euro", "pound")


@lru_cache(maxsize=4096)
def numerals_in(text: str) -> frozenset[float]:
    """Every number that a text writes in words, amounts with their cents."""
    lowered = text.casefold()
    if not _any(lowered):
        return frozenset()
    return frozenset(float(_value(m[0])) for m in _PLAIN.finditer(lowered)) | money_in(text)


@lru_cache(maxsize=4096)
def money_in(text: str) -> frozenset[float]:
    """Every amount of money that a text writes in words."""
    lowered = text.casefold()
    if not any(coin in lowered for coin in _COINS) or not _any(lowered):
        return frozenset()
    return frozenset(round(_value(m["whole"]) + _value(m["cents"] or "") / 100, 2) for m in _MONEY.finditer(lowered))


def _any(lowered: str) -> bool:
    """Whether a text holds a word for a number."""
    return any(part in lowered for part in _PARTS) and _ANY.search(lowered) is not None


def _value(words: str) -> int:
    """What words come to, read from left to right: scales multiply what stands before them."""
    total = part = 0
    for word in re.findall(r"[a-z]+", words):
        if word in _VALUES:
            part += _VALUES[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in _SCALES:
            total += max(part, 1) * _SCALES[word]
            part = 0
    return total + part
