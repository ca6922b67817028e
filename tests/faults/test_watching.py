"""``describe --watch`` through a proxy: troubles that pass."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.fleets import fleet_document
from tests.command_line import dpfctl, interrupted_after
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.faults.actions import Reply
from tests.faults.proxy import FaultProxy, Upstream

REFUSED = Reply(401, b"{}", {"Content-Type": "application/json"})


@pytest.fixture
def watched(leased_cluster: ControlPlane) -> Iterator[FaultProxy]:
    """A proxy in front of a cluster with a small fleet."""
    apply_objects(leased_cluster, fleet_document(1)["host"]["items"])
    with FaultProxy(Upstream(leased_cluster.url, leased_cluster.ca_file)) as proxy:
        yield proxy


def test_a_trouble_that_passes_is_said_once_and_waited_for(
    watched: FaultProxy, leased_cluster: ControlPlane, tmp_path: Path
) -> None:
    user = {"token": leased_cluster.admin_token}
    path = watched.kubeconfig(tmp_path / "kubeconfig", user)
    fault = watched.inject(REFUSED, "dpfoperatorconfigs", first=2, times=2)
    sleep = interrupted_after(3)

    result = dpfctl("describe", "storage", "--watch", "--kubeconfig", str(path), sleep=sleep)

    assert result.code == 130
    assert fault.fired == 2
    assert result.out.count("DPFOperatorConfig/") == 1
    assert result.err.count("warning: ") == 1
    assert "(401)" in result.err
    assert len([line for line in watched.lines() if "dpfoperatorconfigs" in line]) == 4
