"""``dpfctl suspend --list``: the worklist of suspended services."""

from pathlib import Path
from typing import Any

import pytest

from tests.builders import NS
from tests.cli.fleet_on_disk import FleetOnDisk, envelope, service, write_fleet
from tests.command_line import dpfctl

HBN = "dpuservice.svc.dpu.nvidia.com/hbn"
OWNED_BY_HELM = {
    "manager": "helm",
    "operation": "Update",
    "apiVersion": "svc.dpu.nvidia.com/v1alpha1",
    "time": "2026-11-01T00:00:00Z",
    "fieldsType": "FieldsV1",
    "fieldsV1": {"f:spec": {"f:helmChart": {"f:source": {"f:version": {}}}}},
}


class TestList:
    @pytest.fixture
    def fleet(self, tmp_path: Path) -> FleetOnDisk:
        def noted(**values: str) -> dict[str, Any]:
            return {f"dpfctl/{key.replace('_', '-')}": value for key, value in values.items()}

        late = noted(
            suspended_at="2026-11-20T06:00:00Z",
            suspended_by="lena",
            suspend_reason="switch upgrade",
            suspend_until="2026-11-20T08:00:00Z",
        )
        return write_fleet(
            tmp_path / "fleet.yaml",
            service("hbn").suspended().having(metadata={"annotations": late}),
            service("ptp").suspended().having(metadata={"labels": {"app": "ptp"}}),
            service("dts").having(metadata={"managedFields": [OWNED_BY_HELM]}),
            service("hbn", "tenant").suspended(),
        )

    def test_table_of_all_namespaces(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("suspend", "--list")

        assert (result.code, result.err) == (0, "")
        assert [line.split("  ")[0] for line in result.lines[1:]] == [NS, NS, "tenant"]
        assert result.lines[1].split() == [
            NS, "hbn", "3h", "lena", "-", "2026-11-20T08:00:00Z", "(overdue)", "switch", "upgrade"
        ]  # fmt: skip
        assert fleet.is_untouched

    @pytest.mark.parametrize(
        ("args", "names"),
        [
            pytest.param(["-n", "tenant"], ["tenant/hbn"], id="namespace"),
            pytest.param(["-n", NS], [f"{NS}/hbn", f"{NS}/ptp"], id="the operator's namespace"),
            pytest.param(["-l", "app=ptp"], [f"{NS}/ptp"], id="selector"),
            pytest.param(["-l", "!app", "-n", NS], [f"{NS}/hbn"], id="both"),
            pytest.param(["-A"], [f"{NS}/hbn", f"{NS}/ptp", "tenant/hbn"], id="all namespaces"),
            pytest.param(["-n", "nowhere"], [], id="nothing"),
        ],
    )
    def test_narrowed(self, fleet: FleetOnDisk, args: list[str], names: list[str]) -> None:
        told = envelope(fleet.run("suspend", "--list", "-o", "json", *args))

        found = [f"{one['namespace']}/{one['name']}" for one in told["data"]["suspensions"]]
        assert found == names

    def test_json(self, fleet: FleetOnDisk) -> None:
        told = envelope(fleet.run("suspend", "--list", "-o", "json", "-l", "!app"))

        assert told["command"] == "suspend"
        assert told["data"]["suspensions"][0] == {
            "namespace": NS,
            "name": "hbn",
            "since": "2026-11-20T06:00:00Z",
            "by": "lena",
            "manager": "",
            "reason": "switch upgrade",
            "until": "2026-11-20T08:00:00Z",
            "overdue": True,
        }

    def test_names(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("suspend", "--list", "-o", "name", "-n", NS).lines == [
            HBN,
            "dpuservice.svc.dpu.nvidia.com/ptp",
        ]

    def test_nothing_is_suspended(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("suspend", "--list", "-n", "nowhere")

        assert (result.code, result.out, result.err) == (0, "", "note: nothing is suspended\n")

    def test_what_was_suspended_is_listed_with_its_manager(self, fleet: FleetOnDisk) -> None:
        fleet.run("suspend", "dts", environ={"USER": "lena"})
        told = envelope(fleet.run("suspend", "--list", "-o", "json", "-n", NS))

        (dts,) = [one for one in told["data"]["suspensions"] if one["name"] == "dts"]
        assert (dts["by"], dts["manager"]) == ("lena", "dpfctl")
        assert dts["since"] == "2026-11-20T09:00:00Z"

    def test_the_demo_fleet_has_one(self) -> None:
        assert dpfctl("suspend", "--list", "--from", "demo", "-o", "name").lines == [
            "dpuservice.svc.dpu.nvidia.com/ptp-sync"
        ]
