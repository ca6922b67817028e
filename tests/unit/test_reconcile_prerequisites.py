"""Namespaces and pull secrets: which are made, copied, left alone and taken away."""

from typing import Any

import pytest

from dpfctl.errors import UnreachableError
from dpfctl.model import kinds, labels
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.inventory import Trouble
from dpfctl.plan import Action, Change
from dpfctl.reconcile.prerequisites.planning import (
    lost_pull_secrets,
    namespace_change,
    replan_prerequisite,
    secret_changes,
)
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World
from tests.builders import Built, build, inventory
from tests.unit.reconcile_fleets import (
    ONE,
    SVC_NS,
    TWO,
    after,
    fault_of,
    made,
    pull_secret,
    secret,
    world,
)

MARKS = {labels.PREREQUISITE_NAMESPACE: SVC_NS, labels.PREREQUISITE: "true"}
FORBIDDEN = {kinds.PULL_SECRET: (Trouble.FORBIDDEN, "no secrets for you")}
DEAD = UnreachableError("dpu cluster ns1/cluster-two: no route to host")


def namespace(**marks: str) -> Built:
    return build(kinds.NAMESPACE, SVC_NS).having(metadata={"labels": marks})


def secrets_of(there: World, cluster: ClusterName = ONE) -> tuple[Change, ...]:
    found = secret_changes(SVC_NS, cluster, there)
    assert not isinstance(found, Fault), found
    return found


def blind(there: World, cluster: ClusterName) -> World:
    """A world in which the Secrets of a DPU cluster cannot be listed."""
    sides = {**there.dpus, cluster: inventory(troubles=FORBIDDEN)}
    return World(there.host, sides, there.now)


class TestNamespaces:
    @pytest.mark.parametrize(
        ("live", "action", "done"),
        [
            pytest.param((), Action.APPLY, "created", id="there is none"),
            pytest.param((namespace(a="b"),), Action.APPLY, "configured", id="without labels"),
            pytest.param(
                (namespace(**{**MARKS, labels.PREREQUISITE: "no"}),),
                Action.APPLY,
                "configured",
                id="with another value",
            ),
            pytest.param((namespace(a="b", **MARKS),), Action.NONE, "configured", id="as wanted"),
        ],
    )
    def test_it_has_the_labels_of_dpf(
        self, live: tuple[Built, ...], action: Action, done: str
    ) -> None:
        change = namespace_change(SVC_NS, ONE, world(dpus={ONE: live}), labelled=True)

        assert (change.action, change.done) == (action, done)
        assert (change.stage, change.cluster, change.needs) == (Step.NAMESPACE, ONE, ())
        assert (change.force, change.manager) == (True, "dpuservice-manager")

    def test_only_these_labels_are_applied(self) -> None:
        there = world(dpus={ONE: (namespace(a="b"),)})
        change = namespace_change(SVC_NS, ONE, there, labelled=True)

        assert change.after == {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": SVC_NS, "labels": MARKS},
        }

    def test_in_the_host_cluster_it_has_none(self) -> None:
        new = namespace_change(SVC_NS, HOST, world(), labelled=False)
        known = namespace_change(SVC_NS, HOST, world(namespace()), labelled=False)

        assert (new.action, new.cluster) == (Action.APPLY, HOST)
        assert new.after["metadata"] == {"name": SVC_NS}
        assert known.action is Action.NONE


class TestCopies:
    def test_secrets_are_copied_without_their_annotations(self) -> None:
        original = pull_secret("one", token="dG9w").having(
            immutable=True, metadata={"annotations": {"a": "b"}, "labels": {"team": "net"}}
        )
        (change,) = secrets_of(world(original, dpus={ONE: ()}))

        assert change.after == {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "one",
                "namespace": SVC_NS,
                "labels": {labels.PULL_SECRET: "", "team": "net"},
            },
            "type": "kubernetes.io/dockerconfigjson",
            "immutable": True,
            "data": {"token": "dG9w"},
        }
        assert (change.stage, change.cluster, change.needs) == (Step.PULL_SECRET, ONE, ())
        assert (change.force, change.manager) == (True, "dpuservice-manager")
        assert "dG9w" not in repr(change)

    @pytest.mark.parametrize(
        ("copy", "action"),
        [
            pytest.param(pull_secret("one", a="1"), Action.NONE, id="the same"),
            pytest.param(pull_secret("one", a="2"), Action.APPLY, id="other data"),
            pytest.param(
                pull_secret("one", a="1").having(type="Opaque"), Action.APPLY, id="another type"
            ),
        ],
    )
    def test_a_copy_that_differs_is_mirrored(self, copy: Built, action: Action) -> None:
        (change,) = secrets_of(world(pull_secret("one", a="1"), dpus={ONE: (copy,)}))

        assert change.action is action

    def test_a_secret_without_data_is_the_same_without_data(self) -> None:
        there = world(pull_secret("one"), dpus={ONE: (pull_secret("one"),)})

        assert made(secrets_of(there)) == []

    def test_other_namespaces_have_theirs(self) -> None:
        there = world(pull_secret("one"), pull_secret("far", "other"), dpus={ONE: ()})

        assert made(secrets_of(there)) == [("apply", "one")]

    def test_what_the_host_lacks_goes(self) -> None:
        side = (
            pull_secret("one"),
            pull_secret("gone"),
            pull_secret("going").deleting(),
            pull_secret("far", "other"),
        )
        changes = secrets_of(world(pull_secret("one"), dpus={ONE: side}))

        assert made(changes) == [("delete", "gone")]
        assert (changes[-1].stage, changes[-1].cluster) == (Step.ORPHAN_SECRET, ONE)

    def test_all_go_if_the_host_has_none_left(self) -> None:
        assert made(secrets_of(world(dpus={ONE: (pull_secret("gone"),)}))) == [("delete", "gone")]

    def test_a_file_without_secrets_says_nothing(self) -> None:
        there = world(dpus={ONE: (pull_secret("gone"),)}, is_file=True)

        assert secrets_of(there) == ()

    def test_a_file_with_secrets_is_like_any_other(self) -> None:
        there = world(pull_secret("one"), dpus={ONE: (pull_secret("gone"),)}, is_file=True)

        assert made(secrets_of(there)) == [("apply", "one"), ("delete", "gone")]

    def test_nothing_goes_if_the_host_cannot_be_read(self) -> None:
        there = world(dpus={ONE: (pull_secret("gone"),)}, troubles=FORBIDDEN)
        fault = fault_of(secret_changes(SVC_NS, ONE, there))

        start = "Unable to reconcile application prereq for ImagePullSecrets: "
        assert (fault.message, fault.cluster) == (f"{start}no secrets for you", HOST)

    def test_nothing_goes_if_the_dpu_cluster_cannot_be_read(self) -> None:
        there = blind(world(pull_secret("one"), dpus={ONE: ()}), ONE)
        fault = fault_of(secret_changes(SVC_NS, ONE, there))

        assert (fault.step, fault.text) == (Step.PULL_SECRET, "no secrets for you")
        assert fault.cluster == ONE


class TestTheLastService:
    def test_copies_go_from_all_clusters(self) -> None:
        there = world(
            pull_secret("one"),
            dpus={
                ONE: (pull_secret("one"), pull_secret("far", "other")),
                TWO: (pull_secret("one"), pull_secret("two")),
            },
        )
        found = lost_pull_secrets(SVC_NS, there)
        assert not isinstance(found, Fault)

        assert [(change.cluster, change.ref.name) for change in found] == [
            (ONE, "one"),
            (TWO, "one"),
            (TWO, "two"),
        ]
        assert {change.action for change in found} == {Action.DELETE}

    @pytest.mark.parametrize(
        ("there", "text"),
        [
            pytest.param(
                world(dpus={ONE: (pull_secret("one"),), TWO: DEAD}),
                f"get cluster cluster-two: {DEAD.message}",
                id="a cluster is out of reach",
            ),
            pytest.param(
                blind(world(dpus={ONE: ()}), ONE),
                "get cluster cluster-one: no secrets for you",
                id="Secrets of a cluster are forbidden",
            ),
            pytest.param(
                world(troubles={kinds.DPU_CLUSTER: (Trouble.FORBIDDEN, "no clusters for you")}),
                "no clusters for you",
                id="clusters are forbidden",
            ),
        ],
    )
    def test_one_cluster_that_cannot_be_read_keeps_the_service(
        self, there: World, text: str
    ) -> None:
        fault = fault_of(lost_pull_secrets(SVC_NS, there))

        assert (fault.message, fault.reason) == (f"Error occurred: {text}", "AwaitingDeletion")


class TestLostRaces:
    def copy(self) -> Change:
        return secrets_of(world(pull_secret("one", a="1"), dpus={ONE: ()}))[0]

    @pytest.mark.parametrize(
        ("fresh", "action"),
        [
            pytest.param(None, Action.APPLY, id="there is none"),
            pytest.param(pull_secret("one", a="2"), Action.APPLY, id="it differs"),
            pytest.param(pull_secret("one", a="1"), Action.NONE, id="it is the same"),
        ],
    )
    def test_a_copy_is_compared_again(self, fresh: Built | None, action: Action) -> None:
        again = replan_prerequisite(self.copy(), fresh.resource if fresh else None)

        assert again.action is action
        assert again.cluster == ONE

    @pytest.mark.parametrize(
        ("fresh", "action"),
        [
            pytest.param(None, Action.NONE, id="it is gone"),
            pytest.param(pull_secret("gone").deleting(), Action.NONE, id="it is going"),
            pytest.param(secret("gone"), Action.NONE, id="it is no copy any more"),
            pytest.param(pull_secret("gone", a="9"), Action.DELETE, id="it changed"),
        ],
    )
    def test_an_orphan_is_looked_at_again(self, fresh: Built | None, action: Action) -> None:
        (change,) = secrets_of(world(dpus={ONE: (pull_secret("gone"),)}))

        assert replan_prerequisite(change, fresh.resource if fresh else None).action is action

    @pytest.mark.parametrize(
        ("fresh", "action"), [(namespace(), Action.APPLY), (namespace(**MARKS), Action.NONE)]
    )
    def test_a_namespace_is_looked_at_again(self, fresh: Built, action: Action) -> None:
        change = namespace_change(SVC_NS, ONE, world(dpus={ONE: ()}), labelled=True)
        again = replan_prerequisite(change, fresh.resource)

        assert again.action is action
        wanted: Any = after(again).mapping("metadata", "labels")
        assert wanted == MARKS
