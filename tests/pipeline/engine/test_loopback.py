"""Processes that we start listen on loopback only, and we join no cluster on a network without permission."""

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.engine.loopback import Exposed, refuse_open_cluster
from pipeline.engine.outcomes import Done, WorkerCount
from pipeline.engine.ray_cluster import RayPlan
from pipeline.engine.scheduler import on_ray


def descendants(pid: int) -> set[int]:
    """The ids of a process and all its descendants, from /proc."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended in the meantime
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def listening(pids: set[int]) -> set[tuple[str, int]]:
    """Address and port of every TCP socket on which one of the processes listens."""
    inodes = set()
    for pid in pids:
        try:
            links = [os.readlink(f) for f in Path(f"/proc/{pid}/fd").iterdir()]
        except OSError:
            continue
        inodes |= {link[8:-1] for link in links if link.startswith("socket:[")}
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {_address(row[1]) for row in rows if row[3] == "0A" and row[9] in inodes}


def _address(written: str) -> tuple[str, int]:
    """Decode an address of /proc: 32-bit words in the machine's byte order, here little-endian."""
    host, port = written.split(":")
    words = b"".join(bytes.fromhex(host[i : i + 8])[::-1] for i in range(0, len(host), 8))
    address = ipaddress.ip_address(words)
    return str(getattr(address, "ipv4_mapped", None) or address), int(port, 16)


@dataclass
class Looks:
    """Returns the sockets on which the Ray of its worker listens."""

    driver: int

    def setup(self, threads: int) -> None:
        pass

    def process(self, item: int) -> set[tuple[str, int]]:
        return listening(descendants(self.driver))


@pytest.mark.ray
@pytest.mark.skipif(not Path("/proc/net/tcp").is_file(), reason="needs Linux' /proc")
def test_our_own_ray_listens_on_loopback_only():
    (outcome,) = on_ray(Looks(os.getpid()), [1], RayPlan(WorkerCount(1, 1)))
    assert isinstance(outcome, Done), outcome
    assert len(outcome.result) > 3  # it has looked at the right processes
    assert {host for host, _ in outcome.result if not ipaddress.ip_address(host).is_loopback} == set()


@pytest.mark.parametrize("address", [None, "auto", "127.0.0.1:6379", "localhost:6379", "ray://[::1]:10001"])
def test_a_cluster_on_this_machine_needs_no_option(address):
    refuse_open_cluster(address, trusted=False)


@pytest.mark.parametrize("address", ["10.1.2.3:6379", "ray://head.example:10001", "0.0.0.0:6379", "127.0.0.1.evil:1"])
def test_a_cluster_on_a_network_is_joined_only_with_trust_network(address):
    with pytest.raises(Exposed, match=r"run any code as you.*--trust-network"):
        refuse_open_cluster(address, trusted=False)
    refuse_open_cluster(address, trusted=True)
