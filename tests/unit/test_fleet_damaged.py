"""Fleets with anything anywhere: refused with a place, or read, listed and kept without a crash."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.cluster.snapshot_file import snapshot_text
from dpfctl.errors import InputError
from dpfctl.model import kinds
from dpfctl.model.documents import Document, Format, parse_documents
from dpfctl.model.fleet import Fleet
from dpfctl.model.fleet_reader import read_fleet
from dpfctl.model.snapshot import take_snapshot
from tests.builders import NOW

WORDS = st.sampled_from(
    [
        *("", "Fleet", "List", "NodeList", "dpfctl/v1", "v1", "a", "ns/edge", "NotServed", "["),
        *(kind.name for kind in (kinds.DPU, kinds.POD, kinds.APPLICATION, kinds.CONFIG_MAP)),
        *(kinds.DPU.api_version, "${NOW-1d}", "${NOW", "password: x", "https://a:b@c"),
    ]
)
FIELDS = st.sampled_from(
    [
        *("apiVersion", "kind", "metadata", "name", "namespace", "items", "host", "dpuClusters"),
        *(
            "snapshot",
            "unreadable",
            "resource",
            "reason",
            "dpuCluster",
            "spec",
            "status",
            "message",
        ),
        *("template", "containers", "annotations", "labels", "values", "parameters", "configFiles"),
        *("raw", "password", "value", "terminated", "creationTimestamp", "resourceVersion", "uid"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers(0, 9) | WORDS
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=12,
)


def an_object() -> st.SearchStrategy[dict[str, Any]]:
    """An object that is one, with anything in all other places."""
    metadata = {
        "name": st.sampled_from(("a", "b")),
        "annotations": ANYTHING,
        "labels": ANYTHING,
        "creationTimestamp": ANYTHING,
        "resourceVersion": ANYTHING,
    }
    known = st.sampled_from((kinds.DPU, kinds.POD, kinds.DEPLOYMENT, kinds.APPLICATION))
    return known.flatmap(
        lambda kind: st.fixed_dictionaries(
            {
                "apiVersion": st.just(kind.api_version),
                "kind": st.just(kind.name),
                "metadata": st.fixed_dictionaries(metadata),
                "spec": ANYTHING,
                "status": ANYTHING,
            }
        )
    )


FLEETS = st.fixed_dictionaries(
    {"apiVersion": st.just("dpfctl/v1"), "kind": st.just("Fleet")},
    optional={
        "host": st.fixed_dictionaries({"items": st.lists(an_object() | ANYTHING, max_size=3)}),
        "dpuClusters": ANYTHING,
        "snapshot": ANYTHING,
    },
)


def read(value: Any) -> Fleet | None:
    try:
        return read_fleet([Document("f", 0, value, Format.JSON, is_relative=True)], NOW)
    except InputError as error:
        if not error.message.startswith("f: "):
            raise
        return None


@given(FLEETS | an_object() | ANYTHING.filter(lambda value: value is not None))
@settings(max_examples=150, deadline=None)
def test_damaged_fleets_are_refused_or_used(value: Any) -> None:
    fleet = read(value)
    if fleet is None:
        return
    host = fleet.host.inventory(kinds.ALL)
    conditions = [r.conditions for kind in kinds.ALL for r in host.list(kind)]
    snapshot = take_snapshot(host, {}, now=NOW, context="f", version="")
    for written in Format:
        again = read_fleet(parse_documents(snapshot_text(snapshot, written), "s"), NOW)
        found = again.host.inventory(kinds.ALL)
        assert [r.conditions for kind in kinds.ALL for r in found.list(kind)] == conditions
        kept = take_snapshot(found, {}, now=NOW, context="f", version="")
        assert kept["host"] == snapshot["host"]
