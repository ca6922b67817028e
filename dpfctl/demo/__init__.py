"""The packaged demo fleet, a site on an ordinary bad day: ``dpfctl describe all --from demo``.

It needs no cluster and is a fleet file like any other, so it also shows how one is written.
"""

from pathlib import Path
from typing import Final

FLEET: Final = Path(__file__).with_name("fleet.yaml")
"""The fleet file; read only. Its timestamps ``${NOW-4d20h}`` are relative to the reading."""
