"""The worklist of suspended services."""

from datetime import timedelta
from typing import Any

import pytest

from dpfctl.marks.suspensions import Suspension, find_suspensions
from tests.builders import NOW, NS, Built, ago, dpu_service


def service(name: str = "hbn", namespace: str = NS, **annotations: str) -> Built:
    noted = {f"dpfctl/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return dpu_service(name, namespace).suspended().having(metadata={"annotations": noted})


def managed(*entries: dict[str, Any]) -> Built:
    return service().having(metadata={"managedFields": list(entries)})


def entry(manager: str, fields: Any, age: str = "1h") -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "time": ago(age), "fieldsV1": fields}


def only(built: Built) -> Suspension:
    (found,) = find_suspensions([built.resource], NOW)
    return found


def test_only_suspended_services_by_namespace_and_name() -> None:
    fleet = (service("b"), service("a"), service("z", "a-space"), dpu_service("running"))
    found = find_suspensions([one.resource for one in fleet], NOW)

    names = [(one.service.namespace, one.service.name) for one in found]
    assert names == [("a-space", "z"), (NS, "a"), (NS, "b")]


def test_what_the_annotations_say() -> None:
    built = service(
        suspended_at=ago("3h"),
        suspended_by="lena",
        suspend_reason="switch upgrade",
        suspend_until=ago("1h"),
    )

    resource = built.resource

    assert find_suspensions([resource], NOW) == (
        Suspension(
            service=resource,
            since=NOW - timedelta(hours=3),
            by="lena",
            manager="",
            reason="switch upgrade",
            until=NOW - timedelta(hours=1),
            overdue=timedelta(hours=1),
        ),
    )


PAUSED: dict[str, Any] = {"f:spec": {"f:paused": {}}}
OTHER: dict[str, Any] = {"f:spec": {"f:helmChart": {"f:source": {}}}}


@pytest.mark.parametrize(
    ("built", "manager", "since"),
    [
        pytest.param(service(), "", None, id="nothing is known"),
        pytest.param(
            managed(entry("helm", OTHER, "9d"), entry("kubectl", PAUSED)),
            "kubectl",
            timedelta(hours=1),
            id="the manager that owns the field tells when",
        ),
        pytest.param(managed(entry("helm", OTHER)), "", None, id="no manager owns the field"),
        pytest.param(
            managed(entry("dpfctl", PAUSED)).having(
                metadata={"annotations": {"dpfctl/suspended-at": ago("3h")}}
            ),
            "dpfctl",
            timedelta(hours=3),
            id="the annotation tells better when: the manager may have written later",
        ),
        pytest.param(
            managed({"manager": "old", "fieldsV1": PAUSED}), "old", None, id="no time is told"
        ),
        pytest.param(
            managed(entry("broken", None), entry("odd", ["f:spec"]), {"fieldsV1": PAUSED}),
            "",
            None,
            id="damaged entries are passed over",
        ),
        pytest.param(
            service(suspended_at="yesterday"), "", None, id="an annotation that is no time"
        ),
    ],
)
def test_who_suspended_it_and_when(built: Built, manager: str, since: timedelta | None) -> None:
    found = only(built)

    assert found.manager == manager
    assert found.since == (None if since is None else NOW - since)


@pytest.mark.parametrize(
    ("until", "overdue"),
    [
        pytest.param(ago("90s"), timedelta(seconds=90), id="over"),
        pytest.param("2026-03-14T10:00:00Z", None, id="still to come"),
        pytest.param("soon", None, id="no time"),
    ],
)
def test_overdue(until: str, overdue: timedelta | None) -> None:
    assert only(service(suspend_until=until)).overdue == overdue
