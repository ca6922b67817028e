"""DPU clusters that there is no way into: the others are served, and nothing of theirs changes."""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dpfctl.model import kinds
from tests.builders import Built
from tests.cluster.host_sites import path_of
from tests.command_line import Result
from tests.controlplane.audit import Recording
from tests.e2e.environment import EAST, PLACE, WEST, Environment, side_of, way_in, writes
from tests.e2e.site import Site, new_site

Secret = Callable[[Environment, str], Built | None]

MARK = Path(tempfile.gettempdir(), f"dpfctl-e2e-{os.getpid()}")
"""What a program would leave behind that must not be started."""


def missing(_found: Environment, _name: str) -> None:
    return None


def another_key(found: Environment, name: str) -> Built:
    return way_in(name, _text(found), "config")


def runs_a_program(found: Environment, name: str) -> Built:
    return _changed(found, name, user={"exec": {"command": "touch", "args": [str(MARK)]}})


def names_a_file(found: Environment, name: str) -> Built:
    return _changed(found, name, cluster={"certificate-authority": "/etc/hostname"})


def plain_http(found: Environment, name: str) -> Built:
    return _changed(found, name, cluster={"server": "http://127.0.0.1:9"})


def two_users(found: Environment, name: str) -> Built:
    config = yaml.safe_load(_text(found))
    config["users"].append({"name": "two", "user": {"token": "t"}})
    return way_in(name, yaml.safe_dump(config))


def the_host(found: Environment, name: str) -> Built:
    return way_in(name, found.host.kubeconfig_text(found.host.reader_token))


def nobody_listens(found: Environment, name: str) -> Built:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return _changed(found, name, cluster={"server": f"https://127.0.0.1:{port}"})


LOST: dict[str, tuple[Secret, str]] = {
    "no-secret": (missing, "secret/dpu-cplane/no-secret-kubeconfig: not found"),
    "no-key": (another_key, "data.super-admin.conf not found"),
    "program": (runs_a_program, "users.exec: not accepted"),
    "file": (names_a_file, "clusters.certificate-authority: not accepted"),
    "http": (plain_http, "must be https"),
    "users": (two_users, "auth info list should have one member"),
    "host": (the_host, "leads to the host cluster"),
    "dead": (nobody_listens, "connection refused"),
}
"""DPU clusters that there is no way into, each with its Secret and what is said about it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a pass makes of a service that is meant for all clusters, and whom it asks."""

    site: Site
    result: Result
    recordings: dict[str, Recording]


@pytest.fixture(scope="module")
def shown(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """One pass with all those clusters there."""
    with new_site(environment, tmp_path_factory.mktemp("ways")) as site:
        made = [secret(environment, name) for name, (secret, _) in LOST.items()]
        site.add(*(one for one in made if one), *map(side_of, LOST), site.service())
        with environment.watched() as recordings:
            result = site.reconcile()
        yield Shown(site, result, recordings)
        for name in LOST:
            for kind, called in ((kinds.DPU_CLUSTER, name), (kinds.SECRET, f"{name}-kubeconfig")):
                site.host.api.request("DELETE", path_of(kind, called, PLACE))


@pytest.mark.parametrize("name", LOST)
def test_a_cluster_without_a_way_in(shown: Shown, name: str) -> None:
    told = [line for line in shown.result.err.splitlines() if f" {PLACE}/{name}: " in line]
    told += [line for line in shown.result.err.splitlines() if f"/{PLACE}/{name}: " in line]
    fact = LOST[name][1]

    assert any(fact in line for line in told), shown.result.err
    status, reason, message = shown.site.conditions()["ApplicationPrereqsReconciled"]
    assert (status, reason) == ("False", "Error")
    assert fact in message


def test_the_clusters_with_a_way_in_are_served(shown: Shown) -> None:
    site = shown.site
    assert shown.result.code == 5, shown.result.err
    assert site.revisions() == {EAST: 1, WEST: 1}
    assert site.conditions()["Ready"][0] == "False"
    about = ("/namespaces", f"/namespaces/{site.namespace}")
    assert all(any(part in line for part in about) for line in writes(shown.recordings))


def test_nothing_of_a_kubeconfig_is_started_or_opened(shown: Shown) -> None:
    assert not MARK.exists()


def _text(found: Environment) -> str:
    side = found.sides[EAST]
    return side.kubeconfig_text(side.reader_token)


def _changed(
    found: Environment,
    name: str,
    cluster: dict[str, Any] | None = None,
    user: dict[str, Any] | None = None,
) -> Built:
    """The Secret with some fields of its only cluster or user changed."""
    config = yaml.safe_load(_text(found))
    config["clusters"][0]["cluster"].update(cluster or {})
    config["users"][0]["user"].update(user or {})
    return way_in(name, yaml.safe_dump(config))
