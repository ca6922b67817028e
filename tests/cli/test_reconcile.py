"""``dpfctl reconcile --once`` on a fleet file: what a pass does, and what it leaves alone."""

from pathlib import Path

import pytest

from tests.builders import NS, Built
from tests.cli.fleet_on_disk import FleetOnDisk
from tests.cli.pass_fleets import (
    APPLICATION,
    FINALIZER,
    SERVICE,
    app,
    deployed,
    is_held,
    item,
    known,
    leaving,
    pass_fleet,
    reconcile,
    states,
)

WHOLE = [
    f"{SERVICE}/hbn finalizer added in namespace {NS}",
    f"{APPLICATION}/edge-ptp held in namespace {NS}",
    f"namespace/{NS} created in dpu cluster dpu-cplane/edge",
    "namespace/tenant created in dpu cluster dpu-cplane/edge",
    f"{APPLICATION}/edge-dts configured in namespace {NS}",
    f"{APPLICATION}/edge-hbn created in namespace {NS}",
    f"{APPLICATION}/edge-web created in namespace {NS}",
    "node/w1 untainted",
    f"{SERVICE}/dts status updated in namespace {NS}",
    f"{SERVICE}/hbn status updated in namespace {NS}",
    f"{SERVICE}/ptp status updated in namespace {NS}",
    f"{SERVICE}/web status updated in namespace tenant",
]
PORTS = {"serviceType": "NodePort", "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}
FRESH = (f"{SERVICE}/", f"{APPLICATION}/", "namespace/", "node/")


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    return pass_fleet(tmp_path)


def writes(out: str) -> list[str]:
    """The lines that tell a write, without what says that it was only tried."""
    lines = (line for line in out.splitlines() if line.startswith(FRESH))
    return [line.partition(" (dry run)")[0].partition(" (server dry run)")[0] for line in lines]


class TestWholePass:
    def test_writes_in_the_order_of_the_steps(self, fleet: FleetOnDisk) -> None:
        result = reconcile(fleet)

        assert (result.code, writes(result.out)) == (0, WHOLE)
        assert result.lines[-1].startswith("12 written, 0 unchanged, 0 failed, 0 skipped; ")

    def test_leaves_the_fleet_as_wanted(self, fleet: FleetOnDisk) -> None:
        reconcile(fleet)

        assert fleet.service("hbn")["metadata"]["finalizers"] == [FINALIZER]
        assert app(fleet, "edge-hbn")["spec"]["source"]["chart"] == "service"
        assert app(fleet, "edge-dts")["spec"]["project"] == "doca-platform-project-dpu"
        assert is_held(fleet, "edge-ptp")
        assert app(fleet, "edge-ptp")["spec"]["project"] == "old"

    def test_tells_how_far_services_came(self, fleet: FleetOnDisk) -> None:
        assert states(reconcile(fleet)) == {
            f"{NS}/dts": "ready",
            f"{NS}/hbn": "waiting",
            f"{NS}/ptp": "suspended",
            "tenant/web": "waiting",
        }

    def test_writes_nothing_the_second_time(self, fleet: FleetOnDisk) -> None:
        reconcile(fleet)
        between = fleet.path.read_bytes()
        result = reconcile(fleet)

        assert (result.code, writes(result.out)) == (0, [])
        assert result.lines[0].startswith("SERVICE")
        assert fleet.path.read_bytes() == between

    def test_has_nothing_pending_the_second_time(self, fleet: FleetOnDisk) -> None:
        reconcile(fleet)

        assert reconcile(fleet, "--dry-run=client", "--exit-code").code == 0
        assert reconcile(fleet, "--dry-run=server", "--exit-code").code == 0

    def test_says_on_stderr_how_far_it_is(self, fleet: FleetOnDisk) -> None:
        notes = reconcile(fleet).err.splitlines()

        assert notes[0] == "note: reading the fleet"
        assert "note: reading the fleet again" in notes
        assert "note: deploying charts" in notes
        assert all(line.startswith("note: ") for line in notes)


class TestDryRun:
    @pytest.mark.parametrize("mode", ["client", "server"])
    def test_plans_what_a_real_pass_writes(self, fleet: FleetOnDisk, mode: str) -> None:
        trial = reconcile(fleet, f"--dry-run={mode}")
        assert fleet.is_untouched
        real = reconcile(fleet)

        assert writes(trial.out) == writes(real.out) == WHOLE
        assert states(trial) == states(real)

    def test_marks_what_depends_on_the_rest(self, fleet: FleetOnDisk) -> None:
        lines = reconcile(fleet, "--dry-run=client").lines
        marked = [line.split()[0] for line in lines if line.endswith(" (follows)")]

        assert marked == [
            "node/w1", f"{SERVICE}/dts", f"{SERVICE}/hbn", f"{SERVICE}/ptp", f"{SERVICE}/web",
        ]  # fmt: skip

    def test_asks_with_its_exit_code_whether_anything_is_pending(self, fleet: FleetOnDisk) -> None:
        assert reconcile(fleet, "--dry-run=client").code == 0
        assert reconcile(fleet, "--dry-run=client", "--exit-code").code == 3

    def test_of_a_service_that_publishes_ports_does_not_fail_for_what_is_not_there(
        self, tmp_path: Path
    ) -> None:
        fleet = pass_fleet(tmp_path, known("ports").spec(configPorts=PORTS))
        result = reconcile(fleet, "--dry-run=client", "--exit-code")

        assert (result.code, states(result)[f"{NS}/ports"]) == (3, "waiting")


class TestOnly:
    """``--only`` does a part; what it does not do is as if it were done by somebody else."""

    @pytest.mark.parametrize(
        ("parts", "expected"),
        [
            (["helm"], WHOLE[:7]),
            (["ports"], []),
            (["taints"], ["node/w1 untainted"]),
            (["helm", "taints"], WHOLE[:8]),
            (["helm,status"], [*WHOLE[:7], *WHOLE[8:]]),
        ],
        ids=["helm", "ports", "taints", "two flags", "a list"],
    )
    def test_of(self, fleet: FleetOnDisk, parts: list[str], expected: list[str]) -> None:
        flags = [word for part in parts for word in ("--only", part)]
        result = reconcile(fleet, *flags)

        assert (result.code, writes(result.out)) == (0, expected)

    def test_status_alone_says_only_how_applications_are(self, fleet: FleetOnDisk) -> None:
        reconcile(fleet, "--only", "status")
        found = fleet.service("dts")["status"]["conditions"]
        told = {c["type"]: c["status"] for c in found}

        assert told.pop("ApplicationsReady") == "True"
        assert set(told.values()) == {"Unknown", "False"}


class TestTargets:
    @pytest.mark.parametrize(
        ("words", "names"),
        [
            (["dts"], [f"{NS}/dts"]),
            (["dpuservice/dts", "hbn"], [f"{NS}/dts", f"{NS}/hbn"]),
            (["tenant/web"], ["tenant/web"]),
            (["-n", "tenant"], ["tenant/web"]),
            (["-n", "tenant", "web"], ["tenant/web"]),
            (["-A", "web"], ["tenant/web"]),
            (["-l", "app=hbn"], [f"{NS}/hbn"]),
            (["-l", "app=web"], []),
            (["-A", "-l", "app"], [f"{NS}/hbn", "tenant/web"]),
            (["-A"], [f"{NS}/dts", f"{NS}/hbn", f"{NS}/ptp", "tenant/web"]),
            ([], [f"{NS}/dts", f"{NS}/hbn", f"{NS}/ptp", "tenant/web"]),
        ],
        ids=" ".join,
    )
    def test_are(self, fleet: FleetOnDisk, words: list[str], names: list[str]) -> None:
        result = reconcile(fleet, *words)

        assert (result.code, list(states(result))) == (0, names)

    def test_others_are_left_alone(self, fleet: FleetOnDisk) -> None:
        before = fleet.service("hbn")
        reconcile(fleet, "dts")

        assert fleet.service("hbn") == before
        assert item(fleet, "Application", "edge-hbn") is None

    def test_a_name_that_is_not_there(self, fleet: FleetOnDisk) -> None:
        result = reconcile(fleet, "web")

        assert (result.code, result.out) == (1, "")
        assert f"error: dpuservice/web: not found in namespace {NS}" in result.err
        assert "hint: it exists in tenant: write tenant/web" in result.err
        assert fleet.is_untouched


class TestDeletion:
    def test_waits_for_argo_cd_to_clean_up(self, tmp_path: Path) -> None:
        old = leaving("old")
        fleet = pass_fleet(tmp_path, old, deployed(old))
        trial = reconcile(fleet, "old", "--dry-run=client")
        result = reconcile(fleet, "old")

        assert (result.code, states(result)) == (0, {f"{NS}/old": "leaving"})
        assert states(trial) == states(result)
        assert "deletionTimestamp" in app(fleet, "edge-old")["metadata"]
        assert fleet.service("old")["metadata"]["finalizers"] == [FINALIZER]

    def test_lets_go_of_what_runs_nowhere(self, tmp_path: Path) -> None:
        fleet = pass_fleet(tmp_path, leaving("old"))
        trial = reconcile(fleet, "old", "--dry-run=client")
        result = reconcile(fleet, "old")

        assert f"{SERVICE}/old let go in namespace {NS}" in writes(result.out)
        assert states(trial) == states(result) == {f"{NS}/old": "gone"}
        assert item(fleet, "DPUService", "old") is None

    def test_of_a_suspended_service_waits_for_its_resumption(self, tmp_path: Path) -> None:
        held: Built = leaving("old").suspended()
        fleet = pass_fleet(tmp_path, held, deployed(held))
        result = reconcile(fleet, "old")

        assert states(result) == {f"{NS}/old": "suspended"}
        assert is_held(fleet, "edge-old")
        assert "deletionTimestamp" not in app(fleet, "edge-old")["metadata"]


class TestFailures:
    def test_one_of_several_is_5_and_the_others_go_on(self, tmp_path: Path) -> None:
        fleet = pass_fleet(tmp_path, known("bad").spec(serviceID="bad", interfaces=["nope"]))
        result = reconcile(fleet)

        assert (result.code, states(result)[f"{NS}/bad"]) == (5, "failed")
        assert states(result)[f"{NS}/dts"] == "ready"
        assert f"error: dpuservice/{NS}/bad: Unable to reconcile interfaces" in result.err
        assert item(fleet, "Application", "edge-bad") is None

    def test_the_only_one_is_1(self, tmp_path: Path) -> None:
        fleet = pass_fleet(tmp_path, known("bad").spec(serviceID="bad", interfaces=["nope"]))

        assert reconcile(fleet, "bad").code == 1

    def test_an_application_of_somebody_else_is_refused(self, tmp_path: Path) -> None:
        theirs = deployed(known("elsewhere", "tenant"))
        named = known("mine")
        taken = theirs.having(metadata={"name": "edge-mine"})
        fleet = pass_fleet(tmp_path, named, taken)
        result = reconcile(fleet, "mine")

        assert states(result) == {f"{NS}/mine": "failed"}
        assert "edge-mine: belongs to dpuservice/tenant/elsewhere\n" in result.err
        assert app(fleet, "edge-mine")["spec"]["project"] == "old"

    def test_two_services_of_one_name_do_not_share_an_application(self, tmp_path: Path) -> None:
        fleet = pass_fleet(tmp_path, known("web"))
        first, stored = reconcile(fleet), fleet.path.read_bytes()
        results = [first, reconcile(fleet)]

        assert [result.code for result in results] == [5, 5]
        assert fleet.path.read_bytes() == stored
        assert {states(result)["tenant/web"] for result in results} == {"failed"}
        assert {states(result)[f"{NS}/web"] for result in results} == {"waiting"}

    @pytest.mark.parametrize("mode", [[], ["--dry-run=client"]], ids=["real", "dry run"])
    def test_a_write_that_the_schema_refuses(self, tmp_path: Path, mode: list[str]) -> None:
        held = known("odd").suspended()
        broken = deployed(held)
        del broken.raw["spec"]
        fleet = pass_fleet(tmp_path, held, broken)
        result = reconcile(fleet, "odd", *mode)

        assert result.code == (0 if mode else 1)
        assert states(result) == {f"{NS}/odd": "suspended" if mode else "failed"}
