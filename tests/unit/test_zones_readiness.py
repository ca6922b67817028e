"""When an object of a zone is ready, with conditions and without."""

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.zones.readiness import unready
from tests.builders import NS, Built, condition, dpu, dpu_service, dpu_set, inventory

SET = dpu_set("dpuset-dk")
STALE = {**condition("Ready"), "observedGeneration": 1}


def unit(name: str) -> Built:
    return dpu(name).labelled(DPU_SET_NAME="dpuset-dk", DPU_SET_NAMESPACE=NS)


@pytest.mark.parametrize(
    ("built", "fact"),
    [
        pytest.param(dpu_service("hbn").ready(), "", id="a condition that is True"),
        pytest.param(dpu_service("hbn"), "Ready: not yet", id="a service without any"),
        pytest.param(dpu_service("hbn").degraded("Broken"), "Ready: Broken", id="one that is not"),
        pytest.param(
            dpu_service("hbn").conditions(STALE).having(metadata={"generation": 2}),
            "Ready speaks of generation 1, not of 2",
            id="one from before the last write",
        ),
        pytest.param(SET.degraded("Broken"), "Ready: Broken", id="a set that has conditions"),
    ],
)
def test_by_its_condition(built: Built, fact: str) -> None:
    assert unready(built.resource, inventory(unit("d1").status(phase="Ready"))) == fact


@pytest.mark.parametrize(
    ("dpus", "fact"),
    [
        pytest.param((unit("d1").status(phase="Ready"), unit("d2").ready()), "", id="all Ready"),
        pytest.param(
            (unit("d1").status(phase="Ready"), unit("d2").status(phase="OS Installing")),
            "1 of 2 DPUs not Ready: d2",
            id="one by its phase",
        ),
        pytest.param(
            (unit("d1").status(phase="Ready").degraded(),),
            "1 of 1 DPUs not Ready: d1",
            id="one by its condition",
        ),
        pytest.param((dpu("other").ready(),), "has no DPU yet", id="none of its own"),
    ],
)
def test_a_set_without_conditions_by_its_dpus(dpus: tuple[Built, ...], fact: str) -> None:
    assert unready(SET.resource, inventory(*dpus)) == fact


def test_a_set_without_conditions_if_dpus_cannot_be_listed() -> None:
    lost = inventory(troubles={kinds.DPU: (Trouble.FORBIDDEN, "dpus: forbidden")})
    assert unready(SET.resource, lost) == "dpus: forbidden"
