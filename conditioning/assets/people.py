"""Meshes of people on foot and on two wheels, posed by the distance they have gone."""

import numpy as np
from jaxtyping import Float

from conditioning.assets.mesh import BodyPart, Mesh, Point, Sculptor, section
from scenarios.model.bodies import Size

P = BodyPart


def stride_m(size: Size) -> float:
    """Length of a full walking cycle (two steps)."""
    return 0.78 * size.height_m


def head(make: Sculptor, at: Point, radius: float, covered: bool) -> None:
    """A head around `at`, with hair or, `covered`, with a helmet."""
    x, y, z = at
    make.blob((x, y, z), (radius * 0.95, radius * 0.82, radius * 1.15), P.SKIN)
    cap = P.HELMET if covered else P.HAIR
    lower = 0.1 if not covered else -0.1
    make.blob(
        (x - 0.12 * radius, y, z + 0.05 * radius), (radius * 1.05, radius * 0.95, radius * 1.12), cap, lower, 1.0, 4
    )
    make.blob((x - 0.3 * radius, y, z), (radius * 0.85, radius * 0.88, radius * 1.05), cap, -0.6, 0.4, 3)


def leg(make: Sculptor, hip: Point, knee: Point, foot: Point, thick: float, part: BodyPart) -> None:
    """A leg with its shoe; `thick` is the radius at the hip, metres."""
    make.limb(hip, knee, thick, thick * 0.78, part)
    make.limb(knee, foot, thick * 0.78, thick * 0.5, part)
    toe = np.add(foot, (thick * 1.5, 0, -0.2 * thick))
    heel = np.subtract(foot, (thick * 0.5, 0, 0))
    make.limb(heel, toe, thick * 0.62, thick * 0.45, P.SHOES)


def arm(make: Sculptor, shoulder: Point, elbow: Point, hand: Point, thick: float) -> None:
    """An arm with its hand; `thick` is the radius at the shoulder, metres."""
    make.limb(shoulder, elbow, thick, thick * 0.85, P.TOP)
    make.limb(elbow, hand, thick * 0.8, thick * 0.6, P.TOP)
    make.blob(hand, (thick * 0.9,) * 3, P.SKIN, rings=3)


def walker(size: Size, phase: float, moving: bool, holds: tuple[Point, Point] | None = None) -> Mesh:
    """A pedestrian or child; `phase` in radians of the walking cycle. `holds`: where the left and the right hand are,
    of somebody whose arms do not swing.
    """
    make, h = Sculptor(), size.height_m
    reach, half = size.length_m / 2, size.width_m / 2
    swing = min(0.42, 0.9 * reach / (0.5 * h)) if moving else 0.04
    child = h < 1.4
    head_r = h * (0.088 if child else 0.068)
    hip_z, shoulder_z = 0.49 * h, h * (0.775 if child else 0.815)
    hip_y, shoulder_y = 0.16 * half / 0.3, min(0.72 * half, 0.125 * h)
    lean = 0.02 * h if moving else 0.0
    for side in (1, -1):
        s = np.sin(phase + (0 if side > 0 else np.pi))
        lift = max(0.0, np.cos(phase + (0 if side > 0 else np.pi))) if moving else 0.0
        hip = (0, side * hip_y * 0.6, hip_z)
        knee = (hip_z * 0.5 * np.sin(swing * s) + 0.05 * h * lift, side * hip_y * 0.65, 0.26 * h + 0.01 * h * lift)
        foot = (hip_z * np.sin(swing * s) - 0.04 * h * lift, side * hip_y * 0.65, 0.035 * h + 0.05 * h * lift)
        leg(make, hip, knee, foot, 0.048 * h, P.TROUSERS)
        shoulder = (lean, side * shoulder_y, shoulder_z - 0.03 * h)
        elbow = (lean - 0.16 * h * np.sin(0.7 * swing * s), side * shoulder_y * 1.12, 0.63 * h)
        hand = (
            lean - 0.34 * h * np.sin(0.8 * swing * s) + 0.04 * h,
            side * shoulder_y * 1.12,
            0.48 * h + 0.03 * h * abs(s),
        )
        if holds is None:
            arm(make, shoulder, elbow, hand, 0.03 * h)
        else:
            held = np.asarray(holds[0 if side > 0 else 1], float)
            arm(make, shoulder, (np.asarray(shoulder) + held) / 2 - [0.05 * h, 0, 0.05 * h], held, 0.03 * h)
    deep = 0.062 * h
    make.limb((0, 0, hip_z - 0.03 * h), (0, 0, hip_z + 0.06 * h), 0.075 * h, 0.078 * h, P.TROUSERS, 8)
    torso = np.array([
        [(x * deep * fx + dx, y * wide, z) for x, y in ((1, 0.6), (1, -0.6), (0, -1), (-1, -0.6), (-1, 0.6), (0, 1))]
        for z, wide, fx, dx in ((hip_z + 0.01 * h, 0.088 * h, 1.15, 0), (0.64 * h, 0.085 * h, 1.1, lean * 0.5),
                                (shoulder_z - 0.05 * h, shoulder_y, 1.2, lean),
                                (shoulder_z, shoulder_y * 0.8, 0.9, lean))
    ])  # fmt: skip
    make.tube(torso, P.TOP)
    make.polygon(torso[-1], P.TOP)
    make.limb((lean, 0, shoulder_z - 0.01 * h), (lean, 0, shoulder_z + 0.05 * h), 0.03 * h, 0.03 * h, P.SKIN)
    head(make, (lean * 1.3, 0, h - head_r * 1.2), head_r, False)
    return make.finish(size.length_m, size.width_m, h)


def rider(make: Sculptor, size: Size, seat, hands, pedals, helmet: bool) -> None:
    """A person sitting on `seat`, holding `hands`, feet on `pedals` (left, right)."""
    h, half = size.height_m, size.width_m / 2
    head_r = 0.068 * h
    shoulder = np.array([seat[0] + 0.20 * h, 0, h - 0.225 * h])
    make.limb(seat, shoulder, 0.085 * h, 0.105 * h, P.TOP, 8)
    make.blob(shoulder, (0.07 * h, min(half * 0.72, 0.12 * h), 0.05 * h), P.TOP)
    make.limb(shoulder, np.add(shoulder, (0.03 * h, 0, 0.08 * h)), 0.03 * h, 0.03 * h, P.SKIN)
    head(make, (shoulder[0] + 0.05 * h, 0, h - head_r * 1.2), head_r, helmet)
    for side, foot in zip((1, -1), pedals, strict=True):
        hip = np.array([seat[0], side * 0.05 * h, seat[2] - 0.01 * h])
        middle = (hip + np.asarray(foot)) / 2
        gap = float(np.linalg.norm(np.asarray(foot) - hip)) / 2
        bend = np.sqrt(max(0.02 * h, (0.255 * h) ** 2 - gap**2)) if gap < 0.255 * h else 0.03 * h
        knee = middle + np.array([bend * 0.85, side * 0.02 * h, bend * 0.45])
        leg(make, hip, knee, foot, 0.047 * h, P.TROUSERS)
        own = np.array([shoulder[0] + 0.02 * h, side * min(half * 0.7, 0.12 * h), shoulder[2]])
        hand = np.array([hands[0], side * hands[1], hands[2]])
        elbow = (own + hand) / 2 + [-0.02 * h, side * 0.02 * h, -0.04 * h]
        arm(make, own, elbow, hand, 0.028 * h)


def bicycle(
    make: Sculptor, size: Size, phase: float
) -> tuple[Float[np.ndarray, "3"], tuple[float, float, float], tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]]:
    """A bicycle for a rider as large as `size`, its pedals at `phase`: saddle, left grip, left and right pedal."""
    length, h = size.length_m, size.height_m
    r = min(0.34, 0.2 * length, 0.2 * h)
    rear, front = -length / 2 + r, length / 2 - r
    for x in (rear, front):
        make.thin_wheel(x, r, 0.045, 0.86)
    crank, seat = np.array([-0.04 * length, 0, r * 0.85]), np.array([-0.14 * length, 0, 0.53 * h])
    neck = np.array([front - 0.12 * length, 0, 0.52 * h])
    tubes = ((crank, seat), (crank, neck - [0, 0, 0.06 * h]), (seat - [0, 0, 0.05 * h], neck - [0, 0, 0.03 * h]),
             ((rear, 0, r), crank), ((rear, 0, r), seat - [0, 0, 0.05 * h]), ((front, 0, r), neck))  # fmt: skip
    for a, b in tubes:
        make.limb(a, b, 0.022, 0.022, P.PAINT, 4)
    bar = min(0.26, size.width_m * 0.43)
    grip = (neck[0] + 0.03, bar, 0.58 * h)
    make.limb((grip[0], -bar, grip[2]), (grip[0], bar, grip[2]), 0.018, 0.018, P.TRIM, 4)
    make.limb(neck, (grip[0], 0, grip[2]), 0.02, 0.02, P.TRIM, 4)
    make.box((seat[0] - 0.12, -0.07, seat[2] - 0.02), (seat[0] + 0.1, 0.07, seat[2] + 0.03), P.TRIM)
    make.box((rear - 0.06, -0.04, r * 2 + 0.02), (rear - 0.02, 0.04, r * 2 + 0.1), P.TAIL_LIGHT)
    make.box((grip[0] + 0.02, -0.04, grip[2] - 0.1), (grip[0] + 0.07, 0.04, grip[2] - 0.02), P.HEAD_LIGHT)
    turn = np.array([np.cos(phase), 0, np.sin(phase)]) * 0.095 * h
    pedals = (crank + turn + [0, 0.09, 0], crank - turn - [0, 0.09, 0])
    for pedal in pedals:
        make.limb(crank, pedal, 0.014, 0.014, P.METAL, 4)
    return seat, grip, pedals


def cyclist(size: Size, phase: float, helmet: bool) -> Mesh:
    """A person on a bicycle, pedalling."""
    make = Sculptor()
    seat, grip, pedals = bicycle(make, size, phase)
    rider(
        make, size, np.add(seat, (0, 0, 0.04 * size.height_m)), grip, [np.add(p, (0, 0, 0.03)) for p in pedals], helmet
    )
    return make.finish(size.length_m, size.width_m, size.height_m)


def motorcycle(size: Size) -> Mesh:
    """A motorcycle and its helmeted rider."""
    make, length, h = Sculptor(), size.length_m, size.height_m
    r = min(0.33, 0.16 * length)
    rear, front = -length / 2 + r, length / 2 - r
    for x in (rear, front):
        make.thin_wheel(x, r, 0.15, 0.6)
    make.hull(
        [
            (rear + 0.15, section(0.12, 0.2 * h, 0.12, 0.36 * h)),
            (0.18 * length, section(0.16, 0.13 * h, 0.16, 0.4 * h)),
        ],
        P.METAL,
    )
    make.hull(
        [
            (-0.06 * length, section(0.14, 0.44 * h, 0.1, 0.53 * h)),
            (0.17 * length, section(0.17, 0.42 * h, 0.12, 0.58 * h)),
        ],
        P.PAINT,
    )
    make.hull(
        [
            (0.15 * length, section(0.16, 0.36 * h, 0.14, 0.64 * h)),
            (0.33 * length, section(0.1, 0.42 * h, 0.08, 0.56 * h)),
        ],
        P.PAINT,
    )
    make.hull(
        [
            (-length / 2 + 0.06, section(0.07, 0.5 * h, 0.07, 0.56 * h)),
            (-0.04 * length, section(0.15, 0.4 * h, 0.13, 0.5 * h)),
        ],
        P.TRIM,
    )
    make.limb((front, 0, r), (0.2 * length, 0, 0.6 * h), 0.05, 0.05, P.METAL, 6)
    make.limb((rear, 0, r), (-0.02 * length, 0, 0.3 * h), 0.05, 0.05, P.METAL, 6)
    make.box((-length / 2 + 0.02, -0.11, 0.46 * h), (-length / 2 + 0.08, 0.11, 0.53 * h), P.TAIL_LIGHT)
    make.box((-length / 2 + 0.03, -0.1, 0.36 * h), (-length / 2 + 0.05, 0.1, 0.43 * h), P.PLATE)
    make.box((0.325 * length, -0.1, 0.45 * h), (0.345 * length, 0.1, 0.55 * h), P.HEAD_LIGHT)
    bar = min(0.36, size.width_m * 0.45)
    make.limb((0.17 * length, -bar, 0.62 * h), (0.17 * length, bar, 0.62 * h), 0.022, 0.022, P.TRIM, 4)
    feet = [np.array([-0.02 * length, side * 0.2, 0.2 * h]) for side in (1, -1)]
    rider(make, size, np.array([-0.14 * length, 0, 0.52 * h]), (0.17 * length, bar * 0.92, 0.625 * h), feet, True)
    return make.finish(length, size.width_m, h)
