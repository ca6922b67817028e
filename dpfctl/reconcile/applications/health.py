"""Whether the Applications of a DPUService are there and well: its condition ``ApplicationsReady``.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``, which compares with the
    number of all DPUClusters, so that a service which selects some of them is never ready.
"""

from collections.abc import Sequence

from dpfctl.model import kinds
from dpfctl.model.applications import applications_of
from dpfctl.model.conditions import FALSE, PENDING, SUCCESS, TRUE
from dpfctl.model.dpu_services import runs_on_host
from dpfctl.model.resources import Resource
from dpfctl.reconcile.destinations import Destination, destinations
from dpfctl.reconcile.status.conditions import listing
from dpfctl.reconcile.steps import Fault
from dpfctl.reconcile.world import World

_SYNCED, _HEALTHY = "Synced", "Healthy"
_UNDEPLOYED = "Application is not yet deployed."
_UNREADY = "The following applications are not ready:"


def applications_ready(service: Resource, world: World) -> tuple[str, str, str] | None:
    """Judge the Applications of a DPUService.

    Args:
        service: The DPUService.
        world: What is known.

    Returns:
        Status, reason and message of the condition. It is true if there is one Application for
        every selected cluster and no other, each synced and healthy. None if that cannot be found
        out: what is said already may still be so.
    """
    if world.host.lack(kinds.APPLICATION, kinds.DPU_CLUSTER):
        return None
    found = applications_of(service, world.host)
    if items := [text for one in found if (text := _lack(one))]:
        return FALSE, PENDING, listing(_UNREADY, items)
    if world.is_upstream:
        wanted = 1 if runs_on_host(service) else len(world.clusters)
        return (TRUE, SUCCESS, "") if len(found) == wanted else (FALSE, PENDING, "")
    targets = destinations(service, world)
    text = targets.text if isinstance(targets, Fault) else _mismatch(service, targets, found)
    return (FALSE, PENDING, text) if text else (TRUE, SUCCESS, "")


def _lack(application: Resource) -> str:
    """Say what an Application lacks, empty if it is synced and healthy."""
    sync = application.text("status", "sync", "status")
    health = application.text("status", "health", "status")
    if (sync, health) == (_SYNCED, _HEALTHY):
        return ""
    if not sync and not health:
        return _UNDEPLOYED
    name, namespace = application.name, application.namespace
    return (
        f"Application is not ready:\n* Sync: {sync}\n  Health: {health}\n"
        "Run the following command for more details:\n"
        f"kubectl describe application {name} -n {namespace}"
    )


def _mismatch(service: Resource, targets: Sequence[Destination], found: Sequence[Resource]) -> str:
    """Say which Applications are missing or one too many, empty if there is one per cluster."""
    wanted = {target.application(service): target.name for target in targets}
    names = [one.name for one in found]
    missing = [cluster for name, cluster in wanted.items() if name not in names]
    if missing:
        return f"There is no Application for {_few(missing)}."
    extra = [name for name in names if name not in wanted]
    if extra or len(names) > len(wanted):
        return f"There are Applications in clusters that are not selected: {_few(extra or names)}."
    return ""


def _few(names: Sequence[str], shown: int = 5) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return f"{', '.join(names[:shown])}{more}"
