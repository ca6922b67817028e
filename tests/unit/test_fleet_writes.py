"""What becomes of one object when something is written to it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from dpfctl.apiserver.requests import Outcome, Request
from dpfctl.apiserver.writes import (
    apply,
    create,
    delete,
    merge,
    named,
    patch,
    replace_status,
)
from dpfctl.errors import (
    AlreadyExistsError,
    ConflictError,
    DpfctlError,
    FieldConflict,
    FieldConflictError,
    NotFoundError,
    RejectedError,
)
from dpfctl.model import kinds
from tests.unit.requests import VERSION, Json, request, service, without_system

PAUSE: Json = {"op": "replace", "path": "/spec/paused", "value": True}
NEW_METADATA = {
    "name": "hbn",
    "namespace": "ns",
    "uid": "new-uid",
    "resourceVersion": "9",
    "generation": 1,
    "creationTimestamp": "2026-03-14T09:26:53Z",
}


def metadata(outcome: Outcome) -> Json:
    """Metadata of what is stored, without managedFields."""
    assert outcome.stored is not None
    found = outcome.stored["metadata"]
    return {name: value for name, value in found.items() if name != "managedFields"}


def owners(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Manager, operation and subresource of each entry of managedFields."""
    assert outcome.stored is not None
    entries = outcome.stored["metadata"].get("managedFields", ())
    return [(e["manager"], e["operation"], e.get("subresource", "")) for e in entries]


def test_body_says_which_object_is_meant() -> None:
    assert str(named(kinds.DPU, {"metadata": {"name": "a"}})) == "dpu/default/a"
    assert str(named(kinds.NODE, {"metadata": {"name": "a", "namespace": "stray"}})) == "node/a"
    with pytest.raises(RejectedError, match=r"^dpu: metadata\.name: Required value"):
        named(kinds.DPU, {})


# Create


def test_created_object_has_what_a_server_sets() -> None:
    body = {**without_system(service()), "status": {"serviceID": "x"}}
    outcome = create(request(), body)
    assert metadata(outcome) == NEW_METADATA
    assert owners(outcome) == [("dpfctl", "Update", "")]
    assert outcome.stored is not None
    assert "status" not in outcome.stored
    assert outcome.answer == outcome.stored


def test_status_is_kept_where_it_is_no_subresource() -> None:
    body = {"metadata": {"name": "hbn"}, "spec": {"project": "a", "destination": {}}, "status": {}}
    outcome = create(request(kind=kinds.APPLICATION), body)
    assert outcome.answer["status"] == {}


@pytest.mark.parametrize("kind", [kinds.NODE, kinds.CONFIG_MAP])
def test_kinds_that_have_no_generation_get_none(kind: Any) -> None:
    outcome = create(request(kind=kind), {"metadata": {"name": "hbn"}})
    assert "generation" not in metadata(outcome)


def test_dry_run_gives_out_no_version() -> None:
    outcome = create(request(version=""), without_system(service()))
    assert "resourceVersion" not in outcome.answer["metadata"]


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        pytest.param(
            service({"uid": None, "resourceVersion": None}),
            AlreadyExistsError,
            "dpuservice/ns/hbn: already exists",
            id="an object of that name",
        ),
        pytest.param(
            service(),
            RejectedError,
            "dpuservice/ns/hbn: resourceVersion should not be set on objects to be created",
            id="a version",
        ),
        pytest.param(
            {**without_system(service()), "kind": "BFB"},
            RejectedError,
            'dpuservice/ns/hbn: BFB.svc.dpu.nvidia.com "hbn" is invalid: kind: Invalid value:'
            ' "BFB": must be DPUService',
            id="another kind",
        ),
        pytest.param(
            {**without_system(service()), "apiVersion": "v1"},
            RejectedError,
            "dpuservice/ns/hbn: the API version in the data (v1) does not match the expected API"
            f" version ({VERSION})",
            id="another version of the API",
        ),
    ],
)
def test_creation_is_refused(body: Json, error: type[DpfctlError], message: str) -> None:
    with pytest.raises(error) as raised:
        create(request(service()), body)
    assert raised.value.message == message


def test_very_long_name_is_refused() -> None:
    body = {"metadata": {"name": "a" * 254, "namespace": "ns"}}
    with pytest.raises(RejectedError, match=r"metadata\.name: .*must be no more than 253 char"):
        create(request(kind=kinds.CONFIG_MAP, name="a" * 254), body)


# Patch and merge


def test_patched_object_has_a_new_version_and_generation() -> None:
    outcome = patch(request(service({"generation": 4})), [PAUSE])
    assert metadata(outcome) == {
        "name": "hbn",
        "namespace": "ns",
        "uid": "u",
        "resourceVersion": "9",
        "generation": 5,
    }
    assert outcome.answer["spec"]["paused"] is True
    assert owners(outcome) == []


def test_object_without_a_generation_counts_as_the_first() -> None:
    assert metadata(patch(request(service()), [PAUSE]))["generation"] == 2
    labelled = merge(request(service()), {"metadata": {"labels": {"a": "b"}}})
    assert "generation" not in metadata(labelled)


def test_nothing_is_stored_where_nothing_changes() -> None:
    current = service({"labels": {}, "annotations": None}, paused=True)
    for outcome in (
        patch(request(current), [PAUSE]),
        patch(request(current), []),
        merge(request(current), {"spec": {"paused": True, "absent": None}}),
        merge(request(current), {"status": {"serviceID": "x"}}),
    ):
        assert outcome.stored is current


def test_defaults_are_stored_with_the_first_change_only() -> None:
    current = service(configPorts={"ports": []})
    assert patch(request(current), []).stored is current
    changed = patch(request(current), [PAUSE]).answer
    assert changed["spec"]["configPorts"]["serviceType"] == "NodePort"


def test_fields_of_a_later_release_stay_where_they_stand() -> None:
    current = service(laterField={"a": 1}, serviceDaemonSet={"later": 2, "labels": {"a": "b"}})
    outcome = merge(request(current), {"spec": {"paused": True, "newer": 3}})
    spec = outcome.answer["spec"]
    assert spec["laterField"] == {"a": 1}
    assert spec["serviceDaemonSet"] == {"later": 2, "labels": {"a": "b"}}
    assert "newer" not in spec
    touched = merge(request(current), {"spec": {"laterField": {"a": 2}}})
    assert "laterField" not in touched.answer["spec"]


def test_stale_version_is_a_conflict() -> None:
    stale: Json = {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    said = "the object has been modified; please apply your changes to the latest version"
    with pytest.raises(ConflictError, match=said):
        patch(request(service()), [stale, PAUSE])
    with pytest.raises(ConflictError, match=said):
        merge(request(service()), {"metadata": {"resourceVersion": "7"}})


def test_version_of_a_file_may_be_any_text() -> None:
    current = service({"resourceVersion": "v1"})
    same_version = {"op": "replace", "path": "/metadata/resourceVersion", "value": "v1"}
    outcome = patch(request(current), [same_version, PAUSE])
    assert metadata(outcome)["resourceVersion"] == "9"


def test_failing_operation_is_named() -> None:
    with pytest.raises(ConflictError, match=r"operation 2 of the patch: test /spec/paused fails$"):
        patch(request(service()), [PAUSE, {"op": "test", "path": "/spec/paused", "value": False}])


@pytest.mark.parametrize(
    "write",
    [
        partial(patch, operations=[PAUSE]),
        partial(merge, body={}),
        partial(delete, uid="u"),
        partial(replace_status, body=service()),
    ],
)
def test_object_that_is_not_there_is_not_found(write: Callable[[Request], Outcome]) -> None:
    with pytest.raises(NotFoundError, match=r"^dpuservice/ns/hbn: not found$"):
        write(request())


def test_rest_of_an_invalid_object_is_forgiven_where_it_does_not_change() -> None:
    current = service(helmChart={"source": {"repoURL": "x", "version": ""}})
    assert patch(request(current), [PAUSE]).answer["spec"]["paused"] is True
    with pytest.raises(RejectedError, match=r"repoURL in body should match"):
        merge(request(current), {"spec": {"helmChart": {"source": {"repoURL": "y"}}}})


def test_metadata_that_is_none_is_refused() -> None:
    with pytest.raises(RejectedError, match=r"cannot unmarshal number .* of type string"):
        merge(request(service()), {"metadata": {"labels": {"a": 1}}})
    with pytest.raises(RejectedError, match="the body is no object but list"):
        patch(request(service()), [{"op": "replace", "path": "", "value": []}])


# Apply


def configuration(**spec: Any) -> Json:
    return {"metadata": {"name": "hbn", "namespace": "ns"}, "spec": spec}


def test_first_apply_owns_nothing_that_stood_there() -> None:
    current = service({"labels": {"a": "b"}}, paused=False)
    with pytest.raises(FieldConflictError) as raised:
        apply(request(current), configuration(paused=True), force=False)
    assert raised.value.message == "dpuservice/ns/hbn: others own .spec.paused (before-first-apply)"
    assert raised.value.conflicts == (FieldConflict(".spec.paused", "before-first-apply"),)
    outcome = apply(request(current), configuration(paused=True), force=True)
    assert outcome.answer["spec"]["paused"] is True
    assert owners(outcome) == [("dpfctl", "Apply", ""), ("before-first-apply", "Update", "")]


def test_repeated_apply_stores_nothing() -> None:
    made = apply(request(), without_system(service(paused=True)), force=False).answer
    again = apply(request(dict(made)), without_system(service(paused=True)), force=False)
    assert again.stored is again.answer
    assert again.stored == made


def test_many_conflicts_are_counted() -> None:
    labels = {f"l{number}": "x" for number in range(12)}
    other = create(request(manager="kubectl"), without_system(service({"labels": labels}))).answer
    config = {"metadata": {"name": "hbn", "namespace": "ns", "labels": dict.fromkeys(labels, "y")}}
    with pytest.raises(FieldConflictError, match=r"\.metadata\.labels\.l5 \(kubectl\) and 4 more$"):
        apply(request(dict(other)), config, force=False)


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        pytest.param(
            configuration(unknown=1),
            RejectedError,
            f"failed to create typed patch object (ns/hbn; {VERSION}, Kind=DPUService):"
            " .spec.unknown: field not declared in schema",
            id="a field that is not declared",
        ),
        pytest.param(
            configuration(paused="yes", unknown=1),
            RejectedError,
            f"failed to create typed patch object (ns/hbn; {VERSION}, Kind=DPUService): errors:"
            " .spec.paused: expected boolean, got &{yes}"
            " .spec.unknown: field not declared in schema",
            id="several fields that do not fit",
        ),
        pytest.param(
            {"metadata": {"name": "hbn", "namespace": "ns", "uid": "x"}},
            ConflictError,
            'Operation cannot be fulfilled on dpuservices.svc.dpu.nvidia.com "hbn": uid mismatch:'
            " the provided object specified uid x, and no existing object was found",
            id="a uid of what is not there",
        ),
    ],
)
def test_application_is_refused(config: Json, error: type[DpfctlError], message: str) -> None:
    with pytest.raises(error) as raised:
        apply(request(), config, force=True)
    assert raised.value.message == f"dpuservice/ns/hbn: {message}"


# Status


def test_status_is_all_that_changes() -> None:
    current = service({"generation": 4})
    body = {**service(paused=True), "status": {"serviceID": "x"}}
    outcome = replace_status(request(current), body)
    versioned = {**current["metadata"], "resourceVersion": "9"}
    assert outcome.stored == {**current, "metadata": versioned, "status": {"serviceID": "x"}}


def test_equal_status_changes_nothing() -> None:
    current = {**service(), "status": {"serviceID": "x"}}
    assert replace_status(request(current), current).stored is current


def test_status_has_owners_of_its_own() -> None:
    current = create(request(), without_system(service())).answer
    body = {**current, "status": {"serviceID": "x"}}
    outcome = replace_status(request(dict(current), manager="controller"), body)
    assert owners(outcome) == [("controller", "Update", "status"), ("dpfctl", "Update", "")]


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (service({"resourceVersion": ""}), RejectedError, "must be specified for an update"),
        (service({"resourceVersion": "7"}), ConflictError, "the object has been modified"),
        (service({"resourceVersion": "x"}), RejectedError, 'parsing "x": invalid syntax'),
        (service({"uid": "v"}), ConflictError, "UID in precondition: v, UID in object meta: u"),
    ],
)
def test_status_is_refused(body: Json, error: type[DpfctlError], message: str) -> None:
    with pytest.raises(error, match=message):
        replace_status(request(service()), body)


def test_kind_without_status_has_none_to_replace() -> None:
    with pytest.raises(NotFoundError, match="has no status subresource"):
        replace_status(request(service(), kind=kinds.DPU_FLAVOR), service())


# Delete


def test_object_without_finalizers_is_gone() -> None:
    assert delete(request(service()), "u").stored is None


def test_finalizers_hold_an_object() -> None:
    current = service({"finalizers": ["a.io/b"], "generation": 1})
    held = delete(request(current), "u")
    assert metadata(held) == {
        **current["metadata"],
        "resourceVersion": "9",
        "generation": 2,
        "deletionTimestamp": "2026-03-14T09:26:53Z",
        "deletionGracePeriodSeconds": 0,
    }
    assert held.stored is not None
    again = dict(held.stored)
    assert delete(request(again), "u").stored is again
    assert merge(request(again), {"metadata": {"finalizers": None}}).stored is None


def test_object_in_deletion_gets_no_finalizers() -> None:
    current = service({"finalizers": ["a.io/b"], "deletionTimestamp": "2026-03-14T09:26:53Z"})
    with pytest.raises(RejectedError, match=r'found new finalizers \[\]string{"a\.io/c"}$'):
        merge(request(current), {"metadata": {"finalizers": ["a.io/b", "a.io/c"]}})
    kept = merge(request(current), {"metadata": {"deletionTimestamp": None, "labels": {"a": "b"}}})
    assert metadata(kept)["deletionTimestamp"] == "2026-03-14T09:26:53Z"


def test_another_object_of_that_name_is_not_deleted() -> None:
    with pytest.raises(ConflictError, match=r"the UID in the precondition \(v\) does not match"):
        delete(request(service()), "v")
