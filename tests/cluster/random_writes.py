"""Scripts of writes that nobody thought of: drawn at random, the same ones for the same seed."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from tests.cluster.crd_objects import Json, minimal
from tests.cluster.sides import Side, op

MANAGERS = ("dpfctl", "kubectl", "controller")
STEPS = 10
_OWNER = {"apiVersion": "v1", "kind": "Node"}
_TIME = "2026-03-14T09:26:53Z"


def random_script(seed: int) -> Callable[[Side], None]:
    """A script of ten writes by several managers to one object, named after the seed."""

    def script(side: Side) -> None:
        draw = _Draw(random.Random(seed), side, f"random-{seed}")
        draw.first()
        for _ in range(STEPS):
            draw.step()
        side.get(draw.ref)

    return script


class _Draw:
    """Draws writes; nothing that is drawn depends on what a side answers."""

    def __init__(self, chance: random.Random, side: Side, name: str) -> None:
        self.chance = chance
        self.side = side
        self.name = name
        self.kind: Kind = chance.choice(
            (kinds.DPU_SERVICE, kinds.DPU_SERVICE, kinds.NODE_SERVICE_INTERFACES)
        )
        self.ref = side.ref(name, self.kind)

    def first(self) -> None:
        side = self.manager()
        if self.maybe(0.5):
            side.create(self.body(is_whole=True), self.kind)
        else:
            side.apply(self.body(is_whole=True), self.kind)

    def step(self) -> None:
        side, dry_run = self.manager(), self.maybe(0.1)
        weights = {"apply": 45, "merge": 15, "patch": 15, "report": 15, "delete": 5, "read": 5}
        match self.chance.choices(list(weights), list(weights.values()))[0]:
            case "apply":
                body, force = self.body(is_whole=self.maybe(0.6)), self.maybe(0.4)
                side.apply(body, self.kind, force=force, dry_run=dry_run)
            case "merge":
                spec = {name: self.or_null(value) for name, value in self.spec().items()}
                side.merge({"metadata": self.metadata(), "spec": spec}, self.ref, dry_run=dry_run)
            case "patch":
                side.patch(*self.operations(), ref=self.ref, dry_run=dry_run)
            case "report":
                side.report_on(self.ref, self.status(), dry_run=dry_run)
            case "delete":
                side.delete(self.ref, dry_run=dry_run)
            case "read":
                side.get(self.ref)

    def manager(self) -> Side:
        return self.side.by(self.chance.choice(MANAGERS))

    def maybe(self, probability: float) -> bool:
        return self.chance.random() < probability

    def or_null(self, value: Any) -> Any:
        return None if self.maybe(0.3) else value

    def some(self, values: Sequence[Any]) -> list[Any]:
        return self.chance.sample(values, self.chance.randrange(len(values) + 1))

    def labels(self) -> Json:
        return {name: self.chance.choice("xyz") for name in self.some("abc")}

    def value(self, depth: int = 2) -> Any:
        draw = self.chance.random()
        if depth == 0 or draw < 0.4:
            return self.chance.choice([1, 2, "x", "", True, False, 1.5])
        if draw < 0.75:
            return {name: self.value(depth - 1) for name in self.some("abc")}
        return [self.value(depth - 1) for _ in range(self.chance.randrange(3))]

    def metadata(self) -> Json:
        owners = [{**_OWNER, "name": self.chance.choice("nm"), "uid": u} for u in self.some("uv")]
        drawn: Json = {
            "labels": self.labels(),
            "annotations": self.labels(),
            "finalizers": [f"a.io/{name}" for name in self.some("ab")],
            "ownerReferences": owners,
        }
        return {name: value for name, value in drawn.items() if value and self.maybe(0.4)}

    def spec(self) -> Json:
        if self.kind is kinds.NODE_SERVICE_INTERFACES:
            entries = [self.entry(name) for name in self.some("abcd")]
            return {"node": "n", "type": "sfc", "interfaces": entries}
        ports = [
            {"name": name, "port": self.chance.choice([1, 2]), "protocol": "TCP"}
            for name in self.some("ab")
        ]
        sets: Json = {"labels": self.labels(), "annotations": self.labels(), "resources": {"c": 1}}
        drawn: Json = {
            "paused": self.maybe(0.5),
            "serviceID": self.chance.choice("ab"),
            "interfaces": self.some(["p0", "p1"]) or ["p2"],
            "helmChart": {"values": {name: self.value() for name in self.some("abc")}},
            "dpuClusterSelector": self.chance.choice([{}, {"matchLabels": self.labels()}]),
            "serviceDaemonSet": {name: sets[name] for name in self.some(list(sets))},
            "configPorts": {"ports": ports},
        }
        return {name: value for name, value in drawn.items() if self.maybe(0.35)}

    def entry(self, name: str) -> Json:
        more: Json = {
            "labels": self.labels(),
            "terminating": self.maybe(0.5),
            "ovn": self.chance.choice([{}, {"externalBridge": "x"}, {"externalBridge": "y"}]),
        }
        kept = {field: value for field, value in more.items() if self.maybe(0.4)}
        return {"name": name, "interfaceType": "ovn", **kept}

    def status(self) -> Json | None:
        if self.maybe(0.2):
            return None
        conditions = [
            {
                "type": name,
                "status": self.chance.choice(["True", "False"]),
                "reason": "A",
                "message": "",
                "lastTransitionTime": _TIME,
            }
            for name in self.some(["Ready", "X", "Y"])
        ]
        if self.kind is kinds.DPU_SERVICE:
            return {"serviceID": self.chance.choice("ab"), "conditions": conditions}
        statuses = [{"name": name, "params": self.labels()} for name in self.some("ab")]
        return {"conditions": conditions, "interfaceStatuses": statuses}

    def operations(self) -> list[Json]:
        found = [
            op(self.chance.choice(["add", "replace"]), f"/spec/{name}", value)
            for name, value in self.spec().items()
        ]
        if self.maybe(0.3):
            paths = ("/spec/paused", "/spec/serviceID", "/metadata/labels", "/spec/interfaces/0")
            found.append(op("remove", self.chance.choice(paths)))
        if self.maybe(0.3):
            found.append(op("add", "/metadata/labels", self.labels()))
        return found

    def body(self, *, is_whole: bool) -> Json:
        """A body with all that the kind needs, or only with what was drawn."""
        base = minimal(self.kind, self.side.namespace, self.name)
        spec = base["spec"] if is_whole else {}
        for name, value in self.spec().items():
            both = isinstance(value, dict) and isinstance(spec.get(name), dict)
            spec = {**spec, name: {**spec[name], **value} if both else value}
        metadata = {**base["metadata"], **self.metadata()}
        return {**base, "metadata": metadata, "spec": spec}
