"""One pass of the controllers' logic, as far as it goes: which hosts are ready for pods.

The rules are those of the controllers of DPF 26.x, made to answer once instead of forever; where
they differ, ``docs/explanation/host-taints.md`` says so. ``readiness`` judges every host;
``standings`` compares its verdicts with the taints of now, ``previews`` asks what a mark would
change, and ``node_limit`` how much of that is too much. ``demands`` (what a service asks for) and
``dpu_side`` (what a DPU cluster holds) are what is judged by, ``cautions`` is what the user should
know before.

The room is pure: inventories in, values out. It reads no cluster and writes nothing.
"""

from dpfctl.reconcile.cautions import critical_warnings
from dpfctl.reconcile.node_limit import NodeLimit, check_limit, parse_node_limit
from dpfctl.reconcile.previews import (
    Effect,
    HostPreview,
    Preview,
    kinds_for_preview,
    preview,
    refuse_unreadable,
)
from dpfctl.reconcile.readiness import judge_hosts, taints_disabled
from dpfctl.reconcile.standings import Standing, standing, why_tainted
from dpfctl.reconcile.verdicts import Gap, HostVerdict, State, Wait

__all__ = [
    "Effect",
    "Gap",
    "HostPreview",
    "HostVerdict",
    "NodeLimit",
    "Preview",
    "Standing",
    "State",
    "Wait",
    "check_limit",
    "critical_warnings",
    "judge_hosts",
    "kinds_for_preview",
    "parse_node_limit",
    "preview",
    "refuse_unreadable",
    "standing",
    "taints_disabled",
    "why_tainted",
]
