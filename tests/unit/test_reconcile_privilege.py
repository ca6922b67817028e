"""The list of services that may run privileged pods in a DPU cluster."""

from typing import Any

import pytest

from dpfctl.errors import NotFoundError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.cluster import HOST
from dpfctl.model.dpu_services import ALLOW_LIST
from dpfctl.model.inventory import Trouble
from dpfctl.plan import Action, Change
from dpfctl.reconcile.prerequisites.planning import replan_prerequisite
from dpfctl.reconcile.prerequisites.privilege import (
    FEATURE,
    allow_list_changes,
    privileged_services,
)
from dpfctl.reconcile.steps import Step
from dpfctl.reconcile.world import World
from tests.builders import Built, build, inventory
from tests.unit.reconcile_fleets import ONE, cluster, fault_of, service, world

WANTED = {"one": "svc-ns/dpu-one"}


def allowed(name: str = "dpu-one", **spec: Any) -> Built:
    return service(name, **{"security": {"privileged": True}, "serviceID": "one", **spec})


def allow_list(**data: str) -> Built:
    built = build(kinds.CONFIG_MAP, ALLOW_LIST.name, ALLOW_LIST.namespace).having(data=data)
    return built.having(metadata={"resourceVersion": "4"})


def known(*objects: Built, side: tuple[Built, ...] = ()) -> World:
    home = build(kinds.NAMESPACE, ALLOW_LIST.namespace)
    return world(*objects, dpus={ONE: (home, *side)}, features=(FEATURE,))


def change_of(there: World) -> Change:
    found = allow_list_changes(ONE, there)
    assert isinstance(found, tuple)
    (change,) = found
    return change


class TestList:
    @pytest.mark.parametrize(
        ("built", "is_on_it"),
        [
            pytest.param(allowed(), True, id="privileged"),
            pytest.param(allowed(security=None), True, id="it does not say"),
            pytest.param(allowed().suspended(), True, id="suspended"),
            pytest.param(allowed(security={"privileged": False}), False, id="not privileged"),
            pytest.param(allowed(deployInCluster=True), False, id="on the host cluster"),
            pytest.param(allowed().deleting(), False, id="in deletion"),
            pytest.param(
                allowed(dpuClusterSelector={"matchLabels": {"a": "b"}}), False, id="elsewhere"
            ),
        ],
    )
    def test_who_is_on_it(self, built: Built, is_on_it: bool) -> None:
        found = privileged_services(ONE, known(built))

        assert found == (WANTED if is_on_it else {})

    def test_a_cluster_that_there_is_not_has_none(self) -> None:
        assert privileged_services(("ns1", "other"), known(allowed())) == {}


class TestChange:
    def test_a_new_list_is_applied(self) -> None:
        change = change_of(known(allowed()))

        assert (change.action, change.cluster) == (Action.APPLY, ONE)
        assert change.after == {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": "dpf-deny-privileged-pods-allowlist",
                "namespace": "dpf-operator-system",
            },
            "data": WANTED,
        }
        assert (change.stage, change.manager) == (Step.PRIVILEGE, "dpuservice-manager")

    @pytest.mark.parametrize(
        ("there", "action"),
        [
            pytest.param(allow_list(one="svc-ns/dpu-one"), Action.NONE, id="as wanted"),
            pytest.param(allow_list(), Action.PATCH, id="one is missing"),
            pytest.param(allow_list(one="a/b"), Action.PATCH, id="another service"),
            pytest.param(
                allow_list(one="svc-ns/dpu-one", old="a/b"), Action.PATCH, id="one too many"
            ),
        ],
    )
    def test_a_list_that_differs_is_replaced(self, there: Built, action: Action) -> None:
        change = change_of(known(allowed(), side=(there,)))

        assert change.action is action
        assert change.after["data"] == WANTED

    def test_the_last_service_leaves_it_empty(self) -> None:
        change = change_of(known(allowed().deleting(), side=(allow_list(one="svc-ns/dpu-one"),)))

        assert (change.action, change.after["data"]) == (Action.PATCH, {})

    def test_no_list_is_made_for_nobody(self) -> None:
        assert allow_list_changes(ONE, known()) == ()

    def test_without_the_operators_namespace_there_is_nothing_that_reads_it(self) -> None:
        there = world(allowed(), dpus={ONE: ()}, features=(FEATURE,))

        assert allow_list_changes(ONE, there) == ()

    def test_older_releases_have_none(self) -> None:
        assert allow_list_changes(ONE, world(allowed(), dpus={ONE: ()})) == ()

    def test_services_that_cannot_be_listed_are_a_fault(self) -> None:
        there = world(
            dpus={ONE: ()},
            features=(FEATURE,),
            troubles={kinds.DPU_SERVICE: (Trouble.FORBIDDEN, "no services for you")},
        )
        fault = fault_of(allow_list_changes(ONE, there))

        start = "Unable to reconcile application prereq for PrivilegedPodEnforcement: "
        assert (fault.message, fault.cluster) == (f"{start}no services for you", HOST)

    def test_a_cluster_that_cannot_be_read_is_a_fault(self) -> None:
        troubles = {kinds.CONFIG_MAP: (Trouble.FORBIDDEN, "no configmaps for you")}
        there = known(allowed())
        blind = World(
            there.host, {ONE: inventory(troubles=troubles)}, there.now, features=there.features
        )
        dead = world(
            cluster(ONE), allowed(), dpus={ONE: UnreachableError("lost")}, features=(FEATURE,)
        )

        assert fault_of(allow_list_changes(ONE, blind)).cluster == ONE
        assert fault_of(allow_list_changes(ONE, blind)).text.endswith("no configmaps for you")
        assert fault_of(allow_list_changes(ONE, dead)).text == "get cluster cluster-one: lost"


class TestLostRaces:
    CHANGED = allow_list(one="a/b")

    def test_the_data_is_replaced_again(self) -> None:
        change = change_of(known(allowed(), side=(self.CHANGED,)))
        fresh = allow_list(two="c/d").having(metadata={"labels": {"a": "b"}})
        again = replan_prerequisite(change, fresh.resource)

        assert again.action is Action.PATCH
        assert again.after == {**fresh.raw, "data": WANTED}
        stored = allow_list(**WANTED).resource
        assert replan_prerequisite(change, stored).action is Action.NONE

    def test_a_list_that_is_gone_is_told(self) -> None:
        change = change_of(known(allowed(), side=(self.CHANGED,)))

        with pytest.raises(NotFoundError):
            replan_prerequisite(change, None)
