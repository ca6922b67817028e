"""Zones that are refused on a real API server: by a rule, by permission, by the server itself."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dpfctl.model import kinds
from tests.builders import NS, dpu, dpu_node
from tests.cli.zone_fleets import DK, GA, write
from tests.cluster.policies import ADMISSION, policy_objects
from tests.cluster.sites import wait_until
from tests.cluster.zone_sites import ZoneSite, make_zone_site, path_of, tried, written
from tests.controlplane.api import Json
from tests.controlplane.audit import recorded
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.fixtures import Pool
from tests.controlplane.load import apply_objects
from tests.unit.zone_files import HOSTS, INNER, SELECTOR, Manifests, dk, zones_in

SET, HBN, P0, CHAIN = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk", "hbn-to-fabric-dk"
FREEZE = "change freeze until Monday"
TWIN = dk().renamed(P0, "twin").lacking("twin", SELECTOR)
TAKEN = Manifests({P0: dk().objects[P0]}).having(
    P0, ("metadata", "annotations"), {"dpu.nvidia.com/consumed-by": "other"}
)
PORT = "svc.dpu.nvidia.com/interface=p0_sf,svc.dpu.nvidia.com/service=doca-hbn"


@pytest.fixture(scope="module")
def quiet_site(cluster_pool: Pool) -> Iterator[ZoneSite]:
    """One leased cluster for all tests of this module that leave it as it was."""
    with ExitStack() as returns:
        site = make_zone_site(cluster_pool.lease(returns))
        for number in (1, 2):
            host = dpu_node(f"host{number}").having(
                metadata={"labels": {"e2e.servers/dk": "true"}}, spec={"dpus": []}
            )
            apply_objects(site.cluster, [host.raw])
        yield site


@contextmanager
def holding(site: ZoneSite, *manifests: Manifests) -> Iterator[None]:
    """Have a cluster hold some objects for a while."""
    objects = [raw for entry in manifests for raw in entry.objects.values()]
    apply_objects(site.cluster, objects)
    try:
        yield
    finally:
        for raw in objects:
            site.remove(raw)


class TestRules:
    """R-ZONE-02: refused before any write, naming the culprit."""

    @pytest.mark.parametrize(
        ("manifests", "beside", "told"),
        [
            pytest.param(
                dk().without("app-sf-dk"),
                None,
                "dpuservice/doca-hbn-dk: dpuserviceinterface/app-sf-dk: not found [Z3]",
                id="an interface is missing",
            ),
            pytest.param(
                dk().having(P0, (*INNER, "spec", "service", "serviceID"), "doca-hbn2"),
                None,
                "dpuservice/doca-hbn-dk: dpuserviceinterface/p0-sf-dk has serviceID doca-hbn2, "
                "the service has doca-hbn [Z3]",
                id="an interface has another serviceID",
            ),
            pytest.param(
                dk(),
                TAKEN,
                "dpuservice/doca-hbn-dk: dpuserviceinterface/p0-sf-dk is used by "
                "dpuservice/other [Z4]",
                id="an interface is consumed by another service",
            ),
            pytest.param(
                dk(),
                Manifests({"twin": TWIN.objects["twin"]}),
                f"dpuservicechain/hbn-to-fabric-dk: port {PORT} meets more than one interface on "
                "nodes with bfb=dk: dpuserviceinterface/p0-sf-dk, dpuserviceinterface/twin [Z6]",
                id="labels of a port match two interfaces",
            ),
            pytest.param(
                dk().lacking(P0, SELECTOR),
                None,
                "dpuserviceinterface/p0-sf-dk: selects every node, those of other zones too [Z1]",
                id="a selector was forgotten",
            ),
        ],
    )
    def test_r_zone_02_is_refused_before_any_write(
        self,
        quiet_site: ZoneSite,
        tmp_path: Path,
        manifests: Manifests,
        beside: Manifests | None,
        told: str,
    ) -> None:
        file = write(tmp_path / "zone.yaml", manifests)
        with ExitStack() as ends:
            if beside is not None:
                ends.enter_context(holding(quiet_site, beside))
            with recorded(quiet_site.cluster) as recording:
                result = quiet_site.run("apply-zone", "-f", file, "--force-conflicts")

        assert (result.code, result.out) == (1, "")
        assert f": error: {told}\n" in result.err
        assert result.err.endswith(
            ", so nothing was done\nhint: docs/reference/zone.md explains each rule\n"
        )
        assert tried(recording) == []
        assert quiet_site.objects() == {}

    def test_r_zone_02_a_port_that_meets_two_interfaces_names_the_node(
        self, quiet_site: ZoneSite, tmp_path: Path
    ) -> None:
        """The labels that a DPU will give its Node count before the Node is there."""
        unit = dpu("dpu-7", node="host1").spec(
            cluster={"namespace": "ns1", "name": "edge", "nodeLabels": {"bfb": "dk"}}
        )
        raw = unit.labelled(DPU_SET_NAME=SET, DPU_SET_NAMESPACE=NS).raw
        needed = {"bfb": "b", "dpuFlavor": "f", "serialNumber": "x", "dpuDeviceName": "d"}
        raw["spec"] |= {**needed, "nodeEffect": {"noEffect": True}}
        file = write(tmp_path / "zone.yaml", Manifests({**dk().objects, "t": TWIN.objects["twin"]}))
        apply_objects(quiet_site.cluster, [raw])
        result = quiet_site.run("apply-zone", "-f", file)
        quiet_site.cluster.api.call("DELETE", _dpu_path("dpu-7"))

        assert result.code == 1
        assert f"port {PORT} meets more than one interface on dpu-7: " in result.err

    def test_r_zone_02_a_second_zone_may_not_select_the_same_hosts(
        self, quiet_site: ZoneSite, tmp_path: Path
    ) -> None:
        selector = {"matchLabels": {"e2e.servers/dk": "true"}}
        ga = manifests_of_zone(GA).having("dpuset-ga", HOSTS, selector)
        file = write(tmp_path / "ga.yaml", ga)
        other = Manifests({SET: dk().objects[SET]})
        with holding(quiet_site, other), recorded(quiet_site.cluster) as recording:
            result = quiet_site.run("apply-zone", "-f", file)

        told = "selects the same DPUs as dpuset/dpuset-dk: host1, host2 [Z2]"
        assert (result.code, written(recording)) == (1, [])
        assert f"error: dpuset/dpuset-ga: {told}\n" in result.err

    def test_both_zones_in_one_command_line(self, quiet_site: ZoneSite, tmp_path: Path) -> None:
        text = Path(GA).read_text().replace("e2e.servers/ga", "e2e.servers/dk")
        file = write(tmp_path / "ga.yaml", text)
        with recorded(quiet_site.cluster) as recording:
            result = quiet_site.run("apply-zone", "-f", DK, "-f", file, "-o", "json")

        told = json.loads(result.out)
        assert (result.code, told["exitCode"], tried(recording)) == (1, 1, [])
        errors = [one for one in told["data"]["findings"] if one["severity"] == "error"]
        assert [(one["code"], one["subject"]) for one in errors] == [("Z2", "dpuset/dpuset-ga")]

    def test_a_file_that_cannot_be_understood_asks_for_nothing(
        self, quiet_site: ZoneSite, tmp_path: Path
    ) -> None:
        broken = dk().having(HBN, ("spec", "servicesID"), "x")
        with recorded(quiet_site.cluster) as recording:
            result = quiet_site.run("apply-zone", "-f", write(tmp_path / "z.yaml", broken))

        assert (result.code, recording.requests()) == (2, [])


class TestServer:
    """What the API server refuses: nothing at all is written, for it was asked before."""

    def test_a_policy_that_refuses_one_object(self, quiet_site: ZoneSite) -> None:
        plural = kinds.DPU_SERVICE_CHAIN.plural
        with frozen(quiet_site, plural, CHAIN), recorded(quiet_site.cluster) as recording:
            result = quiet_site.run("apply-zone", "-f", DK)

        assert (result.code, result.out) == (1, "")
        assert "denied request: change freeze until Monday\n" in result.err
        assert result.err.count("error: ") == 1
        assert result.err.count("not created: not tried\n") == 6
        assert (written(recording), len(tried(recording))) == ([], 7)
        assert quiet_site.objects() == {}

    def test_a_rule_of_the_crd(self, quiet_site: ZoneSite, tmp_path: Path) -> None:
        """CEL: what no lint knows is refused by the server, in its words."""
        ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30100}]
        broken = dk().having(
            HBN, ("spec", "configPorts"), {"serviceType": "ClusterIP", "ports": ports}
        )
        with recorded(quiet_site.cluster) as recording:
            result = quiet_site.run("apply-zone", "-f", write(tmp_path / "z.yaml", broken))

        assert (result.code, result.out, written(recording)) == (1, "", [])
        assert f"error: dpuservice/{NS}/doca-hbn-dk: " in result.err
        assert "nodePort can only be set when serviceType is NodePort" in result.err
        assert quiet_site.objects() == {}

    def test_a_namespace_that_is_not_there(self, quiet_site: ZoneSite, tmp_path: Path) -> None:
        """The rehearsal cannot judge it; the first write tells."""
        text = Path(DK).read_text().replace(f"namespace: {NS}", "namespace: nowhere")
        lonely = text[: text.index("  services:")]
        file = write(tmp_path / "z.yaml", lonely)
        dry = quiet_site.run("apply-zone", "-f", file, "--dry-run=server")
        real = quiet_site.run("apply-zone", "-f", file)

        assert dry.code == 0
        assert "not checkable yet: " in dry.err
        assert (real.code, real.out) == (1, "")
        assert 'namespaces "nowhere" not found' in real.err


class TestAccess:
    """403 is exit 7, on whatever verb."""

    @pytest.mark.parametrize(
        ("verbs", "told"),
        [
            pytest.param([], "error: ", id="may do nothing"),
            pytest.param(["list", "get"], "cannot patch resource ", id="may list, not patch"),
        ],
    )
    def test_nothing_is_written(
        self, leased_cluster: ControlPlane, verbs: list[str], told: str
    ) -> None:
        site = make_zone_site(leased_cluster)
        if verbs:
            allow(site, verbs)
        with recorded(site.cluster, user="reader") as recording:
            result = site.run("apply-zone", "-f", DK, token=site.cluster.reader_token)

        assert (result.code, result.out, written(recording)) == (7, "", [])
        assert told in result.err
        assert "forbidden" in result.err
        assert site.objects() == {}

    def test_crds_that_may_not_be_read(self, leased_cluster: ControlPlane) -> None:
        """Nobody could say which fields the server would drop."""
        site = make_zone_site(leased_cluster)
        allow(site, ["list", "get", "patch"], groups=("svc.dpu.nvidia.com",))
        result = site.run("apply-zone", "-f", DK, token=site.cluster.reader_token)

        assert (result.code, result.out) == (7, "")
        assert "customresourcedefinitions" in result.err
        assert site.objects() == {}


def manifests_of_zone(file: str) -> Manifests:
    """The objects that an example zone stands for."""
    (zone,) = zones_in(Path(file).name)
    return Manifests({m.resource.name: dict(m.resource.raw) for m in zone.members})


@contextmanager
def frozen(site: ZoneSite, plural: str, name: str) -> Iterator[None]:
    """Have a policy refuse one object of a kind, from the moment on that it takes effect."""
    rule = {
        "apiGroups": ["svc.dpu.nvidia.com"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [plural],
    }
    policy = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [
            {"expression": f"object.metadata.name != '{name}'", "message": FREEZE},
        ],
    }
    apply_objects(site.cluster, list(policy_objects("ValidatingAdmissionPolicy", policy)))
    raw = dk().objects[name]
    wait_until(lambda: not _may_create(site, raw))
    try:
        yield
    finally:
        for kind in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
            site.cluster.api.call("DELETE", f"/apis/{ADMISSION}/{kind}/freeze")
        wait_until(lambda: _may_create(site, raw))


def _may_create(site: ZoneSite, raw: Json) -> bool:
    path = path_of(raw).rpartition("/")[0]
    answer = site.cluster.api.request("POST", path, raw, query={"dryRun": "All"})
    return answer.status < 400


def _dpu_path(name: str) -> str:
    return f"/apis/{kinds.DPU.api_version}/namespaces/{NS}/{kinds.DPU.plural}/{name}"


def allow(site: ZoneSite, verbs: list[str], groups: tuple[str, ...] = ("*",)) -> None:
    """Let the readers use these verbs on everything in some API groups."""
    rules = [{"apiGroups": list(groups), "resources": ["*"], "verbs": verbs}]
    group = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": "some"}}
    bound = {
        "kind": "ClusterRoleBinding",
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "some"},
        "subjects": [{"apiGroup": group, "kind": "Group", "name": "readers"}],
    }
    apply_objects(site.cluster, [{**role, "rules": rules}, {**role, **bound}])
