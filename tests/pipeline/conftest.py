"""For the tests of the pipeline."""

import pytest

from conditioning.camera import FRONT, Camera


@pytest.fixture(scope="session")
def rig() -> tuple[Camera, ...]:
    """The tiny preset's one camera."""
    return (FRONT.resized(144, 256),)
