"""Constraints between the parameters of a sweep: a small language of comparisons with units.

Nothing is evaluated as Python: a grammar parses the text to a tree of six comparisons, four operations, `and`, `or`,
`not`, quantities, words, and paths of the file.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF

from scenarios.source.errors import quoted
from scenarios.source.units import Amount, NotAQuantity, amount, kind_of

LONGEST = 200  # characters; this also limits the depth of the tree
EXAMPLE = "a comparison such as actors.lead.ahead / ego.speed >= 0.5 s, or environment.weather != snow"
CLOSE = 1e-9  # relative tolerance, so that 8 m at 10 m/s equals 0.8 s
Value = Amount | str | bool
Lookup = Callable[[str], object]  # the value at a path as written in the file; KeyError without one
Meaning = Callable[[Lookup], Value]


class Unfit(ValueError):
    """A constraint that cannot be parsed, or that compares values of different kinds."""

    def __init__(self, found: str, wanted: str):
        self.found, self.wanted = found, wanted
        super().__init__(f"{found}; wanted {wanted}")


@dataclass(frozen=True)
class Constraint:
    """A condition: its text, its path in the file, and its meaning."""

    text: str
    where: str
    meaning: Meaning

    def holds(self, lookup: Lookup) -> bool:
        """Whether it holds for these values; raises Unfit if units or kinds do not fit."""
        found = self.meaning(lookup)
        if not isinstance(found, bool):
            raise Unfit(f"{quoted(self.text)}, which is {_kind(found)}", EXAMPLE)
        return found


def read_constraint(text: object, where: str) -> Constraint:
    """The condition of a line of `where:`; raises Unfit."""
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST:
        raise Unfit(quoted(text), f"{EXAMPLE}, in at most {LONGEST} characters")
    try:
        return Constraint(text.strip(), where, _ConstraintTransformer().transform(_grammar().parse(text)))
    except UnexpectedInput as error:
        raise Unfit(f"{quoted(text)}: {_stuck(error)}", EXAMPLE) from error


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    return Lark.open(str(Path(__file__).with_name("constraint.lark")), parser="lalr", lexer="contextual")


def _stuck(error: UnexpectedInput) -> str:
    if isinstance(error, UnexpectedCharacters):
        return f"the character {quoted(error.char)} is not allowed here"
    token = getattr(error, "token", None)
    if isinstance(error, UnexpectedEOF) or token is None or token.type == "$END":
        return "it ends too early"
    return f"{quoted(str(token))} is not allowed there"


class _ConstraintTransformer(Transformer):
    """The parse tree to functions of the lookup."""

    def quantity(self, parts: list[Token]) -> Meaning:
        try:
            found = amount(str(parts[0]))
        except NotAQuantity:
            return _refused(quoted(str(parts[0])), "a quantity with its unit, such as 12 m, 50 km/h or 6 m/s^2")
        return lambda _: found

    def number(self, parts: list[Token]) -> Meaning:
        found = Amount(float(parts[0]))
        return lambda _: found

    def path(self, parts: list[Token]) -> Meaning:
        name = str(parts[0])
        return lambda lookup: _understood(name, _at(lookup, name))

    def word(self, parts: list[Token]) -> Meaning:
        name = str(parts[0])
        return lambda lookup: _understood(name, _at(lookup, name)) if name == "duration" else name

    def text(self, parts: list[Token]) -> Meaning:
        found = str(parts[0])[1:-1]
        return lambda _: found

    def either(self, parts: list[Meaning]) -> Meaning:
        return lambda lookup: any(_truth(part(lookup)) for part in parts)

    def both(self, parts: list[Meaning]) -> Meaning:
        return lambda lookup: all(_truth(part(lookup)) for part in parts)

    def negation(self, parts: list[Meaning]) -> Meaning:
        return lambda lookup: not _truth(parts[0](lookup))

    def compared(self, parts: list) -> Meaning:
        def holds(lookup: Lookup) -> bool:
            values = [part(lookup) for part in parts[::2]]
            return all(_compare(a, str(sign), b) for a, sign, b in zip(values, parts[1::2], values[1:], strict=False))

        return holds

    def sum(self, parts: list) -> Meaning:
        return _chain(parts)

    def product(self, parts: list) -> Meaning:
        return _chain(parts)

    def negative(self, parts: list[Meaning]) -> Meaning:
        return lambda lookup: _reckon(Amount(-1.0), "*", parts[0](lookup))


def _refused(found: str, wanted: str) -> Meaning:
    def refuse(_: Lookup) -> Value:
        raise Unfit(found, wanted)

    return refuse


def _chain(parts: list) -> Meaning:
    def reckon(lookup: Lookup) -> Value:
        value = parts[0](lookup)
        for sign, part in zip(parts[1::2], parts[2::2], strict=True):
            value = _reckon(value, str(sign), part(lookup))
        return value

    return reckon


def _at(lookup: Lookup, path: str) -> object:
    try:
        return lookup(path)
    except KeyError:
        raise Unfit(
            f"{path}, which is not written in this file", "a path that is written in the file or its sweep"
        ) from None


def _understood(path: str, written: object) -> Value:
    """A value of the file: a quantity, a bare number, or a word."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return Amount(float(written))
    if not isinstance(written, str):
        raise Unfit(f"{path}, which is {quoted(written)}", "the path of one value")
    try:
        return amount(written)
    except NotAQuantity:
        return written


def _truth(value: Value) -> bool:
    if not isinstance(value, bool):
        raise Unfit(f"{_kind(value)} beside and, or or not", "comparisons on both sides")
    return value


def _compare(a: Value, sign: str, b: Value) -> bool:
    if isinstance(a, Amount) and isinstance(b, Amount):
        _same_dimension(a, sign, b)
        if math.isclose(a.si, b.si, rel_tol=CLOSE, abs_tol=1e-12):
            return sign in ("<=", ">=", "==")
        return {"<": a.si < b.si, "<=": a.si < b.si, ">": a.si > b.si, ">=": a.si > b.si}.get(sign, sign == "!=")
    if isinstance(a, str) and isinstance(b, str) and sign in ("==", "!="):
        return (a == b) is (sign == "==")
    raise Unfit(f"{_kind(a)} {sign} {_kind(b)}", "quantities of one kind, or words with == or !=")


def _reckon(a: Value, sign: str, b: Value) -> Amount:
    if not (isinstance(a, Amount) and isinstance(b, Amount)):
        raise Unfit(f"{_kind(a)} {sign} {_kind(b)}", "quantities or numbers on both sides")
    if sign == "*":
        return Amount(a.si * b.si, a.dimension * b.dimension)
    if sign == "/":
        if b.si == 0:
            raise Unfit("a division by zero", "a divisor that is never zero")
        return Amount(a.si / b.si, a.dimension / b.dimension)
    _same_dimension(a, sign, b)
    return Amount(a.si + b.si if sign == "+" else a.si - b.si, a.dimension)


def _same_dimension(a: Amount, sign: str, b: Amount) -> None:
    if a.dimension != b.dimension:
        raise Unfit(f"{_kind(a)} {sign} {_kind(b)}", "quantities of one kind on both sides")


def _kind(value: Value) -> str:
    if isinstance(value, bool):
        return "a comparison"
    return f"the word {quoted(value)}" if isinstance(value, str) else kind_of(value.dimension)
