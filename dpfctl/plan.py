"""What a command is going to do, as a value: shown, previewed or applied, always the same one.

A plan is made before anything is written and says everything about what follows: a wrong name among
ten leaves nothing half done, and a dry run shows exactly what a real run sends. Planners are pure
functions in the chapters (``marks``, ``zones``); ``dpfctl.apply`` is the only one to carry a plan
out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dpfctl.apiserver.foretelling import foretold
from dpfctl.model.cluster import FIELD_MANAGER, HOST, ClusterName
from dpfctl.model.resources import Ref, Resource

Operation = Mapping[str, Any]
"""One operation of a JSON Patch (RFC 6902)."""

VERSION_PATH = "/metadata/resourceVersion"


class Action(StrEnum):
    """How one object is changed."""

    NONE = "none"
    """It is as wanted already."""
    PATCH = "patch"
    """Compare-and-swap of an object that was read."""
    APPLY = "apply"
    """Server-side apply, which creates what is absent."""
    DELETE = "delete"
    STATUS = "status"
    """Compare-and-swap of the status of an object that was read."""
    INSTALL = "install"
    """Installation or upgrade of a Helm release."""
    UNINSTALL = "uninstall"
    """Removal of a Helm release."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of one object.

    Attributes:
        ref: The object.
        action: How it is changed.
        done: Past participle for the result line: ``suspended``, ``labeled``, ``created``.
        before: The object as it was read, None if there is none.
        after: For ``PATCH``, ``STATUS`` and ``NONE`` the whole object as wanted, for ``APPLY`` the
            configuration of ours, for ``INSTALL`` the release as wanted, else empty.
        reasons: Why, one sentence each; may be empty.
        stage: Changes of a stage may be made side by side; each stage follows the one before it.
        force: Whether ``APPLY`` takes fields from other managers.
        cluster: The cluster that holds the object.
        manager: Field manager in whose name it is written.
        gives: What later changes need this one for, as a name; empty if nothing is said.
        needs: Names of what earlier stages must have given. A change is left alone if anything
            that gives one of them failed; None asks for all earlier stages without a failure.
    """

    ref: Ref
    action: Action
    done: str
    before: Resource | None = field(repr=False)
    after: Mapping[str, Any] = field(default_factory=dict, repr=False)
    reasons: tuple[str, ...] = ()
    stage: int = 0
    force: bool = False
    cluster: ClusterName = HOST
    manager: str = FIELD_MANAGER
    gives: str = ""
    needs: tuple[str, ...] | None = None

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The JSON Patch of a ``PATCH``, empty if nothing differs.

        The first operation puts the version that was read in its own place, so that the API server
        answers 409 when the object has moved; a failing ``test`` would only be a generic 422, as is
        an operation that does not fit the object any more.
        """
        import jsonpatch

        if self.action is not Action.PATCH or self.before is None:
            return ()
        found = jsonpatch.make_patch(dict(self.before.raw), dict(self.after)).patch
        version = {"op": "replace", "path": VERSION_PATH, "value": self.before.resource_version}
        return (version, *found) if found else ()

    @property
    def preconditions(self) -> Mapping[str, str]:
        """Its uid and resourceVersion, which must not change; empty for a new object."""
        if self.before is None:
            return {}
        found = {"uid": self.before.uid, "resourceVersion": self.before.resource_version}
        return {name: value for name, value in found.items() if value}


def expected(change: Change) -> Mapping[str, Any] | None:
    """Return the object as a change probably leaves it, None if it is deleted.

    What server-side apply makes of a configuration is only known to the server; here its fields
    stand over those that are there, and what the manager alone had applied before is gone.
    """
    match change.action:
        case Action.DELETE | Action.UNINSTALL:
            return None
        case Action.APPLY:
            before = change.before.raw if change.before else {}
            return {**foretold(before, change.after, change.manager), **_typed(change)}
        case _:
            return change.after


def _typed(change: Change) -> Mapping[str, Any]:
    kind = change.ref.kind
    return {"apiVersion": kind.api_version, "kind": kind.name}


Replan = Callable[[Change, Resource | None], Change]
"""Plans a change anew on the object as it is now, None if it is gone.

It raises a ``DpfctlError`` if the change may no longer be made.
"""


@dataclass(frozen=True, slots=True)
class Impact:
    """Something outside of the changed object that the change touches.

    Attributes:
        target: The changed object.
        what: Plural noun with its verb's object: ``Applications to be held``, ``host nodes``.
        names: What is touched, in order; empty if nothing is.
        is_known: Whether it could be found out; if not, ``names`` is empty and ``note`` says why.
        note: A remark, may be empty.
    """

    target: Ref
    what: str
    names: tuple[str, ...] = ()
    is_known: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command is going to do.

    Attributes:
        command: The command's words: ``suspend``, ``zone apply``.
        changes: One per target, by stage, then (kind rank, namespace, name). A target that is as
            wanted has the action ``NONE``.
        warnings: What the user should know before; each starts with ``kind/[namespace/]name``.
        impacts: The blast radius, by target.
    """

    command: str
    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()
    impacts: tuple[Impact, ...] = ()

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that lead to a write."""
        return tuple(change for change in self.changes if change.action is not Action.NONE)
