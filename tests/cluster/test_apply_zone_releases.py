"""R-ZONE-03: zones on CRDs of older releases, and on DPU clusters that can be looked into.

The CRDs of older releases are the packaged ones with what came later taken out.
"""

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from tests.builders import NS, dpu, dpu_cluster, dpu_node, node
from tests.cli.zone_fleets import DK, GA, of_zone, write
from tests.cluster.crd_objects import missing
from tests.cluster.test_suspend_refusals import without_rules
from tests.cluster.zone_sites import ZoneSite, make_zone_site, selectors, tried
from tests.command_line import dpfctl
from tests.controlplane.api import Json
from tests.controlplane.audit import recorded
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.crds import crd_documents
from tests.controlplane.fixtures import NewCluster
from tests.controlplane.load import apply_objects, install_crds
from tests.unit.zone_files import SELECTOR, dk, unsaid
from tests.unit.zone_releases import release_25_1, release_25_10

SET, HBN, P0 = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk"
Schemas = Mapping[Kind, Json]

_LATER = (kinds.DPU_NODE, kinds.DPU_DEVICE, kinds.DPU_NODE_MAINTENANCE)
"""Kinds that DPF v25.1 does not have yet."""


def old_crds(schemas: Schemas, absent: tuple[Kind, ...] = ()) -> list[Json]:
    """CRDs of a release; rules that speak of later fields are gone."""
    found = []
    for document in crd_documents():
        name = document["metadata"]["name"]
        if name in {kind.resource for kind in absent}:
            continue
        crd = copy.deepcopy(document)
        for kind, schema in schemas.items():
            if kind.resource == name:
                crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = without_rules(schema)
        found.append(crd)
    return found


def old_site(new_cluster: NewCluster, crds: list[Json]) -> ZoneSite:
    """A cluster of its own with these CRDs and what the zones need."""
    cluster = new_cluster(crds=False)
    install_crds(cluster, crds)
    return make_zone_site(cluster)


def pruned(site: ZoneSite, output: str) -> list[str]:
    """Fields that were sent and are not stored, by object."""
    live = site.objects()
    results: list[dict[str, Any]] = json.loads(output)["data"]["results"]
    return [
        f"{one['name']}{path}"
        for one in results
        for path in missing(one["configuration"]["spec"], live[one["name"]]["spec"])
    ]


def saying_nothing(file: str) -> str:
    """A Zone document without what these releases do not know."""
    lines = Path(file).read_text().splitlines(keepends=True)
    return "".join(one for one in lines if "privileged:" not in one)


def test_r_zone_03_a_zone_on_the_crds_of_v25_10(new_cluster: NewCluster, tmp_path: Path) -> None:
    file = write(tmp_path / "dk.yaml", saying_nothing(DK))
    site = old_site(new_cluster, old_crds(release_25_10()))
    result = site.run("apply-zone", "-f", file, "-o", "json")

    assert (result.code, pruned(site, result.out), result.err) == (0, [], "")
    objects = site.objects()
    assert "security" not in objects[HBN]["spec"]
    assert list(selectors(objects.values())) == [{"bfb": "dk"}] * 7
    assert site.run("apply-zone", "-f", file).lines == of_zone("dk", "configured (unchanged)")

    newer = dk().having(HBN, ("spec", "security"), {"privileged": True})
    with recorded(site.cluster) as recording:
        refused = site.run("apply-zone", "-f", write(tmp_path / "newer.yaml", newer))
    assert (refused.code, tried(recording)) == (2, [])
    assert (
        "error: dpuservice/doca-hbn-dk: spec.security: unknown field in this cluster "
        "[unknown-field]\n"
    ) in refused.err


def test_r_zone_03_a_zone_on_the_crds_of_v25_1(new_cluster: NewCluster, tmp_path: Path) -> None:
    file = write(tmp_path / "dk.yaml", saying_nothing(DK))
    site = old_site(new_cluster, old_crds(release_25_1(), _LATER))
    apply_objects(site.cluster, [node("host1", **{"e2e.servers/dk": "true"}).raw])
    result = site.run("apply-zone", "-f", file, "-o", "json")

    assert (result.code, pruned(site, result.out)) == (0, [])
    assert result.err == (
        "note: dpuset/dpuset-dk: wrote spec.dpuNodeSelector as nodeSelector, its name in this "
        "cluster; it asks for labels of Nodes, not DPUNodes\n"
    )
    spec = site.objects()[SET]["spec"]
    assert spec["nodeSelector"] == {"matchLabels": {"e2e.servers/dk": "true"}}
    assert "dpuNodeSelector" not in spec
    assert site.run("apply-zone", "-f", file).lines == of_zone("dk", "configured (unchanged)")

    text = saying_nothing(GA).replace("e2e.servers/ga", "e2e.servers/dk")
    text = text.replace("type: OnDelete", "type: Recreate")  # its name in that release
    overlap = site.run("apply-zone", "-f", write(tmp_path / "ga.yaml", text))
    assert overlap.code == 1
    assert "selects the same DPUs as dpuset/dpuset-dk: host1 [Z2]\n" in overlap.err

    ports = {"serviceType": "NodePort", "ports": [{"name": "a", "port": 1, "protocol": "TCP"}]}
    newer = unsaid().having(HBN, ("spec", "configPorts"), ports)
    refused = site.run("apply-zone", "-f", write(tmp_path / "newer.yaml", newer))
    assert refused.code == 2
    assert "spec.configPorts: unknown field in this cluster [unknown-field]\n" in refused.err


def test_a_cluster_without_dpf(bare_cluster: ControlPlane) -> None:
    result = ZoneSite(bare_cluster).run("apply-zone", "-f", DK)

    assert (result.code, result.out) == (2, "")
    assert result.err.count("not served by this cluster [not-served]\n") == 7
    assert "hint: install DPF first\n" in result.err


@pytest.fixture
def two_hosts(lease_cluster: Callable[[], ControlPlane]) -> ZoneSite:
    """A host of each zone, their DPUs, and the Nodes of these in a DPU cluster."""
    host, side = lease_cluster(), lease_cluster()
    apply_objects(side, [node(f"dpu-{zone}", bfb=zone).raw for zone in ("dk", "ga")])
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "edge", "namespace": "ns1"},
        "stringData": {"super-admin.conf": side.kubeconfig_text(side.admin_token)},
    }
    edge = dpu_cluster("edge", "ns1", "static").spec(kubeconfig="edge")
    units = [
        dpu(f"dpu-{zone}", node=f"host-{zone}", device="d")
        .labelled(DPU_SET_NAME=f"dpuset-{zone}", DPU_SET_NAMESPACE=NS)
        .spec(
            **{"bfb": "b", "dpuFlavor": "f", "serialNumber": zone},
            nodeEffect={"noEffect": True},
            cluster={"namespace": "ns1", "name": "edge", "nodeLabels": {"bfb": zone}},
        )
        for zone in ("dk", "ga")
    ]
    hosts = [
        dpu_node(f"host-{zone}").having(metadata={"labels": {f"e2e.servers/{zone}": "true"}})
        for zone in ("dk", "ga")
    ]
    apply_objects(host, [secret])
    return make_zone_site(host, edge, *units, *hosts)


def test_r_zone_03_file_and_cluster_agree_on_nodes(two_hosts: ZoneSite, tmp_path: Path) -> None:
    """A snapshot knows the Nodes of the DPU cluster, the host cluster only their DPUs."""
    file = str(tmp_path / "fleet.json")
    assert two_hosts.run("snapshot", "save", file).code == 0
    wrong = dk().having(HBN, ("spec", "serviceDaemonSet", "nodeSelector"), _terms("ga"))
    wide = dk().having(P0, SELECTOR, {"matchExpressions": [{"key": "bfb", "operator": "Exists"}]})
    cases = {
        DK: 0,
        write(tmp_path / "wrong.yaml", wrong): 1,
        write(tmp_path / "wide.yaml", wide): 1,
        write(tmp_path / "less.yaml", dk().without("p1-sf-dk")): 1,
    }

    for case, code in cases.items():
        args = ("zone", "lint", "-f", case, "-f", GA, "-o", "json")
        live, saved = two_hosts.run(*args), dpfctl(*args, "--from", file)
        assert (live.code, live.out) == (code, saved.out), case


def _terms(zone: str) -> Json:
    asked = {"key": "bfb", "operator": "In", "values": [zone]}
    return {"nodeSelectorTerms": [{"matchExpressions": [asked]}]}
