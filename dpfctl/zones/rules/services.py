"""Z8, Z9: services that could be taken for one another.

Source:
    DPF 26.x ``internal/dpuservice/controllers``: readiness looks at the first pod of a serviceID on
    a node, ``dpuservice_controller.go`` names Applications by cluster and service, without a
    namespace.
"""

from collections.abc import Iterator

from dpfctl.model import kinds
from dpfctl.model.applications import IN_CLUSTER, application_name
from dpfctl.model.resources import Resource
from dpfctl.zones.anatomy import cluster_selection_of, runs_on_dpus
from dpfctl.zones.findings import Code, Finding
from dpfctl.zones.nodes import place_text
from dpfctl.zones.outlook import Outlook, Standing
from dpfctl.zones.zone import Member, Zone

_RELEASE = ("spec", "helmChart", "source", "releaseName")


def check_service_ids(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that no node runs two services with one serviceID: their pods look alike."""
    for member in _on_dpus(zone):
        wanted = outlook.service_id(member.resource)
        for other in _others(outlook, member):
            if not wanted or outlook.service_id(other.resource) != wanted:
                continue
            nodes = [
                node
                for node in outlook.nodes_of(zone)
                if node.takes(member.resource, outlook.keys)
                and node.takes(other.resource, outlook.keys)
            ]
            if nodes:
                where = place_text(zone, nodes)
                fact = f"shares the serviceID {wanted} with {other.subject} {where}"
                hint = "readiness cannot tell their pods apart: keep them on different nodes"
                yield member.warning(Code.SERVICE_IDS, fact, hint, ("spec", "serviceID"))


def check_releases(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that Applications and Helm releases do not get the same name."""
    for member in zone.of(kinds.DPU_SERVICE):
        mine = _applications(outlook, member.resource)
        for other in _others(outlook, member):
            if taken := mine & _applications(outlook, other.resource):
                fact = f"its application {min(taken)} is that of {_full(other.resource)} too"
                yield member.warning(Code.RELEASES, fact, "give it another name", _NAME)
            release = member.resource.text(*_RELEASE)
            if release and other.resource.text(*_RELEASE) == release:
                fact = f"has the releaseName {release}, as {_full(other.resource)}"
                yield member.warning(Code.RELEASES, fact, "leave releaseName out", _RELEASE)


def _on_dpus(zone: Zone) -> list[Member]:
    return [m for m in zone.of(kinds.DPU_SERVICE) if runs_on_dpus(m.resource)]


def _others(outlook: Outlook, member: Member) -> Iterator[Standing]:
    for standing in outlook.standing(kinds.DPU_SERVICE):
        if standing.member is not member:
            yield standing


def _applications(outlook: Outlook, service: Resource) -> set[str]:
    """Names of the Applications that deploy a service, one per selected DPU cluster."""
    if not runs_on_dpus(service):
        return {application_name(IN_CLUSTER, service.name)}
    selection = cluster_selection_of(service)
    return {
        application_name(cluster.name, service.name)
        for cluster in outlook.fleet.list(kinds.DPU_CLUSTER)
        if selection.matches(cluster.mapping("metadata", "labels"))
    }


def _full(service: Resource) -> str:
    return f"{service.kind}/{service.namespace}/{service.name}"


_NAME = ("metadata", "name")
