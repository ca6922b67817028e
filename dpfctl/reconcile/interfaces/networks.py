"""The annotation by which the pods of a service ask Multus for its interfaces.

It is compared byte by byte with what DPF's controller writes: a difference would roll every pod.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``; Multus,
    ``NetworkSelectionElement`` of ``network-attachment-definition-client`` 1.7.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dpfctl.model.resources import Resource
from dpfctl.reconcile.interfaces.reading import interface_name, network_of
from dpfctl.reconcile.steps import Fault, Step

NETWORKS = "k8s.v1.cni.cncf.io/networks"
"""Annotation of pods, a JSON list of what they are attached to."""

Element = Mapping[str, Any]
"""One attachment, in the fields that Multus knows."""

_CNI_ARGS = "cni-args"
_FIELDS: Mapping[str, type] = {
    "name": str,
    "namespace": str,
    "ips": list,
    "mac": str,
    "infiniband-guid": str,
    "interface": str,
    "portMappings": list,
    "bandwidth": dict,
    _CNI_ARGS: dict,
    "default-route": list,
    "ipam-claim-reference": str,
}
"""Fields of an element in the order in which they are written, and what they hold."""

_INNER: Mapping[str, Sequence[str]] = {
    "portMappings": ("hostPort", "containerPort", "protocol", "hostIP"),
    "bandwidth": ("ingressRate", "ingressBurst", "egressRate", "egressBurst"),
}
"""Order of the fields inside of such a field."""

_GUARD: Element = {
    "name": "invalid-network",
    "namespace": "invalid-namespace",
    "interface": "invalid-interface",
}
"""Keeps a pod from starting until DPF's webhook in the DPU cluster has rewritten its networks."""

_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}
_LARGEST_PLAIN = 1e21
_FORMAT = "expected format is a list of objects"


def networks_annotation(service: Resource, interfaces: Sequence[Resource]) -> str | Fault:
    """Return the annotation for the interfaces of a service.

    Args:
        service: The DPUService; what its ``serviceDaemonSet`` says already is kept, and wins over
            what an interface of the same name says.
        interfaces: n DPUServiceInterfaces in the order in which it names them.

    Returns:
        Compact JSON, sorted by network and interface; empty if there are no interfaces. A fault if
        what the service says is not a list of objects.
    """
    if not interfaces:
        return ""
    given = service.at("spec", "serviceDaemonSet", "annotations", NETWORKS)
    try:
        asked = _read(given) if given else []
    except (ValueError, RecursionError) as error:
        fact = f"failed to unmarshal existing networks: {error}, {_FORMAT}"
        return Fault(Step.CLAIM, fact)
    made: dict[str, Element] = {_GUARD["interface"]: _GUARD}
    made |= {interface_name(one): _element(one) for one in interfaces}
    return _text(_merged(asked, made))


def _read(text: Any) -> list[Element]:
    """Read what a user wrote.

    Raises:
        ValueError: It is not a list of objects, or a field is of another type.
    """
    if not isinstance(text, str):
        raise ValueError("the annotation is not a text")
    found = json.loads(text, parse_float=_number, parse_constant=_refused)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError("the value is something else")
    return [_known(one) for one in found]


def _known(raw: Mapping[str, Any]) -> Element:
    """The fields of an element that Multus knows and that say something."""
    element: dict[str, Any] = {}
    for name, kind in _FIELDS.items():
        value = raw.get(name)
        if value is not None and not isinstance(value, kind):
            raise ValueError(f"the value of {name} is of another type")
        if value or (value is not None and name == _CNI_ARGS):
            element[name] = value
    return element


def _element(interface: Resource) -> Element:
    namespace, name = network_of(interface)
    element = {"name": name, "namespace": namespace, "interface": interface_name(interface)}
    return {field: value for field, value in element.items() if value}


def _merged(asked: Iterable[Element], made: Mapping[str, Element]) -> list[Element]:
    """Lay what a user wrote over what is made; each of the latter counts once."""
    left = dict(made)
    merged = [{**left.pop(one.get("interface", ""), {}), **one} for one in asked]
    return sorted([*merged, *left.values()], key=_order)


def _order(element: Element) -> tuple[str, str]:
    return element.get("name", ""), element.get("interface", "")


def _text(elements: Iterable[Element]) -> str:
    """Write elements as Go's encoder does."""
    ordered = [
        {
            name: _ordered(element.get(name, "" if name == "name" else None), _INNER.get(name, ()))
            for name in _FIELDS
            if name in element or name in ("name", _CNI_ARGS)
        }
        for element in elements
    ]
    text = json.dumps(ordered, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPES)


def _ordered(value: Any, first: Sequence[str]) -> Any:
    """Put the fields of a value in order: those of a type as it declares them, others by name."""
    if isinstance(value, dict):
        names = [*(name for name in first if name in value), *sorted(value.keys() - set(first))]
        return {name: _ordered(value[name], ()) for name in names}
    return [_ordered(one, first) for one in value] if isinstance(value, list) else value


def _number(text: str) -> int | float:
    """Read a number as Go writes it again: without a fraction if it has none."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"number {text} is too large")
    is_plain = number.is_integer() and abs(number) < _LARGEST_PLAIN
    return int(number) if is_plain else number


def _refused(text: str) -> Any:
    raise ValueError(f"invalid character {text}")
