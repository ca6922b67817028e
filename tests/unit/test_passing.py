"""A pass as plans: what comes first, what follows, and what a restricted pass leaves alone."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from dpfctl.errors import DpfctlError, ExitCode, ForbiddenError, RejectedError
from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.plan import Action, Change
from dpfctl.reconcile.foreseen import foreseen
from dpfctl.reconcile.passing import Pass, begin, follow, published, status_plan
from dpfctl.reconcile.service_pass import by_place, spot_of
from dpfctl.reconcile.steps import Part, Step
from dpfctl.reconcile.world import World
from dpfctl.report import Outcome, Result
from tests.builders import Built, build, node
from tests.unit.hosts import critical, linked, placed, running, tainted, worker
from tests.unit.reconcile_fleets import ONE, cluster, deployed, service, world

FINALIZER = "dpu.nvidia.com/dpuservice"
SERVICE = service().having(metadata={"finalizers": [FINALIZER]})
OTHER = service("dpu-two").having(metadata={"finalizers": [FINALIZER]})
LEAVING = SERVICE.deleting().having(metadata={"finalizers": [FINALIZER]})
PUBLISHED = {"serviceType": "NodePort", "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}


def begun(*services: Built, there: World | None = None, **more: Any) -> Pass:
    found = there or world(*services, dpus={ONE: []})
    return begin([built.resource for built in services], found, **more)


def steps(changes: Iterable[Change]) -> list[str]:
    """The steps in which something is to be written."""
    return [Step(c.stage).name for c in changes if c.action is not Action.NONE]


class TestFirstHalf:
    def test_is_in_the_order_of_the_steps(self) -> None:
        new = service()

        assert steps(begun(new).first_plan().changes) == ["FINALIZER", "NAMESPACE", "DEPLOY"]

    def test_what_two_services_need_is_done_once(self) -> None:
        found = steps(begun(SERVICE, OTHER).first_plan().changes)

        assert found == ["NAMESPACE", "DEPLOY", "DEPLOY"]

    def test_what_two_services_would_make_is_made_for_the_first_of_them(self) -> None:
        one = begun(SERVICE, service(namespace="tenant"))
        first, second = one.services
        (fault,) = second.faults

        assert (first.faults, fault.code, fault.cluster) == ((), ExitCode.CONFLICT, ONE)
        assert fault.text == (
            "ensure application for DPUCluster ns1-cluster-one: "
            "application/dpf-operator-system/cluster-one-dpu-one: belongs to "
            "dpuservice/svc-ns/dpu-one"
        )
        assert "DEPLOY" not in steps(second.changes)

    @pytest.mark.parametrize("part", [Part.PORTS, Part.TAINTS, Part.STATUS])
    def test_is_empty_if_nothing_is_to_be_deployed(self, part: Part) -> None:
        assert begun(SERVICE, parts=frozenset({part})).first_plan().changes == ()

    def test_needs_an_operator_config(self) -> None:
        with pytest.raises(RejectedError, match=r"must exist: there is none$"):
            begin([], replace(world(), host=Inventory({})))

    def test_needs_no_more_than_one_operator_config(self) -> None:
        two = (build(kinds.DPF_OPERATOR_CONFIG, name) for name in "ab")
        with pytest.raises(RejectedError, match=r"must exist: dpfoperatorconfig/.*/a, dpf.*/b$"):
            begin([], world(*two))

    def test_says_so_if_operator_configs_cannot_be_listed(self) -> None:
        lost = {kinds.DPF_OPERATOR_CONFIG: (Trouble.FORBIDDEN, "alice may not list them")}
        with pytest.raises(ForbiddenError, match="alice may not"):
            begin([], world(troubles=lost))


class TestSecondHalf:
    def test_a_service_that_is_gone_meanwhile_is_left_out(self) -> None:
        one = follow(begun(SERVICE, OTHER), world(OTHER, dpus={ONE: []}))

        assert [each.service.name for each in one.services] == ["dpu-two"]

    def test_a_leaving_service_is_let_go_once_its_applications_are(self) -> None:
        there = world(LEAVING, deployed(SERVICE), dpus={ONE: []})
        first = begun(LEAVING, there=there)

        assert steps(follow(first, there).second_plan().changes) == []
        gone = follow(first, world(LEAVING, dpus={ONE: []}))
        assert steps(gone.second_plan().changes) == ["FINISH"]

    def test_what_is_gone_gets_no_status(self) -> None:
        one = follow(begun(LEAVING), world(LEAVING, dpus={ONE: []}))
        outcomes = [Outcome(change, Result.DONE) for change in one.second_plan().changes]

        assert status_plan(one, outcomes).changes == ()
        assert [c.ref.name for c in status_plan(one, ()).changes] == ["dpu-one"]

    def test_status_is_written_only_if_it_is_asked_for(self) -> None:
        parts = frozenset({Part.HELM, Part.PORTS, Part.TAINTS})
        one = follow(begun(SERVICE, parts=parts), world(SERVICE, dpus={ONE: []}))

        assert status_plan(one, ()).changes == ()

    def test_ports_are_published_only_if_they_are_asked_for(self) -> None:
        asking = SERVICE.spec(configPorts=PUBLISHED)
        there = world(asking, deployed(asking), dpus={ONE: []})
        (with_ports,) = follow(begun(asking, there=there), there).services
        parts = frozenset({Part.HELM})
        (without,) = follow(begun(asking, there=there, parts=parts), there).services

        assert [fault.step for fault in with_ports.faults] == [Step.SLICE]
        assert without.faults == ()


class TestForeseen:
    """The second half of a dry run is planned on what the first would probably lead to."""

    def outlook(self, *objects: Built, is_foreseen: bool = True) -> Pass:
        there = world(*objects, dpus={ONE: []})
        services = [o for o in objects if o.kind is kinds.DPU_SERVICE]
        first = begun(*services, there=there)
        after = foreseen(there, first.first_plan().changes)
        return follow(first, after, is_foreseen=is_foreseen)

    def test_what_is_not_there_yet_is_no_failure(self) -> None:
        (one,) = self.outlook(SERVICE.spec(configPorts=PUBLISHED)).services

        assert [(fault.step, fault.code) for fault in one.faults] == [(Step.SLICE, ExitCode.OK)]

    def test_in_a_real_pass_it_is(self) -> None:
        (one,) = self.outlook(SERVICE.spec(configPorts=PUBLISHED), is_foreseen=False).services

        assert [fault.code for fault in one.faults] == [ExitCode.FAILED]

    def test_what_will_still_be_wrong_is_one(self) -> None:
        twice = {**PUBLISHED, "ports": [*PUBLISHED["ports"], *PUBLISHED["ports"]]}
        (one,) = self.outlook(SERVICE.spec(configPorts=twice)).services

        assert [fault.code for fault in one.faults] == [ExitCode.FAILED]

    def test_what_failed_before_stays_a_failure(self) -> None:
        (one,) = self.outlook(SERVICE.spec(serviceID="x", interfaces=["nope"])).services

        assert [fault.code for fault in one.faults] == [ExitCode.FAILED]

    def test_a_leaving_service_waits_for_argo_cd(self) -> None:
        held = deployed(SERVICE).having(metadata={"finalizers": ["argocd.argoproj.io/x"]})
        one = self.outlook(LEAVING, held)

        assert steps(one.second_plan().changes) == []
        assert one.services[0].faults[0].text.startswith("The following applications are awaiting")


@pytest.mark.parametrize("name", ["paused", "deployInCluster"])
def test_switches_that_are_no_switches_are_told(name: str) -> None:
    odd = SERVICE.having(spec={name: "yes"})

    assert begun(odd).notes[0] == (
        f"dpuservice/svc-ns/dpu-one: spec.{name} is neither true nor false, and counts as false"
    )
    assert not begun(SERVICE.having(spec={name: True})).notes


class TestEnding:
    """A service whose last finalizer goes in a pass keeps no host waiting any more."""

    def hosts(self, *others: str) -> Pass:
        ending = critical("a").deleting().having(metadata={"finalizers": [FINALIZER, *others]})
        there = world(
            cluster(), ending, linked("w1"), worker("w1"), placed("dpu-1", "w1"),
            dpus={ONE: [node("dpu-1")]},
        )  # fmt: skip
        return follow(begin([ending.resource], there), there)

    def test_taints_no_host(self) -> None:
        assert steps(self.hosts().second_plan().changes) == ["FINISH"]

    def test_does_as_long_as_others_hold_it(self) -> None:
        assert steps(self.hosts("example.com/x").second_plan().changes) == ["TAINT", "FINISH"]


class TestRestricted:
    """A pass about some services leaves hosts of others alone, but never keeps one tainted."""

    def hosts(self, *about: str, is_whole: bool = False) -> Pass:
        services = [critical("a"), critical("b"), critical("c").spec(deployInCluster=True)]
        running_on_two = [running(f"{n}-x", "dpu-2", n).ready() for n in "ab"]
        there = world(
            cluster(),
            *services,
            *(linked(name) for name in ("w1", "w2")),
            worker("w1"),
            tainted("w2"),
            *(placed(f"dpu-{n}", f"w{n}") for n in (1, 2)),
            dpus={ONE: [*(node(f"dpu-{n}") for n in (1, 2)), *running_on_two]},
        )
        meant = [s.resource for s in services if s.name in about]
        parts = frozenset({Part.TAINTS})
        return follow(begin(meant, there, parts, is_whole=is_whole), there)

    def test_a_host_that_waits_for_one_of_them_is_tainted(self) -> None:
        changes = self.hosts("a").second_plan().pending

        assert [(c.ref.name, c.done) for c in changes] == [("w1", "tainted"), ("w2", "untainted")]

    def test_a_host_that_waits_for_another_one_is_left_alone(self) -> None:
        changes = self.hosts("c").second_plan().pending

        assert [(c.ref.name, c.done) for c in changes] == [("w2", "untainted")]

    def test_about_nothing_every_host_is_left_alone(self) -> None:
        assert self.hosts().second_plan().pending == ()

    def test_only_hosts_that_are_concerned_are_reported(self) -> None:
        assert {v.node.name for v in self.hosts("c").hosts.verdicts if v.node} == {"w2"}
        assert {v.node.name for v in self.hosts("a").hosts.verdicts if v.node} == {"w1", "w2"}

    def test_operational_conditions_are_left_alone(self) -> None:
        there = world(
            SERVICE,
            linked(),
            placed(),
            dpus={ONE: [node("dpu-1")]},
            features={"DPU.status.operationalConditions"},
        )
        whole = follow(begun(SERVICE, there=there), there)
        part = follow(begun(SERVICE, there=there, is_whole=False), there)

        assert {c.ref.name for c in status_plan(whole, ()).pending} == {"dpu-one", "dpu-1"}
        assert {c.ref.name for c in status_plan(part, ()).pending} == {"dpu-one"}


class TestPublished:
    def service(self, name: str) -> Built:
        return build(kinds.SERVICE, name, "svc-ns").having(spec={"type": "NodePort"})

    def outcome(self, name: str, action: Action, result: Result, **more: Any) -> Outcome:
        built = self.service(name)
        found = built.resource
        change = Change(found.ref, action, "x", found, built.raw, stage=Step.EXPOSE)
        return Outcome(change, result, **more)

    @pytest.mark.parametrize(
        ("outcome", "names"),
        [
            pytest.param(("b", Action.APPLY, Result.DONE), ["a", "b"], id="a new one"),
            pytest.param(("b", Action.APPLY, Result.PLANNED), ["a", "b"], id="of a dry run"),
            pytest.param(("b", Action.APPLY, Result.FAILED), ["a"], id="not written"),
            pytest.param(("a", Action.DELETE, Result.DONE), [], id="deleted"),
        ],
    )
    def test_are(self, outcome: tuple[str, Action, Result], names: list[str]) -> None:
        found = published(world(self.service("a")), by_place([self.outcome(*outcome)]))

        assert [one.name for one in found.list(kinds.SERVICE)] == names

    def test_as_the_server_stored_them(self) -> None:
        raw = {**self.service("a").raw, "spec": {"ports": [{"nodePort": 31000}]}}
        done = self.outcome("a", Action.APPLY, Result.DONE, stored=raw)
        (found,) = published(world(self.service("a")), by_place([done])).list(kinds.SERVICE)

        assert found.items("spec", "ports")[0]["nodePort"] == 31000


def test_outcomes_are_handed_to_the_service_they_are_about() -> None:
    first = begun(SERVICE, OTHER)
    change = next(c for c in first.first_plan().pending if c.ref.name == "cluster-one-dpu-two")
    error: DpfctlError = ForbiddenError("it is forbidden")
    after = first.after([Outcome(change, Result.FAILED, error)])

    assert [len(each.faults) for each in after.services] == [0, 1]
    assert spot_of(change)[0] == Step.DEPLOY
