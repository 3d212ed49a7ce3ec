"""Named situations of several tests."""

from scenarios.model.bodies import EGO_REAR_AXLE_TO_CENTRE_M, EGO_SIZE, USUAL_SIZE, Body, Kind, Size
from scenarios.model.environment import Environment, Surface
from scenarios.roads.road import Road, RoadKind
from scenarios.scenario import After, AtPose, Event, Expect, Follow, HoldSpeed, OnLane, Parked, Placed, Scenario
from scenarios.verbs.longitudinal.brake import Brake

STRAIGHT = Road(RoadKind.STRAIGHT, 2, 1, 3.5, 0.0, 0)
KMH = 1 / 3.6
EGO_FRONT_M = EGO_REAR_AXLE_TO_CENTRE_M + EGO_SIZE.length_m / 2
CHILD = Size(0.711, 0.298, 1.154)


def curve(radius_m: float, lanes: int = 2) -> Road:
    """A bend to the left; the ego is in the right lane."""
    return Road(RoadKind.CURVE, lanes, 1, 3.5, 1 / radius_m, 0)


def scenario(*placed: Placed, events=(), road=STRAIGHT, friction=0.85, duration_s=6.0, expect=None) -> Scenario:
    """A scenario on a dry day with these bodies, the ego first."""
    return Scenario(
        "test", "test", "a test", {}, duration_s, road, Surface.DRY, friction, Environment(), placed, tuple(events),
        expect or Expect(),
    )  # fmt: skip


def ego(speed_mps: float, behaviour=None, d_m: float = 0.0) -> Placed:
    """The ego at the origin; by default it holds its speed."""
    start = OnLane(EGO_REAR_AXLE_TO_CENTRE_M, d_m)
    return Placed(Body("ego", Kind.CAR, EGO_SIZE), start, speed_mps, behaviour or HoldSpeed(speed_mps))


def car_ahead(gap_m: float, speed_mps: float, d_m: float = 0.0, kind: Kind = Kind.CAR, name: str = "lead") -> Placed:
    """A vehicle `gap_m` ahead, bumper to bumper."""
    size = USUAL_SIZE[kind]
    start = OnLane(EGO_FRONT_M + gap_m + size.length_m / 2, d_m)
    return Placed(Body(name, kind, size), start, speed_mps, HoldSpeed(speed_mps) if speed_mps else Parked())


def lead_brakes(gap_m: float, decel_mps2: float, driver: str = "r157 careful", friction: float = 0.9) -> Scenario:
    """Euro NCAP CCRb 2023: both at 50 km/h, the lead brakes at once."""
    follow = Follow(50 * KMH, driver)
    brake = Event("lead", After(0.0), Brake(float(decel_mps2)))
    return scenario(
        ego(50 * KMH, follow), car_ahead(gap_m, 50 * KMH), events=[brake], friction=friction, duration_s=4.0
    )


def child_between_cars(ego_kmh: float, driver: str = "r157 careful", seconds_to_impact: float = 2.4) -> Scenario:
    """Euro NCAP CPNCO: two cars stand 1.0 m beside the ego; a child walks out 1.0 m ahead of them at 5 km/h."""
    speed, walk = ego_kmh * KMH, 5 * KMH
    line_x = EGO_FRONT_M + speed * seconds_to_impact
    car = USUAL_SIZE[Kind.CAR]
    beside = -(EGO_SIZE.width_m / 2 + 1.0 + car.width_m / 2)
    near_front = line_x - 1.0 - CHILD.width_m / 2
    parked = [
        Placed(Body("near", Kind.CAR, car), OnLane(near_front - car.length_m / 2, beside), 0.0, Parked()),
        Placed(Body("far", Kind.CAR, car), OnLane(near_front - 1.5 * car.length_m - 1.0, beside), 0.0, Parked()),
    ]
    start = AtPose(line_x + CHILD.width_m / 2, -walk * seconds_to_impact, 1.5707963)
    child = Placed(Body("child", Kind.CHILD, CHILD), start, walk, HoldSpeed(walk))
    drive = Follow(speed, driver) if driver else HoldSpeed(speed)
    return scenario(ego(speed, drive), *parked, child, friction=0.9, duration_s=seconds_to_impact + 1)
