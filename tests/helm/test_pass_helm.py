"""Helm for the time of one pass: opened once, told once what is wrong, ended at once."""

import io
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dpfctl.apply.releasing import HelmReleaser
from dpfctl.cluster.kube import connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.commands.pass_helm import HelmRun
from dpfctl.commands.pass_options import HelmOptions
from dpfctl.commands.pass_reading import Site
from dpfctl.errors import UnreachableError
from dpfctl.model import kinds
from dpfctl.model.dry_run import DryRun
from dpfctl.model.resources import Ref
from dpfctl.plan import Action, Change, Plan
from dpfctl.session import Session
from tests.command_line import NOW
from tests.controlplane.cluster import ControlPlane
from tests.unit.reconcile_fleets import world
from tests.unit.release_records import CHART

RELEASE = Ref(kinds.RELEASE, "dpf", "hbn")
PLAN = Plan("reconcile", (Change(RELEASE, Action.INSTALL, "installed", None),))


@pytest.fixture
def session(helm_program: Path) -> Session:
    environ = {"PATH": f"{helm_program.parent}{os.pathsep}{os.defpath}"}
    streams = io.StringIO(), io.StringIO(), io.StringIO()
    return Session(*streams, environ, lambda: NOW, lambda _seconds: None)


@pytest.fixture
def run(session: Session) -> Iterator[HelmRun]:
    with closing(HelmRun(session, HelmOptions())) as found:
        yield found


def releaser(run: HelmRun, cluster: ControlPlane, token: str) -> HelmReleaser:
    options = ConnectOptions(kubeconfig=str(cluster.kubeconfig_for(token)))
    with closing(Site(run.session, connect(load_config(options, {})), False)) as site:
        found = run.places(site, world(), PLAN, DryRun.NONE).releases
    assert isinstance(found, HelmReleaser)
    return found


def test_authorities_that_are_absent_are_no_news(run: HelmRun, dpu_cluster: ControlPlane) -> None:
    assert releaser(run, dpu_cluster, dpu_cluster.admin_token).authorities == {}
    assert run.session.err.getvalue() == ""  # type: ignore[attr-defined]  # a StringIO


def test_authorities_that_cannot_be_read_are_told_once(
    run: HelmRun, dpu_cluster: ControlPlane
) -> None:
    for _ in range(2):
        assert releaser(run, dpu_cluster, "wrong-token").authorities == {}
    (line,) = run.session.err.getvalue().splitlines()  # type: ignore[attr-defined]  # a StringIO
    assert line.startswith("warning: ")
    assert line.endswith("; repositories are trusted as far as the system trusts them")


def test_nothing_begins_once_it_is_stopped(run: HelmRun, dpu_cluster: ControlPlane) -> None:
    helm = releaser(run, dpu_cluster, dpu_cluster.admin_token).open_helm()
    run.stop()

    with pytest.raises(UnreachableError, match="stopped before helm was done"):
        helm.fetch(CHART)
