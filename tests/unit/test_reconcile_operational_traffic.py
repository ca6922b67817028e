"""What the operational conditions of DPUs say of interfaces and chains."""

from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.reconcile.world import World
from tests.builders import NOW, NS, Built, build, condition, dpu_service_chain, inventory
from tests.builders import dpu_service_interface as interface
from tests.unit.operational import healthy, known, said
from tests.unit.reconcile_fleets import ONE


class TestTraffic:
    """Interfaces and chains of DPUDeployments."""

    OWNED = interface("p0").owned_by(NS, "edge")
    CHAIN = dpu_service_chain("c").owned_by(NS, "edge")

    @staticmethod
    def single(name: str = "p0", dpu: str = "dpu-1", generation: int = 1) -> Built:
        built = build(kinds.SERVICE_INTERFACE, f"{name}-{dpu}").labelled(
            SERVICE_INTERFACE_SET_NAME=name, SERVICE_INTERFACE_SET_NAMESPACE=NS
        )
        ready = {**condition("Ready"), "observedGeneration": generation}
        return built.spec(node=dpu).having(metadata={"generation": 1}).conditions(ready)

    @staticmethod
    def shared(*, observed: int = 1, **entry: Any) -> Built:
        built = build(kinds.NODE_SERVICE_INTERFACES, "dpu-1").having(metadata={"generation": 1})
        built = built.spec(node="dpu-1", interfaces=[{"name": f"{NS}_p0", **entry}])
        statuses = [{"name": f"{NS}_p0", "conditions": [condition("Ready")]}]
        return built.status(observedGeneration=observed, interfaceStatuses=statuses)

    @pytest.mark.parametrize(
        ("objects", "is_ready"),
        [
            pytest.param([single()], True, id="it is there"),
            pytest.param([], False, id="it is not"),
            pytest.param([single(dpu="dpu-2")], False, id="it is on another DPU"),
            pytest.param([single(name="p1")], False, id="another one is"),
            pytest.param([single(generation=0)], False, id="what it says is old"),
            pytest.param([shared()], True, id="as an entry"),
            pytest.param([shared(terminating=True)], False, id="as an entry that goes"),
            pytest.param([shared(observed=0)], False, id="as an entry that was not seen"),
            pytest.param([shared(), single(generation=0)], False, id="the object of its own wins"),
        ],
    )
    def test_an_interface(self, objects: list[Built], is_ready: bool) -> None:
        found = said(known(self.OWNED, side=(healthy(), *objects)))["DPUServiceInterfacesReady"]
        assert found == (
            ("True", "AllServiceInterfacesReady", "All ServiceInterfaces are ready (1)")
            if is_ready
            else ("False", "ServiceInterfacesNotReady", "ServiceInterfaces not ready (0/1): p0")
        )

    @pytest.mark.parametrize(
        ("built", "message"),
        [
            pytest.param(interface("p0"), "All ServiceInterfaces are ready (0)", id="of a user"),
            pytest.param(
                OWNED.spec(template={"spec": {"nodeSelector": {"matchLabels": {"zone": "ga"}}}}),
                "All ServiceInterfaces are ready (0)",
                id="not meant for the DPU",
            ),
            pytest.param(
                OWNED.spec(template={"spec": {"nodeSelector": {"matchLabels": {"zone": "dk"}}}}),
                "ServiceInterfaces not ready (0/1): p0",
                id="meant for the DPU",
            ),
            pytest.param(
                OWNED.spec(dpuClusterSelector={"matchLabels": {"zone": "ga"}}),
                "All ServiceInterfaces are ready (0)",
                id="not meant for the DPU cluster",
            ),
        ],
    )
    def test_which_interfaces_count(self, built: Built, message: str) -> None:
        found = said(known(built, side=(healthy(),)))["DPUServiceInterfacesReady"]
        assert found[2] == message

    def test_a_chain(self) -> None:
        found = said(known(self.CHAIN, side=(healthy(),)))
        assert found["DPUServiceChainsReady"] == (
            "False",
            "ServiceChainsNotReady",
            "ServiceChains not ready (0/1): c",
        )
        there = build(kinds.SERVICE_CHAIN, "c-dpu-1").labelled(
            SERVICE_CHAIN_SET_NAME="c", SERVICE_CHAIN_SET_NAMESPACE=NS
        )
        there = there.spec(node="dpu-1").ready()
        assert said(known(self.CHAIN, side=(healthy(), there)))["OperationalReady"][0] == "True"

    def test_lists_that_are_missing_leave_it_open(self) -> None:
        missing = (kinds.POD, kinds.SERVICE_INTERFACE, kinds.SERVICE_CHAIN)
        troubles = dict.fromkeys(missing, (Trouble.FORBIDDEN, "not yours"))
        seen = known(self.OWNED, self.CHAIN)
        blind = World(
            seen.host,
            {ONE: inventory(healthy(), troubles=troubles)},
            NOW,
            features=seen.features,
        )
        texts = [message for _, _, message in said(blind).values()]
        assert texts[0].startswith("Unknown conditions: DPUServiceCriticalPodsReady, ")
        assert texts[2:] == [
            "Failed to list or aggregate DPU service pods",
            "Failed to list or aggregate DPUServices or Pods",
            "Failed to list or aggregate ServiceInterfaces",
            "Failed to list or aggregate ServiceChains",
        ]

    def test_bad_and_unknown_are_told_together(self) -> None:
        seen = known(self.OWNED, troubles={kinds.DPU_SERVICE: (Trouble.FORBIDDEN, "no")})
        bad = World(seen.host, {ONE: inventory(healthy())}, NOW, features=seen.features)
        assert said(bad)["OperationalReady"] == (
            "False",
            "NotReadyAndUnknown",
            "Not ready conditions: DPUServiceInterfacesReady, Unknown conditions: "
            "DPUServiceCriticalPodsReady, DPUServiceNonCriticalPodsReady",
        )
