"""Parameters and expressions in attributes: `$speed`, `${$speed / 3.6}`.

Nothing is evaluated as Python: a grammar parses the text to a tree of numbers, booleans, parameters, arithmetic,
comparisons and the functions listed here.
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token, Tree, UnexpectedInput

from scenarios.source.errors import nearest, quoted

LONGEST = 400  # characters; this also limits the depth of the tree
LARGEST = 1e15
Scope = Mapping[str, str]  # parameters by name, without the dollar sign
Value = float | bool
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "round": lambda x: float(math.floor(x + 0.5)),
    "floor": lambda x: float(math.floor(x)),
    "ceil": lambda x: float(math.ceil(x)),
    "sqrt": math.sqrt,
    "abs": abs,
    "sign": lambda x: float((x > 0) - (x < 0)),
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "pow": math.pow,
    "min": min,
    "max": max,
}
_PAIRS = frozenset({"pow", "min", "max"})


class BadExpression(ValueError):
    """Text that is not an expression, or has no value; `found` and `wanted` for a message."""

    def __init__(self, found: str, wanted: str):
        self.found, self.wanted = found, wanted
        super().__init__(f"{found}; wanted {wanted}")


def resolved(text: str, scope: Scope) -> str:
    """An attribute's value with its parameters and expressions evaluated; raises BadExpression."""
    if text.startswith("${") and text.endswith("}"):
        return value_text(evaluated(text[2:-1], scope))
    if text.startswith("$"):
        return _parameter(text, scope)
    return text


def evaluated(text: str, scope: Scope) -> Value:
    """The value of the text between the braces."""
    if len(text) > LONGEST:
        raise BadExpression(f"an expression of {len(text)} characters", f"at most {LONGEST}")
    try:
        value = _value(_grammar().parse(text), scope)
    except UnexpectedInput as error:
        raise BadExpression(f"{quoted(text)}, which is no expression", _WANTED) from error
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, BadExpression):
            raise
        raise BadExpression(f"{quoted(text)}, {_ARITHMETIC[type(error)]}", "an expression with a value") from error
    if not math.isfinite(value):
        raise BadExpression(f"{quoted(text)}, which is beyond all numbers", "a finite value")
    return value


def value_text(value: Value) -> str:
    """A value in the notation of an attribute."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(int(value)) if value == int(value) and abs(value) < LARGEST else repr(value)


_ARITHMETIC = {
    ZeroDivisionError: "which divides by zero",
    OverflowError: "which is beyond all numbers",
    ValueError: "which has no value among the real numbers",
}
_WANTED = "numbers, parameters such as $speed, + - * / %, pi, comparisons, and, or, not, " + ", ".join(_FUNCTIONS)


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    return Lark.open(str(Path(__file__).with_name("expression.lark")), parser="lalr", lexer="contextual")


def _parameter(text: str, scope: Scope) -> str:
    name = text[1:]
    if name not in scope:
        raise BadExpression(f"the parameter {quoted(text)}", nearest(name, scope))
    return scope[name]


def _value(tree: Tree | Token, scope: Scope) -> Value:
    assert isinstance(tree, Tree)
    match tree.data:
        case "number":
            return float(str(tree.children[0]))
        case "truth":
            return str(tree.children[0]) == "true"
        case "pi":
            return math.pi
        case "parameter":
            return _known(str(tree.children[0]), scope)
        case "call":
            return _call(str(tree.children[0]), [_number(_value(part, scope)) for part in tree.children[1:]])
        case "negative":
            return -_number(_value(tree.children[0], scope))
        case "signed":
            return _number(_value(tree.children[0], scope))
        case "negation":
            return not _truth(_value(tree.children[0], scope))
        case "either":
            return any(_truth(_value(part, scope)) for part in tree.children)
        case "both":
            return all(_truth(_value(part, scope)) for part in tree.children)
        case "compared":
            first, sign, second = tree.children
            return _compared(_value(first, scope), str(sign), _value(second, scope))
    value = _number(_value(tree.children[0], scope))
    for sign, part in zip(tree.children[1::2], tree.children[2::2], strict=True):
        value = _bounded(_reckon(value, str(sign), _number(_value(part, scope))))
    return value


def _known(text: str, scope: Scope) -> Value:
    said = _parameter(text, scope)
    if said in ("true", "false"):
        return said == "true"
    try:
        return _bounded(float(said))
    except ValueError as error:
        raise BadExpression(f"{text}, which is {quoted(said)}", "a number or a truth in an expression") from error


def _call(name: str, values: list[float]) -> float:
    if name not in _FUNCTIONS:
        raise BadExpression(f"the function {quoted(name)}", nearest(name, _FUNCTIONS))
    if len(values) != (2 if name in _PAIRS else 1):
        raise BadExpression(f"{name} of {len(values)} values", f"{'two' if name in _PAIRS else 'one'}")
    return _bounded(float(_FUNCTIONS[name](*values)))


def _reckon(a: float, sign: str, b: float) -> float:
    match sign:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b
    return math.fmod(a, b)


def _bounded(value: float) -> float:
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise BadExpression(f"a value of {value:g}", f"finite values up to {LARGEST:g}")
    return value


def _number(value: Value) -> float:
    if isinstance(value, bool):
        raise BadExpression("a truth", "a number there")
    return value


def _truth(value: Value) -> bool:
    if not isinstance(value, bool):
        raise BadExpression("a number beside and, or or not", "a comparison there")
    return value


def _compared(a: Value, sign: str, b: Value) -> bool:
    x, y = float(a), float(b)
    return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y, "==": x == y, "!=": x != y}[sign]
