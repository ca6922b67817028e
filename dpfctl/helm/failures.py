"""What helm said, and what it means to a user.

Helm has one exit code for all failures, so its text decides: the first row that matches counts. The
text is shown with what would mean nothing to a reader, private paths and our name of a repository,
taken out, and so is what may hold a password.

Source:
    Provoked with Helm 3.17.2, 4.1.4, 4.2.3 and 4.3.1; texts of API servers are those of
    Kubernetes ``apimachinery/pkg/api/errors``.
"""

import re
import signal
from typing import NamedTuple

from dpfctl.errors import (
    AccessError,
    ConflictError,
    DpfctlError,
    FieldConflict,
    FieldConflictError,
    ForbiddenError,
    LostAnswerError,
    NotFoundError,
    OwnedError,
    RejectedError,
    UnreachableError,
)
from dpfctl.helm.runner import Ended, Finished
from dpfctl.model.resources import Ref

ALIAS = "r"
"""What we call the one chart repository that a process knows."""

LONGEST = 500
"""Characters of foreign text in a message."""


class Row(NamedTuple):
    """What a text of helm means.

    Attributes:
        pattern: Of the text, lines joined.
        error: What it is to us.
        fact: In our words; ``{said}`` stands for the first group that matched, else for all.
        hint: What to do about it.
    """

    pattern: re.Pattern[str]
    error: type[DpfctlError]
    fact: str
    hint: str = ""


def release_failure(ref: Ref, done: Finished, *, is_write: bool = True) -> DpfctlError:
    """Return the error behind a failed upgrade or removal.

    Args:
        ref: The release.
        done: How helm ended.
        is_write: Whether something may have been stored.
    """
    lost = LostAnswerError if is_write else UnreachableError
    if cut_short := _cut_short(str(ref), done, lost, _AGAIN if is_write else ""):
        return cut_short
    text = said_by(done)
    row = _find(_RELEASE, text)
    if row is None:
        return RejectedError(f"{ref}: {text or _silent(done)}")
    message = f"{ref}: {row.fact.format(said=_detail(row, text))}"
    if row.error is FieldConflictError:
        conflicts = tuple(FieldConflict(field, who) for who, field in _CONFLICT.findall(text))
        return FieldConflictError(message, conflicts=conflicts)
    if row.error is LostAnswerError:
        return lost(message, row.hint if is_write else "")
    return row.error(message, row.hint)


def chart_failure(chart: str, done: Finished, login: str = "") -> DpfctlError:
    """Return the error behind a chart that could not be fetched.

    Args:
        chart: What messages call it, beginning with ``chart``.
        done: How helm ended.
        login: Where the login came from that was used, empty if none was.
    """
    if cut_short := _cut_short(chart, done, UnreachableError, ""):
        return cut_short
    text = said_by(done)
    row = _find(_CHART, text)
    if row is None:
        return RejectedError(f"{chart}: cannot be fetched: {text or _silent(done)}")
    if row.error is AccessError and row.hint == _LOGIN:
        used = f"refuses the login of {login}" if login else "asks for a login"
        return AccessError(f"{chart}: its repository {used}", "" if login else _LOGIN)
    return row.error(f"{chart}: {row.fact.format(said=_detail(row, text))}", row.hint)


def said_by(done: Finished) -> str:
    """Return the sentence in which helm says why it failed, as one clean line; may be empty."""
    stderr = done.stderr.decode("utf-8", "replace")
    lines = [line for line in stderr.splitlines() if not _LOG_LINE.match(line)]
    first = next((n for n, line in enumerate(lines) if line.startswith("Error: ")), None)
    text = "\n".join(lines[first:]) if first is not None else "\n".join(lines[:3])
    if _SEE_STDOUT in text:
        found = _NO_UPDATE.search(done.stdout.decode("utf-8", "replace"))
        text = found[1] if found else text
    return _cleaned(text.removeprefix("Error: "))


def _cut_short(
    subject: str, done: Finished, error: type[DpfctlError], hint: str
) -> DpfctlError | None:
    if done.ended is Ended.STOP:
        return error(f"{subject}: stopped before helm was done", hint)
    if done.ended is Ended.LIMIT:
        return error(f"{subject}: helm was not done after {done.limit:g} s", hint)
    if done.code < 0:
        name = signal.Signals(-done.code).name
        return error(f"{subject}: helm was ended by {name}", hint)
    return None


def _find(rows: tuple[Row, ...], text: str) -> Row | None:
    return next((row for row in rows if row.pattern.search(text)), None)


def _detail(row: Row, text: str) -> str:
    found = row.pattern.search(text)
    groups = [group for group in found.groups() if group] if found else []
    return groups[0].strip() if groups else text


def _silent(done: Finished) -> str:
    return f"helm failed with code {done.code}"


def _cleaned(text: str) -> str:
    for pattern, put in _REWRITTEN:
        text = pattern.sub(put, text[: LONGEST * 4])
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."


def _row(pattern: str, error: type[DpfctlError], fact: str, hint: str = "") -> Row:
    return Row(re.compile(pattern), error, fact, hint)


_LOG_LINE = re.compile(r"(time=\S+ )?level=|WARNING: |Pulled: |Digest: ")
_SEE_STDOUT = "failed to update the following repositories"
_NO_UPDATE = re.compile(r"Unable to get an update from .*:\n\t(.+)")
_CONFLICT = re.compile(r'conflict with "([^"]+)"[^:]*: (\.\S+)')
_REWRITTEN = (
    (re.compile(r"(?<=://)[^\s/@\"]+@"), ""),
    (re.compile(r"\s*Use --debug flag to render out invalid YAML"), ""),
    (re.compile(r"\s*\(try 'helm repo update'\)"), ""),
    (re.compile(r"/proc/self/fd/\d+"), "a private file"),
    (re.compile(r"/\S*/dpfctl-helm-[^\s:\"']*/([^\s/:\"']+)"), r"\1"),
    (re.compile(rf"\b{ALIAS} index\b"), "the index of the repository"),
)

_AGAIN = "run the command again: it goes on from what Helm has stored"
_LOGIN = "put one into a Secret with the label argocd.argoproj.io/secret-type: repository"
_TRUST = "add its authority to the ConfigMap argocd-tls-certs-cm"
_RECOVER = "wait until it has ended; if it is dead, use --recover"
_DOWN = "cluster unreachable: "

_RELEASE = (
    _row(
        f"{_DOWN}.*(asked for the client to provide credentials|Unauthorized)",
        AccessError,
        "the cluster refuses the credentials of its kubeconfig",
    ),
    _row(
        f"{_DOWN}.*?(?:tls: failed to verify certificate: )?((?:x509|tls): .+)",
        UnreachableError,
        "the cluster's certificate does not fit its kubeconfig: {said}",
    ),
    _row(
        f"{_DOWN}((?:error loading config file|stat |invalid configuration).*)",
        AccessError,
        "the cluster's kubeconfig cannot be used: {said}",
    ),
    _row(f"{_DOWN}(.*)", UnreachableError, "the cluster does not answer: {said}"),
    _row(
        r"another operation \(install/upgrade/rollback\) is in progress|release: already exists"
        r"|cannot re-?use a name that is still in use",
        ConflictError,
        "another run of Helm holds it",
        _RECOVER,
    ),
    _row(
        "values don't meet the specifications of the schema.*?: (.+)",
        RejectedError,
        "its values break the schema of the chart: {said}",
        "correct spec.helmChart.values of the DPUService",
    ),
    _row("missing in charts/ directory", RejectedError, "its chart lacks another chart: {said}"),
    _row(
        "(?:release name is invalid|invalid release name).*",
        RejectedError,
        "Helm takes no release of that name",
        "it must be a DNS name of at most 53 characters",
    ),
    _row(
        r"execution error at \(|template: |executing \"|failed to parse .*(?:YAML|yaml)|parse error"
        r"|error converting YAML",
        RejectedError,
        "its chart cannot be rendered: {said}",
    ),
    _row(
        "(?:.*annotation validation error|.*invalid ownership metadata).*",
        OwnedError,
        "an object that it would create is there and not its own: {said}",
        "use --adopt to take it over, or delete it",
    ),
    _row("is forbidden: ", ForbiddenError, "{said}"),
    _row('(namespaces? "[^"]+" not found)', NotFoundError, "{said}"),
    _row(
        r"(?:conflict occurred while applying|Apply failed with \d+ conflict|forceConflicts).*",
        FieldConflictError,
        "others own fields that it would change: {said}",
    ),
    _row(
        "no matches for kind|ensure CRDs are installed first",
        RejectedError,
        "a kind of its chart is unknown to the cluster: {said}",
        "install the CRD first",
    ),
    _row(
        "field is immutable",
        RejectedError,
        "a field of its objects cannot be changed: {said}",
        "delete the object, then run the command again",
    ),
    _row("(chart requires kubeVersion.*)", RejectedError, "{said}"),
    _row("release: not found|has no deployed releases", NotFoundError, "is not installed"),
    _row(
        "context deadline exceeded|timed out waiting",
        RejectedError,
        "its objects or hooks did not get ready in time: {said}",
        "the next run tries again",
    ),
    _row("Unauthorized", AccessError, "the cluster refuses the credentials of its kubeconfig"),
    _row(
        "connection refused|connection reset|no such host|i/o timeout|handshake timeout|EOF",
        LostAnswerError,
        "the cluster stopped answering: {said}",
        _AGAIN,
    ),
)
_CHART = (
    _row(
        r"\b401\b|403 Forbidden|status code 403|basic credential not found"
        r"|no basic auth credentials|\bdenied\b",
        AccessError,
        "{said}",
        _LOGIN,
    ),
    _row(
        "(?:tls: failed to verify certificate: )?"
        "((?:x509|tls): .*|server gave HTTP response to HTTPS client|.*can't read CA file.*)",
        AccessError,
        "the certificate of its repository is not trusted: {said}",
        _TRUST,
    ),
    _row("no chart name found", NotFoundError, "its repository has no such chart"),
    _row("no chart version found", NotFoundError, "its repository has no such version"),
    _row("improper constraint", RejectedError, "its version is neither a version nor a range"),
    _row(
        "ould not locate a version|: not found|name unknown|404 Not Found|status code 404",
        NotFoundError,
        "its repository does not have it",
    ),
    _row(
        r"(connection refused|no such host|i/o timeout|handshake timeout|Client\.Timeout"
        r"|connection reset|\bEOF\b|context deadline exceeded)",
        UnreachableError,
        "its repository does not answer: {said}",
    ),
    _row(r"(?:status code|:) (5\d\d\b.*)", UnreachableError, "its repository answered {said}"),
)
