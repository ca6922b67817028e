"""The branch DPUVPCs."""

from collections.abc import Iterator

from dpfctl.describe.survey import Survey
from dpfctl.describe.tree import Node
from dpfctl.model import kinds
from dpfctl.model.resources import Ref, Resource

_WITH_NETWORK = frozenset({"pf", "vf", "service"})
_FIRST = 1


def vpc_branches(survey: Survey, _config: Resource) -> Iterator[Node | None]:
    """Yield what ``describe dpuvpcs`` shows below the root."""
    if survey.admits(kinds.DPU_VPC):
        nodes = [
            survey.node(vpc, [*_isolation_class(survey, vpc), *_networks(survey, vpc)])
            for vpc in survey.top(kinds.DPU_VPC)
            if survey.shows(vpc)
        ]
        yield survey.header(kinds.DPU_VPC.title, nodes)


def _isolation_class(survey: Survey, vpc: Resource) -> list[Node]:
    name = vpc.text("spec", "isolationClassName")
    if not name or not survey.admits(kinds.ISOLATION_CLASS):
        return []
    ref = Ref(kinds.ISOLATION_CLASS, "", name)
    found = survey.named(ref, vpc.ref)
    if found is None:
        return survey.placeholders([ref], vpc.ref)
    return [survey.node(found, priority=_FIRST)]


def _networks(survey: Survey, vpc: Resource) -> list[Node]:
    if not survey.admits(kinds.DPU_VIRTUAL_NETWORK):
        return []
    found = survey.joined(kinds.DPU_VIRTUAL_NETWORK, "vpc", f"{vpc.namespace}/{vpc.name}", _vpc_of)
    return [survey.node(n, _interfaces(survey, n)) for n in found if survey.shows(n)]


def _interfaces(survey: Survey, network: Resource) -> list[Node]:
    if not survey.admits(kinds.DPU_SERVICE_INTERFACE):
        return []
    found = survey.joined(
        kinds.DPU_SERVICE_INTERFACE, "network", f"{network.namespace}/{network.name}", _network_of
    )
    return [survey.node(interface) for interface in found if survey.shows(interface)]


def _vpc_of(network: Resource) -> str:
    return f"{network.namespace}/{network.text('spec', 'vpcName')}"


def _network_of(interface: Resource) -> str:
    """``namespace/name`` of the virtual network an interface is in, empty if it is in none."""
    spec = ("spec", "template", "spec", "template", "spec")
    kind = interface.text(*spec, "interfaceType")
    if kind not in _WITH_NETWORK:
        return ""
    name = interface.text(*spec, kind, "virtualNetwork")
    return f"{interface.namespace}/{name}" if name else ""
