"""For the tests of the pipeline."""

from pathlib import Path

import pytest

from conditioning.camera import FRONT, Camera
from tests.pipeline.specks import newborn


@pytest.fixture(scope="session")
def rig() -> tuple[Camera, ...]:
    """The tiny preset's one camera."""
    return (FRONT.resized(144, 256),)


@pytest.fixture(scope="session")
def newborn_weights(tmp_path_factory) -> Path:
    """Networks of the tiny preset that have learned nothing: what is around them can be tested, their pictures not."""
    return newborn("tiny", tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def speck_weights(tmp_path_factory) -> Path:
    """The same for the smallest networks that the whole line still runs with."""
    return newborn("speck", tmp_path_factory.mktemp("specks"))
