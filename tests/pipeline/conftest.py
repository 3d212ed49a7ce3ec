"""Fixtures for the tests of the pipeline."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conditioning.geometry.camera import Camera
from conditioning.geometry.rigs import FRONT
from tests.pipeline.specks import newborn


@pytest.fixture(scope="session")
def rig() -> tuple[Camera, ...]:
    """The tiny preset's one camera."""
    return (FRONT.resized(144, 256),)


@pytest.fixture(scope="session")
def newborn_weights(tmp_path_factory) -> Path:
    """Untrained weights of the preset `tiny`, for tests that do not look at the pictures."""
    return newborn("tiny", tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def speck_weights(tmp_path_factory) -> Path:
    """Untrained weights of the smallest networks that the whole pipeline runs with."""
    return newborn("speck", tmp_path_factory.mktemp("specks"))


@pytest.fixture(scope="module")
def ray_here() -> Iterator[None]:
    """One Ray for the tests of a file that do not test its start: four cores and a GPU as a named resource."""
    import ray

    told_nobody = {"include_dashboard": False, "logging_level": "ERROR", "log_to_driver": False}
    here = {"address": "local", "_node_ip_address": "127.0.0.1"}  # not a cluster that another test has started
    ray.init(num_cpus=4, num_gpus=1, object_store_memory=2**27, **here, **told_nobody)
    yield
    ray.shutdown()


@pytest.fixture
def clock_back(tmp_path) -> dict[str, str]:
    """Environment variables for processes with a wall clock that often jumps back."""
    shim, source = tmp_path / "clock.so", Path(__file__).with_name("clock.c")
    try:
        subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, source], check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no C compiler to build the clock with: {error}")
    environment = os.environ | {"LD_PRELOAD": str(shim)}
    jumps = "import time; a = time.time(); time.sleep(2); assert time.time() < a - 1000"
    subprocess.run([sys.executable, "-c", jumps], env=environment, check=True)
    return environment
