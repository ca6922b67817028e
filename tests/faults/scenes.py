"""A service on the real API server, a proxy before it, and command lines that go through it."""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.command_line import Result, dpfctl
from tests.controlplane.api import Json
from tests.controlplane.audit import recorded
from tests.faults.actions import Reply
from tests.faults.proxy import FaultProxy
from tests.faults.services import Services, foreign_part

PATCH = "^PATCH "
READ_BACK = "^GET .*/dpuservices/"
JSON = {"Content-Type": "application/json"}
HTML = Reply(200, b"<html>login</html>", {"Content-Type": "text/html"})


def answer(code: int, message: str = "no", reason: str = "", **headers: str) -> Reply:
    """What an API server says when it does not do what it is asked."""
    body = {"kind": "Status", "apiVersion": "v1", "message": message, "reason": reason}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(code, json.dumps(body).encode(), JSON | named)


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one command line.

    Attributes:
        result: Exit code and what was printed.
        sent: Writes that reached the proxy.
        arrived: Writes that reached the API server, from its audit log.
    """

    result: Result
    sent: int
    arrived: int

    @property
    def told(self) -> tuple[int, str]:
        """Exit code and stdout."""
        return self.result.code, self.result.out


@dataclass(frozen=True, slots=True)
class Scene:
    """One namespace of services behind a proxy."""

    proxy: FaultProxy
    services: Services
    kubeconfig: Path

    def run(self, *args: str) -> Run:
        """Run one command line; whatever it does, what others own must stay as it is."""
        before = self._foreign()
        sent = self._sent()
        with recorded(self.services.cluster) as recording:
            result = self.dpfctl(*args)
        assert self._foreign() == before
        return Run(result, self._sent() - sent, len(recording.requests("patch")))

    def dpfctl(self, *args: str) -> Result:
        """Run one command line through the proxy."""
        where = ("-n", self.services.namespace, "--kubeconfig", str(self.kubeconfig))
        return dpfctl(*args, *where)

    def _sent(self) -> int:
        return sum(line.startswith("PATCH ") for line in self.proxy.lines())

    def _foreign(self) -> list[Json]:
        return [foreign_part(one) for one in self.services.all()]
