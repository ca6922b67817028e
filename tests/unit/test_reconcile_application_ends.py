"""Applications that are held, let go and deleted, and those that must stay."""

import pytest

from dpfctl.errors import ConflictError
from dpfctl.model import kinds, labels
from dpfctl.model.applications import SKIP_RECONCILE
from dpfctl.model.inventory import Trouble
from dpfctl.plan import Action, Change
from dpfctl.reconcile.applications.changes import replan_application
from dpfctl.reconcile.applications.wanted import (
    applications_for_deletion,
    hold_changes,
    remaining_applications,
    stale_applications,
    stale_fault,
    stale_warnings,
)
from dpfctl.reconcile.destinations import ON_HOST, Destination
from dpfctl.reconcile.steps import Step
from dpfctl.reconcile.world import World
from tests.builders import NS, Built, application
from tests.unit.reconcile_fleets import (
    ONE,
    TWO,
    after,
    cluster,
    deployed,
    destination,
    fault_of,
    made,
    service,
    world,
)

SERVICE = service()
ON_ONE, ON_TWO, ON_HOST_APP = (
    deployed(SERVICE, ONE),
    deployed(SERVICE, TWO),
    deployed(SERVICE, None),
)
FORBIDDEN = {kinds.APPLICATION: (Trouble.FORBIDDEN, "no applications for you")}
NO_CLUSTERS = {kinds.DPU_CLUSTER: (Trouble.FORBIDDEN, "no clusters for you")}
CLUSTERS = (cluster(ONE), cluster(TWO))


def without_namespace(built: Built) -> Built:
    """An Application as DPF made it before it noted the namespace of the DPUCluster."""
    del built.raw["metadata"]["labels"][labels.CLUSTER_NAMESPACE]
    return built


def old() -> Built:
    return without_namespace(deployed(SERVICE, TWO))


def stale(there: World, *targets: Destination, built: Built = SERVICE) -> list[tuple[str, str]]:
    return made(stale_applications(built.resource, targets, there))


class TestHold:
    def test_it_is_one_annotation(self) -> None:
        there = world(*CLUSTERS, ON_ONE.having(metadata={"annotations": {"a": "b"}}))
        (change,) = hold_changes(SERVICE.resource, there)

        assert (change.action, change.done) == (Action.PATCH, "held")
        assert (change.stage, change.needs) == (Step.HOLD, ())
        notes = after(change).mapping("metadata", "annotations")
        assert notes == {"a": "b", SKIP_RECONCILE: "true"}

    def test_all_dpu_clusters_count_selected_or_not(self) -> None:
        built = service(dpuClusterSelector={"matchLabels": {"none": "such"}})
        there = world(*CLUSTERS, ON_ONE, ON_TWO, ON_HOST_APP)

        assert [change.ref.name for change in hold_changes(built.resource, there)] == [
            "cluster-one-dpu-one",
            "cluster-two-dpu-one",
        ]

    def test_on_the_host_cluster_there_is_one(self) -> None:
        there = world(*CLUSTERS, ON_ONE, ON_HOST_APP)
        changes = hold_changes(service(deployInCluster=True).resource, there)

        assert made(changes) == [("patch", "in-cluster-dpu-one")]

    @pytest.mark.parametrize(
        "there",
        [
            pytest.param((), id="there is none"),
            pytest.param((deployed(SERVICE, held="true"),), id="it is held"),
            pytest.param((ON_ONE.deleting(),), id="it is being deleted"),
            pytest.param((application("cluster-one-dpu-one"),), id="it is somebody else's"),
        ],
    )
    def test_others_are_left_alone(self, there: tuple[Built, ...]) -> None:
        assert made(hold_changes(SERVICE.resource, world(*CLUSTERS, *there))) == []

    def test_a_value_other_than_true_does_not_hold(self) -> None:
        there = world(*CLUSTERS, deployed(SERVICE, held="false"))

        assert made(hold_changes(SERVICE.resource, there)) == [("patch", "cluster-one-dpu-one")]


class TestStale:
    def test_what_is_not_selected_goes(self) -> None:
        there = world(*CLUSTERS, ON_ONE, ON_TWO)
        changes = stale_applications(SERVICE.resource, (destination(),), there)

        assert made(changes) == [("delete", "cluster-two-dpu-one")]
        assert isinstance(changes, tuple)
        assert changes[0].stage is Step.STALE

    def test_what_is_left_of_a_cluster_that_is_gone_goes(self) -> None:
        there = world(cluster(ONE), ON_ONE, ON_TWO)

        assert stale(there, destination()) == [("delete", "cluster-two-dpu-one")]

    def test_it_is_let_go_before_it_goes(self) -> None:
        there = world(*CLUSTERS, deployed(SERVICE, TWO, held="true"))
        changes = stale_applications(SERVICE.resource, (destination(),), there)

        assert made(changes) == [
            ("patch", "cluster-two-dpu-one"),
            ("delete", "cluster-two-dpu-one"),
        ]
        assert isinstance(changes, tuple)
        assert [change.stage for change in changes] == [Step.HOLD, Step.STALE]
        assert after(changes[0]).annotation(SKIP_RECONCILE) == "false"
        assert changes[1].needs == (changes[0].gives,)

    def test_one_that_is_going_is_only_let_go(self) -> None:
        there = world(*CLUSTERS, deployed(SERVICE, TWO, held="true").deleting())

        assert stale(there, destination()) == [("patch", "cluster-two-dpu-one")]

    @pytest.mark.parametrize(
        "kept",
        [
            pytest.param(deployed(service("dpu-two"), TWO), id="another service's"),
            pytest.param(deployed(service(namespace="other"), TWO), id="a namesake's"),
            pytest.param(application("cluster-two-dpu-one"), id="one without labels"),
            pytest.param(old(), id="one that does not say which cluster it is in"),
            pytest.param(
                deployed(SERVICE, TWO).having(metadata={"name": "mine"}), id="a copy of a user"
            ),
            pytest.param(
                deployed(SERVICE, TWO).having(metadata={"namespace": "mine"}),
                id="one in another namespace",
            ),
        ],
    )
    def test_what_is_not_ours_stays(self, kept: Built) -> None:
        assert stale(world(*CLUSTERS, ON_ONE, kept), destination()) == []

    def test_one_that_a_namesake_of_the_cluster_shares_stays(self) -> None:
        namesake = ("ns2", "cluster-one")
        there = world(cluster(ONE), cluster(namesake), ON_ONE)

        assert stale(there, destination(namesake)) == []

    def test_what_a_service_leaves_when_it_moves_goes(self) -> None:
        there = world(*CLUSTERS, ON_ONE, ON_HOST_APP)
        moved = service(deployInCluster=True)

        assert stale(there, ON_HOST, built=moved) == [("delete", "cluster-one-dpu-one")]
        assert stale(there, destination()) == [("delete", "in-cluster-dpu-one")]

    def test_dpf_leaves_it(self) -> None:
        there = world(*CLUSTERS, ON_ONE, ON_TWO, ON_HOST_APP, is_upstream=True)
        moved = service(deployInCluster=True)

        assert stale(there, ON_HOST, built=moved) == []
        assert stale(there, destination()) == [("delete", "cluster-two-dpu-one")]

    @pytest.mark.parametrize(
        ("troubles", "text"),
        [
            (
                FORBIDDEN,
                "listing applications for DPUService svc-ns/dpu-one: no applications for you",
            ),
            (NO_CLUSTERS, "no clusters for you"),
        ],
    )
    def test_nothing_goes_if_not_all_is_known(
        self, troubles: dict[kinds.Kind, tuple[Trouble, str]], text: str
    ) -> None:
        there = world(ON_TWO, troubles=troubles)
        fault = fault_of(stale_applications(SERVICE.resource, (destination(),), there))

        assert (fault.step, fault.text) == (Step.STALE, text)


class TestStillThere:
    def test_what_is_still_there_is_named(self) -> None:
        there = world(*CLUSTERS, ON_ONE, ON_TWO.deleting(), ON_HOST_APP.deleting())
        fault = stale_fault(SERVICE.resource, (destination(),), there)

        assert fault is not None
        assert fault.message == (
            "Unable to reconcile Applications: Stale applications still exist for non matching"
            f" DPUClusters:\n* {NS}/cluster-two-dpu-one\n* {NS}/in-cluster-dpu-one"
        )

    def test_nothing_is_said_if_there_is_nothing(self) -> None:
        assert stale_fault(SERVICE.resource, (destination(),), world(*CLUSTERS, ON_ONE)) is None

    def test_one_that_stays_is_a_warning(self) -> None:
        there = world(*CLUSTERS, ON_ONE, old())

        assert stale_fault(SERVICE.resource, (destination(),), there) is None
        assert stale_warnings(SERVICE.resource, (destination(),), there) == (
            f"application/{NS}/cluster-two-dpu-one: is in a cluster that"
            " dpuservice/svc-ns/dpu-one does not select, and has no label"
            " dpu.nvidia.com/cluster-namespace: delete it if it is not needed",
        )

    def test_an_old_one_that_is_asked_for_is_none(self) -> None:
        there = world(*CLUSTERS, old(), ON_ONE)

        assert stale_warnings(SERVICE.resource, (destination(), destination(TWO)), there) == ()


class TestDeletion:
    def test_all_of_a_service_go_wherever_they_are(self) -> None:
        there = world(
            ON_ONE,
            deployed(SERVICE, TWO, held="true"),
            old().having(metadata={"namespace": "far"}),
            deployed(service("dpu-two")),
        )

        assert made(applications_for_deletion(SERVICE.resource, there)) == [
            ("delete", "cluster-one-dpu-one"),
            ("patch", "cluster-two-dpu-one"),
            ("delete", "cluster-two-dpu-one"),
            ("delete", "cluster-two-dpu-one"),
        ]

    def test_those_that_are_going_are_waited_for(self) -> None:
        there = world(ON_ONE.deleting(), ON_TWO.deleting())

        assert made(applications_for_deletion(SERVICE.resource, there)) == []
        assert remaining_applications(SERVICE.resource, there) == (
            "The following applications are awaiting deletion:"
            f"\n* {NS}/cluster-one-dpu-one.argoproj.io\n* {NS}/cluster-two-dpu-one.argoproj.io"
        )

    def test_a_service_waits_for_none_but_its_own(self) -> None:
        assert remaining_applications(SERVICE.resource, world(deployed(service("dpu-two")))) == ""

    def test_it_is_not_let_go_if_they_cannot_be_listed(self) -> None:
        there = world(troubles=FORBIDDEN)
        fault = fault_of(applications_for_deletion(SERVICE.resource, there))

        text = "Error occurred: no applications for you"
        assert (fault.message, fault.reason) == (text, "AwaitingDeletion")
        assert remaining_applications(SERVICE.resource, there) == text


class TestLostRaces:
    def deletion(self, built: Built = ON_ONE) -> Change:
        found = applications_for_deletion(SERVICE.resource, world(built))
        assert isinstance(found, tuple)
        return found[-1]

    @pytest.mark.parametrize(
        ("fresh", "action"),
        [
            pytest.param(None, Action.NONE, id="it is gone"),
            pytest.param(ON_ONE.deleting(), Action.NONE, id="it is going"),
            pytest.param(ON_ONE.spec(project="x"), Action.DELETE, id="it was changed"),
        ],
    )
    def test_a_deletion(self, fresh: Built | None, action: Action) -> None:
        again = replan_application(self.deletion(), fresh.resource if fresh else None)

        assert again.action is action

    def test_one_that_is_somebody_elses_now_stays(self) -> None:
        with pytest.raises(ConflictError, match="no longer carries the labels"):
            replan_application(self.deletion(), application("cluster-one-dpu-one").resource)

    @pytest.mark.parametrize(
        ("fresh", "action"),
        [
            pytest.param(None, Action.NONE, id="it is gone"),
            pytest.param(ON_ONE.deleting(), Action.NONE, id="it is going"),
            pytest.param(deployed(SERVICE, held="true"), Action.NONE, id="it is held"),
            pytest.param(ON_ONE.spec(project="x"), Action.PATCH, id="it was changed"),
        ],
    )
    def test_a_hold(self, fresh: Built | None, action: Action) -> None:
        (change,) = hold_changes(SERVICE.resource, world(cluster(ONE), ON_ONE))

        assert replan_application(change, fresh.resource if fresh else None).action is action

    def test_the_end_of_a_hold_counts_even_if_it_is_going(self) -> None:
        held = deployed(SERVICE, held="true")
        found = applications_for_deletion(SERVICE.resource, world(held))
        assert isinstance(found, tuple)
        again = replan_application(found[0], held.deleting().resource)

        assert again.action is Action.PATCH
        assert replan_application(found[0], after(again)).action is Action.NONE
