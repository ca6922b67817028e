"""The branches System Components, DPUServices and DPUServiceCredentialRequests."""

from collections.abc import Iterator

from dpfctl.describe.survey import Survey, is_system_component, owner_of
from dpfctl.describe.tree import Node, Role
from dpfctl.model import kinds, labels
from dpfctl.model.conditions import find_ready
from dpfctl.model.resources import Resource


def service_branches(survey: Survey, config: Resource) -> Iterator[Node | None]:
    """Yield what ``describe dpuservices`` shows below the root."""
    if survey.admits(kinds.DPU_SERVICE):
        shown = [s for s in survey.top(kinds.DPU_SERVICE) if survey.shows(s)]
        yield _system_components(survey, config, [s for s in shown if is_system_component(s)])
        yield service_header(
            survey,
            [s for s in shown if not is_system_component(s) and not _stands_elsewhere(survey, s)],
        )
    if survey.admits(kinds.DPU_SERVICE_CREDENTIAL_REQUEST):
        kind = kinds.DPU_SERVICE_CREDENTIAL_REQUEST
        yield survey.listing(kind, survey.top(kind))


def service_header(
    survey: Survey, services: list[Resource], *, applications: bool = True
) -> Node | None:
    """Make the heading DPUServices over services and the Applications that matter below each."""
    nodes = [
        survey.node(service, _applications(survey, service) if applications else ())
        for service in services
    ]
    return survey.header(kinds.DPU_SERVICE.title, nodes, grouping=True)


def _system_components(survey: Survey, config: Resource, services: list[Resource]) -> Node | None:
    applications = survey.admits(kinds.APPLICATION)
    header = service_header(survey, services, applications=applications)
    if header is None:
        return None
    return Node(Role.HEADER, "System Components", config.namespace, children=(header,))


def _stands_elsewhere(survey: Survey, service: Resource) -> bool:
    return survey.is_whole_fleet and bool(owner_of(service)) and survey.admits(kinds.DPU_DEPLOYMENT)


def _applications(survey: Survey, service: Resource) -> list[Node]:
    """Applications of a service that is not ready or was asked to be expanded."""
    ready = find_ready(service.conditions)
    is_ready = ready is not None and ready.is_true
    if is_ready and not survey.options.expand_resources.matches(service.kind, service.name):
        return []
    owner = f"{service.namespace}/{service.name}"
    return [
        survey.node(application)
        for application in survey.joined(kinds.APPLICATION, "service", owner, _service_of)
    ]


def _service_of(application: Resource) -> str:
    namespace = application.label(labels.DPU_SERVICE_NAMESPACE) or ""
    return f"{namespace}/{application.label(labels.DPU_SERVICE_NAME) or ''}"
