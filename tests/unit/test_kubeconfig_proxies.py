"""Which proxy, by the rules of Go (D14)."""

import pytest

from dpfctl.cluster.proxies import find_proxy, parse_proxy
from dpfctl.errors import AccessError


def goes_through(server: str, no_proxy: str = "") -> bool:
    environ = {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": no_proxy}
    return find_proxy(server, environ) is not None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"HTTP_PROXY": "http://p:1"}, None, id="for http only"),
        pytest.param({"HTTPS_PROXY": ""}, None, id="empty"),
        pytest.param({"https_proxy": "http://p:1"}, "http://p:1", id="small letters"),
        pytest.param(
            {"HTTPS_PROXY": "http://a:1", "https_proxy": "http://b:1"}, "http://a:1", id="both"
        ),
        pytest.param({"HTTPS_PROXY": "proxy:3128"}, "http://proxy:3128", id="without scheme"),
        pytest.param({"HTTPS_PROXY": "https://[::1]:1"}, "https://[::1]:1", id="IPv6"),
        pytest.param({"HTTPS_PROXY": "http://p"}, "http://p:80", id="without port"),
    ],
)
def test_variables(environ: dict[str, str], expected: str | None) -> None:
    found = find_proxy("https://api.example.com", environ)
    assert (found.url if found else None) == expected


@pytest.mark.parametrize(
    "server",
    ["https://localhost:6443", "https://127.0.0.1:6443", "https://127.9.9.9", "https://[::1]:6443"],
)
def test_d14_loopback_is_never_proxied(server: str) -> None:
    assert not goes_through(server)


@pytest.mark.parametrize(
    ("server", "no_proxy"),
    [
        ("https://api.example.com", "*"),
        ("https://api.example.com", "example.com"),
        ("https://api.example.com", ".example.com"),
        ("https://api.example.com", "*.example.com"),
        ("https://API.example.com", "other, api.Example.com"),
        ("https://api.example.com:6443", "example.com:6443"),
        ("https://10.1.2.3:6443", "10.0.0.0/8"),
        ("https://10.1.2.3:6443", "10.1.2.3"),
        ("https://10.1.2.3:6443", "10.1.2.3:6443"),
        ("https://[fd00::5]:6443", "fd00::/8"),
        ("https://[fd00::5]:6443", "[fd00::5]:6443"),
        ("https://api.example.com.", "example.com"),
    ],
)
def test_d14_no_proxy_excepts(server: str, no_proxy: str) -> None:
    assert not goes_through(server, no_proxy)


@pytest.mark.parametrize(
    ("server", "no_proxy"),
    [
        ("https://api.example.com", ""),
        ("https://badexample.com", "example.com"),
        ("https://example.com", ".example.com"),
        ("https://api.example.com:6443", "example.com:443"),
        ("https://11.1.2.3", "10.0.0.0/8"),
        ("https://api.example.com", "10.0.0.0/8"),
        ("https://10.1.2.3", "not/cidr"),
        ("https://110.1.2.3", "10.1.2.3"),
    ],
)
def test_d14_no_proxy_does_not_except(server: str, no_proxy: str) -> None:
    assert goes_through(server, no_proxy)


def test_login_is_kept_apart() -> None:
    proxy = parse_proxy("http://us%40er:s3cret@proxy:3128", "HTTPS_PROXY")
    assert proxy.login == "us@er:s3cret"
    assert str(proxy) == "proxy http://proxy:3128 (from HTTPS_PROXY)"
    assert "s3cret" not in repr(proxy)


@pytest.mark.parametrize("text", ["socks5://p:1", "http://", "ftp://p:1", "%s", "http://é:1"])
def test_what_is_no_http_proxy(text: str) -> None:
    with pytest.raises(AccessError, match=r"^proxy-url: not the URL of an http or https proxy$"):
        parse_proxy(text, "proxy-url")
