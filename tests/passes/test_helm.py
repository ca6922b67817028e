"""A: what becomes of a DPUService as an Application, and which values its chart gets."""

import re
from typing import Any

import pytest

from dpfctl.model import kinds, labels
from tests.builders import NS, Built
from tests.controlplane.cluster import ControlPlane
from tests.passes.objects import (
    APP_ONE,
    APP_TWO,
    CLUSTER,
    FINALIZER,
    HOME,
    ONE,
    TWO,
    WHERE,
    chosen,
    match_labels,
    on_host,
    service,
    side,
    way_in,
)
from tests.passes.scene import HOLD, Scene, compact

SOURCE = {"repoURL": "oci://repository.com", "version": "v1.1", "chart": "first-chart"}
SOME = {"annotations": {"some": "annotation"}, "updateStrategy": {"type": "OnDelete"}}
OTHER = {
    "annotations": {"diff": "annotation"},
    "labels": {"some": "label"},
    "updateStrategy": {"type": "RollingUpdate"},
}
MARKED = '"labels":{"svc.dpu.nvidia.com/service":"someservice"}'


class TestApplication:
    def test_r_helm_01_an_application_is_created(self, scene: Scene) -> None:
        scene.settle()
        found, owner = scene.application(APP_TWO), scene.service(TWO)

        assert found["spec"] == {
            "project": "doca-platform-project-dpu",
            "destination": {"name": CLUSTER, "namespace": HOME},
            "source": {
                "repoURL": "repository.com",
                "chart": "second-chart",
                "targetRevision": "v1.2",
                "helm": {
                    "releaseName": "release-two",
                    "valuesObject": {
                        "serviceDaemonSet": {
                            "labels": {labels.SERVICE_ID: owner["status"]["serviceID"]}
                        }
                    },
                },
            },
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
        }
        assert found["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]
        assert HOLD not in scene.annotations(kinds.APPLICATION, APP_TWO, NS)
        assert owner["metadata"]["finalizers"] == [FINALIZER]

    def test_r_helm_02_the_application_is_labelled(self, scene: Scene) -> None:
        scene.settle()

        assert scene.application(APP_TWO)["metadata"]["labels"] == {
            labels.CLUSTER_NAME: CLUSTER,
            labels.CLUSTER_NAMESPACE: WHERE,
            labels.COMPONENT: "dpuservice-manager",
            **match_labels(TWO),
        }

    def test_r_helm_02b_a_web_repository_and_no_release_name(self, bare: Scene) -> None:
        url = "https://charts.example.com/stable"
        bare.add(service("web", helmChart={"source": {**SOURCE, "repoURL": url}}))
        bare.settle()
        source = bare.application(f"{CLUSTER}-web")["spec"]["source"]

        assert source["repoURL"] == url
        assert "releaseName" not in source["helm"]

    def test_r_helm_03_a_service_id_is_made_up(self, scene: Scene) -> None:
        scene.settle()
        made = scene.service(TWO)["status"]["serviceID"]

        assert re.fullmatch("[a-z0-9]{10}", made)
        assert scene.values(APP_TWO)["serviceDaemonSet"]["labels"] == {labels.SERVICE_ID: made}

    def test_r_helm_03_the_same_one_as_dpf_makes(self, bare: Scene) -> None:
        bare.add(service(ONE, namespace="default"))
        bare.settle()

        assert bare.service(ONE, "default")["status"]["serviceID"] == "5313a33820"

    def test_r_helm_07_a_new_version_is_rolled_out_in_place(self, scene: Scene) -> None:
        scene.settle()
        foreign = {"metadata": {"annotations": {"foo": "bar"}}}
        scene.merge(kinds.APPLICATION, APP_TWO, foreign, NS)
        before = scene.application(APP_TWO)
        scene.change(TWO, helmChart={"source": {"version": "v1.3"}})
        scene.settle()
        after = scene.application(APP_TWO)

        assert after["metadata"]["uid"] == before["metadata"]["uid"]
        assert after["metadata"]["annotations"] == {"foo": "bar"}
        assert after["spec"]["source"] == {**before["spec"]["source"], "targetRevision": "v1.3"}

    def test_r_helm_07b_a_second_pass_leaves_it_alone(self, scene: Scene) -> None:
        scene.settle()
        before = scene.application(APP_ONE), scene.application(APP_TWO)
        scene.settle()

        assert (scene.application(APP_ONE), scene.application(APP_TWO)) == before

    def test_r_helm_07c_what_somebody_edited_is_restored(self, scene: Scene) -> None:
        scene.settle()
        edit = {"spec": {"destination": {"namespace": "elsewhere"}}}
        scene.merge(kinds.APPLICATION, APP_ONE, edit, NS)
        scene.settle()

        assert scene.application(APP_ONE)["spec"]["destination"]["namespace"] == HOME

    def test_r_helm_08_a_service_on_the_host_cluster(self, bare: Scene) -> None:
        bare.add(on_host("local"))
        bare.settle()
        found = bare.application("in-cluster-local")

        assert found["spec"]["project"] == "doca-platform-project-host"
        assert found["spec"]["destination"] == {"name": "in-cluster", "namespace": HOME}
        assert labels.CLUSTER_NAMESPACE not in found["metadata"]["labels"]
        assert bare.applications() == ["in-cluster-local"]

        bare.report("in-cluster-local")
        bare.settle()
        assert bare.condition("ApplicationsReady", "local") == ("True", "Success", "")

    def test_r_helm_09_names_that_are_too_long_together(
        self, bare: Scene, second: ControlPlane
    ) -> None:
        far, name = "c" * 63, "s" * 63
        bare.add(side(far, "long"), service(name, dpuClusterSelector=chosen("long")))
        bare.add(way_in(far, second.kubeconfig_text(second.admin_token)))
        for _ in range(2):
            bare.settle()
            (made,) = bare.applications()
            assert re.fullmatch("c{57}-[0-9a-f]{5}", made)

    def test_r_helm_09_a_longer_name_is_no_name(self, bare: Scene) -> None:
        answer = bare.propose(service("s" * 64))

        assert answer.status == 422
        assert "name length can't be bigger than 63 chars" in answer.message()


class TestValues:
    """Byte by byte, as DPF writes them."""

    @pytest.mark.parametrize(
        ("values", "daemon_set", "expected"),
        [
            pytest.param(None, None, f'{{"serviceDaemonSet":{{{MARKED}}}}}', id="a: nothing"),
            pytest.param(
                {"key": "value"},
                None,
                f'{{"key":"value","serviceDaemonSet":{{{MARKED}}}}}',
                id="b: values",
            ),
            pytest.param(
                {"serviceDaemonSet": OTHER},
                SOME,
                '{"serviceDaemonSet":{"annotations":{"diff":"annotation","some":"annotation"},'
                '"labels":{"some":"label","svc.dpu.nvidia.com/service":"someservice"},'
                '"updateStrategy":{"type":"OnDelete"}}}',
                id="c: both, which are merged",
            ),
        ],
    )
    def test_r_helm_04_values_of_a_service(
        self, bare: Scene, values: Any, daemon_set: Any, expected: str
    ) -> None:
        assert self.made(bare, valued(values, daemon_set)) == expected

    @pytest.mark.parametrize(
        ("values", "of_global"),
        [
            pytest.param({"serviceDaemonSet": OTHER}, "", id="a: beside the user's own"),
            pytest.param(
                {"serviceDaemonSet": OTHER, "global": {"otherKey": "otherValue"}},
                '"otherKey":"otherValue",',
                id="b: the user's global values stay",
            ),
        ],
    )
    def test_r_helm_05_values_of_a_system_component(
        self, bare: Scene, values: Any, of_global: str
    ) -> None:
        built = valued(values, SOME).labelled(COMPONENT="test-service")

        assert self.made(bare, built) == (
            f'{{"global":{{{of_global}"serviceDaemonSet":{{"annotations":'
            f'{{"dpu.nvidia.com/cluster":"{CLUSTER}","dpu.nvidia.com/cluster-namespace":"{HOME}",'
            f'"some":"annotation"}},{MARKED},"updateStrategy":{{"type":"OnDelete"}}}}}},'
            '"serviceDaemonSet":{"annotations":{"diff":"annotation"},"labels":{"some":"label"},'
            '"updateStrategy":{"type":"RollingUpdate"}}}'
        )

    def test_r_helm_06_the_service_id_wins_and_quantities_are_text(self, bare: Scene) -> None:
        daemon_set = {
            "labels": {labels.SERVICE_ID: "fake"},
            "resources": {"memory": "6Gi", "nvidia.com/bf_sf": 3},
        }
        bare.add(valued(None, daemon_set))
        before = bare.service("valued")
        bare.settle()
        after, made = bare.service("valued"), bare.values(f"{CLUSTER}-valued")

        assert made["serviceDaemonSet"]["labels"] == {labels.SERVICE_ID: "someservice"}
        assert made["serviceDaemonSet"]["resources"] == {"memory": "6Gi", "nvidia.com/bf_sf": "3"}
        assert after["spec"] == before["spec"]
        assert after["metadata"]["generation"] == before["metadata"]["generation"]

    def made(self, scene: Scene, built: Built) -> str:
        scene.add(built)
        scene.settle()
        return compact(scene.values(f"{CLUSTER}-{built.name}"))


def valued(values: Any, daemon_set: Any) -> Built:
    """A service with values of the user, and wishes for its DaemonSet."""
    chart = {"source": SOURCE, **({"values": values} if values else {})}
    built = service("valued", helmChart=chart, serviceID="someservice")
    return built.spec(serviceDaemonSet=daemon_set) if daemon_set else built
