"""What keeps ``dpfctl reconcile`` from writing next to others: a live controller, another pass."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from dpfctl.model import kinds
from tests.builders import NS, Built, build
from tests.cluster.host_sites import path_of
from tests.cluster.sites import wait_until
from tests.command_line import Result, dpfctl
from tests.controlplane.api import MERGE_PATCH, Json
from tests.controlplane.audit import recorded
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.passes.objects import HOME, config, on_host

NEWER, OLDER, OURS = "dpuservice.dpu.nvidia.com", "e361afcf.nvidia.com", "dpfctl-reconcile"
MANAGER = "dpuservice-controller-manager"
WRITTEN = "note: reading the fleet again: somebody else may have written\n"
APP = "in-cluster-one"
_RBAC = "rbac.authorization.k8s.io"
_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


@dataclass(frozen=True, slots=True)
class Site:
    """A host cluster without DPU clusters, and a service that is to be deployed in it."""

    cluster: ControlPlane

    def reconcile(self, *args: str, token: str = "") -> Result:
        """Run one pass as admin, or as whoever has the token."""
        path = self.cluster.kubeconfig_for(token) if token else self.cluster.kubeconfig
        return dpfctl("reconcile", "--once", *args, "--kubeconfig", str(path))

    @property
    def is_untouched(self) -> bool:
        """Whether the service is neither deployed nor marked."""
        service = self.get(on_host("one"))
        return "finalizers" not in service["metadata"] and self.find(APP) is None

    def get(self, built: Built) -> Json:
        """An object as it is stored."""
        return self.cluster.api.call("GET", path_of(built.kind, built.name, built.namespace))

    def find(self, name: str) -> Json | None:
        """An Application, None if there is none."""
        answer = self.cluster.api.request("GET", path_of(kinds.APPLICATION, name))
        return answer.json() if answer.status == 200 else None

    def lease(self, name: str = OURS) -> Json | None:
        """The spec of a Lease, None if there is none."""
        answer = self.cluster.api.request("GET", path_of(kinds.LEASE, name))
        return answer.json()["spec"] if answer.status == 200 else None

    def hold(self, name: str, age: float = 0.0, holder: str = "somebody") -> None:
        """Have somebody hold a Lease of 30 seconds that was renewed some seconds ago."""
        spec = {"holderIdentity": holder, "leaseDurationSeconds": 30, "renewTime": moment(age)}
        apply_objects(self.cluster, [build(kinds.LEASE, name).spec(**spec).raw])


def moment(age: float) -> str:
    """The time some seconds ago, by the clock of the API server."""
    when = datetime.now(UTC) - timedelta(seconds=age)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def manager(ready: int) -> Json:
    """The Deployment of the controller."""
    marks = {"app": "manager"}
    pod = {"containers": [{"name": "manager", "image": "none"}]}
    built = build(kinds.DEPLOYMENT, MANAGER).spec(
        selector={"matchLabels": marks}, template={"metadata": {"labels": marks}, "spec": pod}
    )
    return built.status(replicas=1, readyReplicas=ready).raw


@pytest.fixture
def site(leased_cluster: ControlPlane) -> Iterator[Site]:
    forget_leases(leased_cluster)
    apply_objects(leased_cluster, [built.raw for built in (config(), on_host("one"))])
    yield Site(leased_cluster)
    forget_leases(leased_cluster)


def forget_leases(cluster: ControlPlane) -> None:
    """Leases are not wiped with the rest: API servers keep some of their own."""
    cluster.api.request("DELETE", path_of(kinds.LEASE, "").rstrip("/"))


class TestController:
    @pytest.mark.parametrize("name", [NEWER, OLDER])
    def test_that_holds_its_lease_keeps_us_out(self, site: Site, name: str) -> None:
        site.hold(name, age=10, holder="manager-0_ab12")
        result = site.reconcile()

        assert (result.code, result.out) == (6, "")
        assert result.err.endswith(
            f"error: reconcile: a controller of DPF runs: lease/{NS}/{name} is held by "
            "manager-0_ab12\nhint: it does all of this by itself; stop it, or use --force\n"
        )
        assert site.is_untouched
        assert site.lease() is None

    def test_whose_lease_is_over_does_not(self, site: Site) -> None:
        site.hold(NEWER, age=60)
        apply_objects(site.cluster, [manager(ready=1)])

        assert site.reconcile().code == 0
        assert site.find(APP) is not None

    @pytest.mark.parametrize(("ready", "code"), [(1, 6), (0, 0)])
    def test_without_a_lease_is_known_by_its_replicas(
        self, site: Site, ready: int, code: int
    ) -> None:
        apply_objects(site.cluster, [manager(ready)])
        result = site.reconcile()

        assert result.code == code
        assert site.is_untouched is bool(code)
        assert (f"deployment/{NS}/{MANAGER} has ready replicas" in result.err) is bool(code)

    def test_is_no_matter_with_force(self, site: Site) -> None:
        site.hold(NEWER)

        assert site.reconcile("--force").code == 0
        assert site.find(APP) is not None

    @pytest.mark.parametrize("mode", ["client", "server"])
    def test_is_a_warning_in_a_dry_run(self, site: Site, mode: str) -> None:
        site.hold(NEWER, holder="manager-0")
        result = site.reconcile(f"--dry-run={mode}")

        assert result.code == 0
        assert (
            "warning: a real pass would be refused: reconcile: a controller of DPF runs: "
            f"lease/{NS}/{NEWER} is held by manager-0\n"
        ) in result.err
        assert site.is_untouched
        assert site.lease() is None


class TestOurLease:
    def test_is_taken_while_we_write_and_given_back(self, site: Site) -> None:
        with recorded(site.cluster) as recording:
            assert site.reconcile().code == 0
        lease = site.lease()
        assert lease is not None

        writes = recording.requests("create", "patch", "update", "delete")
        assert "leases" in writes[0]
        assert "leases" in writes[-1]
        assert "holderIdentity" not in lease
        assert lease["leaseDurationSeconds"] == 30

    def test_is_taken_again_the_next_time(self, site: Site) -> None:
        site.reconcile()
        body = {"spec": {"helmChart": {"source": {"version": "v1.2"}}}}
        service = path_of(kinds.DPU_SERVICE, "one", HOME)
        site.cluster.api.call("PATCH", service, body, MERGE_PATCH)

        assert site.reconcile().code == 0

    def test_is_not_asked_for_if_nothing_is_to_be_written(self, site: Site) -> None:
        site.reconcile()
        with recorded(site.cluster) as recording:
            result = site.reconcile()

        assert result.code == 0
        assert recording.requests("create", "patch", "update", "delete") == []
        assert not [line for line in recording.requests("get") if OURS in line]

    def test_of_another_pass_keeps_us_out(self, site: Site) -> None:
        site.hold(OURS, age=5, holder="lena@ci-7:42")
        result = site.reconcile()

        assert (result.code, result.out) == (6, "")
        assert result.err.endswith(
            f"error: lease/{NS}/{OURS}: another pass is under way: lena@ci-7:42\n"
            "hint: wait for it; after a crash it ends by itself within 30 s\n"
        )
        assert site.is_untouched
        assert (site.lease() or {})["holderIdentity"] == "lena@ci-7:42"

    def test_keeps_us_out_although_controllers_are_no_matter(self, site: Site) -> None:
        site.hold(OURS)

        assert site.reconcile("--force").code == 6

    def test_of_a_pass_that_crashed_is_taken_over(self, site: Site) -> None:
        site.hold(OURS, age=31)
        result = site.reconcile()
        lease = site.lease()

        assert result.code == 0
        assert lease is not None
        assert ("holderIdentity" in lease, lease["leaseTransitions"]) == (False, 1)

    def test_of_nobody_leaves_the_plan_as_it_is(self, site: Site) -> None:
        site.hold(OURS, age=60, holder="")
        result = site.reconcile()

        assert (result.code, WRITTEN in result.err) == (0, False)

    @pytest.mark.parametrize("name", [OURS, NEWER, OLDER])
    def test_of_others_who_just_stopped_makes_us_read_again(self, site: Site, name: str) -> None:
        site.hold(name, age=-1, holder="")
        result = site.reconcile()

        assert (result.code, WRITTEN in result.err) == (0, True)

    def test_is_given_back_by_a_pass_that_fails(self, site: Site) -> None:
        taken = build(kinds.APPLICATION, APP).spec(
            project="x", destination={"name": "x", "namespace": "x"}
        )
        apply_objects(site.cluster, [taken.raw])
        result = site.reconcile()

        assert result.code != 0
        assert "holderIdentity" not in (site.lease() or {})


class TestRights:
    """Somebody who may do everything but what Leases and Deployments need."""

    @pytest.fixture
    def token(self, site: Site) -> Callable[..., str]:
        """The reader's token, with all rights in these groups and in those that a pass needs."""

        def grant(*groups: str) -> str:
            needed = (
                "", "apiextensions.k8s.io", "argoproj.io", "discovery.k8s.io",
                "operator.dpu.nvidia.com", "provisioning.dpu.nvidia.com", "svc.dpu.nvidia.com",
            )  # fmt: skip
            let_all(site.cluster, (*needed, *groups))
            return site.cluster.reader_token

        return grant

    def test_whether_a_controller_runs_must_be_known(
        self, site: Site, token: Callable[..., str]
    ) -> None:
        result = site.reconcile(token=token("apps"))

        assert (result.code, result.out) == (7, "")
        assert "error: reconcile: cannot tell whether a controller of DPF runs: " in result.err
        assert "hint: if you know that none does, use --force" in result.err
        assert site.is_untouched

    def test_force_goes_on_without_a_lease(self, site: Site, token: Callable[..., str]) -> None:
        result = site.reconcile("--force", token=token("apps"))

        assert result.code == 0, result.err
        assert "going on without a Lease" in result.err
        assert site.find(APP) is not None

    def test_a_dry_run_needs_neither(self, site: Site, token: Callable[..., str]) -> None:
        result = site.reconcile("--dry-run=client", token=token())

        assert result.code == 0
        assert "warning: a real pass would be refused: " in result.err


def let_all(cluster: ControlPlane, groups: tuple[str, ...]) -> None:
    """Let the readers do everything in some API groups, and wait until they may."""
    name = {"name": "some-groups"}
    rules = [{"apiGroups": list(groups), "resources": ["*"], "verbs": ["*"]}]
    role = {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": name, "rules": rules}
    binding: dict[str, Any] = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": name,
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "some-groups"},
        "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": "readers"}],
    }
    apply_objects(cluster, [role, binding])
    for group in groups:
        asked = {"group": group, "resource": "x", "verb": "list"}
        spec = {"user": "reader", "groups": ["readers"], "resourceAttributes": asked}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
        wait_until(partial(_is_allowed, cluster, {**review, "spec": spec}))


def _is_allowed(cluster: ControlPlane, review: Json) -> bool:
    return bool(cluster.api.call("POST", _REVIEWS, review)["status"]["allowed"])
