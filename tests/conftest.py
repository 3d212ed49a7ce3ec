"""Shared by all tests: one thread for each numerical library, and the real log where there is one."""

import os

# Before numpy and torch are imported: the suite must not fight over cores with itself or with Ray's workers.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("MPLBACKEND", "Agg")

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def library() -> Path:
    """The shipped scenarios."""
    return ROOT / "scenarios" / "library"


@pytest.fixture(scope="session")
def street() -> Path:
    """A real log in nuScenes format: $NEARMISS_STREET, or ../shared/data/street beside the checkout."""
    folder = Path(os.environ.get("NEARMISS_STREET", ROOT.parent / "shared" / "data" / "street"))
    if not folder.is_dir():
        pytest.skip("no real log here: set NEARMISS_STREET to a folder in nuScenes format")
    return folder


@pytest.fixture(scope="session")
def tiny_weights() -> Path:
    """The shipped weights of the tiny preset."""
    folder = ROOT / "models" / "weights" / "tiny"
    if not list(folder.glob("*.safetensors")):
        pytest.skip(f"no trained weights in {folder}")
    return folder
