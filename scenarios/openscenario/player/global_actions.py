"""Global actions while a storyboard is played: they set parameters and variables, or change nothing that moves."""

from scenarios.openscenario.player.world import Instant, PlayedAction, World
from scenarios.openscenario.source.node import Node
from scenarios.source.errors import nearest, quoted


def global_action(node: Node, world: World) -> PlayedAction:
    """The action of a GlobalAction or UserDefinedAction; raises Unsupported."""
    if node.tag == "UserDefinedAction":
        node.leave_out("an action of another program")
        return Instant(lambda _: None)
    said = node.only()
    match said.tag:
        case "ParameterAction" | "VariableAction":
            return Instant(lambda now: _set(said, now))
        case "InfrastructureAction":
            said.leave_out("traffic signals change, which moves no body here")
            return Instant(lambda _: None)
        case "EnvironmentAction":
            said.differs("the environment changes while the scenario runs; here it stays as at the start")
            said.element.left_out = "told"
            return Instant(lambda _: None)
    inner = next(said.children(), said)
    raise inner.unsupported("actions of that sort", f"{said.tag} {inner.tag}")


def _set(node: Node, world: World) -> None:
    key = "parameterRef" if node.tag == "ParameterAction" else "variableRef"
    name, change = node.label(key).lstrip("$"), node.only()
    if name not in world.values:
        raise node.wrong(f"{key}={quoted(name)}, which is not declared", nearest(name, world.values))
    if change.tag in ("SetAction", "ParameterSetAction", "VariableSetAction"):
        world.values[name] = change.word("value")
        return
    rule = change.need("Rule").only()
    try:
        before = float(world.values[name])
    except ValueError as error:
        raise node.wrong(f"{name}={quoted(world.values[name])}", "a number") from error
    after = before + rule.number("value") if rule.tag == "AddValue" else before * rule.number("value")
    world.values[name] = f"{after:.12g}"
