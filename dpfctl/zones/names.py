"""Names that Kubernetes takes, and labels that may tie a zone together.

Source:
    Kubernetes ``apimachinery/pkg/util/validation``; the limit of 63 characters is a CEL rule of all
    four kinds (DPF 26.x, ``api/*/v1alpha1``).
"""

import re

from dpfctl.model.names import is_namespace_name, is_object_name

LONGEST = 63
LONGEST_INTERFACE = 15
_QUALIFIED = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(_QUALIFIED)
_VALUE = re.compile(rf"(?:{_QUALIFIED})?")
_MANAGED = re.compile(r"(?:.*\.)?dpu\.nvidia\.com")
_SYSTEM = re.compile(r"(?:.*\.)?(?:kubernetes|k8s)\.io")


def name_flaw(name: str) -> str:
    """Say what is wrong with the name of an object, empty if nothing is."""
    if len(name) > LONGEST:
        return f'"{name}" has {len(name)} characters, {LONGEST} are allowed'
    return "" if is_object_name(name) else f'"{name}" is no object name'


def namespace_flaw(namespace: str) -> str:
    """Say what is wrong with the name of a namespace, empty if nothing is."""
    return "" if is_namespace_name(namespace) else f'"{namespace}" is no namespace name'


def label_flaw(key: str, value: str) -> str:
    """Say why Kubernetes takes no such label, empty if it does."""
    prefix, slash, name = key.rpartition("/")
    is_prefixed = not slash or is_object_name(prefix)
    if not is_prefixed or not _NAME.fullmatch(name):
        return f'"{key}" is no label key'
    return "" if _VALUE.fullmatch(value) and value else f'"{value}" is no label value'


def is_managed(key: str) -> bool:
    """Whether DPF itself sets labels of that key: ``dpu.nvidia.com/``, ``*.dpu.nvidia.com/``."""
    prefix, slash, _ = key.rpartition("/")
    return bool(slash) and _MANAGED.fullmatch(prefix) is not None


def is_of_system(key: str) -> bool:
    """Whether Kubernetes itself sets labels of that key, such as ``kubernetes.io/arch``."""
    prefix, slash, _ = key.rpartition("/")
    return bool(slash) and _SYSTEM.fullmatch(prefix) is not None
