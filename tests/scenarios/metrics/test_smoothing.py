"""Savitzky-Golay derivatives are bit for bit equal to scipy's."""

import numpy as np
import pytest
from scipy.signal import savgol_filter

from scenarios.metrics.smoothing import smooth_derivative


@pytest.mark.parametrize("derivative", [1, 2])
@pytest.mark.parametrize("shape", [(5,), (73, 4), (61, 3, 3)])
def test_the_bits_are_equal_to_scipys(derivative, shape):
    values = np.random.default_rng(7).normal(size=shape) * 30.0
    theirs = savgol_filter(values, 5, 2, deriv=derivative, delta=1 / 12, axis=0)
    assert smooth_derivative(values, derivative, 12.0).tobytes() == theirs.tobytes()


def test_a_steady_acceleration_is_measured_up_to_the_ends():
    t_s = np.arange(30) / 12
    assert smooth_derivative(20 * t_s - 3 * t_s**2, 1, 12.0) == pytest.approx(20 - 6 * t_s)
    assert smooth_derivative(20 * t_s - 3 * t_s**2, 2, 12.0) == pytest.approx(np.full(30, -6.0))


def test_fewer_samples_than_the_window_are_refused():
    with pytest.raises(ValueError, match="fewer than the 5"):
        smooth_derivative(np.zeros(4), 1, 12.0)
