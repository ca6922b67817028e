"""Reading the Secrets in which Helm keeps releases, and taking one from a dead run."""

import base64
import gzip
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest

from dpfctl.errors import RejectedError
from dpfctl.model import kinds
from dpfctl.model.release_secrets import PENDING, UNREADABLE, read_releases, unlocked
from dpfctl.model.resources import Resource
from tests.builders import NOW, build
from tests.unit.release_records import packed, payload, record, stored

DAMAGED = [
    pytest.param("", id="nothing"),
    pytest.param("%%%", id="no base64"),
    pytest.param(base64.b64encode(b"%%").decode(), id="no base64 inside"),
    pytest.param(packed({})[:-30], id="cut off"),
    pytest.param(packed([]), id="a list"),
    pytest.param(packed(None), id="null"),
    pytest.param(packed({}), id="an empty object"),
    pytest.param(packed({"info": [], "chart": 7, "config": ""}), id="other types"),
    pytest.param(
        base64.b64encode(base64.b64encode(gzip.compress(b"[" * 100_000))).decode(), id="too deep"
    ),
    pytest.param(
        base64.b64encode(base64.b64encode(gzip.compress(b"\0" * (65 << 20)))).decode(), id="bomb"
    ),
    pytest.param(
        base64.b64encode(base64.b64encode(b"\x1f\x8b" + zlib.compress(b"{}"))).decode(),
        id="no gzip",
    ),
]


class TestReading:
    def test_a_record(self) -> None:
        found = stored(labels={"modifiedAt": "1", "team": "edge"})

        assert (found.name, found.namespace, found.revision) == ("edge-hbn", "dpf", 1)
        assert (found.status, found.description) == ("deployed", "Install complete")
        assert (found.chart_name, found.chart_version, found.app_version) == (
            "dpf-service",
            "1.2.0",
            "3",
        )
        assert found.values == {"image": {"tag": "1"}}
        assert found.deployed_at == datetime(2026, 3, 14, 9, 21, 53, tzinfo=UTC)
        assert found.manifest == "kind: DaemonSet\n"
        assert found.labels == {"team": "edge"}
        assert found.secret.name == "sh.helm.release.v1.edge-hbn.v1"

    def test_times_as_go_writes_them(self) -> None:
        found = stored(last_deployed="2026-03-14T10:26:53.123456789+01:00")

        assert found.deployed_at == NOW.replace(microsecond=123456)

    def test_a_record_that_is_not_packed(self) -> None:
        plain = base64.b64encode(base64.b64encode(json.dumps(payload()).encode())).decode()

        assert stored(data=plain).status == "deployed"

    def test_the_newest_revision_counts_whatever_its_status(self) -> None:
        secrets = [
            record(revision=9),
            record(revision=10, status="pending-upgrade"),
            record(revision=2),
        ]
        found = read_releases(secrets)

        assert [(one.revision, one.status) for one in found.values()] == [(10, "pending-upgrade")]

    def test_only_the_newest_revision_is_unpacked(self) -> None:
        assert next(iter(read_releases([record(data="%"), record(revision=2)]).values())).values

    def test_releases_of_all_namespaces_in_order(self) -> None:
        secrets = [record("b"), record("a", namespace="z"), record("a")]

        assert list(read_releases(secrets)) == [("dpf", "a"), ("dpf", "b"), ("z", "a")]

    @pytest.mark.parametrize("data", DAMAGED)
    def test_a_damaged_record_is_told(self, data: str) -> None:
        found = stored(data=data)

        assert (found.status, found.revision, found.deployed_at) == (UNREADABLE, 1, None)
        assert (found.description, found.values, found.manifest) == ("", {}, "")

    @pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 50])
    def test_a_revision_that_is_no_number_is_the_oldest(self, revision: str) -> None:
        found = read_releases([record(revision=revision), record(revision=1)])

        assert [one.revision for one in found.values()] == [1]

    def test_other_secrets_are_passed_over(self) -> None:
        plain = build(kinds.SECRET, "x").resource
        foreign = build(kinds.SECRET, "x").having(metadata={"labels": {"name": "x"}}).resource

        assert read_releases([plain, foreign]) == {}


class TestUnlocking:
    @pytest.mark.parametrize("status", PENDING)
    def test_the_revision_is_marked_as_failed(self, status: str) -> None:
        before = record(status=status, labels={"team": "edge"})
        after = Resource(kinds.SECRET, unlocked(before))
        (found,) = read_releases([after]).values()

        assert (found.status, found.revision) == ("failed", 1)
        assert found.description == f"Release unlocked from stale '{status}' state"
        assert after.label("status") == "failed"
        assert (found.values, found.labels) == ({"image": {"tag": "1"}}, {"team": "edge"})
        assert _content(after) == payload() | {
            "info": payload()["info"] | {"status": "failed", "description": found.description}
        }

    def test_everything_else_of_the_secret_stays(self) -> None:
        before = record(status="pending-install")
        after = unlocked(before)

        assert {**after, "data": 0, "metadata": 0} == {**before.raw, "data": 0, "metadata": 0}
        assert after["metadata"]["resourceVersion"] == "7"

    def test_twice_the_same_gives_the_same_bytes(self) -> None:
        before = record(status="pending-install")

        assert unlocked(before) == unlocked(before)

    @pytest.mark.parametrize("status", ["deployed", "failed", "uninstalling", ""])
    def test_what_nobody_holds_is_left_alone(self, status: str) -> None:
        with pytest.raises(RejectedError, match="not pending"):
            unlocked(record(status=status))

    def test_a_damaged_record_is_left_alone(self) -> None:
        with pytest.raises(RejectedError, match="holds no release that can be read"):
            unlocked(record(data="%"))


def _content(secret: Resource) -> Any:
    data = base64.b64decode(base64.b64decode(secret.text("data", "release")))
    return json.loads(gzip.decompress(data))
