"""Lists longer than a page, and tokens that expire on the way (D23)."""

import json
import threading
import time
from collections.abc import Callable

import pytest

from dpfctl.cluster.kube import KubeCluster
from dpfctl.errors import RejectedError, UnreachableError
from dpfctl.model import kinds
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.fixtures import NewCluster
from tests.faults.actions import Delay, Reply, Reset
from tests.faults.proxy import FaultProxy, Upstream

Open = Callable[..., KubeCluster]

EXPIRED = Reply(
    410,
    b'{"kind": "Status", "reason": "Expired", "metadata": {"continue": "inconsistent"}}',
    {"Content-Type": "application/json"},
)
NAMES = [f"note-{number}" for number in range(7)]


@pytest.fixture
def notes(
    host_cluster: ControlPlane, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[KubeCluster], list[str]]:
    """Seven ConfigMaps and pages of three; returns how to list their names."""
    monkeypatch.setattr("dpfctl.cluster.paging.PAGE_SIZE", 3)
    for name in NAMES:
        write_note(host_cluster, namespace, name)
    return lambda kube: [r.name for r in kube.list(kinds.CONFIG_MAP, namespace)]


def write_note(cluster: ControlPlane, namespace: str, name: str) -> None:
    body = {"metadata": {"name": name}}
    cluster.api.call("POST", f"/api/v1/namespaces/{namespace}/configmaps", body)


def test_all_pages_are_read(
    proxy: FaultProxy, kube: KubeCluster, notes: Callable[[KubeCluster], list[str]]
) -> None:
    assert notes(kube) == NAMES
    assert len(proxy.seen) == 3
    assert "limit=3" in proxy.lines()[0]


def test_d23_expired_token_starts_over(
    proxy: FaultProxy, kube: KubeCluster, notes: Callable[[KubeCluster], list[str]]
) -> None:
    fault = proxy.inject(EXPIRED, "continue=", first=2, times=1)
    assert notes(kube) == NAMES
    assert fault.fired == 1
    assert len(proxy.seen) == 6


def test_d23_token_that_expires_every_time_ends_in_one_long_list(
    proxy: FaultProxy, kube: KubeCluster, notes: Callable[[KubeCluster], list[str]]
) -> None:
    fault = proxy.inject(EXPIRED, "continue=")
    assert notes(kube) == NAMES
    assert fault.fired == 3
    assert "limit=" not in proxy.lines()[-1]


def test_gone_without_a_token_is_a_refusal(
    proxy: FaultProxy, kube: KubeCluster, notes: Callable[[KubeCluster], list[str]]
) -> None:
    fault = proxy.inject(EXPIRED, "/configmaps")
    with pytest.raises(RejectedError, match="410 gone"):
        notes(kube)
    assert fault.fired == 1


def test_reset_in_the_middle_repeats_one_page(
    proxy: FaultProxy, kube: KubeCluster, notes: Callable[[KubeCluster], list[str]]
) -> None:
    fault = proxy.inject(Reset(), "continue=", times=1)
    assert notes(kube) == NAMES
    assert fault.fired == 1
    assert len(proxy.seen) == 4


def test_d23_real_server_that_compacts_between_two_pages(
    new_cluster: NewCluster, open_cluster: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dpfctl.cluster.paging.PAGE_SIZE", 3)
    # Without a cache in front of it, etcd's compaction is what ends the life of a token.
    flags = ["--etcd-compaction-interval=1s", "--watch-cache=false"]
    cluster = new_cluster(crds=False, extra_flags=flags)
    for name in NAMES:
        write_note(cluster, "default", name)
    with FaultProxy(Upstream(cluster.url, cluster.ca_file)) as proxy:
        fault = proxy.inject(Delay(5.0), "continue=", times=1)
        kube = open_cluster(proxy, cluster.admin_token)
        writer = threading.Thread(target=_keep_writing, args=(cluster, 4.0))
        writer.start()
        found = [r.name for r in kube.list(kinds.CONFIG_MAP, "default")]
        writer.join()
    assert fault.fired == 1
    assert set(NAMES) <= set(found)
    assert len(found) == len(set(found))
    first_pages = [line for line in proxy.lines() if "limit=" in line and "continue=" not in line]
    assert len(first_pages) == 2, "the server did not let the token expire"


def _keep_writing(cluster: ControlPlane, seconds: float) -> None:
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        write_note(cluster, "default", f"other-{number}")
        number += 1
        time.sleep(0.2)


@pytest.mark.parametrize(
    "tokens",
    [pytest.param(["same"] * 9, id="same token"), pytest.param(list("abcdefghi"), id="new tokens")],
)
def test_list_without_an_end_is_given_up(
    lone_proxy: FaultProxy, open_cluster: Open, monkeypatch: pytest.MonkeyPatch, tokens: list[str]
) -> None:
    monkeypatch.setattr("dpfctl.cluster.paging.MOST_PAGES", 5)
    for token in tokens:
        page = {"kind": "NodeList", "metadata": {"continue": token}, "items": []}
        body = json.dumps(page).encode()
        lone_proxy.inject(Reply(200, body, {"Content-Type": "application/json"}), times=1)
    with pytest.raises(UnreachableError, match="a list without an end"):
        open_cluster(lone_proxy).list(kinds.NODE)
    assert len(lone_proxy.seen) <= 5
