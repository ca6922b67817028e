"""The Application that deploys a service to one cluster: made, changed, left alone, refused."""

from typing import Any

import pytest

from dpfctl.errors import ConflictError, DpfctlError, NotFoundError, OwnedError
from dpfctl.model import kinds
from dpfctl.model.applications import SKIP_RECONCILE
from dpfctl.model.inventory import Trouble
from dpfctl.plan import Action, Change
from dpfctl.reconcile.applications.bodies import application_body
from dpfctl.reconcile.applications.changes import replan_application
from dpfctl.reconcile.applications.wanted import application_change
from dpfctl.reconcile.destinations import ON_HOST, Destination
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World
from tests.builders import NS, Built, application
from tests.unit.reconcile_fleets import ONE, after, deployed, destination, fault_of, service, world

VALUES = {"key": "value"}
SOURCE = {
    "repoURL": "oci://repository.com",
    "version": "v1.2",
    "chart": "second-chart",
    "releaseName": "release-two",
}
TWO = service("dpu-two").spec(helmChart={"source": SOURCE})
NAME = "cluster-one-dpu-two"


def body(built: Built = TWO, place: Destination | None = None) -> dict[str, Any]:
    return application_body(built.resource, place or destination(), VALUES, NS)


def live(**metadata: Any) -> Built:
    """The Application of ``TWO`` as it is wanted."""
    return deployed(TWO, ONE, **body()["spec"]).having(metadata=metadata)


def planned(there: World, place: Destination | None = None, built: Built = TWO) -> Change:
    found = application_change(built.resource, place or destination(), VALUES, there)
    assert isinstance(found, Change), found
    return found


class TestBody:
    def test_for_a_dpu_cluster(self) -> None:
        assert body() == {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {
                "name": NAME,
                "namespace": NS,
                "labels": {
                    "dpu.nvidia.com/cluster": "cluster-one",
                    "dpu.nvidia.com/cluster-namespace": "ns1",
                    "dpu.nvidia.com/dpuservice-name": "dpu-two",
                    "dpu.nvidia.com/dpuservice-namespace": "svc-ns",
                    "dpu.nvidia.com/component": "dpuservice-manager",
                },
                "finalizers": ["resources-finalizer.argocd.argoproj.io"],
            },
            "spec": {
                "project": "doca-platform-project-dpu",
                "destination": {"name": "cluster-one", "namespace": "svc-ns"},
                "source": {
                    "repoURL": "repository.com",
                    "chart": "second-chart",
                    "targetRevision": "v1.2",
                    "helm": {"releaseName": "release-two", "valuesObject": VALUES},
                },
                "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
            },
        }

    def test_for_the_host_cluster(self) -> None:
        made = body(TWO, ON_HOST)

        assert made["metadata"]["name"] == "in-cluster-dpu-two"
        assert made["metadata"]["labels"] == {
            "dpu.nvidia.com/cluster": "in-cluster",
            "dpu.nvidia.com/dpuservice-name": "dpu-two",
            "dpu.nvidia.com/dpuservice-namespace": "svc-ns",
            "dpu.nvidia.com/component": "dpuservice-manager",
        }
        assert made["spec"]["project"] == "doca-platform-project-host"
        assert made["spec"]["destination"] == {"name": "in-cluster", "namespace": "svc-ns"}

    def test_what_is_not_given_is_left_out(self) -> None:
        source = {"repoURL": "https://helm.ngc.nvidia.com", "version": "1", "path": "charts/a"}
        built = service().having(spec={"helmChart": None}).spec(helmChart={"source": source})

        assert body(built)["spec"]["source"] == {
            "repoURL": "https://helm.ngc.nvidia.com",
            "path": "charts/a",
            "targetRevision": "1",
            "helm": {"valuesObject": VALUES},
        }


class TestChange:
    def test_a_new_one_is_applied(self) -> None:
        change = planned(world())

        assert (change.action, change.done, change.after) == (Action.APPLY, "created", body())
        assert (change.stage, change.force, change.manager) == (Step.DEPLOY, False, "dpfctl")
        assert change.needs == ()

    def test_one_that_is_as_wanted_is_left_alone(self) -> None:
        built = live().status(sync={"status": "Synced"})
        change = planned(world(built))

        assert change.action is Action.NONE
        assert change.after is built.raw

    @pytest.mark.parametrize(
        "changed",
        [
            pytest.param(live().spec(source={"targetRevision": "v1.1"}), id="another version"),
            pytest.param(live().spec(destination={"namespace": "x"}), id="another namespace"),
            pytest.param(live().spec(source={"extra": 1}), id="a field more"),
            pytest.param(live().spec(project=None), id="a field without value"),
        ],
    )
    def test_one_that_differs_gets_the_whole_spec(self, changed: Built) -> None:
        change = planned(world(changed))

        assert (change.action, change.done) == (Action.PATCH, "configured")
        assert change.after["spec"] == body()["spec"]
        assert change.after["metadata"] == changed.raw["metadata"]

    @pytest.mark.parametrize("value", ["true", "false"])
    def test_one_that_is_held_is_let_go(self, value: str) -> None:
        built = live(annotations={"foo": "bar", SKIP_RECONCILE: value}, finalizers=["mine"])
        change = planned(world(built))

        is_held = value == "true"
        assert change.action is (Action.PATCH if is_held else Action.NONE)
        assert (after(change).annotation(SKIP_RECONCILE) is None) is is_held
        assert after(change).annotation("foo") == "bar"
        assert after(change).metadata["finalizers"] == ["mine"]

    @pytest.mark.parametrize(
        ("there", "text"),
        [
            pytest.param(
                application(NAME),
                f"application/{NS}/{NAME}: exists and does not belong to dpuservice/svc-ns/dpu-two",
                id="without labels",
            ),
            pytest.param(
                deployed(service("dpu-two", "other-ns")),
                f"application/{NS}/{NAME}: belongs to dpuservice/other-ns/dpu-two",
                id="of a service of another namespace",
            ),
            pytest.param(
                live().deleting(), f"application/{NS}/{NAME}: is being deleted", id="in deletion"
            ),
        ],
    )
    def test_one_that_must_not_be_touched(self, there: Built, text: str) -> None:
        fault = fault_of(application_change(TWO.resource, destination(), VALUES, world(there)))

        start = "Unable to reconcile Applications: ensure application for DPUCluster"
        assert fault.message == f"{start} ns1-cluster-one: {text}"
        assert (fault.step, fault.cluster) == (Step.DEPLOY, ONE)

    def test_on_the_host_it_stops_the_service(self) -> None:
        there = world(application("in-cluster-dpu-two"))
        fault = fault_of(application_change(TWO.resource, ON_HOST, VALUES, there))

        assert fault.text.startswith(f"application/{NS}/in-cluster-dpu-two: exists and")
        assert fault.cluster == ("", "")

    def test_applications_that_cannot_be_listed_are_a_fault(self) -> None:
        there = world(troubles={kinds.APPLICATION: (Trouble.FORBIDDEN, "no applications for you")})
        found = application_change(TWO.resource, destination(), VALUES, there)

        assert found == Fault(Step.DEPLOY, "no applications for you")


class TestLostRaces:
    def test_a_new_one_that_is_there_now_is_changed(self) -> None:
        again = replan_application(planned(world()), live().spec(project="x").resource)

        assert (again.action, again.after["spec"]) == (Action.PATCH, body()["spec"])

    def test_a_new_one_may_still_be_new(self) -> None:
        change = planned(world())

        assert replan_application(change, None) is change

    def test_what_was_stored_is_as_wanted(self) -> None:
        change = planned(world(live(annotations={SKIP_RECONCILE: "true"}).spec(project="x")))

        assert replan_application(change, after(change)).action is Action.NONE

    @pytest.mark.parametrize(
        ("fresh", "error"),
        [
            pytest.param(None, NotFoundError, id="it is gone"),
            pytest.param(application(NAME), OwnedError, id="its labels were taken off"),
            pytest.param(live().deleting(), ConflictError, id="it is being deleted"),
        ],
    )
    def test_one_that_was_lost(self, fresh: Built | None, error: type[DpfctlError]) -> None:
        change = planned(world(live().spec(project="x")))

        with pytest.raises(error):
            replan_application(change, fresh.resource if fresh else None)
