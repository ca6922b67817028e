"""Writes to objects that no server would hold, and bodies that are nonsense: refused, or done."""

import contextlib
import copy
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.apiserver.writes import apply, create, delete, merge, patch, replace_status
from dpfctl.errors import DpfctlError
from dpfctl.model import kinds
from tests.cluster.crd_objects import minimal, status
from tests.unit.requests import Json, request

FIELDS = st.sampled_from(
    [
        *("spec", "status", "metadata", "name", "namespace", "uid", "labels", "annotations"),
        *("finalizers", "ownerReferences", "managedFields", "resourceVersion", "generation"),
        *("helmChart", "source", "paused", "security", "privileged", "configPorts", "ports"),
        *("serviceType", "interfaces", "interfaceType", "dpuSets", "dpus", "services", "versions"),
        *("deployInCluster", "serviceDaemonSet", "conditions", "virtualNetwork", "service", "type"),
        *("manager", "operation", "apiVersion", "fieldsType", "fieldsV1", "f:spec", "k:{", "."),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 70_000) | st.sampled_from(["", "a", "1", "TCP"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=8,
)
KINDS = st.sampled_from(
    [
        *(kinds.DPU_SERVICE, kinds.DPU_DEPLOYMENT, kinds.NODE_SERVICE_INTERFACES, kinds.BFB),
        *(kinds.DPU, kinds.DPU_SET, kinds.DPF_OPERATOR_CONFIG, kinds.APPLICATION, kinds.NODE),
    ]
)


def laid_over(value: Any, other: Any) -> Any:
    """A value with nonsense in some of its places."""
    if isinstance(value, dict) and isinstance(other, dict) and other:
        names = value | other
        return {
            name: laid_over(value.get(name), other[name]) if name in other else value[name]
            for name in names
        }
    return other


def stored(kind: kinds.Kind, nonsense: Any) -> Json:
    """An object of a file, as its reader completes it."""
    if kind is kinds.NODE:
        whole: Json = {"apiVersion": "v1", "kind": "Node", "spec": {}}
    else:
        whole = {**minimal(kind, "ns", "hbn"), "status": status(kind)}
    found = laid_over(whole, nonsense if isinstance(nonsense, dict) else {})
    metadata = found["metadata"] if isinstance(found.get("metadata"), dict) else {}
    system = {"name": "hbn", "namespace": "ns", "uid": "u", "resourceVersion": "8"}
    return {**found, "metadata": {**metadata, **system}}


@settings(max_examples=300, deadline=None)
@given(KINDS, VALUES, VALUES)
def test_nothing_crashes(kind: kinds.Kind, there: Any, sent: Any) -> None:
    current = stored(kind, there)
    before = copy.deepcopy(current)
    asked = request(current, kind)
    named = {"metadata": {"name": "hbn", "namespace": "ns", "labels": {"a": "b"}}}
    body = laid_over(named, sent) if isinstance(sent, dict) else named
    acts: tuple[Callable[[], object], ...] = (
        lambda: create(request(None, kind), {**stored(kind, sent), **body}),
        lambda: merge(asked, named),
        lambda: merge(asked, sent),
        lambda: patch(asked, [{"op": "add", "path": "/spec", "value": sent}]),
        lambda: apply(asked, body, force=True),
        lambda: apply(asked, body, force=False),
        lambda: replace_status(asked, {**current, "status": sent}),
        lambda: delete(asked, "u"),
    )
    for act in acts:
        with contextlib.suppress(DpfctlError):
            act()
    assert current == before
