"""What is still to come after a suspension or a resumption: the effects that ``--wait`` awaits."""

from collections.abc import Iterator

from dpfctl.marks.blast import held_applications
from dpfctl.model import kinds
from dpfctl.model.applications import is_held
from dpfctl.model.inventory import Inventory
from dpfctl.model.progress import unready_fact
from dpfctl.model.resources import Resource


def not_held_yet(service: Resource, host: Inventory) -> tuple[str, ...]:
    """Say which Applications of a suspended service are not held yet.

    Without exactly one DPFOperatorConfig the controller does not know where they are.
    """
    if len(host.list(kinds.DPF_OPERATOR_CONFIG)) != 1:
        return (f"{service.ref}: exactly one DPFOperatorConfig must exist",)
    return tuple(
        f"application/{one.namespace}/{one.name}: not held yet"
        for one in held_applications(service, host)
        if not is_held(one)
    )


def not_ready_yet(service: Resource, host: Inventory) -> tuple[str, ...]:
    """Say why a resumed service is not ready yet: held Applications, then its Ready condition."""
    return tuple(_lags(service, host))


def _lags(service: Resource, host: Inventory) -> Iterator[str]:
    for one in held_applications(service, host):
        if is_held(one):
            yield f"application/{one.namespace}/{one.name}: still held"
    if fact := unready_fact(service):
        yield f"{service.ref}: {fact}"
