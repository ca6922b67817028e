"""The branches DPUSets, DPUs and BFBs, and the networking kinds that belong to no service."""

from collections.abc import Iterable, Iterator, Sequence

from dpfctl.describe.survey import Survey, owner_of
from dpfctl.describe.synthetic import maintenance_conditions
from dpfctl.describe.tree import Node
from dpfctl.model import kinds, labels
from dpfctl.model.resources import Ref, Resource

_UNOWNED = (kinds.DPU_SERVICE_CHAIN, kinds.DPU_SERVICE_INTERFACE)
_ALWAYS = (kinds.DPU_SERVICE_IPAM, kinds.DPU_SERVICE_NAD)


def set_branches(survey: Survey, config: Resource) -> Iterator[Node | None]:
    """Yield what ``describe dpusets`` shows below the root."""
    if survey.admits(kinds.DPU_SET):
        shown = [s for s in survey.top(kinds.DPU_SET) if not _stands_elsewhere(survey, s)]
        yield set_header(survey, shown)
    yield _loose_dpus(survey, config)
    for kind in (*_UNOWNED, *_ALWAYS):
        if survey.admits(kind):
            skip_owned = survey.is_whole_fleet and kind in _UNOWNED
            yield survey.listing(
                kind, [r for r in survey.top(kind) if not (skip_owned and owner_of(r))]
            )
    if survey.admits(kinds.BFB):
        yield _unreferenced_bfbs(survey)


def set_header(survey: Survey, sets: Iterable[Resource]) -> Node | None:
    """Make the heading DPUSets over sets with all that belongs to each."""
    nodes = [set_node(survey, dpu_set) for dpu_set in sets if survey.shows(dpu_set)]
    return survey.header(kinds.DPU_SET.title, nodes)


def set_node(survey: Survey, dpu_set: Resource) -> Node:
    """Make a DPUSet with its BFB, DPUNodes and DPUs."""
    dpus = survey.joined(kinds.DPU, "set", f"{dpu_set.namespace}/{dpu_set.name}", _set_of)
    return survey.node(
        dpu_set,
        [
            _node_header(survey, dpu_set, dpus),
            *_bfb(survey, dpu_set),
            survey.listing(kinds.DPU, dpus),
        ],
    )


def _stands_elsewhere(survey: Survey, dpu_set: Resource) -> bool:
    return survey.is_whole_fleet and bool(owner_of(dpu_set)) and survey.admits(kinds.DPU_DEPLOYMENT)


def _set_of(dpu: Resource) -> str:
    return f"{dpu.label(labels.DPU_SET_NAMESPACE) or ''}/{dpu.label(labels.DPU_SET_NAME) or ''}"


def _bfb(survey: Survey, dpu_set: Resource) -> list[Node]:
    name = dpu_set.text("spec", "dpuTemplate", "spec", "bfb", "name")
    if not name:
        return []
    ref = Ref(kinds.BFB, dpu_set.namespace, name)
    bfb = survey.named(ref, dpu_set.ref)
    return [survey.node(bfb)] if bfb else survey.placeholders([ref], dpu_set.ref)


def _node_header(survey: Survey, dpu_set: Resource, dpus: Sequence[Resource]) -> Node | None:
    on_node: dict[str, list[Resource]] = {}
    for dpu in dpus:
        if name := dpu.text("spec", "dpuNodeName"):
            on_node.setdefault(name, []).append(dpu)
    refs = [Ref(kinds.DPU_NODE, dpu_set.namespace, name) for name in sorted(on_node)]
    names = [dpu.name for dpu in dpus]
    nodes = [
        survey.node(
            node,
            [
                _device_header(survey, node, on_node[node.name]),
                *_maintenances(survey, node, owner_of(dpu_set), names),
            ],
        )
        for ref in refs
        if (node := survey.named(ref, dpu_set.ref))
    ]
    nodes += survey.placeholders(refs, dpu_set.ref)
    return survey.header(kinds.DPU_NODE.title, nodes, grouping=True)


def _device_header(survey: Survey, node: Resource, dpus: Iterable[Resource]) -> Node | None:
    names = {dpu.text("spec", "dpuDeviceName") for dpu in dpus}
    refs = [Ref(kinds.DPU_DEVICE, node.namespace, name) for name in sorted(names) if name]
    devices = [survey.node(device) for ref in refs if (device := survey.named(ref, node.ref))]
    devices += survey.placeholders(refs, node.ref)
    return survey.header(kinds.DPU_DEVICE.title, devices, grouping=True)


def _maintenances(
    survey: Survey, node: Resource, owner_label: str, dpus: Iterable[str]
) -> list[Node]:
    found = survey.joined(
        kinds.DPU_NODE_MAINTENANCE, "node", f"{node.namespace}/{node.name}", _node_of
    )
    return [
        survey.node(
            maintenance,
            conditions=maintenance_conditions(maintenance, owner_label, dpus, survey.now),
        )
        for maintenance in found
    ]


def _node_of(maintenance: Resource) -> str:
    return f"{maintenance.namespace}/{maintenance.text('spec', 'dpuNodeName')}"


def _loose_dpus(survey: Survey, config: Resource) -> Node | None:
    """DPUs that stand below no set: made by hand, or left over from a set that is gone."""
    if not survey.admits(kinds.DPU) and not survey.admits(kinds.DPU_SET):
        return None
    everything = survey.shows(config)
    return survey.listing(
        kinds.DPU,
        [
            dpu
            for dpu in survey.top(kinds.DPU)
            if (everything or survey.shows(dpu)) and not _stands_below_a_set(survey, dpu)
        ],
    )


def _stands_below_a_set(survey: Survey, dpu: Resource) -> bool:
    name = dpu.label(labels.DPU_SET_NAME)
    if not name or not survey.admits(kinds.DPU_SET):
        return False
    return survey.exists(Ref(kinds.DPU_SET, dpu.label(labels.DPU_SET_NAMESPACE) or "", name))


def _unreferenced_bfbs(survey: Survey) -> Node | None:
    referenced = {
        (s.namespace, s.text("spec", "dpuTemplate", "spec", "bfb", "name"))
        for s in survey.objects(kinds.DPU_SET)
    }
    return survey.listing(
        kinds.BFB,
        [
            bfb
            for bfb in survey.top(kinds.BFB)
            if survey.shows(bfb) and (bfb.namespace, bfb.name) not in referenced
        ],
    )
