"""Plans as diffs and remarks: signs, colours, masked secrets, hostile texts."""

from typing import Any

import pytest
import yaml

from dpfctl.model import kinds
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change, Impact, expected
from dpfctl.render.plan_view import (
    diff_lines,
    folded,
    impact_line,
    impact_lines,
    masked,
)
from tests.builders import Built, ago, dpu_service
from tests.render.tables import SGR, banned


def release(values: dict[str, Any]) -> Resource:
    return Resource(kinds.RELEASE, {"kind": "Release", "spec": {"values": values}})


HBN = (
    dpu_service("hbn", "ns")
    .spec(helmChart={"source": {"version": "1.0.0"}})
    .having(metadata={"resourceVersion": "7", "generation": 3, "managedFields": [{"manager": "m"}]})
    .created("3d")
    .ready()
)
REF = HBN.resource.ref
RELEASE = Ref(kinds.RELEASE, "ns", "hbn")


def change(before: Built | None, after: Built | None, action: Action = Action.PATCH) -> Change:
    found = None if before is None else before.resource
    return Change(REF, action, "changed", found, {} if after is None else after.raw)


def diff(before: Built | None, after: Built | None, action: Action = Action.PATCH) -> list[str]:
    return list(diff_lines(change(before, after, action)))


def test_what_is_added_and_removed_has_a_sign_and_two_lines_around_it() -> None:
    old = HBN.spec(paused=False, zone="a")
    new = HBN.spec(paused=True, zone="a", added=[1])

    assert diff(old, new) == [
        "@@",
        "     source:",
        "       version: 1.0.0",
        "-  paused: false",
        "+  paused: true",
        "   zone: a",
        "+  added:",
        "+  - 1",
    ]


def test_lines_far_apart_are_parts_of_their_own() -> None:
    many = {f"value{number:02}": number for number in range(12)}
    lines = diff(HBN.spec(a=1, **many, z=1), HBN.spec(a=2, **many, z=2))

    assert lines.count("@@") == 2
    assert "+  a: 2" in lines
    assert "+  z: 2" in lines
    assert not any("value05" in line for line in lines)


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("resourceVersion", "8"),
        ("generation", 4),
        ("uid", "another"),
        ("creationTimestamp", ago("1h")),
        ("managedFields", []),
    ],
)
def test_what_the_server_writes_itself_is_no_difference(what: str, value: Any) -> None:
    assert diff(HBN, HBN.having(metadata={what: value})) == []


def test_status_is_no_difference() -> None:
    assert diff(HBN, HBN.degraded("ImagePull")) == []


def test_nothing_differs_nothing_is_shown() -> None:
    assert diff(HBN, HBN) == []
    assert diff(HBN, HBN, Action.NONE) == []


def test_colours_are_those_of_a_diff_and_add_nothing_else() -> None:
    plan = change(HBN.spec(paused=False), HBN.spec(paused=True))
    coloured = list(diff_lines(plan, colour=True))

    assert "\x1b[32m+  paused: true\x1b[0m" in coloured
    assert "\x1b[31m-  paused: false\x1b[0m" in coloured
    assert "\x1b[36m@@\x1b[0m" in coloured
    assert [SGR.sub("", line) for line in coloured] == list(diff_lines(plan))


class TestWanted:
    """What an object becomes, by the action."""

    def test_of_a_patch_is_the_whole_object(self) -> None:
        assert expected(change(HBN, HBN.suspended())) == HBN.suspended().raw

    def test_of_a_deletion_is_nothing(self) -> None:
        assert expected(change(HBN, None, Action.DELETE)) is None
        assert all(line[0] in "-@" for line in diff(HBN, None, Action.DELETE))

    def test_of_something_new_is_all_added(self) -> None:
        lines = diff(None, HBN, Action.APPLY)

        assert lines[0] == "@@"
        assert yaml.safe_load("\n".join(line[1:] for line in lines[1:]))["spec"] == HBN.raw["spec"]
        assert {line[0] for line in lines[1:]} == {"+"}

    def test_of_something_applied_is_what_is_there_below_what_is_ours(self) -> None:
        ours = dpu_service("hbn", "ns").spec(helmChart={"source": {"version": "2.0.0"}})
        theirs = HBN.spec(paused=True)

        assert diff(theirs, ours, Action.APPLY)[1:] == [
            "   helmChart:",
            "     source:",
            "-      version: 1.0.0",
            "+      version: 2.0.0",
            "   paused: true",
        ]


class TestSecrets:
    """A secret is never shown; whether it changes is."""

    def values(self, **values: Any) -> Built:
        return HBN.spec(helmChart={"values": values})

    def test_one_that_changes(self) -> None:
        lines = diff(self.values(password="old-one"), self.values(password="new-one"))

        assert "-      password: (secret) (before)" in lines
        assert "+      password: (secret) (after)" in lines
        assert not any("-one" in line for line in lines)

    def test_one_that_stays(self) -> None:
        lines = diff(self.values(password="hunter2", mtu=1), self.values(password="hunter2", mtu=2))

        assert "       password: (secret)" in lines
        assert "+      mtu: 2" in lines
        assert not any("hunter2" in line for line in lines)

    def test_one_that_is_new(self) -> None:
        lines = diff(self.values(), self.values(token="hunter2"))

        assert any(line.endswith("token: (secret) (after)") for line in lines)
        assert not any("hunter2" in line for line in lines)

    def test_one_inside_of_text(self) -> None:
        lines = diff(self.values(), self.values(conf="user = a\npassword = hunter2\n"))

        assert not any("hunter2" in line for line in lines)

    def test_one_in_a_list_of_variables(self) -> None:
        old = [{"name": "PASSWORD", "value": "old-one"}, {"name": "MTU", "value": "1"}]
        new = [{"name": "PASSWORD", "value": "new-one"}, {"name": "MTU", "value": "1"}]
        lines = diff(self.values(env=old), self.values(env=new))

        assert any("value: (secret) (after)" in line for line in lines)
        assert not any("-one" in line for line in lines)

    def test_one_in_a_list_that_stays(self) -> None:
        password = {"name": "PASSWORD", "value": "hunter2"}
        old, new = ([password, {"name": "MTU", "value": mtu}] for mtu in ("1", "2"))
        lines = diff(self.values(env=old), self.values(env=new))

        assert "         value: (secret)" in lines
        assert '+        value: "2"' in lines
        assert "hunter2" not in "".join(lines)

    def test_one_in_a_list_that_grows_counts_as_changed(self) -> None:
        password = {"name": "PASSWORD", "value": "hunter2"}
        lines = diff(self.values(env=[password]), self.values(env=[{"name": "A"}, password]))

        assert "+        value: (secret) (after)" in lines
        assert "-        value: (secret) (before)" in lines

    def test_one_in_the_reason_of_a_suspension(self) -> None:
        noted = HBN.having(metadata={"annotations": {"dpfctl/suspend-reason": "token: hunter2"}})

        assert not any("hunter2" in line for line in diff(HBN, noted))

    def test_values_of_a_stored_release_are_those_that_are_wanted(self) -> None:
        """They come from a Secret; what is wanted stands in the DPUService."""
        old = {"license": "CANARY", "same": 1, "args": ["a", "CANARY"], "gone": {"x": [True]}}
        new = {"license": "new", "same": 1, "args": ["a", "b"], "password": "CANARY"}
        plan = Change(RELEASE, Action.INSTALL, "upgraded", release(old), release(new).raw)

        assert list(diff_lines(plan))[2:] == [
            "   values:",
            "-    license: (secret) (before)",
            "+    license: new",
            "     same: 1",
            "     args:",
            "     - a",
            "-    - (secret) (before)",
            "-    gone:",
            "-      x:",
            "-      - (secret) (before)",
            "+    - b",
            "+    password: (secret) (after)",
            " metadata: {}",
        ]

    def test_of_a_release_that_goes_no_value_is_shown(self) -> None:
        plan = Change(RELEASE, Action.UNINSTALL, "uninstalled", release({"a": "CANARY"}))

        assert "-    a: (secret) (before)" in list(diff_lines(plan))
        assert not any("CANARY" in line for line in diff_lines(plan))

    def test_a_value_without_secrets_is_itself(self) -> None:
        value = {"a": [1, {"b": "c"}]}

        assert masked(value, None, "after") is value


HOSTILE = [
    pytest.param("\x1b[31mred", "\\x1b[31mred", id="escape sequence"),
    pytest.param("a\u202eb", "a\\u202eb", id="bidi override"),
    pytest.param("[red]a[/etc] b", "[red]a[/etc] b", id="Rich markup is text"),
    pytest.param("a\x9bb", "a\\x9bb", id="C1 control"),
]


@pytest.mark.parametrize(("text", "_shown"), HOSTILE)
@pytest.mark.parametrize("colour", [False, True])
def test_hostile_text_in_an_object(text: str, _shown: str, colour: bool) -> None:
    hostile = HBN.having(metadata={"labels": {text: text}}, spec={text: {"x": f"{text}\n{text}"}})
    lines = list(diff_lines(change(HBN, hostile), colour=colour))

    assert lines
    assert not banned(SGR.sub("", "\n".join(lines)))


@pytest.mark.parametrize(("text", "shown"), HOSTILE)
def test_hostile_text_in_an_impact(text: str, shown: str) -> None:
    named = impact_line(Impact(REF, "pods left running", (text,), note=text))
    unknown = impact_line(Impact(REF, "pods left running", is_known=False, note=text))

    assert named == f"dpuservice/ns/hbn: pods left running (1): {shown}; {shown}"
    assert unknown == f"dpuservice/ns/hbn: pods left running: not known: {shown}"


@pytest.mark.parametrize(
    ("impact", "line"),
    [
        pytest.param(Impact(REF, "dpus concerned"), "dpus concerned: none", id="nothing"),
        pytest.param(
            Impact(REF, "dpus concerned", note="of two clusters"),
            "dpus concerned: none; of two clusters",
            id="nothing, with a remark",
        ),
        pytest.param(
            Impact(REF, "dpus concerned", ("d1", "d2")), "dpus concerned (2): d1, d2", id="some"
        ),
        pytest.param(
            Impact(REF, "dpus concerned", tuple("abcdefgh")),
            "dpus concerned (8): a, b, c, d, e, f, g, h",
            id="eight are named",
        ),
        pytest.param(
            Impact(REF, "dpus concerned", tuple("abcdefghi")),
            "dpus concerned (9): a, b, c, d, e, f, g, h and 1 more",
            id="the ninth is counted",
        ),
        pytest.param(
            Impact(REF, "dpus concerned", tuple("abcdefghij")),
            "dpus concerned (10): a, b, c, d, e, f, g, h and 2 more",
            id="more are counted",
        ),
    ],
)
def test_impact_line(impact: Impact, line: str) -> None:
    assert impact_line(impact) == f"dpuservice/ns/hbn: {line}"


def test_an_object_that_is_damaged_is_shown_as_far_as_it_goes() -> None:
    broken = Resource(REF.kind, {"kind": "DPUService", "metadata": None, "spec": None})
    plan = Change(REF, Action.PATCH, "suspended", broken, {**broken.raw, "spec": {"paused": True}})

    assert "+  paused: true" in list(diff_lines(plan))


def of_many(count: int, *names: str, what: str = "applications held") -> list[Impact]:
    refs = [dpu_service(f"s{number}", "ns").resource.ref for number in range(count)]
    return [Impact(ref, what, names) for ref in refs]


def test_impacts_of_few_objects_stand_one_by_one() -> None:
    assert impact_lines(of_many(2, "a")) == [
        "dpuservice/ns/s0: applications held (1): a",
        "dpuservice/ns/s1: applications held (1): a",
    ]


def test_impacts_of_many_objects_stand_together() -> None:
    lines = impact_lines([*of_many(6, "a", "b"), *of_many(6, what="pods left running")])

    assert lines == ["6 objects: applications held (2): a, b"]


def test_the_same_warning_of_many_objects_stands_once() -> None:
    warnings = [f"dpuservice/ns/s{number}: no application yet" for number in range(6)]

    assert folded([*warnings, "dpuservice/ns/x: is being deleted", "by itself"]) == [
        "dpuservice/ns/s0 and 5 more: no application yet",
        "dpuservice/ns/x: is being deleted",
        "by itself",
    ]
    assert folded(warnings[:2]) == warnings[:2]
