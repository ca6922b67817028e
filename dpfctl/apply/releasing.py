"""Releases installed and removed by Helm, in whatever cluster a change names."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dpfctl.cluster.kube import KubeCluster
from dpfctl.cluster.kubeconfig_text import kubeconfig_text
from dpfctl.errors import (
    ConflictError,
    DpfctlError,
    ExitCode,
    InputError,
    LostAnswerError,
)
from dpfctl.helm.releases import Helm
from dpfctl.helm.repositories import RepositoryCredentials, repository_credentials
from dpfctl.model import kinds, labels
from dpfctl.model.cluster import ClusterName
from dpfctl.model.release_manifests import manifest_changes
from dpfctl.model.release_objects import release_of, release_resource
from dpfctl.model.release_secrets import PENDING, read_releases, unlocked
from dpfctl.model.release_states import UNINSTALLING, ReleaseState, judge_archive
from dpfctl.model.releases import Release, StoredRelease, inputs_digest, read_description
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Change


class UnfinishedError(DpfctlError):
    """A run of Helm was cut short; what it stored says how far it came."""

    exit_code = ExitCode.ACCESS


@dataclass(frozen=True, slots=True)
class HelmReleaser:
    """Carries out changes of releases; keeps ``Releaser``.

    Attributes:
        open_helm: Finds Helm and starts its run; called once, when the first change needs it.
        ways: The clusters, the host cluster among them.
        repositories: Secrets with the logins of chart repositories.
        seconds: Longest time for one release.
        authorities: Host name -> certificates as PEM that may sign a repository's.
        login: A login that counts for every repository, None for those of the Secrets.
        adopts: Whether objects of others are taken over.
        forces: Whether fields are taken from other managers.
        slots: Helm processes at a time.
    """

    open_helm: Callable[[], Helm]
    ways: Mapping[ClusterName, KubeCluster | DpfctlError]
    repositories: tuple[Resource, ...] = field(default=(), repr=False)
    authorities: Mapping[str, str] = field(default_factory=dict)
    login: RepositoryCredentials | None = None
    seconds: float = 300.0
    adopts: bool = False
    forces: bool = False
    slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(4))

    def install(self, change: Change, *, dry_run: bool) -> Resource:
        """Install or upgrade a release.

        Returns:
            The release as it is then. One that need not be changed after all, since its chart is
            the same archive as before, comes back as it was. For a dry run the release as wanted;
            ``spec.objects`` says what would become of its objects, one line for each.

        Raises:
            ConflictError: Somebody else has made a release of that name since it was judged, or
                another run of Helm is at work on it.
        """
        cluster = self._way(change)
        wanted = release_of(change.after)
        with self.slots:
            helm = self.open_helm()
            archive = helm.fetch(wanted.chart, self._login_of(wanted.chart.repo_url))
            stored = _stored(cluster, wanted.ref)
            self._check_owner(wanted, stored)
            if stored and _is_same(wanted, stored) and _is_of(stored, archive.sha256):
                return release_resource(stored)
            config = kubeconfig_text(cluster.config)
            if not dry_run:
                self._clear(change, cluster, stored, helm, config)
            with _once():
                manifest = helm.upgrade(
                    wanted,
                    archive,
                    config,
                    timeout=self.seconds,
                    take_ownership=self.adopts,
                    force_conflicts=self.forces,
                    dry_run=dry_run,
                )
        if dry_run:
            return _foreseen(change, stored, manifest or "")
        after = _stored(cluster, wanted.ref)
        if after is None:
            raise ConflictError(f"{wanted.ref}: was removed as soon as it was installed")
        return release_resource(after)

    def uninstall(self, change: Change, *, dry_run: bool) -> None:
        """Remove a release with all of its objects; one that is gone already is fine.

        Raises:
            ConflictError: It is another one, or another revision, than was judged.
        """
        cluster = self._way(change)
        stored = _stored(cluster, change.ref)
        if stored is None:
            return
        if not _is_as_judged(stored, change):
            raise ConflictError(f"{change.ref}: has changed since it was to be removed", _AGAIN)
        if dry_run:
            return
        with self.slots, _once():
            config = kubeconfig_text(cluster.config)
            self.open_helm().uninstall(change.ref.name, change.ref.namespace, config, self.seconds)

    def _check_owner(self, wanted: Release, stored: StoredRelease | None) -> None:
        if stored is None or self.adopts:
            return
        if any(stored.labels.get(mark) != wanted.labels.get(mark) for mark in _OWNER):
            fact = "somebody else has installed it meanwhile"
            raise ConflictError(f"{wanted.ref}: {fact}", "--adopt takes it over")

    def _login_of(self, repo_url: str) -> RepositoryCredentials | None:
        found = repository_credentials(self.repositories, repo_url, self.authorities)
        return self.login or found

    def _clear(
        self,
        change: Change,
        cluster: KubeCluster,
        stored: StoredRelease | None,
        helm: Helm,
        config: str,
    ) -> None:
        """Bring a release into a state from which Helm goes on.

        Raises:
            ConflictError: Another run of Helm has begun since the release was judged.
        """
        if stored is None:
            return
        if stored.status in PENDING:
            _check_run(change, stored)
            cluster.merge(stored.secret.ref, _unlocking(stored.secret))
        elif stored.status == UNINSTALLING:
            _check_run(change, stored)
            helm.uninstall(stored.name, stored.namespace, config, self.seconds)

    def _way(self, change: Change) -> KubeCluster:
        way = self.ways.get(change.cluster)
        if isinstance(way, DpfctlError):
            raise way
        if way is None:
            raise InputError(f"{change.ref}: Helm needs a cluster, not a fleet file")
        return way


@contextmanager
def _once() -> Iterator[None]:
    """Run Helm once, however it ends: the next pass goes on from what it stored.

    As a lost answer its end would be settled by reading an object, and Helm be run again and again.
    """
    try:
        yield
    except LostAnswerError as error:
        raise UnfinishedError(error.message, error.hint) from error


def _stored(cluster: KubeCluster, ref: Ref) -> StoredRelease | None:
    """Read the newest revision of one release."""
    secrets = cluster.list(kinds.RELEASE_SECRET, ref.namespace, f"name={ref.name}")
    return read_releases(secrets).get((ref.namespace, ref.name))


def _check_run(change: Change, stored: StoredRelease) -> None:
    """See to it that a run of Helm that left a release unfinished is the one that was judged."""
    if not _is_as_judged(stored, change):
        raise ConflictError(f"{change.ref}: another run of Helm has begun meanwhile", _AGAIN)


def _is_as_judged(stored: StoredRelease, change: Change) -> bool:
    """Whether a release is the one that a change was planned on: revision, state and labels."""
    now, before = release_resource(stored), change.before
    return before is not None and all(now.at(*path) == before.at(*path) for path in _JUDGED)


def _foreseen(change: Change, stored: StoredRelease | None, manifest: str) -> Resource:
    changes = manifest_changes(stored.manifest if stored else "", manifest)
    told = {"objects": list(changes)} if changes else {}
    return Resource(kinds.RELEASE, {**change.after, "spec": {**change.after["spec"], **told}})


def _is_same(wanted: Release, stored: StoredRelease) -> bool:
    told = read_description(stored.description)
    is_deployed = stored.status == "deployed"
    return is_deployed and told is not None and told.inputs == inputs_digest(wanted)


def _is_of(stored: StoredRelease, sha256: str) -> bool:
    return judge_archive(stored, sha256).state is ReleaseState.UNCHANGED


def _unlocking(secret: Resource) -> dict[str, Any]:
    """The merge patch that unlocks a revision, if nobody else has written it meanwhile."""
    after = unlocked(secret)
    return {
        "metadata": {
            "resourceVersion": secret.resource_version,
            "labels": after["metadata"]["labels"],
        },
        "data": {"release": after["data"]["release"]},
    }


_OWNER = (labels.DPU_SERVICE_NAME, labels.DPU_SERVICE_NAMESPACE)
_JUDGED = (("metadata", "resourceVersion"), ("metadata", "labels"), ("status", "status"))
_AGAIN = "run the command again"
