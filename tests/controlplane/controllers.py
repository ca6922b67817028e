"""What makes pods run: controller manager, scheduler and simulated kubelets.

Nodes become Ready and pods Running within a second or two. An object with the annotation
``controlplane.test/hold`` is left as it is: such a node does not become Ready, such a pod stays
Pending.
"""

import http.client
import ssl
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.controlplane.layout import Layout, free_ports
from tests.controlplane.processes import Child, end_children, wait_until

READY_SECONDS = 60.0
PROGRAMS = ("kube-controller-manager", "kube-scheduler", "kwok")
STAGES = Path(__file__).with_name("stages")
HOLD = "controlplane.test/hold"


def start_controllers(programs: Mapping[str, Path], layout: Layout) -> list[Child]:
    """Start all three and wait until each says it is healthy.

    Args:
        programs: Where they are.
        layout: Of a cluster whose API server answers and whose kubeconfig is written.

    Raises:
        StartError: A program ended or did not get ready.
    """
    manager, scheduler, kwok = free_ports(3)
    table = (
        ("kube-controller-manager", _manager_flags(layout, manager), manager, True),
        ("kube-scheduler", _client_flags(layout, scheduler), scheduler, True),
        ("kwok", _kwok_flags(layout, kwok), kwok, False),
    )
    children: list[Child] = []
    with ExitStack() as undo:
        undo.callback(end_children, children)
        for program, flags, _, _ in table:
            children.append(layout.start(programs[program], flags))
        for child, (_, _, port, is_tls) in zip(children, table, strict=True):
            wait_until(partial(_is_healthy, port, is_tls), [child], READY_SECONDS)
        undo.pop_all()
    return children


def _is_healthy(port: int, is_tls: bool) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    if is_tls:  # the certificate is made up at start and known to nobody
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _client_flags(layout: Layout, port: int) -> list[str]:
    config = layout.kubeconfig
    return [
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
    ]


def _manager_flags(layout: Layout, port: int) -> list[str]:
    return [
        *_client_flags(layout, port),
        f"--service-account-private-key-file={layout.signing_key}",
        f"--root-ca-file={layout.ca_file}",
        "--use-service-account-credentials=true",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    ]


def _kwok_flags(layout: Layout, port: int) -> list[str]:
    return [
        f"--kubeconfig={layout.kubeconfig}",
        "--manage-all-nodes",
        "--node-lease-duration-seconds=40",
        f"--server-address=127.0.0.1:{port}",
        *(f"--config={stage}" for stage in sorted(STAGES.glob("*.yaml"))),
    ]
