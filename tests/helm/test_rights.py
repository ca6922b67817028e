"""What the program ``helm`` may do: the example role is enough, and not one right too much."""

from collections.abc import Mapping
from typing import Any

import pytest

from dpfctl.errors import DpfctlError
from tests.cluster.rbac_examples import Right, Robot, example, make_robot, refused
from tests.controlplane.audit import recorded
from tests.helm.targets import Target

ROLE = example("rbac-in-dpu-clusters.yaml").only("dpfctl-helm")
OPEN: Mapping[str, Any] = {
    "exposedPorts": {"labels": {"a": "b"}, "ports": {"httpserver": True}},
    "serviceDaemonSet": {"labels": {"release": "one"}},
}
CHANGED: Mapping[str, Any] = {**OPEN, "serviceDaemonSet": {"labels": {"release": "two"}}}


def live_through(target: Target, robot: Robot) -> None:
    """Install a release, upgrade it, remove it; the history is cut on the way."""
    kubeconfig = target.cluster.kubeconfig_text(robot.token)
    for values in (OPEN, CHANGED, OPEN, CHANGED, OPEN, CHANGED):
        target.upgrade(target.release(values=values), kubeconfig=kubeconfig)
    target.helm.uninstall("hbn", target.namespace, kubeconfig, 10.0)


def test_the_role_is_enough_for_a_chart_of_dpf(target: Target) -> None:
    live_through(target, make_robot(target.cluster, ROLE))

    assert (target.secrets(), target.daemon_sets()) == ([], [])


@pytest.mark.parametrize("right", list(ROLE.rights()), ids=str)
def test_the_role_has_no_right_too_much(target: Target, right: Right) -> None:
    robot = make_robot(target.cluster, ROLE.without(right))

    with (
        recorded(target.cluster, robot.user) as asked,
        pytest.raises(DpfctlError) as caught,
    ):
        live_through(target, robot)
    (resource,) = right.resources
    # Helm does not always tell why it failed; a refused creation is a refused patch to the server.
    is_refused = (right.verb, resource) in refused(asked)
    assert is_refused or right.refusals[0] in caught.value.message
