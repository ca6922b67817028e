"""Admission policies that stand in the way of a suspension, for as long as a test wants them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dpfctl.model.kinds import plural_of
from tests.cluster.sites import Site, may_pause, wait_until
from tests.controlplane.api import Json
from tests.controlplane.load import apply_objects

ADMISSION = "admissionregistration.k8s.io/v1"


@contextmanager
def denied(site: Site, expression: str) -> Iterator[None]:
    """Have a policy refuse services for which a CEL expression is false."""
    validation = {"expression": expression, "message": "change freeze until Monday"}
    policy = {"validations": [validation]}
    with in_effect(site, "ValidatingAdmissionPolicy", policy):
        yield


@contextmanager
def undone(site: Site) -> Iterator[None]:
    """Have a policy resume whatever is suspended."""
    mutation = {
        "patchType": "ApplyConfiguration",
        "applyConfiguration": {"expression": "Object{spec: Object.spec{paused: false}}"},
    }
    policy = {"mutations": [mutation], "reinvocationPolicy": "Never"}
    with in_effect(site, "MutatingAdmissionPolicy", policy):
        yield


@contextmanager
def in_effect(site: Site, kind: str, policy: Mapping[str, Any]) -> Iterator[None]:
    """Have a policy for writes of services; it takes and loses effect a moment after it is stored.

    For the next test the cluster is as before only when nothing stands in the way of a suspension.
    """
    objects = tuple(policy_objects(kind, policy))
    apply_objects(site.cluster, objects)
    wait_until(lambda: not may_pause(site.services))
    try:
        yield
    finally:
        for one in reversed(objects):
            plural = plural_of(one["kind"]).lower()
            site.cluster.api.call("DELETE", f"/apis/{ADMISSION}/{plural}/freeze")
        wait_until(lambda: may_pause(site.services))


def policy_objects(kind: str, policy: Mapping[str, Any]) -> Iterator[Json]:
    """A policy and its binding."""
    rule = {
        "apiGroups": ["svc.dpu.nvidia.com"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": ["dpuservices"],
    }
    spec = {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": [rule]}, **policy}
    binding: Json = {"policyName": "freeze"}
    if kind.startswith("Validating"):
        binding["validationActions"] = ["Deny"]
    metadata = {"name": "freeze"}
    yield {"apiVersion": ADMISSION, "kind": kind, "metadata": metadata, "spec": spec}
    yield {"apiVersion": ADMISSION, "kind": f"{kind}Binding", "metadata": metadata, "spec": binding}
