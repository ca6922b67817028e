"""Programs called helm that do what the real one does only on its worst days."""

from pathlib import Path

SYSTEM_PATH = "/usr/bin:/bin"


def fake_helm(folder: Path, body: str, version: str = "v4.3.1") -> dict[str, str]:
    """Write a shell script.

    Args:
        folder: Where it goes.
        body: What it does but for telling its version.
        version: What it tells.

    Returns:
        An environment in which it is the helm that is found.
    """
    program = folder / "helm"
    told = f'if [ "$1" = version ]; then printf %s "{version}"; exit; fi'
    program.write_text(f"#!/bin/sh\n{told}\n{body}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:{SYSTEM_PATH}"}
