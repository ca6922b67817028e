"""A raw JSON client for tests: what goes over the wire is what the test wrote.

Keep-alive over at most eight connections, no retries, no models, no opinion on any status code.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import urllib3

Json = dict[str, Any]
Given = TypeVar("Given")
Made = TypeVar("Made")

CONNECTIONS = 8
TIMEOUT = 60.0

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"  # JSON is YAML
FIELD_MANAGER = "controlplane"

_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class ApiError(RuntimeError):
    """The server refused; ``answer`` is what it said."""

    def __init__(self, request: str, answer: "Answer") -> None:
        super().__init__(f"{request}: {answer.status} {answer.message()}")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Answer:
    """Status code and body of a response."""

    status: int
    body: bytes

    def json(self) -> Json:
        """The body as an object."""
        decoded: Json = json.loads(self.body)
        return decoded

    def message(self) -> str:
        """What a ``Status`` says, else the body."""
        try:
            return str(self.json()["message"])
        except (ValueError, KeyError, TypeError):
            return self.body.decode(errors="replace").strip()


@dataclass(frozen=True, slots=True)
class ServedKind:
    """A resource that the server serves, as its discovery tells."""

    api_version: str
    kind: str
    plural: str
    is_namespaced: bool
    verbs: frozenset[str]
    subresources: frozenset[str]

    def path(self, namespace: str | None = None, name: str | None = None, sub: str = "") -> str:
        """The path of the collection, or of one object, or of its subresource.

        Args:
            namespace: None for cluster-scoped objects and for lists over all namespaces.
            name: Object in the collection.
            sub: ``status``, for example.
        """
        root = "/apis" if "/" in self.api_version else "/api"
        inside = f"/namespaces/{namespace}" if namespace and self.is_namespaced else ""
        tail = "".join(f"/{part}" for part in (name, sub) if part)
        return f"{root}/{self.api_version}{inside}/{self.plural}{tail}"


class Api:
    """One user's connections to one API server; close it when done."""

    def __init__(self, url: str, ca_file: Path, token: str) -> None:
        address = urllib3.util.parse_url(url)
        self._pool = urllib3.HTTPSConnectionPool(
            address.host or "",
            address.port,
            ca_certs=str(ca_file),
            headers={"Authorization": f"Bearer {token}", "Accept": JSON},
            maxsize=CONNECTIONS,
            block=True,
            retries=False,
            timeout=TIMEOUT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        content_type: str = JSON,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request.

        Args:
            method: HTTP method.
            path: Path below the server's address.
            body: Sent as JSON unless None.
            content_type: Of the body.
            query: Parameters added to the path.
            headers: Sent besides or instead of our own.

        Returns:
            The answer, whatever its status.
        """
        response = self._pool.request(
            method,
            f"{path}?{urlencode(query)}" if query else path,
            body=None if body is None else json.dumps(body).encode(),
            headers={**self._pool.headers, "Content-Type": content_type, **(headers or {})},
        )
        return Answer(response.status, response.data)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        content_type: str = JSON,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """Send one request that must succeed, and return its JSON.

        Raises:
            ApiError: The status is 400 or more.
        """
        answer = self.request(method, path, body, content_type, query, headers)
        if answer.status >= 400:
            raise ApiError(f"{method} {path}", answer)
        return answer.json()

    def items(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> list[Json]:
        """All items of a collection, none when the server does not know it."""
        answer = self.request("GET", path, query=query, headers=headers)
        if answer.status == 404:
            return []
        if answer.status >= 400:
            raise ApiError(f"GET {path}", answer)
        items: list[Json] | None = answer.json()["items"]
        return items or []  # null in a list of bare metadata

    def apply(self, path: str, body: Json) -> Json:
        """Server-side apply one object, taking over what others own."""
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return self.call("PATCH", path, body, APPLY_PATCH, query)

    def served_kinds(self) -> dict[tuple[str, str], ServedKind]:
        """Everything the server serves now, by (apiVersion, kind)."""
        kinds = {}
        for root in ("/api", "/apis"):
            for group in self.call("GET", root, headers={"Accept": _DISCOVERY})["items"]:
                for served in _kinds_of(group):
                    kinds[served.api_version, served.kind] = served
        return kinds


def _kinds_of(group: Json) -> Iterable[ServedKind]:
    name = group.get("metadata", {}).get("name", "")
    for version in group["versions"]:
        api_version = f"{name}/{version['version']}" if name else version["version"]
        for resource in version.get("resources", ()):
            yield ServedKind(
                api_version=api_version,
                kind=resource["responseKind"]["kind"],
                plural=resource["resource"],
                is_namespaced=resource["scope"] == "Namespaced",
                verbs=frozenset(resource["verbs"]),
                subresources=frozenset(s["subresource"] for s in resource.get("subresources", ())),
            )


def at_once(work: Callable[[Given], Made], given: Iterable[Given]) -> list[Made]:
    """Do the work for each, eight at a time, and return the results in the given order."""
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        return list(threads.map(work, given))
