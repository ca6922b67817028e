"""Whatever stands in a file or a cluster, it is a finding and no crash."""

import copy
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.errors import DpfctlError
from dpfctl.model.yaml_writer import write_yaml
from dpfctl.zones.adapting import adapt
from dpfctl.zones.lint import lint
from dpfctl.zones.listing import list_zones
from dpfctl.zones.planning import plan_zones
from tests.unit.zone_files import EXAMPLES, Manifests, dk, fleet, packaged_schemas, read

JUNK: tuple[Any, ...] = (None, True, 7, 1.5, "", "x", [], {}, [None], ["x"], [{}], {"x": None})

seeds = st.integers(0, 10**6)


def damaged(objects: list[Any], dice: random.Random) -> list[Any]:
    """Objects with something else, or nothing, in a few places."""
    found = copy.deepcopy(objects)
    for _ in range(dice.randrange(1, 4)):
        parent, step = dice.choice(list(_places(found)))
        if dice.randrange(4) == 0:
            del parent[step]
        else:
            parent[step] = copy.deepcopy(dice.choice(JUNK))
    return found


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    steps = range(len(value)) if isinstance(value, list) else tuple(value)
    for step in steps:
        yield value, step
        if isinstance(value[step], dict | list):
            yield from _places(value[step])


def documents() -> list[Any]:
    zone = yaml.safe_load((EXAMPLES / "zone-ga.yaml").read_text(encoding="utf-8"))
    return [*dk().objects.values(), zone]


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_a_damaged_file(seed: int) -> None:
    found = read(write_yaml(damaged(documents(), random.Random(seed))).decode())
    assert found.is_usable is not any(f.severity == "error" for f in found.findings)

    host = fleet(dk())
    adapted = adapt(found.zones, packaged_schemas())
    lint(adapted.zones, host, None)
    lint(adapted.zones, host, {})
    with suppress(DpfctlError):
        plan_zones(adapted.zones, host, prune=True, force=False)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_a_damaged_cluster(seed: int) -> None:
    objects = damaged(list(dk().objects.values()), random.Random(seed))
    named = {raw["metadata"]["name"]: raw for raw in objects if _is_object(raw)}
    host = fleet(Manifests(named))
    lint(dk().zones, host, None)
    list_zones(host, None)
    with suppress(DpfctlError):
        plan_zones(dk().zones, host, prune=True, force=False)


def _is_object(raw: Any) -> bool:
    """Whether a fleet file would take it."""
    if not isinstance(raw, dict) or not isinstance(raw.get("metadata"), dict):
        return False
    texts = (raw.get("apiVersion"), raw.get("kind"), *map(raw["metadata"].get, _NAMED))
    return all(isinstance(text, str) and text for text in texts)


_NAMED = ("name", "namespace")
