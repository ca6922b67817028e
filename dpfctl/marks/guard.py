"""Objects that somebody else keeps as they are: changing them would not last."""

from collections.abc import Iterable

from dpfctl.errors import OwnedError
from dpfctl.model import labels
from dpfctl.model.ownership import deployment_of
from dpfctl.model.resources import Resource

_OTHERS = f"; -l '!{labels.OWNED_BY_DPU_DEPLOYMENT}' leaves such out"


def refuse_owned(resources: Iterable[Resource]) -> None:
    """Refuse objects whose DPUDeployment would undo a change of them.

    Raises:
        OwnedError: At least one is owned; the message names the first with its owner, and how many
            more there are.
    """
    owned = [(r, owner) for r in resources if (owner := deployment_of(r)) is not None]
    if not owned:
        return
    resource, owner = owned[0]
    others = _OTHERS if len(owned) > 1 else ""
    more = f" (and {len(owned) - 1} more like it)" if len(owned) > 1 else ""
    raise OwnedError(
        f"{resource.ref}: belongs to {owner}, which would undo the change{more}",
        f"edit {owner} instead, or use --force to change it until then{others}",
    )


def owned_warnings(resources: Iterable[Resource]) -> tuple[str, ...]:
    """Say what becomes of changes of owned objects that are made nevertheless."""
    return tuple(
        f"{r.ref}: {owner} will undo the change when it is reconciled next, within minutes"
        for r in resources
        if (owner := deployment_of(r)) is not None
    )
