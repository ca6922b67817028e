"""``describe -o json|yaml``: the flat inventory, its schema, and its text."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from dpfctl.describe import Tree, prune
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.render.machine import to_json, to_yaml, tree_data, tree_names
from tests.builders import (
    NS,
    ago,
    application,
    bfb,
    condition,
    dpu,
    dpu_deployment,
    dpu_device,
    dpu_node,
    dpu_service,
    dpu_service_interface,
    dpu_set,
    dpu_virtual_network,
    dpu_vpc,
    isolation_class,
    maintenance,
)
from tests.render import fleets
from tests.unit.trees import describe

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "describe.schema.json"
VALIDATOR = Draft202012Validator(
    json.loads(SCHEMA.read_text(encoding="utf-8")), format_checker=FormatChecker()
)


def data(tree: Tree) -> dict[str, Any]:
    return dict(json.loads(to_json(tree_data(tree))))


def entry(tree: Tree, plural: str, name: str) -> dict[str, Any]:
    (found,) = [e for e in data(tree)[plural] if e["metadata"]["name"] == name]
    return dict(found)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(VALIDATOR.schema)


TREES = {
    "a healthy fleet": fleets.tree_of(*fleets.healthy(), show_storage=True),
    "services only": fleets.tree_of(*fleets.services(), view="dpuservices"),
    "a troubled fleet": fleets.tree_of(*fleets.troubled()),
    "its issues": prune(fleets.tree_of(*fleets.troubled(), grouping=False), show_pending=False),
    "an empty fleet": describe(),
    "problems": describe(
        dpu_set("s", bfb="gone"), troubles={kinds.DPU_SERVICE: (Trouble.FORBIDDEN, "no")}
    ),
}


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES.keys())
def test_the_output_keeps_its_schema(tree: Tree) -> None:
    VALIDATOR.validate(data(tree))


@pytest.mark.parametrize(
    "path",
    [
        ("metadata",),
        ("typeMeta", "apiVersion"),
        ("conditions",),
        ("conditions", 0, "reason"),
        ("parents",),
        ("children",),
        ("suspended",),
    ],
    ids=lambda p: ".".join(map(str, p)),
)
def test_the_schema_misses_what_is_left_out(path: tuple[Any, ...]) -> None:
    output = data(TREES["a troubled fleet"])
    place = output["dpus"][0]
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    assert not VALIDATOR.is_valid(output)


def test_an_entry() -> None:
    built = (
        dpu_service("hbn", "ns")
        .conditions({**condition("Ready", age="2h", message="ok"), "observedGeneration": 3})
        .created("3d")
        .having(
            metadata={
                "generation": 3,
                "resourceVersion": "77",
                "annotations": {},
                "labels": {"a": "b"},
                "managedFields": [{"manager": "x"}],
                "selfLink": "/x",
            }
        )
        .suspended()
    )
    assert data(describe(built))["dpuservices"] == [
        {
            "metadata": {
                "name": "hbn",
                "namespace": "ns",
                "uid": "dpuservice-ns-hbn",
                "resourceVersion": "77",
                "generation": 3,
                "creationTimestamp": ago("3d"),
                "labels": {"a": "b"},
            },
            "typeMeta": {"kind": "DPUService", "apiVersion": "svc.dpu.nvidia.com/v1alpha1"},
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True",
                    "observedGeneration": 3,
                    "lastTransitionTime": ago("2h"),
                    "reason": "Success",
                    "message": "ok",
                }
            ],
            "parents": [
                {"kind": "DPFOperatorConfig", "namespace": NS, "name": "dpfoperatorconfig"}
            ],
            "children": [],
            "suspended": True,
        }
    ]


def test_an_object_without_conditions_has_an_empty_list() -> None:
    assert entry(describe(dpu_set("s")), "dpusets", "s")["conditions"] == []


def test_internal_annotations_do_not_leak() -> None:
    noted = {
        "tree.dpu.nvidia.com/grouping-object": "True",
        "tree.cluster.x-k8s.io.io/last-object": "u",
        "mine": "kept",
    }
    built = dpu_set("s").having(metadata={"annotations": noted})
    assert entry(describe(built), "dpusets", "s")["metadata"]["annotations"] == {"mine": "kept"}


@pytest.mark.parametrize(
    ("tree", "plural", "api_version"),
    [
        (describe(bfb("x")), "bfbs", "provisioning.dpu.nvidia.com/v1alpha1"),
        (
            describe(dpu_service("s").degraded().owning(application("x"))),
            "applications",
            "argoproj.io/v1alpha1",
        ),
        (
            describe(dpu_vpc("v", isolation="x"), isolation_class("x")),
            "isolationclasses",
            "vpc.dpu.nvidia.com/v1alpha1",
        ),
    ],
    ids=["BFB", "Application", "IsolationClass"],
)
def test_kinds_with_derived_conditions_are_real_objects(
    tree: Tree, plural: str, api_version: str
) -> None:
    found = entry(tree, plural, "x")
    assert found["typeMeta"]["apiVersion"] == api_version
    assert found["metadata"]["uid"].endswith("-x")
    assert [c["type"] for c in found["conditions"]] == ["Ready"]


def test_members_of_groups_are_all_there() -> None:
    services = [dpu_service(n).ready() for n in "abc"]
    found = data(describe(*services))["dpuservices"]
    assert [e["metadata"]["name"] for e in found] == ["a", "b", "c"]
    assert all(e["parents"][0]["kind"] == "DPFOperatorConfig" for e in found)


def test_what_stands_below_members_of_groups_is_there() -> None:
    tree = describe(
        dpu_deployment("east").ready().owning(dpu_service("e").ready()),
        dpu_deployment("west").ready().owning(dpu_service("w").ready()),
    )
    assert [e["parents"][0]["name"] for e in data(tree)["dpuservices"]] == ["east", "west"]


def test_grouping_changes_nothing() -> None:
    fleet = fleets.troubled()
    assert data(fleets.tree_of(*fleet)) == data(fleets.tree_of(*fleet, grouping=False))


def test_flags_about_conditions_change_nothing() -> None:
    fleet = fleets.troubled()
    asked = fleets.tree_of(*fleet, show_conditions="all", show_pending=True)
    assert data(fleets.tree_of(*fleet)) == data(asked)


def test_filters_and_issues_count() -> None:
    fleet = fleets.troubled()
    assert set(data(fleets.tree_of(*fleet, show_resources="bfb,dpuservice"))) == {
        "DPFOperatorConfigs",
        "dpuservices",
    }
    pruned = prune(fleets.tree_of(*fleet, grouping=False), show_pending=False)
    assert [e["metadata"]["name"] for e in data(pruned)["dpus"]] == ["worker1-mt1"]


def test_an_object_in_two_places_stands_once_with_both_parents() -> None:
    tree = describe(
        dpu_vpc("v").ready(),
        dpu_virtual_network("n", vpc="v").ready(),
        dpu_service_interface("i", network="n").ready(),
    )
    found = entry(tree, "dpuserviceinterfaces", "i")
    assert [p["kind"] for p in found["parents"]] == ["DPFOperatorConfig", "DPUVirtualNetwork"]
    assert [c["name"] for c in entry(tree, "dpuvirtualnetworks", "n")["children"]] == ["i"]


def test_links_skip_headings() -> None:
    tree = describe(
        dpu_set("s").owning(dpu("d", node="w", device="v").ready()),
        dpu_node("w").ready(),
        dpu_device("v").ready(),
    )
    children = entry(tree, "dpusets", "s")["children"]
    assert [(c["kind"], c["name"]) for c in children] == [("DPU", "d"), ("DPUNode", "w")]
    assert entry(tree, "dpudevices", "v")["parents"][0]["kind"] == "DPUNode"


def test_a_link_stands_once_however_often_it_is_drawn() -> None:
    tree = describe(
        dpu_set("east").owning(dpu("a", node="w", device="v").ready()),
        dpu_set("west").owning(dpu("b", node="w", device="v").ready()),
        dpu_node("w").ready(),
        dpu_device("v").ready(),
    )
    assert [p["name"] for p in entry(tree, "dpudevices", "v")["parents"]] == ["w"]
    assert [c["name"] for c in entry(tree, "dpunodes", "w")["children"]] == ["v"]


def test_a_maintenance_of_two_sets_has_the_requestors_of_both() -> None:
    tree = describe(
        dpu_set("east").owning(dpu("a", node="w").ready()),
        dpu_set("west").owning(dpu("b", node="w").ready()),
        dpu_set("none").owning(dpu("c", node="w").ready()),
        dpu_node("w").ready(),
        maintenance("m", "b", "a", node="w"),
    )
    found = entry(tree, "dpunodemaintenances", "m")["conditions"]
    assert sorted(c["type"] for c in found) == ["Requestor/DPU/a", "Requestor/DPU/b"]


def test_order_is_by_kind_then_namespace_then_name() -> None:
    tree = describe(
        dpu_service("b", "two").ready(),
        dpu_service("a", "two").degraded(),
        dpu_service("c", "one").ready(),
        dpu_set("s"),
        dpu("d").degraded(),
    )
    found = data(tree)
    assert list(found) == ["DPFOperatorConfigs", "dpus", "dpuservices", "dpusets"]
    names = [e["metadata"]["name"] for e in found["dpuservices"]]
    assert names == ["c", "a", "b"]


def test_problems_are_there_only_if_there_are_any() -> None:
    assert "problems" not in data(describe())
    tree = describe(
        dpu_set("s", "ns", bfb="gone"),
        troubles={
            kinds.DPU_SERVICE: (Trouble.UNREACHABLE, "timeout"),
            kinds.DPU_VPC: (Trouble.NOT_SERVED, "404"),
        },
    )
    missing, unread = data(tree)["problems"]
    assert (missing["kind"], missing["namespace"], missing["name"]) == ("BFB", "ns", "gone")
    assert (missing["reason"], unread["reason"]) == ("NotFound", "Unreachable")
    assert (unread["kind"], unread["name"], unread["message"]) == ("DPUService", "", "timeout")


def test_top_level_keys_are_sorted_problems_too() -> None:
    tree = describe(dpu_set("s", bfb="gone"), dpu_vpc("v"), dpu_service("x"))
    keys = list(data(tree))
    assert keys == sorted(keys)
    assert "problems" in keys


def test_json_is_indented_by_two_and_ends_with_one_newline() -> None:
    text = to_json({"a": ["<b>", "c & d"], "é": 1})
    assert text == ('{\n  "a": [\n    "\\u003cb\\u003e",\n    "c \\u0026 d"\n  ],\n  "é": 1\n}\n')


def test_the_inside_of_an_entry_starts_as_scripts_know_it() -> None:
    found = entry(TREES["a troubled fleet"], "bfbs", "bf")
    assert list(found)[:3] == ["metadata", "typeMeta", "conditions"]
    assert list(found["conditions"][0]) == [
        "type",
        "status",
        "lastTransitionTime",
        "reason",
        "message",
    ]


def test_yaml_is_sorted_everywhere_and_ends_with_an_empty_line() -> None:
    text = to_yaml({"b": {"d": 1, "c": "x: y"}, "a": []})
    assert text == "a: []\nb:\n  c: 'x: y'\n  d: 1\n\n"


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES.keys())
def test_yaml_says_what_json_says(tree: Tree) -> None:
    assert yaml.safe_load(to_yaml(tree_data(tree))) == data(tree)


def test_names_come_once_in_printing_order() -> None:
    tree = describe(
        dpu_vpc("v").ready(),
        dpu_virtual_network("n", vpc="v").ready(),
        dpu_service_interface("i", network="n").ready(),
        dpu_service("b").ready(),
        dpu_service("a").ready(),
    )
    assert tree_names(tree) == [
        "dpfoperatorconfig.operator.dpu.nvidia.com/dpfoperatorconfig",
        "dpuserviceinterface.svc.dpu.nvidia.com/i",
        "dpuservice.svc.dpu.nvidia.com/a",
        "dpuservice.svc.dpu.nvidia.com/b",
        "dpuvpc.vpc.dpu.nvidia.com/v",
        "dpuvirtualnetwork.vpc.dpu.nvidia.com/n",
    ]
