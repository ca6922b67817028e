"""``dpfctl reconcile`` on fleet files that know less, under Helm, or that are interrupted."""

from datetime import datetime
from pathlib import Path

import pytest
import yaml

from dpfctl.errors import TerminatedError
from tests.builders import NS
from tests.cli.fleet_on_disk import FleetOnDisk, envelope
from tests.cli.pass_fleets import (
    APPLICATION,
    FINALIZER,
    app,
    deployed,
    item,
    known,
    leaving,
    pass_fleet,
    reconcile,
    states,
)
from tests.cli.racks import unreadable
from tests.command_line import NOW, Result
from tests.unit.reconcile_fleets import pull_secret

DEAD = {
    "dpuCluster": "dpu-cplane/edge",
    "resource": "*",
    "reason": "Unreachable",
    "message": "dpu cluster dpu-cplane/edge: no route to host",
}


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    return pass_fleet(tmp_path)


def forbidden(resource: str) -> dict[str, str]:
    return {
        "resource": resource,
        "reason": "Forbidden",
        "message": f"alice may not list {resource}",
    }


class TestUnreadable:
    def test_a_dead_dpu_cluster_is_told_and_nothing_is_deployed_there(
        self, fleet: FleetOnDisk
    ) -> None:
        result = reconcile(unreadable(fleet, DEAD))

        assert result.code in (1, 5)
        assert "error: dpu cluster dpu-cplane/edge: no route to host" in result.err
        assert set(states(result).values()) == {"failed", "suspended"}
        assert item(fleet, "Application", "edge-hbn") is None

    def test_services_that_cannot_be_listed_end_the_pass(self, fleet: FleetOnDisk) -> None:
        resource = "dpuservices.svc.dpu.nvidia.com"
        damaged = unreadable(fleet, forbidden(resource))
        result = reconcile(damaged)

        assert (result.code, result.out) == (7, "")
        assert f"alice may not list {resource}" in result.err
        assert damaged.is_untouched

    def test_so_does_a_configuration_that_cannot_be_listed(self, fleet: FleetOnDisk) -> None:
        resource = "dpfoperatorconfigs.operator.dpu.nvidia.com"
        damaged = unreadable(fleet, forbidden(resource))
        result = reconcile(damaged)

        assert (result.code, result.out) == (7, "")
        assert f"alice may not list {resource}" in result.err
        assert damaged.is_untouched

    def test_applications_that_cannot_be_listed_are_neither_made_nor_deleted(
        self, fleet: FleetOnDisk
    ) -> None:
        damaged = unreadable(fleet, forbidden("applications.argoproj.io"))
        result = reconcile(damaged)

        assert result.code in (5, 7)
        assert not [line for line in result.lines if line.startswith(APPLICATION)]

    def test_two_lists_that_are_lost_do_not_lose_the_rest(self, fleet: FleetOnDisk) -> None:
        lost = ("applications.argoproj.io", "dpuclusters.provisioning.dpu.nvidia.com")
        entries = [
            {"resource": one, "reason": "Unreachable", "message": f"{one}: etcd is slow"}
            for one in lost
        ]
        result = reconcile(unreadable(fleet, *entries))

        assert result.code == 5
        assert all(f"{one}: etcd is slow" in result.err for one in lost)
        assert "failed" in states(result).values()

    def test_nodes_that_cannot_be_listed_keep_their_taints(self, fleet: FleetOnDisk) -> None:
        damaged = unreadable(fleet, forbidden("nodes"))
        result = reconcile(damaged)

        assert result.code == 5
        assert not [line for line in result.lines if line.startswith("node/")]


class TestEndings:
    def test_a_service_that_others_hold_is_not_gone(self, tmp_path: Path) -> None:
        held = leaving("held").having(metadata={"finalizers": [FINALIZER, "example.com/x"]})
        fleet = pass_fleet(tmp_path, held)
        first = reconcile(fleet, "held")
        stored = fleet.path.read_bytes()
        second = reconcile(fleet, "held")

        assert (first.code, second.code) == (0, 0)
        assert {states(result)[f"{NS}/held"] for result in (first, second)} == {"leaving"}
        assert "waits for finalizers of others: example.com/x" in second.out
        assert fleet.path.read_bytes() == stored

    def test_what_waits_for_argo_cd_to_delete_is_no_failure(self, tmp_path: Path) -> None:
        moved = known("moved").spec(dpuClusterSelector={"matchLabels": {"a": "b"}})
        fleet = pass_fleet(tmp_path, moved, deployed(moved))
        trial = reconcile(fleet, "moved", "--dry-run=server", "--force")
        result = reconcile(fleet, "moved", "--force")

        assert (trial.code, result.code) == (0, 0)
        assert states(trial) == states(result) == {f"{NS}/moved": "waiting"}
        assert "Stale applications still exist" in result.out


class TestConfiguration:
    @pytest.mark.parametrize("count", [0, 2])
    def test_there_must_be_one(self, fleet: FleetOnDisk, count: int) -> None:
        document = yaml.safe_load(fleet.path.read_text())
        items = document["host"]["items"]
        configs = [i for i in items if i["kind"] == "DPFOperatorConfig"]
        others = [i for i in items if i["kind"] != "DPFOperatorConfig"]
        renamed = [
            {**configs[0], "metadata": {"name": f"c{n}", "namespace": NS}} for n in range(count)
        ]
        document["host"]["items"] = [*others, *renamed]
        fleet.path.write_text(yaml.safe_dump(document))
        before = fleet.path.read_bytes()
        result = reconcile(fleet)

        assert (result.code, result.out) == (1, "")
        assert "error: exactly one DPFOperatorConfig must exist" in result.err
        assert fleet.path.read_bytes() == before


class TestHelm:
    """A fleet file holds no Secrets, and there is no cluster to install anything in."""

    @pytest.fixture
    def bare(self, tmp_path: Path) -> FleetOnDisk:
        """The same fleet without Applications."""
        fleet = pass_fleet(tmp_path)
        document = yaml.safe_load(fleet.path.read_text())
        items = document["host"]["items"]
        document["host"]["items"] = [i for i in items if i["kind"] != "Application"]
        fleet.path.write_text(yaml.safe_dump(document))
        return FleetOnDisk(fleet.path, fleet.path.read_bytes())

    def test_a_dry_run_shows_the_releases(self, bare: FleetOnDisk) -> None:
        result = reconcile(bare, "--engine", "helm", "--dry-run=client", "--exit-code")

        assert result.code == 3, result.err
        assert any(
            "edge-hbn installed" in line and "in dpu cluster dpu-cplane/edge (dry run)" in line
            for line in result.lines
        )
        assert bare.is_untouched

    def test_a_real_run_is_refused_before_anything_is_written(self, bare: FleetOnDisk) -> None:
        result = reconcile(bare, "--engine", "helm")

        assert (result.code, result.out) == (2, "")
        assert "error: --engine helm: cannot be used together with --from" in result.err
        assert "--dry-run" in result.err
        assert bare.is_untouched

    def test_values_of_releases_are_masked(self, bare: FleetOnDisk) -> None:
        document = yaml.safe_load(bare.path.read_text())
        for one in document["host"]["items"]:
            if one["kind"] == "DPUService":
                one["spec"]["helmChart"]["values"] = {"password": "hunter2"}
        bare.path.write_text(yaml.safe_dump(document))
        for form in ("text", "json"):
            result = reconcile(bare, "--engine", "helm", "--dry-run=client", "-o", form)

            assert "hunter2" not in result.out + result.err

    def test_what_argo_cd_deploys_is_left_to_it(self, fleet: FleetOnDisk) -> None:
        result = reconcile(fleet, "--engine", "helm", "dts", "--dry-run=client")

        assert (result.code, states(result)) == (6, {f"{NS}/dts": "failed"})
        assert "Argo CD deploys this service" in result.err

    def test_argo_cd_is_found_by_itself(self, fleet: FleetOnDisk) -> None:
        assert envelope(reconcile(fleet, "-o", "json"))["data"]["engine"] == "argocd"


class TestSecrets:
    def test_pull_secrets_are_copied_and_never_shown(self, tmp_path: Path) -> None:
        copied = pull_secret("pull", NS, **{".dockerconfigjson": "eyJhdXRocyI6e319"})
        fleet = pass_fleet(tmp_path, copied)
        trial = [reconcile(fleet, "--dry-run=client", "-o", form) for form in ("text", "json")]
        real = [reconcile(fleet, "-o", "json")]

        assert real[0].code == 0, real[0].err
        assert f"secret/pull created in namespace {NS} in dpu cluster" in trial[0].out
        assert "eyJhdXRocyI6e319" not in "".join(r.out + r.err for r in (*trial, *real))

    def test_without_any_in_the_file_none_is_deleted(self, tmp_path: Path) -> None:
        there = pull_secret("old", NS, **{".dockerconfigjson": "eyJhdXRocyI6e319"})
        fleet = pass_fleet(tmp_path, side=[there])

        assert "secret/" not in reconcile(fleet).out


class TestInterrupt:
    """What was written before is told all the same."""

    @pytest.fixture(params=[(KeyboardInterrupt, 130), (TerminatedError, 143)], ids=["C", "TERM"])
    def ended(self, fleet: FleetOnDisk, request: pytest.FixtureRequest) -> tuple[Result, int]:
        """A pass that a signal reaches as it reads the fleet again, and the code of the signal."""
        signal, code = request.param

        def now() -> datetime:
            if not fleet.is_untouched:
                raise signal
            return NOW

        return reconcile(fleet, "-o", "json", now=now), code

    def test_between_the_halves(self, fleet: FleetOnDisk, ended: tuple[Result, int]) -> None:
        result, code = ended
        data = envelope(result)["data"]

        assert (result.code, data["interrupted"]) == (code, True)
        assert [one["step"] for one in data["results"]] == [
            "finalizer", "hold", "namespace", "namespace", "deploy", "deploy", "deploy",
        ]  # fmt: skip
        assert data["summary"]["written"] == 7
        assert app(fleet, "edge-hbn")
