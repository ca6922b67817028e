"""How many hosts a mark may taint."""

import pytest

from dpfctl.errors import ExitCode, InputError, RejectedError
from dpfctl.reconcile.hosts import NodeLimit, Preview, check_limit, parse_node_limit, preview
from tests.builders import Built, node
from tests.unit.hosts import (
    cluster,
    critical,
    linked,
    placed,
    running,
    service,
    site,
    tainted,
    worker,
)


def marking(new: int, *others: Built, free: int = 0, service: Built) -> Preview:
    """What a mark does to hosts without a pod, to others with a ready one, and to further ones."""
    names = [str(n) for n in range(new + free)]
    fleet = site(
        cluster(),
        service,
        *map(worker, names),
        *map(linked, names),
        *(placed(f"dpu-{n}", n) for n in names),
        *others,
        sides={
            "cluster-one": [
                *(node(f"dpu-{n}") for n in names),
                *(running(f"pod-{n}", f"dpu-{n}").ready() for n in names[new:]),
            ]
        },
    )
    return preview(fleet.host, fleet.sides, [service.resource.ref])


def shut(name: str) -> tuple[Built, ...]:
    """A host that is tainted for another reason."""
    return tainted(name), linked(name)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("0", NodeLimit(0)),
        ("3", NodeLimit(3)),
        (" 12 ", NodeLimit(12)),
        ("0%", NodeLimit(0, is_share=True)),
        ("10%", NodeLimit(10, is_share=True)),
        ("100%", NodeLimit(100, is_share=True)),
    ],
)
def test_a_limit_is_a_number_or_a_share(text: str, limit: NodeLimit) -> None:
    assert parse_node_limit(text) == limit
    assert str(limit) == text.strip()


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.5", "10 %", "%", "101%", "all", "0x3", "\u0663", "9" * 10]
)
def test_any_other_text_is_a_usage_error(text: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_node_limit(text)
    assert raised.value.message.startswith(f'--max-nodes "{text}": ')


@pytest.mark.parametrize(
    ("limit", "schedulable", "hosts"),
    [("3", 100, 3), ("10%", 100, 10), ("10%", 19, 1), ("10%", 9, 0), ("100%", 7, 7), ("5%", 0, 0)],
)
def test_a_share_is_rounded_down(limit: str, schedulable: int, hosts: int) -> None:
    assert parse_node_limit(limit).hosts(schedulable) == hosts


@pytest.mark.parametrize(
    ("new", "others"),
    [
        pytest.param(2, (), id="both of two"),
        pytest.param(5, (), id="all of five"),
        pytest.param(1, shut("a"), id="the last one that is left"),
    ],
)
def test_by_default_a_mark_must_leave_a_host(new: int, others: tuple[Built, ...]) -> None:
    with pytest.raises(RejectedError) as raised:
        check_limit(marking(new, *others, service=service()))
    total = new + len(others) // 2
    assert raised.value.message.startswith(
        f"mark-critical: would taint {new} of {total} schedulable hosts"
    )
    assert raised.value.hint.endswith(f"allow it with --max-nodes {new}")
    assert raised.value.exit_code is ExitCode.FAILED


@pytest.mark.parametrize(
    ("new", "free", "others"),
    [
        pytest.param(1, 0, (), id="a single host is no fleet"),
        pytest.param(4, 1, (), id="one of five is left"),
        pytest.param(0, 0, (*shut("a"), *shut("b")), id="nothing would change"),
        pytest.param(
            1, 0, (worker("a", unschedulable=True), linked("a")), id="a cordoned host is no second"
        ),
    ],
)
def test_by_default_anything_else_is_allowed(
    new: int, free: int, others: tuple[Built, ...]
) -> None:
    check_limit(marking(new, *others, free=free, service=service()))


def test_a_service_that_is_critical_already_is_never_refused() -> None:
    found = marking(3, service=critical())
    check_limit(found)
    check_limit(found, NodeLimit(0))


def test_a_limit_replaces_the_default() -> None:
    found = marking(4, free=1, service=service())
    for enough in ("4", "80%", "100%"):
        check_limit(found, parse_node_limit(enough))
    check_limit(marking(2, service=service()), NodeLimit(2))


@pytest.mark.parametrize(
    ("limit", "named"),
    [("1", "--max-nodes 1"), ("0", "--max-nodes 0"), ("79%", "--max-nodes 79% (3)")],
)
def test_more_than_the_limit_is_refused(limit: str, named: str) -> None:
    with pytest.raises(RejectedError) as raised:
        check_limit(marking(4, free=1, service=service()), parse_node_limit(limit))
    assert raised.value.message == (
        f"mark-critical: would taint 4 of 5 schedulable hosts, more than {named}"
    )
