"""Whose login opens which repository."""

import base64
from typing import Any

import pytest

from dpfctl.errors import AccessError
from dpfctl.helm.repositories import (
    SECRET_TYPE,
    RepositoryCredentials,
    repository_credentials,
)
from dpfctl.model import kinds
from dpfctl.model.resources import Resource
from tests.builders import build

NGC = "oci://nvcr.io/nvidia/doca"


def secret(name: str, kind: str = "repository", **data: str) -> Resource:
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}
    built = build(kinds.SECRET, name, "argocd").having(data=encoded)
    return built.having(metadata={"labels": {SECRET_TYPE: kind}}).resource


def login(name: str, url: str, kind: str = "repository") -> Resource:
    return secret(name, kind, url=url, username="$oauthtoken", password=f"of {name}")


def used(repo_url: str, *secrets: Resource) -> str:
    """Name of the Secret that is used, empty if none is."""
    found = repository_credentials(secrets, repo_url)
    return found.source.removeprefix("secret argocd/") if found else ""


@pytest.mark.parametrize(
    ("url", "repo_url"),
    [
        pytest.param("nvcr.io/nvidia/doca", NGC, id="Argo CD names OCI without a scheme"),
        pytest.param(NGC, NGC, id="or with one"),
        pytest.param(f"{NGC}/", NGC, id="a slash at the end"),
        pytest.param("NVCR.io/nvidia/doca", NGC, id="capitals in the host"),
        pytest.param("https://helm.ngc.nvidia.com/x", "https://helm.ngc.nvidia.com/x/", id="https"),
    ],
)
def test_a_repository_has_its_own_login(url: str, repo_url: str) -> None:
    assert repository_credentials([login("one", url)], repo_url) == RepositoryCredentials(
        url, "$oauthtoken", "of one", source="secret argocd/one"
    )


@pytest.mark.parametrize(
    "url",
    [
        "nvcr.io/nvidia",
        "nvcr.io/nvidia/doca/x",
        "nvcr.io/nvidia/DOCA",
        "https://nvcr.io/nvidia/doca",
    ],
)
def test_others_have_theirs(url: str) -> None:
    assert used(NGC, login("one", url)) == ""


def test_a_template_covers_what_begins_with_it_and_the_longest_counts() -> None:
    short, long = (
        login("short", "nvcr.io", "repo-creds"),
        login("long", "nvcr.io/nvidia", "repo-creds"),
    )

    assert used(NGC, short, long) == used(NGC, long, short) == "long"
    assert used("oci://nvcr.io/other", short, long) == "short"


def test_a_template_does_not_cover_a_host_that_merely_begins_so() -> None:
    assert used("oci://nvcr.io.example.com/x", login("one", "nvcr.io", "repo-creds")) == ""
    assert used("https://a.example.com/x", login("one", "https://a", "repo-creds")) == ""


def test_the_repository_itself_comes_before_templates() -> None:
    template = login("template", "nvcr.io/nvidia/doca", "repo-creds")

    assert used(NGC, template, login("own", "nvcr.io/nvidia/doca")) == "own"


def test_a_repository_without_a_login_uses_a_template() -> None:
    template = login("template", "nvcr.io", "repo-creds")

    assert used(NGC, secret("own", url="nvcr.io/nvidia/doca"), template) == "template"


def test_other_secrets_are_passed_over() -> None:
    assert used(NGC, login("one", "nvcr.io/nvidia/doca", "cluster")) == ""
    assert repository_credentials([], NGC) is None


def test_an_authority_belongs_to_a_host() -> None:
    authorities = {"nvcr.io": "PEM"}
    found = repository_credentials([], "oci://nvcr.io:5000/x", authorities)
    with_login = repository_credentials([login("one", "nvcr.io/x")], "oci://nvcr.io/x", authorities)

    assert found == RepositoryCredentials("oci://nvcr.io:5000/x", ca=b"PEM")
    assert with_login is not None
    assert (with_login.ca, with_login.username) == (b"PEM", "$oauthtoken")
    assert repository_credentials([], "oci://other", authorities) is None


@pytest.mark.parametrize("damaged", [{"url": "%%"}, {"url": "/w=="}])
def test_a_secret_that_holds_no_text(damaged: dict[str, Any]) -> None:
    built = build(kinds.SECRET, "odd", "argocd").having(data=damaged)
    odd = built.having(metadata={"labels": {SECRET_TYPE: "repository"}}).resource
    with pytest.raises(AccessError, match=r"secret/argocd/odd: data\.url: not text in base64"):
        repository_credentials([odd], NGC)
