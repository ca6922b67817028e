"""The blast radius of a mark: the hosts that it taints, service by service."""

from dpfctl.model.resources import Ref
from dpfctl.plan import Impact
from dpfctl.reconcile.hosts.previews import Effect, HostPreview, Preview

TAINTED = "hosts tainted at once"


def mark_impacts(preview: Preview) -> tuple[Impact, ...]:
    """Return one impact per target: the names of hosts that are newly tainted because of it.

    What cannot be foretold is an impact that is not known.
    """
    return tuple(_impact(target, preview) for target in preview.targets)


def _impact(target: Ref, preview: Preview) -> Impact:
    if preview.unreadable:
        return Impact(target, TAINTED, is_known=False, note=preview.unreadable[0].message)
    hosts = [host for host in preview.having(Effect.NEW) if _waits_for(host, target)]
    names = (host.verdict.node.name for host in hosts if host.verdict.node is not None)
    note = "taints are disabled in the DPFOperatorConfig" if preview.is_disabled else ""
    return Impact(target, TAINTED, tuple(names), note=note)


def _waits_for(host: HostPreview, target: Ref) -> bool:
    return any(wait.service == target for wait in host.verdict.waits)
