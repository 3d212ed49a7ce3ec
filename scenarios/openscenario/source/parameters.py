"""Parameters: declarations, values from outside, and the constraints of a declaration."""

import math
from collections.abc import Mapping

from scenarios.openscenario.source.node import ImportRemark, Node, Unsupported
from scenarios.source.errors import nearest, quoted

_WHOLE = {
    "integer": (-(2**31), 2**31),
    "int": (-(2**31), 2**31),
    "unsignedInt": (0, 2**32),
    "unsignedShort": (0, 2**16),
}


class Disallowed(Unsupported):
    """A value that the constraints of its parameter do not allow."""

    def __init__(self, remark: ImportRemark, name: str):
        self.name = name
        super().__init__(remark)


def declared(node: Node, given: Mapping[str, str]) -> Node:
    """`node` with the parameters of its ParameterDeclarations; values in `given` replace their defaults."""
    declarations = node.child("ParameterDeclarations")
    own: dict[str, str] = {}
    for one in declarations.children("ParameterDeclaration") if declarations is not None else ():
        name = one.word("name")
        value = given[name] if name in given else one.within(own).word("value")
        one.element.read.add("value")
        own[name] = _typed(one, one.word("parameterType"), value)
        _constrained(one.within(own), name, own[name])
    return node.within(own)


def read_variables(node: Node) -> dict[str, str]:
    """The variables of a scenario with their values at the start."""
    found: dict[str, str] = {}
    for part in node.children("VariableDeclarations"):
        for one in part.children("VariableDeclaration"):
            found[one.word("name")] = _typed(one, one.word("variableType"), one.word("value"))
    return found


def assignments(node: Node | None) -> dict[str, str]:
    """The values of a list of ParameterAssignments; `parameterRef` may begin with a dollar sign."""
    found: dict[str, str] = {}
    for one in node.children("ParameterAssignment") if node is not None else ():
        found[one.element.attributes.get("parameterRef", "").lstrip("$")] = one.word("value")
        one.ignore("parameterRef")
    return found


def refuse_unknown(node: Node, given: Mapping[str, str], known: Mapping[str, str]) -> None:
    """Refuses an assignment to an undeclared parameter, since it would have no effect."""
    for name in given:
        if name not in known:
            raise node.wrong(f"a value for {quoted(name)}, which is not declared", nearest(name, known))


def _typed(node: Node, kind: str, value: str) -> str:
    """The value in the notation of its type; raises Unsupported for a value of another type."""
    if kind in _WHOLE or kind == "double":
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        least, most = _WHOLE.get(kind, (-math.inf, math.inf))
        if math.isnan(number) or not least <= number <= most or (kind in _WHOLE and number != int(number)):
            raise node.wrong(f"value={quoted(value)}", f"a value of type {kind}")
    elif kind == "boolean" and value not in ("true", "false", "1", "0"):
        raise node.wrong(f"value={quoted(value)}", "true or false")
    return value


def _constrained(node: Node, name: str, value: str) -> None:
    """All constraints of one group must hold; of several groups at least one."""
    groups = [list(group.children("ValueConstraint")) for group in node.children("ConstraintGroup")]
    held = [[holds(value, c.word("rule"), c.word("value")) for c in group] for group in groups]
    if held and not any(all(group) for group in held):
        said = f"{name} = {quoted(value)}, which its constraints do not allow"
        raise Disallowed(node.remark(said, "ConstraintGroup", "a value that one of its groups allows"), name)


def holds(value: str, rule: str, limit: str) -> bool:
    """Whether a value satisfies a rule of OpenSCENARIO; numbers compare as numbers, anything else as text."""
    try:
        a, b = float(value), float(limit)
    except ValueError:
        return {"equalTo": value == limit, "notEqualTo": value != limit}.get(rule, False)
    same = math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    match rule:
        case "equalTo":
            return same
        case "notEqualTo":
            return not same
        case "greaterThan":
            return a > b and not same
        case "lessThan":
            return a < b and not same
        case "greaterOrEqual":
            return a > b or same
        case "lessOrEqual":
            return a < b or same
    return False
