"""A cluster behind an API server: the only module that imports the Kubernetes client.

Of the client we take its configuration and its connection pool, and leave everything that goes
wrong there: see ``docs/decisions/0002-kubernetes-client.md``.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from importlib.util import find_spec, module_from_spec
from typing import Any, Self

import urllib3

from dpfctl.cluster.answers import decode, refusal
from dpfctl.cluster.caller import Caller
from dpfctl.cluster.config import ClusterConfig
from dpfctl.cluster.credentials import Credentials
from dpfctl.cluster.crew import side_by_side
from dpfctl.cluster.faults import FaultError
from dpfctl.cluster.lines import Lines, plug
from dpfctl.cluster.paging import Query
from dpfctl.cluster.paths import collection_path, object_path
from dpfctl.cluster.patience import HOST_PATIENCE, Outage, Patience
from dpfctl.cluster.reading import Slim, read_list, read_lists, whole
from dpfctl.cluster.retries import READS
from dpfctl.cluster.sockets import Address
from dpfctl.cluster.tls import make_context
from dpfctl.cluster.transport import IN_FLIGHT, Answer, Request, Transport
from dpfctl.errors import LostAnswerError, NotFoundError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.cluster import FIELD_MANAGER, Batch, ServerInfo
from dpfctl.model.crd_schemas import crd_schema
from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource

JSON_TYPE = "application/json"
JSON_PATCH_TYPE = "application/json-patch+json"
MERGE_PATCH_TYPE = "application/merge-patch+json"
APPLY_TYPE = "application/apply-patch+yaml"  # JSON is YAML


@contextmanager
def _bare_package(name: str) -> Iterator[None]:
    """Import submodules of a package without running its ``__init__``.

    ``kubernetes/__init__`` loads the config loader, watch, stream and informers, of which we use
    nothing, for 0.2 s of every command. Afterwards a plain ``import kubernetes`` works as ever.
    """
    spec = find_spec(name)
    if name in sys.modules or spec is None:
        yield
        return
    sys.modules[name] = module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[name]


with _bare_package("kubernetes"):
    from kubernetes.client.configuration import Configuration
    from kubernetes.client.rest import RESTClientObject


def connect(
    config: ClusterConfig,
    label: str = "",
    patience: Patience = HOST_PATIENCE,
    check: Callable[[Address], None] | None = None,
) -> "KubeCluster":
    """Prepare a cluster. Nothing is sent yet, but a credential program may run.

    Args:
        config: Where and as whom.
        label: What messages call it, the config's label if empty.
        patience: How long to wait for what.
        check: Called with each address the server's name stands for; raises to refuse it.

    Raises:
        AccessError: The credentials or the certificate authority cannot be used.
    """
    opening = partial(_open_transport, config, patience, check)
    return KubeCluster(label or config.label, Caller(config, opening, patience), config, patience)


class KubeCluster:
    """The ``Cluster`` protocol over HTTPS."""

    def __init__(
        self, label: str, caller: Caller, config: ClusterConfig, patience: Patience
    ) -> None:
        self._label = label
        self._caller = caller
        self._config = config
        self._manager = FIELD_MANAGER
        self._lasting = Outage() if patience.remembers else None
        self._slim: Slim = whole

    @property
    def label(self) -> str:
        """What messages call this cluster."""
        return self._label

    @property
    def default_namespace(self) -> str:
        """The namespace of the kubeconfig's context, or of the pod we run in."""
        return self._config.namespace

    @property
    def in_flight(self) -> int:
        """As many as there are connections."""
        return IN_FLIGHT

    @property
    def warnings(self) -> tuple[str, ...]:
        """None: an API server judges a write by everything it has."""
        return ()

    @property
    def requests(self) -> int:
        """Requests that were sent so far."""
        return self._caller.sent

    @property
    def is_waiting(self) -> bool:
        """Whether a request is under way, or was left to itself."""
        return self._caller.is_waiting

    @property
    def clock(self) -> datetime | None:
        """The clock of the API server."""
        try:
            return parsedate_to_datetime(self._caller.date).astimezone(UTC)
        except ValueError:
            return None

    @property
    def config(self) -> ClusterConfig:
        """Where it is and who we are there."""
        return self._config

    def writing_as(self, manager: str) -> Self:
        """Return the same cluster, over the same connections, for another field manager."""
        other = copy(self)
        other._manager = manager
        return other

    def keeping(self, slim: Slim) -> Self:
        """Return the same cluster, over the same connections, where ``read`` keeps less."""
        other = copy(self)
        other._slim = slim
        return other

    def read(self, kinds: Iterable[Kind], namespace: str | None = None) -> Inventory:
        """LIST each kind once, eight at a time.

        Raises:
            AccessError: The cluster as a whole cannot be read.
        """
        return read_lists(self._caller, kinds, namespace, self._outage(), self._slim)

    def list(
        self, kind: Kind, namespace: str | None = None, selector: str = ""
    ) -> Sequence[Resource]:
        """LIST one kind, pages aside."""
        asked = ",".join(filter(None, (kind.selector, selector)))
        return read_list(self._caller, kind, namespace, asked, self._outage()).items

    def get(self, ref: Ref) -> Resource:
        """GET one object."""
        return Resource(ref.kind, self._json("GET", object_path(ref), ref))

    def create(self, kind: Kind, body: Mapping[str, Any], *, dry_run: bool = False) -> Resource:
        """POST an object."""
        ref = Resource(kind, body).ref
        path = collection_path(kind, ref.namespace if kind.namespaced else None)
        typed = {"apiVersion": kind.api_version, "kind": kind.name, **body}
        return Resource(kind, self._json("POST", path, ref, self._writing(dry_run), typed))

    def replace_status(
        self, kind: Kind, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> Resource:
        """PUT the status of an object."""
        ref = Resource(kind, body).ref
        path = f"{object_path(ref)}/status"
        return Resource(kind, self._json("PUT", path, ref, self._writing(dry_run), body))

    def apply(
        self, kind: Kind, body: Mapping[str, Any], *, force: bool = False, dry_run: bool = False
    ) -> Resource:
        """PATCH an apply configuration as our field manager."""
        ref = Resource(kind, body).ref
        typed = {"apiVersion": kind.api_version, "kind": kind.name, **body}
        query = (*self._writing(dry_run), ("force", "true" if force else "false"))
        return self._patched(ref, query, typed, APPLY_TYPE)

    def patch(
        self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, dry_run: bool = False
    ) -> Resource:
        """PATCH an object with JSON Patch operations."""
        return self._patched(ref, self._writing(dry_run), list(operations), JSON_PATCH_TYPE)

    def merge(self, ref: Ref, body: Mapping[str, Any], *, dry_run: bool = False) -> Resource:
        """PATCH an object with a merge patch."""
        return self._patched(ref, self._writing(dry_run), body, MERGE_PATCH_TYPE)

    def delete(self, ref: Ref, *, uid: str, version: str = "", dry_run: bool = False) -> None:
        """DELETE an object under the preconditions of its uid and version."""
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid, **({"resourceVersion": version} if version else {})},
            **({"dryRun": ["All"]} if dry_run else {}),
        }
        self._json("DELETE", object_path(ref), ref, (), options)

    def schemas(self, kinds: Iterable[Kind]) -> Mapping[Kind, Mapping[str, Any]]:
        """GET the CRD of each kind, side by side."""
        wanted = tuple(dict.fromkeys(kinds))
        found = side_by_side([partial(self._schema, kind) for kind in wanted], IN_FLIGHT)
        return {
            kind: schema for kind, schema in zip(wanted, found, strict=True) if schema is not None
        }

    def batch(self) -> AbstractContextManager[Batch]:
        """Do nothing: every write of an API server is final."""
        return nullcontext(_NoBatch())

    def server(self) -> ServerInfo:
        """GET ``/version`` and ``/apis``."""
        version, groups = side_by_side(
            [partial(self._json, "GET", path, path) for path in ("/version", "/apis")], 2
        )
        return ServerInfo(Resource(_NO_KIND, version).text("gitVersion"), _versions(groups))

    def request(
        self,
        method: str,
        path: str,
        subject: Kind | Ref | str,
        query: Query = (),
        body: Any = None,
        content_type: str = JSON_TYPE,
    ) -> Answer:
        """Send any request; whatever is not a success becomes an error.

        Args:
            method: HTTP method; only reads are repeated when an answer is lost.
            path: Below the server's URL.
            subject: What messages are about.
            query: Parameters.
            body: JSON value, None for no body.
            content_type: Of the body; a patch is nothing without it.

        Raises:
            DpfctlError: Any of those the ``Cluster`` protocol lists.
        """
        data = None if body is None else json.dumps(body, allow_nan=False).encode()
        request = Request(method, path, query, data, content_type if data is not None else "")
        answer = self._caller.ask(request, self._outage())
        if 200 <= answer.status < 300:
            return answer
        error = refusal(subject, self._caller.endpoint, answer)
        if method not in READS and answer.status >= 500 and isinstance(error, UnreachableError):
            raise LostAnswerError(error.message, error.hint)
        raise error

    def close(self) -> None:
        """Cut what is under way and give connections back."""
        self._caller.close()

    def _outage(self) -> Outage:
        return self._lasting or Outage()

    def _writing(self, dry_run: bool) -> Query:
        return (("fieldManager", self._manager), *((("dryRun", "All"),) if dry_run else ()))

    def _patched(self, ref: Ref, query: Query, body: Any, content_type: str) -> Resource:
        path = object_path(ref)
        return Resource(ref.kind, self._json("PATCH", path, ref, query, body, content_type))

    def _schema(self, kind: Kind) -> Mapping[str, Any] | None:
        try:
            crd = self.get(Ref(kinds.CUSTOM_RESOURCE_DEFINITION, "", kind.resource))
        except NotFoundError:
            return None
        return crd_schema(crd, kind)

    def _json(
        self,
        method: str,
        path: str,
        subject: Kind | Ref | str,
        query: Query = (),
        body: Any = None,
        content_type: str = JSON_TYPE,
    ) -> dict[str, Any]:
        answer = self.request(method, path, subject, query, body, content_type)
        try:
            return decode(answer)
        except FaultError as fault:
            raise self._caller.unreachable(fault, method=method) from fault


class _NoBatch:
    """Writes to an API server, each of which is final."""

    def discard(self) -> bool:
        return False


def _open_transport(
    config: ClusterConfig,
    patience: Patience,
    check: Callable[[Address], None] | None,
    credentials: Credentials,
) -> Transport:
    context = make_context(config, credentials) if config.server.scheme == "https" else None
    if config.skip_verify:
        # The user asked for it in the kubeconfig; once per connection is too often to say so.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    # Through a proxy it is the proxy that looks the name up and connects.
    lines = Lines(patience.limits.connect, None if config.proxy else check)
    manager = RESTClientObject(_configuration(config)).pool_manager
    plug(manager, lines, context)
    pool = manager.connection_from_url(config.server.url)
    via = str(config.proxy) if config.proxy else ""
    return Transport(pool, config.server.prefix, lines, patience.limits, via)


def _configuration(config: ClusterConfig) -> Any:
    """Describe the cluster to the client, with everything it would do by itself turned off."""
    wanted = Configuration(host=config.server.url)
    wanted.retries = False
    wanted.verify_ssl = not config.skip_verify
    wanted.tls_server_name = config.tls_server_name or None
    wanted.connection_pool_maxsize = IN_FLIGHT
    # The client would ask the environment again, without our exceptions.
    wanted.proxy = config.proxy.url if config.proxy else None
    wanted.no_proxy = None
    if config.proxy and config.proxy.login:
        wanted.proxy_headers = urllib3.make_headers(proxy_basic_auth=config.proxy.login)
    return wanted


def _versions(groups: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Read an ``APIGroupList``: group -> versions, the preferred one first."""
    found: dict[str, tuple[str, ...]] = {"": ("v1",)}
    for group in Resource(_NO_KIND, groups).items("groups"):
        entry = Resource(_NO_KIND, group)
        preferred = entry.text("preferredVersion", "version")
        served = (version.get("version") for version in entry.items("versions"))
        names = (preferred, *(name for name in served if isinstance(name, str)))
        found[entry.text("name")] = tuple(dict.fromkeys(name for name in names if name))
    return found


_NO_KIND = Kind("", "", "")
