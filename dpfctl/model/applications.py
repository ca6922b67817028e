"""Argo CD Applications: the name, place and labels by which they belong to a DPUService.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go`` and
    ``internal/digest/digest.go``.
"""

import hashlib
import json

from dpfctl.model import kinds
from dpfctl.model.dpu_services import marks_of
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Resource

IN_CLUSTER = "in-cluster"
"""Stands for the host cluster where a DPU cluster's name would stand."""

SKIP_RECONCILE = "argocd.argoproj.io/skip-reconcile"
"""Annotation that holds an Application while its value is ``true``."""

LONGEST_NAME = 63
_KEPT = 57
_DIGITS = 5
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def application_name(cluster: str, service: str) -> str:
    """Return the name of the Application that deploys a DPUService to one cluster.

    Args:
        cluster: Name of the DPUCluster, or ``IN_CLUSTER``.
        service: Name of the DPUService.

    Returns:
        ``cluster-service``; if that is longer than 63 characters, its first 57, a dash and 5
        digits of a digest. The namespace of the DPUCluster is no part of it.
    """
    name = f"{cluster}-{service}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:_KEPT]}-{digest(cluster, service)[:_DIGITS]}"


def digest(*texts: str) -> str:
    """Return the hexadecimal SHA-256 that DPF makes of texts; empty for none.

    Each text counts as the line that Go's JSON encoder writes for it.
    """
    if not texts:
        return ""
    found = hashlib.sha256()
    for text in texts:
        line = json.dumps(text, ensure_ascii=False)
        for character, escape in _ESCAPES.items():
            line = line.replace(character, escape)
        found.update(f"{line}\n".encode())
    return found.hexdigest()


def is_held(application: Resource) -> bool:
    """Whether Argo CD leaves the Application alone."""
    return application.annotation(SKIP_RECONCILE) == "true"


def applications_of(service: Resource, host: Inventory) -> tuple[Resource, ...]:
    """Return the Applications that carry the labels of a DPUService, by namespace, then name."""
    return host.labelled(kinds.APPLICATION, marks_of(service))
