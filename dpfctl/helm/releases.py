"""Install, upgrade and remove releases.

Helm does not wait until pods are ready: it would ask for more rights than it needs, and it knows
less about DaemonSets of DPUs than we do. Hooks are waited for, as they are part of the release.
"""

import json
import threading
from collections.abc import Mapping
from typing import Self

from dpfctl.errors import DpfctlError, RejectedError
from dpfctl.helm.archives import Archive
from dpfctl.helm.binary import SUPPORTED, Version, ask_version, find_helm, warning_about
from dpfctl.helm.charts import Charts
from dpfctl.helm.failures import release_failure
from dpfctl.helm.repositories import RepositoryCredentials
from dpfctl.helm.runner import Finished, Runner
from dpfctl.model import kinds
from dpfctl.model.releases import Chart, Release, description_of
from dpfctl.model.resources import Ref

TIMEOUT = 300.0
"""Seconds that Helm gives each operation on the cluster."""

SLACK = 60.0
"""Seconds beyond that until a process is ended: what Helm does besides has no limit of its own."""

HISTORY = 5
"""Revisions that are kept."""


def open_helm(environ: Mapping[str, str], stop: threading.Event | None = None) -> "Helm":
    """Find helm and make ready for one run, for the caller to close.

    Args:
        environ: Our own environment; ``PATH`` and proxies are taken from it.
        stop: Ends everything at once when it is set.

    Raises:
        NotFoundError: There is no helm.
        DpfctlError: It is too old, or does not work.
    """
    runner = Runner(find_helm(environ), environ, stop)
    try:
        return Helm(runner, ask_version(runner))
    except BaseException:
        runner.close()
        raise


class Helm:
    """What can be done with Helm in one run, from any number of threads at once.

    The caller sees to it that no two threads work on one release of one cluster.

    Attributes:
        version: Of the helm that is used.
        warning: What to tell the user about that version, may be empty.
    """

    def __init__(self, runner: Runner, version: Version) -> None:
        self.version = version
        self.warning = warning_about(version)
        self._runner = runner
        self._charts = Charts(runner)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End what still runs and remove all files; twice is the same as once."""
        self._runner.close()

    def fetch(self, chart: Chart, credentials: RepositoryCredentials | None = None) -> Archive:
        """Return a chart's archive; see ``Charts.fetch``."""
        return self._charts.fetch(chart, credentials)

    def upgrade(
        self,
        release: Release,
        archive: Archive,
        kubeconfig: str,
        *,
        timeout: float = TIMEOUT,
        take_ownership: bool = False,
        force_conflicts: bool = False,
        dry_run: bool = False,
    ) -> str | None:
        """Install a release, or upgrade the one that is there, from exactly these values.

        Args:
            release: What is wanted; its namespace must exist.
            archive: Its chart.
            kubeconfig: Text of a kubeconfig of the cluster.
            timeout: Seconds for each operation on the cluster, hooks included.
            take_ownership: Whether objects of others with the same names become the release's own.
            force_conflicts: Whether fields are taken from other managers.
            dry_run: Whether the server is asked and nothing is stored.

        Returns:
            For a dry run the manifest with the data of Secrets hidden, else None.

        Raises:
            AccessError: The cluster does not answer, or refuses the credentials or the right.
            LostAnswerError: We ended Helm, or the cluster stopped answering in the middle.
            ConflictError: Another run of Helm holds the release, an object is not its own, or a
                field belongs to another manager.
            RejectedError: The chart cannot be rendered, or the cluster does not take its objects.
        """
        description = description_of(release, archive.sha256)
        words = ["upgrade", "--install", "--reset-values", "--values=-"]
        words += [f"--history-max={HISTORY}", f"--description={description}"]
        if release.labels:
            words += [f"--labels={','.join(f'{k}={v}' for k, v in release.labels.items())}"]
        if take_ownership:
            words += ["--take-ownership"]
        if force_conflicts:
            words += self._forced(release.ref)
        if dry_run:
            words += ["--dry-run=server", "--hide-secret", "--output=json"]
        values = json.dumps(release.values).encode()
        rest = ["--", release.name, str(archive.path)]
        done = self._run(words, rest, release.ref, kubeconfig, timeout, feed=values)
        if not done.is_good:
            raise release_failure(release.ref, done, is_write=not dry_run)
        return _manifest(release.ref, done) if dry_run else None

    def uninstall(
        self, name: str, namespace: str, kubeconfig: str, timeout: float = TIMEOUT
    ) -> None:
        """Remove a release and wait until its objects are gone; one that is absent is fine.

        CRDs that came with the chart stay.

        Raises:
            AccessError: The cluster does not answer, or refuses the credentials or the right.
            LostAnswerError: We ended Helm, or the cluster stopped answering in the middle.
            RejectedError: An object cannot be removed, or not in time.
        """
        ref = Ref(kinds.RELEASE, namespace, name)
        words = ["uninstall", "--ignore-not-found", "--wait"]
        done = self._run(words, ["--", name], ref, kubeconfig, timeout)
        if not done.is_good:
            raise release_failure(ref, done)

    def _forced(self, ref: Ref) -> list[str]:
        if self.version[0] < SUPPORTED:
            fact = "only Helm 4 can take fields from other managers"
            raise DpfctlError(f"{ref}: {fact}", f"install Helm {SUPPORTED}")
        # One without the other fails on releases that Helm 3 made.
        return ["--server-side=true", "--force-conflicts"]

    def _run(
        self,
        words: list[str],
        rest: list[str],
        ref: Ref,
        kubeconfig: str,
        timeout: float,
        feed: bytes | None = None,
    ) -> Finished:
        with self._runner.file(kubeconfig.encode()) as file:
            way = [f"--kubeconfig={file.path}", f"--namespace={ref.namespace}"]
            limits = [f"--timeout={max(1, round(timeout))}s"]
            all_words = [*words, *way, *limits, *rest]
            return self._runner.run(all_words, timeout + SLACK, files=(file,), feed=feed)


def _manifest(ref: Ref, done: Finished) -> str:
    try:
        manifest = json.loads(done.stdout)["manifest"]
    except (ValueError, LookupError, TypeError, RecursionError):
        fact = "was larger than can be shown" if done.is_cut else "cannot be read"
        raise RejectedError(f"{ref}: the answer to its dry run {fact}") from None
    return str(manifest)
