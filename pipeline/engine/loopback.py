"""Network exposure: servers that we start listen on loopback; clusters on a network are joined only if trusted."""

import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from pipeline.errors import UserError

_NO_CLUSTER = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"


class Exposed(UserError):
    """The request would open this machine to others without --trust-network."""


@contextmanager
def only_this_machine() -> Iterator[None]:
    """A Ray that is started in the block listens on 127.0.0.1 only.

    Ray replaces a loopback address by the machine's own and then listens on every interface, except on systems that
    cannot have a cluster, such as macOS. This sets Ray's switch for those systems.
    """
    before = os.environ.get(_NO_CLUSTER)
    os.environ[_NO_CLUSTER] = "0"
    from ray._private import ray_constants  # reads the variable once, when it is first imported

    clusters, ray_constants.ENABLE_RAY_CLUSTER = ray_constants.ENABLE_RAY_CLUSTER, False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = clusters
        if before is None:
            del os.environ[_NO_CLUSTER]
        else:
            os.environ[_NO_CLUSTER] = before


def is_loopback(host: str) -> bool:
    """Whether a host name or address is a loopback one."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def on_a_network(address: str | None) -> bool:
    """Whether others may reach a Ray cluster at this address."""
    if address is None or address in ("auto", "local"):
        return False
    return not is_loopback(urlsplit(address if "//" in address else f"//{address}").hostname or "")


def refuse_open_cluster(address: str | None, trusted: bool) -> None:
    """Raise `Exposed` for a Ray cluster on a network that is not `trusted`."""
    if on_a_network(address) and not trusted:
        raise Exposed(
            f"--ray {address}: Ray asks nobody for a password. Whoever reaches a port of that cluster, or those that "
            "this process opens on all interfaces to take part, can run any code as you on every machine in it. If "
            "only people whom you trust can reach that network, say so with --trust-network"
        )
