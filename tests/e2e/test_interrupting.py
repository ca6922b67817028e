"""A pass that is interrupted while Helm is at work."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.cluster.running import command_lines
from tests.e2e.site import Site, until
from tests.e2e.test_repairing import clear_hook, let_go, push_hooked

SECONDS = 30


def helm_processes(site: Site) -> list[str]:
    """Processes of Helm that work in the namespace of a test."""
    return [line for line in command_lines() if f"--namespace={site.namespace}" in line]


def test_ctrl_c_ends_helm_and_the_next_pass_goes_on(site: Site) -> None:
    push_hooked(site)
    words = [sys.executable, "-m", "dpfctl", "reconcile", "--once", "-n", site.namespace]
    words += ["--kubeconfig", str(site.environment.kubeconfig)]
    with subprocess.Popen(words, env=site.environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            until(lambda: bool(site.releases()))
            assert helm_processes(site)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()

    assert process.returncode == 130, err
    assert helm_processes(site) == []
    stored = site.releases()["east-web"]
    assert (stored.status, stored.revision) == ("failed", 1)

    with ThreadPoolExecutor(1) as other:
        clear_hook(site)
        letting_go = other.submit(let_go, site)
        site.settle()
        letting_go.result()
    assert site.releases()["east-web"].status == "deployed"
