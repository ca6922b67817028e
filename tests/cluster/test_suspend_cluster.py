"""``dpfctl suspend`` and ``resume`` on real API servers: what is stored, asked and awaited.

Refusals: ``test_suspend_refusals``. Races and lost answers: ``tests/faults``.
"""

import json
import time
from pathlib import Path

import pytest
import yaml

from tests.builders import NS
from tests.cluster.sites import Site, acts, let, make_site
from tests.command_line import dpfctl
from tests.controlplane.audit import recorded
from tests.controlplane.cluster import ControlPlane
from tests.faults.services import Services, foreign_part, numbered

HBN = "dpuservice.svc.dpu.nvidia.com/hbn"
SIDE_LISTS = [
    "list /apis/argoproj.io/v1alpha1/applications",
    "list /apis/operator.dpu.nvidia.com/v1alpha1/dpfoperatorconfigs",
    "list /apis/provisioning.dpu.nvidia.com/v1alpha1/dpuclusters",
    "list /apis/provisioning.dpu.nvidia.com/v1alpha1/dpus",
]


@pytest.fixture
def site(leased_cluster: ControlPlane) -> Site:
    return make_site(leased_cluster)


class TestSuspend:
    def test_r_pause_06_a_service_without_the_field(self, site: Site) -> None:
        """R-PAUSE-06: it works, and tells the Applications and the clusters that have none."""
        before = site.services.get("hbn")
        held = site.application("edge-hbn")
        assert "paused" not in before["spec"]

        result = site.run("suspend", "hbn", "--reason", "upgrade", environ={"USER": "lena"})
        after = site.services.get("hbn")

        assert (result.code, result.out) == (0, f"{HBN} suspended\n")
        assert result.err.splitlines() == [
            f"note: dpuservice/{NS}/hbn: applications held (1): {NS}/edge-hbn",
            f"note: dpuservice/{NS}/hbn: clusters without an application (1): core",
        ]
        assert after["spec"] == before["spec"] | {"paused": True}
        assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
        assert after["metadata"]["annotations"] == {
            **before["metadata"]["annotations"],
            "dpfctl/suspended-at": "2026-11-20T09:00:00Z",
            "dpfctl/suspended-by": "lena",
            "dpfctl/suspend-reason": "upgrade",
        }
        assert foreign_part(after) == foreign_part(before)
        assert site.application("edge-hbn") == held  # the controller's work, not ours

    def test_the_field_belongs_to_us_and_is_listed_so(self, site: Site) -> None:
        site.run("suspend", "hbn", environ={"USER": "lena"})
        (told,) = json.loads(site.run("suspend", "--list", "-o", "json").out)["data"]["suspensions"]

        assert (told["name"], told["by"], told["manager"]) == ("hbn", "lena", "dpfctl")

    def test_who_impersonates_is_the_author(self, site: Site) -> None:
        let(site.cluster, NS, ("list", "patch"), user="alice")
        result = site.run("suspend", "hbn", "--as", "alice", environ={"USER": "lena"})

        assert (result.code, result.out) == (0, f"{HBN} suspended\n")
        assert site.services.get("hbn")["metadata"]["annotations"]["dpfctl/suspended-by"] == "alice"

    def test_resumed_it_is_as_before_but_for_paused_false(self, site: Site) -> None:
        before = site.services.get("hbn")
        site.run("suspend", "hbn", "--reason", "upgrade", "--until", "2h")
        result = site.run("resume", "hbn")
        after = site.services.get("hbn")

        assert (result.code, result.out, result.err) == (0, f"{HBN} resumed\n", "")
        assert after["spec"] == before["spec"] | {"paused": False}
        assert after["metadata"]["annotations"] == before["metadata"]["annotations"]
        assert foreign_part(after) == foreign_part(before)


class TestRequests:
    """A fixed number of lists and one write per service that changes, whatever else there is."""

    def requests(self, site: Site, *args: str) -> list[str]:
        with recorded(site.cluster) as recording:
            assert site.run(*args).code == 0
        return sorted(line.partition("?")[0] for line in recording.requests())

    def test_do_not_grow_with_other_services(self, site: Site) -> None:
        one_list, one_patch = f"list {site.services.path()}", f"patch {site.services.path('hbn')}"
        for others in (1, 50):
            site.services.create(*numbered(others))

            assert self.requests(site, "suspend", "hbn") == sorted(
                [one_list, one_patch, *SIDE_LISTS]
            )
            assert self.requests(site, "suspend", "hbn") == [one_list]
            assert self.requests(site, "resume", "hbn") == [one_list, one_patch]
            assert self.requests(site, "resume", "hbn") == [one_list]

    def test_grow_by_one_write_per_service_that_changes(self, site: Site) -> None:
        site.services.create(*numbered(20))
        site.run("suspend", *numbered(3))

        lines = self.requests(site, "suspend", "--all")
        assert len([line for line in lines if line.startswith("patch ")]) == 18
        assert len(lines) == 18 + 5

    def test_a_dry_run_of_the_client_writes_nothing(self, site: Site) -> None:
        lines = self.requests(site, "suspend", "hbn", "--dry-run=client")

        assert lines == sorted([f"list {site.services.path()}", *SIDE_LISTS])

    def test_the_list_of_suspensions_is_one_request(self, site: Site) -> None:
        assert self.requests(site, "suspend", "--list") == [
            "list /apis/svc.dpu.nvidia.com/v1alpha1/dpuservices"
        ]

    def test_a_name_that_is_not_there_is_looked_for_once_more(self, site: Site) -> None:
        with recorded(site.cluster) as recording:
            result = site.run("suspend", "zzz")

        assert result.code == 1
        assert [line.partition("?")[0] for line in recording.requests()] == [
            f"list {site.services.path()}",
            "list /apis/svc.dpu.nvidia.com/v1alpha1/dpuservices",
        ]


class TestDryRunOnTheServer:
    def test_stores_nothing(self, site: Site) -> None:
        before = site.services.get("hbn")
        result = site.run("suspend", "hbn", "--dry-run=server")

        assert (result.code, result.lines[0]) == (0, f"{HBN} suspended (server dry run)")
        assert "  +  paused: true" in result.lines
        assert site.services.get("hbn") == before


class TestNamespace:
    """``-n``, else that of the context, else the operator's."""

    @pytest.fixture
    def of_context(self, host_cluster: ControlPlane, namespace: str, tmp_path: Path) -> Path:
        """A kubeconfig whose context names the test's namespace."""
        document = yaml.safe_load(host_cluster.kubeconfig.read_text())
        document["contexts"][0]["context"]["namespace"] = namespace
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(document))
        return path

    def test_of_the_context(
        self, host_cluster: ControlPlane, namespace: str, of_context: Path
    ) -> None:
        services = Services(host_cluster, namespace)
        services.create("hbn")
        result = dpfctl("suspend", "hbn", "--kubeconfig", str(of_context))

        assert (result.code, result.out) == (0, f"{HBN} suspended\n")
        assert services.paused() == ["hbn"]

    def test_the_flag_wins(
        self, host_cluster: ControlPlane, namespace: str, of_context: Path
    ) -> None:
        Services(host_cluster, namespace).create("hbn")
        result = dpfctl("suspend", "hbn", "-n", "elsewhere", "--kubeconfig", str(of_context))

        assert (result.code, result.out) == (1, "")
        assert result.err.startswith(
            "error: dpuservice/hbn: not found in namespace elsewhere\n"
            f"hint: it exists in {namespace}: write {namespace}/hbn\n"
        )

    def test_a_context_that_names_none_means_the_operators(
        self, host_cluster: ControlPlane, namespace: str
    ) -> None:
        Services(host_cluster, namespace).create("hbn")
        result = dpfctl("suspend", "hbn", "--kubeconfig", str(host_cluster.kubeconfig))

        assert result.code == 1
        assert f"not found in namespace {NS}\n" in result.err


class TestWaiting:
    """``--wait`` asks until the controller has done its part; here the test is the controller."""

    def test_suspend_until_the_applications_are_held(self, site: Site) -> None:
        result = site.run("suspend", "hbn", "--wait", sleep=acts([lambda: site.hold("edge-hbn")]))

        assert (result.code, result.out) == (0, f"{HBN} suspended\n")
        waiting = f"note: waiting: application/{NS}/edge-hbn: not held yet"
        assert result.err.splitlines()[-1] == waiting

    def test_suspend_of_what_is_held_already_asks_once(self, site: Site) -> None:
        site.hold("edge-hbn")
        result = site.run("suspend", "hbn", "--wait", sleep=acts([]))

        assert (result.code, "waiting" in result.err) == (0, False)

    @pytest.mark.parametrize("form", ["text", "json"])
    def test_suspend_in_vain(self, site: Site, form: str) -> None:
        args = ("suspend", "hbn", "--wait", "--timeout", "300ms", "-o", form)
        result = site.run(*args, sleep=time.sleep)

        late = f"not done after 0.3 s: application/{NS}/edge-hbn: not held yet"
        assert result.code == 4
        assert result.err.endswith(
            f"error: {late}\nhint: what was written stays; --timeout sets the limit\n"
        )
        assert site.services.paused() == ["hbn"]
        if form == "json":
            told = json.loads(result.out)
            assert (told["exitCode"], told["status"]) == (4, "error")
            assert [one["result"] for one in told["data"]["results"]] == ["done"]
            assert [error["message"] for error in told["errors"]] == [late]
        else:
            assert result.out == f"{HBN} suspended\n"

    def test_resume_until_ready_of_the_present_generation(self, site: Site) -> None:
        site.report_ready(1)
        site.run("suspend", "hbn")
        site.hold("edge-hbn")
        steps = [
            lambda: site.hold("edge-hbn", None),
            lambda: site.report_ready(2),
            lambda: site.report_ready(3),
        ]
        result = site.run("resume", "hbn", "--wait", sleep=acts(steps))

        ref = f"dpuservice/{NS}/hbn"
        assert (result.code, result.out) == (0, f"{HBN} resumed\n")
        assert result.err.splitlines() == [
            f"note: waiting: application/{NS}/edge-hbn: still held; "
            f"{ref}: Ready speaks of generation 1, not of 3",
            f"note: waiting: {ref}: Ready speaks of generation 1, not of 3",
            f"note: waiting: {ref}: Ready speaks of generation 2, not of 3",
        ]

    def test_interrupted_while_waiting(self, site: Site) -> None:
        def interrupt() -> None:
            raise KeyboardInterrupt

        result = site.run("suspend", "hbn", "--wait", "-o", "json", sleep=acts([interrupt]))

        told = json.loads(result.out)
        assert (result.code, told["exitCode"]) == (130, 130)
        assert told["data"]["interrupted"] is True
        assert [one["result"] for one in told["data"]["results"]] == ["done"]
