"""``dpfctl describe``: the condition tree of a fleet."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dpfctl.commands import completing, flags
from dpfctl.commands.dpu_sides import read_dpu_sides
from dpfctl.errors import DpfctlError, ExitCode, InputError
from dpfctl.session import ColourChoice, Session, Target

if TYPE_CHECKING:
    from dpfctl.describe import Options, Problem, Tree
    from dpfctl.model.cluster import Cluster

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SHORT = {
    "all": "Describe all DPF resources.",
    "dpuclusters": "Describe DPF DPUClusters.",
    "dpudeployments": "Describe DPF DPUDeployments.",
    "dpuservices": "Describe DPF DPUServices.",
    "dpusets": "Describe DPF DPUSets and DPU related resources.",
    "dpuvpcs": "Describe DPF DPUVPCs and VPC related resources.",
    "storage": "Describe DPF Storage resources.",
}


class Format(StrEnum):
    """Values of ``-o``."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Look:
    """Flags of ``describe`` that change how the tree is printed."""

    format: Format
    colour: bool
    header: bool


ShowConditions = Annotated[
    str,
    typer.Option(
        "--show-conditions",
        metavar="KINDS",
        help="List conditions of these: kind or kind/name, comma separated, or 'all'.",
        autocompletion=completing.filter_words,
    ),
]
ShowResources = Annotated[
    str,
    typer.Option(
        "--show-resources",
        metavar="KINDS",
        help="Show only these: kind or kind/name, comma separated, or 'all'.",
        autocompletion=completing.filter_words,
    ),
]
ExpandResources = Annotated[
    str,
    typer.Option(
        "--expand-resources",
        metavar="KINDS",
        help="Show the Argo CD Applications of these DPUServices even if they are ready.",
        autocompletion=completing.filter_words,
    ),
]
Grouping = Annotated[
    bool, typer.Option("--grouping/--no-grouping", help="Merge ready siblings into one row.")
]
Issues = Annotated[bool, typer.Option("--issues", help="Show only what is not ready.")]
ShowPending = Annotated[
    bool,
    typer.Option("--show-pending", help="Show conditions no controller has come to yet."),
]
ShowStorage = Annotated[bool, typer.Option("--show-storage", help="Show storage resources too.")]
ShowMissing = Annotated[
    bool,
    typer.Option(
        "--show-missing",
        help="Give a row to objects that are named but not found.",
    ),
]
DpuClusters = Annotated[
    bool,
    typer.Option(
        "--dpu-clusters",
        help="Go on into the DPU clusters: nodes, workloads, interfaces, chains, releases.",
    ),
]
Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="table, json, yaml or name.",
        autocompletion=lambda: [f.value for f in Format],
    ),
]
Colour = Annotated[
    str,
    typer.Option(
        "--color",
        "-c",
        metavar="WHEN",
        help="true, false, always, never or auto; bare means true. NO_COLOR counts.",
        autocompletion=lambda: [c.value for c in ColourChoice],
    ),
]
NoHeaders = Annotated[
    bool, typer.Option("--no-headers", help="Leave the line of column names out.")
]
Verdict = Annotated[
    bool,
    typer.Option("--exit-code", help="Exit 3 if anything is not ready."),
]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Read again and print what changed.")]
Interval = Annotated[
    str, typer.Option("--interval", metavar="DURATION", help="Pause of --watch, at least 0.1s.")
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Tell which kinds are not installed.")
]


EXAMPLES = """\b
Examples:
  dpfctl describe all
  dpfctl describe dpusets --show-conditions=dpu
  dpfctl describe all --from demo"""


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
def describe(ctx: typer.Context, kubeconfig: flags.Kubeconfig = None) -> None:
    """Describe DPF resources as a tree of conditions."""
    flags.keep_kubeconfig(ctx, kubeconfig)
    if ctx.invoked_subcommand is None:
        ctx.obj.out.write(f"{ctx.get_help()}\n")


def _command(view: str) -> Callable[..., None]:
    """Make the function of one subcommand; all take the same flags but for ``_ONLY_FOR``."""

    def run(
        ctx: typer.Context,
        show_conditions: ShowConditions = "",
        show_resources: ShowResources = "",
        expand_resources: ExpandResources = "",
        grouping: Grouping = True,
        issues: Issues = False,
        show_pending: ShowPending = False,
        show_storage: ShowStorage = False,
        show_missing: ShowMissing = False,
        dpu_clusters: DpuClusters = False,
        output: Output = Format.TABLE.value,
        no_headers: NoHeaders = False,
        color: Colour = ColourChoice.AUTO.value,
        exit_code: Verdict = False,
        watch: Watch = False,
        interval: Interval = "2s",
        verbose: Verbose = False,
        namespace: flags.Namespace = None,
        *,
        target: Target,
    ) -> None:
        from dpfctl.describe import Options, View
        from dpfctl.describe.filters import parse_filter

        session: Session = ctx.obj
        options = Options(
            view=View(view),
            show_conditions=parse_filter(show_conditions),
            show_resources=parse_filter(show_resources),
            expand_resources=parse_filter(expand_resources),
            grouping=grouping,
            show_pending=show_pending,
            show_storage=show_storage,
            show_missing=show_missing,
            dpu_clusters=dpu_clusters,
            namespace=namespace or None,  # as kubectl takes it; scripts pass empty variables
        )
        look = Look(
            flags.choice("--output", Format, output or Format.TABLE.value),
            session.has_colour(flags.choice("--color", ColourChoice, color)),
            not no_headers,
        )
        job = _Job(session, target, options, look, issues, verbose)
        pause = flags.seconds("--interval", interval, at_least=0.1)
        if watch and exit_code:
            raise InputError(
                "--exit-code: cannot be used together with --watch",
                "a watch gives no verdict; it ends when it is interrupted",
            )
        if watch:
            job.watch(pause)
        raise typer.Exit(job.once(exit_code=exit_code))

    run.__doc__ = SHORT[view]
    parameters = inspect.signature(run).parameters.values()
    kept = [p for p in parameters if view in _ONLY_FOR.get(p.name, SHORT)]
    return flags.connected(flags.with_parameters(run, kept))


_ONLY_FOR = {
    "show_storage": ("all",),
    "dpu_clusters": tuple(view for view in SHORT if view != "storage"),
}
"""Flags that some subcommands lack, and who takes them; storage has nothing in DPU clusters."""


@dataclass(frozen=True, slots=True)
class _Job:
    session: Session
    target: Target
    options: "Options"
    look: Look
    issues: bool
    verbose: bool

    def once(self, *, exit_code: bool) -> ExitCode:
        """Read, print, and give the exit code."""
        now = self.session.now()
        with closing(self.session.connect(self.target, now)) as cluster:
            tree = self._read(cluster, now)
        self.session.out.write(self._text(tree, now))
        self._tell(tree)
        if any(problem.is_unreadable_list for problem in tree.problems):
            return ExitCode.PARTIAL
        return ExitCode.VERDICT if exit_code and not tree.is_healthy else ExitCode.OK

    def watch(self, interval: float) -> None:
        """Print the fleet again and again until interrupted: live on a terminal, else changes."""
        from dpfctl.render.live import changes, show_live

        with closing(self.session.connect(self.target, self.session.now())) as cluster:
            texts = changes(self._views(cluster, interval))
            if self._is_live:
                show_live(self.session.console(), texts)
            for text in texts:
                self.session.out.write(text)
                self.session.out.flush()

    @property
    def _is_live(self) -> bool:
        return self.session.is_terminal and self.look.format is Format.TABLE

    def _views(self, cluster: "Cluster", interval: float) -> Iterator[tuple[object, str]]:
        """Yield the view without end; once it was seen, a fleet that goes away is waited for."""
        view = self._view(cluster)
        failure = ""
        while True:
            yield view
            self.session.sleep(interval)
            self.session.check_reader()
            try:
                view = self._view(cluster)
                failure = ""
            except DpfctlError as error:
                if error.message != failure:
                    self.session.warn(error.message)
                failure = error.message

    def _view(self, cluster: "Cluster") -> tuple[object, str]:
        """The text, and what makes it another one: off a terminal, ages that grow do not."""
        from dpfctl.render.tree_view import tree_rows

        now = self.session.now()
        tree = self._read(cluster, now)
        text = self._text(tree, now)
        if self._is_live or self.look.format is not Format.TABLE:
            return text, text
        return [row._replace(since="") for row in tree_rows(tree, now)], text

    def _read(self, cluster: "Cluster", now: datetime) -> "Tree":
        """The fleet as it is now; what ``--issues`` leaves out still counts for its health."""
        from dpfctl.describe import build_tree, kinds_to_read, prune
        from dpfctl.describe.build import kinds_beyond

        inventory = cluster.read(kinds_to_read(self.options))
        wanted = kinds_beyond(self.options)
        sides = read_dpu_sides(self.session, cluster, inventory, wanted) if wanted else {}
        tree = build_tree(inventory, self.options, now, sides)
        return prune(tree, show_pending=self.options.show_pending) if self.issues else tree

    def _text(self, tree: "Tree", now: datetime) -> str:
        from dpfctl.render import machine
        from dpfctl.render.columns import lay_out
        from dpfctl.render.tree_view import tree_rows

        match self.look.format:
            case Format.JSON:
                return machine.to_json(machine.tree_data(tree))
            case Format.YAML:
                return machine.to_yaml(machine.tree_data(tree))
            case Format.NAME:
                return "".join(f"{name}\n" for name in machine.tree_names(tree))
            case Format.TABLE:
                lines = lay_out(
                    tree_rows(tree, now),
                    header=self.look.header,
                    colour=self.look.colour,
                    columns=self.session.columns(),
                )
                return "".join(f"{line}\n" for line in lines)

    def _tell(self, tree: "Tree") -> None:
        """Say on stderr what the tree cannot show."""
        for word in tree.unmatched:
            self.session.warn(f"{word}: matches nothing{completing.nearest_kind(word)}")
        for problem in tree.problems:
            what = _subject(problem)
            if problem.is_whole_cluster:
                self.session.warn(problem.message)
            elif problem.is_missing_object:
                self.session.warn(f"{what}: not found, {problem.message}")
            elif problem.is_unreadable_list:
                self.session.warn(f"{what}: cannot be listed: {problem.message}")
            elif self.verbose:
                self.session.note(f"{what}: not installed in this cluster")


def _subject(problem: "Problem") -> str:
    names = (problem.kind.lower(), problem.namespace, problem.name)
    what = "/".join(name for name in names if name)
    return f"dpu cluster {problem.dpu_cluster}: {what}" if problem.dpu_cluster else what


def _examples(view: str) -> str:
    return "\n".join(
        (
            "\b",
            "Examples:",
            f"  dpfctl describe {view}",
            f"  dpfctl describe {view} --show-conditions=all",
            f"  dpfctl describe {view} --issues --exit-code",
            f"  dpfctl describe {view} --from demo -o json",
        )
    )


for _view in SHORT:
    app.command(_view, epilog=_examples(_view))(_command(_view))
