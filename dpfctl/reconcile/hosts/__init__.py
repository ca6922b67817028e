"""Hosts: whether they are ready for pods, what they wait for, and their taints.

``readiness`` judges every host; ``standings`` compares its verdicts with the taints of now,
``previews`` asks what a mark would change, ``node_limit`` how much of that is too much, and
``taints`` makes it so. ``demands`` (what a service asks for) and ``dpu_side`` (what a DPU cluster
holds) are what is judged by.
"""

from dpfctl.reconcile.hosts.cautions import critical_warnings
from dpfctl.reconcile.hosts.node_limit import NodeLimit, check_limit, parse_node_limit
from dpfctl.reconcile.hosts.previews import (
    Effect,
    HostPreview,
    Preview,
    kinds_for_preview,
    preview,
    refuse_unreadable,
)
from dpfctl.reconcile.hosts.readiness import judge_hosts, taints_disabled
from dpfctl.reconcile.hosts.standings import Standing, standing, why_tainted
from dpfctl.reconcile.hosts.verdicts import Gap, HostVerdict, State, Wait

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
