"""Admission policies that stand in the way of a suspension, for as long as a test wants them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dpfctl.model.kinds import plural_of
from tests.cluster.sites import Site, may_pause, try_merge, wait_until
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
def reworded(site: Site, key: str, value: str) -> Iterator[None]:
    """Have a policy give an annotation of every service another value."""
    metadata = f'Object{{metadata: Object.metadata{{annotations: {{"{key}": "{value}"}}}}}}'
    mutation = {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": metadata}}
    policy = {"mutations": [mutation], "reinvocationPolicy": "Never"}

    def is_rewriting() -> bool:
        tried = try_merge(site.services, {"metadata": {"annotations": {key: "asked"}}}).json()
        return bool(tried["metadata"]["annotations"][key] == value)

    with in_effect(site, "MutatingAdmissionPolicy", policy, is_rewriting):
        yield


@contextmanager
def in_effect(
    site: Site,
    kind: str,
    policy: Mapping[str, Any],
    is_seen: Callable[[], bool] | None = None,
) -> Iterator[None]:
    """Have a policy for writes of services; it takes and loses effect a moment after it is stored.

    For the next test the cluster is as before only when it is seen no more; if it is not said how
    it shows, it stands in the way of a suspension.
    """
    is_felt = is_seen or (lambda: not may_pause(site.services))
    objects = tuple(policy_objects(kind, policy))
    apply_objects(site.cluster, objects)
    wait_until(is_felt)
    try:
        yield
    finally:
        for one in reversed(objects):
            plural = plural_of(one["kind"]).lower()
            site.cluster.api.call("DELETE", f"/apis/{ADMISSION}/{plural}/freeze")
        wait_until(lambda: not is_felt())


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
