"""The example roles: enough for what they say, and not one right too many."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain

import pytest

from dpfctl.errors import ExitCode
from tests.cluster.busy_fleet import BusyFleet, make_busy_fleet
from tests.cluster.rbac_examples import (
    FILES,
    Example,
    Right,
    Robot,
    example,
    make_robot,
    refused,
)
from tests.command_line import Result
from tests.contract.generated import ROOT
from tests.controlplane.audit import Recording, recorded
from tests.controlplane.fixtures import Pool

READER, OPERATOR = example("rbac-reader.yaml"), example("rbac-operator.yaml")
RECONCILER, ASIDE = example("rbac-reconciler.yaml"), example("rbac-in-dpu-clusters.yaml")
READER_ASIDE = ASIDE.only("dpfctl-reader")
RECONCILER_ASIDE = ASIDE.only("dpfctl-reconciler", "dpfctl-reconciler-helm")
HELM = "dpfctl-reconciler-helm"
"""The role that matters where Helm deploys."""

ZONE = str(ROOT / "docs" / "examples" / "zone-dk.yaml")
READS = (("snapshot", "save", "-"), ("describe", "all", "--show-storage", "--dpu-clusters"))
ACTS = tuple(
    (*words, "--dry-run=server")
    for words in (
        ("suspend", "free"),
        ("resume", "held"),
        ("mark-critical", "free", "--max-nodes=100%"),
        ("apply-zone", "-f", ZONE, "--prune", "--allow-mass-prune"),
    )
)
PASS = ("reconcile", "--once", "--engine=argocd")
REHEARSED = (*PASS, "--dry-run=server")
UNDER_HELM = ("reconcile", "--once", "--engine=helm", "--dry-run=client")
ALONE = (*PASS, "--only=taints")
"""The least that a pass can write."""

QUIET = frozenset(
    {
        ("get", "customresourcedefinitions"),
        ("get", "namespaces"),
        ("list", "dpudevices"),
        ("list", "network-attachment-definitions"),
    }
)
"""Where commands make do with less and say nothing; then the server tells that it was asked."""


@pytest.fixture(scope="module")
def fleet(cluster_pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusyFleet]:
    """What all tests of this module only rehearse on."""
    with ExitStack() as returns:
        host, side = (cluster_pool.lease(returns) for _ in range(2))
        yield make_busy_fleet(host, side, tmp_path_factory.mktemp("rbac"))


@pytest.fixture(scope="module")
def reader_aside(fleet: BusyFleet) -> Robot:
    """A reader in the DPU cluster."""
    return make_robot(fleet.scene.side, READER_ASIDE)


@pytest.fixture(scope="module")
def reconciler_aside(fleet: BusyFleet) -> Robot:
    """A reconciler in the DPU cluster."""
    return make_robot(fleet.scene.side, RECONCILER_ASIDE)


def rights(of: Example, *roles: str) -> list[object]:
    """A parameter for each right of some roles, or of all."""
    found = of.only(*roles).rights() if roles else of.rights()
    return [pytest.param(right, id=str(right)) for right in found]


@pytest.mark.parametrize("name", FILES)
def test_no_example_has_a_wildcard(name: str) -> None:
    found = example(name)

    assert found.roles
    for rule in chain.from_iterable(role["rules"] for role in found.roles):
        assert "*" not in {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
        assert "nonResourceURLs" not in rule


class TestReader:
    def test_reads_everything(self, fleet: BusyFleet, reader_aside: Robot) -> None:
        host = make_robot(fleet.scene.host, READER)
        results = fleet.run(*READS, host=host.token, side=reader_aside.token)

        assert [(found.code, found.err) for found in results] == [(0, ""), (0, "")]

    @pytest.mark.parametrize("right", rights(READER))
    def test_needs_each_right(self, fleet: BusyFleet, reader_aside: Robot, right: Right) -> None:
        host = make_robot(fleet.scene.host, READER.without(right))
        with recorded(fleet.scene.host, host.user) as asked:
            results = fleet.run(*READS, host=host.token, side=reader_aside.token)

        assert_missed(right, results, asked)

    @pytest.mark.parametrize("right", rights(READER_ASIDE))
    def test_needs_each_right_in_a_dpu_cluster(self, fleet: BusyFleet, right: Right) -> None:
        host = make_robot(fleet.scene.host, READER)
        side = make_robot(fleet.scene.side, READER_ASIDE.without(right))
        with recorded(fleet.scene.side, side.user) as asked:
            results = fleet.run(*READS, host=host.token, side=side.token)

        assert_missed(right, results, asked)


class TestOperator:
    def test_acts(self, fleet: BusyFleet, reader_aside: Robot) -> None:
        host = make_robot(fleet.scene.host, OPERATOR)
        results = fleet.run(*ACTS, host=host.token, side=reader_aside.token)

        assert [found.code for found in results] == [0] * len(ACTS)
        assert "forbidden" not in "".join(found.err for found in results)

    @pytest.mark.parametrize("right", rights(OPERATOR))
    def test_needs_each_right(self, fleet: BusyFleet, reader_aside: Robot, right: Right) -> None:
        host = make_robot(fleet.scene.host, OPERATOR.without(right))
        with recorded(fleet.scene.host, host.user) as asked:
            results = fleet.run(*ACTS, host=host.token, side=reader_aside.token, raced=raced(right))

        assert_missed(right, results, asked, tolerated=True)


class TestReconciler:
    def test_rehearses_a_pass(self, fleet: BusyFleet, reconciler_aside: Robot) -> None:
        host = make_robot(fleet.scene.host, RECONCILER)
        everything = {name for right in RECONCILER.rights() for name in right.resources}
        (result,) = fleet.run(
            REHEARSED, host=host.token, side=reconciler_aside.token, raced=everything
        )

        assert (result.code, "forbidden" in result.err) == (0, False), result.err

    @pytest.mark.parametrize("right", rights(RECONCILER, "dpfctl-reconciler", "dpfctl-way-in"))
    def test_needs_each_right(
        self, fleet: BusyFleet, reconciler_aside: Robot, right: Right
    ) -> None:
        host = make_robot(fleet.scene.host, RECONCILER.without(right))
        with recorded(fleet.scene.host, host.user) as asked:
            results = fleet.run(
                REHEARSED, host=host.token, side=reconciler_aside.token, raced=raced(right)
            )

        assert_missed(right, results, asked)

    @pytest.mark.parametrize("right", rights(RECONCILER_ASIDE, "dpfctl-reconciler"))
    def test_needs_each_right_in_a_dpu_cluster(self, fleet: BusyFleet, right: Right) -> None:
        host = make_robot(fleet.scene.host, RECONCILER)
        side = make_robot(fleet.scene.side, RECONCILER_ASIDE.without(right))
        with recorded(fleet.scene.side, side.user) as asked:
            results = fleet.run(REHEARSED, host=host.token, side=side.token, raced=raced(right))

        assert_missed(right, results, asked)

    @pytest.mark.parametrize("right", rights(RECONCILER, HELM))
    def test_needs_each_right_under_helm(
        self, fleet: BusyFleet, reconciler_aside: Robot, right: Right
    ) -> None:
        host = make_robot(fleet.scene.host, RECONCILER.without(right))
        with recorded(fleet.scene.host, host.user) as asked:
            results = fleet.run(UNDER_HELM, host=host.token, side=reconciler_aside.token)

        assert_missed(right, results, asked)

    @pytest.mark.parametrize("right", rights(RECONCILER_ASIDE, HELM))
    def test_needs_each_right_in_a_dpu_cluster_under_helm(
        self, fleet: BusyFleet, right: Right
    ) -> None:
        host = make_robot(fleet.scene.host, RECONCILER)
        side = make_robot(fleet.scene.side, RECONCILER_ASIDE.without(right))
        with recorded(fleet.scene.side, side.user) as asked:
            results = fleet.run(UNDER_HELM, host=host.token, side=side.token)

        assert_missed(right, results, asked)

    @pytest.mark.parametrize("right", rights(RECONCILER, "dpfctl-reconciler-alone"))
    @pytest.mark.parametrize("is_first", [True, False], ids=["first pass", "later pass"])
    def test_writes_only_if_it_is_alone(
        self, fleet: BusyFleet, reconciler_aside: Robot, right: Right, is_first: bool
    ) -> None:
        fleet.forget_passes()
        if not is_first:
            fleet.run(ALONE, host=fleet.scene.host.admin_token, side=reconciler_aside.token)
            fleet.untaint()
        host = make_robot(fleet.scene.host, RECONCILER.but(HELM).without(right))
        results = fleet.run(ALONE, host=host.token, side=reconciler_aside.token)

        is_needed = right.verb != ("patch" if is_first else "create")
        told = all(one in results[0].err for one in right.refusals)
        assert (results[0].code, told) == (7, True) if is_needed else (0, False)


def raced(right: Right) -> tuple[str, ...]:
    """Upon what a race must be lost for a right to be needed."""
    return right.resources if right.verb == "get" else ()


def assert_missed(
    right: Right, results: Iterable[Result], asked: Recording, *, tolerated: bool = False
) -> None:
    """A right that is not there is named by the commands that need it.

    Args:
        right: The right.
        results: What the commands did.
        asked: Their requests.
        tolerated: Whether they may go on without it.
    """
    every = tuple(results)
    needed = {(right.verb, resource) for resource in right.resources}
    if needed <= QUIET:
        assert needed <= refused(asked)
        return
    told = [found for found in every if any(one in found.err for one in right.refusals)]

    assert all(any(one in found.err for found in told) for one in right.refusals), errors(every)
    assert tolerated or {found.code for found in told} <= {ExitCode.ACCESS, ExitCode.PARTIAL}


def errors(results: Iterable[Result]) -> str:
    return "\n".join(found.err for found in results)
