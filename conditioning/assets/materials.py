"""What bodies and walls look like: colours drawn from the seed and a name, never a shape."""

import numpy as np
from jaxtyping import Float

from conditioning.assets.kinds.registry import DRAWN
from conditioning.assets.mesh import BodyPart
from conditioning.assets.paints import drawn_from, linear, shade
from scenarios.model.bodies import Body, Colour, Livery
from scenarios.model.kinds.debris import DOOR_SIZE, DOOR_SUFFIX

# Surface finishes the shading kernel knows.
FACADE, FOLIAGE, PLAIN, PAINT, GLASS = 2, 3, 4, 5, 6

_CARGO = np.array(
    [(232, 232, 228), (214, 216, 214), (60, 92, 150), (176, 44, 40), (210, 180, 60), (70, 120, 80), (150, 152, 154)]
)
_CLOTHES = np.array([
    (30, 32, 38), (52, 58, 72), (190, 40, 44), (210, 206, 196), (40, 80, 150), (64, 110, 70), (222, 180, 50),
    (126, 60, 110), (150, 150, 152), (206, 96, 40), (90, 150, 190), (110, 84, 60), (214, 130, 150),
])  # fmt: skip
_TROUSERS = np.array(
    [(34, 36, 44), (46, 62, 100), (70, 74, 80), (110, 96, 74), (28, 28, 30), (150, 140, 120), (60, 80, 120)]
)
_SKIN = np.array([(236, 196, 168), (222, 176, 142), (198, 146, 110), (150, 102, 72), (104, 68, 48), (84, 56, 42)])
_HAIR = np.array([(28, 22, 20), (60, 40, 26), (110, 76, 44), (176, 140, 84), (130, 130, 130), (90, 44, 26)])
_HELMETS = np.array([(240, 240, 240), (30, 30, 34), (190, 30, 34), (40, 90, 170), (230, 190, 40), (60, 140, 80)])
_WALLS = np.array([
    (168, 92, 72), (142, 74, 58), (182, 116, 88), (120, 66, 56),  # brick
    (222, 208, 180), (232, 224, 206), (206, 186, 150), (214, 196, 190),  # plaster
    (190, 200, 196), (226, 206, 140), (204, 160, 130),
    (158, 156, 150), (134, 136, 138), (178, 174, 166),  # concrete
    (84, 104, 122), (70, 84, 96),  # glass
])  # fmt: skip
_WALL_STYLE = np.array([0] * 4 + [1] * 7 + [2] * 3 + [3] * 2)
_FOLIAGE = np.array([(74, 104, 42), (88, 116, 48), (60, 92, 44), (102, 120, 52), (120, 118, 44), (146, 104, 36)])


_COLOURS = {
    Colour.WHITE: (236, 237, 235), Colour.SILVER: (186, 189, 192), Colour.GREY: (104, 107, 111),
    Colour.BLACK: (24, 25, 28), Colour.RED: (172, 22, 26), Colour.ORANGE: (210, 96, 26), Colour.YELLOW: (226, 182, 32),
    Colour.GREEN: (36, 96, 58), Colour.BLUE: (30, 66, 142), Colour.BROWN: (104, 68, 44), Colour.BEIGE: (196, 180, 148),
}  # fmt: skip
# Paint of vehicles on duty: German police silver, ambulances and fire brigades by RAL 1016 and 3000, school buses by
# the National School Bus Glossy Yellow of the United States.
_LIVERIES = {
    Livery.POLICE: (206, 209, 212), Livery.AMBULANCE: (241, 221, 56), Livery.FIRE: (167, 41, 32),
    Livery.SCHOOL: (245, 163, 0),
}  # fmt: skip
_BANDS = {
    Livery.POLICE: (20, 70, 160), Livery.AMBULANCE: (190, 30, 34), Livery.FIRE: (236, 236, 232),
    Livery.SCHOOL: (24, 24, 26),
}  # fmt: skip
# Light of the lamps on the roof.
BEACON = dict.fromkeys(Livery, np.array([1.0, 0.4, 0.02])) | dict.fromkeys(
    (Livery.POLICE, Livery.AMBULANCE, Livery.FIRE), np.array([0.05, 0.22, 1.0])
)


def body_colours(seed: int, body: Body) -> Float[np.ndarray, "part 3"]:
    """Linear colour of every part of one body: drawn from the seed where the scenario does not say it."""
    name = body.id.removesuffix(DOOR_SUFFIX) if body.size == DOOR_SIZE else body.id  # a door is painted as its car
    rng, drawn = drawn_from("look", seed, name), DRAWN[body.kind]
    colours = np.zeros((len(BodyPart), 3))
    colours[BodyPart.PAINT] = drawn.paint(rng)
    colours[BodyPart.TRIM] = 0.025
    colours[BodyPart.GLASS] = (0.018, 0.022, 0.026)
    colours[BodyPart.TYRE] = 0.014
    colours[BodyPart.RIM] = rng.choice([0.05, 0.28, 0.36])
    colours[BodyPart.HEAD_LIGHT] = (0.62, 0.64, 0.66)
    colours[BodyPart.TAIL_LIGHT] = (0.20, 0.008, 0.008)
    colours[BodyPart.PLATE] = (0.72, 0.72, 0.68) if rng.random() < 0.7 else (0.75, 0.55, 0.08)
    colours[BodyPart.METAL] = (0.16, 0.165, 0.17)
    colours[BodyPart.CARGO] = shade(rng, _CARGO)
    colours[BodyPart.AMBER] = (0.8, 0.36, 0.03)
    colours[BodyPart.SKIN] = shade(rng, _SKIN)
    colours[BodyPart.HAIR] = shade(rng, _HAIR)
    colours[BodyPart.TOP] = shade(rng, _CLOTHES)
    colours[BodyPart.TROUSERS] = shade(rng, _TROUSERS)
    colours[BodyPart.SHOES] = rng.choice([0.02, 0.5, 0.1])
    colours[BodyPart.HELMET] = shade(rng, _HELMETS)
    colours[BodyPart.ORANGE] = (0.82, 0.16, 0.02)
    colours[BodyPart.WHITE] = (0.78, 0.78, 0.76)
    colours[BodyPart.RED] = (0.62, 0.03, 0.03)
    colours[BodyPart.SIGN] = (0.04, 0.035, 0.02)
    drawn.dye(rng, colours, body)
    _dress(colours, body)
    return colours


def _dress(colours: Float[np.ndarray, "part 3"], body: Body) -> None:
    """What the scenario says of a body's looks, over what was drawn."""
    if body.livery is not Livery.PLAIN:
        colours[[BodyPart.PAINT, BodyPart.CARGO]] = linear(np.array(_LIVERIES[body.livery]))
        colours[BodyPart.STRIPE] = linear(np.array(_BANDS[body.livery]))
        colours[BodyPart.AMBER] = 0.8 * BEACON[body.livery]
    if body.colour is not Colour.ANY:
        colours[[BodyPart.PAINT, BodyPart.CARGO, BodyPart.TOP]] = linear(np.array(_COLOURS[body.colour]))


FINISH = np.full(len(BodyPart), PLAIN)
FINISH[[BodyPart.PAINT, BodyPart.HELMET, BodyPart.RIM, BodyPart.STRIPE]] = PAINT
FINISH[[BodyPart.GLASS, BodyPart.HEAD_LIGHT]] = GLASS


def wall_looks(seed: int, count: int) -> Float[np.ndarray, "building 6"]:
    """Linear colour, style (0 brick, 1 plaster, 2 concrete, 3 glass), window width share, and a hash for details."""
    rng = drawn_from("walls", seed)
    rows = []
    for _ in range(count):
        i = rng.integers(len(_WALLS))
        colour = linear(_WALLS[i]) * np.exp(rng.normal(0, 0.1))
        rows.append([*colour, _WALL_STYLE[i], rng.uniform(0.4, 0.62), rng.integers(1, 10_000)])
    return np.array(rows).reshape(count, 6)


def crown_colours(seed: int, count: int) -> Float[np.ndarray, "tree 3"]:
    """Linear colour of each tree's leaves."""
    rng = drawn_from("leaves", seed)
    season = rng.integers(len(_FOLIAGE))
    picked = np.where(rng.random(count) < 0.65, season, rng.integers(0, len(_FOLIAGE), count))
    return linear(_FOLIAGE[picked]) * np.exp(rng.normal(0, 0.15, (count, 1)))
