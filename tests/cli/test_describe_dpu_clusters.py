"""``dpfctl describe --dpu-clusters`` on fleet files: the tree, what it lacks, the exit code."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dpfctl.model import kinds
from tests.builders import (
    NOW,
    NS,
    Built,
    build,
    condition,
    dpu_cluster,
    dpu_service,
    node,
    operator_config,
    pod,
)
from tests.cli.fleet_on_disk import FleetOnDisk, write_fleet
from tests.command_line import Result, dpfctl
from tests.unit.test_describe_dpu_clusters import daemon_set

WHERE = "dpu-cplane"
FLAG = "--dpu-clusters"


def fleet(path: Path, *more: Built) -> FleetOnDisk:
    """Two DPU clusters that a service runs in: in blue one of three pods has no image."""
    pulling = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "401 nobody"}}}
    lame = pod("blue-hbn-x", node="d2", service="hbn").status(
        phase="Pending", containerStatuses=[pulling]
    )
    return write_fleet(
        path,
        operator_config().ready("20d"),
        dpu_cluster("blue", WHERE).ready("20d"),
        dpu_cluster("red", WHERE).ready("20d"),
        dpu_service("hbn").ready("20d").status(serviceID="hbn"),
        *more,
        dpu_clusters={
            (WHERE, "blue"): (
                node("d1").ready("20d", "KubeletReady"),
                node("d2").ready("20d", "KubeletReady"),
                daemon_set("blue-hbn", "hbn", ready=2),
                lame.created("2d"),
                pod("blue-hbn-y", node="d1", service="hbn").ready("20d"),
            ),
            (WHERE, "red"): (
                node("d9").conditions(condition("Ready", "False", "KubeletNotReady", "no CNI")),
                daemon_set("red-hbn", "hbn"),
            ),
        },
    )


@pytest.fixture
def found(tmp_path: Path) -> FleetOnDisk:
    return fleet(tmp_path / "fleet.yaml")


def lost(path: Path, *unreadable: dict[str, str]) -> str:
    """A snapshot of the same fleet that could not read a part of DPU cluster blue."""
    document = yaml.safe_load(fleet(path).path.read_text())
    document["snapshot"] = {
        "takenAt": "2026-11-20T09:00:00Z",
        "unreadable": [{"dpuCluster": f"{WHERE}/blue", **one} for one in unreadable],
    }
    blue = document["dpuClusters"][0]
    gone = {one["resource"] for one in unreadable}
    blue["items"] = [
        item for item in blue["items"] if "*" not in gone and f"{item['kind'].lower()}s" not in gone
    ]
    path.write_text(yaml.safe_dump(document))
    return str(path)


DEAD = {
    "resource": "*",
    "reason": "Unreachable",
    "message": "dpu cluster dpu-cplane/blue: no route",
}
NO_PODS = {"resource": "pods", "reason": "Forbidden", "message": "pods is forbidden"}


def describe(fleet: FleetOnDisk | str, *args: str, view: str = "all", **options: Any) -> Result:
    file = fleet if isinstance(fleet, str) else str(fleet.path)
    options = {"now": lambda: NOW, **options}
    return dpfctl("describe", view, FLAG, *args, "--from", file, **options)


def test_the_tree_goes_on_where_it_would_stop(found: FleetOnDisk) -> None:
    lines = describe(found, "--no-headers").lines

    assert [" ".join(line.split()) for line in lines[1:]] == [
        "├─DPUClusters",
        f"│ ├─DPUCluster/blue {WHERE} Ready: True Success 20d",
        "│ │ └─Nodes",
        "│ │ └─2 Nodes... Ready: True KubeletReady 20d See d1, d2",
        f"│ └─DPUCluster/red {WHERE} Ready: True Success 20d",
        "│ └─Nodes",
        "│ └─Node/d9",
        "│ └─Ready False KubeletNotReady 24h no CNI",
        "└─DPUServices",
        f"└─DPUService/hbn {NS} Ready: True Success 20d",
        f"├─DPU cluster blue {WHERE}",
        f"│ ├─DaemonSet/blue-hbn {NS}",
        "│ │ └─Ready False Unavailable 2d 2/3 ready",
        f"│ └─Pod/blue-hbn-x {NS}",
        "│ └─Ready False ImagePullBackOff 2d pod Pending on d2",
        "│ 401 nobody",
        f"└─DPU cluster red {WHERE}",
        f"└─DaemonSet/red-hbn {NS} Ready: True Available 9d 3/3 ready",
    ]


def test_nothing_is_said_about_dpu_clusters_that_can_be_read(found: FleetOnDisk) -> None:
    result = describe(found)

    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("form", ["table", "json", "yaml", "name"])
def test_without_the_flag_not_a_byte_is_different(tmp_path: Path, form: str) -> None:
    known = fleet(tmp_path / "fleet.yaml")
    document = yaml.safe_load(known.path.read_text())
    host_only = tmp_path / "host.yaml"
    host_only.write_text(yaml.safe_dump({**document, "dpuClusters": []}))

    assert known.run("describe", "all", "-o", form).out == (
        dpfctl("describe", "all", "-o", form, "--from", str(host_only)).out
    )


class TestVerdict:
    """``--exit-code`` counts what is shown."""

    def test_what_is_not_ready_in_a_dpu_cluster_counts(self, found: FleetOnDisk) -> None:
        assert describe(found, "--exit-code").code == 3
        assert describe(found, "--exit-code", view="dpuservices").code == 3
        assert found.run("describe", "all", "--exit-code").code == 0

    def test_views_judge_what_they_show(self, found: FleetOnDisk) -> None:
        assert describe(found, "--exit-code", view="dpusets").code == 0

    def test_issues_leave_only_that(self, found: FleetOnDisk) -> None:
        out = describe(found, "--issues").out

        assert "Pod/blue-hbn-x" in out
        assert "red-hbn" not in out
        assert "d1" not in out


class TestMachine:
    def test_json_holds_the_objects_and_their_links(self, found: FleetOnDisk) -> None:
        data = json.loads(describe(found, "-o", "json").out)

        assert [one["metadata"]["name"] for one in data["nodes"]] == ["d1", "d2", "d9"]
        (pulled,) = data["pods"]
        assert pulled["conditions"][0]["reason"] == "ImagePullBackOff"
        assert [(one["kind"], one["name"]) for one in pulled["parents"]] == [("DPUService", "hbn")]
        assert [one["name"] for one in data["dpuclusters"][0]["children"]] == ["d1", "d2"]

    def test_yaml_holds_the_same(self, found: FleetOnDisk) -> None:
        assert yaml.safe_load(describe(found, "-o", "yaml").out) == (
            json.loads(describe(found, "-o", "json").out)
        )

    def test_names(self, found: FleetOnDisk) -> None:
        assert "daemonset.apps/blue-hbn" in describe(found, "-o", "name").lines


class TestPartialTruth:
    def test_a_dead_dpu_cluster_is_one_row_and_one_warning(self, tmp_path: Path) -> None:
        result = describe(lost(tmp_path / "fleet.yaml", DEAD))

        assert result.code == 5
        assert result.err == f"warning: {DEAD['message']}\n"
        (row,) = [line for line in result.lines if "Unreachable" in line]
        assert row.split()[2:7] == ["└─DPU", "cluster", "blue", WHERE, "Unreachable"]
        assert row.endswith(DEAD["message"])
        assert "DaemonSet/red-hbn" in result.out
        assert "Node/d9" in result.out

    def test_a_list_that_is_forbidden_is_one_row_and_one_warning(self, tmp_path: Path) -> None:
        result = describe(lost(tmp_path / "fleet.yaml", NO_PODS))

        assert result.code == 5
        assert result.err == (
            f"warning: dpu cluster {WHERE}/blue: pod: cannot be listed: pods is forbidden\n"
        )
        assert "DPU cluster blue: Pods" in result.out
        assert "DaemonSet/blue-hbn" in result.out

    def test_it_beats_the_verdict(self, tmp_path: Path) -> None:
        assert describe(lost(tmp_path / "fleet.yaml", DEAD), "--exit-code").code == 5

    def test_without_the_flag_nobody_asks(self, tmp_path: Path) -> None:
        result = dpfctl("describe", "all", "--from", lost(tmp_path / "fleet.yaml", DEAD))

        assert (result.code, result.err) == (0, "")

    def test_json_names_the_problem(self, tmp_path: Path) -> None:
        result = describe(lost(tmp_path / "fleet.yaml", DEAD), "-o", "json")

        (problem,) = json.loads(result.out)["problems"]
        names = (problem["kind"], problem["namespace"], problem["name"], problem["reason"])
        assert names == ("DPUCluster", WHERE, "blue", "Unreachable")

    def test_a_dpu_cluster_that_the_file_lacks(self, tmp_path: Path) -> None:
        found = fleet(tmp_path / "fleet.yaml", dpu_cluster("new", WHERE).pending())
        result = describe(found, view="dpuclusters")

        known = f"dpucluster/{WHERE}/new: nothing is known of its cluster"
        assert (result.code, result.err) == (5, f"warning: {known}\n")

    def test_a_kind_that_is_not_installed_there_is_a_note_on_request(self, tmp_path: Path) -> None:
        absent = {
            "resource": "servicechains.svc.dpu.nvidia.com",
            "reason": "NotServed",
            "message": "404",
        }
        result = describe(lost(tmp_path / "fleet.yaml", absent), "-v")

        assert result.code == 0
        assert result.err == (
            f"note: dpu cluster {WHERE}/blue: servicechain: not installed in this cluster\n"
        )


def test_watching_sees_what_changes_in_a_dpu_cluster(found: FleetOnDisk) -> None:
    pauses = 0

    def sleep(_seconds: float) -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 2:
            found.path.write_text(found.path.read_text().replace("KubeletNotReady", "NoCNI"))
        if pauses == 4:
            raise KeyboardInterrupt

    result = describe(found, "--watch", view="dpuclusters", sleep=sleep)

    assert (result.code, result.err) == (130, "")
    assert [line.startswith("NAME") for line in result.lines].count(True) == 2
    assert result.out.count("NoCNI") == 1


def test_storage_has_nothing_in_dpu_clusters(found: FleetOnDisk) -> None:
    assert describe(found, view="storage").code == 2


def test_the_demo_fleet_is_worth_reading() -> None:
    result = describe("demo", "--issues")

    assert (result.code, result.err) == (0, "")
    for name in ("Pod/compute-ovn-dpu-tz8fk", "DaemonSet/compute-sfc-controller-762a70106e"):
        assert f"─{name} " in result.out


def test_a_daemon_set_that_no_node_matches_says_so(tmp_path: Path) -> None:
    idle = build(kinds.DAEMON_SET, "idle").status(desiredNumberScheduled=0)
    found = write_fleet(
        tmp_path / "fleet.yaml",
        operator_config().ready(),
        dpu_cluster("blue", WHERE),
        dpu_clusters={(WHERE, "blue"): idle},
    )

    assert "0/0 ready, 0 nodes match" in describe(found, "--exit-code").out
