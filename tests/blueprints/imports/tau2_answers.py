"""The values a person has to be told, told in other ways: wrong ones, and right ones in another form."""

import re
from collections.abc import Callable

from blueprints.judging.fidelity import HumanTurn
from tests.blueprints.imports.tau2_courses import Case, answer
from tests.blueprints.imports.tau2_variants import Make, last, reads
from tests.blueprints.talks import Talk, agent
from tools_env.values import leaves


def values_of(case: Case) -> list[str]:
    criteria = case.task.evaluation_criteria
    return [v for v in (criteria.communicate_info or () if criteria else ()) if v.strip()]


def said_as(change: Callable[[list[str], Case], str | None]) -> Make:
    """The values to be told, told in another way."""

    def make(case: Case) -> Talk | None:
        values = values_of(case)
        told = answer(values)
        text = case.talk.text(last(case.talk))
        new = change(values, case) if values and told in text else None
        return None if new is None else case.talk.saying(last(case.talk), text.replace(told, f"{new} "))

    return make


def is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(?:\.\d+)?", text) is not None


def wrong_value(values: list[str], case: Case) -> str | None:
    new = [f"{float(v) + 3:.2f}".removesuffix(".00") if is_number(v) else "something else" for v in values[:1]]
    return answer([*new, *values[1:]]).strip()


def rivals(values: list[str], case: Case) -> str | None:
    shown = [v for n in reads(case.talk) for v in leaves(case.talk.called(n).outcome.observed())]
    others = [f"{v:g}" for v in shown if isinstance(v, float) and v > 10 and f"{v:g}" not in " ".join(values)]
    return f"It is one of these: {', '.join([*dict.fromkeys(others)][:5])}, {values[0]}." if len(others) > 5 else None


def inside_another(values: list[str], case: Case) -> str | None:
    return answer([f"7{v}" for v in values]).strip() if all(is_number(v) for v in values) else None


def with_sign(values: list[str], case: Case) -> str | None:
    numbers = [v for v in values if is_number(v) and "." in v]
    return answer([f"${float(v):,.2f}" if v in numbers else v for v in values]).strip() if numbers else None


def in_dollars(values: list[str], case: Case) -> str | None:
    numbers = [v for v in values if is_number(v) and "." in v]
    return answer([f"{float(v):g} dollars" if v in numbers else v for v in values]).strip() if numbers else None


def in_words(values: list[str], case: Case) -> str | None:
    words = {"10": "ten", "4": "four"}
    return f"There are {words[values[0]]} of them." if values[0] in words else None


def taken_back(case: Case) -> Talk | None:
    """The right value, and then, asked again, another one."""
    if said_as(wrong_value)(case) is None:
        return None
    again = HumanTurn(act="chat", text="Are you certain of that?")
    wrong = wrong_value(values_of(case), case)
    return case.talk.with_at(last(case.talk) + 1, again, agent(f"Sorry, I was mistaken. {wrong}"))
