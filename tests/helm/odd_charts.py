"""Charts of one template, for what a decent chart does not do."""

from pathlib import Path

import yaml

from dpfctl.helm.archives import Archive, read_archive
from tests.controlplane.chart_repository import package_chart

ENDLESS_HOOK = """
apiVersion: batch/v1
kind: Job
metadata:
  name: odd
  annotations: {helm.sh/hook: pre-install}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}
"""
"""A Job that nothing runs, before anything else is installed."""


def chart_of(folder: Path, template: str, **metadata: str) -> Archive:
    """The archive of a chart called odd with one template."""
    chart = folder / "odd"
    (chart / "templates").mkdir(parents=True)
    about = {"apiVersion": "v2", "name": "odd", "version": "1.0.0", **metadata}
    (chart / "Chart.yaml").write_text(yaml.safe_dump(about))
    (chart / "templates" / "one.yaml").write_text(template)
    return read_archive(package_chart(folder, "1.0.0", chart=chart), "chart odd")
