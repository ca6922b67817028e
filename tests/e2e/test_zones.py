"""Two zones of the manual with our chart: what is changed in one does not touch the other."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from dpfctl.model import kinds
from tests.builders import NS
from tests.controlplane.api import Json
from tests.controlplane.load import apply_objects
from tests.e2e.environment import EAST, WEST
from tests.e2e.site import CHART, Site
from tests.unit.zone_files import EXAMPLES, prerequisites

_CHART = "{repoURL: https://helm.ngc.nvidia.com/nvidia/doca, name: doca-hbn, version: "
_KINDS = {
    "host": (
        kinds.DPU_SET,
        kinds.DPU_SERVICE,
        kinds.DPU_SERVICE_INTERFACE,
        kinds.DPU_SERVICE_CHAIN,
        kinds.SECRET,
    ),
    EAST: (kinds.SECRET, kinds.DAEMON_SET, kinds.POD),
    WEST: (kinds.SECRET, kinds.DAEMON_SET, kinds.POD),
}


def document(site: Site, zone: str, version: str) -> Path:
    """An example of the manual with our chart, in the namespace of the test."""
    text = (EXAMPLES / f"zone-{zone}.yaml").read_text(encoding="utf-8")
    head, found, tail = text.partition(_CHART)
    assert found
    chart = f"{{repoURL: {site.environment.registry.url}, name: {CHART}, version: {version}}}"
    text = f"{head}{chart}{tail[tail.index('}') + 1 :]}"
    path = site.folder / f"{zone}.yaml"
    path.write_text(text.replace(f"namespace: {NS}", f"namespace: {site.namespace}"))
    assert yaml.safe_load(path.read_text())["spec"]["services"][0]["chart"]["version"] == version
    return path


def apply_zone(site: Site, zone: str, version: str) -> None:
    result = site.run("apply-zone", "-f", str(document(site, zone, version)))
    assert result.code == 0, result.err


def beside(site: Site) -> Iterator[Json]:
    """What the zones need besides."""
    for one in prerequisites().objects.values():
        yield {**one, "metadata": {**one["metadata"], "namespace": site.namespace}}


def versions_of(site: Site, zone: str) -> dict[str, str]:
    """``cluster kind/name`` -> resourceVersion of every object of a zone in all clusters."""
    return {
        f"{side} {kind}/{name}": one["metadata"]["resourceVersion"]
        for side, wanted in _KINDS.items()
        for kind in wanted
        for name, one in site.all_of(kind, side).items()
        if f"-{zone}" in name
    }


def test_a_new_version_in_one_zone_leaves_the_other_as_it_is(site: Site) -> None:
    apply_objects(site.host, beside(site))
    for zone in ("dk", "ga"):
        apply_zone(site, zone, "1.0.0")
    site.ready()
    assert site.revisions("doca-hbn-dk") == site.revisions("doca-hbn-ga") == {EAST: 1, WEST: 1}
    nodes = {one["spec"]["nodeName"] for one in site.all_of(kinds.POD, EAST).values()}
    assert nodes == {"worker1-dpu", "worker2-dpu"}
    before, uid = versions_of(site, "ga"), site.daemon_set("doca-hbn-dk")["metadata"]["uid"]

    apply_zone(site, "dk", "1.1.0")
    site.ready()

    assert site.revisions("doca-hbn-dk") == {EAST: 2, WEST: 2}
    assert site.daemon_set("doca-hbn-dk")["metadata"]["uid"] == uid
    assert versions_of(site, "ga") == before
    assert len(before) == 13
