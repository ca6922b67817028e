"""``dpfctl describe --dpu-clusters`` on real API servers: a host, a DPU cluster, and a dead one.

The objects are those of the demo fleet. No kubelet and no controller runs.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from dpfctl.describe import Options, kinds_to_read
from dpfctl.describe.build import kinds_beyond
from tests.builders import Built, node
from tests.cluster.host_sites import elsewhere
from tests.cluster.test_describe_cluster import grant
from tests.command_line import Result, dpfctl
from tests.controlplane.audit import recorded
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.fixtures import Pool
from tests.controlplane.load import apply_objects
from tests.unit.test_describe_dpu_clusters_conditions import release_secret

WHERE = "dpu-cplane"
OPTIONS = Options(dpu_clusters=True)
SAME_CLUSTER = 1
"""A GET of kube-system on both sides: the DPU cluster must not be the host cluster."""


class Pair:
    """The demo fleet: DPU cluster compute is alive, nobody answers for storage."""

    def __init__(self, host: ControlPlane, side: ControlPlane) -> None:
        self.host, self.side = host, side
        demo = json.loads(dpfctl("snapshot", "save", "-", "--from", "demo").out)
        compute = next(one for one in demo["dpuClusters"] if one["name"] == "compute")
        apply_objects(side, compute["items"])
        self.good = side.kubeconfig_text(side.admin_token)
        dead = _secret("storage-kubeconfig", elsewhere(self.good, side.url))
        apply_objects(
            host, [*demo["host"]["items"], _secret("compute-admin-kubeconfig", self.good), dead]
        )

    def describe(self, view: str, *args: str) -> Result:
        words = ("describe", view, "--dpu-clusters", *args)
        return dpfctl(*words, "--kubeconfig", str(self.host.kubeconfig))

    def let_in(self, kubeconfig: str) -> None:
        """Have the Secret of compute hold another kubeconfig."""
        apply_objects(self.host, [_secret("compute-admin-kubeconfig", kubeconfig)])


def _secret(name: str, kubeconfig: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": WHERE},
        "stringData": {"super-admin.conf": kubeconfig},
    }


@pytest.fixture(scope="module")
def pair(cluster_pool: Pool) -> Iterator[Pair]:
    """One pair of clusters for all tests, which leave the objects of the demo as they are."""
    with ExitStack() as returns:
        yield Pair(cluster_pool.lease(returns), cluster_pool.lease(returns))


def test_one_dead_dpu_cluster_is_one_row_and_the_rest_goes_on(pair: Pair) -> None:
    result = pair.describe("all")

    assert result.code == 5
    assert result.err.startswith(f"warning: dpu cluster {WHERE}/storage: ")
    assert result.err.count("\n") == 1
    (row,) = [line for line in result.lines if "Unreachable" in line]
    assert "└─DPU cluster storage " in row
    for name in (
        "3 Nodes...",
        "DaemonSet/compute-ovn-dpu",
        "Pod/compute-ovn-dpu-tz8fk",
        "ServiceChainSet/edge-gw-m4x2p",
        "3 ServiceInterfaces...",
    ):
        assert f"─{name} " in result.out
    assert "ImagePullBackOff" in result.out
    assert pair.side.admin_token not in result.out + result.err


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_snapshot_prints_the_same_bytes(pair: Pair, tmp_path: Path, form: str) -> None:
    file = str(tmp_path / "fleet.json")
    saved = dpfctl("snapshot", "save", file, "--kubeconfig", str(pair.host.kubeconfig))
    live = pair.describe("all", "-o", form)

    assert (saved.code, live.code) == (5, 5)
    known = dpfctl("describe", "all", "--dpu-clusters", "-o", form, "--from", file)
    assert (known.code, known.out) == (live.code, live.out)


def test_lists_do_not_grow_with_the_dpu_cluster(pair: Pair) -> None:
    counts = []
    for more in (0, 40):
        spare: list[Built] = [node(f"spare-{n}") for n in range(more)]
        apply_objects(pair.side, [built.raw for built in spare])
        with recorded(pair.host) as host, recorded(pair.side) as side:
            assert pair.describe("all").code == 5
        counts.append(
            (
                len(host.requests("list")),
                len(host.requests("get")),
                len(side.requests("list")),
                len(side.requests("get")),
            )
        )
    for n in range(40):
        pair.side.api.call("DELETE", f"/api/v1/nodes/spare-{n}")

    secrets = 2
    lists = (len(kinds_to_read(OPTIONS)), len(kinds_beyond(OPTIONS)))
    assert counts == [(lists[0], SAME_CLUSTER + secrets, lists[1], SAME_CLUSTER)] * 2


def test_of_secrets_only_those_of_helm_are_asked_for(pair: Pair) -> None:
    apply_objects(pair.side, [release_secret("compute-ovn-dpu").raw])
    with recorded(pair.side) as side:
        result = pair.describe("dpuservices")

    (asked,) = [line for line in side.requests("list") if "/secrets" in line]
    assert "labelSelector=owner%3Dhelm" in asked
    (row,) = [line for line in result.lines if "Release/compute-ovn-dpu" in line]
    assert row.split()[3:6] == ["dpf-operator-system", "Ready:", "True"]
    assert row.endswith("revision 3, ovn-1.2.3")
    release = release_secret("compute-ovn-dpu").raw["metadata"]
    pair.side.api.call(
        "DELETE", f"/api/v1/namespaces/{release['namespace']}/secrets/{release['name']}"
    )


@pytest.fixture
def reader(pair: Pair) -> Iterator[Pair]:
    """The Secret leads in as somebody who may not list pods."""
    allowed = [kind.plural for kind in kinds_beyond(OPTIONS) if kind.plural != "pods"]
    grant(pair.side, *allowed)
    pair.let_in(pair.side.kubeconfig_text(pair.side.reader_token))
    yield pair
    pair.let_in(pair.good)


def test_one_list_that_is_forbidden_is_one_row(reader: Pair) -> None:
    result = reader.describe("dpuclusters")

    assert result.code == 5
    (row,) = [line for line in result.lines if "Forbidden" in line]
    assert "─DPU cluster compute: Pods " in row
    assert f"warning: dpu cluster {WHERE}/compute: pod: cannot be listed: " in result.err
    assert "DaemonSet/compute-ovn-dpu" in result.out


def test_a_token_that_the_dpu_cluster_does_not_know(pair: Pair) -> None:
    pair.let_in(pair.side.kubeconfig_text("expired-token"))
    result = pair.describe("dpuclusters", "--issues")
    pair.let_in(pair.good)

    assert result.code == 5
    assert len([line for line in result.lines if "DPU cluster compute" in line]) == 1
    assert "expired-token" not in result.out + result.err
