import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools_env.imports.calculator import calculate

Sum = tuple[str, Fraction | None]
"""An expression and its exact value, None where it divides by zero."""


def joined(left: Sum, sign: str, right: Sum) -> Sum:
    text, one, other = f"({left[0]}) {sign} ({right[0]})", left[1], right[1]
    if one is None or other is None or (sign == "/" and not other):
        return text, None
    return text, {"+": one + other, "-": one - other, "*": one * other}.get(sign) if sign != "/" else one / other


sums = st.recursive(
    st.integers(0, 10**6).map(lambda n: (str(n), Fraction(n))),
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: joined(*parts))
        | inner.map(lambda one: (f"-{one[0]}" if one[0].isdigit() else f"-({one[0]})", one[1] and -one[1]))
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 2", "4.0"),
        ("(1.002 + 2) * 3", "9.01"),
        ("-7 // 2", "-4.0"),
        ("2 ** 10", "1024.0"),
        (" 10 / 4 - -1 ", "3.5"),
        ("54.04 + 41.64 + 1e3", "1095.68"),
    ],
)
def test_it_calculates_and_rounds_to_two_places(expression: str, value: str):
    assert calculate(expression) == value


@given(sums)
def test_it_agrees_with_exact_arithmetic(one: Sum):
    expression, exact = one
    if exact is None:
        with pytest.raises(ValueError, match=r"division by zero|too large"):
            calculate(expression)
    elif len(expression) <= 200 and abs(exact) < 10**9:
        assert abs(Fraction(calculate(expression)) - exact) < Fraction("0.0051")


@pytest.mark.parametrize(
    "expression",
    ["9**9**9", "9**65", "(10**18)*10", "1e400", "2**0.5**-64**9", "1" * 201, "(" * 150 + "1" + ")" * 150, "10**400"],
)
def test_what_is_too_large_is_refused_at_once(expression: str):
    started = time.process_time()
    with pytest.raises(ValueError, match=r"large|longer|expression"):
        calculate(expression)
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "two",
        "1 +",
        "abs(1)",
        "().__class__",
        "1 if 2 else 3",
        "'a' * 3",
        "[1]",
        "1 < 2",
        "True",
        "1j",
        "(-8) ** 0.5",
    ],
)
def test_what_is_not_arithmetic_is_refused(expression: str):
    with pytest.raises(ValueError, match=r"expression|Only numbers|real number"):
        calculate(expression)


@pytest.mark.parametrize("expression", ["1 / 0", "0 ** -1", "5 // 0"])
def test_a_division_by_zero_is_refused(expression: str):
    with pytest.raises(ValueError, match="division by zero"):
        calculate(expression)
