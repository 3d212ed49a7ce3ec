"""Shared by all tests: one thread for each numerical library, checks of signatures, and common fixtures."""

import os

# Set before numpy and torch are imported: the test processes and Ray's workers share the cores.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("MPLBACKEND", "Agg")

from pathlib import Path

import pytest
from beartype import BeartypeConf
from beartype.claw import beartype_packages
from jaxtyping import install_import_hook

ROOT = Path(__file__).resolve().parent.parent


def _check_what_signatures_say() -> None:
    """Check shapes of arrays where signatures have them. Modules of `scenarios` without shapes, which are called most,
    have only their types checked, since the check of shapes takes ten times as long. Call before any is imported."""
    shaped, plain = ["conditioning", "models", "outputs", "pipeline"], []
    for file in (ROOT / "scenarios").rglob("*.py"):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        if file.name != "__init__.py":  # its name stands for the whole package
            (shaped if "jaxtyping" in file.read_text(encoding="utf-8") else plain).append(name)
    install_import_hook(shaped, "beartype.beartype")
    beartype_packages(plain, conf=BeartypeConf(claw_is_pep526=False))  # no variables


_check_what_signatures_say()


# With --dist loadfile one process runs a file: the longest files start first, so that both processes end together.
# The first file compiles the numba loops; the files after it need none, so that two processes do not compile the same.
# Files that start Ray or Prefect are separated by others, so that two of them rarely run at the same time.
LONGEST = (
    "pipeline/batch/test_faults.py", "test_examples.py", "pipeline/test_renderers.py",
    "pipeline/engine/test_workers.py", "models/checker/test_detector.py", "pipeline/training/test_train.py",
    "models/world_model/test_sampling.py", "pipeline/batch/test_faults_ray.py",
    "pipeline/checks/test_negative_controls.py", "pipeline/batch/test_flows.py",
    "pipeline/batch/test_generate.py", "pipeline/batch/test_faults_nodes.py",
    "pipeline/search/test_frontier.py", "pipeline/batch/test_staged.py", "pipeline/search/test_search.py",
    "pipeline/batch/test_faults_flows.py", "pipeline/datasets/test_merge.py",
    "pipeline/batch/test_faults_signals.py", "pipeline/test_synthesize.py", "pipeline/engine/test_line.py",
    "scenarios/story/test_spoken.py", "pipeline/batch/test_meters.py", "scenarios/test_suites.py",
    "pipeline/engine/test_loopback.py", "scenarios/story/test_sayable.py", "scenarios/sweeps/test_sweep.py",
    "outputs/nuscenes/test_nuscenes.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; `--no-loadscope-reorder` keeps xdist from sorting them by their number of tests."""
    rank = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(LONGEST)))


@pytest.fixture(scope="session")
def library() -> Path:
    """The shipped scenarios."""
    return ROOT / "scenarios" / "library"


@pytest.fixture(scope="session")
def street() -> Path:
    """A real log in nuScenes format: $NEARMISS_STREET, or ../shared/data/street beside the checkout."""
    folder = Path(os.environ.get("NEARMISS_STREET", ROOT.parent / "shared" / "data" / "street"))
    if not folder.is_dir():
        pytest.skip("no real log: set NEARMISS_STREET to a folder in nuScenes format")
    return folder


@pytest.fixture(scope="session")
def tiny_weights() -> Path:
    """The shipped weights of the tiny preset."""
    folder = ROOT / "models" / "weights" / "tiny"
    if not list(folder.glob("*.safetensors")):
        pytest.skip(f"no trained weights in {folder}")
    return folder


@pytest.fixture(scope="session")
def s3_server():
    """The address of an S3-compatible server on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server, monkeypatch, request) -> str:
    """The address of a new bucket; credentials are in environment variables."""
    import boto3

    secrets = {"AWS_ACCESS_KEY_ID": "AKIATESTKEY", "AWS_SECRET_ACCESS_KEY": "very-secret-indeed"}
    for name, value in (secrets | {"AWS_ENDPOINT_URL": s3_server, "AWS_DEFAULT_REGION": "us-east-1"}).items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{abs(hash(request.node.nodeid)) % 10**9}"
    boto3.client("s3").create_bucket(Bucket=name)
    return f"s3://{name}"
