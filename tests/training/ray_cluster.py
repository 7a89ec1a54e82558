"""A real Ray cluster on this machine: a head that computes nothing, and workers of one CPU each, all of them processes.

Ray's own means for its tests starts and ends them:
https://github.com/ray-project/ray/blob/master/python/ray/cluster_utils.py
"""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

STORE = 80_000_000  # bytes that each node keeps for objects: there are none


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RayCluster:
    """`workers` are its machines besides the head, as Ray's own tests know them."""

    def __init__(self, port: int, folder: str, workers: int) -> None:
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": True, "dashboard_port": port, "temp_dir": folder}
        self.cluster = Cluster(initialize_head=True, head_node_args=head | {"object_store_memory": STORE})
        self.workers = [self.add_worker() for _ in range(workers)]

    def add_worker(self) -> Any:
        return self.cluster.add_node(num_cpus=1, object_store_memory=STORE, include_dashboard=False)

    def cut_power(self, node: Any) -> None:
        """End a machine and everything on it, as when somebody pulls its plug: nobody says a last word."""
        found = [psutil.Process(one.process.pid) for kind in node.all_processes.values() for one in kind]
        found += [child for one in found for child in one.children(recursive=True)]  # who starts before who is started
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=10)

    def end(self) -> None:
        """End what is left, whoever of it was killed before."""
        with suppress(Exception):
            self.cluster.shutdown()


@contextmanager
def ray_cluster(port: int, workers: int = 2) -> Iterator[RayCluster]:
    """A head whose job server listens on this port, with so many workers; all processes are gone afterwards."""
    # Short, because the path of a socket may not be longer than 107 letters.
    folder = tempfile.mkdtemp(prefix="r", dir="/tmp" if Path("/tmp").is_dir() else None)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"  # as in an environment that is active
    try:
        made = RayCluster(port, folder, workers)
        try:
            yield made
        finally:
            made.end()
    finally:
        os.environ["PATH"] = before
        shutil.rmtree(folder, ignore_errors=True)
