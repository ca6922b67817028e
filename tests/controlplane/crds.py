"""The CustomResourceDefinitions that dpfctl ships, as documents."""

from functools import cache
from importlib.resources import files

import yaml

from tests.controlplane.api import Json


@cache
def crd_documents() -> tuple[Json, ...]:
    """Every CRD of the package, in the order of the file names. Copy before changing one."""
    folder = files("dpfctl.model") / "crds"
    paths = sorted((path for path in folder.iterdir()), key=lambda path: path.name)
    documents: list[Json] = []
    for path in paths:
        if path.name.endswith(".yaml"):
            documents += [d for d in yaml.load_all(path.read_text(), _LOADER) if d]
    return tuple(documents)


# The C loader is five times as fast, where PyYAML was built with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
