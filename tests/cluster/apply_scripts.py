"""Scripts of server-side applies, and of who owns which field, that both backends answer alike."""

from typing import Any

from dpfctl.model import kinds
from tests.cluster.crd_objects import Json
from tests.cluster.scripts import Scripts, under
from tests.cluster.sides import Side, op

SCRIPTS: Scripts = {}
script = under(SCRIPTS)
PAUSE = op("replace", "/spec/paused", True)


def _configured(side: Side, name: str = "hbn", **spec: Any) -> Json:
    """A configuration that is a whole DPUService."""
    return side.service(name, **{f"spec__{key}": value for key, value in spec.items()})


@script("applying makes what is absent, and the same again nothing")
def _(side: Side) -> None:
    side.apply(_configured(side, paused=True))
    side.apply(_configured(side, paused=True))
    side.get()
    side.apply(_configured(side, "other"), dry_run=True)
    side.get(side.ref("other"))


@script("applying without a field takes away what was ours alone")
def _(side: Side) -> None:
    side.apply(_configured(side, paused=True, serviceID="a", interfaces=["p0"]))
    side.apply(_configured(side, serviceID="a"))
    side.apply(_configured(side))
    side.get()


@script("applying over an update of others is a conflict")
def _(side: Side) -> None:
    side.by("kubectl").create(side.service(spec__paused=True, metadata__labels={"a": "b"}))
    config = side.config(metadata={"labels": {"a": "c", "d": "e"}}, spec={"paused": False})
    side.apply(config)
    side.apply(config, dry_run=True)
    side.get()
    side.apply(config, force=True, dry_run=True)
    side.apply(config, force=True)
    side.apply(config)
    side.get()


@script("the same value is owned together")
def _(side: Side) -> None:
    side.by("kubectl").create(side.service(spec__paused=True))
    side.apply(side.config(spec={"paused": True}))
    side.apply(side.config(spec={"paused": True}))
    side.get()
    side.apply(side.config(spec={}))
    side.get()


@script("what one applier gives up stays with the other")
def _(side: Side) -> None:
    side.apply(_configured(side, paused=True, serviceID="a"))
    side.by("other").apply(side.config(spec={"paused": True}))
    side.apply(_configured(side, serviceID="a"))
    side.get()
    side.by("other").apply(side.config(spec={}))
    side.get()


@script("two appliers of different values are a conflict")
def _(side: Side) -> None:
    side.apply(_configured(side, paused=True))
    other = side.by("other")
    other.apply(side.config(spec={"paused": False}))
    other.apply(side.config(spec={"paused": False}), force=True)
    side.apply(_configured(side, paused=True))
    side.apply(_configured(side))
    side.get()


@script("an update takes a field from its applier")
def _(side: Side) -> None:
    side.apply(_configured(side, paused=True, serviceID="a"))
    side.by("kubectl").merge({"spec": {"paused": False}})
    side.apply(_configured(side, paused=True, serviceID="a"))
    side.apply(_configured(side, paused=False, serviceID="a"))
    side.by("kubectl").merge({"spec": {"serviceID": None}})
    side.get()
    side.apply(_configured(side))
    side.get()


@script("our own updates and applies are two owners")
def _(side: Side) -> None:
    side.create(side.service(spec__paused=True))
    side.apply(_configured(side, paused=False))
    side.apply(_configured(side, paused=True))
    side.patch(op("replace", "/spec/paused", False))
    side.apply(_configured(side, paused=True), force=True)
    side.patch(op("add", "/metadata/labels", {"a": "b"}))
    side.get()


@script("labels and annotations are owned one by one")
def _(side: Side) -> None:
    side.by("kubectl").create(side.service(metadata__labels={"a": "b"}))
    side.apply(side.config(metadata={"labels": {"c": "d"}, "annotations": {"e": "f"}}))
    side.apply(side.config(metadata={"labels": {"g": "h"}}))
    side.apply(side.config())
    side.get()


@script("finalizers and owners are owned one by one")
def _(side: Side) -> None:
    owner = {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u"}
    side.by("kubectl").create(
        side.service(metadata__finalizers=["a.io/a"], metadata__ownerReferences=[owner])
    )
    second = {**owner, "uid": "v"}
    side.apply(side.config(metadata={"finalizers": ["a.io/b"], "ownerReferences": [second]}))
    side.apply(side.config(metadata={"ownerReferences": [{**owner, "name": "m"}]}))
    side.apply(side.config(metadata={"finalizers": ["a.io/c", "a.io/a"]}))
    side.get()
    side.merge({"metadata": {"finalizers": None}})


@script("lists without keys are one field")
def _(side: Side) -> None:
    side.by("kubectl").create(side.service(spec__serviceID="a", spec__interfaces=["a", "b"]))
    side.apply(side.config(spec={"interfaces": ["a"]}))
    side.apply(side.config(spec={"interfaces": ["a", "b"]}))
    side.apply(side.config(spec={"interfaces": ["c"]}), force=True)
    ports = [{"name": "a", "port": 1, "protocol": "TCP"}]
    side.apply(side.config(spec={"interfaces": ["c"], "configPorts": {"ports": ports}}))
    side.get()


@script("mappings that are atomic are one field")
def _(side: Side) -> None:
    selector = {"matchLabels": {"a": "b"}}
    side.by("kubectl").create(side.service(spec__dpuClusterSelector=selector))
    side.apply(side.config(spec={"dpuClusterSelector": {"matchLabels": {"a": "b", "c": "d"}}}))
    side.apply(side.config(spec={"dpuClusterSelector": {}}))
    side.apply(side.config(spec={"dpuClusterSelector": selector}))
    side.apply(side.config(spec={"dpuClusterSelector": {}}), force=True)
    side.get()


def _node(side: Side, *interfaces: Json) -> Json:
    return side.config("one", spec={"node": "n", "type": "sfc", "interfaces": list(interfaces)})


@script("entries with keys are owned one by one")
def _(side: Side) -> None:
    kind = kinds.NODE_SERVICE_INTERFACES
    ref = side.ref("one", kind)

    def entry(name: str, **more: Any) -> Json:
        return {"name": name, "interfaceType": "ovn", **more}

    side.by("other").apply(_node(side, entry("a"), entry("b", labels={"x": "y"})), kind)
    side.apply(_node(side, entry("c"), entry("b", terminating=True)), kind)
    side.get(ref)
    side.apply(_node(side, entry("b", labels={"x": "z"})), kind)
    side.apply(_node(side, entry("b", labels={"x": "z"})), kind, force=True)
    side.apply(_node(side, entry("d"), entry("a"), entry("e"), entry("b"), entry("f")), kind)
    side.apply(_node(side, entry("f"), entry("d")), kind)
    side.by("kubectl").merge({"spec": {"interfaces": [entry("d"), entry("g")]}}, ref)
    side.apply(_node(side), kind)
    side.get(ref)
    side.apply(_node(side, entry("a"), entry("a")), kind)
    side.apply(_node(side, {"interfaceType": "ovn"}), kind)


@script("what the schema does not know cannot be applied")
def _(side: Side) -> None:
    side.apply(_configured(side, unknown=1))
    side.apply(_configured(side, paused="yes"))
    side.apply(_configured(side) | {"unknown": {}})
    side.apply(_configured(side, interfaces="a"))
    side.apply(_configured(side, helmChart=[]))
    side.apply(_configured(side) | {"apiVersion": "svc.dpu.nvidia.com/v1"})
    side.apply(side.service(metadata__managedFields=[]))
    side.get()


@script("what is applied is judged like a new object")
def _(side: Side) -> None:
    side.apply(_configured(side, security={}))
    side.apply(side.config(spec={}))
    side.apply(_configured(side))
    side.apply(_configured(side, interfaces=["a"]))
    side.apply(_configured(side, security={"spiffe": {}}))
    side.get()


@script("values of any shape are owned field by field")
def _(side: Side) -> None:
    chart = {"source": {"repoURL": "oci://a/b", "version": "1"}}
    values = {"a": {"b": 1, "c": [1, {"d": 2}]}, "e": "f", "g": {}}
    side.by("kubectl").create(side.service(spec__helmChart={**chart, "values": values}))
    side.apply(side.config(spec={"helmChart": {"values": {"a": {"b": 2}}}}))
    side.apply(side.config(spec={"helmChart": {"values": {"a": {"x": True}, "g": {"y": 1.5}}}}))
    side.apply(side.config(spec={"helmChart": {"values": {"a": {"c": [1, {"d": 2}]}}}}))
    side.apply(side.config(spec={"helmChart": {"values": {"a": "text", "n": None}}}), force=True)
    side.get()
    side.apply(side.config(spec={}))
    side.get()


@script("empty mappings are kept and given up")
def _(side: Side) -> None:
    side.apply(_configured(side, serviceDaemonSet={"labels": {"a": "b"}, "resources": {}}))
    side.apply(_configured(side, serviceDaemonSet={"labels": {}}))
    side.apply(_configured(side, serviceDaemonSet={}))
    side.apply(_configured(side))
    side.get()


@script("an applied status is not ours to set")
def _(side: Side) -> None:
    side.apply(_configured(side) | {"status": {"serviceID": "x"}})
    side.apply(_configured(side) | {"status": {"serviceID": "y"}})
    side.get()


@script("applying a version or uid that is not the current one is a conflict")
def _(side: Side) -> None:
    side.apply(side.service(metadata__uid="x"))
    side.apply(_configured(side))
    side.apply(side.service(metadata__resourceVersion="1"))
    side.apply(side.service(metadata__uid="x"))
    side.get()


@script("kinds without a schema of ours are merged field by field")
def _(side: Side) -> None:
    place = {"name": "one", "namespace": side.namespace}
    ref = side.ref("one", kinds.CONFIG_MAP)
    side.apply({"metadata": place, "data": {"a": "b", "c": "d"}}, kinds.CONFIG_MAP)
    side.by("kubectl").merge({"data": {"a": "x", "e": "f"}}, ref)
    side.apply({"metadata": place, "data": {"a": "b"}}, kinds.CONFIG_MAP)
    side.apply({"metadata": place, "data": {"c": "d"}}, kinds.CONFIG_MAP)
    side.apply({"metadata": place}, kinds.CONFIG_MAP)
    side.get(ref)
    side.delete(ref)
    side.get(ref)


@script("owners with a status of their own stay apart")
def _(side: Side) -> None:
    made = side.create(side.service())
    other = side.by("controller")
    done = other.report({**made.raw, "status": {"serviceID": "a"}})
    other.patch(op("add", "/metadata/finalizers", ["a.io/b"]))
    side.patch(PAUSE)
    side.apply(_configured(side, paused=False))
    found = side.get()
    assert found.uid == done.uid


@script("managed fields can be given up")
def _(side: Side) -> None:
    side.create(side.service())
    side.patch(op("replace", "/metadata/managedFields", [{}]))
    side.get()
    side.merge({"spec": {"paused": True}})
    side.get()
    side.apply(side.config(spec={"paused": True}))
    side.apply(side.config(spec={"paused": False}))
    side.apply(side.config(spec={"paused": False}), force=True)
    side.get()


@script("the oldest of many updaters are put together")
def _(side: Side) -> None:
    side.create(side.service())
    for number in range(13):
        side.by(f"m{number:02}").merge({"metadata": {"labels": {f"l{number}": "x"}}})
    side.get()
