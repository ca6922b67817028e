"""A plan that is kept: what a pass would do, to be looked at and done later, exactly or not at all.

A kept plan is no recipe. It says for each change which object in which version it is for, and by a
digest what it makes of it; whoever carries it out plans anew, and goes on only if that comes to the
same. So it holds no secret, and nothing in it can be edited into something else.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dpfctl.errors import ConflictError, InputError
from dpfctl.model import kinds
from dpfctl.model.cluster import HOST
from dpfctl.model.redaction import mask_values
from dpfctl.model.resources import Resource
from dpfctl.model.timestamps import format_time, parse_time
from dpfctl.plan import VERSION_PATH, Action, Change
from dpfctl.reconcile.outlook import Outlook
from dpfctl.reconcile.steps import Step

API_VERSION = "dpfctl/v1"
KIND = "ReconcilePlan"
_SHOWN = 5

Key = tuple[str, str, str, str, str]
"""DPU cluster, ``kind.group``, namespace and name of an object, and the step it is changed in."""


@dataclass(frozen=True, slots=True)
class KeptChange:
    """One change of a kept plan.

    Attributes:
        key: Which object, and in which step.
        version: uid and resourceVersion of the object, empty if there was none.
        digest: Of the action and of what it makes of the object.
        follows: Whether it depends on what changes before it lead to, so that it was a guess.
    """

    key: Key
    version: str
    digest: str
    follows: bool

    def __str__(self) -> str:
        cluster, kind, namespace, name, _ = self.key
        where = f"{namespace}/" if namespace else ""
        return f"{kind}/{where}{name}{f' in dpu cluster {cluster}' if cluster else ''}"


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan that was kept.

    Attributes:
        at: When it was made, UTC.
        engine: Who deploys the charts.
        services: ``namespace/name`` -> uid and resourceVersion of each DPUService it is about.
        changes: In the order of the steps.
    """

    at: datetime
    engine: str
    services: Mapping[str, str]
    changes: tuple[KeptChange, ...]

    @property
    def exact(self) -> dict[Key, KeptChange]:
        """The changes that are known exactly."""
        return {change.key: change for change in self.changes if not change.follows}


def keep(ahead: Outlook) -> KeptPlan:
    """Return all that a pass would do, its second half as far as it can be foreseen."""
    first = ahead.first
    later = (*ahead.second.second_plan().pending, *ahead.status.pending)
    exact = (_kept(change, follows=False) for change in first.first_plan().pending)
    guessed = (_kept(change, follows=not ahead.is_exact) for change in later)
    services = {
        f"{one.service.namespace}/{one.service.name}": _version(one.service)
        for one in first.services
    }
    return KeptPlan(first.world.now, first.world.engine.value, services, (*exact, *guessed))


def plan_data(ahead: Outlook) -> dict[str, Any]:
    """Return a kept plan as its file holds it; fields: ``docs/reference/json.md``."""
    kept = keep(ahead)
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "at": format_time(kept.at),
        "engine": kept.engine,
        "services": dict(kept.services),
        "changes": [_change_data(change) for change in kept.changes],
    }


def read_plan(raw: Any, where: str) -> KeptPlan:
    """Read what a file holds.

    Raises:
        InputError: It is no kept plan.
    """
    found = raw if isinstance(raw, Mapping) else {}
    at = parse_time(found.get("at"))
    listed, services = found.get("changes"), found.get("services")
    if (found.get("apiVersion"), found.get("kind")) != (API_VERSION, KIND) or at is None:
        raise InputError(f"{where}: is no plan", "make one with --dry-run=client --plan-out FILE")
    if not isinstance(listed, list) or not isinstance(services, dict):
        raise InputError(f"{where}: holds no list of changes")
    try:
        engine = str(found.get("engine"))
        return KeptPlan(at, engine, services, tuple(map(_read_change, listed)))
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{where}: a change of it cannot be read") from None


def check_plan(kept: KeptPlan, ahead: Outlook) -> None:
    """Refuse a plan that would not be made in the same way now.

    Args:
        kept: The plan.
        ahead: The pass as it is planned now, for the moment at which the plan was made.

    Raises:
        ConflictError: An object has moved, or something else is to be done.
    """
    now = keep(ahead)
    services = _moved_services(kept.services, now.services)
    changes = _moved(_others(kept.exact, services), _others(now.exact, services))
    moved = [*(f"{kinds.DPU_SERVICE}/{name} has moved" for name in services), *changes]
    if kept.engine != now.engine:
        moved.insert(0, f"made for the engine {kept.engine}, not {now.engine}")
    if moved:
        more = f" (and {len(moved) - _SHOWN} more)" if len(moved) > _SHOWN else ""
        fact = f"--plan: not as planned any more: {'; '.join(moved[:_SHOWN])}{more}"
        raise ConflictError(fact, "nothing was written; make a new plan")


def key_of(change: Change) -> Key:
    """Return which object a change is about, and in which step."""
    ref = change.ref
    cluster = "" if change.cluster == HOST else "/".join(change.cluster)
    kind = f"{ref.kind}.{ref.kind.group}" if ref.kind.group else str(ref.kind)
    return cluster, kind, ref.namespace, ref.name, _step(change)


def _moved_services(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """``namespace/name`` of each DPUService that is another than before, or that only one knows."""
    return [name for name in sorted(then.keys() | now.keys()) if then.get(name) != now.get(name)]


def _others(changes: Mapping[Key, KeptChange], services: Collection[str]) -> dict[Key, KeptChange]:
    """Leave out changes of DPUServices that are told already."""
    kind = f"{kinds.DPU_SERVICE}.{kinds.DPU_SERVICE.group}"
    told = {(kind, *name.split("/")) for name in services}
    return {key: change for key, change in changes.items() if key[1:4] not in told}


def _moved(then: Mapping[Key, KeptChange], now: Mapping[Key, KeptChange]) -> Iterator[str]:
    for key, kept in then.items():
        again = now.get(key)
        if again is None:
            yield f"{kept} need not be changed now"
        elif again.version != kept.version:
            yield f"{kept} has moved"
        elif again.digest != kept.digest:
            yield f"{kept} would be changed in another way"
    yield from (f"{change} is to be changed now" for key, change in now.items() if key not in then)


def _kept(change: Change, *, follows: bool) -> KeptChange:
    version = "" if change.before is None else _version(change.before)
    return KeptChange(key_of(change), version, _digest(change), follows)


def _version(resource: Resource) -> str:
    return f"{resource.uid}@{resource.resource_version}"


def _digest(change: Change) -> str:
    """SHA-256 of what a change does; the version is told beside it."""
    from jsonpatch import make_patch

    if change.action is Action.PATCH:
        made: Any = [dict(op) for op in change.operations if op["path"] != VERSION_PATH]
    elif change.action is Action.STATUS and change.before is not None:
        made = make_patch(dict(change.before.mapping("status")), change.after["status"]).patch
    elif change.ref.kind.resource == kinds.SECRET.resource:
        made = sorted(change.after.get("data") or ())  # names only: a digest can be guessed at
    else:
        made = mask_values(dict(change.after))
    text = json.dumps([change.action.value, made], sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _step(change: Change) -> str:
    return Step(change.stage).name.lower().replace("_", "-")


def _change_data(change: KeptChange) -> dict[str, Any]:
    cluster, kind, namespace, name, step = change.key
    return {
        "step": step,
        "dpuCluster": cluster,
        "kind": kind,
        "namespace": namespace,
        "name": name,
        "version": change.version,
        "digest": change.digest,
        "follows": change.follows,
    }


def _read_change(raw: Mapping[str, Any]) -> KeptChange:
    names = ("dpuCluster", "kind", "namespace", "name", "step")
    key = tuple(str(raw[name]) for name in names)
    cluster, kind, namespace, name, step = key
    follows = bool(raw["follows"])
    return KeptChange(
        (cluster, kind, namespace, name, step), str(raw["version"]), str(raw["digest"]), follows
    )
