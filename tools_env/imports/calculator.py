"""Arithmetic on a short text, bounded in size: stands in for tools of other people that evaluate what they are sent."""

import ast
import operator
from collections.abc import Callable

VERSION = "1"
"""Part of a world's digest: what `calculate` answers is part of what rows prove."""

LONGEST = 200
LARGEST = 1e18
STEEPEST = 64

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}


def calculate(expression: str) -> str:
    """The value of an expression of numbers, + - * / // ** and parentheses, rounded to two places, as text.

    Raises:
        ValueError: anything else, a division by zero, or operands, exponents or results out of bounds.
    """
    if len(expression) > LONGEST:
        raise ValueError(f"The expression is longer than {LONGEST} characters.")
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError("This is not an arithmetic expression.") from error
    return str(round(float(_value(tree.body)), 2))


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
        return _bounded(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        value = _value(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and (apply := _OPERATORS.get(type(node.op))) is not None:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and abs(right) > STEEPEST:
            raise ValueError(f"An exponent is larger than {STEEPEST}.")
        try:
            return _bounded(apply(left, right))
        except ArithmeticError as error:
            raise ValueError("This cannot be calculated: a division by zero, or too large a number.") from error
    raise ValueError("Only numbers, + - * / and parentheses can be calculated.")


def _bounded(value: object) -> float:
    if not isinstance(value, int | float):
        raise ValueError("The result is not a real number.")  # noqa: TRY004 - the caller sent a wrong value
    if not abs(value) <= LARGEST:
        raise ValueError("A number is too large.")
    return value
