"""Suspensions that a real API server refuses: permission, policies, rules of the CRD."""

import json
from typing import Any

import pytest

from dpfctl.marks.pause import REASON
from tests.builders import NS
from tests.cluster.policies import denied, reworded, undone
from tests.cluster.sites import Site, acts, let, make_site, may_pause, wait_until
from tests.command_line import Result, dpfctl
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.crds import crd_documents
from tests.controlplane.fixtures import NewCluster
from tests.controlplane.load import create_namespace, install_crds
from tests.faults.services import Services

HBN = "dpuservice.svc.dpu.nvidia.com/hbn"
DTS = "dpuservice.svc.dpu.nvidia.com/dts"
NOTHING_PAUSED = "!has(object.spec.paused) || !object.spec.paused"


@pytest.fixture
def site(leased_cluster: ControlPlane) -> Site:
    return make_site(leased_cluster)


class TestAccess:
    """403 is exit 7, on whatever verb; what may not be read beside it is told, not fatal."""

    @pytest.fixture
    def services(self, host_cluster: ControlPlane, namespace: str) -> Services:
        found = Services(host_cluster, namespace)
        found.create("hbn", "dts")
        return found

    def run(self, services: Services, *args: str) -> Result:
        cluster = services.cluster
        path = cluster.kubeconfig_for(cluster.reader_token)
        return dpfctl(*args, "-n", services.namespace, "--kubeconfig", str(path))

    def test_nothing_may_be_read(self, services: Services) -> None:
        result = self.run(services, "suspend", "hbn")

        assert (result.code, result.out) == (7, "")
        assert result.err.startswith("error: dpuservice")
        assert "forbidden" in result.err

    @pytest.mark.parametrize("form", ["text", "json", "yaml", "name"])
    def test_may_list_but_not_patch(self, services: Services, form: str) -> None:
        let(services.cluster, services.namespace, ("list",))
        result = self.run(services, "suspend", "hbn", "dts", "-o", form)

        assert result.code == 7
        assert result.err.count("error: dpuservice/") == 2
        assert 'cannot patch resource "dpuservices"' in result.err
        assert services.paused() == []
        if form == "json":
            told = json.loads(result.out)
            assert (told["exitCode"], told["status"]) == (7, "error")
            assert [one["result"] for one in told["data"]["results"]] == ["failed"] * 2

    def test_may_do_both_but_see_no_application(self, services: Services) -> None:
        let(services.cluster, services.namespace, ("list", "patch"))
        result = self.run(services, "suspend", "hbn")

        assert (result.code, result.out) == (0, f"{HBN} suspended\n")
        assert result.err.startswith(
            f"note: dpuservice/{services.namespace}/hbn: applications held: not known: "
        )
        assert services.paused() == ["hbn"]

    def test_a_wrong_name_without_a_look_elsewhere_has_no_hint(self, services: Services) -> None:
        let(services.cluster, services.namespace, ("list",))
        result = self.run(services, "suspend", "zzz")

        assert result.code == 1
        assert result.err == (
            f"error: dpuservice/zzz: not found in namespace {services.namespace}\n"
        )

    def test_what_is_awaited_may_not_be_seen(self, services: Services) -> None:
        """It was written, and that is told; success of the waiting is not claimed."""
        let(services.cluster, services.namespace, ("list", "patch"))
        result = self.run(services, "suspend", "hbn", "--wait", "-o", "json")

        told = json.loads(result.out)
        assert (result.code, told["exitCode"]) == (7, 7)
        assert [one["result"] for one in told["data"]["results"]] == ["done"]
        assert ": cannot be listed: " in told["errors"][0]["message"]
        assert services.paused() == ["hbn"]


class TestRefused:
    """What the API server refuses is exit 1 with its words; others are suspended all the same."""

    def test_by_a_policy(self, site: Site) -> None:
        with denied(site, NOTHING_PAUSED):
            result = site.run("suspend", "hbn")

        assert (result.code, result.out) == (1, "")
        assert f"error: dpuservice/{NS}/hbn: " in result.err
        assert "denied request: change freeze until Monday\n" in result.err
        assert site.services.paused() == []

    @pytest.mark.parametrize("form", ["text", "json"])
    def test_one_of_two(self, site: Site, form: str) -> None:
        site.services.create("dts")
        with denied(site, "object.metadata.name != 'hbn' || !has(object.spec.paused)"):
            result = site.run("suspend", "hbn", "dts", "-o", form)

        assert result.code == 5
        assert "change freeze until Monday\n" in result.err
        assert site.services.paused() == ["dts"]
        if form == "json":
            told = json.loads(result.out)
            outcomes = {one["name"]: one["result"] for one in told["data"]["results"]}
            assert (told["status"], outcomes) == ("partial", {"dts": "done", "hbn": "failed"})
        else:
            assert result.out == f"{DTS} suspended\n"

    def test_by_a_policy_that_undoes_the_change(self, site: Site) -> None:
        with undone(site):
            result = site.run("suspend", "hbn")

        assert (result.code, result.out) == (1, "")
        assert (
            f"error: dpuservice/{NS}/hbn: the server took the change and undid /spec/paused\n"
            in result.err
        )
        assert site.services.paused() == []

    def test_a_policy_that_rewords_an_annotation_undoes_nothing(self, site: Site) -> None:
        with reworded(site, REASON, "censored"):
            result = site.run("suspend", "hbn", "--reason", "switch upgrade")

        assert (result.code, result.out) == (0, f"{HBN} suspended\n")
        assert (
            f"note: dpuservice/{NS}/hbn: suspended, but the server changed"
            " /metadata/annotations/dpfctl~1suspend-reason\n"
        ) in result.err
        assert site.services.paused() == ["hbn"]

    def test_by_a_rule_that_is_younger_than_the_service(self, new_cluster: NewCluster) -> None:
        cluster = new_cluster(crds=False)
        (crd,) = (c for c in crd_documents() if c["spec"]["names"]["kind"] == "DPUService")
        install_crds(cluster, [without_rules(crd)])
        create_namespace(cluster, NS)
        services = Services(cluster, NS)
        services.create("hbn")
        broken = {"deployInCluster": True, "configPorts": {"serviceType": "None", "ports": []}}
        assert services.merge("hbn", {"spec": broken}).status == 200
        install_crds(cluster, [crd])
        wait_until(lambda: not may_pause(services))

        result = dpfctl("suspend", "hbn", "--kubeconfig", str(cluster.kubeconfig))
        assert (result.code, result.out) == (1, "")
        assert "configPorts cannot be set when deployInCluster is true" in result.err
        assert services.paused() == []

    def test_in_a_dry_run_on_the_server(self, site: Site) -> None:
        with denied(site, NOTHING_PAUSED):
            result = site.run("suspend", "hbn", "--dry-run=server")

        assert (result.code, result.out) == (1, "")
        assert "change freeze" in result.err

    def test_a_service_that_failed_is_not_waited_for(self, site: Site) -> None:
        with denied(site, NOTHING_PAUSED):
            result = site.run("suspend", "hbn", "--wait", sleep=acts([]))

        assert (result.code, "waiting" in result.err) == (1, False)


def without_rules(value: Any) -> Any:
    """A CRD without its CEL rules."""
    if isinstance(value, dict):
        kept = (key for key in value if key != "x-kubernetes-validations")
        return {key: without_rules(value[key]) for key in kept}
    return [without_rules(one) for one in value] if isinstance(value, list) else value
