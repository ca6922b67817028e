"""Credential programs of the user's own kubeconfig (``client.authentication.k8s.io``).

Run by us and not by the client library, which has no time limit and, when the program fails, goes
on without credentials. Here every failure is an error. No shell is involved, and the kubeconfigs
of DPU clusters never come here.
"""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dpfctl.cluster.credentials import Credentials
from dpfctl.cluster.programs import Finished, run_program
from dpfctl.cluster.wording import one_line
from dpfctl.errors import AccessError
from dpfctl.model.timestamps import parse_time

GROUP = "client.authentication.k8s.io"
VERSIONS = (f"{GROUP}/v1", f"{GROUP}/v1beta1")
TIME_LIMIT = 30.0
INTERACTIVE_TIME_LIMIT = 300.0
TAIL = 300

_LEEWAY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class ExecSpec:
    """The ``exec`` section of a user.

    Attributes:
        where: What messages call it: file and user.
        argv: Command and arguments; a relative path has been resolved already.
        env: Variables added to ours.
        api_version: One of ``VERSIONS``.
        install_hint: What the kubeconfig says about getting the program.
        interactive_mode: ``Never``, ``IfAvailable`` or ``Always``.
        cluster: ``spec.cluster`` for the program, None unless it asked for it.
    """

    where: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    api_version: str
    install_hint: str = ""
    interactive_mode: str = "IfAvailable"
    cluster: Mapping[str, Any] | None = field(default=None, repr=False)


class ExecPlugin:
    """A source of credentials that asks a program and keeps the answer until it expires."""

    hint = "the credential program's login may have ended; log in again"

    def __init__(
        self, spec: ExecSpec, environ: Mapping[str, str], time_limit: float = TIME_LIMIT
    ) -> None:
        self._spec = spec
        self._environ = environ
        self._time_limit = time_limit
        self._kept: Credentials | None = None

    def current(self) -> Credentials:
        """Return what is kept, or ask the program.

        Raises:
            AccessError: The program is missing, fails, hangs or answers rubbish.
        """
        kept = self._kept
        if kept is None or (kept.expires and kept.expires - _LEEWAY <= datetime.now(UTC)):
            return self.reload()
        return kept

    def reload(self) -> Credentials:
        """Ask the program."""
        self._kept = read_answer(self._spec, self._run())
        return self._kept

    def _run(self) -> bytes:
        spec = self._spec
        is_terminal = sys.stdin is not None and sys.stdin.isatty()
        if spec.interactive_mode == "Always" and not is_terminal:
            raise AccessError(f"{self._name}: needs a terminal, and there is none")
        interactive = is_terminal and spec.interactive_mode != "Never"
        environ = {**self._environ, **spec.env}
        environ["KUBERNETES_EXEC_INFO"] = exec_info(spec, interactive)
        limit = INTERACTIVE_TIME_LIMIT if interactive else self._time_limit
        argv = (self._find(environ), *spec.argv[1:])
        try:
            done = run_program(argv, environ, limit, interactive=interactive)
        except OSError as error:
            reason = one_line(error.strerror or "").lower()
            raise AccessError(f"{self._name}: cannot be started: {reason}", self._install) from None
        return self._judge(done, limit)

    def _judge(self, done: Finished, limit: float) -> bytes:
        said = one_line(done.stderr.decode("utf-8", "replace")[-TAIL:])
        if done.timed_out:
            raise AccessError(f"{self._name}: no answer within {limit:g} s", said)
        if done.code != 0:
            said = f": {said}" if said else ""
            raise AccessError(f"{self._name}: failed with code {done.code}{said}", self._install)
        return done.stdout

    def _find(self, environ: Mapping[str, str]) -> str:
        command = self._spec.argv[0]
        found = shutil.which(command, path=environ.get("PATH", os.defpath))
        if found is None:
            raise AccessError(f"{self._name}: not found", self._install)
        return found

    @property
    def _name(self) -> str:
        program = one_line(Path(self._spec.argv[0]).name, 80)
        return f'{self._spec.where}: credential program "{program}"'

    @property
    def _install(self) -> str:
        return one_line(self._spec.install_hint)


def exec_info(spec: ExecSpec, interactive: bool) -> str:
    """Return the value of ``KUBERNETES_EXEC_INFO``."""
    inner: dict[str, Any] = {"interactive": interactive}
    if spec.cluster is not None:
        inner["cluster"] = spec.cluster
    info = {"apiVersion": spec.api_version, "kind": "ExecCredential", "spec": inner}
    return json.dumps(info)


def read_answer(spec: ExecSpec, stdout: bytes) -> Credentials:
    """Read the ``ExecCredential`` a program printed.

    Raises:
        AccessError: It is none, or of another version, or holds no credentials.
    """
    try:
        answer = json.loads(stdout)
    except (ValueError, RecursionError):
        raise _rubbish(spec, "printed no JSON") from None
    if not isinstance(answer, dict) or answer.get("kind") != "ExecCredential":
        raise _rubbish(spec, "printed no ExecCredential")
    if answer.get("apiVersion") != spec.api_version:
        raise _rubbish(spec, f"answered in another version than {spec.api_version}")
    status = answer.get("status")
    if not isinstance(status, dict):
        raise _rubbish(spec, "printed an ExecCredential without status")
    return _credentials(spec, status)


def _credentials(spec: ExecSpec, status: Mapping[str, Any]) -> Credentials:
    token, certificate, key = (
        _text(spec, status, name) for name in ("token", "clientCertificateData", "clientKeyData")
    )
    if bool(certificate) != bool(key):
        raise _rubbish(spec, "gave a client certificate or a key, not both")
    if not token and not certificate:
        raise _rubbish(spec, "gave neither a token nor a client certificate")
    if not token.isascii() or not token.isprintable():
        raise _rubbish(spec, "gave a token that no header can carry")
    expires = parse_time(status.get("expirationTimestamp"))
    return Credentials(token, certificate.encode(), key.encode(), expires)


def _text(spec: ExecSpec, status: Mapping[str, Any], name: str) -> str:
    value = status.get(name)
    if value is not None and not isinstance(value, str):
        raise _rubbish(spec, f"gave a {name} that is no text")
    return value or ""


def _rubbish(spec: ExecSpec, fact: str) -> AccessError:
    program = one_line(Path(spec.argv[0]).name, 80)
    return AccessError(f'{spec.where}: credential program "{program}": {fact}')
