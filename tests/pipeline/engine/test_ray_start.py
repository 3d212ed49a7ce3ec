"""Errors at the start of Ray on this machine: the message has the cause and a remedy."""

import pytest

from pipeline.engine.outcomes import WorkerCount
from pipeline.engine.ray_cluster import NoWorkers, RayPlan, start_ray


@pytest.mark.ray
def test_a_temporary_folder_with_a_path_too_long_for_sockets_is_named(tmp_path, monkeypatch):
    folder = tmp_path / ("x" * 90)
    folder.mkdir()
    monkeypatch.setenv("RAY_TMPDIR", str(folder))
    with pytest.raises(NoWorkers, match="too long a name for sockets") as error:
        start_ray(RayPlan(WorkerCount(1, 1)))
    assert str(folder) in str(error.value)
    assert "memory" not in str(error.value)
