"""A chart from a registry becomes pods, is upgraded in place, and goes again."""

import json
import subprocess
from pathlib import Path

from dpfctl.model import kinds, labels
from tests.controlplane.load import install_crds
from tests.controlplane.required import require_binaries
from tests.e2e.environment import APPLICATIONS, EAST, HOSTS, WEST, crds, writes
from tests.e2e.site import Site, leftovers, until
from tests.unit.hosts import with_label

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
IN_DK = {"nodeSelector": {"nodeSelectorTerms": [with_label("bfb", "dk")]}}


def pods(site: Site, side: str) -> dict[str, str]:
    """Node -> phase of each pod of this namespace."""
    found = site.all_of(kinds.POD, side).values()
    return {one["spec"]["nodeName"]: one["status"]["phase"] for one in found}


def test_a_chart_runs_on_the_chosen_nodes_only(site: Site) -> None:
    site.add(site.service(serviceID="web", serviceDaemonSet=IN_DK))
    result = site.ready()

    assert f"release.helm.sh/east-web installed in namespace {site.namespace}" in result.out
    assert pods(site, EAST) == {"worker1-dpu": "Running"}
    assert pods(site, WEST) == {"worker4-dpu": "Running"}
    found = site.daemon_set()["spec"]["template"]["metadata"]["labels"]
    assert found[labels.SERVICE_ID] == "web"
    assert site.conditions()["Ready"] == ("True", "Success", "")


def test_kubectl_can_wait_for_it(site: Site) -> None:
    kubectl = require_binaries("kubectl")["kubectl"]
    site.add(site.in_east())
    site.ready()
    words: list[str | Path] = [kubectl, "--kubeconfig", site.host.kubeconfig]
    words += ["-n", site.namespace, "wait"]
    words += ["--for=condition=Ready", "dpuservice/web", "--timeout=1s"]
    done = subprocess.run(
        words, env=site.environ, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stdout == "dpuservice.svc.dpu.nvidia.com/web condition met\n", done.stderr


def test_another_version_is_rolled_out_in_place(site: Site) -> None:
    site.add(site.service())
    site.ready()
    before = site.daemon_set()
    site.source(version="1.1.0")
    result = site.ready()
    after = site.daemon_set()

    assert f"release.helm.sh/west-web upgraded in namespace {site.namespace}" in result.out
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert site.revisions() == {EAST: 2, WEST: 2}
    stored = site.releases()["east-web"]
    assert (stored.chart_version, stored.status) == ("1.1.0", "deployed")


def test_a_second_pass_asks_nothing_of_anybody(site: Site, tmp_path: Path) -> None:
    """Neither a write to any cluster nor a process of Helm, for the whole fleet."""
    site.add(site.service(), site.in_east("two"))
    site.ready()
    assert site.run("reconcile", "--once").code == 0
    called = tmp_path / "called"
    helm = tmp_path / "bin" / "helm"
    helm.parent.mkdir()
    helm.write_text(f"#!/bin/sh\necho $@ >>{called}\nexit 1\n")
    helm.chmod(0o755)
    with site.environment.watched() as recordings:
        result = site.run("reconcile", "--once", environ={"PATH": str(helm.parent)})

    assert result.code == 0, result.err
    assert writes(recordings) == []
    assert all(recording.requests("list") for recording in recordings.values())
    assert not called.exists()
    assert "\n0 written, " in result.out


def test_a_service_of_the_host_cluster_lands_there(site: Site) -> None:
    built = site.service(deployInCluster=True)
    del built.raw["spec"]["security"]
    site.add(built)
    site.ready()

    assert set(site.releases("host")) == {"in-cluster-web"}
    assert pods(site, "host") == dict.fromkeys(HOSTS, "Running")
    assert (site.releases(EAST), site.releases(WEST)) == ({}, {})
    site.delete()
    site.ready()
    assert site.releases("host") == {}


def test_a_cluster_that_is_not_selected_any_more_is_cleared(site: Site) -> None:
    site.add(site.service())
    site.ready()
    uid = site.daemon_set()["metadata"]["uid"]
    site.change(dpuClusterSelector={"matchLabels": {"side": EAST}})
    result = site.ready()

    assert "release.helm.sh/west-web uninstalled" in result.out
    assert site.revisions() == {EAST: 1}
    assert site.daemon_set()["metadata"]["uid"] == uid
    until(lambda: not leftovers(site, WEST))


def test_other_ways_to_name_a_chart_and_a_release(site: Site) -> None:
    site.add(site.in_east(), site.in_east("path"))
    site.source("path", path="dpf-service", chart=None)
    site.ready()
    assert list(site.releases()) == ["east-path", "east-web"]

    site.source(releaseName="mine")
    site.ready()
    assert list(site.releases()) == ["east-path", "mine"]
    assert list(site.all_of(kinds.DAEMON_SET, EAST)) == ["east-path-agent", "mine-agent"]


def test_deletion_leaves_namespaces_behind(site: Site) -> None:
    port = {"name": "httpserver", "port": 8080, "protocol": "TCP"}
    site.add(site.in_east(configPorts={"serviceType": "NodePort", "ports": [port]}))
    site.add(site.service("two"))
    site.ready()
    assert site.all_of(kinds.ENDPOINT_SLICE)
    for name in ("web", "two"):
        site.delete(name)
    result = site.ready()

    assert "dpuservice.svc.dpu.nvidia.com/web let go" in result.out
    assert site.all_of(kinds.DPU_SERVICE) == {}
    for side in ("host", EAST, WEST):
        until(lambda side=side: not leftovers(site, side))  # type: ignore[misc]  # mypy infers no default
        assert site.find(kinds.NAMESPACE, site.namespace, side)


def test_helm_may_be_chosen_where_argo_cd_is(site: Site) -> None:
    kind = crds(of_applications=True)
    install_crds(site.host, kind)
    try:
        site.add(site.in_east())
        told = site.settle("--dry-run=client", "-o", "json")
        site.ready("--engine", "helm")
    finally:
        served = "/apis/argoproj.io/v1alpha1/applications"
        site.host.api.call("DELETE", f"{CRDS}/{APPLICATIONS}")
        until(lambda: site.host.api.request("GET", served).status == 404)

    assert json.loads(told.out)["data"]["engine"] == "argocd"
    assert site.revisions() == {EAST: 1}


def test_a_plan_is_carried_out_unless_something_moved(site: Site) -> None:
    site.add(site.in_east())
    plan = site.folder / "plan.json"
    site.settle("--dry-run=client", f"--plan-out={plan}")
    site.source(version="1.1.0")
    with site.environment.watched() as recordings:
        refused = site.reconcile(f"--plan={plan}")
    assert (refused.code, writes(recordings)) == (6, [])
    assert f"/{site.namespace}/web has moved" in refused.err

    site.settle("--dry-run=client", f"--plan-out={plan}")
    site.settle(f"--plan={plan}")
    assert site.releases()["east-web"].chart_version == "1.1.0"
