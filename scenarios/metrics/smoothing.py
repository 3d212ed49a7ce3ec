"""Savitzky-Golay derivatives along time, bit for bit equal to scipy.signal.savgol_filter (a test compares).

Implemented here because importing scipy.signal, which imports all of scipy.stats, takes more processor time than the
whole physics of a scenario. Source: Savitzky and Golay, Analytical Chemistry 36 (8), 1964; edges fitted as in scipy.
"""

from functools import lru_cache
from math import factorial

import numpy as np
from jaxtyping import Float

WINDOW, ORDER = 5, 2
HALF = WINDOW // 2


def smooth_derivative(
    values: Float[np.ndarray, "time *n"], derivative: int, rate_hz: float
) -> Float[np.ndarray, "time *n"]:
    """The first or second derivative along time, per second (squared), of values sampled at `rate_hz`.

    Window 5, order 2; the two samples at each end lie on the parabola through the last five. Raises ValueError for
    fewer than five samples.
    """
    if len(values) < WINDOW:
        raise ValueError(f"{len(values)} samples are fewer than the {WINDOW} of the window")
    values = np.asarray(values, np.float64)
    inner = len(values) - WINDOW + 1
    weights = _coefficients(derivative, 1 / rate_hz)
    smooth = np.empty_like(values)
    middle = weights[-1] * values[WINDOW - 1 :]
    for shift, weight in enumerate(weights[:-1]):  # in the summation order of scipy.ndimage
        middle = middle + weight * values[shift : shift + inner]
    smooth[HALF : len(values) - HALF] = middle
    smooth[:HALF] = _edge(values[:WINDOW], slice(0, HALF), derivative, rate_hz)
    smooth[-HALF:] = _edge(values[-WINDOW:], slice(WINDOW - HALF, WINDOW), derivative, rate_hz)
    return smooth


@lru_cache(maxsize=8)
def _coefficients(derivative: int, step_s: float) -> Float[np.ndarray, "window"]:
    """Weights that convert the samples of a window to the derivative at its centre."""
    powers = np.arange(HALF, -HALF - 1, -1.0) ** np.arange(ORDER + 1.0)[:, None]
    wanted = np.zeros(ORDER + 1)
    wanted[derivative] = factorial(derivative) / step_s**derivative
    return np.linalg.lstsq(powers, wanted, rcond=None)[0][::-1]  # in the order of a convolution, as in scipy


def _edge(
    window: Float[np.ndarray, "window *n"], at: slice, derivative: int, rate_hz: float
) -> Float[np.ndarray, "half *n"]:
    """The derivative of the parabola through a window, at some of its samples."""
    fitted = np.polyfit(np.arange(0.0, WINDOW), window.reshape(WINDOW, -1), ORDER)
    for _ in range(derivative):
        fitted = fitted[:-1] * np.arange(len(fitted) - 1.0, 0.0, -1.0)[:, None]
    inside = np.polyval(fitted[:, None], np.arange(0.0, WINDOW)[at, None]) / (1 / rate_hz) ** derivative
    return inside.reshape(-1, *window.shape[1:])
