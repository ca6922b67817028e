"""Storage Resources."""

import pytest

from dpfctl.model import kinds
from tests.builders import Built, build, dpu_set, operator_config
from tests.unit.trees import describe, node, outline, rows

STORAGE = tuple(
    build(kind, "x").ready()
    for kind in (
        kinds.DPU_VOLUME,
        kinds.DPU_VOLUME_ATTACHMENT,
        kinds.DPU_STORAGE_POLICY,
        kinds.DPU_STORAGE_VENDOR,
    )
)
SHOWN = rows("""
    Storage Resources
      DPUStoragePolicies
        DPUStoragePolicy/x
      DPUStorageVendors
        DPUStorageVendor/x
      DPUVolumeAttachments
        DPUVolumeAttachment/x
      DPUVolumes
        DPUVolume/x
    """)


def test_storage_is_always_shown_in_storage() -> None:
    assert outline(describe(*STORAGE, dpu_set("s"), view="storage")) == SHOWN


def test_storage_is_shown_in_all_if_asked_for() -> None:
    assert outline(describe(*STORAGE, show_storage=True)) == SHOWN


def test_storage_is_hidden_in_all() -> None:
    assert outline(describe(*STORAGE)) == ""


def test_the_heading_stands_over_nothing_in_the_namespace_of_the_config() -> None:
    tree = describe(view="storage")
    assert outline(tree) == "Storage Resources\n"
    assert node(tree, "Storage Resources").namespace == operator_config().namespace


@pytest.mark.parametrize("built", STORAGE, ids=lambda b: b.kind.name)
def test_ready_siblings_are_merged(built: Built) -> None:
    other = build(built.kind, "y").ready()
    tree = describe(built, other, view="storage")
    assert f"2 {built.kind.title}..." in outline(tree)
