"""The branch DPUDeployments."""

from collections.abc import Iterator

from dpfctl.describe.services import service_header
from dpfctl.describe.sets import set_header
from dpfctl.describe.survey import Survey, in_order, is_system_component, owner_of
from dpfctl.describe.tree import Node, Role
from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource


def deployment_branches(survey: Survey, _config: Resource) -> Iterator[Node | None]:
    """Yield what ``describe dpudeployments`` shows below the root."""
    if survey.admits(kinds.DPU_DEPLOYMENT):
        nodes = [_deployment(survey, d) for d in survey.top(kinds.DPU_DEPLOYMENT)]
        yield survey.header(kinds.DPU_DEPLOYMENT.title, nodes, grouping=True)


def _deployment(survey: Survey, deployment: Resource) -> Node:
    def owned(kind: Kind) -> list[Resource]:
        owner = f"{deployment.namespace}_{deployment.name}"
        return list(survey.joined(kind, "owner", owner, owner_of))

    chain, interface = kinds.DPU_SERVICE_CHAIN, kinds.DPU_SERVICE_INTERFACE
    return survey.node(
        deployment,
        [
            set_header(survey, owned(kinds.DPU_SET)),
            survey.listing(chain, owned(chain)),
            survey.listing(interface, owned(interface)),
            _services(survey, deployment, owned(kinds.DPU_SERVICE)),
        ],
    )


def _services(survey: Survey, deployment: Resource, owned: list[Resource]) -> Node:
    """The headings Services and DPUServiceTemplates stand even over nothing."""
    templates = Node(
        Role.HEADER,
        kinds.DPU_SERVICE_TEMPLATE.title,
        children=in_order(_templates(survey, deployment)),
    )
    services = [s for s in owned if not is_system_component(s) and survey.shows(s)]
    return Node(
        Role.HEADER,
        "Services",
        children=in_order([templates, service_header(survey, services)]),
    )


def _templates(survey: Survey, deployment: Resource) -> list[Node]:
    services = deployment.mapping("spec", "services")
    names = {deployment.text("spec", "services", key, "serviceTemplate") for key in services}
    refs = [
        Ref(kinds.DPU_SERVICE_TEMPLATE, deployment.namespace, name)
        for name in sorted(names)
        if name
    ]
    found = [survey.node(t) for ref in refs if (t := survey.named(ref, deployment.ref))]
    return found + survey.placeholders(refs, deployment.ref)
