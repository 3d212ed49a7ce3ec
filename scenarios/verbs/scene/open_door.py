"""The verb 'opens a door': of a parked car that does not move; the door is a separate body from then on.

The door is hinged at its front edge and swings out as a thin upright box. Until it opens it is not in the scene: the
car's box and mesh include the closed door. It is of the kind debris, nuScenes' category for an object on the road
that belongs to no other class.
The car's mesh keeps its closed door. The check strap holds the door at its angle: a car that is hit takes its open
door along as one rigid body, also during the swing. A body that hits the door itself tears it off.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from scenarios.model.actions import VerbAction
from scenarios.model.bodies import Body, Kind
from scenarios.model.kinds.debris import DOOR_SIZE, DOOR_SUFFIX
from scenarios.model.sides import Side
from scenarios.roads.road import Road
from scenarios.scenario import AtPose, OnLane, Parked, Placed, own_road
from scenarios.simulation.actions.motions import ActionContext
from scenarios.simulation.dynamics.body_state import BodyState, RunningAction, decline
from scenarios.simulation.dynamics.lane_path import wrapped
from scenarios.simulation.dynamics.polyline_path import Pose
from scenarios.spec.actor_references import ActorDescription, ActorIndex
from scenarios.spec.base import Section, one_of
from scenarios.verbs.clause import Part
from scenarios.verbs.performance import Asked, Performance
from scenarios.verbs.story_verb import PlacedEvent, Refusal, StoryVerb, WrittenEvent

OPEN_RAD = math.radians(60.0)
OPENING_S = 1.6  # the edge of the door then moves at walking pace
HINGE_SHARE = {Kind.CAR: 0.2, Kind.VAN: 0.3}  # of the length, forward of the centre
CLEAR_M = 0.02  # between the closed door and the side of the car's box


class OpenDoorDo(Section):
    side: Annotated[Side | None, one_of(Side)] = Field(
        None, description="left or right, as seen by its driver; left out: the side of the traffic"
    )


@dataclass(frozen=True)
class OpenDoor(VerbAction):
    """Swing the front door on a side out by 60 degrees; None: the side towards the road's centre."""

    side: Side | None

    def brought(self, actor: str) -> tuple[str, ...]:
        return (door_id(actor),)


GRAMMAR = """
open_door: _OPENS which_door open_door_part*
which_door: WHICH_DOOR
?open_door_part: _mod

_OPENS.4: ("opens" | "open") _E
WHICH_DOOR.5: ("its" | "his" | "her" | "the" | "a") (" left" | " right" | " driver's")? " door" _E
"""


def door_id(actor: str) -> str:
    """The id of the door's body."""
    return f"{actor}{DOOR_SUFFIX}"


def door_pose(car: Pose, body: Body, side: Side, angle_rad: float) -> Pose:
    """Map pose of the door's box at an opening angle, from the pose of the car's box centre.

    Its heading is the direction of the swing, so that the box is thin along it.
    """
    sign = 1 if side is Side.LEFT else -1
    forward = HINGE_SHARE[body.kind] * body.size.length_m - DOOR_SIZE.width_m / 2 * math.cos(angle_rad)
    closed = body.size.width_m / 2 + CLEAR_M + DOOR_SIZE.length_m / 2
    aside = sign * (closed + DOOR_SIZE.width_m / 2 * math.sin(angle_rad))
    x, y, yaw = car
    cos, sin = math.cos(yaw), math.sin(yaw)
    heading = yaw + sign * (math.pi / 2 - angle_rad)
    return x + cos * forward - sin * aside, y + sin * forward + cos * aside, heading


def traffic_side(road: Road, car: Pose) -> Side:
    """The side of a standing car that faces the road's centre."""
    s, d = road.locate(car[0], car[1])
    facing = math.cos(car[2] - road.heading(s))
    left = ((road.left_edge + road.right_edge) / 2 - d) * facing > 0
    return Side.LEFT if left else Side.RIGHT


def _start_pose(placed: Placed, road: Road) -> Pose:
    start = placed.start
    if isinstance(start, OnLane):
        x, y, heading = own_road(placed, road).place(start.s_m, start.d_m)
        return x, y, heading + (0.0 if start.facing > 0 else math.pi)
    return start.x_m, start.y_m, start.yaw_rad


def _read_door(items: list) -> list[Part]:
    """Reads the side; the driver's door is on the left."""
    words = items[0].replace("driver's", "left").split()
    return [("side", str(side)) for side in Side if side in words]


def _compiled(says: OpenDoorDo, actor: ActorDescription, cast: ActorIndex) -> OpenDoor:
    return OpenDoor(says.side)


def _words(action: OpenDoor) -> str:
    return "opens its door" if action.side is None else f"opens its {action.side} door"


def _check(says: OpenDoorDo, event: WrittenEvent) -> Iterator[Refusal]:
    actor = event.actor
    if actor.id == "ego" or actor.kind not in HINGE_SHARE:
        yield "", "the ego" if actor.id == "ego" else f"{actor.a_kind} with a door to open", "a parked car or van"
    elif not actor.parked:
        yield "", f"{actor.id}, which moves", "a car or van that stands"
    elif event.others:
        wanted = "a car without other actions: its open door does not move with it"
        yield "", f"{actor.id}, which also does this: {', '.join(event.others)}", wanted
    elif door_id(actor.id) in event.cast.members:
        yield "", f"another actor called {door_id(actor.id)}", "another name: this is the id of the door"


def _brings(action: OpenDoor, event: PlacedEvent) -> tuple[Placed, ...]:
    who = event.placed[event.actor]
    pose = _start_pose(who, event.road)
    x, y, yaw = door_pose(pose, who.body, action.side or traffic_side(event.road, pose), 0.0)
    door = Body(door_id(event.actor), Kind.DEBRIS, DOOR_SIZE, colour=who.body.colour)
    return (Placed(door, AtPose(x, y, yaw), 0.0, Parked()),)


def _remark(action: OpenDoor, event: PlacedEvent) -> str:
    who = event.placed[event.actor]
    side = action.side or traffic_side(event.road, _start_pose(who, event.road))
    out = DOOR_SIZE.width_m * math.sin(OPEN_RAD) + CLEAR_M + DOOR_SIZE.length_m
    door = f"{door_id(event.actor)}, labelled as debris"
    return f"the {side} one swings out {out:.2f} m within {OPENING_S:g} s and stays open; it is the body {door}"


def _motion(action: OpenDoor, mover: BodyState, context: ActionContext) -> RunningAction:
    door = context.look(door_id(mover.body.id))
    if abs(mover.speed) > 0 or door.present:
        why = "it moves" if not door.present else "it is open"
        return decline(f"does not open its door: {why}")
    car: Pose = (*mover.centre(), mover.at[2])
    side = action.side or traffic_side(mover.road, car)
    door.present, door.at = True, door_pose(car, mover.body, side, 0.0)
    fastest = DOOR_SIZE.width_m / 2 * OPEN_RAD * math.pi / OPENING_S / 2  # of the door's centre, m/s
    opened: list[float] = []

    door.attach_to(mover)

    def over(_: float) -> bool:
        return door.struck_once or mover.struck_once or bool(opened)

    def step(t_s: float) -> str:
        if over(t_s):
            return ""
        phase = math.pi * min(1.0, (t_s - context.t_s) / OPENING_S)
        door.at = door_pose(car, mover.body, side, OPEN_RAD * (1 - math.cos(phase)) / 2)
        door.attach_to(mover)
        door.speed, door.accel = fastest * math.sin(phase), fastest * math.pi / OPENING_S * math.cos(phase)
        if phase >= math.pi:
            door.speed, door.accel = 0.0, 0.0
            opened.append(t_s)
        return ""

    return RunningAction(f"opens its {side} door", over, step)


def _achieved(action: OpenDoor, seen: Performance) -> Iterator[Asked]:
    door = seen.other(door_id(seen.rollout.bodies[seen.row].id))
    swung = wrapped(float(seen.rollout.yaw_rad[seen.last, door]) - float(seen.yaw_rad[-1]))
    yield seen.angle("opening", OPEN_RAD, math.pi / 2 - abs(swung) if seen.over else None)
    if action.side is not None:
        yield Asked("side", str(action.side), str(Side.LEFT if swung > 0 else Side.RIGHT))


OPEN_DOOR = StoryVerb(
    key="open_door",
    placeless=True,
    example="{side: left}: of a parked car",
    section=OpenDoorDo,
    action=OpenDoor,
    grammar=GRAMMAR,
    phrases=("{a} opens its door after 2 s", "{a} opens its left door when the ego is 1.5 s away"),
    drafts=("a parked car opens its door",),
    participles={"opening": "opens"},
    compiled=_compiled,
    words=_words,
    motion=_motion,
    achieved=_achieved,
    usual=(
        ("`side`", "the side of the traffic"),
        ("the opening", f"{math.degrees(OPEN_RAD):g}° within {OPENING_S:g} s, hinged at its front edge; it stays open"),
        ("the door", f"{DOOR_SIZE.width_m:g} m wide, {DOOR_SIZE.height_m:g} m high, the body `<id>{DOOR_SUFFIX}`"),
    ),
    parts={"which_door": _read_door},
    check=_check,
    brings=_brings,
    remark=_remark,
)
