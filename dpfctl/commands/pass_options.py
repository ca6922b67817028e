"""What the command line of ``reconcile`` asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dpfctl.commands import flags
from dpfctl.commands.finishing import Mode
from dpfctl.commands.pass_files import read_input
from dpfctl.errors import InputError
from dpfctl.model.dry_run import DryRun

if TYPE_CHECKING:
    from dpfctl.helm.repositories import RepositoryCredentials
    from dpfctl.reconcile.steps import Part
    from dpfctl.reconcile.world import Engine, HelmRules


@dataclass(frozen=True, slots=True)
class RepositoryLogin:
    """A login for every chart repository, in place of those in Argo CD's Secrets.

    Attributes:
        username: Empty for none.
        password_file: File whose first line is the password, empty for none.
        ca_file: File with the certificates that may sign a repository's, empty for none.
    """

    username: str = ""
    password_file: str = ""
    ca_file: str = ""

    def read(self) -> "RepositoryCredentials | None":
        """Read the files.

        Raises:
            InputError: A file cannot be read, or a password is given to nobody.
        """
        from dpfctl.helm.repositories import RepositoryCredentials

        if not (self.username or self.password_file or self.ca_file):
            return None
        if bool(self.username) != bool(self.password_file):
            fact = "--repo-username and --repo-password-file: one needs the other"
            raise InputError(fact, "a password is read from a file, never from the command line")
        password = _contents("--repo-password-file", self.password_file).decode("utf-8", "replace")
        authority = _contents("--repo-ca-file", self.ca_file)
        first = password.partition("\n")[0].rstrip("\r")
        return RepositoryCredentials("", self.username, first, authority, "the command line")


def append(flag: str, path: str, text: str) -> None:
    """Append text to the file of a flag; an empty one shows whether that is possible.

    Raises:
        InputError: The file cannot be written.
    """
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{flag}: {path}: {error.strerror}") from error


def _contents(flag: str, path: str) -> bytes:
    return read_input(flag, path) if path else b""


@dataclass(frozen=True, slots=True)
class HelmOptions:
    """How Helm is run.

    Attributes:
        parallel: Processes at a time.
        seconds: Longest time for one release.
        recovers: Whether releases that a crash left pending are unlocked.
        adopts: Whether objects of others are taken over.
        refreshes: Whether version ranges are resolved anew.
        forces: Whether fields are taken from other managers.
        login: What the flags say about chart repositories.
    """

    parallel: int = 4
    seconds: float = 300.0
    recovers: bool = False
    adopts: bool = False
    refreshes: bool = False
    forces: bool = False
    login: RepositoryLogin = RepositoryLogin()

    def rules(self) -> "HelmRules":
        """Return how releases are judged; a run of Helm may take what we give it, and a minute."""
        from dpfctl.reconcile.world import HelmRules

        patience = timedelta(seconds=self.seconds + 60)
        return HelmRules(self.recovers, self.refreshes, self.adopts, patience)


@dataclass(frozen=True, slots=True)
class PassOptions:
    """What a pass is to do, and what not.

    Attributes:
        parts: Parts of it.
        engine: Who deploys the charts, None to find out.
        is_forced: Whether guards are passed over.
        is_upstream: Whether DPF's own rules count where ours are better.
        plan_out: File that gets the plan, None for none.
        plan_file: File that says what may be done, None for none.
        asks_code: Whether pending changes are exit code 3.
        summary: File that gets the report as Markdown, None for none.
        limit: Seconds to wait for services to become ready, 0 for not waiting.
        helm: How Helm is run.
    """

    parts: "frozenset[Part]"
    engine: "Engine | None" = None
    is_forced: bool = False
    is_upstream: bool = False
    plan_out: str | None = None
    plan_file: str | None = None
    asks_code: bool = False
    summary: str | None = None
    limit: float = 0.0
    helm: HelmOptions = HelmOptions()

    def check(self, mode: Mode) -> None:
        """Refuse flags that contradict one another.

        Raises:
            InputError: They do.
        """
        is_trial = mode.dry_run is not DryRun.NONE
        if self.asks_code and not is_trial:
            raise InputError(
                "--exit-code: only together with --dry-run", "it tells what is pending"
            )
        if self.plan_out and self.plan_file:
            raise InputError("--plan-out: cannot be used together with --plan", "leave one out")
        if self.plan_out and not is_trial:
            raise InputError(
                "--plan-out: only together with --dry-run", "a plan is kept before it is made"
            )
        if self.summary:
            append("--summary", self.summary, "")


def refuse_empty(given: Mapping[str, str | None]) -> None:
    """Refuse flags whose value is empty: a variable of a script that was not set.

    Args:
        given: Flag -> its value, None if it was not given.

    Raises:
        InputError: There is one.
    """
    for flag, value in given.items():
        if value is not None and not value.strip():
            raise InputError(f"{flag}: is empty", "leave the flag out, or give it a value")


def parts_of(words: Sequence[str]) -> "frozenset[Part]":
    """Return the parts that ``--only`` names; all of them if it names none.

    Raises:
        InputError: It names something else.
    """
    from dpfctl.reconcile.steps import EVERY_PART, Part

    named = (word.strip() for text in words for word in text.split(","))
    return frozenset(flags.choice("--only", Part, word) for word in named) or EVERY_PART


def engine_of(word: str) -> "Engine | None":
    """Return the engine that ``--engine`` names, None for ``auto``.

    Raises:
        InputError: It names none.
    """
    from dpfctl.reconcile.world import Engine

    if word == "auto":
        return None
    try:
        return flags.choice("--engine", Engine, word)
    except InputError as error:
        raise InputError(error.message.replace("one of ", "one of auto, "), error.hint) from None
