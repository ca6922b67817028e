"""What goes wrong with a release on a real API server, and what becomes of helm's words."""

import base64
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from dpfctl.errors import (
    AccessError,
    ConflictError,
    DpfctlError,
    FieldConflict,
    FieldConflictError,
    ForbiddenError,
    LostAnswerError,
    NotFoundError,
    OwnedError,
    RejectedError,
    UnreachableError,
)
from dpfctl.helm.failures import chart_failure, release_failure, said_by
from dpfctl.helm.runner import Ended, Finished
from dpfctl.model import kinds
from dpfctl.model.resources import Ref
from tests.controlplane.layout import free_ports
from tests.helm.odd_charts import ENDLESS_HOOK, chart_of
from tests.helm.targets import Target

REF = Ref(kinds.RELEASE, "dpf", "hbn")


def failed(text: str, code: int = 1, stdout: str = "", **more: Any) -> Finished:
    return Finished(code, stdout.encode(), text.encode(), **more)


def fail(target: Target, error: type[DpfctlError], **more: Any) -> DpfctlError:
    """Fail to install, and return what is told after the name of the release."""
    with pytest.raises(error) as caught:
        target.upgrade(more.pop("release", None) or target.release(), **more)
    assert caught.type is error
    start = f"release/{target.namespace}/hbn: "
    assert caught.value.message.startswith(start)
    caught.value.message = caught.value.message.removeprefix(start)
    return caught.value


class TestCluster:
    def test_wrong_credentials(self, target: Target) -> None:
        kubeconfig = target.cluster.kubeconfig_text("wrong")

        told = fail(target, AccessError, kubeconfig=kubeconfig).message
        assert told == "the cluster refuses the credentials of its kubeconfig"

    def test_no_rights(self, target: Target) -> None:
        kubeconfig = target.cluster.kubeconfig_text(target.cluster.reader_token)

        told = fail(target, ForbiddenError, kubeconfig=kubeconfig).message
        assert 'secrets is forbidden: User "reader" cannot list resource "secrets"' in told

    def test_another_authority(self, target: Target) -> None:
        config = yaml.safe_load(target.kubeconfig)
        other = base64.b64encode(trustme.CA().cert_pem.bytes()).decode()
        config["clusters"][0]["cluster"]["certificate-authority-data"] = other

        told = fail(target, UnreachableError, kubeconfig=yaml.safe_dump(config)).message
        assert told.startswith("the cluster's certificate does not fit its kubeconfig: x509: ")

    def test_nobody_listens(self, target: Target) -> None:
        url = f"https://127.0.0.1:{free_ports(1)[0]}"
        kubeconfig = target.kubeconfig.replace(target.cluster.url, url)

        told = fail(target, UnreachableError, kubeconfig=kubeconfig).message
        assert told.startswith("the cluster does not answer: ")
        assert told.endswith("connection refused")

    def test_a_kubeconfig_that_is_none(self, target: Target) -> None:
        told = fail(target, AccessError, kubeconfig="{").message

        assert told.startswith("the cluster's kubeconfig cannot be used: ")
        assert "/proc" not in told

    def test_a_namespace_that_is_not_there(self, target: Target) -> None:
        release = Ref(kinds.RELEASE, "nowhere", "hbn")
        wanted = target.release()
        wanted = type(wanted)("hbn", "nowhere", wanted.chart, {})
        with pytest.raises(NotFoundError) as caught:
            target.upgrade(wanted)

        assert caught.value.message == f'{release}: namespaces "nowhere" not found'

    def test_removal_is_told_the_same_way(self, target: Target) -> None:
        kubeconfig = target.cluster.kubeconfig_text("wrong")
        with pytest.raises(AccessError, match="the cluster refuses the credentials"):
            target.helm.uninstall("hbn", target.namespace, kubeconfig)

    def test_dry_runs_too(self, target: Target) -> None:
        kubeconfig = target.cluster.kubeconfig_text("wrong")
        fail(target, AccessError, kubeconfig=kubeconfig, dry_run=True)


class TestCharts:
    def test_values_that_break_the_schema(self, target: Target) -> None:
        error = fail(
            target, RejectedError, release=target.release(values={"image": {"repository": 1}})
        )

        assert error.message.startswith("its values break the schema of the chart: ")
        assert "/image/repository" in error.message or "image.repository" in error.message
        assert "spec.helmChart.values" in error.hint
        assert target.stored() is None

    @pytest.mark.parametrize(
        ("template", "fact"),
        [
            pytest.param('{{ fail "no way" }}', "no way", id="fail"),
            pytest.param("{{ .Values.a.b.c }}", "nil pointer", id="nil"),
            pytest.param("{{ if }}", "missing value for if", id="syntax"),
            pytest.param("a: [", "YAML", id="no YAML"),
        ],
    )
    def test_a_chart_that_cannot_be_rendered(
        self, target: Target, tmp_path: Path, template: str, fact: str
    ) -> None:
        error = fail(target, RejectedError, archive=chart_of(tmp_path, template))

        assert error.message.startswith("its chart cannot be rendered: ")
        assert fact in error.message
        assert "odd/templates/one.yaml" in error.message

    def test_a_kind_that_the_cluster_does_not_know(self, target: Target, tmp_path: Path) -> None:
        template = "apiVersion: example.com/v1\nkind: Odd\nmetadata: {name: odd}"
        error = fail(target, RejectedError, archive=chart_of(tmp_path, template))

        assert error.message.startswith("a kind of its chart is unknown to the cluster: ")

    def test_a_cluster_that_is_too_old(self, target: Target, tmp_path: Path) -> None:
        archive = chart_of(tmp_path, "", kubeVersion=">=1.99.0")

        told = fail(target, RejectedError, archive=archive).message
        assert told.startswith("chart requires kubeVersion: >=1.99.0")

    def test_a_field_that_cannot_change(self, target: Target, tmp_path: Path) -> None:
        template = (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd}\nimmutable: true\n"
            "data: {a: {{ .Values.a | quote }}}"
        )
        archive = chart_of(tmp_path, template)
        target.upgrade(target.release(values={"a": "1"}), archive=archive)

        told = fail(
            target, RejectedError, release=target.release(values={"a": "2"}), archive=archive
        ).message
        assert told.startswith("a field of its objects cannot be changed: ")

    def test_a_hook_that_does_not_end(self, target: Target, tmp_path: Path) -> None:
        archive = chart_of(tmp_path, ENDLESS_HOOK)
        told = fail(target, RejectedError, archive=archive, timeout=1).message

        assert told.startswith("its objects or hooks did not get ready in time: ")
        assert target.found().status == "failed"


class TestWords:
    """Texts that cannot be provoked here, or that only matter in part."""

    @pytest.mark.parametrize(
        ("text", "error", "told"),
        [
            ("", RejectedError, "helm failed with code 1"),
            ("Error: something new", RejectedError, "something new"),
            (
                "Error: another operation (install/upgrade/rollback) is in progress",
                ConflictError,
                "another run of Helm holds it",
            ),
            (
                "Error: release: already exists",
                ConflictError,
                "another run of Helm holds it",
            ),
            (
                'Error: Unable to continue with install: Service "a" in namespace "b" exists and '
                "cannot be imported into the current release: invalid ownership metadata; label",
                OwnedError,
                "an object that it would create is there and not its own: "
                'Unable to continue with install: Service "a" in namespace "b" exists and cannot '
                "be imported into the current release: invalid ownership metadata; label",
            ),
            ("Error: x has no deployed releases", NotFoundError, "is not installed"),
        ],
    )
    def test_rows(self, text: str, error: type[DpfctlError], told: str) -> None:
        found = release_failure(REF, failed(text))

        assert (type(found), found.message) == (error, f"release/dpf/hbn: {told}")

    def test_conflicts_name_field_and_manager(self) -> None:
        text = (
            "Error: UPGRADE FAILED: conflict occurred while applying object dpf/hbn apps/v1, "
            'Kind=DaemonSet: Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: '
            ".spec.revisionHistoryLimit"
        )
        found = release_failure(REF, failed(text))

        assert isinstance(found, FieldConflictError)
        assert found.conflicts == (FieldConflict(".spec.revisionHistoryLimit", "kubectl"),)
        assert "--force-conflicts" in found.hint

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("level=WARN msg=x\nError: a\n  b\n", "a b"),
            ("Error: GET https://u:canary@host/x: no", "GET https://host/x: no"),
            ("Error: stat /tmp/dpfctl-helm-a1/chart-b2/c-1.tgz: gone", "stat c-1.tgz: gone"),
            ("Error: a\x1b[31mred\u202e", "a [31mred"),
            ("panic: oh\n\ngoroutine 1 [running]:\nmain.main()\nmore", "panic: oh goroutine 1"),
            ("Error: bad\n\nUse --debug flag to render out invalid YAML", "bad"),
        ],
    )
    def test_what_helm_said_becomes_one_clean_line(self, text: str, said: str) -> None:
        assert said_by(failed(text)).startswith(said)

    def test_a_dry_run_stores_nothing_that_could_be_lost(self) -> None:
        text = "Error: Post https://127.0.0.1:1/api: EOF"
        errors = [release_failure(REF, failed(text), is_write=write) for write in (True, False)]

        assert [type(error) for error in errors] == [LostAnswerError, UnreachableError]

    def test_long_texts_are_cut(self) -> None:
        assert len(said_by(failed(f"Error: {'x' * 100_000}"))) < 600

    def test_who_ended_it_is_told_first(self) -> None:
        stopped = release_failure(REF, failed("Error: context canceled", ended=Ended.STOP))
        late = chart_failure("chart c 1", failed("", -15, ended=Ended.LIMIT, limit=60.0))

        assert stopped.message == "release/dpf/hbn: stopped before helm was done"
        assert late.message == "chart c 1: helm was not done after 60 s"
        assert type(late) is UnreachableError

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ("Error: response status code 403: denied: no access", AccessError),
            ("Error: server gave HTTP response to HTTPS client", AccessError),
            ("Error: dial tcp: lookup x: no such host", UnreachableError),
            ("Error: response status code 503: unavailable", UnreachableError),
            ("Error: something new", RejectedError),
        ],
    )
    def test_words_about_charts(self, text: str, error: type[DpfctlError]) -> None:
        assert type(chart_failure("chart c 1", failed(text))) is error
