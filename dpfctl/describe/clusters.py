"""The branch DPUClusters."""

from collections.abc import Iterator

from dpfctl.describe.survey import Survey
from dpfctl.describe.tree import Node
from dpfctl.model import kinds, labels
from dpfctl.model.resources import Resource

STATIC = "static"


def cluster_branches(survey: Survey, _config: Resource) -> Iterator[Node | None]:
    """Yield what ``describe dpuclusters`` shows below the root."""
    if survey.admits(kinds.DPU_CLUSTER):
        nodes = [
            survey.node(cluster, _control_planes(survey, cluster))
            for cluster in survey.top(kinds.DPU_CLUSTER)
            if survey.shows(cluster)
        ]
        yield survey.header(kinds.DPU_CLUSTER.title, nodes)


def _control_planes(survey: Survey, cluster: Resource) -> list[Node]:
    """TenantControlPlanes of a cluster; one that is labelled with a namespace must name ours."""
    if cluster.text("spec", "type") == STATIC or not survey.admits(kinds.TENANT_CONTROL_PLANE):
        return []
    named_alike = survey.joined(
        kinds.TENANT_CONTROL_PLANE,
        "cluster",
        cluster.name,
        lambda plane: plane.label(labels.CLUSTER_NAME) or "",
    )
    return [
        survey.node(plane)
        for plane in named_alike
        if survey.shows(plane)
        and plane.label(labels.CLUSTER_NAMESPACE) in (None, "", cluster.namespace)
    ]
