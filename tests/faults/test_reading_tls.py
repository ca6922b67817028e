"""TLS that fails: what is wrong in words, one attempt, and never without verification."""

import base64
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from dpfctl.cluster import tls
from dpfctl.cluster.kube import KubeCluster
from dpfctl.errors import AccessError, UnreachableError
from dpfctl.model import kinds
from tests.faults.actions import Reply
from tests.faults.proxy import FaultProxy

Open = Callable[..., KubeCluster]
NewProxy = Callable[..., FaultProxy]

EMPTY = Reply(200, b'{"kind": "NodeList", "items": []}')


@pytest.fixture
def new_proxy() -> Iterator[NewProxy]:
    with ExitStack() as closing:
        yield lambda **options: closing.enter_context(FaultProxy(**options))


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def fails(kube: KubeCluster, proxy: FaultProxy) -> UnreachableError:
    """Read, check that each thread tried once at most, and return the error."""
    with pytest.raises(UnreachableError) as caught:
        kube.read(kinds.HOST)
    assert 1 <= proxy.connections <= 8
    assert proxy.seen == []
    assert "attempts" not in caught.value.message
    assert "skip" not in caught.value.hint
    return caught.value


def test_d31_untrusted_issuer_is_tried_once(new_proxy: NewProxy, open_cluster: Open) -> None:
    proxy = new_proxy()
    other = trustme.CA().cert_pem.bytes()
    kube = open_cluster(proxy, certificate_authority_data=base64_of(other))
    error = fails(kube, proxy)
    assert error.message.endswith("certificate signed by an unknown authority")
    assert "certificate-authority" in error.hint


def test_system_authorities_count_without_a_ca(new_proxy: NewProxy, open_cluster: Open) -> None:
    proxy = new_proxy()
    error = fails(open_cluster(proxy, certificate_authority=None), proxy)
    assert error.message.endswith("certificate signed by an unknown authority")


def test_expired_certificate(new_proxy: NewProxy, open_cluster: Open) -> None:
    authority = trustme.CA()
    old = authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1))
    proxy = new_proxy(authority=authority, certificate=old)
    error = fails(open_cluster(proxy), proxy)
    assert error.message.endswith("certificate has expired")
    assert "clock" in error.hint


def test_certificate_for_another_name(new_proxy: NewProxy, open_cluster: Open) -> None:
    proxy = new_proxy(names=("api.example.com",))
    error = fails(open_cluster(proxy), proxy)
    assert error.message.endswith("certificate is not valid for '127.0.0.1'")
    assert "tls-server-name" in error.hint


def test_tls_server_name_is_the_name_that_counts(new_proxy: NewProxy, open_cluster: Open) -> None:
    proxy = new_proxy(names=("api.example.com",))
    fault = proxy.inject(EMPTY)
    assert open_cluster(proxy, tls_server_name="api.example.com").list(kinds.NODE) == ()
    assert fault.fired == 1


def test_plain_http_on_a_tls_port(new_proxy: NewProxy, open_cluster: Open) -> None:
    proxy = new_proxy(tls=False)
    kube = open_cluster(proxy, server=f"https://127.0.0.1:{proxy.port}")
    with pytest.raises(UnreachableError, match="does not speak TLS") as caught:
        kube.read(kinds.HOST)
    assert "plain HTTP" in caught.value.hint
    assert proxy.connections <= 8


def test_outdated_tls(new_proxy: NewProxy, open_cluster: Open) -> None:
    proxy = new_proxy(oldest=True)
    error = fails(open_cluster(proxy), proxy)
    assert error.message.endswith("speaks only an outdated version of TLS")


def test_skipping_verification_takes_any_certificate(
    new_proxy: NewProxy, open_cluster: Open
) -> None:
    proxy = new_proxy(names=("api.example.com",))
    fault = proxy.inject(EMPTY)
    kube = open_cluster(proxy, certificate_authority=None, insecure_skip_tls_verify=True)
    assert kube.list(kinds.NODE) == ()
    assert fault.fired == 1


def test_d10_authority_and_client_certificate_leave_no_file(
    new_proxy: NewProxy, open_cluster: Open, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("temp")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    authority = trustme.CA()
    proxy = new_proxy(authority=authority, client_authority=authority)
    fault = proxy.inject(EMPTY)
    leaf = authority.issue_cert("tester@example.com")
    user = {
        "client-certificate-data": base64_of(leaf.cert_chain_pems[0].bytes()),
        "client-key-data": base64_of(leaf.private_key_pem.bytes()),
    }
    kube = open_cluster(proxy, user=user)
    assert list(folder.iterdir()) == []
    assert kube.list(kinds.NODE) == ()
    assert fault.fired == 1
    assert list(folder.iterdir()) == []


def test_client_certificate_that_the_server_refuses(
    new_proxy: NewProxy, open_cluster: Open
) -> None:
    proxy = new_proxy(client_authority=trustme.CA())
    leaf = trustme.CA().issue_cert("tester@example.com")
    user = {
        "client-certificate-data": base64_of(leaf.cert_chain_pems[0].bytes()),
        "client-key-data": base64_of(leaf.private_key_pem.bytes()),
    }
    with pytest.raises(UnreachableError, match="refuses our client certificate") as caught:
        open_cluster(proxy, user=user).read(kinds.HOST)
    assert "renew the client certificate" in caught.value.hint


def test_client_certificate_without_its_key(new_proxy: NewProxy, open_cluster: Open) -> None:
    authority = trustme.CA()
    one, two = (authority.issue_cert("tester@example.com") for _ in range(2))
    user = {
        "client-certificate-data": base64_of(one.cert_chain_pems[0].bytes()),
        "client-key-data": base64_of(two.private_key_pem.bytes()),
    }
    with pytest.raises(AccessError) as caught:
        open_cluster(new_proxy(), user=user)
    assert caught.value.message == (
        "context faulty: user tester: the client certificate and its key cannot be used"
    )


def test_authority_that_is_none(new_proxy: NewProxy, open_cluster: Open) -> None:
    with pytest.raises(AccessError, match="certificate-authority: holds no certificate"):
        open_cluster(new_proxy(), certificate_authority_data=base64_of(b"nonsense"))


def test_authority_between_comments_of_any_bytes(new_proxy: NewProxy, open_cluster: Open) -> None:
    proxy = new_proxy()
    fault = proxy.inject(EMPTY)
    noisy = b"# Autorit\xe9\n" + proxy.ca_pem + b"\n# fin\n"
    kube = open_cluster(proxy, certificate_authority_data=base64_of(noisy))
    assert kube.list(kinds.NODE) == ()
    assert fault.fired == 1


def test_intermediate_authority_is_enough_as_in_go(new_proxy: NewProxy, open_cluster: Open) -> None:
    middle = trustme.CA().create_child_ca()
    proxy = new_proxy(authority=middle)
    fault = proxy.inject(EMPTY)
    assert open_cluster(proxy).list(kinds.NODE) == ()
    assert fault.fired == 1


def test_d29_strict_certificates_of_python_3_13_are_explained() -> None:
    error = ssl.SSLCertVerificationError(1, "refused")
    error.verify_code, error.verify_message = 85, "Missing Authority Key Identifier"
    fact, hint = tls.explain(error)
    assert fact == "certificate refused: missing authority key identifier"
    assert "Python 3.13" in hint
