"""The branch Storage Resources."""

from collections.abc import Iterator

from dpfctl.describe.survey import Survey, in_order
from dpfctl.describe.tree import Node, Role
from dpfctl.model import kinds
from dpfctl.model.resources import Resource

KINDS = (
    kinds.DPU_VOLUME,
    kinds.DPU_VOLUME_ATTACHMENT,
    kinds.DPU_STORAGE_POLICY,
    kinds.DPU_STORAGE_VENDOR,
)


def storage_branches(survey: Survey, config: Resource) -> Iterator[Node | None]:
    """Yield what ``describe storage`` shows below the root: one heading, even over nothing."""
    headers = [survey.listing(kind, survey.top(kind)) for kind in KINDS if survey.admits(kind)]
    yield Node(Role.HEADER, "Storage Resources", config.namespace, children=in_order(headers))
