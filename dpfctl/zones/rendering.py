"""Zone documents become manifests: one DPUSet, and what its services and chains are made of.

Whatever repeats in the manifests of a zone is written here: the label in every selector, the
suffix of every name, the annotation of Multus as JSON.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dpfctl.model import kinds, labels
from dpfctl.model.documents import Path
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource
from dpfctl.zones.anatomy import INTERFACE, NETWORKS, SERVICE
from dpfctl.zones.document import SET_NAME
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.zone import Member, NodeLabel, Place, Zone, in_apply_order

Json = dict[str, Any]


def zone_of(document: Mapping[str, Any], namespace: str, place: Place) -> Zone:
    """Make the zone that a Zone document describes.

    Args:
        document: A document that fits its schema.
        namespace: Namespace of the objects if the document names none.
        place: Where the document stands.

    Returns:
        The zone; each object knows the part of the document it comes from.
    """
    metadata, spec = document["metadata"], document["spec"]
    name = metadata["name"]
    label = NodeLabel(spec["nodeLabel"]["key"], spec["nodeLabel"].get("value", name))
    namespace = metadata.get("namespace", namespace)
    writer = _Writer(name, namespace, label, spec)
    members = [
        Member(Resource(kind, raw), Place(place.document, (*place.path, *path), False))
        for kind, path, raw in writer.objects()
    ]
    return Zone(name, namespace, label, in_apply_order(members, PARTS), place)


class _Writer:
    """Writes the manifests of one document."""

    def __init__(self, zone: str, namespace: str, label: NodeLabel, spec: Json) -> None:
        self._zone = zone
        self._namespace = namespace
        self._label = label
        self._spec = spec
        self._nodes = {"matchLabels": {label.key: label.value}}
        found = spec.get("dpuClusterSelector")
        self._clusters = {} if found is None else {"dpuClusterSelector": found}

    def objects(self) -> Iterator[tuple[Kind, Path, Json]]:
        yield kinds.DPU_SET, ("spec",), self._dpu_set()
        for number, service in enumerate(self._spec.get("services", ())):
            path: Path = ("spec", "services", number)
            yield kinds.DPU_SERVICE, path, self._service(service)
            for place, interface in enumerate(service.get("interfaces", ())):
                below = (*path, "interfaces", place)
                yield kinds.DPU_SERVICE_INTERFACE, below, self._interface(service, interface)
        for number, chain in enumerate(self._spec.get("chains", ())):
            yield kinds.DPU_SERVICE_CHAIN, ("spec", "chains", number), self._chain(chain)

    def _name(self, name: str) -> str:
        return f"{name}-{self._zone}"

    def _object(self, kind: Kind, name: str, spec: Json, marks: Mapping[str, str]) -> Json:
        metadata: Json = {"name": self._name(name), "namespace": self._namespace}
        if marks:
            metadata["labels"] = dict(marks)
        typed = {"apiVersion": kind.api_version, "kind": kind.name}
        return {**typed, "metadata": metadata, "spec": spec}

    def _dpu_set(self) -> Json:
        given = self._spec
        cluster: Json = {"nodeLabels": {self._label.key: self._label.value}}
        if self._clusters:
            cluster["selector"] = given["dpuClusterSelector"]
        spec = {
            "dpuNodeSelector": given["dpuNodeSelector"],
            **_taken(given, "dpuDeviceSelector", "strategy"),
            "dpuTemplate": {
                "spec": {
                    "dpuFlavor": given["flavor"],
                    "bfb": {"name": given["bfb"]},
                    "nodeEffect": given["nodeEffect"],
                    "cluster": cluster,
                }
            },
        }
        return self._object(kinds.DPU_SET, given.get("dpuSetName", SET_NAME), spec, {})

    def _service(self, given: Json) -> Json:
        interfaces = [self._name(entry["name"]) for entry in given.get("interfaces", ())]
        spec = {
            "serviceID": _service_id(given),
            **({"interfaces": interfaces} if interfaces else {}),
            "serviceDaemonSet": self._daemon_set(given),
            "helmChart": _chart(given),
            **_taken(given, "configPorts"),
            **self._clusters,
        }
        if "privileged" in given:
            spec["security"] = {"privileged": given["privileged"]}
        marks = {labels.CRITICAL: ""} if given.get("critical") else {}
        return self._object(kinds.DPU_SERVICE, given["name"], spec, marks)

    def _daemon_set(self, given: Json) -> Json:
        asked = {"key": self._label.key, "operator": "In", "values": [self._label.value]}
        annotations = dict(given.get("annotations", {}))
        if "networks" in given:
            annotations[NETWORKS] = json.dumps(given["networks"])
        return {
            "nodeSelector": {"nodeSelectorTerms": [{"matchExpressions": [asked]}]},
            **_taken(given, "updateStrategy", "labels", "resources"),
            **({"annotations": annotations} if annotations else {}),
        }

    def _interface(self, service: Json, given: Json) -> Json:
        spec = {
            "interfaceType": SERVICE,
            SERVICE: {
                "serviceID": _service_id(service),
                **_taken(given, "network", "interfaceName"),
            },
        }
        stamped = {"metadata": {"labels": _marks(service, given)}, "spec": spec}
        return self._spread(kinds.DPU_SERVICE_INTERFACE, given["name"], stamped)

    def _chain(self, given: Json) -> Json:
        switches = [
            {**switch, "ports": [self._port(port) for port in switch["ports"]]}
            for switch in given["switches"]
        ]
        return self._spread(
            kinds.DPU_SERVICE_CHAIN, given["name"], {"spec": {"switches": switches}}
        )

    def _port(self, given: Json) -> Json:
        wanted = given.get("labels")
        if wanted is None:
            wanted = next(
                _marks(service, interface)
                for service, interface in interfaces_of(self._spec)
                if interface["name"] == given["interface"]
            )
        return {"serviceInterface": {"matchLabels": wanted, **_taken(given, "ipam")}}

    def _spread(self, kind: Kind, name: str, stamped: Json) -> Json:
        inner = {"spec": {"nodeSelector": self._nodes, "template": stamped}}
        return self._object(kind, name, {**self._clusters, "template": inner}, {})


def interfaces_of(spec: Mapping[str, Any]) -> Iterator[tuple[Json, Json]]:
    """Yield each interface of a document behind the service it belongs to."""
    for service in spec.get("services", ()):
        for interface in service.get("interfaces", ()):
            yield service, interface


def _service_id(service: Json) -> str:
    return str(service.get("serviceID", service["name"]))


def _marks(service: Json, interface: Json) -> Json:
    """Labels by which chains find an interface."""
    label = interface.get("label", interface["name"].replace("-", "_"))
    return {labels.SERVICE_ID: _service_id(service), INTERFACE: label}


def _chart(given: Json) -> Json:
    chart = given["chart"]
    source = {**_taken(chart, "repoURL", "version", "path")}
    if "name" in chart:
        source["chart"] = chart["name"]
    return {"source": source, **_taken(given, "values")}


def _taken(given: Json, *names: str) -> Json:
    return {name: given[name] for name in names if name in given}
