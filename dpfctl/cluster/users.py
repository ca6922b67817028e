"""The user entry of a kubeconfig: from its fields to a source of credentials."""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dpfctl.cluster.config import Impersonation
from dpfctl.cluster.credentials import (
    Credentials,
    CredentialSource,
    FixedCredentials,
    TokenFile,
)
from dpfctl.cluster.exec_plugin import GROUP, VERSIONS, ExecPlugin, ExecSpec
from dpfctl.cluster.kubeconfig_files import Fields
from dpfctl.cluster.wording import one_line
from dpfctl.errors import AccessError, InputError

_MODES = ("Never", "IfAvailable", "Always")


def read_user(
    user: Fields, cluster_info: Mapping[str, Any], environ: Mapping[str, str]
) -> CredentialSource:
    """Return the source of a user's credentials; files are read now, programs run later.

    Args:
        user: The user entry.
        cluster_info: ``spec.cluster`` for a credential program that asks for it.
        environ: Environment a credential program inherits.

    Raises:
        AccessError: A way to log in that API servers no longer take, or a file is missing.
        InputError: A field has the wrong type.
    """
    _refuse_obsolete(user)
    section = user.section("exec")
    if section is not None:
        return ExecPlugin(_exec_spec(section, user.where, cluster_info), environ)
    fixed = _fixed(user)
    token_file = user.path("tokenFile")
    if token_file:
        return TokenFile(token_file, fixed)
    if fixed.certificate:
        return FixedCredentials(fixed, _EXPIRED)
    return FixedCredentials(fixed)


def read_impersonation(user: Fields, as_user: str, as_groups: tuple[str, ...]) -> Impersonation:
    """Merge ``--as`` and ``--as-group`` over what the user entry says.

    Raises:
        InputError: Groups without a user to act as, or what no header can carry.
    """
    name = as_user or user.text("as")
    groups = as_groups or user.texts("as-groups")
    if not name and (groups or user.text("as-uid")):
        flag = "--as-group" if as_groups else f"{user.where}: as-groups"
        raise InputError(f"{flag}: needs a user to act as", "add --as USER")
    found = Impersonation(name, user.text("as-uid"), groups, _extra(user))
    for text in (found.user, found.uid, *found.groups, *(value for _, value in found.extra)):
        if not text.isprintable() or text != text.strip():
            where = "--as" if as_user or as_groups else f"{user.where}: as"
            raise InputError(f'{where}: "{one_line(text, 80)}" is no name to act as')
    return found


def read_pem(fields: Fields, name: str) -> bytes:
    """Return certificate or key material from ``NAME-data`` or, if that is empty, file ``NAME``.

    Raises:
        AccessError: The file cannot be read.
        InputError: The data is not base64.
    """
    data = fields.text(f"{name}-data")
    if data:
        return decode_base64(fields, f"{name}-data", data)
    path = fields.path(name)
    return _read_file(fields, name, path) if path else b""


def decode_base64(fields: Fields, name: str, data: str) -> bytes:
    """Return the bytes behind base64, line breaks allowed."""
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise fields.refusal(name, "not base64", "") from None


def _fixed(user: Fields) -> Credentials:
    certificate, key = read_pem(user, "client-certificate"), read_pem(user, "client-key")
    if bool(certificate) != bool(key):
        missing = "client-key" if certificate else "client-certificate"
        raise AccessError(f"{user.where}: {missing}: missing")
    token = user.text("token").strip()
    if not token.isascii() or not token.isprintable():
        raise user.refusal("token", "holds characters that no token has", "")
    return Credentials(token, certificate, key)


def _refuse_obsolete(user: Fields) -> None:
    if user.text("username") or user.text("password"):
        raise AccessError(f"{user.where}: username: Kubernetes dropped passwords", _LOG_IN)
    if user.raw.get("auth-provider") is not None:
        raise AccessError(f"{user.where}: auth-provider: replaced by exec in Kubernetes", _LOG_IN)


def _exec_spec(section: Fields, where: str, cluster_info: Mapping[str, Any]) -> ExecSpec:
    version = section.text("apiVersion")
    if version not in VERSIONS:
        shown = one_line(version, 80) or "missing"
        fact = f"{shown}: must be {' or '.join(VERSIONS)}"
        raise AccessError(f"{section.where}: apiVersion: {fact}", _UPDATE)
    mode = section.text("interactiveMode") or "IfAvailable"
    if mode not in _MODES:
        raise section.refusal("interactiveMode", f"must be one of {', '.join(_MODES)}", "")
    return ExecSpec(
        where=where,
        argv=(_command(section), *section.texts("args")),
        env=_env(section),
        api_version=version,
        install_hint=section.text("installHint"),
        interactive_mode=mode,
        cluster=cluster_info if section.flag("provideClusterInfo") else None,
    )


def _command(section: Fields) -> str:
    command = section.text("command")
    if not command:
        raise AccessError(f"{section.where}: command: missing")
    # As kubectl: a bare name is searched in PATH, a path starts at the kubeconfig's folder.
    return str(section.folder / command) if "/" in command else command


def _env(section: Fields) -> dict[str, str]:
    entries = section.raw.get("env")
    if entries is None:
        return {}
    if not isinstance(entries, list):
        raise section.refusal("env", "must be a list", "")
    return dict(_variable(section, entry) for entry in entries)


def _variable(section: Fields, entry: Any) -> tuple[str, str]:
    if not isinstance(entry, dict):
        raise section.refusal("env", "must be a list of objects", "")
    fields = Fields(f"{section.where}: env", section.folder, entry)
    name = fields.text("name")
    if not name or "=" in name:
        raise fields.refusal("name", "is no name of a variable", "")
    return name, fields.text("value")


def _extra(user: Fields) -> tuple[tuple[str, str], ...]:
    section = user.section("as-user-extra")
    if section is None:
        return ()
    return tuple((key, value) for key in section.raw for value in section.texts(key))


def _read_file(fields: Fields, name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = one_line(error.strerror or "").lower()
        raise AccessError(f"{fields.where}: {name}: {path}: {reason}") from None


_EXPIRED = "the client certificate may have expired; get a new one, or use another --context"
_LOG_IN = "log in again with a current tool of your provider"
_UPDATE = f"update the tool that wrote the kubeconfig; {GROUP}/v1alpha1 is gone since 1.24"
