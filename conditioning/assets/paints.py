"""Colours drawn from a name, and the paints that several kinds of bodies share."""

from hashlib import sha256

import numpy as np
from jaxtyping import Float, Num

# sRGB 0-255, with weights like those of a European street.
CAR_PAINTS = np.array([
    (238, 240, 240), (236, 236, 230), (22, 23, 26), (34, 36, 40), (96, 100, 105), (128, 132, 136), (178, 182, 186),
    (196, 198, 200), (150, 18, 22), (186, 24, 28), (24, 52, 120), (40, 84, 160), (96, 150, 196), (24, 74, 50),
    (64, 104, 60), (222, 176, 30), (206, 92, 26), (112, 72, 46), (176, 160, 128), (84, 26, 40), (32, 130, 138),
])  # fmt: skip


def drawn_from(*names: object) -> np.random.Generator:
    """A generator of its own for anything that has a name; the same on every machine."""
    text = "\x1f".join(str(n) for n in names)
    return np.random.default_rng(int.from_bytes(sha256(text.encode()).digest()[:8], "little"))


def linear(srgb: Num[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Light intensity 0..1 of sRGB values 0..255 (gamma 2.2)."""
    return (np.asarray(srgb, float) / 255) ** 2.2


def shade(
    rng: np.random.Generator, colours: Num[np.ndarray, "choice 3"], spread: float = 0.12
) -> Float[np.ndarray, "3"]:
    """One of some sRGB colours, a little lighter or darker, as linear light."""
    return linear(colours[rng.integers(len(colours))]) * np.exp(rng.normal(0, spread))
