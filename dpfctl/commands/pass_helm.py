"""Helm in a pass: found before anything is written, opened once, ended with the pass."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dpfctl.commands.pass_options import HelmOptions
from dpfctl.commands.pass_reading import Site
from dpfctl.errors import DpfctlError, InputError, NotFoundError
from dpfctl.model.dry_run import DryRun
from dpfctl.session import Session

if TYPE_CHECKING:
    from dpfctl.apply import Places, Releaser
    from dpfctl.helm.releases import Helm
    from dpfctl.plan import Plan
    from dpfctl.reconcile.world import World


@dataclass(slots=True)
class HelmRun:
    """Helm for the time of one pass.

    Attributes:
        session: The outside world.
        options: How it is run.
    """

    session: Session
    options: HelmOptions
    _opened: "Helm | None" = None
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _trusted: "Mapping[str, str] | None" = None

    def stop(self) -> None:
        """Have what runs end, without waiting for that; nothing more is begun."""
        self._stop.set()

    def close(self) -> None:
        """End what still runs, and remove all files."""
        if self._opened is not None:
            self._opened.close()

    def places(self, site: Site, world: "World", plan: "Plan", dry_run: DryRun) -> "Places":
        """Return where a plan is carried out; Helm is found now, if the plan needs it.

        Raises:
            InputError: Helm is to deploy, and there is a fleet file in place of clusters.
            NotFoundError: It needs Helm, and there is none.
            DpfctlError: Helm is too old, or does not work.
        """
        from dpfctl.apply import Places
        from dpfctl.plan import Action
        from dpfctl.reconcile.world import Engine

        if site.is_file and world.engine is Engine.HELM and dry_run is not DryRun.CLIENT:
            raise InputError(
                "--engine helm: cannot be used together with --from",
                "a fleet file shows what Helm would do with --dry-run=client",
            )
        needs = any(c.action in (Action.INSTALL, Action.UNINSTALL) for c in plan.pending)
        if not needs or dry_run is DryRun.CLIENT:
            return Places(site.host, site.ways)
        self._open()
        return Places(site.host, site.ways, self._releaser(site, world))

    def _releaser(self, site: Site, world: "World") -> "Releaser":
        from dpfctl.apply.releasing import HelmReleaser
        from dpfctl.cluster.kube import KubeCluster
        from dpfctl.model import kinds
        from dpfctl.model.cluster import HOST

        every = {HOST: site.host, **site.ways}
        ways = {
            name: way for name, way in every.items() if isinstance(way, (KubeCluster, DpfctlError))
        }
        return HelmReleaser(
            open_helm=self._open,
            ways=ways,
            repositories=world.host.list(kinds.REPOSITORY_SECRET),
            authorities=self._authorities(site, world),
            login=self.options.login.read(),
            seconds=self.options.seconds,
            adopts=self.options.adopts,
            forces=self.options.forces,
            slots=threading.Semaphore(self.options.parallel),
        )

    def _open(self) -> "Helm":
        from dpfctl.helm.releases import open_helm

        with self._guard:
            if self._opened is None:
                self._opened = open_helm(self.session.environ, self._stop)
                if self._opened.warning:
                    self.session.warn(self._opened.warning)
            return self._opened

    def _authorities(self, site: Site, world: "World") -> "Mapping[str, str]":
        """Read the certificates that Argo CD trusts, once; none if they cannot be read: told."""
        if self._trusted is None:
            try:
                self._trusted = _read_authorities(site, world)
            except DpfctlError as failure:
                self._trusted = {}
                self.session.warn(f"{failure.message}; {_UNTRUSTED}")
        return self._trusted


def _read_authorities(site: Site, world: "World") -> "Mapping[str, str]":
    """Read the certificates that Argo CD trusts, host by host; none where there are none."""
    from dpfctl.helm.repositories import AUTHORITIES
    from dpfctl.model import kinds
    from dpfctl.model.resources import Ref

    namespace = world.config.text("spec", "overrides", "argoCDNamespace") or world.namespace
    try:
        found = site.host.get(Ref(kinds.CONFIG_MAP, namespace, AUTHORITIES))
    except NotFoundError:
        return {}
    return {host: text for host, text in found.mapping("data").items() if isinstance(text, str)}


_UNTRUSTED = "repositories are trusted as far as the system trusts them"
