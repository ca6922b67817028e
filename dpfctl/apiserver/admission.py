"""Whether an object may be stored: everything an API server checks before it does.

A kind is judged by the schema of its CRD. Kinds of Kubernetes itself have none here: of them only
the metadata is judged.

Source:
    Kubernetes 1.36 ``apiextensions-apiserver/pkg/registry/customresource/strategy.go``.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from dpfctl.apiserver.correlation import Correlated
from dpfctl.apiserver.metadata_faults import changed_faults, new_faults
from dpfctl.apiserver.plain_values import ABSENT
from dpfctl.apiserver.rule_checks import rule_faults, unknown_rules
from dpfctl.apiserver.schema_validation import (
    Validator,
    duplicates,
    make_validator,
    schema_faults,
)
from dpfctl.apiserver.schema_words import Fault, invalid
from dpfctl.apiserver.shapes import UNKNOWN_OBJECT, Shape, object_shape
from dpfctl.apiserver.structural import Schema, decoded, with_defaults
from dpfctl.model.crd_schemas import crd_schema
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource

_UNCHECKED = Fault(
    "<nil>: Invalid value: null: some validation rules were not checked because the object was"
    " invalid; correct the existing errors to complete validation"
)
_MOST_REPLICAS = 2**31 - 1


class ObjectSchema:
    """What is known of the objects of a kind; what takes long to work out is worked out once.

    Attributes:
        kind: The kind.
        openapi: ``openAPIV3Schema`` of its version, None without a CRD.
        has_status: Whether status is a subresource.
        replicas: Fields that hold numbers of replicas: in spec and in status, for ``scale``.
    """

    def __init__(
        self,
        kind: Kind,
        openapi: Schema | None,
        *,
        has_status: bool,
        replicas: tuple[str, ...] = (),
    ) -> None:
        self.kind = kind
        self.openapi = openapi
        self.has_status = has_status
        self.replicas = replicas

    @cached_property
    def shape(self) -> Shape:
        """How server-side apply divides the objects."""
        return UNKNOWN_OBJECT if self.openapi is None else object_shape(self.openapi)

    @cached_property
    def unknown_rules(self) -> tuple[str, ...]:
        """Rules of the schema that are not checked, each once."""
        return tuple(dict.fromkeys(unknown_rules(self.openapi or {})))

    def decoded(self, value: dict[str, Any], stored: Any = ABSENT) -> dict[str, Any]:
        """Return an object as the API server reads it, see ``structural.decoded``."""
        return value if self.openapi is None else decoded(self.openapi, value, stored)

    def defaulted(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return a stored object as the API server would send it."""
        if self.openapi is None:
            return value
        filled: dict[str, Any] = with_defaults(self.openapi, value)
        return filled

    def faults_of_new(self, value: Mapping[str, Any]) -> list[Fault]:
        """Judge a new object."""
        found = list(new_faults(value["metadata"]))
        if self.openapi is None:
            return found
        place = Correlated(self.openapi, value, ABSENT)
        found += schema_faults(self._validator, place)
        found += _replica_faults(self.replicas, value)
        found += duplicates(self.openapi, value)
        return found + _rule_faults(found, place)

    def faults_of_change(self, value: Mapping[str, Any], old: Mapping[str, Any]) -> list[Fault]:
        """Judge an object that is being changed; what did not change is forgiven.

        So is what the object lacked before, though a server would refuse it: files are written by
        people, who leave out what does not matter to them.
        """
        found = list(changed_faults(value["metadata"], old["metadata"]))
        if self.openapi is None:
            return found
        place = Correlated(self.openapi, value, old)
        wrong = list(schema_faults(self._validator, place))
        lacking = self._lacking(old) if wrong else frozenset()
        found += [fault for fault in wrong if fault not in lacking]
        found += _replica_faults(self.replicas, value)
        found += self._new_duplicates(value, old)
        return found if lacking else found + _rule_faults(found, place)

    def _lacking(self, old: Mapping[str, Any]) -> frozenset[Fault]:
        """What an object that was never judged lacks: required fields, perhaps its whole spec."""
        place = Correlated(self.openapi or {}, {"spec": {}, **old}, ABSENT)
        faults = schema_faults(self._validator, place)
        return frozenset(fault for fault in faults if fault.is_missing_field)

    def faults_of_status(self, value: Mapping[str, Any], old: Mapping[str, Any]) -> list[Fault]:
        """Judge an object whose status is being changed."""
        if self.openapi is None:
            return []
        status = (self.openapi.get("properties") or {}).get("status")
        found: list[Fault] = []
        if status is not None and "status" in value:
            place = Correlated(status, value["status"], old.get("status", ABSENT))
            found += schema_faults(self._status_validator, place, "status")
        found += _replica_faults(self.replicas[1:], value)
        found += self._new_duplicates(value, old)
        return found + _rule_faults(found, Correlated(self.openapi, value, old))

    def _new_duplicates(self, value: Mapping[str, Any], old: Mapping[str, Any]) -> list[Fault]:
        schema = self.openapi or {}
        found = list(duplicates(schema, value))
        return [] if found and any(duplicates(schema, old)) else found

    @cached_property
    def _validator(self) -> Validator:
        return make_validator(self.openapi or {})

    @cached_property
    def _status_validator(self) -> Validator:
        return make_validator((self.openapi or {})["properties"]["status"])


def object_schema(crd: Resource, kind: Kind) -> ObjectSchema:
    """Return what a CRD says about its objects, nothing of a version that it does not serve."""
    for version in crd.items("spec", "versions"):
        entry = Resource(crd.kind, version)
        if entry.text("name") == kind.version and entry.at("served") is True:
            names = ("specReplicasPath", "statusReplicasPath")
            paths = tuple(entry.text("subresources", "scale", name) for name in names)
            return ObjectSchema(
                kind,
                crd_schema(crd, kind),
                has_status=entry.at("subresources", "status") is not None,
                replicas=paths if all(paths) else (),
            )
    return unknown_schema(kind)


def unknown_schema(kind: Kind) -> ObjectSchema:
    """Return what is known of a kind without a CRD: only what the table of kinds says."""
    return ObjectSchema(kind, None, has_status=kind.has_status)


def _rule_faults(found: list[Fault], place: Correlated) -> list[Fault]:
    """What the rules say; of an object that is wrong in a more basic way they are not asked."""
    return [_UNCHECKED] if any(fault.is_blocking for fault in found) else rule_faults(place)


def _replica_faults(paths: tuple[str, ...], value: Any) -> list[Fault]:
    faults = []
    for path in paths:
        number = value
        for name in path.removeprefix(".").split("."):
            number = number.get(name) if isinstance(number, dict) else None
        if isinstance(number, int) and number < 0:
            faults.append(Fault(invalid(path, number, "should be a non-negative integer")))
        elif isinstance(number, int) and number > _MOST_REPLICAS:
            fact = f"should be less than or equal to {_MOST_REPLICAS}"
            faults.append(Fault(invalid(path, number, fact)))
    return faults
