"""``dpfctl mark-critical`` on real API servers: a host cluster, and a DPU cluster behind a Secret.

The pods and Nodes are objects only: no kubelet runs, and no controller taints anything.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from dpfctl.model import kinds, labels
from tests.builders import NS, dpu_node, dpu_service, operator_config
from tests.cli.fleet_on_disk import SOURCE
from tests.cluster.host_sites import (
    HostSite,
    elsewhere,
    make_host_site,
    path_of,
    secret,
    unit,
)
from tests.cluster.sites import let
from tests.cluster.zone_sites import tried
from tests.controlplane.api import MERGE_PATCH
from tests.controlplane.audit import recorded
from tests.controlplane.fixtures import Pool
from tests.controlplane.load import apply_objects
from tests.faults.services import foreign_part
from tests.unit.hosts import DPU_READY, WHERE, tainted, with_label, worker

DK, GA = with_label("bfb", "dk"), with_label("bfb", "ga")
HOST_LISTS, SIDE_LISTS = 6, 2
SAME_CLUSTER = 1
"""A GET of kube-system on both sides: the DPU cluster must not be the host cluster."""


@pytest.fixture(scope="module")
def site(cluster_pool: Pool) -> Iterator[HostSite]:
    """One pair of clusters for all tests: each has services of its own, and leaves the rest."""
    with ExitStack() as returns:
        yield make_host_site(cluster_pool.lease(returns), cluster_pool.lease(returns))


def rows(lines: list[str]) -> list[list[str]]:
    """Host, taint, service, DPU and pod of each row, and why in words."""
    return [one.split(maxsplit=5) for one in lines[1:-1]]


@contextmanager
def configured(site: HostSite, **controller: bool) -> Iterator[None]:
    """Have the operator's configuration say something about DPUServices for a while."""
    path = path_of(kinds.DPF_OPERATOR_CONFIG, operator_config().name)
    site.host.api.call("PATCH", path, {"spec": {"dpuServiceController": controller}}, MERGE_PATCH)
    try:
        yield
    finally:
        site.host.api.call("PATCH", path, {"spec": {"dpuServiceController": None}}, MERGE_PATCH)


class TestPreview:
    def test_r_crit_01_a_host_whose_dpus_lack_the_pod(self, site: HostSite) -> None:
        site.serve("crit01", DK)
        before = site.nodes()
        lines = site.preview("crit01")

        assert rows(lines) == [
            ["worker1", "new", f"{NS}/crit01", f"{NS}/dpu-{n}", "-", "no pod"] for n in (1, 2)
        ]
        assert lines[-1] == "1 of 2 schedulable hosts would be tainted"
        assert site.nodes() == before

    def test_r_crit_02_pods_that_are_ready(self, site: HostSite) -> None:
        site.serve("crit02", DK)
        for number in (1, 2):
            site.run_pod("crit02", f"dpu-{number}", ready="True")

        assert site.preview("crit02") == ["0 of 2 schedulable hosts would be tainted"]

    @pytest.mark.parametrize(
        ("phase", "ready", "why"),
        [
            pytest.param("Running", "False", "pod not Ready", id="Ready is False"),
            pytest.param("Running", "", "pod not Ready", id="no condition Ready"),
            pytest.param("Pending", "", "pod Pending", id="Pending"),
            pytest.param("Succeeded", "True", "pod Succeeded", id="ended"),
        ],
    )
    def test_r_crit_02b_pods_that_are_not(
        self, site: HostSite, phase: str, ready: str, why: str
    ) -> None:
        name = f"crit02b-{phase.lower()}{ready.lower()}"
        site.serve(name, GA)
        pod = site.run_pod(name, "dpu-3", phase=phase, ready=ready)

        assert rows(site.preview(name)) == [
            ["worker2", "new", f"{NS}/{name}", f"{NS}/dpu-3", f"{NS}/{pod}", why]
        ]

    def test_r_crit_02b_a_pod_that_is_being_deleted(self, site: HostSite) -> None:
        site.serve("crit02c", GA)
        pod = site.run_pod("crit02c", "dpu-3", ready="True")
        site.end_pod(pod, finalizers=["example.com/hold"])

        ((*_, why),) = rows(site.preview("crit02c"))
        assert why == "pod is being deleted"

    def test_r_crit_03_which_services_count(self, site: HostSite) -> None:
        site.serve("crit03", GA)
        site.serve("crit03-false", GA)
        on_host = dpu_service("crit03-host").spec(
            deployInCluster=True, helmChart={"source": SOURCE}
        )
        apply_objects(site.host, [on_host.status(serviceID="x").labelled(CRITICAL="").raw])
        assert site.preview() == ["no host is tainted"]

        site.services.merge("crit03-false", {"metadata": {"labels": {labels.CRITICAL: "false"}}})
        (row,) = [one.split() for one in site.preview()[1:]]
        assert row[:4] == ["worker2", "missing", f"{NS}/crit03-false", f"{NS}/dpu-3"]
        for name in ("crit03-false", "crit03-host"):
            site.services.remove(name)

    def test_r_crit_04_one_unready_dpu_of_two_is_enough(self, site: HostSite) -> None:
        site.serve("crit04", DK)
        site.run_pod("crit04", "dpu-1", ready="True")

        assert [one[3] for one in rows(site.preview("crit04"))] == [f"{NS}/dpu-2"]

    def test_r_crit_04b_a_selector_that_leaves_the_unready_dpu_out(self, site: HostSite) -> None:
        site.serve("crit04b", with_label("rack", "1"))
        site.run_pod("crit04b", "dpu-1", ready="True")

        assert site.preview("crit04b") == ["0 of 2 schedulable hosts would be tainted"]

    def test_r_crit_04c_a_selector_that_matches_no_dpu(self, site: HostSite) -> None:
        site.serve("crit04c", with_label("bfb", "nowhere"))
        result = site.run("mark-critical", "crit04c", "--preview")

        assert (result.code, result.lines) == (0, ["0 of 2 schedulable hosts would be tainted"])
        assert result.err == (
            f"warning: dpuservice/{NS}/crit04c: its nodeSelector matches no DPU node; "
            "no host is tainted for it\n"
        )

    def test_r_crit_05_a_host_that_is_not_linked(self, site: HostSite) -> None:
        site.serve("crit05", GA)
        apply_objects(site.host, [dpu_node("worker9").raw, unit("dpu-9", "worker9").raw])
        lines = site.preview("crit05")
        site.host.api.call("DELETE", path_of(kinds.DPU, "dpu-9"))
        site.host.api.call("DELETE", path_of(kinds.DPU_NODE, "worker9"))

        assert [one[0] for one in rows(lines)] == ["worker2"]
        assert lines[-1] == "1 of 2 schedulable hosts would be tainted"

    def test_r_crit_05b_taints_that_are_switched_off(self, site: HostSite) -> None:
        site.serve("crit05b")
        with configured(site, disableDPUReadyTaints=True):
            result = site.run("mark-critical", "crit05b", "--preview")

        told = "taints are disabled in the DPFOperatorConfig"
        assert (result.code, result.lines) == (0, [f"{told}: no host would be tainted"])
        assert result.err.startswith(f"warning: dpuservice/{NS}/crit05b: {told}")

    def test_r_zone_03_a_service_of_a_zone_leaves_hosts_of_other_zones(
        self, site: HostSite
    ) -> None:
        site.serve("doca-hbn-dk", DK)

        assert {one[0] for one in rows(site.preview("doca-hbn-dk"))} == {"worker1"}

    def test_hosts_that_are_tainted_already(self, site: HostSite) -> None:
        site.serve("already", GA)
        apply_objects(site.host, [tainted("worker2").raw])
        lines = site.preview("already")
        standing = site.preview()
        apply_objects(site.host, [worker("worker2").raw])

        assert [one[:2] for one in rows(lines)] == [["worker2", "already"]]
        assert lines[-1] == "0 of 2 schedulable hosts would be tainted, 1 tainted already"
        assert [one.split()[:2] for one in standing[1:]] == [["worker2", "stale"]]
        assert DPU_READY not in site.nodes()[1]["spec"]["taints"]


class TestMark:
    def test_r_crit_08_the_label_comes_and_goes_and_nothing_else_changes(
        self, site: HostSite
    ) -> None:
        site.serve("crit08", GA)
        before = site.services.get("crit08")
        with recorded(site.host) as recording:
            marked = site.run("mark-critical", "crit08")
        after = site.services.get("crit08")

        name = "dpuservice.svc.dpu.nvidia.com/crit08"
        assert (marked.code, marked.out) == (0, f"{name} labeled\n")
        assert marked.err == (f"note: dpuservice/{NS}/crit08: hosts tainted at once (1): worker2\n")
        assert after["metadata"]["labels"] == {labels.CRITICAL: ""}
        assert after["metadata"]["generation"] == before["metadata"]["generation"]
        assert foreign_part(after) == foreign_part(before)
        assert tried(recording) == [f"patch {site.services.path('crit08')}"]

        unmarked = site.run("mark-critical", "crit08", "--remove")
        assert (unmarked.code, unmarked.out) == (0, f"{name} unlabeled\n")
        last = site.services.get("crit08")
        assert "labels" not in last["metadata"]
        assert last["metadata"]["generation"] == before["metadata"]["generation"]

    def test_twice_is_one_write(self, site: HostSite) -> None:
        site.serve("twice", GA, CRITICAL="yes")
        with recorded(site.host) as recording:
            kept = site.run("mark-critical", "twice")
            emptied = site.run("mark-critical", "twice", "--overwrite")
            again = site.run("mark-critical", "twice", "--overwrite")
        site.services.remove("twice")

        assert [kept.code, emptied.code, again.code] == [0, 0, 0]
        assert kept.out.endswith("labeled (unchanged)\n")
        assert len(tried(recording)) == 1

    @pytest.mark.parametrize(
        ("flags", "told"),
        [
            pytest.param([], "would taint 2 of 2 schedulable hosts\n", id="all of them"),
            pytest.param(["--max-nodes=1"], "more than --max-nodes 1\n", id="a number"),
            pytest.param(["--max-nodes=99%"], "more than --max-nodes 99% (1)\n", id="a share"),
        ],
    )
    def test_too_many_hosts(self, site: HostSite, flags: list[str], told: str) -> None:
        site.serve("everywhere")
        with recorded(site.host) as recording:
            result = site.run("mark-critical", "everywhere", *flags)

        assert (result.code, result.out, tried(recording)) == (1, "", [])
        assert told in result.err

    def test_a_dry_run_on_the_server_stores_nothing(self, site: HostSite) -> None:
        site.serve("trial", GA)
        before = site.services.get("trial")
        result = site.run("mark-critical", "trial", "--dry-run=server")

        assert result.code == 0
        assert f'  +    {labels.CRITICAL}: ""' in result.lines
        assert site.services.get("trial") == before

    def test_may_patch_but_not_see_the_hosts(self, site: HostSite) -> None:
        """Whoever cannot know what a mark does is refused, unless it is forced."""
        site.serve("blind", GA)
        let(site.host, NS, ("list", "patch"))
        token = site.host.reader_token
        refused = site.run("mark-critical", "blind", token=token)
        forced = site.run("mark-critical", "blind", "--force", token=token)
        site.services.remove("blind")

        assert (refused.code, refused.out) == (7, "")
        assert refused.err.startswith(
            "error: mark-critical: cannot tell which hosts would be tainted: "
        )
        assert "hint: mark it all the same with --force\n" in refused.err
        assert forced.code == 0
        assert f"note: dpuservice/{NS}/blind: hosts tainted at once: not known: " in forced.err


class TestDeadDpuCluster:
    """A DPU cluster that does not answer: exit 7 and nothing is written, unless it is forced."""

    @pytest.fixture
    def dead(self, site: HostSite) -> Iterator[HostSite]:
        good = site.side.kubeconfig_text(site.side.admin_token)
        apply_objects(site.host, [secret(elsewhere(good, site.side.url))])
        yield site
        apply_objects(site.host, [secret(good)])

    def test_the_mark_is_refused_and_force_makes_it(self, dead: HostSite) -> None:
        dead.serve("dead1", GA)
        with recorded(dead.host) as recording:
            refused = dead.run("mark-critical", "dead1")
        forced = dead.run("mark-critical", "dead1", "--force")
        marks = dead.services.get("dead1")["metadata"]["labels"]
        dead.services.remove("dead1")

        assert (refused.code, refused.out, tried(recording)) == (7, "", [])
        assert refused.err.startswith(
            "error: mark-critical: cannot tell which hosts would be tainted: "
            f"dpu cluster {WHERE}/cluster-one: "
        )
        assert (forced.code, marks) == (0, {labels.CRITICAL: ""})

    def test_a_preview_is_partial(self, dead: HostSite) -> None:
        dead.serve("dead2", GA)
        result = dead.run("mark-critical", "dead2", "--preview", "-o", "json")

        told = json.loads(result.out)
        assert (result.code, told["exitCode"], told["status"]) == (5, 5, "partial")
        assert [one["node"] for one in told["data"]["unknown"]] == ["worker1", "worker2"]
        assert len(told["errors"]) == 1

    def test_a_secret_that_is_not_there(self, site: HostSite) -> None:
        site.serve("dead3", GA)
        good = secret(site.side.kubeconfig_text(site.side.admin_token))
        path = path_of(kinds.SECRET, good["metadata"]["name"], WHERE)
        site.host.api.call("DELETE", path)
        result = site.run("mark-critical", "dead3")
        apply_objects(site.host, [good])

        assert (result.code, result.out) == (7, "")
        assert "cannot tell which hosts would be tainted: " in result.err


class TestRequests:
    """A fixed number of lists, however many objects there are."""

    def test_do_not_grow_with_the_fleet(self, site: HostSite) -> None:
        site.serve("counted", GA)
        counts = []
        for more in (0, 30):
            apply_objects(site.host, [dpu_node(f"spare-{n}").raw for n in range(more)])
            for number in range(more):
                site.run_pod(f"other-{number}", "dpu-3", ready="True")
            counts.append(self.asked(site, lambda: site.run("mark-critical", "counted").code))
            site.run("mark-critical", "counted", "--remove")

        assert counts[0] == counts[1]
        assert counts[0] == {
            "list": 1 + HOST_LISTS,
            "get": 1 + SAME_CLUSTER,
            "patch": 1,
            "side": SIDE_LISTS + SAME_CLUSTER,
        }

    def test_removing_looks_at_nothing_else(self, site: HostSite) -> None:
        site.serve("removed", GA, CRITICAL="")
        asked = self.asked(site, lambda: site.run("mark-critical", "removed", "--remove").code)

        assert asked == {"list": 1, "get": 0, "patch": 1, "side": 0}

    def asked(self, site: HostSite, act: Callable[[], int]) -> dict[str, int]:
        with recorded(site.host) as host, recorded(site.side) as side:
            assert act() == 0
        verbs = [line.partition(" ")[0] for line in host.requests()]
        counted = {verb: verbs.count(verb) for verb in ("list", "get", "patch")}
        return {**counted, "side": len(side.requests())}
