"""What is still to come after a suspension or a resumption."""

from typing import Any

import pytest

from dpfctl.marks.waiting import not_held_yet, not_ready_yet
from dpfctl.model.applications import SKIP_RECONCILE
from dpfctl.model.inventory import Inventory
from tests.builders import (
    NS,
    Built,
    application,
    condition,
    dpu_cluster,
    dpu_service,
    inventory,
    operator_config,
)

HBN = dpu_service("hbn", "tenant")
REF = "dpuservice/tenant/hbn"


def host(*applications: Built) -> Inventory:
    return inventory(operator_config(), dpu_cluster("edge"), dpu_cluster("core"), *applications)


def app(name: str, hold: str = "") -> Built:
    annotations = {SKIP_RECONCILE: hold} if hold else {}
    return application(name).having(metadata={"annotations": annotations})


def ready(status: str = "True", reason: str = "Success", **observed: int) -> Built:
    told: dict[str, Any] = {**condition("Ready", status, reason), **observed}
    return HBN.conditions(told).having(metadata={"generation": 3})


@pytest.mark.parametrize(
    ("applications", "left"),
    [
        pytest.param((), [], id="no application, nothing to hold"),
        pytest.param((app("edge-hbn", "true"), app("core-hbn", "true")), [], id="all held"),
        pytest.param(
            (app("edge-hbn", "true"), app("core-hbn")),
            [f"application/{NS}/core-hbn: not held yet"],
            id="one is not",
        ),
        pytest.param(
            (app("edge-hbn", "false"), app("core-hbn")),
            [
                f"application/{NS}/core-hbn: not held yet",
                f"application/{NS}/edge-hbn: not held yet",
            ],
            id="none is, by cluster",
        ),
        pytest.param((app("edge-dts"),), [], id="those of other services do not count"),
    ],
)
def test_a_suspension_waits_until_its_applications_are_held(
    applications: tuple[Built, ...], left: list[str]
) -> None:
    assert list(not_held_yet(HBN.resource, host(*applications))) == left


@pytest.mark.parametrize(
    ("service", "applications", "left"),
    [
        pytest.param(ready(observedGeneration=3), (app("edge-hbn"),), [], id="ready and let go"),
        pytest.param(ready(), (), [], id="a condition that names no generation is believed"),
        pytest.param(
            ready(observedGeneration=2),
            (),
            [f"{REF}: Ready speaks of generation 2, not of 3"],
            id="ready of the generation before the resumption",
        ),
        pytest.param(
            ready("False", "Pending", observedGeneration=3),
            (),
            [f"{REF}: Ready: Pending"],
            id="not ready",
        ),
        pytest.param(
            ready("Unknown", "", observedGeneration=3),
            (),
            [f"{REF}: Ready: not yet"],
            id="not ready without a reason",
        ),
        pytest.param(HBN, (), [f"{REF}: Ready: not yet"], id="no condition"),
        pytest.param(
            ready(observedGeneration=3),
            (app("core-hbn", "true"), app("edge-hbn", "false")),
            [f"application/{NS}/core-hbn: still held"],
            id="ready, but an application is still held",
        ),
        pytest.param(
            ready("False", "Pending"),
            (app("edge-hbn", "true"),),
            [f"application/{NS}/edge-hbn: still held", f"{REF}: Ready: Pending"],
            id="applications first, then the service",
        ),
    ],
)
def test_a_resumption_waits_until_the_service_is_ready(
    service: Built, applications: tuple[Built, ...], left: list[str]
) -> None:
    assert list(not_ready_yet(service.resource, host(*applications))) == left
