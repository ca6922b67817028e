"""Reading through a network and servers that misbehave: what is said, and what is not lost."""

import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from dpfctl.cluster.dpu_clusters import DPU_PATIENCE
from dpfctl.cluster.faults import Limits
from dpfctl.cluster.kube import KubeCluster
from dpfctl.cluster.patience import HOST_PATIENCE, Patience
from dpfctl.errors import AccessError, ForbiddenError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.model.resources import Ref
from tests.controlplane.cluster import ControlPlane
from tests.faults.actions import (
    Cut,
    Delay,
    Dribble,
    Hangup,
    Mute,
    Raw,
    Reply,
    RequestAction,
    Reset,
    Silence,
    Slam,
)
from tests.faults.proxy import FaultProxy

Open = Callable[..., KubeCluster]

NAMESPACES = "GET /api/v1/namespaces"
IMPATIENT = Patience(Limits(silence=1.0))
TWO = (kinds.NAMESPACE, kinds.DPU_SERVICE)
JSON = {"Content-Type": "application/json"}


def reply(status: int, body: object = None, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(body).encode() if body is not None else b"", JSON | named)


def status(code: int, message: str, reason: str = "") -> Reply:
    body = {"kind": "Status", "apiVersion": "v1", "message": message, "reason": reason}
    return reply(code, body)


def elapsed(start: float) -> float:
    return time.monotonic() - start


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(Reset(), id="reset before the answer"),
        pytest.param(Hangup(), id="end before the answer"),
        pytest.param(Cut(20), id="body cut"),
        pytest.param(Cut(20, reset=True), id="body reset"),
        pytest.param(status(429, "too many requests"), id="429 without Retry-After"),
        pytest.param(status(500, "etcdserver: request timed out"), id="500"),
        pytest.param(status(502, "bad gateway"), id="502"),
        pytest.param(status(503, "shutting down"), id="503"),
        pytest.param(status(504, "timed out"), id="504"),
    ],
)
def test_d3_read_is_repeated_until_it_succeeds(
    proxy: FaultProxy, kube: KubeCluster, action: RequestAction
) -> None:
    fault = proxy.inject(action, NAMESPACES, times=2)
    assert "default" in [r.name for r in kube.list(kinds.NAMESPACE)]
    assert fault.fired == 2
    assert len(proxy.seen) == 3


@pytest.mark.parametrize(
    ("action", "words"),
    [
        pytest.param(
            Reset(), "the connection ended before the answer did (5 attempts)", id="reset"
        ),
        pytest.param(Cut(20), "the connection ended before the answer did (5 attempts)", id="cut"),
        pytest.param(
            status(503, "shutting\x1b[31m down"),
            "503 service unavailable: shutting [31m down (5 attempts)",
            id="503",
        ),
        pytest.param(
            reply(500, {"a": 1}), "500 internal server error (5 attempts)", id="500 without Status"
        ),
    ],
)
def test_failure_that_persists_is_one_list_lost(
    proxy: FaultProxy, kube: KubeCluster, action: RequestAction, words: str
) -> None:
    kube.get(Ref(kinds.NAMESPACE, "", "default"))
    fault = proxy.inject(action, NAMESPACES)
    inventory = kube.read(TWO)
    assert inventory.listing(kinds.NAMESPACE).trouble is Trouble.UNREACHABLE
    assert words in inventory.listing(kinds.NAMESPACE).message
    assert f"127.0.0.1:{proxy.port}" in inventory.listing(kinds.NAMESPACE).message
    assert inventory.listing(kinds.DPU_SERVICE).trouble is None
    assert fault.fired == 5


def test_d3_body_that_ends_with_the_connection_is_not_taken_for_whole(
    lone_proxy: FaultProxy, open_cluster: Open
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
    body = b'{"kind": "NodeList", "items": [{"metadata": {"name": "a"}}]}'
    cut = lone_proxy.inject(Raw(head + body[:40]), times=2)
    lone_proxy.inject(Raw(head + body))
    assert [r.name for r in open_cluster(lone_proxy).list(kinds.NODE)] == ["a"]
    assert cut.fired == 2


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 415, 422])
def test_refusal_is_not_repeated(proxy: FaultProxy, kube: KubeCluster, code: int) -> None:
    fault = proxy.inject(status(code, "no"), NAMESPACES)
    with pytest.raises(Exception, match=r".") as caught:
        kube.list(kinds.NAMESPACE)
    assert caught.value.__class__.__module__ == "dpfctl.errors"
    assert fault.fired == 1


@pytest.mark.parametrize("code", [400, 405, 409, 410, 415, 422])
def test_refusal_of_one_list_does_not_hide_the_others(
    proxy: FaultProxy, kube: KubeCluster, code: int
) -> None:
    proxy.inject(status(code, "no"), NAMESPACES)
    inventory = kube.read(TWO)
    assert inventory.listing(kinds.NAMESPACE).trouble is Trouble.UNREACHABLE
    assert inventory.listing(kinds.DPU_SERVICE).trouble is None


def test_d2_retry_after_is_waited_for(proxy: FaultProxy, kube: KubeCluster) -> None:
    fault = proxy.inject(reply(429, {"kind": "Status"}, Retry_After="1"), NAMESPACES, times=1)
    kube.list(kinds.NAMESPACE)
    assert fault.fired == 1
    assert 1.0 <= proxy.seen[1].at - proxy.seen[0].at < 3.0


@pytest.mark.parametrize("wish", ["100000", "Fri, 31 Dec 2199 23:59:59 GMT"])
def test_d2_retry_after_beyond_the_budget_is_not_slept_on(
    proxy: FaultProxy, kube: KubeCluster, wish: str
) -> None:
    fault = proxy.inject(reply(429, {"kind": "Status"}, Retry_After=wish), NAMESPACES)
    start = time.monotonic()
    with pytest.raises(UnreachableError, match="429 too many requests"):
        kube.list(kinds.NAMESPACE)
    assert elapsed(start) < 2
    assert fault.fired == 1


def test_d1_silent_server_is_given_up_after_ten_seconds(
    proxy: FaultProxy, kube: KubeCluster
) -> None:
    fault = proxy.inject(Silence())
    start = time.monotonic()
    with pytest.raises(UnreachableError, match=f"127.0.0.1:{proxy.port}: no answer for 10 s$"):
        kube.read(kinds.HOST)
    assert 9 < elapsed(start) < 12
    assert fault.fired == 8


def test_one_silent_list_does_not_hide_the_others(
    proxy: FaultProxy, host_cluster: ControlPlane, open_cluster: Open
) -> None:
    kube = open_cluster(proxy, host_cluster.admin_token, patience=IMPATIENT)
    fault = proxy.inject(Silence(), NAMESPACES)
    inventory = kube.read(TWO)
    assert fault.fired == 1
    assert "no answer for 1 s" in inventory.listing(kinds.NAMESPACE).message
    assert inventory.listing(kinds.NAMESPACE).trouble is Trouble.UNREACHABLE
    assert inventory.listing(kinds.DPU_SERVICE).trouble is None


def test_server_that_accepts_and_never_speaks_tls(
    lone_proxy: FaultProxy, open_cluster: Open
) -> None:
    fault = lone_proxy.inject(Mute())
    start = time.monotonic()
    with pytest.raises(UnreachableError, match="no answer for"):
        open_cluster(lone_proxy).read(kinds.HOST)
    assert elapsed(start) < 7
    assert 1 <= fault.fired <= 8


@pytest.mark.parametrize("with_headers", [False, True], ids=["body", "headers"])
def test_d4_dribbled_answer_ends_at_the_wall_clock(
    proxy: FaultProxy, host_cluster: ControlPlane, open_cluster: Open, with_headers: bool
) -> None:
    kube = open_cluster(proxy, host_cluster.admin_token, request_timeout=2)
    fault = proxy.inject(Dribble(0.3, headers=with_headers), NAMESPACES)
    start = time.monotonic()
    with pytest.raises(UnreachableError, match="not done within the time limit of a request"):
        kube.list(kinds.NAMESPACE)
    assert elapsed(start) < 3
    assert fault.fired == 1


def test_no_request_timeout_leaves_the_limit_of_silence(
    lone_proxy: FaultProxy, open_cluster: Open
) -> None:
    kube = open_cluster(lone_proxy, request_timeout=0, patience=IMPATIENT)
    fault = lone_proxy.inject(Silence())
    with pytest.raises(UnreachableError, match="no answer for 1 s"):
        kube.list(kinds.NODE)
    assert fault.fired == 1


def test_budgets_are_those_of_the_documentation() -> None:
    assert Patience(Limits(connect=5, silence=10), request=30, connects=5) == HOST_PATIENCE
    assert Patience(connects=1, remembers=True) == DPU_PATIENCE


def test_slow_server_is_waited_for(proxy: FaultProxy, kube: KubeCluster) -> None:
    fault = proxy.inject(Delay(1.0))
    start = time.monotonic()
    inventory = kube.read(kinds.DESCRIBED)
    rounds = -(-len(kinds.DESCRIBED) // 8)
    assert elapsed(start) < rounds + 2
    assert {listing.trouble for listing in inventory.listings.values()} == {None}
    assert fault.fired == len(kinds.DESCRIBED)


def test_d27_eight_requests_in_flight_and_eight_connections(
    proxy: FaultProxy, kube: KubeCluster
) -> None:
    proxy.inject(Delay(0.05))
    kube.read(kinds.HOST)
    kube.read(kinds.HOST)
    assert proxy.peak == 8
    assert proxy.connections == 8


def test_refused_connection_is_one_verdict_for_all(open_cluster: Open) -> None:
    with FaultProxy(listening=False) as nobody:
        kube = open_cluster(nobody)
        start = time.monotonic()
        with pytest.raises(UnreachableError, match=r": connection refused \(5 attempts\)$"):
            kube.read(kinds.HOST)
        assert elapsed(start) < 5


def test_connection_that_is_reset_at_once(lone_proxy: FaultProxy, open_cluster: Open) -> None:
    fault = lone_proxy.inject(Slam())
    with pytest.raises(UnreachableError, match="the connection ended"):
        open_cluster(lone_proxy).read(kinds.HOST)
    assert 5 <= fault.fired <= 40


def test_unknown_host_is_said_at_once(lone_proxy: FaultProxy, open_cluster: Open) -> None:
    kube = open_cluster(lone_proxy, server="https://nobody.invalid:6443")
    with pytest.raises(UnreachableError, match=r"nobody\.invalid:6443: no such host"):
        kube.read(kinds.HOST)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        pytest.param(
            Reply(200, b"<html>hi</html>", {"Content-Type": "text/html"}), "text/html", id="HTML"
        ),
        pytest.param(Reply(200, b"", JSON), "empty body", id="empty"),
        pytest.param(Reply(200, b"{}", {}), "no content type", id="no content type"),
        pytest.param(Reply(200, b'{"kind": "XList", "items": [NaN]}', JSON), "not JSON", id="NaN"),
        pytest.param(
            Reply(200, b'{"kind": "XList", "items": [1e999]}', JSON), "not JSON", id="infinite"
        ),
        pytest.param(Reply(200, b'{"kind": "\xff"}', JSON), "not UTF-8", id="bad UTF-8"),
        pytest.param(Reply(200, b"[" * 200_000, JSON), "nested too deeply", id="deep nesting"),
        pytest.param(Reply(200, b"[1]", JSON), "not a JSON object", id="no object"),
        pytest.param(reply(200, {"kind": "Status"}), "not a list but Status", id="Status"),
        pytest.param(reply(200, {"kind": "Pod"}), "not a list but Pod", id="no list"),
        pytest.param(reply(200, {"items": []}), "not a list but None", id="no kind"),
        pytest.param(reply(200, {"kind": "XList", "items": {}}), "items is not a list", id="items"),
        pytest.param(Raw(b"SSH-2.0-OpenSSH_9\r\n"), "not HTTP", id="another protocol"),
    ],
)
def test_d5_rubbish_for_one_kind_is_one_list_lost(
    proxy: FaultProxy, kube: KubeCluster, action: RequestAction, words: str
) -> None:
    kube.get(Ref(kinds.NAMESPACE, "", "default"))
    fault = proxy.inject(action, NAMESPACES)
    inventory = kube.read(TWO)
    listing = inventory.listing(kinds.NAMESPACE)
    assert listing.trouble is Trouble.UNREACHABLE
    assert f"not a Kubernetes answer: {words}" in listing.message
    assert inventory.listing(kinds.DPU_SERVICE).trouble is None
    assert fault.fired == 1


def test_d5_rubbish_for_all_kinds_is_no_cluster(lone_proxy: FaultProxy, open_cluster: Open) -> None:
    fault = lone_proxy.inject(Reply(200, b"<html>", {"Content-Type": "text/html; charset=utf-8"}))
    with pytest.raises(UnreachableError, match="not a Kubernetes answer: text/html") as caught:
        open_cluster(lone_proxy).read(kinds.HOST)
    assert "something else" in caught.value.hint
    assert fault.fired == len(kinds.HOST)


def test_d17_null_lists_are_empty_and_odd_entries_dropped(
    lone_proxy: FaultProxy, open_cluster: Open
) -> None:
    kube = open_cluster(lone_proxy)
    lone_proxy.inject(reply(200, {"kind": "NodeList", "items": None}), "/nodes")
    odd = {"kind": "PodList", "items": [None, 3, "x", {"metadata": {"name": "a"}}, {"metadata": 1}]}
    lone_proxy.inject(reply(200, odd), "/pods")
    assert kube.list(kinds.NODE) == ()
    assert [r.name for r in kube.list(kinds.POD)] == ["", "a"]


def test_d6_redirect_is_not_followed(proxy: FaultProxy, kube: KubeCluster) -> None:
    with FaultProxy() as elsewhere:
        target = f"https://user:s3cret@127.0.0.1:{elsewhere.port}/x?token=s3cret\x1b"
        fault = proxy.inject(Reply(302, b"", {"Location": target}), NAMESPACES)
        with pytest.raises(UnreachableError, match="redirects to") as caught:
            kube.list(kinds.NAMESPACE)
        assert fault.fired == 1
        assert elsewhere.connections == 0
    assert f"127.0.0.1:{elsewhere.port}/x" in caught.value.message
    assert "s3cret" not in caught.value.message


def test_401_is_one_verdict_for_all(lone_proxy: FaultProxy, open_cluster: Open) -> None:
    fault = lone_proxy.inject(status(401, "Unauthorized"))
    with pytest.raises(AccessError) as caught:
        open_cluster(lone_proxy).read(kinds.HOST)
    assert caught.value.message == (
        "context faulty: user tester: the server refuses the credentials (401)"
    )
    assert "log in again" in caught.value.hint
    assert fault.fired <= 8


def test_forbidden_message_is_the_servers_and_clean(
    lone_proxy: FaultProxy, open_cluster: Open
) -> None:
    text = 'namespaces "x" is forbidden: User "\x1b]0;boo\x07eve" cannot get\u202e it'
    lone_proxy.inject(status(403, text, "Forbidden"))
    with pytest.raises(ForbiddenError) as caught:
        open_cluster(lone_proxy).get(Ref(kinds.NAMESPACE, "", "x"))
    assert caught.value.message == 'namespace/x: forbidden: User " ]0;boo eve" cannot get it'


def test_d24_errors_hold_neither_headers_nor_whole_bodies(
    lone_proxy: FaultProxy, open_cluster: Open
) -> None:
    lone_proxy.inject(
        Reply(422, json.dumps({"kind": "Status", "message": "x" * 9999}).encode(),
              JSON | {"Set-Cookie": "c00kie"})
    )  # fmt: skip
    with pytest.raises(Exception, match=r"x{500}") as caught:
        open_cluster(lone_proxy).get(Ref(kinds.NAMESPACE, "", "x"))
    assert len(str(caught.value)) < 600
    assert "c00kie" not in str(caught.value)


def test_page_larger_than_the_limit_is_not_held(
    lone_proxy: FaultProxy, open_cluster: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dpfctl.cluster.transport.PAGE_LIMIT", 1 << 20)
    lone_proxy.inject(Reply(200, b" " * (3 << 20), JSON))
    with pytest.raises(UnreachableError, match="an answer of more than 1 MiB"):
        open_cluster(lone_proxy).list(kinds.NODE)


def test_d5_packed_bomb_is_not_unpacked(lone_proxy: FaultProxy, open_cluster: Open) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([*(packer.compress(b" " * (1 << 20)) for _ in range(300)), packer.flush()])
    fault = lone_proxy.inject(Reply(200, bomb, JSON | {"Content-Encoding": "gzip"}))
    kube = open_cluster(lone_proxy)
    tracemalloc.start()
    with pytest.raises(UnreachableError, match="an answer of more than 64 MiB"):
        kube.list(kinds.NODE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 256 << 20
    assert fault.fired == 1


def test_packed_answer_is_unpacked(lone_proxy: FaultProxy, open_cluster: Open) -> None:
    body = json.dumps({"kind": "NodeList", "items": [{"metadata": {"name": "a"}}]}).encode()
    lone_proxy.inject(Reply(200, gzip.compress(body), JSON | {"Content-Encoding": "gzip"}))
    assert [r.name for r in open_cluster(lone_proxy).list(kinds.NODE)] == ["a"]
    assert lone_proxy.seen[0].headers["Accept-Encoding"] == "gzip"


def test_packing_that_is_broken(lone_proxy: FaultProxy, open_cluster: Open) -> None:
    lone_proxy.inject(Reply(200, b"not packed", JSON | {"Content-Encoding": "gzip"}))
    with pytest.raises(UnreachableError, match="not a Kubernetes answer: cannot be unpacked"):
        open_cluster(lone_proxy).list(kinds.NODE)
