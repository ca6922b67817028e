"""The roles of ``docs/examples``, and robots that have exactly the rights these give.

A robot is a service account of its own with bindings of its own, so nothing has to be taken away
from somebody who works already, and one test does not see the rights of another one.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import NamedTuple

import yaml

from tests.builders import NS
from tests.cluster.sites import wait_until
from tests.contract.generated import ROOT
from tests.controlplane.api import Json
from tests.controlplane.audit import Recording
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.passes.objects import WHERE

EXAMPLES = ROOT / "docs" / "examples"
FILES = sorted(path.name for path in EXAMPLES.glob("rbac-*.yaml"))
CLUSTERS = "dpu-cplane"
"""Namespace of the DPUClusters in the examples."""

RBAC = "rbac.authorization.k8s.io"
_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_ROLES = ("ClusterRole", "Role")
_FORBIDDEN = 403
_NUMBERS = count(1)


class Right(NamedTuple):
    """One verb of one rule of a role.

    Attributes:
        role: Name of the role.
        rule: Its position in the role, from 0.
        verb: What it allows.
        resources: Upon what; subresources as ``dpus/status``.
        names: Names of the only objects that it is about, empty for all.
    """

    role: str
    rule: int
    verb: str
    resources: tuple[str, ...]
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.verb} {','.join(self.resources)} of {self.role} {self.rule}"

    @property
    def refusals(self) -> list[str]:
        """What an API server says to somebody who lacks it."""
        return [f'cannot {self.verb} resource "{resource}"' for resource in self.resources]


@dataclass(frozen=True, slots=True)
class Example:
    """The documents of one file."""

    documents: tuple[Json, ...]

    @property
    def roles(self) -> tuple[Json, ...]:
        """Its Roles and ClusterRoles."""
        return tuple(one for one in self.documents if one["kind"] in _ROLES)

    @property
    def bindings(self) -> tuple[Json, ...]:
        """What binds them."""
        return tuple(one for one in self.documents if one["kind"].endswith("Binding"))

    def only(self, *roles: str) -> "Example":
        """Some of its roles, and no bindings."""
        return Example(tuple(one for one in self.roles if one["metadata"]["name"] in roles))

    def but(self, role: str) -> "Example":
        """The same without one role and what binds it."""
        left = (one for one in self.documents if _role_of(one) != role)
        return Example(tuple(left))

    def rights(self) -> Iterator[Right]:
        """Yield every verb of every rule."""
        for role in self.roles:
            for number, rule in enumerate(role["rules"]):
                resources = tuple(rule["resources"])
                names = tuple(rule.get("resourceNames", ()))
                for verb in rule["verbs"]:
                    yield Right(role["metadata"]["name"], number, verb, resources, names)

    def without(self, right: Right) -> "Example":
        """The same without one right."""
        changed = Example(copy.deepcopy(self.documents))
        for role in changed.only(right.role).roles:
            role["rules"][right.rule]["verbs"].remove(right.verb)
            role["rules"] = [rule for rule in role["rules"] if rule["verbs"]]
        return changed


def example(name: str) -> Example:
    """Read one file, with the DPUClusters in the namespace where the tests have them."""
    text = (EXAMPLES / name).read_text(encoding="utf-8").replace(CLUSTERS, WHERE)
    return Example(tuple(yaml.safe_load_all(text)))


@dataclass(frozen=True, slots=True)
class Robot:
    """A service account.

    Attributes:
        user: Its name as the API server calls it.
        token: With which it is let in.
    """

    user: str
    token: str


def make_robot(cluster: ControlPlane, rights: Example) -> Robot:
    """Create a service account that may do what an example allows.

    Args:
        cluster: Where.
        rights: Roles and bindings; without bindings the roles count in the whole cluster.
    """
    mark = f"-{next(_NUMBERS)}"
    account = {"kind": "ServiceAccount", "name": f"robot{mark}", "namespace": NS}
    bindings = rights.bindings or tuple(_binding(role) for role in rights.roles)
    roles = [_renamed(role, mark) for role in rights.roles]
    bound = [{**_renamed(one, mark), "subjects": [account]} for one in bindings]
    metadata = {"name": account["name"], "namespace": NS}
    robot = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    apply_objects(cluster, [robot, *roles, *bound])
    for binding in bound:
        (role,) = (one for one in roles if one["metadata"]["name"] == binding["roleRef"]["name"])
        for rule in role["rules"][-1:]:
            wait_until(partial(_may, cluster, account["name"], rule, binding))
    path = f"/api/v1/namespaces/{NS}/serviceaccounts/{account['name']}/token"
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = cluster.api.call("POST", path, asked)["status"]["token"]
    return Robot(f"system:serviceaccount:{NS}:{account['name']}", token)


def refused(recording: Recording) -> set[tuple[str, str]]:
    """Verb and resource of each request that was forbidden."""
    return {
        (event["verb"], event["objectRef"]["resource"])
        for event in recording.events
        if event["responseStatus"]["code"] == _FORBIDDEN
    }


def _role_of(document: Json) -> str:
    """The name of a role itself, or of the one that is bound."""
    name: str = document["roleRef" if "roleRef" in document else "metadata"]["name"]
    return name


def _renamed(document: Json, mark: str) -> Json:
    """A role or binding under a name of the test's own."""
    renamed = copy.deepcopy(document)
    renamed["metadata"]["name"] += mark
    if "roleRef" in renamed:
        renamed["roleRef"]["name"] += mark
    return renamed


def _binding(role: Json) -> Json:
    name = role["metadata"]["name"]
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
    }


def _may(cluster: ControlPlane, robot: str, rule: Json, binding: Json) -> bool:
    """Whether the API server has come to know of a rule and its binding."""
    resource, _, sub = rule["resources"][0].partition("/")
    asked = {
        "namespace": binding["metadata"].get("namespace", ""),
        "group": rule["apiGroups"][0],
        "resource": resource,
        "subresource": sub,
        "name": rule.get("resourceNames", [""])[0],
        "verb": rule["verbs"][0],
    }
    spec = {"user": f"system:serviceaccount:{NS}:{robot}", "resourceAttributes": asked}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    return bool(cluster.api.call("POST", _REVIEWS, review)["status"]["allowed"])
