"""``dpfctl mark-critical`` on a fleet file: the label, the hosts it taints, and who refuses it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from dpfctl.model import labels
from tests.builders import NS, node, operator_config
from tests.cli.fleet_on_disk import FleetOnDisk, Objects, envelope, service, write_fleet
from tests.command_line import dpfctl
from tests.unit.hosts import (
    WHERE,
    cluster,
    linked,
    meant_for,
    placed,
    running,
    tainted,
    with_label,
    worker,
)

SRIOV = "dpuservice.svc.dpu.nvidia.com/sriov"
HBN = "dpuservice.svc.dpu.nvidia.com/hbn"
OWNED = "dpuservice.svc.dpu.nvidia.com/fw-7kq2x"
DEAD = {
    "dpuCluster": f"{WHERE}/cluster-one",
    "resource": "*",
    "reason": "Unreachable",
    "message": f"dpu cluster {WHERE}/cluster-one: no route to host",
}
TITLES = ["HOST", "TAINT", "SERVICE", "DPU", "POD", "WHY"]


def rack(folder: Path, *more: Objects, pods: Sequence[Objects] = ()) -> FleetOnDisk:
    """Three hosts with a DPU each; sriov runs on the second DPU only."""
    numbers = (1, 2, 3)
    return write_fleet(
        folder / "fleet.yaml",
        cluster(),
        *(linked(f"w{n}") for n in numbers),
        *(worker(f"w{n}") for n in numbers),
        *(placed(f"dpu-{n}", f"w{n}") for n in numbers),
        service("sriov").status(serviceID="sriov"),
        service("hbn").status(serviceID="hbn").labelled(CRITICAL="yes"),
        service("fw-7kq2x").status(serviceID="fw").owned_by(NS, "edge"),
        *more,
        dpu_clusters={
            (WHERE, "cluster-one"): (
                *(node(f"dpu-{n}") for n in numbers),
                running("sriov-2", "dpu-2").ready(),
                *(running(f"fw-{n}", f"dpu-{n}", "fw").ready() for n in numbers),
                *pods,  # type: ignore[arg-type]
            )
        },
    )


def unreadable(fleet: FleetOnDisk, *entries: dict[str, str]) -> FleetOnDisk:
    """The same fleet as a snapshot that could not read everything."""
    document = yaml.safe_load(fleet.path.read_text())
    fleet.path.write_text(yaml.safe_dump({**document, "snapshot": {"unreadable": list(entries)}}))
    return FleetOnDisk(fleet.path, fleet.path.read_bytes())


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    return rack(tmp_path, operator_config())


@pytest.fixture
def dead(tmp_path: Path) -> FleetOnDisk:
    """The same, but the DPU cluster did not answer."""
    return unreadable(rack(tmp_path), DEAD)


def marks(fleet: FleetOnDisk, name: str = "sriov") -> dict[str, str]:
    """Labels of a service as the file now holds it."""
    found: dict[str, str] = fleet.service(name)["metadata"].get("labels", {})
    return found


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


class TestLimit:
    """How many hosts one mark may taint."""

    @pytest.mark.parametrize("limit", ["2", "67%", "3", "100%"])
    def test_enough(self, fleet: FleetOnDisk, limit: str) -> None:
        assert fleet.run("mark-critical", "sriov", "--max-nodes", limit).code == 0
        assert marks(fleet) == {labels.CRITICAL: ""}

    @pytest.mark.parametrize(
        ("limit", "words"),
        [
            pytest.param("1", "1", id="a number"),
            pytest.param("0", "0", id="none"),
            pytest.param("66%", "66% (1)", id="a share is rounded down"),
            pytest.param("0%", "0% (0)", id="a share of none"),
        ],
    )
    @pytest.mark.parametrize("flags", [[], ["--force"], ["--dry-run"]], ids=" ".join)
    def test_too_many(self, fleet: FleetOnDisk, limit: str, words: str, flags: list[str]) -> None:
        result = fleet.run("mark-critical", "sriov", "--max-nodes", limit, *flags)

        assert (result.code, result.out) == (1, "")
        assert result.err == (
            f"error: mark-critical: would taint 2 of 3 schedulable hosts, more than --max-nodes "
            f"{words}\nhint: see them with --preview; allow it with --max-nodes 2\n"
        )
        assert fleet.is_untouched

    @pytest.mark.parametrize("limit", ["", "x", "-1", "1.5", "101%", "%", "10 %"])
    def test_what_is_no_limit(self, fleet: FleetOnDisk, limit: str) -> None:
        result = fleet.run("mark-critical", "sriov", f"--max-nodes={limit}")

        assert (result.code, result.out) == (2, "")
        assert result.err == (
            f'error: --max-nodes "{limit}": neither a number of hosts nor a share of them\n'
            "hint: write a number such as 3, or a share such as 10%\n"
        )

    def test_by_default_one_host_must_be_left(self, tmp_path: Path) -> None:
        fleet = rack(tmp_path, service("new").status(serviceID="new"))
        result = fleet.run("mark-critical", "new")

        assert (result.code, result.out) == (1, "")
        assert result.err == (
            "error: mark-critical: would taint 3 of 3 schedulable hosts\n"
            "hint: see them with --preview; allow it with --max-nodes 3\n"
        )
        assert fleet.is_untouched
        assert fleet.run("mark-critical", "new", "--max-nodes=3").code == 0

    def test_several_services_are_judged_together(self, tmp_path: Path) -> None:
        other = service("other").status(serviceID="other")
        pods = [running(f"other-{n}", f"dpu-{n}", "other").ready() for n in (1, 3)]
        fleet = rack(tmp_path, other, pods=pods)

        assert fleet.run("mark-critical", "sriov", "--dry-run").code == 0
        assert fleet.run("mark-critical", "other", "--dry-run").code == 0
        assert fleet.run("mark-critical", "sriov", "other").code == 1
        assert fleet.is_untouched

    def test_machines_are_told(self, fleet: FleetOnDisk) -> None:
        told = envelope(fleet.run("mark-critical", "sriov", "--max-nodes=1", "-o", "json"))

        assert (told["status"], told["exitCode"], told["data"]) == ("error", 1, {})
        assert told["errors"][0]["hint"] == ("see them with --preview; allow it with --max-nodes 2")


class TestDeadDpuCluster:
    """Nobody can say which hosts would be tainted."""

    MESSAGE = DEAD["message"]

    def test_the_mark_is_refused(self, dead: FleetOnDisk) -> None:
        result = dead.run("mark-critical", "sriov")

        assert (result.code, result.out) == (7, "")
        assert result.err == (
            f"error: mark-critical: cannot tell which hosts would be tainted: {self.MESSAGE}\n"
            "hint: mark it all the same with --force\n"
        )
        assert dead.is_untouched

    def test_force_marks_it_all_the_same(self, dead: FleetOnDisk) -> None:
        result = dead.run("mark-critical", "sriov", "--force")

        assert (result.code, result.out) == (0, f"{SRIOV} labeled\n")
        assert result.err == (
            f"note: dpuservice/{NS}/sriov: hosts tainted at once: not known: {self.MESSAGE}\n"
        )

    def test_a_preview_says_so(self, dead: FleetOnDisk) -> None:
        result = dead.run("mark-critical", "sriov", "--preview")

        assert (result.code, result.err) == (5, f"warning: {self.MESSAGE}\n")
        assert [one.split()[:2] for one in result.lines[1:4]] == [
            [f"w{n}", "unknown"] for n in (1, 2, 3)
        ]

    @pytest.mark.parametrize("form", ["json", "yaml"])
    @pytest.mark.parametrize("names", [["sriov"], []], ids=["of a service", "of all hosts"])
    def test_the_envelope_has_the_code_of_the_process(
        self, dead: FleetOnDisk, names: list[str], form: str
    ) -> None:
        told = envelope(dead.run("mark-critical", *names, "--preview", "-o", form), form)

        assert (told["status"], told["exitCode"]) == ("partial", 5)
        assert told["errors"] == [{"message": self.MESSAGE, "hint": ""}]

    def test_it_does_not_matter_to_a_service_that_does_not_select_it(self, tmp_path: Path) -> None:
        picky = service("picky").status(serviceID="picky")
        selector = {"matchLabels": {"site": "elsewhere"}}
        fleet = unreadable(rack(tmp_path, picky.spec(dpuClusterSelector=selector)), DEAD)

        assert fleet.run("mark-critical", "picky").code == 0

    @pytest.mark.parametrize("names", [["sriov"], []], ids=["of a service", "of all hosts"])
    def test_a_list_of_the_host_cluster(self, tmp_path: Path, names: list[str]) -> None:
        entry = {"resource": "dpunodes.provisioning.dpu.nvidia.com", "reason": "Forbidden"}
        fleet = unreadable(rack(tmp_path), {**entry, "message": "dpunodes: not for you"})
        result = fleet.run("mark-critical", *names, "--preview")

        assert result.code == (5 if names else 7)
        assert "not for you" in result.err


class TestPreview:
    def test_of_a_service(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("mark-critical", "sriov", "--preview")

        assert (result.code, result.err) == (0, "")
        assert [one.split() for one in result.lines[:-1]] == [
            TITLES,
            ["w1", "new", f"{NS}/sriov", f"{NS}/dpu-1", "-", "no", "pod"],
            ["w3", "new", f"{NS}/sriov", f"{NS}/dpu-3", "-", "no", "pod"],
        ]
        assert result.lines[-1] == "2 of 3 schedulable hosts would be tainted"
        assert fleet.is_untouched

    def test_of_a_service_that_is_critical(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("mark-critical", "hbn", "--preview")

        assert {one.split()[1] for one in result.lines[1:-1]} == {"overdue"}
        assert result.lines[-1].startswith("0 of 3 schedulable hosts would be tainted")

    def test_of_all_hosts(self, tmp_path: Path) -> None:
        fleet = rack(tmp_path, linked("w4"), tainted("w4"), placed("dpu-4", "w4"))
        result = fleet.run("mark-critical", "--preview")

        assert result.code == 0
        assert [one.split()[:3] for one in result.lines] == [
            ["HOST", "TAINT", "SERVICE"],
            *([f"w{n}", "missing", f"{NS}/hbn"] for n in (1, 2, 3)),
            ["w4", "not", "judged"],
        ]

    def test_no_host_is_tainted(self, tmp_path: Path) -> None:
        pods = [running(f"hbn-{n}", f"dpu-{n}", "hbn").ready() for n in (1, 2, 3)]
        result = rack(tmp_path, pods=pods).run("mark-critical", "--preview")

        assert (result.code, result.out) == (0, "no host is tainted\n")

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_machines(self, fleet: FleetOnDisk, form: str) -> None:
        told = envelope(fleet.run("mark-critical", "sriov", "--preview", "-o", form), form)

        data: dict[str, Any] = told["data"]
        assert (told["command"], told["status"], told["errors"]) == ("mark-critical", "success", [])
        assert data["schedulableHosts"] == {"total": 3, "newlyTainted": 2, "leftUntainted": 1}
        assert [(one["node"], one["effect"]) for one in data["hosts"]] == [
            ("w1", "new"),
            ("w3", "new"),
        ]

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_machines_get_all_hosts(self, fleet: FleetOnDisk, form: str) -> None:
        told = envelope(fleet.run("mark-critical", "--preview", "-o", form), form)

        assert [(one["node"], one["taint"]) for one in told["data"]["hosts"]] == [
            (f"w{n}", "missing") for n in (1, 2, 3)
        ]

    def test_works_where_nothing_can_be_written(self) -> None:
        result = dpfctl("mark-critical", "flow-inspector", "--preview", "--from", "demo")

        assert result.code == 0
        assert result.lines[-1] == "0 of 6 schedulable hosts would be tainted, 3 unknown"


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
