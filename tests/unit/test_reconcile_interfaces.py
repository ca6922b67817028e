"""Which interfaces a DPUService claims, and when it gives them free."""

from typing import Any

import pytest

from dpfctl.errors import ConflictError, DpfctlError, NotFoundError, OwnedError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.model.labels import CONSUMED_BY
from dpfctl.plan import Action, Change
from dpfctl.reconcile.interfaces.claims import (
    NO_BINDING,
    Binding,
    bind_interfaces,
    reclaim,
    released,
    unknown_claims,
)
from dpfctl.reconcile.steps import Step
from dpfctl.reconcile.world import World
from tests.builders import Built, build
from tests.unit.reconcile_fleets import (
    SVC_NS,
    after,
    fault_of,
    made,
    service,
    service_interface,
    world,
)

NAME = "dpu-service-interface"
MESSAGE = "Unable to reconcile interfaces for "
FORBIDDEN = {kinds.DPU_SERVICE_INTERFACE: (Trouble.FORBIDDEN, "no interfaces for you")}


def one(*names: str, **spec: Any) -> Built:
    return service(serviceID="service-one", interfaces=list(names) or [NAME], **spec)


def bound(built: Built, *objects: Built) -> Binding:
    found = bind_interfaces(built.resource, "service-one", world(built, *objects))
    assert isinstance(found, Binding), found
    return found


def refused(built: Built, *objects: Built, there: World | None = None) -> str:
    found = bind_interfaces(built.resource, "service-one", there or world(built, *objects))
    fault = fault_of(found)
    assert fault.step is Step.CLAIM
    return fault.message


def claim(built: Built | None = None) -> Change:
    return bound(one(), built or service_interface()).claims[0]


class TestClaims:
    def test_a_free_interface_is_claimed_by_one_annotation(self) -> None:
        binding = bound(one(), service_interface().having(metadata={"annotations": {"a": "b"}}))
        (change,) = binding.claims

        assert [found.name for found in binding.interfaces] == [NAME]
        assert (change.action, change.stage, change.needs) == (Action.PATCH, Step.CLAIM, ())
        assert change.gives == "claims of dpuservice/svc-ns/dpu-one"
        assert change.operations == (
            {"op": "replace", "path": "/metadata/resourceVersion", "value": "3"},
            {
                "op": "add",
                "path": "/metadata/annotations/dpu.nvidia.com~1consumed-by",
                "value": "dpu-one",
            },
        )

    def test_a_claim_that_is_there_is_left_alone(self) -> None:
        binding = bound(one(), service_interface(consumer="dpu-one"))

        assert [change.action for change in binding.claims] == [Action.NONE]
        assert len(binding.interfaces) == 1

    def test_it_says_which_networks_and_devices_pods_ask_for(self) -> None:
        nad = build(kinds.DPU_SERVICE_NAD, "mynad", SVC_NS).spec(resourceType="sf")
        binding = bound(one(), service_interface(network="mynad"), nad)

        assert '"name":"mynad"' in binding.networks
        assert binding.resources == {"nvidia.com/bf_sf": "1"}

    def test_a_service_without_interfaces_has_nothing_to_claim(self) -> None:
        assert bind_interfaces(service().resource, "x", world(troubles=FORBIDDEN)) == NO_BINDING

    def test_a_name_given_twice_counts_once(self) -> None:
        assert len(bound(one(NAME, NAME), service_interface()).claims) == 1

    def test_a_service_without_an_id_takes_any(self) -> None:
        there = world(service_interface(serviceID="any"))

        assert isinstance(bind_interfaces(one().resource, "", there), Binding)


class TestRefusals:
    @pytest.mark.parametrize(
        ("interface", "text"),
        [
            pytest.param(
                service_interface("other"),
                f'dpuserviceinterfaces.svc.dpu.nvidia.com "{NAME}" not found',
                id="there is none",
            ),
            pytest.param(
                service_interface(namespace="other"),
                f'dpuserviceinterfaces.svc.dpu.nvidia.com "{NAME}" not found',
                id="it is in another namespace",
            ),
            pytest.param(
                service_interface().spec(
                    template={"spec": {"template": {"spec": {"interfaceType": "physical"}}}}
                ),
                f"wrong service definition in DPUServiceInterface {NAME}",
                id="it is of another type",
            ),
            pytest.param(
                service_interface().spec(
                    template={"spec": {"template": {"spec": {"service": None}}}}
                ),
                f"wrong service definition in DPUServiceInterface {NAME}",
                id="it is for no service",
            ),
            pytest.param(
                service_interface(serviceID="other"),
                f"conflicting ServiceID in DPUServiceInterface {NAME}",
                id="it is for another service",
            ),
            pytest.param(
                service_interface(consumer="other"),
                f"dpuServiceInterface {NAME} is in use by another DPUService",
                id="it is in use",
            ),
        ],
    )
    def test_an_interface_that_must_not_be_used(self, interface: Built, text: str) -> None:
        assert refused(one(), interface) == MESSAGE + text

    def test_nothing_is_claimed_if_one_is_bad(self) -> None:
        text = refused(one(NAME, "bad", "worse"), service_interface())

        assert text == f'{MESSAGE}dpuserviceinterfaces.svc.dpu.nvidia.com "bad" not found'

    def test_bad_networks_are_found_before_anything_is_claimed(self) -> None:
        notes = {"annotations": {"k8s.v1.cni.cncf.io/networks": "a,b"}}

        assert "failed to unmarshal" in refused(one(serviceDaemonSet=notes), service_interface())

    def test_a_list_that_is_missing_is_told(self) -> None:
        assert refused(one(), there=world(troubles=FORBIDDEN)) == MESSAGE + "no interfaces for you"

    def test_networks_that_cannot_be_listed_are_told(self) -> None:
        there = world(
            service_interface(network="mynad"),
            troubles={kinds.DPU_SERVICE_NAD: (Trouble.UNREACHABLE, "nads: timed out")},
        )

        assert refused(one(), there=there) == MESSAGE + "nads: timed out"


class TestRivals:
    """Two services of one pass that ask for the same interface: the first by name gets it."""

    def rival(self, name: str = "another", **spec: Any) -> Built:
        return service(name, interfaces=[NAME], **{"serviceID": "service-one", **spec})

    def test_the_second_is_told_what_the_next_pass_will_tell_it(self) -> None:
        text = refused(one(), self.rival(), service_interface())

        assert text == MESSAGE + f"dpuServiceInterface {NAME} is in use by another DPUService"

    @pytest.mark.parametrize(
        "harmless",
        [
            pytest.param(service("another", serviceID="service-one"), id="asks for another one"),
            pytest.param(
                service("another", serviceID="other", interfaces=[NAME]), id="has another ID"
            ),
            pytest.param(
                service("another", serviceID="service-one", interfaces=[NAME]).suspended(),
                id="is suspended",
            ),
            pytest.param(
                service("another", serviceID="service-one", interfaces=[NAME]).deleting(),
                id="is being deleted",
            ),
            pytest.param(
                service("another", "other", serviceID="service-one", interfaces=[NAME]),
                id="is in another namespace",
            ),
            pytest.param(
                service("later", serviceID="service-one", interfaces=[NAME]), id="comes later"
            ),
        ],
    )
    def test_a_service_that_does_not_get_it_first_does_not_count(self, harmless: Built) -> None:
        assert made(bound(one(), harmless, service_interface()).claims) == [("patch", NAME)]

    def test_who_has_claimed_it_keeps_it(self) -> None:
        assert made(bound(one(), self.rival(), service_interface(consumer="dpu-one")).claims) == []


class TestRelease:
    def test_what_is_named_no_more_is_given_free(self) -> None:
        dropped = service_interface("dropped", consumer="dpu-one")
        others = (
            service_interface("theirs", consumer="dpu-two"),
            service_interface("far", "other", consumer="dpu-one"),
        )
        binding = bound(one(), service_interface(), dropped, *others)
        changes = {change.ref.name: change for change in binding.claims}

        assert made(binding.claims) == [("patch", NAME), ("patch", "dropped")]
        assert after(changes["dropped"]).annotation(CONSUMED_BY) is None
        assert [found.name for found in binding.interfaces] == [NAME]

    def test_a_service_in_deletion_gives_all_of_its_own_free(self) -> None:
        objects = (
            service_interface(consumer="dpu-one").having(metadata={"annotations": {"a": "b"}}),
            service_interface("dropped", consumer="dpu-one"),
            service_interface("theirs", consumer="dpu-two"),
        )
        changes = released(one().resource, world(*objects))

        assert made(changes) == [("patch", NAME), ("patch", "dropped")]
        assert {change.stage for change in changes} == {Step.RELEASE_CLAIM}
        assert after(changes[0]).mapping("metadata", "annotations") == {"a": "b"}

    def test_it_is_told_if_claims_are_not_known(self) -> None:
        there = world(troubles=FORBIDDEN)
        fault = unknown_claims(there)

        assert released(one().resource, there) == ()
        assert fault is not None
        assert (fault.text, fault.reason) == (
            "Error occurred: no interfaces for you",
            "AwaitingDeletion",
        )

    def test_a_release_without_interfaces_has_no_claims(self) -> None:
        gone = {kinds.DPU_SERVICE_INTERFACE: (Trouble.NOT_SERVED, "")}

        assert unknown_claims(world()) is None
        assert unknown_claims(world(troubles=gone)) is None


class TestLostRaces:
    def test_a_free_interface_is_claimed_again(self) -> None:
        fresh = service_interface().having(metadata={"resourceVersion": "9", "labels": {"a": "b"}})
        again = reclaim(claim(), fresh.resource)

        assert again.action is Action.PATCH
        assert again.operations[0]["value"] == "9"
        assert after(again).label("a") == "b"

    def test_a_claim_that_is_there_now_is_enough(self) -> None:
        again = reclaim(claim(), service_interface(consumer="dpu-one").resource)

        assert again.action is Action.NONE

    @pytest.mark.parametrize(
        ("fresh", "error", "text"),
        [
            pytest.param(None, NotFoundError, "was deleted meanwhile", id="it is gone"),
            pytest.param(
                service_interface(consumer="dpu-two"),
                OwnedError,
                "is in use by dpuservice/svc-ns/dpu-two",
                id="another was faster",
            ),
            pytest.param(
                service_interface(serviceID="other"),
                ConflictError,
                "its spec was changed meanwhile",
                id="it is for another service now",
            ),
        ],
    )
    def test_an_interface_that_was_lost(
        self, fresh: Built | None, error: type[DpfctlError], text: str
    ) -> None:
        with pytest.raises(error) as caught:
            reclaim(claim(), fresh.resource if fresh else None)

        assert caught.value.message == f"dpuserviceinterface/svc-ns/{NAME}: {text}"

    @pytest.mark.parametrize(
        ("fresh", "action"),
        [
            pytest.param(None, Action.NONE, id="it is gone"),
            pytest.param(service_interface(), Action.NONE, id="it is free"),
            pytest.param(
                service_interface(consumer="dpu-two"), Action.NONE, id="it belongs to another"
            ),
            pytest.param(service_interface(consumer="dpu-one"), Action.PATCH, id="it is ours"),
        ],
    )
    def test_only_an_own_claim_is_ended(self, fresh: Built | None, action: Action) -> None:
        there = world(service_interface(consumer="dpu-one"))
        (change,) = released(one().resource, there)

        assert reclaim(change, fresh.resource if fresh else None).action is action
