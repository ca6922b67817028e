"""Secrets that stand where none should: found by their names and by their looks, and taken out.

The API keeps secrets in Secrets; people also put them into Helm values, annotations, URLs and
BlueField configuration. Nothing here is proof against a secret that neither looks like one nor is
called one: the reference page says so.
"""

import re
from collections.abc import Mapping
from typing import Any

from dpfctl.errors import InputError
from dpfctl.model.sharing import map_fields, map_items
from dpfctl.model.yaml_text import parse_yaml
from dpfctl.model.yaml_writer import write_yaml

REDACTED = "REDACTED (dpfctl snapshot)"

_WORDS = (
    r"pass(?:word|wd|phrase|code)|pwd|secret|token|credential|authorization|dockerconfig"
    r"|kubeconfig|psk|(?:api|access|private|priv|ssh|tls|client|signing|encryption|auth|shared)"
    r"[-_. ]?key"
)
_SECRET = re.compile(_WORDS, re.IGNORECASE)
_POINTER = re.compile(r".*(?:names?|namespace|refs?|enabled|ttl)", re.IGNORECASE)
_LINE = re.compile(rf"((?:{_WORDS})[\w.-]*[\"']?\s*[:=][ \t]*)(\S[^\n]*)", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)(?!git@)[^\s/@]+(?=@)")
_QUERY = re.compile(
    rf"([?&](?:sig|[\w.-]*(?:{_WORDS}|signature)[\w.-]*)=)(?!REDACTED)[^\s&\"']+", re.IGNORECASE
)
_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", re.S)
_WEB_TOKEN = re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*")


def mask_text(text: str) -> str:
    """Take out what is a secret by its looks: private keys, web tokens, logins in URLs.

    Neither does a URL keep what is called a token or signature in its query.
    """
    if "://" in text:
        if "@" in text:
            text = _LOGIN.sub(REDACTED, text)
        if "?" in text:
            text = _QUERY.sub(rf"\1{REDACTED}", text)
    if "PRIVATE KEY" in text:
        text = _KEY_BLOCK.sub(REDACTED, text)
    if "eyJ" in text:
        text = _WEB_TOKEN.sub(REDACTED, text)
    return text


def mask_values(value: Any) -> Any:
    """Take secrets out of values whose shape is anyone's own, such as those of a Helm chart.

    Args:
        value: Plain values; left unchanged.

    Returns:
        The same shape. Text and numbers below a key that is called like a secret are replaced, but
        not where the key only points to one (``secretName``); lines ``password = x`` inside text
        lose what follows. The value itself if nothing was found.
    """
    if isinstance(value, dict):
        return mask_variable(value) or map_fields(value, _mask_field)
    if isinstance(value, list):
        return map_items(value, mask_values)
    return _mask_lines(value) if isinstance(value, str) else value


def mask_looks(value: Any) -> Any:
    """Take out of values what is a secret by its looks, whatever it is called.

    For what controllers say about objects: a message about a Secret names it, and is none.
    """
    if isinstance(value, dict):
        return map_fields(value, lambda _name, child: mask_looks(child))
    if isinstance(value, list):
        return map_items(value, mask_looks)
    return mask_text(value) if isinstance(value, str) else value


def mask_secret(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Take everything out of a Secret but the names of what it holds."""
    hidden = {key: _hide(raw[key]) for key in ("data", "stringData") if key in raw}
    return {**mask_values(dict(raw)), **hidden}


def mask_variable(value: dict[str, Any]) -> dict[str, Any] | None:
    """Hide the value of ``{name: PASSWORD, value: x}``, None if this is no such pair."""
    if "value" in value and is_secret(value.get("name")):
        return {**value, "value": _hide(value["value"])}
    return None


def mask_values_text(text: str) -> str:
    """Take secrets out of Helm values that are given as YAML text; text that has none stays."""
    try:
        values = parse_yaml(text, "values")
    except InputError:
        return REDACTED
    masked = [mask_values(value) for value in values]
    return text if masked == list(values) else write_yaml(masked).decode()


def is_secret(name: Any) -> bool:
    """Whether a field of this name holds a secret, rather than something about one."""
    return isinstance(name, str) and bool(_SECRET.search(name)) and not _POINTER.fullmatch(name)


def _mask_lines(text: str) -> str:
    masked = mask_text(_LINE.sub(_hide_rest, text))
    return text if masked == text else masked


def _mask_field(key: str, value: Any) -> Any:
    return _hide(value) if is_secret(key) else mask_values(value)


def _hide(value: Any) -> Any:
    if isinstance(value, dict):
        return map_fields(value, _hide_field)
    if isinstance(value, list):
        return map_items(value, _hide)
    return value if value in (None, "") or isinstance(value, bool) else REDACTED


def _hide_field(key: str, value: Any) -> Any:
    return value if _POINTER.fullmatch(key) else _hide(value)


def _hide_rest(found: re.Match[str]) -> str:
    name = re.split(r"[\"'\s:=]", found[1])[0]
    return found[0] if _POINTER.fullmatch(name) else f"{found[1]}{REDACTED}"
