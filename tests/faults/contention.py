"""Eight writers and a foreign one on ten services, each change one whose loss would be seen."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from dpfctl.apply import Places, apply_plan
from dpfctl.cluster.kube import KubeCluster, connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.errors import ExitCode
from dpfctl.marks.critical import Mark, plan_critical, replan_critical
from dpfctl.marks.pause import Pause, plan_resume, plan_suspend, replan_resume, replan_suspend
from dpfctl.model import kinds
from dpfctl.model.edits import annotated
from dpfctl.model.labels import CRITICAL
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.timestamps import format_time
from dpfctl.plan import Action, Change, Plan, Replan
from dpfctl.report import Result
from tests.command_line import NOW, dpfctl
from tests.controlplane.api import MERGE_PATCH, Api, Json
from tests.controlplane.audit import recorded
from tests.faults.history import Claim, Edit, History, problems, view, watched
from tests.faults.services import Services, numbered

WORKERS = 8
SERVICES = 10
LEAST_CONFLICTS = 0.1
"""Of all changes: with less, nobody got in the way of anybody and the run has shown nothing."""

COUNT = "example.com/count"
JOURNAL = "example.com/journal"
RACK = "rack"
_FOREIGN_PAUSE = 0.01
_REASON, _AT = "dpfctl/suspend-reason", "dpfctl/suspended-at"


class InvalidRunError(AssertionError):
    """The run was too quiet to show anything."""


@dataclass(slots=True)
class Trial:
    """What became of a run.

    Attributes:
        claims: Writes that were acknowledged, by all writers.
        history: What was stored.
        final: The services afterwards, by name.
        stored: Writes the API server stored, from its audit log.
        conflicts: Writes it answered 409.
        failures: Changes of ours that failed, conflicts after the last try left out.
        given_up: Changes of ours that ended as a conflict after the last try.
    """

    claims: list[Claim] = field(default_factory=list)
    history: History = field(default_factory=History)
    final: dict[str, Json] = field(default_factory=dict)
    stored: int = 0
    conflicts: int = 0
    failures: list[str] = field(default_factory=list)
    given_up: int = 0

    def verdict(self) -> list[str]:
        """What was lost or does not fit together; empty is what we want.

        Raises:
            InvalidRunError: Nothing was lost, but there were too few conflicts to show anything.
        """
        found = [*self.failures, *problems(self.history, self.claims, self.final)]
        if not self.stored == self.history.steps() == len(self.claims):
            found.append(
                f"{len(self.claims)} acknowledged, {self.history.steps()} seen, "
                f"{self.stored} in the audit log"
            )
        least = int(LEAST_CONFLICTS * len(self.claims))
        if not found and self.conflicts < least:
            raise InvalidRunError(
                f"invalid run: {self.conflicts} conflicts in {len(self.claims)} changes, "
                f"at least {least} are needed to show anything"
            )
        return found


def contend(services: Services, changes: int, *, seed: int, workers: int = WORKERS) -> Trial:
    """Let writers loose on a namespace until so many changes of ours are made."""
    services.create(*numbered(SERVICES), is_bare=True)
    trial = Trial()
    with recorded(services.cluster) as recording, watched(services) as history:
        _let_loose(services, trial, changes, seed, workers)
        final = services.all()
    trial.history = history
    trial.final = {raw["metadata"]["name"]: raw for raw in final}
    codes = [
        event["responseStatus"]["code"]
        for event in recording.events
        if event["verb"] == "patch" and event["objectRef"].get("name") in trial.final
    ]
    trial.stored, trial.conflicts = codes.count(200), codes.count(409)
    return trial


def _let_loose(services: Services, trial: Trial, changes: int, seed: int, workers: int) -> None:
    tickets = iter(range(changes))
    crew = [_Worker(services, trial, number, seed) for number in range(workers)]
    is_over = threading.Event()
    with ThreadPoolExecutor(workers + 1) as threads:
        foreign = threads.submit(_meddle, services, trial, is_over, seed)
        ours = [threads.submit(worker.work, tickets) for worker in crew]
        wait(ours)
        is_over.set()
    for thread in (foreign, *ours):
        thread.result()


@dataclass(frozen=True, slots=True)
class _Wish:
    """A change of ours: how the product makes it, and what it means, said independently of that."""

    plan: Callable[[tuple[Resource, ...]], Plan]
    again: Replan
    edit: Edit
    words: tuple[str, ...] = ()


class _Worker:
    """Makes changes over connections of its own; the first two by whole command lines."""

    def __init__(self, services: Services, trial: Trial, number: int, seed: int) -> None:
        self._services = services
        self._trial = trial
        self._name = f"worker-{number}"
        self._dice = random.Random(f"{seed}/{number}")
        self._serial = count()
        self._types_commands = number < 2

    def work(self, tickets: Iterator[int]) -> None:
        """Make one change per ticket."""
        with closing(_open(self._services)) as cluster:
            for _ in tickets:
                while not self._has_changed(cluster):
                    pass

    def _has_changed(self, cluster: KubeCluster) -> bool:
        name = self._dice.choice(numbered(SERVICES))
        token = f"{self._name}.{next(self._serial)}"
        wish = self._dice.choice(_WISHES)(token)
        by_command = self._types_commands and wish.words
        make = partial(self._typed, name) if by_command else partial(self._applied, cluster, name)
        version = make(wish)
        if version:
            self._trial.claims.append(Claim(f"{self._name} ({token})", name, version, wish.edit))
        return bool(version)

    def _applied(self, cluster: KubeCluster, name: str, wish: _Wish) -> str:
        """Make a change as commands do it; the version it led to, empty if nothing was written."""
        service = cluster.get(Ref(kinds.DPU_SERVICE, self._services.namespace, name))
        report = apply_plan(Places(cluster), wish.plan((service,)), wish.again, sleep=time.sleep)
        outcome = report.outcomes[0]
        if outcome.error is not None:
            self._fail(outcome.error.exit_code, outcome.error.message)
        return outcome.version if outcome.result is Result.DONE else ""

    def _typed(self, name: str, wish: _Wish) -> str:
        """Make a change by its command line; the version it led to, empty likewise."""
        services = self._services
        where = ("-n", services.namespace, "--kubeconfig", str(services.cluster.kubeconfig))
        done = dpfctl(*wish.words, name, *where, "-o", "json", sleep=time.sleep)
        if done.code:
            self._fail(done.code, done.err)
            return ""
        outcome = json.loads(done.out)["data"]["results"][0]
        return str(outcome["resourceVersion"]) if outcome["result"] == Result.DONE else ""

    def _fail(self, code: int, message: str) -> None:
        if code == ExitCode.CONFLICT:
            self._trial.given_up += 1
        else:
            self._trial.failures.append(f"{self._name}: {message}")


def _suspend(token: str) -> _Wish:
    def edit(one: Json) -> None:
        if not one["spec"].get("paused"):
            one["spec"]["paused"] = True
            one["annotations"][_AT] = format_time(NOW)
        one["annotations"][_REASON] = token

    pause = Pause(at=NOW, reason=token)
    words = ("suspend", "--reason", token)
    return _Wish(
        partial(plan_suspend, pause=pause), partial(replan_suspend, pause=pause), edit, words
    )


def _resume(_token: str) -> _Wish:
    def edit(one: Json) -> None:
        one["spec"]["paused"] = False
        for key in (_REASON, _AT):
            one["annotations"].pop(key, None)

    return _Wish(plan_resume, replan_resume, edit, ("resume",))


def _mark(_token: str) -> _Wish:
    def edit(one: Json) -> None:
        one["labels"][CRITICAL] = ""

    mark = Mark()
    return _Wish(partial(plan_critical, mark=mark), partial(replan_critical, mark=mark), edit)


def _unmark(_token: str) -> _Wish:
    def edit(one: Json) -> None:
        one["labels"].pop(CRITICAL)

    mark = Mark(is_removal=True)
    return _Wish(partial(plan_critical, mark=mark), partial(replan_critical, mark=mark), edit)


def _sign(token: str) -> _Wish:
    """Add a word to an annotation that all writers share: what is lost here is never made up."""

    def edit(one: Json) -> None:
        one["annotations"][JOURNAL] = f"{one['annotations'].get(JOURNAL, '')} {token}".strip()

    def signed(service: Resource) -> Change:
        words = (service.annotation(JOURNAL) or "").split()
        if token in words:
            return Change(service.ref, Action.NONE, "signed", service, service.raw)
        after = annotated(service.raw, {JOURNAL: " ".join((*words, token))})
        return Change(service.ref, Action.PATCH, "signed", service, after)

    def again(change: Change, fresh: Resource | None) -> Change:
        assert fresh is not None
        return signed(fresh)

    return _Wish(lambda services: Plan("sign", tuple(map(signed, services))), again, edit)


_WISHES = (_suspend, _resume, _mark, _unmark, _sign)


def _meddle(services: Services, trial: Trial, is_over: threading.Event, seed: int) -> None:
    """Count up in an annotation and put a label on and off, by compare-and-swap of one's own."""
    dice = random.Random(f"{seed}/foreign")
    with services.cluster.api_for(services.cluster.admin_token) as api:
        while not is_over.wait(_FOREIGN_PAUSE):
            name = dice.choice(numbered(SERVICES))
            while not (version := _counted(services, api, name)):
                pass
            trial.claims.append(Claim("somebody", name, version, _count))


def _count(one: Json) -> None:
    one["annotations"][COUNT] = str(int(one["annotations"].get(COUNT, "0")) + 1)
    if one["labels"].pop(RACK, None) is None:
        one["labels"][RACK] = "7"


def _counted(services: Services, api: Api, name: str) -> str:
    """Make the foreign change once; the version it led to, empty if somebody else was faster."""
    raw = api.call("GET", services.path(name))
    wanted = view(raw)
    _count(wanted)
    metadata = {
        "resourceVersion": raw["metadata"]["resourceVersion"],
        "annotations": {COUNT: wanted["annotations"][COUNT]},
        "labels": {RACK: wanted["labels"].get(RACK)},
    }
    query = {"fieldManager": "somebody"}
    answer = api.request("PATCH", services.path(name), {"metadata": metadata}, MERGE_PATCH, query)
    assert answer.status in (200, 409), answer
    return str(answer.json()["metadata"]["resourceVersion"]) if answer.status == 200 else ""


def _open(services: Services) -> KubeCluster:
    path = str(services.cluster.kubeconfig)
    return connect(load_config(ConnectOptions(kubeconfig=path), {}))
