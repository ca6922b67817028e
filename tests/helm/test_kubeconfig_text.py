"""The kubeconfig that helm gets: what stands in it, and that it leads where ours did."""

import json
from pathlib import Path
from typing import Any

import pytest

from dpfctl.cluster.config import ClusterConfig
from dpfctl.cluster.credentials import Credentials, FixedCredentials
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.cluster.kubeconfig_text import kubeconfig_text
from dpfctl.errors import ForbiddenError
from tests.helm.targets import Target
from tests.unit.kubeconfigs import PEM, Files, document

DATA = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmFiYwotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg=="
SERVER = {"server": "https://one:6443"}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def written(config: ClusterConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """Cluster and user of the kubeconfig that is made of a configuration."""
    text = json.loads(kubeconfig_text(config))
    assert text["current-context"] == text["contexts"][0]["name"]
    return text["clusters"][0]["cluster"], text["users"][0]["user"]


def test_a_token_is_all_there_is(files: Files) -> None:
    assert written(files.load(document())) == (SERVER, {"token": "one-token"})


def test_files_are_taken_in(files: Files) -> None:
    for name in ("ca.pem", "me.pem", "me.key"):
        (files.folder / name).write_bytes(PEM)
    (files.folder / "token").write_text("fresh")
    cluster = {**SERVER, "certificate-authority": "ca.pem"}
    user = {"client-certificate": "me.pem", "client-key": "me.key", "tokenFile": "token"}

    assert written(files.load(document(cluster=cluster, user=user))) == (
        {**SERVER, "certificate-authority-data": DATA},
        {"token": "fresh", "client-certificate-data": DATA, "client-key-data": DATA},
    )


def test_a_program_is_asked_and_not_named(files: Files) -> None:
    answer = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",'
    program = files.folder / "login"
    program.write_text(f'#!/bin/sh\necho \'{answer}"status":{{"token":"t"}}}}\'\n')
    program.chmod(0o755)
    section = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "./login",
        "interactiveMode": "Never",
    }
    config = files.load(document(user={"exec": section}), {"PATH": "/usr/bin:/bin"})

    assert written(config) == (SERVER, {"token": "t"})


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"tls-server-name": "two"}, id="another name of the server"),
        pytest.param({"insecure-skip-tls-verify": True}, id="no verification, if the user says so"),
        pytest.param({"proxy-url": "http://proxy:3128"}, id="proxy"),
        pytest.param({"proxy-url": "http://a:p%40ss@proxy:3128"}, id="proxy with a login"),
    ],
)
def test_the_way_is_kept(files: Files, fields: dict[str, Any]) -> None:
    cluster = {**SERVER, **fields}

    assert written(files.load(document(cluster=cluster)))[0] == cluster


def test_a_proxy_of_the_environment_is_named(files: Files) -> None:
    config = files.load(document(), {"HTTPS_PROXY": "proxy:3128"})

    assert written(config)[0] == {**SERVER, "proxy-url": "http://proxy:3128"}


def test_who_is_impersonated_is_kept(files: Files) -> None:
    extra = {"reason": ["a", "b"]}
    user = {"token": "t", "as": "lena", "as-uid": "7", "as-groups": ["x"], "as-user-extra": extra}

    assert written(files.load(document(user=user)))[1] == user


def test_it_can_be_loaded_again(files: Files) -> None:
    credentials = FixedCredentials(Credentials("t", PEM, PEM))
    base = files.load(document(cluster={**SERVER, "certificate-authority-data": DATA}))
    once = kubeconfig_text(ClusterConfig(base.server, "x", ca=PEM, credentials=credentials))

    assert kubeconfig_text(files.load(once)) == once


def test_helm_takes_it(target: Target) -> None:
    options = ConnectOptions(kubeconfig=str(target.cluster.kubeconfig))
    target.upgrade(target.release(), kubeconfig=kubeconfig_text(load_config(options, {})))

    assert target.found().status == "deployed"


def test_helm_acts_as_who_is_impersonated(target: Target) -> None:
    options = ConnectOptions(kubeconfig=str(target.cluster.kubeconfig), as_user="lena")
    config = load_config(options, {})
    with pytest.raises(ForbiddenError, match='User "lena" cannot list resource "secrets"'):
        target.upgrade(target.release(), kubeconfig=kubeconfig_text(config))
