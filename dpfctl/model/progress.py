"""Whether a controller has come to what was written last."""

from dpfctl.model.conditions import find_ready
from dpfctl.model.resources import Resource


def unready_fact(resource: Resource) -> str:
    """Say why an object is not ready in its present generation; empty if it is.

    A Ready condition that speaks of an older generation is from before the last write.
    """
    ready = find_ready(resource.conditions)
    if ready is None or not ready.is_true:
        return f"Ready: {ready.reason if ready and ready.reason else 'not yet'}"
    generation = resource.metadata.get("generation")
    if isinstance(generation, int) and 0 < ready.observed_generation < generation:
        return f"Ready speaks of generation {ready.observed_generation}, not of {generation}"
    return ""
