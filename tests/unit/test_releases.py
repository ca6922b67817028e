"""Releases as values: their names, the digest of what goes in, and their form as objects."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpfctl.model import kinds
from dpfctl.model.release_objects import release_body, release_of, release_resource
from dpfctl.model.releases import (
    LONGEST_NAME,
    Chart,
    Release,
    Sentinel,
    description_of,
    inputs_digest,
    read_description,
    release_name,
)
from tests.unit.release_records import CHART, RELEASE, stored

SHA = "0123456789abcdef" * 4
LONG = "a-cluster-with-a-name-of-some-length-a-service-with-one"


class TestNames:
    @pytest.mark.parametrize(
        ("given_name", "application", "name"),
        [
            pytest.param("", "edge-hbn", "edge-hbn", id="the application's"),
            pytest.param("hbn", "edge-hbn", "hbn", id="the one that was asked for"),
            pytest.param("", "a" * 53, "a" * 53, id="just short enough"),
            pytest.param(
                "",
                LONG,
                "a-cluster-with-a-name-of-some-length-a-servi-3c2df33f",
                id="shortened",
            ),
            pytest.param("a" * 60, "edge-hbn", "a" * 60, id="asked for and too long"),
        ],
    )
    def test_a_name(self, given_name: str, application: str, name: str) -> None:
        assert release_name(given_name, application) == name

    def test_a_name_is_not_cut_at_a_dash(self) -> None:
        name = release_name("", f"{'a' * 42}-.{'b' * 20}")

        assert name.startswith(f"{'a' * 42}-")
        assert "--" not in name

    def test_names_that_begin_alike_stay_apart(self) -> None:
        assert release_name("", f"{LONG}-a") != release_name("", f"{LONG}-b")

    @given(st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True))
    def test_helm_takes_every_name(self, application: str) -> None:
        name = release_name("", application)

        assert len(name) <= LONGEST_NAME
        assert name[0] != "-"
        assert name[-1] != "-"


class TestDigest:
    def test_it_is_the_same_for_all_times(self) -> None:
        """Another one would upgrade every release of every user once more."""
        assert inputs_digest(RELEASE) == (
            "ac843262766a83b294f18ddacd851eb2e8b9bea0a0f89aa9731d3e7725fcf757"
        )

    def test_the_order_of_values_does_not_count(self) -> None:
        turned = dict(reversed(tuple(RELEASE.values.items())))

        assert inputs_digest(replace(RELEASE, values=turned)) == inputs_digest(RELEASE)

    def test_labels_do_not_count(self) -> None:
        assert inputs_digest(replace(RELEASE, labels={"a": "b"})) == inputs_digest(RELEASE)

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(replace(RELEASE, name="x"), id="name"),
            pytest.param(replace(RELEASE, namespace="x"), id="namespace"),
            pytest.param(replace(RELEASE, values={}), id="values"),
            pytest.param(replace(RELEASE, chart=replace(CHART, repo_url="x")), id="repository"),
            pytest.param(replace(RELEASE, chart=replace(CHART, name="x")), id="chart"),
            pytest.param(replace(RELEASE, chart=replace(CHART, path="x")), id="path"),
            pytest.param(replace(RELEASE, chart=replace(CHART, version="2.x")), id="version"),
        ],
    )
    def test_everything_else_counts(self, other: Release) -> None:
        assert inputs_digest(other) != inputs_digest(RELEASE)

    def test_lists_keep_their_order(self) -> None:
        one, two = (replace(RELEASE, values={"a": a}) for a in ([1, 2], [2, 1]))

        assert inputs_digest(one) != inputs_digest(two)


class TestDescription:
    def test_it_holds_both_digests(self) -> None:
        text = description_of(RELEASE, SHA)

        assert text == (
            f"dpfctl/1 inputs=sha256:{inputs_digest(RELEASE)} chart=sha256:0123456789abcdef"
        )
        assert read_description(text) == Sentinel(inputs_digest(RELEASE), SHA[:16])

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Upgrade complete",
            "Rollback to 3",
            description_of(RELEASE, SHA).upper(),
            description_of(RELEASE, SHA)[:-1],
            f"{description_of(RELEASE, SHA)} and more",
            description_of(RELEASE, SHA).replace("dpfctl/1", "dpfctl/2"),
        ],
    )
    def test_others_write_other_descriptions(self, text: str) -> None:
        assert read_description(text) is None


class TestObjects:
    @pytest.mark.parametrize(
        "release",
        [
            RELEASE,
            replace(RELEASE, labels={"dpu.nvidia.com/dpuservice-name": "hbn"}),
            replace(RELEASE, chart=Chart("https://x", "", "p", "")),
        ],
    )
    def test_a_wanted_release_comes_back(self, release: Release) -> None:
        assert release_of(release_body(release)) == release

    def test_a_wanted_release(self) -> None:
        assert release_body(replace(RELEASE, values={"a": 1}, labels={"b": "c"})) == {
            "apiVersion": "helm.sh/v1",
            "kind": "Release",
            "metadata": {"name": "edge-hbn", "namespace": "dpf", "labels": {"b": "c"}},
            "spec": {
                "chart": {
                    "repoURL": "oci://registry.example.com/charts",
                    "chart": "dpf-service",
                    "version": "1.x",
                },
                "values": {"a": 1},
            },
        }

    def test_a_stored_release(self) -> None:
        resource = release_resource(stored(labels={"b": "c"}))

        assert (resource.kind, resource.ref) == (kinds.RELEASE, RELEASE.ref)
        assert resource.raw == {
            "apiVersion": "helm.sh/v1",
            "kind": "Release",
            "metadata": {
                "name": "edge-hbn",
                "namespace": "dpf",
                "labels": {"b": "c"},
                "resourceVersion": "1",
            },
            "spec": {
                "chart": {"chart": "dpf-service", "version": "1.2.0"},
                "values": {"image": {"tag": "1"}},
            },
            "status": {
                "revision": 1,
                "status": "deployed",
                "description": "Install complete",
                "appVersion": "3",
                "deployedAt": "2026-03-14T09:21:53Z",
            },
        }

    @pytest.mark.parametrize("value", [RELEASE, stored()])
    def test_values_are_not_shown(self, value: Any) -> None:
        assert "values" not in repr(value)
        assert "tag" not in repr(value)
