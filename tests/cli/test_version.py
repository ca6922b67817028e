"""``dpfctl version``: the client alone, a fleet file, and a cluster that cannot be reached."""

import json
from pathlib import Path

import yaml

from dpfctl import __version__
from tests.command_line import dpfctl

CLIENT = {"clientVersion": f"v{__version__}"}


def test_client_only_needs_no_cluster() -> None:
    assert dpfctl("version", "--client").out == f"Client Version: v{__version__}\n"


def test_fleet_file_names_the_release_and_the_apis() -> None:
    lines = dpfctl("version", "--from", "demo").lines

    assert lines[:2] == [f"Client Version: v{__version__}", "Server Version: unknown"]
    assert any(line.startswith("DPF Version: v26.") for line in lines)
    assert "API svc.dpu.nvidia.com: v1alpha1" in lines


def test_json_and_yaml_are_one_envelope() -> None:
    as_json = json.loads(dpfctl("version", "--client", "-o", "json").out)

    assert as_json == yaml.safe_load(dpfctl("version", "--client", "-o", "yaml").out)
    assert as_json == {
        "apiVersion": "dpfctl/v1",
        "command": "version",
        "status": "success",
        "exitCode": 0,
        "data": CLIENT,
        "errors": [],
    }


def test_what_could_not_be_read_is_an_error_beside_the_rest(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.json"
    resource = "dpfoperatorconfigs.operator.dpu.nvidia.com"
    service = {"apiVersion": "svc.dpu.nvidia.com/v1alpha1", "kind": "DPUService"}
    document = {
        "apiVersion": "dpfctl/v1",
        "kind": "Fleet",
        "snapshot": {
            "unreadable": [{"resource": resource, "reason": "Forbidden", "message": "not you"}]
        },
        "host": {"items": [service | {"metadata": {"name": "hbn", "namespace": "ops"}}]},
    }
    fleet.write_text(json.dumps(document))
    text = dpfctl("version", "--from", str(fleet))
    envelope = json.loads(dpfctl("version", "--from", str(fleet), "-o", "json").out)

    assert text.code == envelope["exitCode"] == 5
    assert text.lines[-1] == "API svc.dpu.nvidia.com: v1alpha1"
    assert text.err == "error: dpfoperatorconfig: cannot be listed: not you\n"
    assert envelope["status"] == "partial"


def test_a_failure_uses_the_envelope_too(tmp_path: Path) -> None:
    result = dpfctl("version", "-o", "json", environ={"HOME": str(tmp_path)})
    envelope = json.loads(result.out)

    assert result.code == envelope["exitCode"] == 7
    assert envelope["status"] == "error"
    assert envelope["data"] == CLIENT
    assert result.err.startswith(f"error: {envelope['errors'][0]['message']}\n")
