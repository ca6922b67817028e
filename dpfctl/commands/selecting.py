"""From the targets of a command line to the objects that are there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dpfctl.errors import DpfctlError, InputError, NotFoundError

if TYPE_CHECKING:
    from dpfctl.model.cluster import Cluster
    from dpfctl.model.kinds import Kind
    from dpfctl.model.resources import Ref, Resource
    from dpfctl.model.targets import Selection

OPERATOR_NAMESPACE = "dpf-operator-system"


@dataclass(frozen=True, slots=True)
class Words:
    """The targets as they were typed.

    Attributes:
        names: Names, in order.
        selector: Text of ``-l``, None if it was not given.
        is_all: Whether ``--all`` was given.
        namespace: Text of ``-n``, None if it was not given.
        is_everywhere: Whether ``-A`` was given.
    """

    names: Sequence[str]
    selector: str | None
    is_all: bool
    namespace: str | None
    is_everywhere: bool

    @property
    def is_given(self) -> bool:
        """Whether anything says which objects are meant."""
        return bool(self.names) or self.selector is not None or self.is_all


def select(verb: str, kind: "Kind", words: Words, cluster: "Cluster") -> "Selection":
    """Read the targets of a command line; without ``-n`` the context's namespace counts.

    Raises:
        InputError: The words do not say what is meant.
    """
    from dpfctl.model.targets import parse_selection

    if words.is_everywhere and words.namespace:
        raise InputError("--all-namespaces: cannot be used together with --namespace")
    return parse_selection(
        verb,
        kind,
        words.names,
        selector=words.selector,
        is_all=words.is_all,
        namespace=None if words.is_everywhere else namespace_of(words.namespace, cluster),
    )


def namespace_of(given: str | None, cluster: "Cluster") -> str:
    """Return ``-n``, else the context's namespace, else that of the DPF operator."""
    return given or cluster.default_namespace or OPERATOR_NAMESPACE


def read_targets(cluster: "Cluster", selection: "Selection") -> "tuple[Resource, ...]":
    """LIST the kind in the selection's scope, once, and return the objects that are meant.

    Raises:
        NotFoundError: A name is not there. All namespaces are looked through for a hint.
        InputError: A name stands for several objects.
    """
    from dpfctl.model.targets import missing, pick, suggestion

    found = cluster.list(selection.kind, selection.scope)
    try:
        return pick(selection, found)
    except NotFoundError as failure:
        if failure.hint or selection.scope is None:
            raise
        name = missing(selection, found)[0]
        space = name.namespace or selection.namespace
        everywhere = _refs_everywhere(cluster, selection.kind)
        raise NotFoundError(failure.message, suggestion(name, space, everywhere)) from None


def _refs_everywhere(cluster: "Cluster", kind: "Kind") -> "list[Ref]":
    try:
        return [resource.ref for resource in cluster.list(kind)]
    except DpfctlError:
        return []  # whoever may read one namespace only gets no hint
