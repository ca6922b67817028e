"""What deploys a service, on a real API server: what it stores, and that nothing is sent twice."""

from typing import Any

import pytest

from dpfctl.apply import Places, apply_plan
from dpfctl.cluster.kube import KubeCluster, connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.model import kinds, labels
from dpfctl.model.applications import SKIP_RECONCILE
from dpfctl.model.cluster import HOST
from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Change, Plan, Replan
from dpfctl.reconcile.applications.changes import replan_application
from dpfctl.reconcile.applications.wanted import (
    application_change,
    applications_for_deletion,
    hold_changes,
)
from dpfctl.reconcile.interfaces.claims import Binding, bind_interfaces, reclaim
from dpfctl.reconcile.prerequisites.planning import (
    namespace_change,
    replan_prerequisite,
    secret_changes,
)
from dpfctl.reconcile.steps import Fault
from dpfctl.reconcile.world import World
from tests.builders import NOW, NS, Built, dpu_cluster, inventory, operator_config
from tests.controlplane.api import MERGE_PATCH
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.unit.reconcile_fleets import (
    ONE,
    SVC_NS,
    destination,
    pull_secret,
    service,
    service_interface,
)

APP = Ref(kinds.APPLICATION, NS, "cluster-one-dpu-one")
VALUES = {"a": {"b": [1, 2.5, None, {"c": True}]}, "n": None, "empty": {}}
SERVICE = service(security={"privileged": False}, interfaces=["dpu-service-interface"])
READ = (kinds.APPLICATION, kinds.DPU_SERVICE_INTERFACE, kinds.NAMESPACE, kinds.PULL_SECRET)


class Site:
    """One API server that stands for the host cluster and for the DPU cluster in turn."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self.cluster: KubeCluster = connect(
            load_config(ConnectOptions(kubeconfig=str(plane.kubeconfig)), {})
        )

    def world(self, *host: Built) -> World:
        """What is there; with objects, these are the host cluster and the server the other."""
        found = self.cluster.read(READ)
        fixed = inventory(operator_config(), dpu_cluster(ONE[1], ONE[0]), *host)
        there = {} if host else found.listings
        return World(Inventory({**there, **fixed.listings}), {ONE: found}, NOW)

    def run(self, replan: Replan, *changes: Change) -> list[str]:
        """Make changes; whatever cluster they are for, it is this one."""
        places = Places(self.cluster, {ONE: self.cluster})
        report = apply_plan(places, Plan("reconcile", changes), replan, sleep=lambda _seconds: None)
        assert not report.failures, report.failures[0].message
        return [outcome.result.value for outcome in report.outcomes]

    def get(self, kind: Kind, name: str, namespace: str = SVC_NS) -> Resource:
        return self.cluster.get(Ref(kind, namespace if kind.namespaced else "", name))

    def merge(self, path: str, body: dict[str, Any]) -> None:
        self.plane.api.call("PATCH", path, body, MERGE_PATCH)


@pytest.fixture
def site(leased_cluster: ControlPlane) -> Site:
    return Site(leased_cluster)


class TestPrerequisites:
    def changes(self, site: Site, *secrets: Built) -> tuple[Change, ...]:
        there = site.world(*secrets)
        found = secret_changes(SVC_NS, ONE, there)
        assert not isinstance(found, Fault), found.message
        return (namespace_change(SVC_NS, ONE, there, labelled=True), *found)

    def run(self, site: Site, *secrets: Built) -> list[str]:
        return site.run(replan_prerequisite, *self.changes(site, *secrets))

    def test_r_sec_01_a_namespace_gets_labels_and_keeps_others(self, site: Site) -> None:
        metadata = {"name": SVC_NS, "labels": {"foreign": "kept"}}
        site.plane.api.call("POST", "/api/v1/namespaces", {"metadata": metadata})
        kept = pull_secret("one").having(type="Opaque")
        results = self.run(site, kept)
        found = site.get(kinds.NAMESPACE, SVC_NS)

        assert results == ["done", "done"]
        assert found.label("foreign") == "kept"
        assert found.label(labels.PREREQUISITE_NAMESPACE) == SVC_NS
        assert found.label(labels.PREREQUISITE) == "true"
        assert self.run(site, kept) == ["unchanged", "unchanged"]

    def test_r_sec_03_secrets_follow_the_host(self, site: Site) -> None:
        one, two = pull_secret("one", a="MQ=="), pull_secret("two").having(immutable=True)
        one.raw["type"] = two.raw["type"] = "Opaque"
        assert self.run(site, one, two) == ["done", "done", "done"]
        assert self.run(site, one, two) == ["unchanged", "unchanged", "unchanged"]

        changed = pull_secret("one", b="Mg==").having(type="Opaque")
        assert self.run(site, changed) == ["unchanged", "done", "done"]
        assert site.get(kinds.SECRET, "one").at("data") == {"b": "Mg=="}
        assert [one.name for one in site.cluster.list(kinds.PULL_SECRET)] == ["one"]
        assert self.run(site, changed) == ["unchanged", "unchanged"]

    def test_what_others_change_is_mirrored_again(self, site: Site) -> None:
        one = pull_secret("one", a="MQ==").having(type="Opaque")
        self.run(site, one)
        path = f"/api/v1/namespaces/{SVC_NS}/secrets/one"
        site.merge(path, {"data": {"a": "Mg=="}})

        assert self.run(site, one) == ["unchanged", "done"]
        assert site.get(kinds.SECRET, "one").at("data") == {"a": "MQ=="}

    def test_on_the_host_a_namespace_is_enough(self, site: Site) -> None:
        for result in ("done", "unchanged"):
            change = namespace_change(SVC_NS, HOST, site.world(), labelled=False)
            assert site.run(replan_prerequisite, change) == [result]


class TestApplications:
    def run(self, site: Site, version: str = "v1.1") -> list[str]:
        built = SERVICE.spec(helmChart={"source": {"version": version}})
        found = application_change(built.resource, destination(), VALUES, site.world())
        assert isinstance(found, Change), found
        return site.run(replan_application, found)

    @pytest.fixture
    def deployed(self, site: Site) -> Site:
        site.plane.api.call("POST", "/api/v1/namespaces", {"metadata": {"name": NS}})
        assert self.run(site) == ["done"]
        return site

    def note(self, site: Site, **notes: str) -> None:
        path = f"/apis/argoproj.io/v1alpha1/namespaces/{NS}/applications/{APP.name}"
        site.merge(path, {"metadata": {"annotations": notes}})

    def test_r_helm_07_it_is_changed_in_place(self, deployed: Site) -> None:
        before = deployed.cluster.get(APP)
        self.note(deployed, foo="bar")
        assert self.run(deployed) == ["unchanged"]
        assert self.run(deployed, "v1.3") == ["done"]
        assert self.run(deployed, "v1.3") == ["unchanged"]
        after = deployed.cluster.get(APP)

        assert after.uid == before.uid
        assert after.at("spec", "source", "targetRevision") == "v1.3"
        assert after.at("spec", "source", "helm", "valuesObject") == VALUES
        assert after.annotation("foo") == "bar"

    def test_r_pause_04_it_is_held_and_let_go(self, deployed: Site) -> None:
        for result in ("done", "unchanged"):
            changes = hold_changes(SERVICE.resource, deployed.world())
            assert deployed.run(replan_application, *changes) == [result]
        assert deployed.cluster.get(APP).annotation(SKIP_RECONCILE) == "true"

        assert self.run(deployed) == ["done"]
        assert deployed.cluster.get(APP).annotation(SKIP_RECONCILE) is None

    def test_r_del_01_it_is_let_go_and_waits_for_argo_cd(self, deployed: Site) -> None:
        self.note(deployed, **{SKIP_RECONCILE: "true"})
        found = applications_for_deletion(SERVICE.resource, deployed.world())
        assert not isinstance(found, Fault)
        assert deployed.run(replan_application, *found) == ["done", "done"]
        left = deployed.cluster.get(APP)

        assert left.is_deleting
        assert left.annotation(SKIP_RECONCILE) == "false"
        again = applications_for_deletion(SERVICE.resource, deployed.world())
        assert not isinstance(again, Fault)
        assert deployed.run(replan_application, *again) == ["unchanged"]


def test_r_if_08_a_claim_keeps_other_annotations(site: Site) -> None:
    noted = service_interface().having(metadata={"annotations": {"a": "b"}})
    apply_objects(site.plane, [noted.raw])

    for result in ("done", "unchanged"):
        binding = bind_interfaces(SERVICE.resource, "service-one", site.world())
        assert isinstance(binding, Binding), binding
        assert site.run(reclaim, *binding.claims) == [result]
    found = site.get(kinds.DPU_SERVICE_INTERFACE, "dpu-service-interface")
    notes = found.mapping("metadata", "annotations")
    assert notes == {"a": "b", labels.CONSUMED_BY: "dpu-one"}
