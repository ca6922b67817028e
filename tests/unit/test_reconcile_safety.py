"""What a pass must never do: end the old before the new, or judge by what it cannot see."""

from collections.abc import Iterable

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.plan import Action, Change
from dpfctl.reconcile.deploy import FINALIZER, plan_deploy
from dpfctl.reconcile.follow import plan_follow, refinish
from dpfctl.reconcile.guards import withdrawn_ports
from dpfctl.reconcile.hosts.taints import mass_taints, plan_taints
from dpfctl.reconcile.passing import begin, follow
from dpfctl.reconcile.status.planning import found_states
from dpfctl.reconcile.steps import APPLICATIONS_READY, PREREQUISITES, Step
from dpfctl.reconcile.world import Engine, World
from tests.builders import NOW, Built, node, operator_config
from tests.unit.hosts import Site, critical, linked, placed, running, site, tainted, worker
from tests.unit.hosts import cluster as dpu_cluster
from tests.unit.reconcile_fleets import (
    ONE,
    TWO,
    cluster,
    deployed,
    service,
    service_interface,
    world,
)

SELECTING_TWO = {"matchLabels": {"zone": "two"}}
KEPT = service().having(metadata={"finalizers": [FINALIZER]})
MOVED = KEPT.spec(dpuClusterSelector=SELECTING_TWO)
CLUSTERS = (cluster(ONE, zone="one"), cluster(TWO, zone="two"))
LOST = {kinds.APPLICATION: (Trouble.UNREACHABLE, "no answer")}
PORTS = {"serviceType": "NodePort", "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}


def of_step(changes: Iterable[Change], step: Step) -> list[Change]:
    return [change for change in changes if change.stage == step]


class TestTheOldGoesLast:
    def test_it_needs_the_new(self) -> None:
        there = world(MOVED, *CLUSTERS, deployed(MOVED, ONE), dpus={ONE: (), TWO: ()})

        changes = plan_deploy(MOVED.resource, there).changes

        (new,), (old,) = of_step(changes, Step.DEPLOY), of_step(changes, Step.STALE)
        assert (new.action, old.action) == (Action.APPLY, Action.DELETE)
        assert new.gives in (old.needs or ())

    @pytest.mark.parametrize(
        "broken",
        [
            pytest.param({"helmChart": {"values": [1]}}, id="values that are no object"),
            pytest.param({"serviceID": "a", "interfaces": ["none"]}, id="an interface is missing"),
        ],
    )
    def test_it_stays_if_the_new_cannot_be_planned(self, broken: dict[str, object]) -> None:
        bad = MOVED.spec(**broken)
        there = world(bad, *CLUSTERS, deployed(bad, ONE), dpus={ONE: (), TWO: ()})

        one = plan_deploy(bad.resource, there)

        assert one.faults
        assert of_step(one.changes, Step.STALE) == []

    def test_it_stays_if_the_cluster_of_the_new_is_dead(self) -> None:
        there = world(MOVED, *CLUSTERS, deployed(MOVED, ONE), dpus={ONE: ()})

        assert of_step(plan_deploy(MOVED.resource, there).changes, Step.STALE) == []

    def test_of_a_held_application_only_the_uid_must_match(self) -> None:
        leaving = KEPT.deleting().having(metadata={"finalizers": [FINALIZER]})
        there = world(leaving, deployed(leaving, ONE, held="true"), dpus={ONE: ()})

        (let_go,) = of_step(plan_deploy(leaving.resource, there).changes, Step.HOLD)
        (deletion,) = of_step(plan_deploy(leaving.resource, there).changes, Step.STALE)

        assert let_go.preconditions["resourceVersion"] == "5"
        assert deletion.preconditions == {"uid": let_go.preconditions["uid"]}


class TestWhatCannotBeSeen:
    def test_says_nothing_about_applications(self) -> None:
        there = world(KEPT, dpus={ONE: ()}, troubles=LOST)

        assert APPLICATIONS_READY not in found_states(plan_deploy(KEPT.resource, there), there)

    def test_is_told_of_a_suspended_service(self) -> None:
        there = world(KEPT.suspended(), dpus={ONE: ()}, troubles=LOST)

        one = plan_deploy(KEPT.suspended().resource, there)

        assert [(fault.step, fault.text) for fault in one.faults] == [(Step.HOLD, "no answer")]

    def test_prerequisites_that_were_not_looked_at_are_not_good(self) -> None:
        bad = KEPT.spec(dpuClusterSelector={"matchExpressions": [{"key": "a", "operator": "Is"}]})
        there = world(bad, dpus={ONE: ()})

        assert PREREQUISITES not in found_states(plan_deploy(bad.resource, there), there)

    def test_a_dead_cluster_is_no_business_of_a_service_that_does_not_select_it(self) -> None:
        there = world(MOVED, *CLUSTERS, dpus={TWO: ()})
        upstream = world(MOVED, *CLUSTERS, dpus={TWO: ()}, is_upstream=True)

        assert plan_deploy(MOVED.resource, there).faults == ()
        assert [f.cluster for f in plan_deploy(MOVED.resource, upstream).faults] == [ONE]


class TestTheEndOfAService:
    LEAVING = KEPT.deleting().having(metadata={"finalizers": [FINALIZER]})

    def finish(self) -> Change:
        there = world(self.LEAVING, dpus={ONE: ()})
        one = plan_follow(plan_deploy(self.LEAVING.resource, there), there)
        (change,) = of_step(one.changes, Step.FINISH)
        return change

    def test_waits_for_applications_under_helm_too(self) -> None:
        held = deployed(self.LEAVING, ONE, held="true")
        there = world(self.LEAVING, held, dpus={ONE: ()}, engine=Engine.HELM)

        one = plan_follow(plan_deploy(self.LEAVING.resource, there), there)

        assert of_step(one.changes, Step.FINISH) == []
        assert [fault.text for fault in one.faults] == [
            "The following applications are awaiting deletion:\n"
            "* dpf-operator-system/cluster-one-dpu-one.argoproj.io"
        ]

    @pytest.mark.parametrize(
        ("fresh", "action"),
        [
            pytest.param(LEAVING, Action.PATCH, id="it is as it was"),
            pytest.param(LEAVING.suspended(), Action.NONE, id="it was suspended meanwhile"),
            pytest.param(KEPT, Action.NONE, id="it is another one that stays"),
            pytest.param(None, Action.NONE, id="it is gone"),
        ],
    )
    def test_is_looked_at_again(self, fresh: Built | None, action: Action) -> None:
        again = refinish(self.finish(), fresh.resource if fresh else None)

        assert again.action is action


class TestPublishedPorts:
    def test_are_not_withdrawn_because_a_selector_is_mistyped(self) -> None:
        asking = KEPT.spec(configPorts=PORTS, dpuClusterSelector={"matchLabels": {"zone": "none"}})
        marks = {"dpu.nvidia.com/exposed-port-for-dpucluster": ONE[1]}
        name = asking.name
        made = asking.owning(
            Built(
                kinds.SERVICE,
                {"metadata": {"name": name, "namespace": asking.namespace, "labels": marks}},
            )
        )[1]
        there = world(asking, *CLUSTERS, made, dpus={ONE: (), TWO: ()})

        second = follow(begin([asking.resource], there), there)

        assert withdrawn_ports(second.services) == (
            f"dpuservice/svc-ns/{name}: its published ports would be withdrawn: it selects no DPU"
            " cluster",
        )

    def test_are_withdrawn_if_nobody_asks_for_them(self) -> None:
        there = world(KEPT, *CLUSTERS, dpus={ONE: (), TWO: ()})

        assert withdrawn_ports(follow(begin([KEPT.resource], there), there).services) == ()


class TestMostHosts:
    NAMES = ("h1", "h2", "h3", "h4")

    def fleet(self, *hosts: Built) -> Site:
        """Four hosts, none of which is ready."""
        return site(
            dpu_cluster(),
            critical(),
            *(linked(name) for name in self.NAMES),
            *hosts,
            *(placed(f"dpu-{name}", name) for name in self.NAMES),
            sides={"cluster-one": [node(f"dpu-{name}") for name in self.NAMES]},
        )

    def test_rounds_of_one_run_count_together(self) -> None:
        start = self.fleet(*(worker(name) for name in self.NAMES))
        later = self.fleet(tainted("h1"), tainted("h2"), worker("h3"), worker("h4"))
        seen = World(later.host, later.sides, NOW)
        changes = plan_taints(later.judge(), seen)

        assert mass_taints(changes, seen) == ""
        assert mass_taints(changes, seen, start.host) == (
            "would taint 4 of 4 schedulable hosts in one pass"
        )


class TestARestrictedPass:
    def test_evicts_nobody_from_a_host_that_waits_for_nothing(self) -> None:
        config = operator_config().spec(
            dpuServiceController={"disableHostNetworkReadyNoExecuteTaints": False}
        )
        marked = critical("dpu-one", "svc-ns").having(metadata={"finalizers": [FINALIZER]})
        marked = marked.spec(helmChart=KEPT.raw["spec"]["helmChart"]).status(serviceID="a")
        ready = running("pod", "dpu-1", service="a").ready()
        there = world(
            config,
            marked,
            linked(),
            worker(),
            placed().status(phase="Ready"),
            dpus={ONE: (node("dpu-1"), ready)},
        )
        whole, restricted = (
            follow(begin([marked.resource], there, is_whole=is_whole), there)
            for is_whole in (True, False)
        )

        def tainting(changes: Iterable[Change]) -> list[Action]:
            return [c.action for c in of_step(changes, Step.TAINT)]

        assert tainting(whole.hosts.changes) == [Action.PATCH]
        assert Action.PATCH not in tainting(restricted.hosts.changes)


def test_an_interface_of_another_service_is_a_conflict() -> None:
    asking = KEPT.spec(serviceID="service-one", interfaces=["dpu-service-interface"])
    there = world(asking, service_interface(consumer="dpu-two"), dpus={ONE: ()})

    assert [fault.code for fault in plan_deploy(asking.resource, there).faults] == [6]


def test_under_helm_nothing_waits_for_a_kind_that_is_not_there() -> None:
    leaving = KEPT.deleting().having(metadata={"finalizers": [FINALIZER]})
    absent = {kinds.APPLICATION: (Trouble.NOT_SERVED, "not served")}
    there = world(leaving, dpus={ONE: ()}, engine=Engine.HELM, troubles=absent)

    one = plan_follow(plan_deploy(leaving.resource, there), there)

    assert [change.action for change in of_step(one.changes, Step.FINISH)] == [Action.PATCH]
