"""Values to JSON and YAML: complete, in stable order, the same bytes for the same value."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dpfctl.describe.tree import Node, Role, Tree
from dpfctl.errors import DpfctlError, ExitCode
from dpfctl.model import kinds
from dpfctl.model.conditions import READY, Condition
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.timestamps import format_time
from dpfctl.render.text import clean, escape_json, has_surrogates, is_plain

_STATUS = {
    ExitCode.OK: "success",
    ExitCode.VERDICT: "success",  # what was asked for, and a negative answer
    ExitCode.PARTIAL: "partial",
}
_INTERNAL = ("tree.dpu.nvidia.com/", "tree.cluster.x-k8s.io.io/")
_METADATA = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
)


class _Place(NamedTuple):
    """One object of one cluster: ``namespace/name`` of the DPU cluster, empty for the host."""

    dpu_cluster: str
    ref: Ref


def to_json(value: Any) -> str:
    """Write JSON as Go's encoder does: two blanks of indent, angle brackets escaped."""
    return escape_json(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def to_yaml(value: Any) -> str:
    """Write YAML with sorted keys and, like the Go tool, an empty line at the end."""
    import yaml

    flat = json.dumps(value, ensure_ascii=False)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    if has_surrogates(flat):  # libyaml takes UTF-8 only
        dumper = yaml.SafeDumper
    text = yaml.dump(value, Dumper=dumper, allow_unicode=is_plain(flat), width=4096, sort_keys=True)
    return f"{text}\n"


def envelope(
    command: str,
    data: Any,
    failure: DpfctlError | None = None,
    *,
    code: ExitCode | None = None,
    errors: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Wrap what a command found in the versioned form all commands but ``describe`` print.

    Args:
        command: Its words without flags.
        data: What it found, as far as it came.
        failure: Why it failed, or what it lacks; None if it is whole.
        code: The exit code, if it is not that of the failure.
        errors: What went wrong with single targets, each with ``message`` and ``hint``.

    Returns:
        ``apiVersion``, ``command``, ``status``, ``exitCode``, ``data`` and ``errors``; fields:
        ``docs/reference/json.md``.
    """
    if code is None:
        code = failure.exit_code if failure else ExitCode.OK
    whole = [{"message": failure.message, "hint": failure.hint}] if failure else []
    return {
        "apiVersion": "dpfctl/v1",
        "command": command,
        "status": _STATUS.get(code, "error"),
        "exitCode": int(code),
        "data": data,
        "errors": [*whole, *errors],
    }


def tree_data(tree: Tree) -> dict[str, Any]:
    """Return the flat inventory of a tree in the Go tool's shape.

    Returns:
        Plural kind -> objects by DPU cluster, namespace and name, those of the host cluster first.
        Each object is there once, however often the tree shows it, members of groups included, with
        ``metadata``, ``typeMeta``, ``conditions`` and our additions ``parents``, ``children`` and
        ``suspended``; ``dpuCluster`` only in DPU clusters. ``problems`` is there only if something
        could not be read or found. Schema: ``docs/reference/describe.schema.json``.
    """
    entries = _entries(tree.root)
    data: dict[str, Any] = {}
    for place in sorted(entries, key=_order):
        data.setdefault(_key(place.ref), []).append(entries[place])
    problems = [p for p in tree.problems if p.is_missing_object or p.is_unreadable_list]
    if problems:
        data["problems"] = [
            {
                "kind": p.kind,
                "namespace": p.namespace,
                "name": p.name,
                "reason": p.reason,
                "message": p.message,
                **_where(p.dpu_cluster),
            }
            for p in problems
        ]
    return dict(sorted(data.items()))


def tree_names(tree: Tree) -> list[str]:
    """Return ``kind.group/name`` of each object once, in printing order; the core has no group."""
    places = dict.fromkeys(place for _, node in _edges(tree.root) if (place := _place(node)))
    return [_name(place.ref) for place in places]


def _name(ref: Ref) -> str:
    group = f".{ref.kind.group}" if ref.kind.group else ""
    return f"{ref.kind}{group}/{clean(ref.name)}"


def _place(node: Node) -> _Place | None:
    return _Place(node.dpu_cluster, node.resource.ref) if node.resource else None


def _order(place: _Place) -> tuple[str, str, str, str]:
    return (_key(place.ref), place.dpu_cluster, place.ref.namespace, place.ref.name)


def _key(ref: Ref) -> str:
    is_root = ref.kind is kinds.DPF_OPERATOR_CONFIG
    return ref.kind.title if is_root else ref.kind.plural


def _entries(root: Node) -> dict[_Place, dict[str, Any]]:
    entries: dict[_Place, dict[str, Any]] = {}
    shown: dict[_Place, list[Condition]] = {}
    for parent, node in _edges(root):
        place = _place(node)
        if node.resource is None or place is None:
            continue
        if place not in entries:
            entries[place] = _entry(node.resource) | _where(node.dpu_cluster)
            entries[place]["suspended"] = node.is_suspended
        _merge_conditions(shown.setdefault(place, []), node)
        if parent is not None and (link := _link(parent)) not in entries[place]["parents"]:
            entries[place]["parents"].append(link)
            entries[parent]["children"].append(_link(place))
    for place, conditions in shown.items():
        entries[place]["conditions"] = [_condition(c) for c in conditions]
    for entry in entries.values():
        for links in (entry["parents"], entry["children"]):
            links.sort(key=_link_order)
    return entries


def _edges(root: Node) -> Iterator[tuple[_Place | None, Node]]:
    """Yield every node with the nearest object above it, in printing order."""
    stack: list[tuple[_Place | None, Node]] = [(None, root)]
    while stack:
        parent, node = stack.pop()
        yield parent, node
        above = _place(node) or parent
        below = (*node.members, *node.children) if node.role is Role.GROUP else node.children
        stack.extend((above, child) for child in reversed(below))


def _entry(resource: Resource) -> dict[str, Any]:
    return {
        "metadata": _metadata(resource),
        "typeMeta": {
            "kind": resource.kind.name,
            "apiVersion": resource.text("apiVersion") or resource.kind.api_version,
        },
        "conditions": [],
        "parents": [],
        "children": [],
    }


def _metadata(resource: Resource) -> dict[str, Any]:
    found = {key: resource.metadata.get(key) for key in _METADATA}
    if isinstance(found["annotations"], dict):
        found["annotations"] = {
            key: value
            for key, value in found["annotations"].items()
            if not key.startswith(_INTERNAL)
        }
    return {key: value for key, value in found.items() if value}


def _merge_conditions(known: list[Condition], node: Node) -> None:
    """Add the conditions a further occurrence brings.

    Only a DPUNodeMaintenance differs from place to place: it shows each DPUSet its requestors, and
    where there are none a Ready stands in, which says nothing once another place has some.
    """
    types = {condition.type for condition in known}
    known.extend(c for c in node.conditions if c.type not in types)
    is_maintenance = node.resource is not None and node.resource.kind is kinds.DPU_NODE_MAINTENANCE
    if is_maintenance and len(known) > 1:
        known[:] = [c for c in known if c.type != READY]


def _condition(condition: Condition) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": condition.type, "status": condition.status}
    if condition.observed_generation:
        entry["observedGeneration"] = condition.observed_generation
    entry["lastTransitionTime"] = format_time(condition.since) if condition.since else None
    return entry | {"reason": condition.reason, "message": condition.message}


def _link(place: _Place) -> dict[str, str]:
    ref = place.ref
    names = {"kind": ref.kind.name, "namespace": ref.namespace, "name": ref.name}
    return names | _where(place.dpu_cluster)


def _link_order(link: Mapping[str, str]) -> tuple[str, str, str, str]:
    return (link["kind"], link.get("dpuCluster", ""), link["namespace"], link["name"])


def _where(dpu_cluster: str) -> dict[str, str]:
    """The field that says in which DPU cluster something is; none for the host cluster."""
    return {"dpuCluster": dpu_cluster} if dpu_cluster else {}
