"""The test suite checks signatures: calls with wrong shapes or types are refused."""

import numpy as np
import pytest
from beartype.roar import BeartypeCallHintParamViolation
from jaxtyping import TypeCheckError

from pipeline.checks.sight import Checker, observe
from scenarios.source.units import quantity


def test_an_array_of_a_wrong_shape_is_refused():
    with pytest.raises(TypeCheckError, match="frames"):
        observe(np.zeros((3, 48, 80), np.uint8), Checker.__new__(Checker))


def test_a_value_of_a_wrong_type_is_refused():
    with pytest.raises(BeartypeCallHintParamViolation, match="measure"):
        quantity("7 m", "length")
