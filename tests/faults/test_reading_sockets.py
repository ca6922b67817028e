"""How connections are opened, and how long a single wait may last."""

import socket
import time
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from dpfctl.cluster import sockets
from dpfctl.cluster.sockets import Address, allowed, dial, resolve, time_left
from dpfctl.errors import AccessError

REFUSING = "127.0.0.1"


@pytest.fixture
def port() -> Iterator[int]:
    """A port of ::1 and 127.0.0.2 on which somebody listens, but not on 127.0.0.1."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.2", 0))
        listener.listen()
        yield listener.getsockname()[1]


def stands_for(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name stand for these addresses."""
    monkeypatch.setattr(
        sockets, "_lookup", lambda host, port: [(socket.AF_INET, (a, port)) for a in addresses]
    )


def test_next_address_is_tried(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    stands_for(monkeypatch, REFUSING, "127.0.0.2")
    with dial("api.example.com", port, 5) as sock:
        assert sock.getpeername() == ("127.0.0.2", port)


def test_last_failure_is_told(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    stands_for(monkeypatch, REFUSING, REFUSING)
    with pytest.raises(ConnectionRefusedError):
        dial("api.example.com", port, 5)


def test_no_address_is_used_unchecked(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    stands_for(monkeypatch, REFUSING, "127.0.0.2")
    checked: list[Address] = []

    def check(address: Address) -> None:
        checked.append(address)
        if len(checked) == 2:
            raise AccessError("no")

    with pytest.raises(AccessError):
        dial("api.example.com", port, 5, check)
    assert checked == [ip_address(REFUSING), ip_address("127.0.0.2")]


def test_lookup_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_lookup", lambda host, port: time.sleep(1))
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="no answer from the resolver"):
        resolve("api.example.com", 443, 0.1)
    assert time.monotonic() - start < 0.9


@pytest.mark.parametrize("host", ["nobody.invalid", "a..invalid", f"{'a' * 64}.invalid"])
def test_lookup_that_fails_says_why(host: str) -> None:
    with pytest.raises(socket.gaierror):
        resolve(host, 443, 10)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1%lo"])
def test_address_needs_no_lookup_thread(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr("threading.Thread.start", lambda self: pytest.fail("a thread was started"))
    assert resolve(host, 443, 1)[0][1][1] == 443


def test_wait_is_as_long_as_the_lesser_limit() -> None:
    with allowed(time.monotonic() + 100, 3):
        assert time_left() == 3
    with allowed(time.monotonic() + 2, 3):
        assert 1.5 < time_left() <= 2
    assert time_left() == sockets.DEFAULT_SILENCE


def test_no_wait_begins_after_the_end() -> None:
    with allowed(time.monotonic() - 1, 3), pytest.raises(TimeoutError):
        time_left()


def test_many_short_waits_end_at_the_moment() -> None:
    here, there = socket.socketpair()
    sock = sockets.PlainSocket(fileno=here.detach())
    start = time.monotonic()

    def trickle() -> None:
        while True:
            there.sendall(b"x")
            sock.recv(1)
            time.sleep(0.05)

    with sock, there, allowed(start + 0.3, 10), pytest.raises(TimeoutError):
        trickle()
    assert time.monotonic() - start < 0.6
