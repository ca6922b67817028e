"""The root, the lists each view needs, and the namespace filter."""

import pytest

from dpfctl.describe import build_tree, kinds_to_read
from dpfctl.errors import DpfctlError, ForbiddenError, NotFoundError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from tests.builders import (
    NOW,
    Built,
    bfb,
    dpu,
    dpu_service,
    dpu_set,
    inventory,
    operator_config,
    system_service,
)
from tests.unit.trees import describe, options, outline, rows

VIEWS = ["all", "dpuclusters", "dpudeployments", "dpuservices", "dpusets", "dpuvpcs", "storage"]


@pytest.mark.parametrize("view", VIEWS)
def test_the_one_config_of_any_name_is_the_root(view: str) -> None:
    tree = build_tree(inventory(operator_config("mine", "anywhere").degraded()), options(view), NOW)
    assert (tree.root.name, tree.root.namespace) == ("DPFOperatorConfig/mine", "anywhere")
    assert not tree.is_healthy


def test_no_config_is_told_as_the_api_would() -> None:
    with pytest.raises(NotFoundError) as failure:
        build_tree(inventory(dpu_set("s")), options(), NOW)
    assert (
        'DPFOperatorConfig.operator.dpu.nvidia.com "dpfoperatorconfig" not found'
        in failure.value.message
    )


def test_two_configs_are_both_named() -> None:
    two = inventory(operator_config("a", "one"), operator_config("b", "two"))
    with pytest.raises(DpfctlError, match=r"one/a, two/b") as failure:
        build_tree(two, options(), NOW)
    assert failure.value.exit_code == 1


@pytest.mark.parametrize(
    ("trouble", "error", "code"),
    [
        (Trouble.NOT_SERVED, NotFoundError, 1),
        (Trouble.FORBIDDEN, ForbiddenError, 7),
        (Trouble.UNREACHABLE, UnreachableError, 7),
    ],
)
def test_only_the_list_of_configs_is_fatal(
    trouble: Trouble, error: type[DpfctlError], code: int
) -> None:
    fleet = inventory(troubles={kinds.DPF_OPERATOR_CONFIG: (trouble, "why")})
    with pytest.raises(error, match="why") as failure:
        build_tree(fleet, options(), NOW)
    assert failure.value.exit_code == code


@pytest.mark.parametrize("view", VIEWS)
def test_each_list_is_read_once_and_the_roots_first(view: str) -> None:
    asked = kinds_to_read(options(view))
    assert asked[0] is kinds.DPF_OPERATOR_CONFIG
    assert len(asked) == len(set(asked))


def test_all_takes_21_lists_and_25_with_storage() -> None:
    assert len(kinds_to_read(options())) == 21
    assert set(kinds_to_read(options(show_storage=True))) == set(kinds.DESCRIBED)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_needs_no_list_it_did_not_ask_for(view: str) -> None:
    """What is not asked for fails here, and would leave a trace."""
    asked = kinds_to_read(options(view))
    rest = {k: (Trouble.FORBIDDEN, "unasked") for k in kinds.DESCRIBED if k not in asked}
    fleet = (
        dpu_set("s", bfb="b").owning(dpu("d", node="w", device="v")),
        dpu_service("hbn").degraded(),
    )
    assert not any(
        p.message == "unasked" for p in describe(*fleet, view=view, troubles=rest).problems
    )


NAMESPACES: tuple[Built, ...] = (
    *dpu_set("here", "one", bfb="b").owning(dpu("d", "one")),
    *dpu_set("there", "two", bfb="b").owning(dpu("d", "two")),
    bfb("b", "one"),
    bfb("b", "two"),
    bfb("free", "one"),
    dpu_service("hbn", "two"),
    system_service("flannel", "one"),
    system_service("multus", "two"),
)


def test_a_namespace_filters_what_stands_below_the_root() -> None:
    tree = describe(*NAMESPACES, namespace="one")
    assert outline(tree) == rows("""
        BFBs
          BFB/free
        DPUSets
          DPUSet/here
            BFB/b
            DPUs
              DPU/d
        System Components
          DPUServices
            DPUService/flannel
        """)


def test_the_root_stands_in_whatever_namespace_it_is() -> None:
    tree = describe(*NAMESPACES, namespace="nowhere")
    assert tree.root.namespace == operator_config().namespace
    assert outline(tree) == ""


def test_what_belongs_to_a_shown_object_may_live_elsewhere() -> None:
    service, far = dpu_set("s", "one").owning(dpu("far", "two"))
    assert "DPU/far" in outline(describe(service, far, namespace="one"))
