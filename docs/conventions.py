"""The page of defaults and sign conventions: values are read from the program, most of them by loading scenarios."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from scenarios.authoring.explain import told
from scenarios.compiler.json_schema import schema
from scenarios.load import loads
from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M
from scenarios.model.driver_models import (
    DRIVERS,
    IDM_ACCELERATION,
    IDM_COMFORT_DECEL,
    IDM_STANDSTILL_GAP_M,
    IDM_TIME_GAP_S,
    G,
)
from scenarios.model.kinds.actor_kind import ActorKind, Dynamics, Footing
from scenarios.model.kinds.registry import KINDS
from scenarios.rollout import FRAME_RATE_HZ, KEYFRAME_RATE_HZ
from scenarios.scenario import Scenario
from scenarios.spec.road_spec import BEFORE_M, BEYOND_M
from scenarios.spec.roadside import APART_M, KERB_M, TAPER_M
from scenarios.verbs import VERBS

STREET = """\
name: street
intent: To see what is understood.
road: ROAD
environment: {weather: WEATHER}
ego: {lane: 0, speed: 50 km/h, drive: follow}
actors:
  lead: {kind: car, lane: 0, ahead: 30 m, speed: 40 km/h}
  next: {kind: car, lane: 1, ahead: 5 m, speed: 50 km/h}
  truck: {kind: truck, lane: 0, ahead: 70 m, speed: 40 km/h}
  van: {kind: van, side: right, ahead: 40 m, offset: 0.4 m}
  child: {kind: child}
  adult: {kind: pedestrian, side: right, ahead: 60 m, offset: 1 m}
  bike: {kind: cyclist, side: right, ahead: 70 m, offset: 1 m}
  deer: {kind: deer, side: right, ahead: 80 m, offset: 1 m}
  crate: {kind: crate}
  far: {kind: car, lane: 1, ahead: 150 m, speed: 50 km/h}
  joiner: {kind: car, road: ramp, before: 20 m, speed: 50 km/h}
story:
"""
ROAD = "{lanes: 2, opposite_lanes: 2, junction: {at: 200 m, signals: [{along: green}]}}"
# What an author writes, less than which cannot be written; the page shows what is understood.
LINES = (
    "lead brakes after 1 s",
    "lead brakes gently after 1 s",
    "lead brakes hard after 1 s",
    "lead makes an emergency stop after 1 s",
    "lead brakes as hard as the road allows after 1 s",
    "lead stops after 1 s",
    "lead stops within 30 m after 1 s",
    "lead speeds up to 60 km/h after 1 s",
    "lead slows down to 20 km/h after 1 s",
    "lead keeps its speed after 1 s",
    "lead follows traffic after 1 s",
    "next cuts in after 1 s",
    "lead cuts out after 1 s",
    "lead changes lane to the left after 1 s",
    "lead drifts 0.5 m to the right after 1 s",
    "lead skids after 1 s",
    "lead follows the trajectory (2 s 20 m 0 m) (4 s 38 m 1 m) after 1 s",
    "ego turns left at the junction",
    "lead stops at the line",
    "ego runs the red light",
    "lead takes the first exit",
    "joiner merges",
    "van reverses after 1 s",
    "van pulls out after 1 s",
    "adult crosses after 1 s",
    "adult runs across the road after 1 s",
    "bike crosses after 1 s",
    "deer crosses after 1 s",
    "deer runs across the road after 1 s",
    "child steps out from behind the van after 1 s",
    "child runs out from behind the van after 1 s",
    "truck loses the crate after 1 s",
    "ego overtakes the lead after 1 s",
    "ego turns around after 1 s",
    "lead waits 2 s after 1 s",
    "van opens its door after 1 s",
    "adult crosses, adult turns back after 2 s",
    "far appears after 1 s",
    "lead disappears after 1 s",
)
# Lines that need another road, and actors that only such a road or line gives a place, by words of the line.
_ROADS = {
    "exit": "{lanes: 1, opposite_lanes: 1, roundabout: {at: 200 m}}",
    "merges": "{lanes: 2, opposite_lanes: 2, ramp: {joins: 100 m}}",
}
_NEED = {
    "child": ("child steps", "child runs"),
    "crate": ("truck loses",),
    "joiner": ("merges",),
}


def street(line: str | None = None, weather: str = "clear") -> str:
    """A scenario file with one line of a story; actors that the line and its road give no place are left out."""
    line = line or ""
    road = next((road for words, road in _ROADS.items() if words in line), ROAD)
    absent = {who for who, lines in _NEED.items() if not any(words in line for words in lines)}
    text = STREET.replace("WEATHER", weather).replace("ROAD", road)
    rows = [row for row in text.splitlines() if row.partition(":")[0].strip() not in absent]
    if "lanes: 1," in road:
        rows = [row for row in rows if "lane: 1," not in row]
    return "\n".join(rows[:-1]) + (f"\nstory: [{line}]\n" if line else "\n")


def understood(line: str) -> str:
    """What `nearmiss explain` prints of a story line."""
    (scenario,) = loads(street(line), "street.yaml")
    story = told((scenario,)).partition("Story:\n")[2].partition("\n\n")[0]
    return "; ".join(part.strip().removeprefix("- ") for part in story.splitlines())


def in_weather(weather: str) -> Scenario:
    """The street in some weather, nothing said of its surface."""
    (scenario,) = loads(street(weather=weather), "street.yaml")
    return scenario


def words_of(section: str, key: str) -> tuple[str, ...]:
    """The words that a key takes, from the schema."""
    return tuple(schema()["$defs"][section]["properties"][key]["enum"])


def size_of(kind: str) -> str:
    """'4.4 x 1.8 x 1.5 m': of a body of which only the kind is written."""
    text = street().replace("actors:\n", f"actors:\n  body: {{kind: {kind}, box: {{at: [90 m, 20 m]}}}}\n")
    (scenario,) = loads(text, "street.yaml")
    size = next(placed.body.size for placed in scenario.placed if placed.body.id == "body")
    return f"{size.length_m:g} x {size.width_m:g} x {size.height_m:g} m"


def defaults() -> Iterator[tuple[str, str, Any]]:
    """(section, key, default) of every key of a scenario file that has one."""
    for part in schema()["$defs"].values():
        for key, said in part.get("properties", {}).items():
            if "default" in said:
                yield part["title"], key, said["default"]


def defaults_page() -> str:
    """The whole page."""
    return _TEXT.format(
        frame_rate=f"{FRAME_RATE_HZ:g}",
        keyframe=f"{1 / KEYFRAME_RATE_HZ:g}",
        axle=f"{EGO_REAR_AXLE_TO_CENTRE_M:g}",
        gravity=f"{G:g}",
        keys=_rows(
            (f"`{key}`", section, f"`{str(d).lower() if isinstance(d, bool) else d}`") for section, key, d in defaults()
        ),
        surfaces=_rows(
            (weather, scenario.surface, f"{scenario.friction:g}")
            for weather in words_of("EnvironmentSpec", "weather")
            for scenario in [in_weather(weather)]
        ),
        frictions=_rows((surface, f"{_friction(surface):g}") for surface in words_of("StraightRoad", "surface")),
        ego=_ego_size(),
        sizes=_rows((kind, size_of(kind)) for kind in words_of("Boxed", "kind")),
        drivers=_rows(
            (
                f"`{d.name}`",
                f"{d.pedal_s:g} s",
                f"{d.decel_mps2:.3g} m/s²",
                f"{d.build_up_s:g} s",
                f"{d.critical_ttc_s:g} s",
                d.source,
            )
            for d in DRIVERS.values()
        ),
        idm=f"acceleration {IDM_ACCELERATION:g} m/s², comfortable deceleration {IDM_COMFORT_DECEL:g} m/s², time gap "
        f"{IDM_TIME_GAP_S:g} s, gap at standstill {IDM_STANDSTILL_GAP_M:g} m",
        lines=_rows((f"*{line}*", understood(line)) for line in LINES),
        kinds=_motion_rows(),
        verbs=_rows((f"`{verb.key}`", what, value) for verb in VERBS.all() for what, value in verb.usual),
        before=f"{BEFORE_M:g}",
        beyond=f"{BEYOND_M:g}",
        kerb=f"{KERB_M:g}",
        taper=f"{TAPER_M:g}",
        apart=f"{APART_M:g}",
    )


# Every field of a kind's dynamics: its title, and what holds where a kind says nothing.
MOTION = {
    "speeding_up_mps2": ("speeds up", ""),
    "slowing_down_mps2": ("slows down", ""),
    "stopping_mps2": ("stops", ""),
    "at_line_mps2": ("stops at a line", ""),
    "pulling_out_mps": ("pulls out to", ""),
    "hardest_mps2": ("brakes at most at", "all the grip"),
    "fastest_mps": ("at most", "no limit"),
    "crossing_mps": ("crosses at", "must be said"),
    "running_mps": ("runs at", ""),
}


def _motion_rows() -> str:
    titles = [MOTION[field.name][0] for field in fields(Dynamics)]
    head = [("kind", *titles), ("---", *("---:" for _ in titles))]
    kinds = [record for record in KINDS.values() if record.footing is not Footing.STATIC]
    return _rows([*head, *((record.kind, *(_moved(name, record) for name in MOTION)) for record in kinds)])


def _moved(name: str, record: ActorKind) -> str:
    value = getattr(record.dynamics, name)
    if name == "pulling_out_mps" and record.footing is Footing.FOOT:
        return "–"
    if value is None:
        return MOTION[name][1]
    return f"{value:g} m/s²" if name.endswith("_mps2") else f"{value * 3.6:g} km/h"


def _friction(surface: str) -> float:
    (scenario,) = loads(street().replace("{lanes: 2,", f"{{lanes: 2, surface: {surface},"), "street.yaml")
    return scenario.friction


def _ego_size() -> str:
    size = in_weather("clear").placed[0].body.size
    return f"{size.length_m:g} x {size.width_m:g} x {size.height_m:g} m"


def _rows(rows: Any) -> str:
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)


_TEXT = """\
# Defaults and sign conventions

Generated from the program (`python -m docs.generate`). `nearmiss explain FILE` prints the values that hold for one file.

## Frames

| frame | origin | axes |
| --- | --- | --- |
| map | on the ground at the ego's start, under its rear axle | x along the ego's first heading, y to the left, z up |
| road | s = 0 at the ego's start, d = 0 at the centre of the ego's lane | s along the road, d to the left |
| ego | on the ground under the middle of the ego's rear axle | x forward, y to the left, z up |
| camera | the camera | x to the right, y down, z forward |
| box | the box's centre; size is length, width, height | heading along its length |

* The ego's rear axle is {axle} m behind the centre of its box. The ego's `trajectory` is that of its rear axle, an
  actor's `trajectory` and `box: at` are those of its box's centre.
* A clip has {frame_rate} frames a second; a keyframe is every {keyframe} s. Time counts from the start of the clip.
* On a sloped road the map frame lies in the road's plane.
* Gravity is {gravity} m/s² in the simulation; the unit `g` of a written quantity is 9.80665 m/s².

## Signs

| quantity | zero | positive | negative |
| --- | --- | --- | --- |
| lane number (`lane: 1`) | the rightmost lane of the ego's direction | lanes further left | not allowed |
| `lane: oncoming 1` | `oncoming 0`, also written `oncoming`: the opposite lane nearest to the ego's direction | lanes further left | not allowed |
| lane of a body with `road: cross` | the rightmost lane of its own direction | lanes further left | not allowed |
| `ahead`, `behind` | bumpers touch | free gap in front of, behind the ego | not allowed |
| `offset` of a body beside the road | its nearer side is at the edge of the carriageway | away from the road, on either side | reaches into the carriageway |
| `do: offset: to` | the lane's centre | to the actor's own left | to its own right |
| box `at: [x, y]`, trajectory points | the ego's start | x ahead, y to the left | x behind, y to the right |
| box `heading`, map headings | along the map's x axis | counterclockwise, to the left | clockwise, to the right |
| curvature | straight | to the left | to the right |
| `slope` | level | uphill ahead of the ego | downhill |
| `sun: bearing` | straight ahead of the ego's first heading | to the left | to the right |
| `sun: height` | the horizon | above the horizon | not allowed |
| places along the road (`at`, `from`, `to`, `zebras`, `along`) | the ego's start | ahead | behind |
| `before` of a body with `road: cross` | its front is at the edge of the ego's road | the free way to that edge | not allowed |
| `before` of a body with `road: ramp` | its front is where the acceleration lane begins | before the acceleration lane | along the acceleration lane |
| `rate` of `change_speed`, `decel` | – | the amount, also to slow down | not allowed |
| skid *to the left* | – | counterclockwise | *to the right*: clockwise |
| exits of a roundabout | – | counted from where one enters, 1 first | not allowed |

A gap, TTC or headway is measured from box to box: [Criticality figures](reference/criticality.md). `radius` is measured at the centre of the ego's lane. A story's *it*
means the actor that was mentioned last.

## Keys with a default

Where an author leaves the key out. Sections are those of [Scenario keys](reference/scenario.md).

| key | section | default |
| --- | --- | --- |
{keys}

## Keys without a fixed default

| left out | what holds |
| --- | --- |
| `environment` | day, clear |
| `environment: sun` | the seed places the sun, as high as the time of day has it |
| `expect` | a collision may happen, and no bound on TTC or gap |
| `actors`, `story`, `sweep` | none |
| `size` | the usual size of the kind: [below](#sizes) |
| `colour` | drawn from the seed |
| `surface`, `friction` | of the weather: [below](#surface-and-friction) |
| `driver` with `drive: follow` | `r157 careful` |
| `speed` of a body beside the road, or in a box | it stands |
| `speed` of a body in a lane | an error: the key is required |
| `lane` of a patch | the whole carriageway |
| `across` of a signal phase | green while the ego's road sees red, else red |
| `for` of the last signal phase | it stays |
| `of` of a speed, standstill, distance, place, lane or passing trigger | the event's own actor |
| `of`, `to` of a gap trigger | the event's own actor, the ego; if the actor is the ego, the body ahead of it in its lane |
| `of`, `to` of a TTC or headway trigger | the ego, the event's own actor; if the actor is the ego, the body ahead of it in its lane |

## Surface and friction

The weather decides the surface, the surface the friction coefficient:

| weather | surface | friction |
| --- | --- | ---: |
{surfaces}

| surface | friction |
| --- | ---: |
{frictions}

The values are design values between published peak and sliding figures (dry 0.65-0.9, wet 0.5-0.65, puddles 0.25-0.5,
snow 0.20-0.25, ice 0.10-0.15). `friction: 0.4` replaces the value of the surface.

## Sizes

Length x width x height. The ego is {ego} (Euro NCAP's vehicle under test in the reference geometry).

| kind | size |
| --- | --- |
{sizes}

Car, adult, child and motorcycle are Euro NCAP's test targets (2023 protocols); a cyclist and a motorcycle are as tall as
their rider. The others are usual European vehicles.

## Motion of the kinds

What a line leaves open holds for each kind as here, and what a kind cannot exceed. *Gently*, *hard* and *emergency* mean
less of a kind that brakes at most at a limit, in proportion to a car.

{kinds}

## Drivers

A driver follows by the Intelligent Driver Model ({idm}) and brakes in an emergency as its model says:

| driver | pedal after | deceleration | build-up | emergency at a TTC below | source |
| --- | ---: | ---: | ---: | ---: | --- |
{drivers}

## Story lines

What a short line means, as `nearmiss explain` prints it:

| written | understood |
| --- | --- |
{lines}

What a verb leaves open. A verb's own keys with a fixed default are in [Keys with a default](#keys-with-a-default).

| verb | left open | what holds |
| --- | --- | --- |
{verbs}

A line without a time or condition starts at the beginning of the clip; after *and then* at the end of the event before.

## Roads

* A `path` has {before} m of straight road before its pieces and {beyond} m beyond them.
* Parked rows stand {kerb} m from the carriageway's edge.
* The cones of road works lead out of the closed lane over {taper} m, one every {apart} m.
"""
