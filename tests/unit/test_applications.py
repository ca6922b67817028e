"""Names and labels by which Argo CD Applications belong to DPUServices."""

from hashlib import sha256

import pytest

from dpfctl.model.applications import (
    IN_CLUSTER,
    LONGEST_NAME,
    SKIP_RECONCILE,
    application_name,
    applications_of,
    digest,
    is_held,
)
from tests.builders import application, dpu_service, inventory

GROUP_KIND = "DPUService.svc.dpu.nvidia.com"


class TestDigest:
    """SHA-256 over the lines that Go's JSON encoder writes; DPF ``internal/digest`` (26.x)."""

    @pytest.mark.parametrize(
        ("texts", "expected"),
        [
            pytest.param((), "", id="of nothing"),
            pytest.param(
                ("foo",),
                "464f0da35dc95dc2dc0bc4c84904197cb0f035eed8e08839a01515320c76c832",
                id="of one text",
            ),
            pytest.param(
                ("foo", "bar"),
                "ae40de46fb59e1cf8dd15ade2693d4dfd7721203a558d276383f3f976ff7a40a",
                id="of two texts",
            ),
        ],
    )
    def test_published_digests(self, texts: tuple[str, ...], expected: str) -> None:
        assert digest(*texts) == expected

    @pytest.mark.parametrize(
        ("name", "namespace", "expected"),
        [
            ("dpu-one", "default", "5313a33820"),
            ("doca-hbn-dk", "dpf-operator-system", "7cb18c5c5e"),
        ],
    )
    def test_service_ids(self, name: str, namespace: str, expected: str) -> None:
        assert digest(GROUP_KIND, name, namespace)[:10] == expected

    def test_texts_are_kept_apart(self) -> None:
        assert digest("foo", "bar") != digest("foobar") != digest("foo\nbar")

    @pytest.mark.parametrize(
        ("text", "escaped"),
        [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")],
    )
    def test_what_go_escapes_for_html_is_escaped(self, text: str, escaped: str) -> None:
        assert digest(text) == sha256(f'"{escaped}"\n'.encode()).hexdigest()

    def test_other_characters_are_utf_8(self) -> None:
        assert digest("é") == sha256('"é"\n'.encode()).hexdigest()


class TestName:
    """``cluster-service``, shortened from 64 characters on."""

    def test_short(self) -> None:
        assert application_name("cluster-one", "dpu-one") == "cluster-one-dpu-one"
        assert application_name(IN_CLUSTER, "dpu-one") == "in-cluster-dpu-one"

    def test_the_longest_that_is_kept(self) -> None:
        service = "s" * (LONGEST_NAME - len("edge-"))

        assert application_name("edge", service) == f"edge-{service}"

    def test_one_more_is_shortened(self) -> None:
        service = "s" * (LONGEST_NAME - len("edge-") + 1)
        name = application_name("edge", service)

        assert len(name) == LONGEST_NAME
        assert name == f"edge-{'s' * 52}-{digest('edge', service)[:5]}"

    def test_shortened_names_stay_apart(self) -> None:
        one, other = (application_name("edge", f"{'s' * 70}{end}") for end in "ab")

        assert one[:58] == other[:58]
        assert one != other

    def test_where_cluster_and_service_meet_counts(self) -> None:
        tail = "x" * 60

        assert application_name("a-b", tail) != application_name("a", f"b-{tail}")


@pytest.mark.parametrize(
    ("annotations", "held"),
    [
        pytest.param(None, False, id="no annotations"),
        pytest.param({}, False, id="no such annotation"),
        pytest.param({SKIP_RECONCILE: "true"}, True, id="true"),
        pytest.param({SKIP_RECONCILE: "false"}, False, id="false"),
        pytest.param({SKIP_RECONCILE: "True"}, False, id="a capital is not true to Argo CD"),
        pytest.param({SKIP_RECONCILE: True}, False, id="no text"),
    ],
)
def test_is_held(annotations: object, held: bool) -> None:
    one = application("edge-hbn").having(metadata={"annotations": annotations})

    assert is_held(one.resource) is held


def test_applications_of_a_service_carry_both_labels() -> None:
    hbn = dpu_service("hbn", "tenant")
    mine = hbn.owning(application("b"), application("a"))[1:]
    others = (
        application("c").labelled(DPU_SERVICE_NAME="hbn"),
        application("d").labelled(DPU_SERVICE_NAME="hbn", DPU_SERVICE_NAMESPACE="other"),
        application("e").labelled(DPU_SERVICE_NAME="dts", DPU_SERVICE_NAMESPACE="tenant"),
    )
    found = applications_of(hbn.resource, inventory(*others, *mine))

    assert [one.name for one in found] == ["a", "b"]
