"""What a user asked ``describe`` to show."""

from dataclasses import dataclass
from enum import StrEnum

from dpfctl.describe.filters import UNFILTERED, Filter


class View(StrEnum):
    """The subcommands of ``describe``."""

    ALL = "all"
    DPU_CLUSTERS = "dpuclusters"
    DPU_DEPLOYMENTS = "dpudeployments"
    DPU_SERVICES = "dpuservices"
    DPU_SETS = "dpusets"
    DPU_VPCS = "dpuvpcs"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class Options:
    """Flags of ``describe`` that change the tree.

    Attributes:
        view: Which branches are looked at.
        show_conditions: Objects whose conditions are listed even if none has failed.
        show_resources: Objects that are shown, empty for all.
        expand_resources: DPUServices whose Applications are shown even if the service is ready.
        grouping: Merge ready siblings into one row.
        show_pending: Count and list conditions that no controller has come to yet.
        show_storage: Let ``all`` include storage.
        show_missing: Give objects that are named but absent a row of their own.
        dpu_clusters: Go on into the DPU clusters.
        namespace: Keep only what stands directly below the root in this namespace.
    """

    view: View = View.ALL
    show_conditions: Filter = UNFILTERED
    show_resources: Filter = UNFILTERED
    expand_resources: Filter = UNFILTERED
    grouping: bool = True
    show_pending: bool = False
    show_storage: bool = False
    show_missing: bool = False
    dpu_clusters: bool = False
    namespace: str | None = None
