"""What an Argo CD Application of a DPUService looks like.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go`` and
    ``internal/argocd/application.go``; Argo CD 2.14 ``pkg/apis/application/v1alpha1``.
"""

from collections.abc import Mapping
from typing import Any

from dpfctl.model import kinds, labels
from dpfctl.model.applications import IN_CLUSTER
from dpfctl.model.dpu_services import marks_of
from dpfctl.model.resources import Resource
from dpfctl.reconcile.destinations import Destination
from dpfctl.reconcile.identity import CONTROLLER

FINALIZER = "resources-finalizer.argocd.argoproj.io"
"""Has Argo CD delete what an Application deployed before the Application itself goes."""

_PROJECTS = {False: "doca-platform-project-dpu", True: "doca-platform-project-host"}
_OCI = "oci://"


def application_body(
    service: Resource, destination: Destination, values: Mapping[str, Any], namespace: str
) -> dict[str, Any]:
    """Return the Application that deploys a service to one cluster.

    Args:
        service: The DPUService.
        destination: The cluster.
        values: Helm values for this cluster.
        namespace: Namespace of the DPF operator, where Applications are.
    """
    return {
        "apiVersion": kinds.APPLICATION.api_version,
        "kind": kinds.APPLICATION.name,
        "metadata": {
            "name": destination.application(service),
            "namespace": namespace,
            "labels": _labels(service, destination),
            "finalizers": [FINALIZER],
        },
        "spec": {
            "project": _PROJECTS[destination.is_host],
            "destination": {"name": destination.name, "namespace": service.namespace},
            "source": _source(service, values),
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
        },
    }


def _labels(service: Resource, destination: Destination) -> dict[str, str]:
    place = {} if destination.is_host else {labels.CLUSTER_NAMESPACE: destination.cluster[0]}
    return {
        labels.CLUSTER_NAME: IN_CLUSTER if destination.is_host else destination.name,
        **place,
        **marks_of(service),
        labels.COMPONENT: CONTROLLER,
    }


def _source(service: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """Where the chart is; Argo CD knows registries by their name, without ``oci://``."""
    source = service.mapping("spec", "helmChart", "source")
    chart = {
        "repoURL": str(source.get("repoURL") or "").removeprefix(_OCI),
        "path": source.get("path"),
        "targetRevision": source.get("version"),
        "chart": source.get("chart"),
    }
    release = {"releaseName": source.get("releaseName"), "valuesObject": dict(values)}
    helm = {name: value for name, value in release.items() if value not in (None, "")}
    return {**{name: value for name, value in chart.items() if value}, "helm": helm}
