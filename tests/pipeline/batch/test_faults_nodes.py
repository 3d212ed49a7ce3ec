"""Nodes of a cluster are killed during a batch. Ray's cluster utility runs several nodes on one machine."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from pipeline.runs.run_config import ExecutionConfig
from tests.pipeline.harm import Trouble, all_of
from tests.pipeline.troubles import Batch

pytestmark = pytest.mark.ray


@dataclass
class KillNodes(Trouble):
    """Kills a node with its processes and adds another one."""

    cluster: object = None
    nodes: list[object] = field(default_factory=list)

    def harm(self) -> bool:
        self.cluster.remove_node(self.nodes.pop(self.chance.randrange(len(self.nodes))), allow_graceful=False)
        self.nodes.append(self.cluster.add_node(num_cpus=1))
        return True


@pytest.fixture
def cluster() -> Iterator[object]:
    """A cluster whose head makes no clips."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield made
    made.shutdown()


@pytest.mark.timeout(1800)  # twenty kills with staged workers take eight minutes on two cores
@pytest.mark.parametrize(
    ("moments", "batched"),
    [
        (1, 1),
        pytest.param(20, 1, marks=pytest.mark.long),
        pytest.param(20, 2, marks=pytest.mark.long, id="with what waited on them"),
    ],
)
def test_nodes_killed_at_random_moments(tmp_path, speck_weights, monkeypatch, cluster, moments, batched):
    batch = Batch.of(3 * moments + 3, tmp_path, speck_weights, monkeypatch)
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    trouble = KillNodes(moments, cluster=cluster, nodes=nodes)
    all_of(batch, ExecutionConfig(ray=cluster.address, batch=batched), trouble)
    assert trouble.done == moments
    assert batch.counted() == batch.all_made()
