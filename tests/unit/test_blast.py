"""How far a suspension reaches, and what about it should give pause."""

from collections.abc import Mapping

import pytest

from dpfctl.marks.blast import held_applications, suspend_impacts, suspend_warnings
from dpfctl.model import kinds
from dpfctl.model.applications import SKIP_RECONCILE, application_name
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.plan import Impact
from tests.builders import (
    NS,
    Built,
    Fleet,
    application,
    build,
    dpu,
    dpu_cluster,
    dpu_service,
    inventory,
    operator_config,
)

HBN = dpu_service("hbn", "tenant").spec(helmChart={"source": {"version": "1.2.0"}})
EDGE, CORE = dpu_cluster("edge", "dpu-cplane"), dpu_cluster("core", "dpu-cplane")
FORBIDDEN = (Trouble.FORBIDDEN, "applications.argoproj.io is forbidden")
NO_CONFIG = "exactly one DPFOperatorConfig must exist, else the controller does not heed it"
NO_APPLICATION = "has no application yet; none will be created while it is suspended"


def app(name: str, sync: str = "Synced", health: str = "Healthy", version: str = "1.2.0") -> Built:
    """An Application of a service, rolled out unless told otherwise."""
    return (
        application(name)
        .spec(source={"targetRevision": version})
        .status(sync={"status": sync}, health={"status": health})
    )


def held(name: str) -> Built:
    return app(name).having(metadata={"annotations": {SKIP_RECONCILE: "true"}})


def dpu_of(name: str, cluster: str, namespace: str = NS) -> Built:
    return dpu(name, namespace).spec(cluster={"name": cluster, "namespace": "dpu-cplane"})


def host(
    *objects: Built | Fleet, troubles: Mapping[kinds.Kind, tuple[Trouble, str]] | None = None
) -> Inventory:
    return inventory(operator_config(), *objects, troubles=troubles)


def impacts(
    service: Built, found: Inventory, pods: Mapping[tuple[str, str], Inventory] | None = None
) -> dict[str, Impact]:
    told = suspend_impacts(service.resource, found, pods or {})
    assert {one.target for one in told} == {service.resource.ref}
    return {one.what: one for one in told}


def names(service: Built, found: Inventory) -> dict[str, tuple[str, ...]]:
    told = impacts(service, found)
    assert all(one.is_known and not one.note for one in told.values())
    return {what: one.names for what, one in told.items()}


class TestImpacts:
    def test_r_pause_06_lists_applications_and_the_clusters_that_have_none(self) -> None:
        dpus = (dpu_of("d2", "edge", "a"), dpu_of("d1", "edge"), dpu_of("d3", "core"))
        found = host(EDGE, CORE, app("edge-hbn"), app("edge-dts"), *dpus)

        assert names(HBN, found) == {
            "applications held": (f"{NS}/edge-hbn",),
            "clusters without an application": ("core",),
            "dpus concerned": ("d1", "d2"),
        }

    def test_the_selector_of_the_service_does_not_count(self) -> None:
        picky = HBN.spec(dpuClusterSelector={"matchLabels": {"site": "nowhere"}})

        told = names(picky, host(EDGE, app("edge-hbn")))
        assert told["applications held"] == (f"{NS}/edge-hbn",)

    def test_no_cluster_at_all(self) -> None:
        assert names(HBN, host()) == {
            "applications held": (),
            "clusters without an application": (),
            "dpus concerned": (),
        }

    def test_a_service_of_the_host_cluster(self) -> None:
        local = HBN.spec(deployInCluster=True)
        found = host(EDGE, app("edge-hbn"), app("in-cluster-hbn"), dpu_of("d1", "edge"))

        assert names(local, found) == {
            "applications held": (f"{NS}/in-cluster-hbn",),
            "clusters without an application": (),
            "dpus concerned": (),
        }
        assert names(local, host(EDGE, app("edge-hbn")))["clusters without an application"] == (
            "in-cluster",
        )

    def test_long_names_are_looked_up_as_the_controller_writes_them(self) -> None:
        long = dpu_service("s" * 60)
        name = application_name("edge", "s" * 60)
        found = host(EDGE, app(name), app(f"edge-{'s' * 60}"))

        assert len(name) == 63
        assert names(long, found)["applications held"] == (f"{NS}/{name}",)

    def test_an_application_elsewhere_is_not_the_operators(self) -> None:
        stray = application("edge-hbn", "tenant")

        assert names(HBN, host(EDGE, stray))["clusters without an application"] == ("edge",)

    def test_clusters_of_one_name_share_an_application(self) -> None:
        found = host(EDGE, dpu_cluster("edge", "other"), app("edge-hbn"))

        assert names(HBN, found)["applications held"] == (f"{NS}/edge-hbn",)

    @pytest.mark.parametrize(
        "kind", [kinds.APPLICATION, kinds.DPU_CLUSTER, kinds.DPF_OPERATOR_CONFIG], ids=str
    )
    def test_a_list_that_failed_is_no_empty_list(self, kind: kinds.Kind) -> None:
        found = host(EDGE, app("edge-hbn"), troubles={kind: FORBIDDEN})

        assert impacts(HBN, found) == {
            "applications held": Impact(
                HBN.resource.ref, "applications held", is_known=False, note=FORBIDDEN[1]
            )
        }

    def test_a_list_that_failed_without_a_word(self) -> None:
        found = host(EDGE, troubles={kinds.APPLICATION: (Trouble.NOT_SERVED, "")})

        note = impacts(HBN, found)["applications held"].note
        assert note == "applications.argoproj.io: notserved"

    def test_dpus_that_cannot_be_listed_leave_the_rest(self) -> None:
        told = impacts(HBN, host(EDGE, app("edge-hbn"), troubles={kinds.DPU: FORBIDDEN}))

        assert told["applications held"].names == (f"{NS}/edge-hbn",)
        assert (told["dpus concerned"].is_known, told["dpus concerned"].note) == (
            False,
            FORBIDDEN[1],
        )


class TestPods:
    """Pods go on running; they are told where the DPU clusters are at hand."""

    HOST = host(EDGE, CORE, app("edge-hbn"))

    def pod(self, name: str, service_id: str) -> Built:
        return build(kinds.POD, name, "tenant").labelled(SERVICE_ID=service_id)

    def left(self, service: Built, *pods: Built, cluster: str = "edge") -> tuple[str, ...]:
        sides = {("dpu-cplane", cluster): inventory(*pods)}
        return impacts(service, self.HOST, sides)["pods left running"].names

    def test_pods_of_the_service(self) -> None:
        service = HBN.status(serviceID="abc")
        mine, other = self.pod("hbn-x", "abc"), self.pod("dts-x", "def")

        assert self.left(service, mine, other) == ("tenant/hbn-x",)

    def test_what_the_controller_says_wins_over_what_was_asked(self) -> None:
        service = HBN.spec(serviceID="old").status(serviceID="abc")

        assert self.left(service, self.pod("hbn-x", "abc"), self.pod("hbn-y", "old")) == (
            "tenant/hbn-x",
        )

    def test_a_service_without_an_id_has_no_pods(self) -> None:
        assert self.left(HBN, self.pod("hbn-x", "")) == ()

    def test_a_cluster_without_an_application_has_no_pods(self) -> None:
        pod = self.pod("hbn-x", "abc")

        assert self.left(HBN.status(serviceID="abc"), pod, cluster="core") == ()

    def test_clusters_that_were_not_read_are_not_spoken_of(self) -> None:
        assert "pods left running" not in impacts(HBN, self.HOST)


@pytest.mark.parametrize(
    ("service", "found", "facts"),
    [
        pytest.param(HBN, host(EDGE, app("edge-hbn")), [], id="rolled out"),
        pytest.param(
            HBN.deleting(),
            host(EDGE, app("edge-hbn")),
            ["is being deleted; the deletion waits until it is resumed"],
            id="in deletion",
        ),
        pytest.param(
            HBN, inventory(EDGE, app("edge-hbn")), [NO_CONFIG, NO_APPLICATION], id="no config"
        ),
        pytest.param(
            HBN, host(operator_config("second"), EDGE, app("edge-hbn")), [NO_CONFIG], id="2 configs"
        ),
        pytest.param(HBN, host(EDGE), [NO_APPLICATION], id="no application"),
        pytest.param(
            HBN,
            host(EDGE, CORE, app("edge-hbn", version="1.1.0"), app("core-hbn", "OutOfSync")),
            [
                "an update is half rolled out and stays so: core-hbn (OutOfSync/Healthy), "
                "edge-hbn (Synced/Healthy)"
            ],
            id="another version, out of sync",
        ),
        pytest.param(
            HBN,
            host(EDGE, app("edge-hbn", health="Progressing")),
            ["an update is half rolled out and stays so: edge-hbn (Synced/Progressing)"],
            id="progressing",
        ),
        pytest.param(
            HBN, host(EDGE, app("edge-hbn", health="Degraded")), [], id="degraded is no update"
        ),
        pytest.param(
            HBN.spec(helmChart={"source": {"version": "1.3.0"}}),
            host(EDGE, held("edge-hbn")),
            [],
            id="held already",
        ),
        pytest.param(
            HBN, host(EDGE, application("edge-hbn")), [], id="an application that was never synced"
        ),
        pytest.param(
            HBN,
            host(EDGE, application("edge-hbn").spec(source={"targetRevision": "1.1.0"})),
            ["an update is half rolled out and stays so: edge-hbn (not synced yet)"],
            id="an older one that was never synced",
        ),
        pytest.param(
            HBN.deleting(),
            host(EDGE, troubles={kinds.APPLICATION: FORBIDDEN}),
            ["is being deleted; the deletion waits until it is resumed"],
            id="what cannot be listed is not guessed",
        ),
        pytest.param(
            HBN,
            inventory(EDGE, troubles={kinds.DPF_OPERATOR_CONFIG: FORBIDDEN}),
            [],
            id="a config that cannot be listed is not missing",
        ),
    ],
)
def test_warnings(service: Built, found: Inventory, facts: list[str]) -> None:
    told = suspend_warnings(service.resource, found)

    assert list(told) == [f"dpuservice/tenant/hbn: {fact}" for fact in facts]


def test_held_applications_come_by_cluster() -> None:
    found = host(EDGE, CORE, app("edge-hbn"), app("core-hbn"))

    assert [a.name for a in held_applications(HBN.resource, found)] == ["core-hbn", "edge-hbn"]
