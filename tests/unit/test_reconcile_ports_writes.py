"""The objects that publish a port, when something of that name is there already."""

from dataclasses import replace
from typing import Any

import pytest

from dpfctl.errors import ConflictError, OwnedError
from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.ports.cautions import port_warnings
from dpfctl.reconcile.ports.changes import failure_text, replan_ports
from dpfctl.reconcile.ports.planning import published_ports
from dpfctl.reconcile.steps import Step
from tests.builders import Built, build, inventory
from tests.unit.published import (
    DPUS,
    TCP,
    UDP,
    applied,
    changes,
    chart_service,
    error,
    exposing,
    given,
    host_service,
    known,
    marked,
    published,
)
from tests.unit.reconcile_fleets import SVC_NS, service

ALL = (kinds.ENDPOINT_SLICE, kinds.ENDPOINTS, kinds.SERVICE)
PREFIXES = {
    kinds.ENDPOINT_SLICE: 'reconcile endpoint slices for cluster "cluster-one": ',
    kinds.ENDPOINTS: 'reconcile endpoint slices for cluster "cluster-one": reconcile endpoints: ',
    kinds.SERVICE: 'reconcile services for cluster "cluster-one": ',
}


def as_stored(change: Change) -> Built:
    """An applied object in a file written by hand: without managedFields."""
    return Built(change.ref.kind, dict(change.after))


@pytest.mark.parametrize("kind", ALL, ids=str)
def test_f35_an_object_of_somebody_else_is_not_touched(kind: Kind) -> None:
    assert error(exposing(), build(kind, "dpu-one", SVC_NS)) == (
        f"Unable to reconcile Config Ports: {PREFIXES[kind]}"
        f"{kind}/svc-ns/dpu-one: exists and does not belong to dpuservice/svc-ns/dpu-one"
    )


@pytest.mark.parametrize("kind", ALL, ids=str)
def test_one_that_lost_its_labels_is_known_by_its_owner(kind: Kind) -> None:
    owner = {"uid": exposing().resource.uid}
    lost = build(kind, "dpu-one", SVC_NS).having(metadata={"ownerReferences": [owner]})
    assert len(changes(exposing(), lost)) == 3


@pytest.mark.parametrize("kind", ALL, ids=str)
def test_one_in_deletion_is_waited_for(kind: Kind) -> None:
    assert error(exposing(), published(kind).deleting()).endswith("is being deleted")


def test_a_second_pass_has_nothing_to_do() -> None:
    stored = [as_stored(change) for change in changes(exposing())]
    again = changes(exposing(), *stored)
    assert [change.action for change in again] == [Action.NONE] * 3
    assert [change.gives for change in again] == [change.gives for change in changes(exposing())]


def test_a_node_port_that_the_api_server_picked_is_no_reason_to_write() -> None:
    *others, last = (as_stored(change) for change in changes(exposing()))
    picked = last.spec(ports=[{**TCP, "targetPort": 30111, "nodePort": 31000}])
    built = exposing().status(configPorts={"cluster-one": [given(TCP, 31000)]})
    assert [c.action for c in changes(built, *others, picked)] == [Action.NONE] * 3


class TestNoEndpoints:
    """R-PORT-11: the service is meant for no DPU."""

    SIDE = (chart_service(), DPUS[1])

    def test_r_port_11_slice_and_service_are_there(self) -> None:
        found = applied(changes(exposing(), side=self.SIDE))
        assert found["EndpointSlice"].at("endpoints") == []
        assert found["Endpoints"].at("subsets") == []
        assert found["Service"].items("spec", "ports")

    def test_r_port_11_old_ones_are_taken_away(self) -> None:
        old = [as_stored(change) for change in changes(exposing())]
        found = changes(exposing(), *old, side=self.SIDE)
        assert [c.action for c in found] == [Action.APPLY, Action.APPLY, Action.NONE]
        assert applied(found)["EndpointSlice"].at("endpoints") == []

    @pytest.mark.parametrize("stored", [{}, {"endpoints": None}], ids=["left out", "null"])
    def test_an_empty_list_that_is_stored_as_nothing_is_as_wanted(self, stored: Any) -> None:
        first, second, third = changes(exposing(), side=self.SIDE)
        raw = {name: value for name, value in first.after.items() if name != "endpoints"}
        bare = {name: value for name, value in second.after.items() if name != "subsets"}
        live = (
            Built(first.ref.kind, {**raw, **stored}),
            Built(second.ref.kind, bare),
            as_stored(third),
        )
        again = changes(exposing(), *live, side=self.SIDE)
        assert [change.action for change in again] == [Action.NONE] * 3

    def test_l4_upstream_leaves_old_ones(self) -> None:
        old = [as_stored(change) for change in changes(exposing())]
        found = changes(exposing(), *old, side=self.SIDE, is_upstream=True)
        assert found[0].action is Action.NONE
        assert applied(found)["EndpointSlice"].items("endpoints")


def test_upstream_keeps_labels_that_the_service_has_lost() -> None:
    labelled = exposing().having(metadata={"labels": {"team": "net"}})
    old = [as_stored(change) for change in changes(labelled)]
    moved = (chart_service(given(TCP, 30333)), *DPUS)
    ours = applied(changes(exposing(), *old, side=moved))["EndpointSlice"]
    theirs = applied(changes(exposing(), *old, side=moved, is_upstream=True))["EndpointSlice"]
    assert (ours.label("team"), theirs.label("team")) == (None, "net")


class TestReplanning:
    """An object that moved between the plan and the write."""

    @pytest.mark.parametrize("number", range(3))
    def test_one_that_is_as_wanted_now_is_left_alone(self, number: int) -> None:
        change = changes(exposing())[number]
        again = replan_ports(change, as_stored(change).resource)
        assert (again.action, again.gives, again.needs) == (
            Action.NONE,
            change.gives,
            change.needs,
        )

    def test_one_that_is_not_is_applied_as_what_it_is_now(self) -> None:
        change = changes(exposing())[0]
        fresh = published(kinds.ENDPOINT_SLICE).resource
        again = replan_ports(change, fresh)
        assert (again.action, again.before, again.after) == (Action.APPLY, fresh, change.after)
        assert replan_ports(again, None).before is None

    def test_one_of_somebody_else_is_refused(self) -> None:
        foreign = build(kinds.SERVICE, "dpu-one", SVC_NS).resource
        with pytest.raises(OwnedError, match="exists and does not belong to"):
            replan_ports(changes(exposing())[2], foreign)

    def test_a_deletion_is_of_the_object_that_was_seen(self) -> None:
        (change,) = changes(service(), published(kinds.SERVICE))
        fresh = published(kinds.SERVICE).having(metadata={"resourceVersion": "9"}).resource
        assert replan_ports(change, fresh) == replace(change, before=fresh)
        assert replan_ports(change, None).action is Action.NONE
        leaving = published(kinds.SERVICE).deleting().resource
        assert replan_ports(change, leaving).action is Action.NONE
        with pytest.raises(ConflictError, match="no longer carries the labels"):
            replan_ports(change, marked(build(kinds.SERVICE, "dpu-one", SVC_NS)).resource)


@pytest.mark.parametrize("number", range(3))
def test_a_failed_write_is_told_in_the_words_of_dpf(number: int) -> None:
    change = changes(exposing())[number]
    assert failure_text(change, "no") == f"{PREFIXES[change.ref.kind]}no"


def test_a_failed_deletion_is_told_as_well() -> None:
    gone = changes(service(), *map(published, ALL))
    assert [failure_text(change, "no") for change in gone] == [
        "cleanup config ports: delete endpoint slices: no",
        "cleanup config ports: delete endpoints: no",
        "cleanup config ports: delete services: no",
    ]
    empty = changes(exposing().spec(configPorts={"ports": []}), *map(published, ALL))
    assert [failure_text(change, "no") for change in empty] == [
        'reconcile endpoint slices for cluster "cluster-one": delete endpoint slice: no',
        'reconcile endpoint slices for cluster "cluster-one": reconcile endpoints: '
        "delete endpoints: no",
        'reconcile services for cluster "cluster-one": delete endpoint slice: no',
    ]
    assert all(change.stage in (Step.SLICE, Step.ENDPOINTS, Step.EXPOSE) for change in empty)


class TestStatus:
    """``status.configPorts``."""

    @pytest.mark.parametrize(
        ("live", "found"),
        [
            pytest.param(
                host_service(given(TCP, 31000), given(UDP, 31001)),
                [given(TCP, 31000), given(UDP, 31001)],
                id="node ports",
            ),
            pytest.param(host_service(TCP), None, id="a port without its number yet"),
            pytest.param(host_service(TCP, kind="ClusterIP"), [TCP], id="cluster IP"),
            pytest.param(host_service({**TCP, "name": "old"}), None, id="a port nobody asks for"),
            pytest.param(
                host_service(given(TCP, 31000)).labelled(EXPOSED_FOR="gone"),
                None,
                id="a cluster that does not exist",
            ),
            pytest.param(
                marked(build(kinds.SERVICE, "x", SVC_NS)).spec(type="NodePort", ports=[TCP]),
                None,
                id="a service that publishes nothing",
            ),
        ],
    )
    def test_r_port_07_it_is_what_the_host_services_are(self, live: Built, found: Any) -> None:
        built = exposing(TCP, UDP)
        seen = published_ports(built.resource, inventory(live), known(built))
        assert seen == ({"cluster-one": found} if found else {})

    def test_r_port_09_without_config_ports_it_is_empty(self) -> None:
        live = inventory(host_service(given(TCP, 31000)))
        assert published_ports(service().resource, live, known(service())) == {}


class TestWarnings:
    """What may surprise."""

    def test_a_service_that_is_fine_has_none(self) -> None:
        assert port_warnings(exposing().resource, known(exposing())) == ()
        assert port_warnings(service().resource, known(service())) == ()

    def test_another_protocol_in_the_chart(self) -> None:
        side = (chart_service(given({**TCP, "protocol": "UDP"}, 30111)), *DPUS)
        assert port_warnings(exposing().resource, known(exposing(), side=side)) == (
            "dpuservice/svc-ns/dpu-one: port port-one is TCP in spec.configPorts and UDP in "
            'service "svc-ns/chart"',
        )

    def test_ports_that_the_chart_does_not_have_or_the_spec_has_twice(self) -> None:
        built = exposing(UDP, UDP)
        unknown, twice = sorted(port_warnings(built.resource, known(built)))
        assert unknown.endswith(
            'no port port-two in service "svc-ns/chart", available are: port-one'
        )
        assert twice.endswith("spec.configPorts.ports has port port-two more than once")

    @pytest.mark.parametrize("name", ["1st", "a" * 64, "a.b"])
    def test_l23_a_name_that_no_service_can_have(self, name: str) -> None:
        built = Resource(
            exposing().kind,
            {**exposing().raw, "metadata": {"name": name, "namespace": SVC_NS}},
        )
        (warning,) = port_warnings(built, known(exposing(), side=()))
        assert "no Service can have its name" in warning
