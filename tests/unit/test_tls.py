"""TLS settings of a cluster: what each connection begins with."""

import ssl

import pytest

from dpfctl.cluster.config import ClusterConfig
from dpfctl.cluster.credentials import Credentials
from dpfctl.cluster.servers import parse_server
from dpfctl.cluster.tls import make_context


def greeting(context: ssl.SSLContext) -> bytes:
    """The first bytes that a connection of this context sends."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = context.wrap_bio(incoming, outgoing, server_hostname="api.example.com")
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


def test_the_protocol_is_offered_once_for_all_connections() -> None:
    config = ClusterConfig(parse_server("test", "https://api.example.com:6443"), "edge")
    context = make_context(config, Credentials())

    context.set_alpn_protocols(["h2"])  # as urllib3 does for every connection

    assert b"\x08http/1.1" in greeting(context)
    assert b"\x02h2" not in greeting(context)
