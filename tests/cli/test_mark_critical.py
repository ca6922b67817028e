"""``dpfctl mark-critical`` on a fleet file: the label, who refuses it, and wrong command lines."""

from pathlib import Path

import pytest

from dpfctl.model import labels
from tests.builders import NS, operator_config
from tests.cli.fleet_on_disk import FleetOnDisk, envelope, service
from tests.cli.racks import DEAD, HBN, OWNED, SRIOV, marks, rack, unreadable
from tests.command_line import dpfctl
from tests.unit.hosts import meant_for, with_label


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    return rack(tmp_path, operator_config())


@pytest.fixture
def dead(tmp_path: Path) -> FleetOnDisk:
    """The same, but the DPU cluster did not answer."""
    return unreadable(rack(tmp_path), DEAD)


class TestMark:
    def test_r_crit_08_the_label_is_empty_and_nothing_else_changes(
        self, fleet: FleetOnDisk
    ) -> None:
        before = fleet.service("sriov")
        result = fleet.run("mark-critical", "sriov")
        after = fleet.service("sriov")

        assert (result.code, result.out) == (0, f"{SRIOV} labeled\n")
        assert marks(fleet) == {labels.CRITICAL: ""}
        assert (after["spec"], after["status"]) == (before["spec"], before["status"])
        assert after["metadata"].get("generation") == before["metadata"].get("generation")

    def test_hosts_that_are_tainted_at_once_are_told(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("mark-critical", "sriov").err == (
            f"note: dpuservice/{NS}/sriov: hosts tainted at once (2): w1, w3\n"
        )

    def test_the_commands_of_kubectl_label(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("label", "critical", "sriov").out == f"{SRIOV} labeled\n"
        assert fleet.run("label", "critical-", "sriov").out == f"{SRIOV} unlabeled\n"
        assert fleet.path.read_text().count(labels.CRITICAL) == 1

    @pytest.mark.parametrize(
        ("args", "lines"),
        [
            pytest.param(
                ("sriov", "hbn"),
                [f"{HBN} labeled (unchanged)", f"{SRIOV} labeled"],
                id="one is critical already",
            ),
            pytest.param((f"{NS}/sriov",), [f"{SRIOV} labeled"], id="with its namespace"),
            pytest.param((SRIOV,), [f"{SRIOV} labeled"], id="as it is printed"),
            pytest.param(("-l", labels.CRITICAL), [f"{HBN} labeled (unchanged)"], id="by label"),
            pytest.param(("-l", "a=b"), [], id="a selector that matches nothing"),
        ],
    )
    def test_targets(self, fleet: FleetOnDisk, args: tuple[str, ...], lines: list[str]) -> None:
        result = fleet.run("mark-critical", *args)

        assert (result.code, result.lines) == (0, lines)

    def test_what_should_give_pause_is_a_warning(self, tmp_path: Path) -> None:
        elsewhere = meant_for(
            service("edge").suspended().status(serviceID="edge"), with_label("bfb", "dk")
        )
        fleet = rack(
            tmp_path, elsewhere, service("young"), service("host").spec(deployInCluster=True)
        )
        told = fleet.run("mark-critical", "edge", "host", "--max-nodes=3").err.splitlines()

        assert told[:3] == [
            f"warning: dpuservice/{NS}/edge: its nodeSelector matches no DPU node; no host is "
            "tainted for it",
            f"warning: dpuservice/{NS}/edge: is suspended, and counts all the same; no update "
            "reaches its pods",
            f"warning: dpuservice/{NS}/host: runs on the host cluster; the label has no effect",
        ]
        young = fleet.run("mark-critical", "young", "--max-nodes=3").err
        assert young.startswith(
            f"warning: dpuservice/{NS}/young: has no status.serviceID yet; every host that it is "
            "meant for counts as not ready\n"
        )

    def test_r_crit_05b_taints_that_are_switched_off(self, tmp_path: Path) -> None:
        config = operator_config().spec(dpuServiceController={"disableDPUReadyTaints": True})
        fleet = rack(tmp_path, config)

        assert fleet.run("mark-critical", "sriov").err == (
            f"warning: dpuservice/{NS}/sriov: taints are disabled in the DPFOperatorConfig; "
            "no host is tainted or untainted\n"
            f"note: dpuservice/{NS}/sriov: hosts tainted at once: none; "
            "taints are disabled in the DPFOperatorConfig\n"
        )


class TestAlreadySo:
    def test_a_label_counts_whatever_its_value(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("mark-critical", "hbn")

        assert (result.code, result.out, result.err) == (0, f"{HBN} labeled (unchanged)\n", "")
        assert fleet.is_untouched

    def test_overwrite_makes_the_value_empty(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("mark-critical", "hbn", "--overwrite").out == f"{HBN} labeled\n"
        assert marks(fleet, "hbn") == {labels.CRITICAL: ""}

    def test_twice_is_the_same_as_once(self, fleet: FleetOnDisk) -> None:
        fleet.run("mark-critical", "sriov")
        before = fleet.path.read_bytes()

        for flags in ([], ["--overwrite"]):
            again = fleet.run("mark-critical", "sriov", *flags)
            assert (again.code, again.out) == (0, f"{SRIOV} labeled (unchanged)\n")
        assert fleet.path.read_bytes() == before

    def test_nothing_is_foretold_that_is_not_to_be_written(self, dead: FleetOnDisk) -> None:
        assert dead.run("mark-critical", "hbn").code == 0

    def test_another_value_taints_nothing_new(self, dead: FleetOnDisk) -> None:
        result = dead.run("mark-critical", "hbn", "--overwrite")

        assert (result.code, result.out, result.err) == (0, f"{HBN} labeled\n", "")


class TestRemove:
    def test_the_key_goes(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("mark-critical", "hbn", "--remove")

        assert (result.code, result.out, result.err) == (0, f"{HBN} unlabeled\n", "")
        assert labels.CRITICAL not in marks(fleet, "hbn")

    def test_a_service_without_the_label(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("mark-critical", "sriov", "--remove")

        assert (result.code, result.out) == (0, f"{SRIOV} unlabeled (unchanged)\n")
        assert fleet.is_untouched

    def test_it_needs_no_dpu_cluster(self, dead: FleetOnDisk) -> None:
        assert dead.run("mark-critical", "hbn", "--remove").code == 0

    def test_an_owner_would_undo_it_too(self, tmp_path: Path) -> None:
        marked = service("vpc-x").owned_by(NS, "edge").labelled(CRITICAL="")
        fleet = rack(tmp_path, marked)
        refused = fleet.run("mark-critical", "vpc-x", "--remove")
        forced = fleet.run("mark-critical", "vpc-x", "--remove", "--force")

        assert (refused.code, refused.out) == (6, "")
        assert (forced.code, labels.CRITICAL in marks(fleet, "vpc-x")) == (0, False)
        assert forced.err == (
            f"warning: dpuservice/{NS}/vpc-x: dpudeployment/{NS}/edge will undo the change "
            "when it is reconciled next, within minutes\n"
        )


class TestOwner:
    """What a DPUDeployment generated is changed back within minutes."""

    def test_is_refused(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("mark-critical", "sriov", "fw-7kq2x")

        assert (result.code, result.out) == (6, "")
        assert result.err == (
            f"error: dpuservice/{NS}/fw-7kq2x: belongs to dpudeployment/{NS}/edge, which would "
            "undo the change\n"
            f"hint: edit dpudeployment/{NS}/edge instead, or use --force to change it until then\n"
        )
        assert fleet.is_untouched

    def test_force_does_it_with_a_warning(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("mark-critical", "fw-7kq2x", "--force")

        assert (result.code, result.out) == (0, f"{OWNED} labeled\n")
        assert result.err.startswith(
            f"warning: dpuservice/{NS}/fw-7kq2x: dpudeployment/{NS}/edge will undo the change"
        )


class TestDryRun:
    @pytest.mark.parametrize(
        ("flag", "words"),
        [("--dry-run=client", "(dry run)"), ("--dry-run=server", "(server dry run)")],
    )
    def test_shows_the_label(self, fleet: FleetOnDisk, flag: str, words: str) -> None:
        result = fleet.run("mark-critical", "sriov", flag)

        assert (result.code, result.lines[0]) == (0, f"{SRIOV} labeled {words}")
        assert f'  +    {labels.CRITICAL}: ""' in result.lines
        assert "hosts tainted at once (2): w1, w3" in result.err
        assert fleet.is_untouched


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_machines_get_patch_and_reach(fleet: FleetOnDisk, form: str) -> None:
    told = envelope(fleet.run("mark-critical", "sriov", "-o", form), form)

    (result,) = told["data"]["results"]
    assert (result["action"], result["done"], result["result"]) == ("patch", "labeled", "done")
    assert result["patch"] == [
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "1"},
        {"op": "add", "path": "/metadata/labels", "value": {labels.CRITICAL: ""}},
    ]
    assert [(one["what"], one["names"]) for one in told["data"]["impacts"]] == [
        ("hosts tainted at once", ["w1", "w3"])
    ]


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        pytest.param(
            ["srivo"],
            1,
            f"error: dpuservice/srivo: not found in namespace {NS}\nhint: did you mean sriov?\n",
            id="an unknown name",
        ),
        pytest.param(
            ["sriov", "zzz"],
            1,
            f"error: dpuservice/zzz: not found in namespace {NS}\n",
            id="one wrong name of two",
        ),
        pytest.param(
            ["srivo", "--preview"],
            1,
            f"error: dpuservice/srivo: not found in namespace {NS}\nhint: did you mean sriov?\n",
            id="a preview of an unknown name",
        ),
        pytest.param(
            [],
            2,
            "error: mark-critical: names no dpuservice\nhint: give NAME, -l SELECTOR or --all\n",
            id="no name",
        ),
        *(
            pytest.param(
                ["sriov", "--remove", *flag],
                2,
                f"error: --remove: cannot be used together with {flag[0]}\n",
                id=f"--remove {flag[0]}",
            )
            for flag in (["--overwrite"], ["--preview"], ["--max-nodes", "3"])
        ),
        pytest.param(
            ["sriov", "-A", "-n", NS],
            2,
            "error: --all-namespaces: cannot be used together with --namespace\n",
            id="one namespace and all",
        ),
        pytest.param(
            ["sriov", "--until", "2h"],
            2,
            "error: unknown flag: --until\nhint: see `dpfctl mark-critical --help`\n",
            id="a flag of another command",
        ),
    ],
)
def test_wrong_command_lines(fleet: FleetOnDisk, args: list[str], code: int, message: str) -> None:
    result = fleet.run("mark-critical", *args)

    assert (result.code, result.out, result.err) == (code, "", message)
    assert fleet.is_untouched


@pytest.mark.parametrize("command", [["mark-critical", "sriov", "--remove"], ["label", "critical"]])
def test_contradictions_are_told_in_an_envelope(fleet: FleetOnDisk, command: list[str]) -> None:
    flags = ["--preview"] if "--remove" in command else []
    told = envelope(fleet.run(*command, *flags, "-o", "json"))

    assert (told["command"], told["exitCode"], told["data"]) == ("mark-critical", 2, {})


@pytest.mark.parametrize(
    "command", [["mark-critical", "sriov"], ["label", "critical", "sriov"]], ids=" ".join
)
def test_a_fleet_that_takes_no_writes(fleet: FleetOnDisk, command: list[str]) -> None:
    result = dpfctl(*command, "--from", "-", stdin=fleet.path.read_text())

    assert (result.code, result.out) == (2, "")
    assert "hint: save a copy to work on: `dpfctl snapshot save FILE`\n" in result.err


def test_label_alone_prints_help() -> None:
    result = dpfctl("label")

    assert (result.code, result.err) == (0, "")
    assert "critical- " in result.out
