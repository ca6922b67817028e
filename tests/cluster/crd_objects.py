"""Objects of each kind that has a CRD of ours, ways to vary them, and what is expected then.

The cases do not say who judges: a real API server, or whatever else reads the same schemas.
"""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dpfctl import demo
from dpfctl.model import kinds
from dpfctl.model.kinds import Kind

Json = dict[str, Any]

_BUILT_IN = ("", "apps", "coordination.k8s.io", "discovery.k8s.io", "apiextensions.k8s.io")
DEFINED = tuple(kind for kind in kinds.ALL if kind.group not in _BUILT_IN)
"""Kinds that a server knows by our CRDs."""

_BY_NAME = {kind.name: kind for kind in DEFINED}
_HERE = Path(__file__).parent
_WITHOUT_CONDITIONS = (
    kinds.DPU_SERVICE_CONFIGURATION,
    kinds.ISOLATION_CLASS,
    kinds.TENANT_CONTROL_PLANE,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence of ``crd_cases.yaml``.

    Attributes:
        case: The sentence.
        kind: What the object is.
        before: Changes of the minimal object, by path.
        then: Changes that follow, by path.
        gives: Values that the server fills in, by path.
        says: Part of the answer that refuses.
    """

    case: str
    kind: Kind
    before: Json = field(default_factory=dict)
    then: Json = field(default_factory=dict)
    gives: Json = field(default_factory=dict)
    says: str = ""

    def __str__(self) -> str:
        return self.case


@cache
def _sections() -> Mapping[str, Any]:
    sections: Json = yaml.safe_load((_HERE / "crd_cases.yaml").read_text())
    return sections


def cases(section: str) -> list[Case]:
    """The cases of a section that is a list of sentences."""
    return [
        Case(
            **{key: value for key, value in one.items() if key not in ("kind", "with")},
            kind=_BY_NAME[one["kind"]],
            before=one.get("with", {}),
        )
        for one in _sections()[section]
    ]


def words() -> list[tuple[Kind, str, tuple[str, ...]]]:
    """Kind, path and allowed words of each enumeration."""
    return [
        (_BY_NAME[name], path, tuple(known))
        for name, fields in _sections()["words"].items()
        for path, known in fields.items()
    ]


def longest_names() -> list[tuple[Kind, int]]:
    """Kinds whose names are limited, and the number of characters."""
    return [(_BY_NAME[name], limit) for name, limit in _sections()["names"].items()]


def minimal(kind: Kind, namespace: str, name: str = "minimal") -> Json:
    """A new object with the fewest fields that a server takes, without status."""
    body = copy.deepcopy({key: value for key, value in _minimal()[kind].items() if key != "status"})
    place = {"namespace": namespace} if kind.namespaced else {}
    return body | {"metadata": {"name": name, **place}}


def status(kind: Kind) -> Json:
    """A status as controllers write it; none for kinds that have none."""
    found: Json = copy.deepcopy(_minimal()[kind].get("status", {}))
    if kind.has_status and kind not in _WITHOUT_CONDITIONS:
        found["conditions"] = [
            {
                "type": "Ready",
                "status": "True",
                "reason": "Success",
                "message": "",
                "lastTransitionTime": "2026-03-14T09:26:53Z",
            }
        ]
    return found


@cache
def _minimal() -> Mapping[Kind, Json]:
    documents = yaml.safe_load_all((_HERE / "crd_minimal.yaml").read_text())
    found = {kinds.find(one["apiVersion"], one["kind"]): one for one in documents}
    return {kind: one for kind, one in found.items() if kind}


def changed(body: Json, changes: Json) -> Json:
    """A copy of an object with other values at paths such as ``spec/ports/0/name``.

    A step of digits is a place in a list, where one behind the last appends. None takes the field
    away.
    """
    copied = copy.deepcopy(body)
    for path, value in changes.items():
        *parents, last = path.split("/")
        parent: Any = copied
        for step in parents:
            parent = parent[int(step)] if isinstance(parent, list) else parent.setdefault(step, {})
        if isinstance(parent, list):
            parent[int(last) :] = [value]
        elif value is None:
            del parent[last]
        else:
            parent[last] = value
    return copied


def at(body: Json, path: str) -> Any:
    """The value at such a path, None where the object has nothing there."""
    value: Any = body
    for step in path.split("/"):
        try:
            value = value[int(step) if isinstance(value, list) else step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def missing(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Paths at which ``found`` lacks what is wanted; its objects may hold more."""
    pairs: Sequence[tuple[Any, Any, Any]]
    if isinstance(wanted, dict) and isinstance(found, dict):
        pairs = [(key, value, found.get(key)) for key, value in wanted.items()]
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = [(index, *both) for index, both in enumerate(zip(wanted, found, strict=True))]
    else:
        return [] if wanted == found else [path]
    return [lost for step, want, got in pairs for lost in missing(want, got, f"{path}/{step}")]


@cache
def demo_fleet() -> Json:
    """The demo fleet, all its times a moment ago."""
    text = re.sub(r"\$\{NOW[^}]*\}", "2026-03-14T09:26:53Z", demo.FLEET.read_text())
    fleet: Json = yaml.safe_load(text)
    return fleet
