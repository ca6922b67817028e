"""Fleet files for tests that write to them."""

import io
import json
from pathlib import Path
from typing import Any

from dpfctl.cluster.fleet_file import FleetCluster, FleetFile, open_fleet
from tests.builders import NOW


def open_file(path: Path) -> FleetFile:
    """The fleet in a file, at the tests' time."""
    return open_fleet(str(path), stdin=io.StringIO(), now=NOW)


def fleet_of(folder: Path, *objects: Any) -> FleetCluster:
    """The host cluster of a new file that holds these objects."""
    path = folder / "fleet.json"
    fleet = {"apiVersion": "dpfctl/v1", "kind": "Fleet", "host": {"items": list(objects)}}
    path.write_text(json.dumps(fleet))
    return open_file(path).host


def empty_fleet(folder: Path) -> FleetCluster:
    """The host cluster of a new file without objects."""
    return fleet_of(folder)
