"""Which objects the words of a command line mean."""

from typing import Any

import pytest

from dpfctl.errors import InputError, NotFoundError
from dpfctl.model import kinds
from dpfctl.model.targets import Selection, missing, parse_selection, pick, suggestion
from tests.builders import NS, Built, dpu_service

HBN = dpu_service("hbn").having(metadata={"labels": {"app": "hbn"}})
DTS = dpu_service("dts").having(metadata={"labels": {"app": "dts"}})
OTHER = dpu_service("hbn", "tenant").having(metadata={"labels": {"app": "hbn"}})
FLEET = (OTHER, HBN, DTS)


def selection(
    *words: str, selector: str | None = None, is_all: bool = False, namespace: str | None = NS
) -> Selection:
    return parse_selection(
        "suspend",
        kinds.DPU_SERVICE,
        words,
        selector=selector,
        is_all=is_all,
        namespace=namespace,
    )


def picked(chosen: Selection, *fleet: Built) -> list[str]:
    resources = [one.resource for one in fleet or FLEET]
    return [f"{one.namespace}/{one.name}" for one in pick(chosen, resources)]


def refusal(*words: str, **flags: Any) -> InputError:
    with pytest.raises(InputError) as raised:
        selection(*words, **flags)
    return raised.value


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        pytest.param("hbn", f"{NS}/hbn", id="name"),
        pytest.param("tenant/hbn", "tenant/hbn", id="namespace and name"),
        pytest.param("dpuservice/hbn", f"{NS}/hbn", id="kind and name"),
        pytest.param("dpuservices/hbn", f"{NS}/hbn", id="plural and name"),
        pytest.param("DPUService/hbn", f"{NS}/hbn", id="kind as the API spells it"),
        pytest.param(
            "dpuservice.svc.dpu.nvidia.com/hbn", f"{NS}/hbn", id="kind, group and name, as printed"
        ),
        pytest.param("dpuservices.svc.dpu.nvidia.com/hbn", f"{NS}/hbn", id="plural, group, name"),
        pytest.param("dpuservice/tenant/hbn", "tenant/hbn", id="kind, namespace and name"),
    ],
)
def test_a_name_in_every_form(word: str, meant: str) -> None:
    assert picked(selection(word)) == [meant]


def test_names_come_by_namespace_and_name_and_each_once() -> None:
    words = ("tenant/hbn", "hbn", "dpuservice/hbn", "dts", f"{NS}/hbn")

    assert picked(selection(*words)) == [f"{NS}/dts", f"{NS}/hbn", "tenant/hbn"]


def test_a_name_that_reads_like_a_kind_is_a_name() -> None:
    assert picked(selection("dpu"), dpu_service("dpu")) == [f"{NS}/dpu"]


def test_the_namespace_of_a_name_wins_over_that_of_the_flag() -> None:
    assert picked(selection("tenant/hbn", namespace="elsewhere")) == ["tenant/hbn"]


@pytest.mark.parametrize(
    ("flags", "meant"),
    [
        pytest.param({"is_all": True}, [f"{NS}/dts", f"{NS}/hbn"], id="all of the namespace"),
        pytest.param(
            {"is_all": True, "namespace": None},
            [f"{NS}/dts", f"{NS}/hbn", "tenant/hbn"],
            id="all of all namespaces",
        ),
        pytest.param({"selector": "app=hbn"}, [f"{NS}/hbn"], id="selector in the namespace"),
        pytest.param(
            {"selector": "app in (hbn)", "namespace": None},
            [f"{NS}/hbn", "tenant/hbn"],
            id="selector in all namespaces",
        ),
        pytest.param({"selector": "app=none"}, [], id="selector that matches nothing"),
    ],
)
def test_without_names(flags: dict[str, Any], meant: list[str]) -> None:
    assert picked(selection(**flags)) == meant


@pytest.mark.parametrize(
    ("words", "namespace", "scope"),
    [
        pytest.param((), NS, NS, id="no name: the namespace"),
        pytest.param((), None, None, id="no name, all namespaces"),
        pytest.param(("hbn", "dts"), NS, NS, id="names of the namespace"),
        pytest.param(("tenant/hbn",), NS, "tenant", id="name of another namespace"),
        pytest.param(("tenant/hbn", "tenant/dts"), None, "tenant", id="names of one namespace"),
        pytest.param(("tenant/hbn", "dts"), NS, None, id="names of two namespaces"),
        pytest.param(("hbn",), None, None, id="name in all namespaces"),
    ],
)
def test_scope_is_the_one_namespace_that_has_to_be_read(
    words: tuple[str, ...], namespace: str | None, scope: str | None
) -> None:
    chosen = selection(*words, is_all=not words, namespace=namespace)

    assert chosen.scope == scope


class TestRefusals:
    """What cannot be meant is refused before anything is read."""

    @pytest.mark.parametrize(
        ("words", "flags", "message", "hint"),
        [
            pytest.param(
                (),
                {},
                "suspend: names no dpuservice",
                "give NAME, -l SELECTOR or --all",
                id="no target",
            ),
            pytest.param(
                ("hbn",),
                {"is_all": True},
                "suspend: --all cannot be used together with names",
                "leave one out",
                id="all together with names",
            ),
            pytest.param(
                ("hbn",),
                {"selector": "a=b"},
                "suspend: --selector cannot be used together with names",
                "leave one out",
                id="selector together with names",
            ),
            pytest.param(
                (),
                {"selector": "a=b", "is_all": True},
                "suspend: --all cannot be used together with --selector",
                "leave one out",
                id="selector together with all",
            ),
            pytest.param(
                (),
                {"selector": " "},
                "suspend: --selector: selects everything",
                "say --all if you mean all",
                id="blank selector",
            ),
            pytest.param(
                ("dpuset/hbn",),
                {},
                "dpuset/hbn: suspend takes a dpuservice, not a dpuset",
                "",
                id="wrong kind",
            ),
            pytest.param(
                ("Services/hbn",),
                {},
                "Services/hbn: suspend takes a dpuservice, not a service",
                "",
                id="wrong kind in the plural",
            ),
            pytest.param(
                ("a/b/hbn",),
                {},
                '"a/b/hbn" is no name',
                "write name, namespace/name or dpuservice/name",
                id="too many parts",
            ),
        ],
    )
    def test_words(
        self, words: tuple[str, ...], flags: dict[str, object], message: str, hint: str
    ) -> None:
        refused = refusal(*words, **flags)

        assert (refused.message, refused.hint) == (message, hint)

    @pytest.mark.parametrize(
        ("word", "message"),
        [
            pytest.param("HBN", 'dpuservice/HBN: "HBN" is no object name', id="capitals"),
            pytest.param("hbn_1", 'dpuservice/hbn_1: "hbn_1" is no object name', id="underscore"),
            pytest.param("-hbn", 'dpuservice/-hbn: "-hbn" is no object name', id="leading dash"),
            pytest.param("hbn-", 'dpuservice/hbn-: "hbn-" is no object name', id="trailing dash"),
            pytest.param("a..b", 'dpuservice/a..b: "a..b" is no object name', id="two dots"),
            pytest.param("", 'dpuservice/: "" is no object name', id="empty"),
            pytest.param("tenant/", 'dpuservice/tenant/: "" is no object name', id="empty name"),
            pytest.param("hbn\n", 'dpuservice/hbn\n: "hbn\n" is no object name', id="line end"),
            pytest.param(
                "dpuservice/HBN", 'dpuservice/HBN: "HBN" is no object name', id="kind said once"
            ),
            pytest.param("/hbn", 'dpuservice//hbn: "" is no namespace name', id="empty namespace"),
            pytest.param(
                "a.b/hbn", 'dpuservice/a.b/hbn: "a.b" is no namespace name', id="dotted namespace"
            ),
        ],
    )
    def test_names_that_no_object_can_have(self, word: str, message: str) -> None:
        refused = refusal(word)

        assert refused.message == message
        assert refused.hint.startswith("lower-case letters, digits and '-'")

    def test_a_name_that_is_too_long(self) -> None:
        assert "is no object name" in refusal("a" * 254).message
        assert picked(selection("a" * 253), dpu_service("a" * 253)) == [f"{NS}/{'a' * 253}"]

    @pytest.mark.parametrize("namespace", ["Tenant", "a.b", "-a", "a" * 64, "a/b"])
    def test_a_namespace_that_cannot_be(self, namespace: str) -> None:
        refused = refusal("hbn", namespace=namespace)

        assert refused.message == f'--namespace: "{namespace}" is no namespace name'

    def test_the_longest_namespace(self) -> None:
        assert selection("hbn", namespace="a" * 63).scope == "a" * 63

    def test_a_selector_that_is_none(self) -> None:
        assert refusal(selector="app in").message.startswith('selector "app in": ')


class TestNotFound:
    """A name that is not there is told together with what may have been meant."""

    @pytest.mark.parametrize(
        ("words", "namespace", "message", "hint"),
        [
            pytest.param(
                ("hbm",),
                NS,
                f"dpuservice/hbm: not found in namespace {NS}",
                "did you mean hbn?",
                id="nearly the same name",
            ),
            pytest.param(
                ("dpuservice", "hbn"),
                NS,
                f"dpuservice/dpuservice: not found in namespace {NS}",
                "one word names one object: write dpuservice/NAME",
                id="the kind as a word of its own",
            ),
            pytest.param(
                ("dpuservice/hbm",),
                NS,
                f"dpuservice/hbm: not found in namespace {NS}",
                "did you mean hbn?",
                id="kind said once",
            ),
            pytest.param(
                ("tenant/dts",),
                NS,
                "dpuservice/tenant/dts: not found in namespace tenant",
                f"it exists in {NS}: write {NS}/dts",
                id="in another namespace",
            ),
            pytest.param(
                ("zzz",),
                None,
                "dpuservice/zzz: not found in any namespace",
                "",
                id="nothing like it anywhere",
            ),
            pytest.param(
                ("yyy", "hbn", "zzz"),
                NS,
                f"dpuservice/yyy, dpuservice/zzz: not found in namespace {NS}",
                "",
                id="every name that is not there",
            ),
            pytest.param(
                ("tenant/yyy", "zzz"),
                NS,
                "dpuservice/tenant/yyy, dpuservice/zzz: not found",
                "",
                id="names of several namespaces",
            ),
        ],
    )
    def test_not_found(
        self, words: tuple[str, ...], namespace: str | None, message: str, hint: str
    ) -> None:
        with pytest.raises(NotFoundError) as raised:
            picked(selection(*words, namespace=namespace))

        assert (raised.value.message, raised.value.hint) == (message, hint)

    def test_what_is_missing_keeps_the_order_it_was_typed_in(self) -> None:
        chosen = selection("zzz", "hbn", "tenant/aaa")

        lost = missing(chosen, [one.resource for one in FLEET])
        assert [str(name) for name in lost] == ["zzz", "tenant/aaa"]

    def test_a_name_in_several_namespaces_is_no_choice(self) -> None:
        with pytest.raises(InputError) as raised:
            picked(selection("dpuservice/hbn", namespace=None))

        error = raised.value
        assert error.message == (f"dpuservice/hbn: exists in several namespaces: {NS}, tenant")
        assert error.hint == f"write {NS}/hbn"


class TestSuggestion:
    """The nearest names of the same namespace; elsewhere only if there it has that very name."""

    KNOWN = tuple(
        one.resource.ref
        for one in (
            dpu_service("hbn-7kq2x"),
            dpu_service("hbn-9ccd4"),
            dpu_service("dts-v5bkr"),
            dpu_service("telemetry", "tenant"),
            dpu_service("telemetry", "edge"),
            *(dpu_service(f"snap-{number}") for number in range(4)),
        )
    )

    @pytest.mark.parametrize(
        ("word", "namespace", "hint"),
        [
            pytest.param("hbn-7kq2", NS, "did you mean hbn-7kq2x?", id="spelled alike"),
            pytest.param(
                "hbn", NS, "did you mean hbn-7kq2x or hbn-9ccd4?", id="the suffix was forgotten"
            ),
            pytest.param(
                "telemetry", NS, "it exists in edge, tenant: write edge/telemetry", id="there"
            ),
            pytest.param(
                "snap-9", NS, "did you mean snap-3 or snap-2 or snap-1?", id="three at most"
            ),
            pytest.param(
                "snxyz", NS, "did you mean snap-0 or snap-1 or snap-2?", id="two letters alike"
            ),
            pytest.param("sxyzx", NS, "", id="one letter alike is nothing alike"),
            pytest.param("telemetri", NS, "", id="nearly the same, elsewhere"),
            pytest.param("telemetri", None, "did you mean telemetry?", id="looked for everywhere"),
            pytest.param(
                "telemetri", "empty", "did you mean telemetry?", id="a namespace that has none"
            ),
        ],
    )
    def test_suggestion(self, word: str, namespace: str | None, hint: str) -> None:
        (name,) = selection(word).names

        assert suggestion(name, namespace, self.KNOWN) == hint
