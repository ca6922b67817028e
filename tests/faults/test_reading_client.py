"""What the client library gets wrong by itself, one test for each defect that reading can meet."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dpfctl.cluster.kube import KubeCluster, connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.errors import AccessError
from dpfctl.model import kinds
from dpfctl.model.resources import Ref
from tests.controlplane.cluster import ControlPlane
from tests.faults.actions import Delay, Reply, Silence
from tests.faults.proxy import FaultProxy

Open = Callable[..., KubeCluster]

JSON = {"Content-Type": "application/json"}
EMPTY = Reply(200, b'{"kind": "NodeList", "items": []}', JSON)
REFUSED = Reply(401, b'{"kind": "Status", "message": "Unauthorized"}', JSON)


def test_d13_token_is_sent_with_every_request(lone_proxy: FaultProxy, open_cluster: Open) -> None:
    lone_proxy.inject(EMPTY)
    kube = open_cluster(lone_proxy, "the-token")
    kube.read((kinds.NODE, kinds.POD, kinds.SERVICE))
    assert {seen.headers["Authorization"] for seen in lone_proxy.seen} == {"Bearer the-token"}


def test_impersonation_is_sent_group_by_group(lone_proxy: FaultProxy, open_cluster: Open) -> None:
    lone_proxy.inject(EMPTY)
    user = {"token": "t", "as": "eve", "as-groups": ["a", "b"], "as-user-extra": {"why/so": ["x"]}}
    open_cluster(lone_proxy, user=user).list(kinds.NODE)
    headers = lone_proxy.seen[0].headers
    assert headers["Impersonate-User"] == "eve"
    assert headers["Impersonate-Group"] == "a, b"
    assert headers["Impersonate-Extra-why%2Fso"] == "x"


@pytest.mark.parametrize("user", ["nobody", "jürgen ☃"])
def test_impersonation_is_what_the_server_goes_by(host_cluster: ControlPlane, user: str) -> None:
    options = ConnectOptions(kubeconfig=str(host_cluster.kubeconfig), as_user=user)
    kube = connect(load_config(options, {}))
    with pytest.raises(AccessError, match=f'User "{user}" cannot list'):
        kube.list(kinds.SECRET)
    kube.close()


def test_401_reloads_the_credentials_once_and_repeats(
    lone_proxy: FaultProxy, open_cluster: Open, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    kube = open_cluster(lone_proxy, user={"tokenFile": str(token)})
    refused = lone_proxy.inject(REFUSED, times=1)
    lone_proxy.inject(EMPTY)
    token.write_text("new")
    assert kube.list(kinds.NODE) == ()
    assert refused.fired == 1
    tokens = [seen.headers["Authorization"] for seen in lone_proxy.seen]
    assert tokens == ["Bearer old", "Bearer new"]


def test_401_for_new_credentials_too_is_the_end(
    lone_proxy: FaultProxy, open_cluster: Open, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    kube = open_cluster(lone_proxy, user={"tokenFile": str(token)})
    refused = lone_proxy.inject(REFUSED)
    token.write_text("new")
    with pytest.raises(AccessError, match="refuses the credentials"):
        kube.list(kinds.NODE)
    assert refused.fired == 2


COUNTED = """#!/bin/sh
echo x >> "$COUNT"
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
       "status": {"token": "same"}}'
"""


def test_401_runs_a_credential_program_once_for_all_threads(
    lone_proxy: FaultProxy, open_cluster: Open, tmp_path: Path
) -> None:
    program, count = tmp_path / "login", tmp_path / "count"
    program.write_text(COUNTED)
    program.chmod(0o755)
    section = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(program),
        "env": [{"name": "COUNT", "value": str(count)}],
        "interactiveMode": "Never",
    }
    kube = open_cluster(lone_proxy, user={"exec": section})
    fault = lone_proxy.inject(REFUSED)
    with pytest.raises(AccessError, match="refuses the credentials") as caught:
        kube.read(kinds.HOST)
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("dpfctl")])
    assert "log in again" in caught.value.hint
    assert 1 <= fault.fired <= 8
    assert count.read_text() == "x\nx\n"


def test_new_token_goes_over_the_old_connection(
    lone_proxy: FaultProxy, open_cluster: Open, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    kube = open_cluster(lone_proxy, user={"tokenFile": str(token)})
    refused = lone_proxy.inject(REFUSED, times=1)
    lone_proxy.inject(EMPTY)
    token.write_text("new")
    kube.list(kinds.NODE)
    assert refused.fired == 1
    assert lone_proxy.connections == 1


def test_d14_proxies_of_the_process_are_not_the_clients_business(
    lone_proxy: FaultProxy, open_cluster: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    lone_proxy.inject(EMPTY)
    assert open_cluster(lone_proxy).list(kinds.NODE) == ()


def test_kubectl_proxy_is_spoken_to_in_plain_http(tmp_path: Path) -> None:
    with FaultProxy(tls=False) as proxy:
        proxy.inject(EMPTY)
        path = proxy.kubeconfig(tmp_path / "kubeconfig", {"as": "eve"}, certificate_authority=None)
        kube = connect(load_config(ConnectOptions(kubeconfig=str(path)), {}))
        assert kube.list(kinds.NODE) == ()
        kube.close()
    assert "Authorization" not in proxy.seen[0].headers
    assert proxy.seen[0].headers["Impersonate-User"] == "eve"


def test_d16_fields_we_do_not_know_are_kept(lone_proxy: FaultProxy, open_cluster: Open) -> None:
    pod = {"metadata": {"name": "a", "future": {"x": 1}}, "spec": {"novelty": [None, 1.5]}}
    page = {"kind": "PodList", "apiVersion": "v1", "items": [pod]}
    lone_proxy.inject(Reply(200, json.dumps(page).encode(), JSON))
    found = open_cluster(lone_proxy).list(kinds.POD)[0]
    assert found.raw == {"apiVersion": "v1", "kind": "Pod", **pod}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/merge-patch+json",
        "application/json-patch+json",
        "application/apply-patch+yaml",
    ],
)
def test_d18_body_goes_out_as_the_type_it_was_given(
    lone_proxy: FaultProxy, open_cluster: Open, content_type: str
) -> None:
    lone_proxy.inject(Reply(200, b"{}", JSON))
    bodies: tuple[object, ...] = ([{"op": "test"}], {"spec": {}})
    for body in bodies:
        open_cluster(lone_proxy).request(
            "PATCH", "/api/v1/x", "x", body=body, content_type=content_type
        )
        assert lone_proxy.seen[-1].headers["Content-Type"] == content_type
        assert json.loads(lone_proxy.seen[-1].body) == body


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [500, 504])
def test_d3_writes_are_not_replayed(
    lone_proxy: FaultProxy, open_cluster: Open, method: str, status: int
) -> None:
    fault = lone_proxy.inject(Reply(status, b"", JSON))
    with pytest.raises(AccessError):
        open_cluster(lone_proxy).request(method, "/api/v1/x", "x", body={})
    assert fault.fired == 1


def test_d19_nothing_is_cached_on_disk(
    host_cluster: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    options = ConnectOptions(kubeconfig=str(host_cluster.kubeconfig))
    kube = connect(load_config(options, {}))
    kube.read(kinds.HOST)
    kube.server()
    kube.close()
    assert list(tmp_path.iterdir()) == []


def test_d22_secrets_are_in_no_log_and_on_no_stream(
    lone_proxy: FaultProxy,
    open_cluster: Open,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = {"kind": "SecretList", "items": [{"data": {"k": "c2VjcmV0LWRhdGE="}}]}
    lone_proxy.inject(Reply(200, json.dumps(secret).encode(), JSON))
    open_cluster(lone_proxy, "s3cret-token").list(kinds.SECRET)
    written = capfd.readouterr()
    for text in (caplog.text, written.out, written.err):
        assert "s3cret-token" not in text
        assert "c2VjcmV0LWRhdGE=" not in text


def test_d28_connections_notice_a_dead_peer(
    lone_proxy: FaultProxy, open_cluster: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: list[tuple[object, ...]] = []
    real = socket.socket.setsockopt

    def note(self: socket.socket, *args: int) -> None:
        options.append(args)
        real(self, *args)

    monkeypatch.setattr("dpfctl.cluster.sockets.PlainSocket.setsockopt", note, raising=False)
    lone_proxy.inject(EMPTY)
    open_cluster(lone_proxy).list(kinds.NODE)
    assert (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1) in options
    assert (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10) in options
    assert (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5) in options
    assert (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3) in options
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in options


def run_python(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, timeout=60, check=True
    )


def test_d30_only_what_is_used_is_imported() -> None:
    code = "import sys, dpfctl.cluster.kube; print(*sorted(sys.modules))"
    loaded = set(run_python(code).stdout.split())
    assert "kubernetes.client.rest" in loaded
    for name in ("kubernetes.config", "kubernetes.dynamic", "kubernetes.stream", "pydantic"):
        assert name not in loaded, name


def test_d30_whole_client_can_be_imported_afterwards() -> None:
    code = (
        "import dpfctl.cluster.kube, kubernetes\n"
        "kubernetes.client.CoreV1Api, kubernetes.config.load_kube_config, kubernetes.watch.Watch\n"
        "print(kubernetes.__version__)"
    )
    assert run_python(code).stdout.strip()


def test_kubeconfig_needs_no_client() -> None:
    code = "import sys, dpfctl.cluster.kubeconfig; print(*sorted(sys.modules))"
    loaded = set(run_python(code).stdout.split())
    assert not {name for name in loaded if name.startswith(("kubernetes", "urllib3"))}


READ_UNTIL_INTERRUPTED = """
import sys
from dpfctl.cluster.kube import connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.model import kinds
cluster = connect(load_config(ConnectOptions(kubeconfig=sys.argv[1]), {}))
try:
    print("reading", flush=True)
    cluster.read(kinds.HOST)
except KeyboardInterrupt:
    cluster.close()
    sys.exit(130)
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_d32_interrupt_does_not_wait_for_a_silent_server(
    lone_proxy: FaultProxy, tmp_path: Path, sent: signal.Signals
) -> None:
    fault = lone_proxy.inject(Silence())
    path = lone_proxy.kubeconfig(tmp_path / "kubeconfig")
    with subprocess.Popen(
        [sys.executable, "-c", READ_UNTIL_INTERRUPTED, str(path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        wait_until(lambda: fault.fired == 8)
        start = time.monotonic()
        os.kill(process.pid, sent)
        _, err = process.communicate(timeout=30)
        assert time.monotonic() - start < 2
        assert process.returncode == (130 if sent is signal.SIGINT else -sent)
        assert err == ""


def wait_until(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_closing_ends_threads_and_connections(lone_proxy: FaultProxy, open_cluster: Open) -> None:
    lone_proxy.inject(EMPTY)
    kube = open_cluster(lone_proxy)
    kube.read(kinds.HOST)
    kube.close()
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("dpfctl")])
    kube.close()


def test_connection_is_kept_between_requests(proxy: FaultProxy, kube: KubeCluster) -> None:
    for _ in range(5):
        kube.get(Ref(kinds.NAMESPACE, "", "default"))
    assert proxy.connections == 1


def test_lists_wait_side_by_side(proxy: FaultProxy, kube: KubeCluster) -> None:
    kube.read(kinds.HOST)
    fault = proxy.inject(Delay(0.3))
    start = time.monotonic()
    kube.read(kinds.DESCRIBED[:8])
    assert time.monotonic() - start < 1.5
    assert fault.fired == 8
