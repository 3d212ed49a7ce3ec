"""Exports a scenario as OpenSCENARIO XML 1.2 with its OpenDRIVE map.

Bodies that hold a speed and have only actions of both languages are exported with these. All others (drivers,
crossing, sliding or hit bodies) are exported with the rollout's trajectory and times, so that a player shows the
same motion.
"""

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from lxml import etree

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, ON_FOOT, STATIC
from scenarios.model.kinds.registry import KINDS
from scenarios.opendrive.read_map import map_of
from scenarios.opendrive.write_map import ROAD_ID, begins_m, lane_id, map_xml
from scenarios.openscenario.export.bodies import entity_xml, environment_xml
from scenarios.openscenario.export.elements import (
    CONDITIONS,
    by_time,
    delay_s,
    el,
    exported_action,
    private,
    speed_action,
    start_trigger,
    trigger,
)
from scenarios.openscenario.export.own_actions import own_action
from scenarios.openscenario.playing import play_file
from scenarios.openscenario.story.storyboard import OWN_ACTION
from scenarios.roads.road import Road
from scenarios.rollout import Rollout
from scenarios.scenario import AfterEvent, Event, HoldSpeed, OnLane, Parked, Placed, Scenario
from scenarios.source.xml_document import parse_xml
from scenarios.verbs.exported_action import ExportedAction

PLAYED_M = 0.3  # the largest deviation of a body from its rollout in a player
ROLLED_OUT, EVENTS = "trajectory of the rollout", "story"


class NotExported(ValueError):
    """A scenario that cannot be exported; the message states why."""


@dataclass(frozen=True)
class Exported:
    """The two files by name; for every body whether they contain its story or its trajectory; and what is left out."""

    xosc_name: str
    xosc: bytes
    xodr_name: str
    xodr: bytes
    motion: dict[str, str]
    left_out: tuple[str, ...]


def export(scenario: Scenario, rollout: Rollout) -> Exported:
    """The files of a scenario and its rollout; raises NotExported."""
    if scenario.road is None:
        raise NotExported(f"{scenario.name} starts from a log; there is no road to export")
    if scenario.road.ramp is not None:
        raise NotExported(f"{scenario.name}: road.ramp; a map with a ramp cannot be written yet")
    if scenario.road.junction is not None and scenario.road.junction.ring_m:
        raise NotExported(f"{scenario.name}: road.roundabout; a map with a roundabout cannot be written yet")
    absent = [body.id for i, body in enumerate(rollout.bodies) if not rollout.valid[:, i].all()]
    if absent:
        raise NotExported(f"{scenario.name}: {', '.join(absent)} is not there all the time, as players expect")
    roads = map_xml(scenario.road, scenario.name, scenario.friction)
    otherwise: frozenset[str] = frozenset()
    while True:
        motion = _motion(scenario, rollout, otherwise)
        parts = _Parts(scenario, rollout, motion, scenario.road)
        text = etree.tostring(parts.root(), xml_declaration=True, encoding="UTF-8", pretty_print=True)
        played = _played_otherwise(text, roads, rollout) if EVENTS in motion.values() else set()
        if not (played := {who for who in played if motion.get(who) == EVENTS}):
            break
        otherwise |= played
    return Exported(f"{scenario.id}.xosc", text, f"{scenario.id}.xodr", roads, motion, _left_out(scenario.road))


def _played_otherwise(text: bytes, roads: bytes, rollout: Rollout) -> set[str]:
    """The bodies that leave the rollout when the file is played, up to the first impact."""
    tracks = play_file(parse_xml(text, "exported.xosc"), map_of(parse_xml(roads, "exported.xodr"))).tracks
    hits = [event.t_s for event in rollout.happenings if event.other]
    until = int(np.searchsorted(rollout.t_s, min(hits, default=np.inf)))
    found = set()
    for who, track in tracks.items():
        last = min(len(track), until, len(rollout.t_s))
        off = np.hypot(*(rollout.centre[:last, rollout.index(who), :2] - track[:last, :2]).T)
        if len(off) and off.max() > PLAYED_M:
            found.add(who)
    return found


def _left_out(road: Road) -> tuple[str, ...]:
    """Features of the road that the exported map, one road on a plane, does not have."""
    junction = road.junction
    there = {
        "the crossing road": junction is not None,
        "signals": junction is not None and bool(junction.signals),
        "the slope": bool(road.slope_rad),
        "zebra crossings": bool(road.zebras_m),
        "patches of another surface": bool(road.patches),
    }
    return tuple(what for what, is_there in there.items() if is_there)


# -- story or trajectory -------------------------------------------------------------------------------------------


def _motion(scenario: Scenario, rollout: Rollout, otherwise: frozenset[str] = frozenset()) -> dict[str, str]:
    """Story or trajectory for each body; `otherwise`: those whose story a player plays otherwise."""
    by_events = {p.body.id for i, p in enumerate(scenario.placed) if _is_expressible(i, p, scenario, rollout)}
    by_events -= otherwise
    while True:  # a body that waits for an exported trajectory needs one as well
        by_name = {event.name: event.actor for event in scenario.events}
        lost = {
            e.actor for e in scenario.events
            if isinstance(e.when, AfterEvent) and e.actor in by_events and by_name.get(e.when.event) not in by_events
        }  # fmt: skip
        if not lost:
            return {p.body.id: EVENTS if p.body.id in by_events else ROLLED_OUT for p in scenario.placed}
        by_events -= lost


def _is_expressible(i: int, placed: Placed, scenario: Scenario, rollout: Rollout) -> bool:
    """Whether both languages can express all actions of a body."""
    who, road = placed.body.id, scenario.road
    assert road is not None
    own = [event for event in scenario.events if event.actor == who]
    hit = any(who in (h.actor, h.other) for h in rollout.happenings if h.other)
    if not isinstance(placed.behaviour, HoldSpeed | Parked) or hit or rollout.sliding[:, i].any():
        return False
    if not own and placed.speed_mps == 0 and np.ptp(rollout.centre[:, i, :2], axis=0).max() < 1e-6:
        return True
    lane = start_lane(road, placed)
    paths = [e for e in own if exported_action(e.do, placed, rollout, road, 0, 1) is not None]
    if lane is None or len(paths) != len(own) or not all(isinstance(e.when, CONDITIONS) for e in own):
        return False
    if any(e.where is not None for e in own):  # a place relative to another body has no counterpart
        return False
    return placed.body.kind not in ON_FOOT | STATIC


def start_lane(road: Road, placed: Placed) -> int | None:
    """The lane in which a body starts in the direction of its traffic; None for any other start."""
    if not isinstance(placed.start, OnLane):
        return None
    for lane in range(road.lanes + road.opposite_lanes):
        along = 1 if lane < road.lanes else -1
        if abs(placed.start.d_m - road.lane_centre(lane)) < road.width_of(lane) / 2 and placed.start.facing == along:
            return lane
    return None


def forward_m(placed: Placed, ego: bool) -> float:
    """Distance from the reference point (under the rear axle of wheeled bodies) to the centre of the box."""
    if ego:
        return EGO_REAR_AXLE_TO_CENTRE_M
    rear_axle = KINDS[placed.body.kind].openscenario.rear_axle
    return round(0.3 * placed.body.size.length_m, 3) if rear_axle else 0.0


# -- the file ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parts:
    scenario: Scenario
    rollout: Rollout
    motion: dict[str, str]
    road: Road

    def root(self) -> etree._Element:
        s = self.scenario
        said = [el("Property", name=f"nearmiss:{who}", value=how) for who, how in self.motion.items()]
        said += [el("Property", name=f"{OWN_ACTION}{event.name}", value=text) for event, text in self._own_actions()]
        if left_out := _left_out(self.road):
            said.append(el("Property", name="nearmiss-left-out", value=", ".join(left_out)))
        header = el("FileHeader", el("Properties", *said), revMajor="1", revMinor="2", date="2026-01-01T00:00:00",
                    description=s.intent, author="nearmiss")  # fmt: skip
        root = el("OpenSCENARIO", header, el("ParameterDeclarations"), el("CatalogLocations"))
        root.append(el("RoadNetwork", el("LogicFile", filepath=f"{s.id}.xodr")))
        root.append(
            el("Entities", *(entity_xml(p, forward_m(p, i == 0), self._hit_s(i, p)) for i, p in enumerate(s.placed)))
        )
        root.append(self._storyboard())
        for who, how in self.motion.items():
            root.insert(1, etree.Comment(f" {who}: {how} "))
        return root

    def _own_actions(self) -> list[tuple[Event, str]]:
        """The exported events of this project's verbs, in their own words."""
        told = [event for event in self.scenario.events if self.motion[event.actor] == EVENTS]
        placed = {p.body.id: p for p in self.scenario.placed}
        texts = []
        for event in told:
            body = placed[event.actor]
            delay = self._delay_s(event, body)
            texts.append((event, own_action(event.do, body.body.kind, body.speed_mps, delay)))
        return [(event, text) for event, text in texts if text]

    def _exported(self, event: Event, placed: Placed) -> ExportedAction:
        lane, facing = start_lane(self.road, placed), getattr(placed.start, "facing", 1)
        assert lane is not None, "who acts by a story starts in a lane"
        found = exported_action(event.do, placed, self.rollout, self.road, lane, facing)
        assert found is not None, "asked before"
        return found

    def _delay_s(self, event: Event, placed: Placed) -> float:
        forward = forward_m(placed, placed is self.scenario.placed[0])
        return delay_s(self._exported(event, placed), placed.speed_mps, forward)

    def _hit_s(self, i: int, placed: Placed) -> float | None:
        """From when on an impact moves a body; None of one that none moves, though something may brush it."""
        who, sliding = placed.body.id, self.rollout.sliding[:, i]
        hits = [h.t_s for h in self.rollout.happenings if h.other and who in (h.actor, h.other)]
        if not hits or not sliding[-1]:
            return None
        begins = len(sliding) - int(np.argmin(sliding[::-1])) if not sliding.all() else 0
        return max((t for t in hits if t <= self.rollout.t_s[begins]), default=min(hits))

    def _storyboard(self) -> etree._Element:
        init = el("Actions", el("GlobalAction", environment_xml(self.scenario)))
        init.extend(self._private(i, placed) for i, placed in enumerate(self.scenario.placed))
        groups = [group for placed in self.scenario.placed if (group := self._group(placed)) is not None]
        story = []
        if groups:
            act = el("Act", *groups, trigger("StartTrigger", "act", by_time("greaterOrEqual", 0.0)), name="act")
            story = [el("Story", act, name="story")]
        end = trigger("StopTrigger", "end", by_time("greaterOrEqual", self.scenario.duration_s))
        return el("Storyboard", el("Init", init), *story, end)

    def _private(self, i: int, placed: Placed) -> etree._Element:
        made = el("Private", entityRef=placed.body.id)
        place = self._place(i, placed)
        made.append(el("PrivateAction", el("TeleportAction", el("Position", place))))
        speed = float(self.rollout.speed_mps[0, i])
        made.append(speed_action(max(speed, 0.0), "step", "time", 0.0))
        if self.motion[placed.body.id] == ROLLED_OUT:
            made.append(el("PrivateAction", el("RoutingAction", self._trajectory(i, placed))))
        return made

    def _place(self, i: int, placed: Placed) -> etree._Element:
        lane = start_lane(self.road, placed)
        if lane is None or not isinstance(placed.start, OnLane):
            return self._world(i, placed, 0)
        s = placed.start.s_m - placed.start.facing * forward_m(placed, i == 0) - begins_m(self.road)
        off = placed.start.d_m - self.road.lane_centre(lane)
        return el("LanePosition", roadId=ROAD_ID, laneId=str(lane_id(self.road, lane)), s=float(s), offset=float(off))

    def _world(self, i: int, placed: Placed, frame: int) -> etree._Element:
        (x, y, _), yaw = self.rollout.centre[frame, i], float(self.rollout.yaw_rad[frame, i])
        back = forward_m(placed, i == 0)
        x, y = float(x) - back * cos(yaw), float(y) - back * sin(yaw)
        return el("WorldPosition", x=x, y=y, z=0.0, h=yaw % (2 * pi))

    def _trajectory(self, i: int, placed: Placed) -> etree._Element:
        """All frames."""
        vertices = [
            el("Vertex", el("Position", self._world(i, placed, frame)), time=float(t))
            for frame, t in enumerate(self.rollout.t_s)
        ]
        shape = el("Shape", el("Polyline", *vertices))
        timing = el("Timing", domainAbsoluteRelative="absolute", scale=1.0, offset=0.0)
        return el(
            "FollowTrajectoryAction",
            el("TrajectoryRef", el("Trajectory", shape, name=f"{placed.body.id}-way", closed=False)),
            el("TimeReference", timing),
            el("TrajectoryFollowingMode", followingMode="position"),
        )

    def _group(self, placed: Placed) -> etree._Element | None:
        who = placed.body.id
        own = [event for event in self.scenario.events if event.actor == who]
        if not own or self.motion[who] == ROLLED_OUT:
            return None
        events = [self._event(event, placed) for event in own]
        actors = el("Actors", el("EntityRef", entityRef=who), selectTriggeringEntities=False)
        maneuver = el("Maneuver", *events, name=f"{who}-acts")
        return el("ManeuverGroup", actors, maneuver, maximumExecutionCount="1", name=f"{who}-group")

    def _event(self, event: Event, placed: Placed) -> etree._Element:
        said = private(self._exported(event, placed), self.road)
        when = start_trigger(event.name, event.when, self.road, self._noses(), self._delay_s(event, placed))
        return el("Event", el("Action", said, name=f"{event.name}-do"), when, name=event.name, priority="overwrite",
                  maximumExecutionCount="1")  # fmt: skip

    def _noses(self) -> dict[str, tuple[float, float, int]]:
        """For each body: distance from its reference point to its front, lateral start position, and direction."""
        return {
            p.body.id: (
                forward_m(p, i == 0) + p.body.size.length_m / 2, getattr(p.start, "d_m", 0.0),
                getattr(p.start, "facing", 1),
            )
            for i, p in enumerate(self.scenario.placed)
        }  # fmt: skip
