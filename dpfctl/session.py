"""All that a command may touch: streams, clock, environment, and the way to a cluster.

Commands build no console and read neither clock nor environment; they ask the session, so a test
hands over another one.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

from dpfctl.errors import DEBUG, DpfctlError
from dpfctl.render.text import clean

if TYPE_CHECKING:
    from rich.console import Console

    from dpfctl.cluster.kubeconfig import ConnectOptions
    from dpfctl.model.cluster import Cluster
    from dpfctl.model.documents import Document
    from dpfctl.model.inventory import Inventory
    from dpfctl.model.kinds import Kind
    from dpfctl.model.resources import Resource


class ColourChoice(StrEnum):
    """Values of ``--color``; ``true`` and ``false`` are those of the Go tool."""

    TRUE = "true"
    FALSE = "false"
    ALWAYS = "always"
    NEVER = "never"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Target:
    """Which fleet a command works on.

    Attributes:
        fleet: A fleet file, ``-`` or ``demo``; None for a cluster.
        connection: How to reach the cluster; empty with a fleet file.
    """

    fleet: "str | None"
    connection: "ConnectOptions"


@dataclass(frozen=True, slots=True)
class Session:
    """The outside world of one run.

    Attributes:
        out: Data.
        err: Everything else.
        stdin: Read only for ``--from -``.
        environ: Environment variables.
        now: Returns the time, timezone-aware UTC.
        sleep: Waits for a number of seconds.
        elapsed: Seconds on a clock that never jumps, for deadlines.
    """

    out: TextIO
    err: TextIO
    stdin: TextIO
    environ: Mapping[str, str]
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    elapsed: Callable[[], float] = time.monotonic

    def connect(self, target: Target, now: datetime | None = None) -> "Cluster":
        """Open the host cluster of a target.

        Args:
            target: Which fleet.
            now: What relative times of a fleet file count from; a view that is drawn at one
                moment hands in that one, so that an age of 40s is 40s however long the file takes.

        Raises:
            InputError: The fleet file or a kubeconfig that was named cannot be used.
            AccessError: No cluster, no credentials.
        """
        if target.fleet is not None:
            from dpfctl.cluster.fleet_file import open_fleet

            return open_fleet(target.fleet, stdin=self.stdin, now=now or self.now()).host
        from dpfctl.cluster.kube import connect
        from dpfctl.cluster.kubeconfig import load_config

        config = load_config(target.connection, self.environ)
        if config.skip_verify:
            self.warn(f"{config.label}: insecure-skip-tls-verify: the server could be anybody")
        return connect(config)

    def dpu_clusters(
        self, host: "Cluster", resources: "Sequence[Resource]"
    ) -> "dict[tuple[str, str], Cluster | DpfctlError]":
        """Open the DPU clusters of a host cluster.

        Args:
            host: What ``connect`` returned. A cluster holds the kubeconfigs in Secrets; a fleet
                file holds the DPU clusters themselves.
            resources: DPUClusters to look up in a cluster.

        Returns:
            Namespace and name -> the cluster, or why there is no way in, in the order given.
        """
        from dpfctl.cluster.fleet_file import FleetCluster

        if isinstance(host, FleetCluster):
            return dict(host.file.dpu_clusters)
        from dpfctl.cluster.dpu_clusters import connect_dpu_clusters
        from dpfctl.cluster.kube import KubeCluster

        if not isinstance(host, KubeCluster):
            raise TypeError("a cluster that is no fleet file is a KubeCluster")
        found = connect_dpu_clusters(host, resources, self.environ)
        return {
            (one.ref.namespace, one.ref.name): way
            for one in found
            if (way := one.cluster or one.error) is not None
        }

    def at_hand(
        self, host: "Cluster", wanted: "Sequence[Kind]"
    ) -> "dict[tuple[str, str], Inventory]":
        """Read kinds of the DPU clusters that a fleet file holds; those of a cluster are far."""
        from dpfctl.cluster.fleet_file import FleetCluster
        from dpfctl.cluster.tolerance import read_what_is_allowed

        if not isinstance(host, FleetCluster):
            return {}
        return {name: read_what_is_allowed(part, wanted) for name, part in host.file.dpu_clusters}

    def manifests(self, name: str) -> "tuple[Document, ...]":
        """Read the documents of a file, a folder or ``-``.

        Raises:
            InputError: There are none, or they cannot be read.
        """
        from dpfctl.cluster.fleet_source import read_manifests

        return read_manifests(name, self.stdin)

    def show_causes(self, failures: "Sequence[DpfctlError]") -> None:
        """Write what failures were raised from, if the user asked for tracebacks."""
        if self.environ.get(DEBUG) != "1":
            return
        from traceback import format_exception

        for failure in failures:
            if failure.__cause__ is not None:
                self.err.write("".join(format_exception(failure.__cause__)))

    def warn(self, text: str) -> None:
        """Say on stderr what the user should know but need not act on."""
        self.err.write(f"warning: {clean(text)}\n")

    def note(self, text: str) -> None:
        """Say on stderr what is no warning: how far a command is, or what it leaves out."""
        self.err.write(f"note: {clean(text)}\n")

    def identity(self) -> str:
        """Who runs this: user, machine and process, for others to know whom to ask."""
        import os
        import platform

        user = self.environ.get("USER") or self.environ.get("LOGNAME") or "somebody"
        return f"{user}@{platform.node() or 'localhost'}:{os.getpid()}"

    def check_reader(self) -> None:
        """Notice a reader that left although nothing is being written.

        Raises:
            BrokenPipeError: Nobody reads stdout any more.
        """
        import select

        try:
            reader = select.poll()
            reader.register(self.out.fileno(), 0)
        except (OSError, ValueError):
            return  # no file behind it: nobody can leave
        if any(event & (select.POLLERR | select.POLLHUP) for _, event in reader.poll(0)):
            raise BrokenPipeError

    @property
    def is_terminal(self) -> bool:
        """Whether stdout is read by a human."""
        return self.out.isatty()

    def columns(self) -> int | None:
        """Width of the terminal; None on a pipe, where nothing is ever fitted."""
        if not self.is_terminal:
            return None
        asked = self.environ.get("COLUMNS", "")
        if asked.isdecimal() and int(asked):
            return int(asked)
        from shutil import get_terminal_size

        return get_terminal_size().columns

    def console(self) -> "Console":
        """Return a Rich console over stdout, for views that are redrawn."""
        from rich.console import Console

        return Console(file=self.out, highlight=False, markup=False)

    def has_colour(self, choice: ColourChoice) -> bool:
        """Decide about colour: the flag, then ``NO_COLOR``, then whether a human reads."""
        if choice is ColourChoice.ALWAYS:
            return True
        if choice in (ColourChoice.FALSE, ColourChoice.NEVER) or "NO_COLOR" in self.environ:
            return False
        if choice is ColourChoice.TRUE:
            return True
        return self.is_terminal and self.environ.get("TERM") != "dumb"


def real_session(environ: Mapping[str, str]) -> Session:
    """Return the session of a process."""
    return Session(
        out=sys.stdout,
        err=sys.stderr,
        stdin=sys.stdin,
        environ=environ,
        now=lambda: datetime.now(UTC),
        sleep=time.sleep,
    )
