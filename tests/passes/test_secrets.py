"""G: namespaces and pull secrets in the DPU clusters."""

from dpfctl.model import kinds, labels
from tests.builders import build
from tests.cluster.host_sites import elsewhere
from tests.controlplane.cluster import ControlPlane
from tests.passes.objects import APP_ONE, HOME, TWO, chosen, pull_secret, side, way_in
from tests.passes.scene import Scene, found_in

COPIED = ("name", "namespace", "labels")


def copy_of(cluster: ControlPlane, name: str) -> dict[str, object] | None:
    """What is to be the same in a copy of a pull secret; None if there is no copy."""
    found = found_in(cluster, kinds.SECRET, name)
    if found is None:
        return None
    metadata = {key: found["metadata"].get(key) for key in COPIED}
    return {**metadata, "type": found["type"], "data": found["data"]}


def add_second(scene: Scene, cluster: ControlPlane, kubeconfig: str = "") -> None:
    """Let there be a DPU cluster cluster-two."""
    text = kubeconfig or cluster.kubeconfig_text(cluster.admin_token)
    scene.add(way_in("cluster-two", text), side("cluster-two", "cluster2"))


class TestNamespace:
    def test_r_sec_01_it_is_created_with_its_marks(self, scene: Scene) -> None:
        scene.settle()
        found = scene.find_aside(kinds.NAMESPACE, HOME)

        assert found is not None
        marks = dict(found["metadata"]["labels"])
        del marks["kubernetes.io/metadata.name"]
        assert marks == {labels.PREREQUISITE_NAMESPACE: HOME, labels.PREREQUISITE: "true"}

    def test_r_sec_01_labels_of_others_survive(self, scene: Scene) -> None:
        theirs = build(kinds.NAMESPACE, HOME).having(metadata={"labels": {"team": "network"}})
        scene.add(theirs, on=scene.side)
        scene.settle()
        found = scene.find_aside(kinds.NAMESPACE, HOME)

        assert found is not None
        assert found["metadata"]["labels"]["team"] == "network"
        assert found["metadata"]["labels"][labels.PREREQUISITE] == "true"


class TestPullSecrets:
    def test_r_sec_02_copies_in_every_cluster(self, scene: Scene, second: ControlPlane) -> None:
        add_second(scene, second)
        scene.change(dpuClusterSelector=chosen())
        scene.change(TWO, dpuClusterSelector=chosen())
        scene.add(pull_secret("dpf-secret-one"), pull_secret("dpf-secret-two"))
        scene.add(pull_secret("plain", is_marked=False))
        scene.add(pull_secret("elsewhere", namespace="other-ns"))
        scene.settle()

        for name in ("dpf-secret-one", "dpf-secret-two"):
            original = copy_of(scene.host, name)
            assert original is not None
            assert [copy_of(one, name) for one in (scene.side, second)] == [original] * 2
        assert scene.find_aside(kinds.SECRET, "plain") is None
        assert scene.find_aside(kinds.SECRET, "elsewhere", "other-ns") is None

    def test_r_sec_03_copies_follow(self, scene: Scene) -> None:
        names = ("removed", "unmarked", "changed")
        scene.add(*(pull_secret(name) for name in names))
        scene.settle()
        scene.add(pull_secret("their-own", is_marked=False), on=scene.side)

        scene.remove(kinds.SECRET, "removed")
        unmark = {"metadata": {"labels": {labels.PULL_SECRET: None}}}
        scene.merge(kinds.SECRET, "unmarked", unmark)
        scene.merge(kinds.SECRET, "changed", {"data": {".dockerconfigjson": "eyJhIjoxfQ=="}})
        scene.settle()

        left = [name for name in (*names, "their-own") if copy_of(scene.side, name)]
        assert left == ["changed", "their-own"]
        assert copy_of(scene.side, "changed") == copy_of(scene.host, "changed")

    def test_r_sec_04_a_cluster_that_does_not_answer(self, scene: Scene) -> None:
        good = scene.side.kubeconfig_text(scene.side.admin_token)
        add_second(scene, scene.side, elsewhere(good, scene.side.url))
        scene.add(pull_secret("dpf-secret-one"))
        result = scene.reconcile()
        status, reason, message = scene.condition("ApplicationPrereqsReconciled")
        *_, upstream = message.partition("cluster namespaces: ")

        assert result.code != 0
        assert (status, reason) == ("False", "Error")
        assert message.startswith("Unable to reconcile application prereq for cluster namespaces: ")
        assert upstream.startswith("get cluster cluster-two: ")
        assert copy_of(scene.side, "dpf-secret-one") is not None
        assert APP_ONE in scene.applications()

    def test_secrets_are_never_told(self, scene: Scene) -> None:
        word = "eyJ3b3JkIjoiaHVzaC1odXNoIn0="  # {"word":"hush-hush"}
        scene.add(pull_secret("dpf-secret-one", word))
        told = [scene.reconcile(*args) for args in (("--dry-run=client", "-o", "yaml"), ())]
        text = "".join(one.out + one.err for one in told)

        assert copy_of(scene.side, "dpf-secret-one") is not None
        assert "dpf-secret-one" in text
        assert [part for part in (word, "hush") if part in text] == []
