"""A real Ray cluster of two nodes on this machine: a sweep and a contest on it are those of one process, bit for bit."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ray.cluster_utils import Cluster
from tests.cli.test_processes import STARTS, environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.*", "ignore::FutureWarning:ray.*"),
]
GRID = ["rebalance=threshold:0.05,calendar:7", "target_beta=0,0.2,0.4,0.6"]
PLAIN = ["sweep", "book.csv", *GRID, "--engine", "plain", "--ray"]


@dataclass(slots=True)
class Nodes:
    """A cluster with a head, which this test does not touch, and a second node."""

    cluster: Any
    second: Any

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def lose(self) -> None:
        """Kill the second node with everything on it."""
        self.cluster.remove_node(self.second, allow_graceful=False)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Two nodes on addresses of this machine alone; the last test that asks for them may lose one."""
    made = Cluster()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_agent_register_timeout_ms", "120000")  # a busy machine starts agents slowly
        yield from started(made)


def started(made: Any) -> Iterator[Nodes]:
    try:
        made.add_node(num_cpus=1, node_ip_address="127.0.0.2", include_dashboard=False)
        second = made.add_node(num_cpus=1, node_ip_address="127.0.0.3")
        made.wait_for_nodes()
        yield Nodes(made, second)
    finally:
        made.shutdown()


def command(home: Path, *words: str, address: str = "") -> list[str]:
    (home / "book.csv").write_text("symbol,quantity\nETH,40\nSOL,400\n", encoding="utf-8")
    (home / "config.toml").write_text(f'[cluster]\naddress = "{address}"\n', encoding="utf-8")
    return [*STARTS, *words, "--config", "config.toml"]


def same_kernels(home: Path) -> dict[str, str]:
    """The environment of a command, with the kernels of this process, from which the nodes were started."""
    return environment(
        home, **{name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
    )


def done(
    home: Path, *words: str, address: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(home, *words, address=address),
        env=env or same_kernels(home),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def ended(home: Path, *words: str, address: str = "") -> str:
    found = done(home, *words, address=address)
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_a_contest_on_a_cluster_is_that_of_one_process(nodes: Nodes, tmp_path: Path) -> None:
    words = ["compare", "--estimators", "default,ols:180", "--instruments", "BTC,basket:3", "--step", "28"]
    one = ended(tmp_path, *words, "--json")
    assert one == ended(tmp_path, *words, "--json", "--ray", address=nodes.address)


def test_betas_of_a_universe_on_a_cluster_are_those_of_one_process(nodes: Nodes, tmp_path: Path) -> None:
    words = ["universe", "--every", "200", "--json"]
    one = ended(tmp_path, *words, "--workers", "1")
    assert one == ended(tmp_path, *words, "--ray", address=nodes.address)


def test_nodes_that_would_round_otherwise_are_refused(nodes: Nodes, tmp_path: Path) -> None:
    other = environment(tmp_path, OPENBLAS_CORETYPE="Sandybridge")
    refused = done(tmp_path, *PLAIN, address=nodes.address, env=other)
    assert refused.returncode == 3
    assert "openblas for Sandybridge" in refused.stderr
    assert "on every node" in refused.stderr


def test_a_cluster_that_does_not_answer_is_told(tmp_path: Path) -> None:
    told = done(tmp_path, *PLAIN, address="127.0.0.1:9")
    assert told.returncode == 3
    assert "no Ray cluster answers at 127.0.0.1:9" in told.stderr


def test_a_sweep_that_loses_a_node_writes_what_one_process_writes(nodes: Nodes, tmp_path: Path) -> None:
    words = ["sweep", "book.csv", *GRID, "--instruments", "BTCUSDT", "--engine", "plain", "--json"]
    with subprocess.Popen(
        command(tmp_path, *words, "--ray", "--out", "many", address=nodes.address),
        env=same_kernels(tmp_path),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until = time.monotonic() + 120.0
        while not list((tmp_path / "many").glob("tries-*.parquet")) and time.monotonic() < until:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.05)
        nodes.lose()
        assert not (tmp_path / "many" / "sweep.parquet").exists()  # it was in the middle
        told, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    alone = ended(tmp_path, *words, "--workers", "1", "--out", "one")
    assert json.loads(told) == json.loads(alone)
    one, many = (tmp_path / name / "sweep.parquet" for name in ("one", "many"))
    assert one.read_bytes() == many.read_bytes()
