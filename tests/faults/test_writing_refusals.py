"""Writes that are refused for now or for good: how often they are sent, and what is said."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from dpfctl.apply import Places, apply_plan
from dpfctl.cluster.faults import Limits
from dpfctl.cluster.kube import KubeCluster
from dpfctl.cluster.patience import Patience
from dpfctl.errors import ExitCode, UnreachableError
from dpfctl.marks.critical import Mark, plan_critical, replan_critical
from dpfctl.marks.pause import REASON
from dpfctl.model import kinds
from dpfctl.model.labels import CRITICAL
from dpfctl.model.resources import Resource
from dpfctl.report import Report
from tests.controlplane.cluster import ControlPlane
from tests.faults.actions import CommitThen, CommitThenDrop, Meanwhile, Mute
from tests.faults.proxy import FaultProxy
from tests.faults.scenes import PATCH, Scene, answer

Open = Callable[..., KubeCluster]

SUSPEND = ("suspend", "hbn", "--reason", "switch upgrade")
SUSPENDED = "dpuservice.svc.dpu.nvidia.com/hbn suspended\n"
RESUMED = "dpuservice.svc.dpu.nvidia.com/hbn resumed\n"
CONFLICT = answer(409, "the object has been modified", "Conflict")
ONE_TRY = Patience(Limits(connect=0.5, silence=0.5), connects=1)


@pytest.mark.parametrize("code", [429, 503])
def test_retry_after_is_waited_for(scene: Scene, code: int) -> None:
    fault = scene.proxy.inject(answer(code, "busy", Retry_After="1"), PATCH, times=1)
    run = scene.run(*SUSPEND)

    assert run.told == (0, SUSPENDED)
    assert (run.sent, run.arrived, fault.fired) == (2, 1, 1)
    first, second = (one.at for one in scene.proxy.seen if one.line.startswith("PATCH"))
    assert 1.0 <= second - first < 3.0


def test_retry_after_of_a_write_that_was_stored_does_no_harm(scene: Scene) -> None:
    fault = scene.proxy.inject(
        CommitThen(answer(503, "shutting down", Retry_After="0")), PATCH, times=1
    )
    run = scene.run(*SUSPEND)

    assert run.result.code == 0
    assert (run.arrived, fault.fired) == (2, 1)
    assert scene.services.get("hbn")["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("wish", "hint"),
    [
        pytest.param("100000", "hint: the server asks to wait 100000 s\n", id="beyond the budget"),
        pytest.param("", "", id="no wish"),
    ],
)
def test_busy_server_is_left_in_peace(scene: Scene, wish: str, hint: str) -> None:
    headers = {"Retry_After": wish} if wish else {}
    fault = scene.proxy.inject(answer(429, "too many", **headers), PATCH)
    start = time.monotonic()
    run = scene.run(*SUSPEND)

    assert run.told == (7, "")
    assert run.result.err.endswith(f"429 too many requests: too many\n{hint}")
    assert (run.sent, run.arrived, fault.fired) == (1, 0, 1)
    assert time.monotonic() - start < 5


def test_lost_race_is_run_again_on_what_is_there_now(scene: Scene) -> None:
    """A foreign label, set between our reading and our writing, is neither lost nor in the way."""

    def meanwhile() -> None:
        scene.services.merge("hbn", {"metadata": {"labels": {"rack": "7"}}})

    fault = scene.proxy.inject(Meanwhile(meanwhile), PATCH, times=2)
    result = scene.dpfctl(*SUSPEND)

    assert (result.code, result.out, fault.fired) == (0, SUSPENDED, 2)
    service = scene.services.get("hbn")
    assert service["metadata"]["labels"] == {"team": "network", "rack": "7"}
    assert service["spec"]["paused"] is True


def test_lost_race_is_noticed_where_the_patch_does_not_fit_any_more(scene: Scene) -> None:
    """The API server answers 422 here: it tries the patch before it looks at the version."""

    def meanwhile() -> None:
        scene.services.merge("hbn", {"metadata": {"annotations": {REASON: None}}})

    scene.run(*SUSPEND)
    fault = scene.proxy.inject(Meanwhile(meanwhile), PATCH, times=1)
    result = scene.dpfctl("resume", "hbn")

    assert (result.code, result.out, fault.fired) == (0, RESUMED, 1)
    assert scene.services.paused() == []


def test_race_that_somebody_else_won_for_us_is_no_change(scene: Scene) -> None:
    fault = scene.proxy.inject(
        Meanwhile(lambda: scene.services.merge("hbn", {"spec": {"paused": True}})), PATCH, times=1
    )
    result = scene.dpfctl("suspend", "hbn")

    assert (result.code, fault.fired) == (0, 1)
    assert result.out == "dpuservice.svc.dpu.nvidia.com/hbn suspended (unchanged)\n"
    assert "dpfctl/suspended-at" not in scene.services.get("hbn")["metadata"]["annotations"]


def test_race_without_end_is_a_conflict_after_eight_tries(scene: Scene) -> None:
    turn = iter(range(100))

    def meanwhile() -> None:
        scene.services.merge("hbn", {"metadata": {"labels": {"turn": str(next(turn))}}})

    fault = scene.proxy.inject(Meanwhile(meanwhile), PATCH)
    result = scene.dpfctl(*SUSPEND)

    assert (result.code, result.out, fault.fired) == (6, "", 8)
    assert "changed by others 8 times in a row\nhint: something else keeps" in result.err
    service = scene.services.get("hbn")
    assert service["metadata"]["labels"]["turn"] == "7"
    assert "paused" not in service["spec"]


def test_lost_answer_of_the_last_try_is_settled(scene: Scene) -> None:
    conflict = scene.proxy.inject(CONFLICT, PATCH, times=7)
    stored = scene.proxy.inject(CommitThenDrop(), PATCH, times=1)
    run = scene.run(*SUSPEND)

    assert run.told == (0, SUSPENDED)
    assert (conflict.fired, stored.fired, run.sent) == (7, 1, 8)


def test_service_that_is_gone_is_not_made_again(scene: Scene) -> None:
    fault = scene.proxy.inject(Meanwhile(lambda: scene.services.remove("hbn")), PATCH)
    result = scene.dpfctl(*SUSPEND)

    assert (result.code, result.out, fault.fired) == (1, "", 1)
    assert "/hbn: not found" in result.err
    assert scene.services.all() == []


def test_service_that_was_made_anew_is_another_one(scene: Scene) -> None:
    def meanwhile() -> None:
        scene.services.remove("hbn")
        scene.services.create("hbn")

    fault = scene.proxy.inject(Meanwhile(meanwhile), PATCH)
    result = scene.dpfctl(*SUSPEND)

    assert (result.code, result.out, fault.fired) == (6, "", 1)
    assert "/hbn: was deleted and created again meanwhile" in result.err
    assert scene.services.paused() == []


def test_redirect_is_not_followed(scene: Scene, lone_proxy: FaultProxy) -> None:
    elsewhere = f"{lone_proxy.url}/elsewhere"
    fault = scene.proxy.inject(answer(307, "moved", Location=elsewhere), PATCH)
    run = scene.run(*SUSPEND)

    assert run.told == (7, "")
    assert f"redirects to {elsewhere}" in run.result.err
    assert (run.sent, run.arrived, fault.fired) == (1, 0, 1)
    assert lone_proxy.connections == 0


@pytest.mark.parametrize("code", [400, 401, 403, 405, 413, 415, 422])
def test_refusal_is_final(scene: Scene, code: int) -> None:
    fault = scene.proxy.inject(answer(code, "because"), PATCH)
    run = scene.run(*SUSPEND)

    assert run.told == (7 if code in (401, 403) else 1, "")
    assert (run.arrived, fault.fired) == (0, 1)
    assert not [line for line in scene.proxy.lines() if line.startswith("GET") and "hbn" in line]


def marked(scene: Scene, through: KubeCluster) -> Report:
    """Mark the service as critical, planned on what is stored, sent through another door."""
    service = Resource(kinds.DPU_SERVICE, scene.services.get("hbn"))
    plan = plan_critical((service,), Mark())
    again = partial(replan_critical, mark=Mark())
    return apply_plan(Places(through), plan, again, sleep=lambda _seconds: None)


def assert_unreached(scene: Scene, report: Report, words: str) -> None:
    error = report.failures[0]
    assert type(error) is UnreachableError
    assert words in error.message
    assert report.exit_code is ExitCode.ACCESS
    assert CRITICAL not in scene.services.get("hbn")["metadata"]["labels"]


def test_refused_connection(scene: Scene, host_cluster: ControlPlane, open_cluster: Open) -> None:
    with FaultProxy(listening=False) as nobody:
        door = open_cluster(nobody, host_cluster.admin_token, patience=ONE_TRY)
        assert_unreached(scene, marked(scene, door), "connection refused")


def test_server_that_is_not_trusted(scene: Scene, open_cluster: Open) -> None:
    wrong = str(scene.kubeconfig.with_suffix(".ca.pem"))
    with FaultProxy() as other:
        door = open_cluster(other, certificate_authority=wrong)
        assert_unreached(scene, marked(scene, door), "certificate signed by an unknown authority")
        assert other.connections == 1
        assert other.seen == []


def test_server_that_never_speaks_tls(
    scene: Scene, lone_proxy: FaultProxy, open_cluster: Open
) -> None:
    fault = lone_proxy.inject(Mute())
    report = marked(scene, open_cluster(lone_proxy, patience=ONE_TRY))
    assert "no answer" in report.failures[0].message
    assert report.exit_code is ExitCode.ACCESS
    assert fault.fired
