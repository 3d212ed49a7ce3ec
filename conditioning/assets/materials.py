"""What bodies and walls look like: colours drawn from the seed and a name, never a shape."""

from hashlib import sha256

import numpy as np
from jaxtyping import Float, Num

from conditioning.assets.mesh import BodyPart
from scenarios.model.bodies import DOOR_SIZE, DOOR_SUFFIX, Body, Colour, Kind, Livery, variant_of

# Surface finishes the shading kernel knows.
FACADE, FOLIAGE, PLAIN, PAINT, GLASS = 2, 3, 4, 5, 6

# sRGB 0-255, with weights like those of a European street.
_CAR_PAINTS = np.array([
    (238, 240, 240), (236, 236, 230), (22, 23, 26), (34, 36, 40), (96, 100, 105), (128, 132, 136), (178, 182, 186),
    (196, 198, 200), (150, 18, 22), (186, 24, 28), (24, 52, 120), (40, 84, 160), (96, 150, 196), (24, 74, 50),
    (64, 104, 60), (222, 176, 30), (206, 92, 26), (112, 72, 46), (176, 160, 128), (84, 26, 40), (32, 130, 138),
])  # fmt: skip
_BUS_PAINTS = np.array([(200, 30, 36), (230, 180, 36), (30, 92, 168), (226, 228, 226), (40, 128, 74), (210, 110, 34)])
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
_FUR = np.array([(150, 104, 62), (124, 86, 56), (168, 124, 80), (136, 96, 66)])
_COATS = np.array([(34, 30, 30), (70, 50, 36), (190, 150, 100), (216, 206, 190), (140, 92, 50)])
_WOOD = np.array([(186, 146, 94), (170, 130, 80), (198, 164, 112), (150, 122, 88)])
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


def drawn_from(*names: object) -> np.random.Generator:
    """A generator of its own for anything that has a name; the same on every machine."""
    text = "\x1f".join(str(n) for n in names)
    return np.random.default_rng(int.from_bytes(sha256(text.encode()).digest()[:8], "little"))


def linear(srgb: Num[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Light intensity 0..1 of sRGB values 0..255 (gamma 2.2)."""
    return (np.asarray(srgb, float) / 255) ** 2.2


def _shade(rng: np.random.Generator, colours, spread: float = 0.12):
    return linear(colours[rng.integers(len(colours))]) * np.exp(rng.normal(0, spread))


def _paint(rng: np.random.Generator, kind: Kind):
    if kind is Kind.BUS:
        return _shade(rng, _BUS_PAINTS)
    if kind is Kind.CONSTRUCTION:
        return linear(np.array([236, 170, 20])) * rng.uniform(0.8, 1.1)
    return _shade(rng, _CAR_PAINTS)


def body_colours(seed: int, body: Body) -> Float[np.ndarray, "part 3"]:
    """Linear colour of every part of one body: drawn from the seed where the scenario does not say it."""
    name = body.id.removesuffix(DOOR_SUFFIX) if body.size == DOOR_SIZE else body.id  # a door is painted as its car
    rng, kind = drawn_from("look", seed, name), body.kind
    colours = np.zeros((len(BodyPart), 3))
    colours[BodyPart.PAINT] = _paint(rng, kind)
    colours[BodyPart.TRIM] = 0.025
    colours[BodyPart.GLASS] = (0.018, 0.022, 0.026)
    colours[BodyPart.TYRE] = 0.014
    colours[BodyPart.RIM] = rng.choice([0.05, 0.28, 0.36])
    colours[BodyPart.HEAD_LIGHT] = (0.62, 0.64, 0.66)
    colours[BodyPart.TAIL_LIGHT] = (0.20, 0.008, 0.008)
    colours[BodyPart.PLATE] = (0.72, 0.72, 0.68) if rng.random() < 0.7 else (0.75, 0.55, 0.08)
    colours[BodyPart.METAL] = (0.16, 0.165, 0.17)
    colours[BodyPart.CARGO] = _shade(rng, _CARGO)
    colours[BodyPart.AMBER] = (0.8, 0.36, 0.03)
    colours[BodyPart.SKIN] = _shade(rng, _SKIN)
    colours[BodyPart.HAIR] = _shade(rng, _HAIR)
    colours[BodyPart.TOP] = _shade(rng, _CLOTHES)
    colours[BodyPart.TROUSERS] = _shade(rng, _TROUSERS)
    colours[BodyPart.SHOES] = rng.choice([0.02, 0.5, 0.1])
    colours[BodyPart.HELMET] = _shade(rng, _HELMETS)
    colours[BodyPart.ORANGE] = (0.82, 0.16, 0.02)
    colours[BodyPart.WHITE] = (0.78, 0.78, 0.76)
    colours[BodyPart.RED] = (0.62, 0.03, 0.03)
    colours[BodyPart.SIGN] = (0.04, 0.035, 0.02)
    if kind is Kind.ANIMAL:
        _paint_animal(rng, colours, variant_of(kind, body.size))
    if kind is Kind.DEBRIS:
        colours[BodyPart.CARGO] = _shade(rng, _WOOD)
        colours[BodyPart.TROUSERS] = 0.72 * colours[BodyPart.CARGO]
        colours[BodyPart.RIM] = 0.3
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


def _paint_animal(rng: np.random.Generator, colours: Float[np.ndarray, "part 3"], variant: str) -> None:
    colours[BodyPart.TOP] = _shade(rng, _COATS if variant == "dog" else _FUR)
    colours[BodyPart.TROUSERS] = 0.7 * colours[BodyPart.TOP]
    colours[BodyPart.SHOES] = 0.02
    colours[BodyPart.HAIR] = (0.35, 0.27, 0.17)  # antlers


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
