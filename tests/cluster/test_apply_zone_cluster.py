"""``dpfctl apply-zone`` on a real API server: what is stored, asked and awaited.

Refusals: ``test_apply_zone_refusals``. Older releases of DPF: ``test_apply_zone_releases``.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import NS, dpu_node
from tests.cli.zone_fleets import ADAPTED, DK, DK_MANIFESTS, GA, line, of_zone, write
from tests.cluster.sites import acts
from tests.cluster.zone_sites import ZoneSite, make_zone_site, selectors, written
from tests.command_line import dpfctl
from tests.controlplane.audit import recorded
from tests.controlplane.cluster import ControlPlane
from tests.faults.actions import Meanwhile
from tests.faults.proxy import FaultProxy, Upstream
from tests.unit.zone_files import TEMPLATE, dk, unsaid

SET, HBN, P0, CHAIN = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk", "ovn-to-hbn-dk"
REAL_WRITE = "^PATCH .*/dpuservices/(?!.*dryRun)"
UNCHANGED = of_zone("dk", "configured (unchanged)")


@pytest.fixture
def site(leased_cluster: ControlPlane) -> ZoneSite:
    return make_zone_site(leased_cluster)


@pytest.fixture
def zoned(site: ZoneSite) -> ZoneSite:
    """The same with zone dk."""
    assert site.run("apply-zone", "-f", DK).code == 0
    return site


class TestSeedZone:
    """R-ZONE-01: zone dk of the manual, from the file to the second run."""

    def test_r_zone_01_is_accepted_with_one_label_in_every_selector(self, site: ZoneSite) -> None:
        result = site.run("apply-zone", "-f", DK, "--strict")
        objects = site.objects()

        assert (result.code, result.lines, result.err) == (0, of_zone("dk"), "")
        assert list(selectors(objects.values())) == [{"bfb": "dk"}] * 7
        assert objects[HBN]["spec"]["security"] == {"privileged": True}
        assert {one["metadata"]["labels"]["dpfctl/zone"] for one in objects.values()} == {"dk"}

    def test_r_zone_01_what_the_cluster_asks_for_is_added(
        self, site: ZoneSite, tmp_path: Path
    ) -> None:
        result = site.run("apply-zone", "-f", write(tmp_path / "unsaid.yaml", unsaid()), "--strict")

        assert (result.code, result.lines, result.err) == (0, of_zone("dk"), ADAPTED)
        assert site.objects()[HBN]["spec"]["security"] == {"privileged": False}

    def test_r_zone_01_a_second_run_sends_no_write_at_all(self, zoned: ZoneSite) -> None:
        before = zoned.objects()
        for form in (DK, DK_MANIFESTS):
            with recorded(zoned.cluster) as recording:
                result = zoned.run("apply-zone", "-f", form, "--prune")
            assert (result.code, result.lines) == (0, UNCHANGED)
            assert {one.partition(" ")[0] for one in recording.requests()} <= {"list", "get"}
        assert zoned.objects() == before

    def test_r_zone_01_the_manifests_give_the_same_objects(self, zoned: ZoneSite) -> None:
        specs, owners = zoned.specs(), zoned.owners()
        for one in zoned.objects().values():
            zoned.remove(one)
        assert zoned.run("apply-zone", "-f", DK_MANIFESTS).code == 0

        assert zoned.specs() == specs
        assert zoned.owners() == owners


class TestRequests:
    def test_every_object_is_tried_before_the_first_is_written(self, site: ZoneSite) -> None:
        with recorded(site.cluster) as recording:
            assert site.run("apply-zone", "-f", DK).code == 0

        writes = recording.requests("patch", "create", "update", "delete")
        assert ["dryRun=All" in one for one in writes] == [True] * 7 + [False] * 7
        assert written(recording)[0] == f"patch {SET}"
        assert written(recording)[-1] == f"patch {HBN}"

    def test_reads_do_not_grow_with_the_fleet(self, zoned: ZoneSite) -> None:
        counts = []
        for more in (0, 40):
            hosts = [dpu_node(f"host-{number}") for number in range(more)]
            make_zone_site(zoned.cluster, *hosts)
            with recorded(zoned.cluster) as recording:
                assert zoned.run("zone", "diff", "-f", DK).code == 0
            counts.append(len(recording.requests()))
        assert counts[0] == counts[1] <= 20

    @pytest.mark.parametrize("mode", ["client", "server"])
    def test_a_dry_run_stores_nothing(self, site: ZoneSite, mode: str) -> None:
        with recorded(site.cluster) as recording:
            result = site.run("apply-zone", "-f", DK, f"--dry-run={mode}")

        assert (result.code, written(recording), site.objects()) == (0, [], {})
        assert "  +    dpfctl/zone: dk" in result.lines


class TestChange:
    def test_only_what_changed_is_written(self, zoned: ZoneSite, tmp_path: Path) -> None:
        text = Path(DK).read_text().replace("version: 1.0.1", "version: 1.0.3")
        with recorded(zoned.cluster) as recording:
            result = zoned.run("apply-zone", "-f", write(tmp_path / "zone.yaml", text))

        assert result.lines == [*UNCHANGED[:-1], line("dpuservice", HBN, "configured")]
        assert written(recording) == [f"patch {HBN}"]

    def test_what_controllers_write_is_no_difference(self, zoned: ZoneSite) -> None:
        objects = zoned.objects()
        for one in objects.values():
            zoned.report_ready(one)
        claim = {"metadata": {"annotations": {"dpu.nvidia.com/consumed-by": HBN}}}
        assert zoned.merge(objects[P0], claim).status == 200
        finalizer = {"metadata": {"finalizers": ["dpu.nvidia.com/dpuservice"]}}
        assert zoned.merge(objects[HBN], finalizer).status == 200

        with recorded(zoned.cluster) as recording:
            assert zoned.run("apply-zone", "-f", DK).lines == UNCHANGED
        assert written(recording) == []

    def test_a_claim_by_server_side_apply_is_no_difference(self, zoned: ZoneSite) -> None:
        """DPF claims an interface by applying all of it that it has read."""
        live = zoned.objects()[P0]
        kept = {k: live["metadata"][k] for k in ("name", "namespace", "labels")}
        claim = {"annotations": {"dpu.nvidia.com/consumed-by": HBN}}
        claimed = {**live, "metadata": {**kept, **claim}}
        zoned.apply_as("dpuservice-manager", claimed)

        assert zoned.run("apply-zone", "-f", DK).lines == UNCHANGED

    def test_a_second_zone_stands_beside_the_first(self, zoned: ZoneSite) -> None:
        before = zoned.specs()
        result = zoned.run("apply-zone", "-f", GA)

        assert (result.code, result.lines) == (0, of_zone("ga"))
        assert {name: zoned.specs()[name] for name in before} == before
        assert zoned.run("zone", "list", "-o", "name").lines == ["dk", "ga"]
        for form in (DK, GA):
            assert zoned.run("zone", "diff", "-f", form, "--exit-code").code == 0


class TestPrune:
    def test_only_what_left_the_file_is_deleted(self, zoned: ZoneSite, tmp_path: Path) -> None:
        assert zoned.run("apply-zone", "-f", GA).code == 0
        less = dk().without("app-sf-dk", CHAIN)
        less = less.having(HBN, ("spec", "interfaces"), ["p0-sf-dk", "p1-sf-dk"])
        file = write(tmp_path / "less.yaml", less)
        with recorded(zoned.cluster) as recording:
            result = zoned.run("apply-zone", "-f", file, "--prune")

        assert result.code == 0
        gone = [f"delete {CHAIN}", "delete app-sf-dk"]
        assert written(recording) == [*gone, f"patch {HBN}", *gone]  # rehearsed, then done
        assert len(zoned.objects()) == 12
        assert result.lines[-1] == line("dpuserviceinterface", "app-sf-dk", "pruned")


class TestFieldManagers:
    """What another manager owns: exit code 6, no write, its name; --force-conflicts takes it."""

    @pytest.fixture
    def owned(self, zoned: ZoneSite) -> ZoneSite:
        raw = dk().having(SET, (*TEMPLATE, "bfb", "name"), "bf-bundle-ga").objects[SET]
        zoned.apply_as("kubectl", raw)
        return zoned

    def test_nothing_is_written(self, owned: ZoneSite) -> None:
        before = owned.objects()
        with recorded(owned.cluster) as recording:
            result = owned.run("apply-zone", "-f", DK)

        assert (result.code, written(recording)) == (6, [])
        assert (
            f"error: dpuset/{NS}/dpuset-dk: others own .spec.dpuTemplate.spec.bfb.name (kubectl)\n"
            "hint: leave these fields out, or use --force-conflicts\n"
        ) in result.err
        assert owned.objects() == before

    def test_a_dry_run_on_the_server_has_the_same_code(self, owned: ZoneSite) -> None:
        result = owned.run("apply-zone", "-f", DK, "--dry-run=server", "-o", "json")

        (error,) = json.loads(result.out)["errors"]
        assert (result.code, error["conflicts"][0]["manager"]) == (6, "kubectl")

    def test_force_takes_the_fields_over(self, owned: ZoneSite) -> None:
        result = owned.run("apply-zone", "-f", DK, "--force-conflicts")

        assert (result.code, result.lines[0]) == (0, line("dpuset", SET, "configured"))
        assert owned.objects()[SET]["spec"]["dpuTemplate"]["spec"]["bfb"] == {
            "name": "bf-bundle-dk-ga"
        }
        assert owned.run("apply-zone", "-f", DK).lines == UNCHANGED


class TestWaiting:
    """``--wait`` asks until every object is ready; here the test is the controllers."""

    def ready(self, site: ZoneSite, *left: str) -> Callable[[], None]:
        """A step in which the controllers report all objects ready but some."""

        def step() -> None:
            for name, one in site.objects().items():
                if name not in left:
                    site.report_ready(one)

        return step

    def test_until_all_are_ready(self, site: ZoneSite) -> None:
        steps = acts([self.ready(site, HBN, P0), self.ready(site, HBN), self.ready(site)])
        result = site.run("apply-zone", "-f", DK, "--wait", sleep=steps)

        assert (result.code, result.lines) == (0, of_zone("dk"))
        waiting = [one for one in result.err.splitlines() if "waiting" in one]
        assert waiting[0].endswith(" and 4 more")
        assert waiting[1:] == [
            f"note: waiting: dpuserviceinterface/{NS}/{P0}: Ready: not yet; "
            f"dpuservice/{NS}/{HBN}: Ready: not yet",
            f"note: waiting: dpuservice/{NS}/{HBN}: Ready: not yet",
        ]

    def test_a_zone_that_is_ready_is_not_waited_for(self, zoned: ZoneSite) -> None:
        self.ready(zoned)()

        assert zoned.run("apply-zone", "-f", DK, "--wait", sleep=acts([])).code == 0

    @pytest.mark.parametrize("form", ["text", "json"])
    def test_in_vain(self, site: ZoneSite, form: str) -> None:
        args = ("apply-zone", "-f", DK, "--wait", "--timeout=200ms", "-o", form)
        result = site.run(*args, sleep=time.sleep)

        assert (result.code, len(site.objects())) == (4, 7)
        assert "error: not done after 0.2 s: dpuset/" in result.err
        if form == "json":
            told = json.loads(result.out)
            assert (told["status"], told["exitCode"]) == ("error", 4)
            assert {one["result"] for one in told["data"]["results"]} == {"done"}
        else:
            assert result.lines == of_zone("dk")


class TestMeanwhile:
    """What happens between the plan and the write."""

    def test_an_object_that_was_deleted_is_created_again(
        self, zoned: ZoneSite, tmp_path: Path
    ) -> None:
        old = zoned.objects()[HBN]
        text = Path(DK).read_text().replace("version: 1.0.1", "version: 1.0.3")
        file = write(tmp_path / "zone.yaml", text)
        cluster = zoned.cluster
        with FaultProxy(Upstream(cluster.url, cluster.ca_file)) as proxy:
            path = proxy.kubeconfig(tmp_path / "proxy.yaml", {"token": cluster.admin_token})
            gone = proxy.inject(Meanwhile(lambda: zoned.remove(old)), REAL_WRITE, times=1)
            result = dpfctl("apply-zone", "-f", file, "--kubeconfig", str(path))

        new = zoned.objects()[HBN]
        assert (gone.fired, result.code) == (1, 0)
        assert new["metadata"]["uid"] != old["metadata"]["uid"]
        assert new["spec"]["helmChart"]["source"]["version"] == "1.0.3"
