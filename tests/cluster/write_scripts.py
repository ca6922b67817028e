"""Scripts of writes that a fleet file and an API server must answer alike.

A script is a function of a ``Side``: it does one thing after the other, and the side takes notes.
"""

from dpfctl.model import kinds
from dpfctl.model.resources import Ref, Resource
from tests.cluster.crd_objects import Json, status
from tests.cluster.scripts import Scripts, under
from tests.cluster.sides import Side, holding, op

SCRIPTS: Scripts = {}
script = under(SCRIPTS)
PAUSE = op("replace", "/spec/paused", True)


# Create


@script("a new object gets what a server sets")
def _(side: Side) -> None:
    side.create(side.service(metadata__labels={"a": "b"}, status={"serviceID": "x"}))
    side.get()


@script("a new object of each kind is stored alike")
def _(side: Side) -> None:
    for kind in (
        *(kinds.DPU_CLUSTER, kinds.DPU_SET, kinds.DPU, kinds.BFB, kinds.DPU_NODE),
        *(kinds.DPU_FLAVOR, kinds.DPU_DEPLOYMENT, kinds.DPU_SERVICE_CHAIN, kinds.DPU_VOLUME),
        *(kinds.DPU_SERVICE_INTERFACE, kinds.APPLICATION, kinds.TENANT_CONTROL_PLANE),
        *(kinds.NODE_SERVICE_INTERFACES, kinds.DPU_VPC, kinds.CONFIG_MAP, kinds.DPU_DEVICE),
    ):
        if kind is kinds.CONFIG_MAP:
            place = {"name": "one", "namespace": side.namespace}
            side.create({"metadata": place, "data": {"a": "b"}}, kind)
        else:
            side.create(side.new(kind, "one"), kind)
        side.get(side.ref("one", kind))


@script("what a body says of itself is not believed")
def _(side: Side) -> None:
    side.create(
        side.service(
            metadata__uid="1",
            metadata__generation=7,
            metadata__creationTimestamp="2020-01-01T00:00:00Z",
            metadata__deletionTimestamp="2020-01-01T00:00:00Z",
            metadata__deletionGracePeriodSeconds=5,
            metadata__selfLink="x",
            metadata__unknown="x",
            metadata__annotations={},
        )
    )


@script("a name is taken once")
def _(side: Side) -> None:
    side.create(side.service())
    side.create(side.service())
    side.create(side.service(spec__security=None))
    side.get()


@script("a new object has no version")
def _(side: Side) -> None:
    side.create(side.service(metadata__resourceVersion="1"))


@script("a dry run creates nothing")
def _(side: Side) -> None:
    side.create(side.service(), dry_run=True)
    side.create(side.service(spec__security=None), dry_run=True)
    side.get()
    side.create(side.service())
    side.create(side.service(), dry_run=True)


@script("nulls and unknown fields are not stored")
def _(side: Side) -> None:
    body = side.service(spec__unknown={"a": 1}, unknown=1)
    body["spec"]["paused"] = None
    body["spec"]["helmChart"]["values"] = {"a": None, "b": [None]}
    body["spec"]["serviceDaemonSet"] = {"labels": {"a": None, "b": "c"}, "unknown": 1}
    side.create(body)


@script("bodies of another kind or version are refused")
def _(side: Side) -> None:
    side.create(side.service() | {"kind": "DPU"})
    side.create(side.service() | {"apiVersion": "svc.dpu.nvidia.com/v1"})


@script("names and labels have their form")
def _(side: Side) -> None:
    for name in ("Upper", "a_b", "-a", "a.b", "a" * 64):
        side.create(side.service(name), dry_run=True)
    for labels in (
        *({"a b": "x"}, {"a": "b c"}, {"x y/a": "b"}, {"/a": "b"}, {"a/b/c": "d"}, {"a/": "b"}),
        *({"a" * 64: "b" * 64}, {"": "a"}, {"A.b/c": "d"}, {"ok.io/Name_1.x": "Value-1"}),
        *({"a": 1}, {"a": None}, "x"),
    ):
        side.create(side.service("one", metadata__labels=labels), dry_run=True)
    side.create(side.service("one", metadata__annotations={"a b": "c", "UP/b": "d"}), dry_run=True)
    side.create(side.service("one", metadata__annotations={"a": True}), dry_run=True)
    side.create(side.service("one", metadata__finalizers=["a b"]), dry_run=True)
    side.create(side.service("one", metadata__finalizers="a"), dry_run=True)
    side.create(side.service("one", metadata__creationTimestamp="yesterday"), dry_run=True)


@script("owners have their form")
def _(side: Side) -> None:
    owner: Json = {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u"}
    lists: list[list[Json]] = [
        [owner],
        [owner, owner],
        [{**owner, "unknown": 1}],
        [{"kind": "Node"}],
        [{}],
        [{**owner, "controller": True}, {**owner, "uid": "v", "controller": True}],
    ]
    for owners in lists:
        side.create(side.service(metadata__ownerReferences=owners), dry_run=True)


@script("several faults are told together")
def _(side: Side) -> None:
    source = {"repoURL": "x", "version": ""}
    side.create(side.service(spec__helmChart__source=source))
    side.create(side.service(spec__serviceID="a", spec__interfaces=[1, None]))
    ports = [{"name": "A", "port": 1, "protocol": "TCP"}]
    side.create(side.service(spec__configPorts={"ports": ports}, spec__interfaces=["a"]))
    side.create(side.service(spec__deployInCluster=True, spec__dpuClusterSelector={}))


@script("numbers have their form")
def _(side: Side) -> None:
    for port in (1.0, 2**40, True, "1"):
        ports = [{"name": "a", "port": port, "protocol": "TCP"}]
        side.create(side.service(spec__configPorts={"ports": ports}), dry_run=True)
    for replicas in (-1, 2**31, 0):
        at = {"spec__controlPlane__deployment__replicas": replicas}
        side.create(
            side.new(kinds.TENANT_CONTROL_PLANE, "a", **at),
            kinds.TENANT_CONTROL_PLANE,
            dry_run=True,
        )
    side.create(
        side.new(kinds.DPU_DEPLOYMENT, "a", spec__revisionHistoryLimit=2**31),
        kinds.DPU_DEPLOYMENT,
        dry_run=True,
    )


# Patch


@script("a patch of an absent leaf adds it")
def _(side: Side) -> None:
    made = side.create(side.service())
    side.patch(holding(made.resource_version), PAUSE)
    side.get()


@script("a patch of a version that has moved is a conflict")
def _(side: Side) -> None:
    made = side.create(side.service())
    side.patch(holding(made.resource_version), PAUSE)
    side.patch(holding(made.resource_version), op("replace", "/spec/paused", False))
    side.patch(holding("x"), PAUSE)
    side.patch(holding("0"), PAUSE)
    side.patch(op("remove", "/metadata/resourceVersion"))
    side.get()


@script("a patch that changes nothing stores nothing")
def _(side: Side) -> None:
    made = side.create(side.service(spec__paused=True))
    side.patch(holding(made.resource_version), PAUSE)
    side.patch(PAUSE)
    side.patch()
    side.patch(op("test", "/spec/absent"))
    side.patch(op("add", "/spec/unknown", 1))
    side.patch(op("add", "/metadata/labels", {}))
    side.patch(op("add", "/status", {"serviceID": "x"}))
    side.get()


@script("generation counts what is no metadata")
def _(side: Side) -> None:
    side.create(side.service())
    side.patch(op("add", "/metadata/labels", {"a": "b"}))
    side.patch(op("add", "/metadata/annotations", {"a": "b"}))
    side.patch(PAUSE)
    side.patch(op("replace", "/metadata/generation", 77), op("remove", "/spec/paused"))
    side.patch(op("replace", "/metadata/generation", 77))
    flavor = side.ref("flavor", kinds.DPU_FLAVOR)
    side.create(side.new(kinds.DPU_FLAVOR, "flavor"), kinds.DPU_FLAVOR)
    side.patch(op("add", "/metadata/labels", {"a": "b"}), ref=flavor)
    application = side.ref("app", kinds.APPLICATION)
    side.create(side.new(kinds.APPLICATION, "app"), kinds.APPLICATION)
    side.patch(op("add", "/status", {"sync": {"status": "Synced"}}), ref=application)
    side.patch(op("add", "/operation", {"sync": {}}), ref=application)


@script("a patch that cannot be done does nothing")
def _(side: Side) -> None:
    side.create(side.service())
    for one in (
        *(op("test", "/spec/paused", False), op("remove", "/spec/absent")),
        *(op("add", "/spec/absent/deeper", 1), op("replace", "/spec/absent/deeper", 1)),
        *(op("replace", "/spec/interfaces/0", "a"), {"op": "add", "value": 1}),
        *({"op": "frobnicate", "path": "/spec"}, op("add", "no-slash", 1)),
    ):
        side.patch(PAUSE, one)
    side.get()


@script("what names an object is not patched")
def _(side: Side) -> None:
    side.create(side.service())
    for path, value in {
        "/metadata/name": "other",
        "/metadata/namespace": "other",
        "/metadata/uid": "other",
        "/metadata/deletionTimestamp": "2020-01-01T00:00:00Z",
        "/metadata/creationTimestamp": "2020-01-01T00:00:00Z",
        "/metadata/selfLink": "x",
        "/kind": "Other",
        "/apiVersion": "svc.dpu.nvidia.com/v1",
    }.items():
        side.patch(op("add", path, value))
    side.patch(op("remove", "/metadata/name"))
    side.get()


@script("a patch is judged like a new object")
def _(side: Side) -> None:
    side.create(side.service())
    side.patch(op("add", "/spec/paused", "yes"))
    side.patch(op("remove", "/spec/security"))
    side.patch(op("add", "/spec/interfaces", ["a"]))
    side.patch(op("add", "/metadata/labels", {"a b": "c"}))
    side.patch(op("replace", "/spec", []))
    side.patch(op("remove", "/spec"))
    side.get()


@script("the object of a patch must be there")
def _(side: Side) -> None:
    side.patch(PAUSE)
    side.merge({"spec": {"paused": True}})
    side.report(side.service(metadata__resourceVersion="1"))
    side.delete(uid="x")


@script("a dry run of a patch is judged and not stored")
def _(side: Side) -> None:
    side.create(side.service())
    side.patch(PAUSE, dry_run=True)
    side.patch(op("add", "/spec/paused", "yes"), dry_run=True)
    side.merge({"spec": {"paused": True}}, dry_run=True)
    side.get()


# Merge


@script("a merge patch sets and takes away")
def _(side: Side) -> None:
    side.create(side.service(metadata__labels={"a": "b", "c": "d"}))
    side.merge({"metadata": {"labels": {"a": None, "e": "f"}}, "spec": {"paused": True}})
    side.merge({"spec": {"interfaces": ["p0"], "serviceID": "a"}})
    side.merge({"spec": {"interfaces": None, "serviceID": None, "absent": None}})
    side.merge({"spec": {"serviceDaemonSet": {"labels": {"a": "b", "c": None}}}})
    side.get()


@script("a merge patch of a version that has moved is a conflict")
def _(side: Side) -> None:
    made = side.create(side.service())
    side.merge({"metadata": {"resourceVersion": made.resource_version}, "spec": {"paused": True}})
    side.merge({"metadata": {"resourceVersion": made.resource_version}, "spec": {"paused": None}})
    side.merge({"metadata": {"uid": "x"}, "spec": {"paused": None}})
    side.merge({"metadata": {"name": "x"}})
    side.merge({"metadata": None})
    side.merge({"spec": [1]})
    side.get()


@script("merging the same twice stores it once")
def _(side: Side) -> None:
    side.create(side.service())
    for _ in range(2):
        side.merge({"metadata": {"labels": {"a": "b"}}, "spec": {"paused": True}})


# Status


@script("a status is replaced alone")
def _(side: Side) -> None:
    made = side.create(side.service())
    body = {**made.raw, "spec": {"paused": True}, "status": status(kinds.DPU_SERVICE)}
    body["metadata"] = {**made.raw["metadata"], "labels": {"a": "b"}}
    done = side.report(body)
    side.report({**body, "metadata": done.raw["metadata"]})
    side.report(body)
    side.report({**body, "status": {"conditions": [{"type": "Ready"}]}}, dry_run=True)
    side.get()


@script("a status needs the current version and uid")
def _(side: Side) -> None:
    made = side.create(side.service())
    side.report(side.service())
    side.report(side.service(metadata__resourceVersion="1"))
    version = made.resource_version
    side.report(side.service(metadata__resourceVersion=version, metadata__uid="x"))
    side.report({**made.raw, "status": {"serviceID": "a"}}, dry_run=True)
    side.get()


@script("a status can be taken away, and its defaults come back")
def _(side: Side) -> None:
    made = side.create(side.new(kinds.DPU_CLUSTER, "one"), kinds.DPU_CLUSTER)
    done = side.report({**made.raw, "status": {"phase": "Ready"}}, kinds.DPU_CLUSTER)
    bare = {name: value for name, value in done.raw.items() if name != "status"}
    side.report(bare, kinds.DPU_CLUSTER)
    made = side.create(side.service())
    done = side.report({**made.raw, "status": {"serviceID": "a"}})
    side.report({name: value for name, value in done.raw.items() if name != "status"})


@script("a status is its reporter's")
def _(side: Side) -> None:
    made = side.create(side.service())
    done = side.by("controller").report({**made.raw, "status": status(kinds.DPU_SERVICE)})
    side.report({**done.raw, "status": {**done.raw["status"], "serviceID": "a"}})
    side.apply(side.config(spec={"paused": True}, status={"serviceID": "b"}))
    side.get()


# Delete


@script("an object without finalizers is gone")
def _(side: Side) -> None:
    side.create(side.service())
    side.delete(dry_run=True)
    side.get()
    side.delete(uid="another")
    side.delete()
    side.get()
    side.create(side.service())
    side.get()


@script("finalizers hold an object until the last of them goes")
def _(side: Side) -> None:
    side.create(side.service(metadata__finalizers=["a.io/b", "a.io/c"]))
    side.delete()
    side.get()
    side.delete()
    side.get()
    side.merge({"metadata": {"finalizers": ["a.io/b", "a.io/d"]}})
    side.merge({"metadata": {"labels": {"a": "b"}}})
    side.merge({"metadata": {"deletionTimestamp": None}})
    side.merge({"metadata": {"deletionGracePeriodSeconds": None}})
    side.merge({"metadata": {"finalizers": ["a.io/b"]}})
    side.patch(op("remove", "/metadata/finalizers"), dry_run=True)
    side.get()
    side.patch(op("remove", "/metadata/finalizers"))
    side.get()


@script("an object in deletion takes changes and a status")
def _(side: Side) -> None:
    side.create(side.service(metadata__finalizers=["a.io/b"]))
    side.delete()
    found = side.patch(PAUSE)
    side.report({**found.raw, "status": {"serviceID": "a"}})
    side.apply(side.config(metadata={"labels": {"a": "b"}}))
    side.apply(side.config(metadata={"finalizers": ["a.io/c"]}))
    side.get()


@script("a dry run of a deletion marks nothing")
def _(side: Side) -> None:
    side.create(side.service(metadata__finalizers=["a.io/b"]))
    side.delete(dry_run=True)
    side.get()


# Objects of others


@script("nodes take labels, taints and nothing else from us")
def _(side: Side) -> None:
    name = f"node-{side.namespace}"
    ref = Ref(kinds.NODE, "", name)
    taint = {"key": "a", "effect": "NoSchedule"}
    made = side.cluster.create(kinds.NODE, {"metadata": {"name": name}, "spec": {}})
    add = op("add", "/spec/taints", [taint])
    for act in (
        lambda: side.cluster.patch(ref, [holding(made.resource_version), add]),
        lambda: side.cluster.patch(ref, [holding(made.resource_version), add]),
        lambda: side.cluster.merge(ref, {"metadata": {"labels": {"a": "b"}}}),
        lambda: side.cluster.merge(ref, {"spec": {"taints": None}}),
    ):
        found = side.note(act)
        if isinstance(found, Resource):
            # The server fills in a status.
            spec, labels = found.at("spec"), found.at("metadata", "labels")
            side.steps[-1] = (spec, labels, found.at("metadata", "generation"))
    side.delete(ref)
