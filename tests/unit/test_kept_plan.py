"""Kept plans: what their file says, and when one is not carried out any more."""

import json
from datetime import timedelta
from typing import Any

import pytest

from dpfctl.errors import ConflictError, InputError
from dpfctl.reconcile.kept_plan import KeptPlan, check_plan, keep, plan_data, read_plan
from dpfctl.reconcile.outlook import Outlook, look_ahead
from dpfctl.reconcile.passing import begin
from tests.builders import NOW, Built
from tests.unit.reconcile_fleets import ONE, pull_secret, service, world

FINALIZER = "dpu.nvidia.com/dpuservice"


def pass_of(one: Built, *more: Built, **options: Any) -> Outlook:
    """A pass for one service and a DPU cluster that has nothing of it yet."""
    return look_ahead(begin([one.resource], world(one, *more, dpus={ONE: ()}, **options)))


def stored(one: Built, version: str = "7") -> Built:
    return one.having(metadata={"resourceVersion": version, "generation": 1})


def kept(first: Outlook) -> KeptPlan:
    """A plan as it comes back from its file."""
    return read_plan(json.loads(json.dumps(plan_data(first))), "plan.json")


SERVICE = stored(service())


def test_it_names_every_change_and_marks_what_is_a_guess() -> None:
    changes = plan_data(pass_of(SERVICE))["changes"]

    assert [(c["step"], c["kind"], c["name"], c["dpuCluster"], c["follows"]) for c in changes] == [
        ("finalizer", "dpuservice.svc.dpu.nvidia.com", "dpu-one", "", False),
        ("namespace", "namespace", "svc-ns", "ns1/cluster-one", False),
        ("deploy", "application.argoproj.io", "cluster-one-dpu-one", "", False),
        ("status", "dpuservice.svc.dpu.nvidia.com", "dpu-one", "", True),
    ]


def test_without_anything_before_it_nothing_is_a_guess() -> None:
    held = SERVICE.suspended().having(metadata={"finalizers": [FINALIZER]})

    changes = plan_data(pass_of(held))["changes"]

    assert [(c["step"], c["follows"]) for c in changes] == [("status", False)]


def test_it_holds_no_secret() -> None:
    secret = pull_secret("registry").having(data={".dockerconfigjson": "aHVudGVyMg=="})
    values = {"password": "hunter2"}
    first = pass_of(SERVICE.spec(helmChart={"values": values}), secret)

    text = json.dumps(plan_data(first))

    assert "registry" in text
    assert "hunter2" not in text
    assert "aHVudGVyMg" not in text


def test_a_secret_cannot_be_guessed_at_by_its_digest() -> None:
    weak, strong = ({"password": text} for text in ("hunter2", "correct horse"))
    one, other = (pass_of(SERVICE.spec(helmChart={"values": v})) for v in (weak, strong))

    assert [c.digest for c in keep(one).changes] == [c.digest for c in keep(other).changes]


def test_the_same_plan_is_carried_out() -> None:
    check_plan(kept(pass_of(SERVICE)), pass_of(SERVICE))


def test_its_moment_comes_back() -> None:
    assert kept(pass_of(SERVICE, now=NOW)).at == NOW


MOVED = {
    "an object has moved": (
        pass_of(stored(service(), "8")),
        "dpuservice/svc-ns/dpu-one has moved",
    ),
    "an object would become another": (
        pass_of(SERVICE.spec(helmChart={"source": {"version": "v9"}})),
        "application.argoproj.io/dpf-operator-system/cluster-one-dpu-one would be changed in"
        " another way",
    ),
    "something is done already": (
        pass_of(SERVICE.having(metadata={"finalizers": [FINALIZER]})),
        "dpuservice.svc.dpu.nvidia.com/svc-ns/dpu-one need not be changed now",
    ),
    "something else is to be done": (
        pass_of(SERVICE, pull_secret("registry")),
        "secret/svc-ns/registry in dpu cluster ns1/cluster-one is to be changed now",
    ),
}


@pytest.mark.parametrize(("now", "told"), MOVED.values(), ids=MOVED)
def test_another_plan_is_refused(now: Outlook, told: str) -> None:
    with pytest.raises(ConflictError) as refusal:
        check_plan(kept(pass_of(SERVICE)), now)

    assert refusal.value.message == f"--plan: not as planned any more: {told}"


def test_many_differences_are_counted() -> None:
    secrets = [pull_secret(f"s{number}") for number in range(7)]

    with pytest.raises(ConflictError, match=r"\(and 2 more\)$"):
        check_plan(kept(pass_of(SERVICE)), pass_of(SERVICE, *secrets))


def test_times_of_conditions_count_from_the_moment_of_the_plan() -> None:
    held = SERVICE.suspended().having(metadata={"finalizers": [FINALIZER]})
    then, later = pass_of(held, now=NOW), pass_of(held, now=NOW + timedelta(hours=1))

    check_plan(kept(then), then)
    assert keep(then).changes != keep(later).changes


WRONG: dict[str, tuple[Any, str]] = {
    "another document": ({"apiVersion": "v1", "kind": "List"}, "is no plan"),
    "a list": ([], "is no plan"),
    "no moment": (
        {"apiVersion": "dpfctl/v1", "kind": "ReconcilePlan", "changes": []},
        "is no plan",
    ),
    "no changes": (
        {"apiVersion": "dpfctl/v1", "kind": "ReconcilePlan", "at": "2026-11-25T08:00:00Z"},
        "holds no list of changes",
    ),
    "no services": (
        {
            "apiVersion": "dpfctl/v1",
            "kind": "ReconcilePlan",
            "at": "2026-11-25T08:00:00Z",
            "changes": [],
        },
        "holds no list of changes",
    ),
    "a change that is none": (
        {
            "apiVersion": "dpfctl/v1",
            "kind": "ReconcilePlan",
            "at": "2026-11-25T08:00:00Z",
            "services": {},
            "changes": [7],
        },
        "a change of it cannot be read",
    ),
}


@pytest.mark.parametrize(("raw", "fact"), WRONG.values(), ids=WRONG)
def test_what_is_no_plan(raw: Any, fact: str) -> None:
    with pytest.raises(InputError, match=rf"^plan\.json: {fact}$"):
        read_plan(raw, "plan.json")
