"""Rows of Helm releases in DPU clusters. A release has the name that its Application would have."""

from dpfctl.describe.dpu_conditions import release_conditions
from dpfctl.describe.dpu_side import DpuSide
from dpfctl.describe.survey import Survey
from dpfctl.describe.tree import Node
from dpfctl.model import kinds
from dpfctl.model.applications import application_name
from dpfctl.model.dpu_services import runs_on_host
from dpfctl.model.release_objects import release_resource
from dpfctl.model.releases import StoredRelease, release_name
from dpfctl.model.resources import Resource


def service_release(survey: Survey, side: DpuSide, service: Resource) -> Node | None:
    """Make the row of the release that deploys one DPUService to one DPU cluster."""
    if runs_on_host(service):
        return None
    found = side.releases.get(_key(side, service))
    return _row(survey, side, found) if found else None


def loose_releases(survey: Survey, side: DpuSide) -> Node | None:
    """Make the heading of releases that stand below no DPUService."""
    elsewhere: set[tuple[str, str]] = set()
    if survey.is_whole_fleet and survey.admits(kinds.DPU_SERVICE):
        services = survey.objects(kinds.DPU_SERVICE)
        elsewhere = {_key(side, service) for service in services if not runs_on_host(service)}
    rows = [
        _row(survey, side, release)
        for key, release in side.releases.items()
        if key not in elsewhere
    ]
    return survey.header(kinds.RELEASE.title, rows, grouping=True)


def _key(side: DpuSide, service: Resource) -> tuple[str, str]:
    asked = service.text("spec", "helmChart", "source", "releaseName")
    return service.namespace, release_name(asked, application_name(side.cluster.name, service.name))


def _row(survey: Survey, side: DpuSide, release: StoredRelease) -> Node:
    return survey.node(
        release_resource(release),
        conditions=release_conditions(release),
        dpu_cluster=side.name,
    )
