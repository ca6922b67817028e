"""``dpfctl reconcile``: flags that contradict one another, and what is printed in which form."""

import json
from pathlib import Path

import pytest

from tests.builders import NS, Built, dpu, dpu_node, node
from tests.cli.fleet_on_disk import FleetOnDisk, envelope
from tests.cli.pass_fleets import (
    APPLICATION,
    EDGE,
    SERVICE,
    deployed,
    known,
    pass_fleet,
    reconcile,
)
from tests.command_line import dpfctl
from tests.unit.hosts import linked

TOO_MANY = "reconcile: would taint 2 of 3 schedulable hosts in one pass"


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    return pass_fleet(tmp_path)


class TestOnce:
    def test_is_the_only_way(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("reconcile")

        assert (result.code, result.out) == (2, "")
        assert result.err == (
            "error: reconcile: is one pass, not a controller that stays\n"
            "hint: say so: dpfctl reconcile --once\n"
        )
        assert fleet.is_untouched


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--only", "helms"], '--only: "helms" is not one of helm, ports, taints, status'),
        (["--only", ""], '--only: "" is not one of helm, ports, taints, status'),
        (["--engine", "flux"], '--engine: "flux" is not one of auto, argocd, helm'),
        (["--dry-run=yes"], '--dry-run: "yes" is not one of none, client, server'),
        (["-o", "xml"], '--output: "xml" is not one of text, json, yaml, name'),
        (["--exit-code"], "--exit-code: only together with --dry-run"),
        (["--plan-out", "x"], "--plan-out: only together with --dry-run"),
        (["--timeout", "5m"], "--timeout: only together with --wait"),
        (["--wait"], "--wait: cannot be used together with --from"),
        (["--helm-timeout", "soon"], '--helm-timeout: "soon" is not a duration'),
        (["--helm-timeout", "0s"], '--helm-timeout: "0s" is shorter than 1.0s'),
        (["-A", "-n", "x"], "--all-namespaces: cannot be used together with --namespace"),
        (["-l", "app=x", "hbn"], "reconcile: --selector cannot be used together with names"),
        (
            ["-l", ""],
            "reconcile: --selector: selects everything\nhint: leave it out if you mean all",
        ),
        (["-l", "a in"], 'selector "a in": cannot be read'),
        (["dpuset/hbn"], "dpuset/hbn: reconcile takes a dpuservice, not a dpuset"),
        (["-n", "No Name"], '--namespace: "No Name" is no namespace name'),
        (["--summary", "/nowhere/x.md"], "--summary: /nowhere/x.md: No such file or directory"),
        (["--parallel", "0"], "invalid value for '--parallel'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_exit_2(fleet: FleetOnDisk, flags: list[str], message: str) -> None:
    result = reconcile(fleet, *flags)

    assert (result.code, result.out) == (2, "")
    assert f"error: {message}" in result.err
    assert fleet.is_untouched


@pytest.mark.parametrize("flag", ["--plan-out", "--summary"])
def test_the_fleet_that_is_read_is_not_written_over(fleet: FleetOnDisk, flag: str) -> None:
    link = fleet.path.with_name("link")
    link.symlink_to(fleet.path)
    result = reconcile(fleet, "--dry-run=client", flag, str(link))

    assert (result.code, result.out) == (2, "")
    assert result.err == f"error: {flag}: {link}: is the fleet file\nhint: name another file\n"
    assert fleet.is_untouched


@pytest.mark.parametrize("mode", [[], ["--dry-run=server"]], ids=["real", "server"])
def test_helm_only_plans_on_a_file(fleet: FleetOnDisk, mode: list[str]) -> None:
    result = reconcile(fleet, "--engine", "helm", "--only", "status", *mode)

    assert (result.code, result.out) == (2, "")
    assert "error: --engine helm: cannot be used together with --from" in result.err
    assert fleet.is_untouched


class TestReadOnly:
    def test_demo_takes_no_writes_but_dry_runs(self) -> None:
        real = dpfctl("reconcile", "--once", "--from", "demo")
        trial = dpfctl("reconcile", "--once", "--from", "demo", "--dry-run=client")

        assert (real.code, real.out) == (2, "")
        assert "hint: " in real.err
        assert "snapshot save" in real.err
        assert trial.code != 2
        assert "to write" in trial.lines[-1]

    def test_a_folder_and_stdin(self, fleet: FleetOnDisk) -> None:
        text = fleet.path.read_text()
        for source, stdin in ((str(fleet.path.parent), ""), ("-", text)):
            result = dpfctl("reconcile", "--once", "--from", source, stdin=stdin)

            assert (result.code, "snapshot save" in result.err) == (2, True)
        assert fleet.is_untouched

    def test_what_has_nothing_to_write_is_fine(self, fleet: FleetOnDisk) -> None:
        reconcile(fleet)
        result = dpfctl("reconcile", "--once", "--from", "-", stdin=fleet.path.read_text())

        assert result.code == 0


class TestForms:
    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_for_machines(self, fleet: FleetOnDisk, form: str) -> None:
        found = envelope(reconcile(fleet, "-o", form), form)

        assert (found["command"], found["status"], found["errors"]) == ("reconcile", "success", [])
        data = found["data"]
        assert (data["engine"], data["dryRun"], data["interrupted"]) == ("argocd", "none", False)
        assert [(s["name"], s["state"]) for s in data["services"]] == [
            ("dts", "ready"), ("hbn", "waiting"), ("ptp", "suspended"), ("web", "waiting"),
        ]  # fmt: skip
        assert data["summary"]["written"] == len(data["results"]) == 12

    def test_a_failure_of_a_service_is_among_the_errors(self, tmp_path: Path) -> None:
        fleet = pass_fleet(tmp_path, known("bad").spec(serviceID="bad", interfaces=["nope"]))
        found = envelope(reconcile(fleet, "-o", "json"))

        assert (found["status"], found["exitCode"]) == ("partial", 5)
        assert [e["message"].partition(": ")[0] for e in found["errors"]] == [
            f"dpuservice/{NS}/bad"
        ]

    def test_names_only(self, fleet: FleetOnDisk) -> None:
        assert reconcile(fleet, "-o", "name").lines == [
            f"{SERVICE}/hbn",
            f"{APPLICATION}/edge-ptp",
            f"namespace/{NS}",
            "namespace/tenant",
            f"{APPLICATION}/edge-dts",
            f"{APPLICATION}/edge-hbn",
            f"{APPLICATION}/edge-web",
            "node/w1",
            f"{SERVICE}/dts",
            f"{SERVICE}/ptp",
            f"{SERVICE}/web",
        ]
        assert reconcile(fleet, "-o", "name").out == ""

    def test_a_usage_error_has_an_envelope_too(self, fleet: FleetOnDisk) -> None:
        found = envelope(reconcile(fleet, "--only", "x", "-o", "json"))

        assert (found["status"], found["exitCode"]) == ("error", 2)

    def test_secrets_in_values_are_masked(self, tmp_path: Path) -> None:
        built = known("safe").spec(helmChart={"values": {"password": "hunter2"}})
        fleet = pass_fleet(tmp_path, built)
        for form in ("text", "json"):
            result = reconcile(fleet, "safe", "--dry-run=client", "-o", form)

            assert "password" in result.out
            assert "hunter2" not in result.out + result.err


class TestSummary:
    def test_is_appended(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        page = tmp_path / "page.md"
        page.write_text("# before\n")
        reconcile(fleet, "--summary", str(page), "--dry-run=client")
        reconcile(fleet, "--summary", str(page))
        lines = page.read_text().splitlines()

        assert lines[0] == "# before"
        assert [line for line in lines if line.startswith("###")] == [
            "### dpfctl reconcile (client dry run)", "### dpfctl reconcile",
        ]  # fmt: skip
        assert f"| ✅ {NS}/dts | ready |  |" in lines

    def test_where_it_cannot_be_written_nothing_else_is(self, fleet: FleetOnDisk) -> None:
        result = reconcile(fleet, "--summary", str(fleet.path.parent), "-o", "json")

        assert json.loads(result.out)["exitCode"] == result.code == 2
        assert fleet.is_untouched


class TestGuards:
    """Changes that hit most of a fleet at once ask for ``--force``."""

    @pytest.fixture
    def crowd(self, tmp_path: Path) -> FleetOnDisk:
        """Three hosts, two of which a critical service would taint."""
        cluster = {"namespace": EDGE[0], "name": EDGE[1]}
        objects: list[Built] = []
        for n in (1, 2):
            objects += [
                node(f"h{n}"),
                dpu_node(f"n{n}").status(kubeNodeRef=f"h{n}"),
                dpu(f"d{n}", node=f"n{n}", device="x").spec(
                    serialNumber="1", bfb="b", dpuFlavor="f", cluster=cluster
                ),
            ]
        critical = known("ovn").labelled(CRITICAL="").spec(serviceID="ovn")
        return pass_fleet(tmp_path, critical, *objects, side=[node("d1"), node("d2")])

    def test_most_hosts_newly_tainted(self, crowd: FleetOnDisk) -> None:
        result = reconcile(crowd)

        assert (result.code, result.out) == (1, "")
        assert f"error: {TOO_MANY}\nhint: if that is what you want, use --force\n" in result.err
        assert crowd.is_untouched

    def test_a_dry_run_shows_them_and_warns(self, crowd: FleetOnDisk) -> None:
        result = reconcile(crowd, "--dry-run=client")

        assert result.code == 0
        assert f"warning: a real pass would be refused: {TOO_MANY}\n" in result.err
        assert "node/h1 tainted (dry run) (follows)" in result.lines

    def test_force_does_it_and_tells_the_hosts_as_they_are_then(self, crowd: FleetOnDisk) -> None:
        result = reconcile(crowd, "--force")

        assert result.code == 0, result.err
        assert "node/h1 tainted" in result.lines
        assert [line.split()[:2] for line in result.lines if line.startswith(("h1 ", "h2 "))] == [
            ["h1", "tainted"], ["h2", "tainted"],
        ]  # fmt: skip

    def test_without_taints_there_is_nothing_to_refuse(self, crowd: FleetOnDisk) -> None:
        assert reconcile(crowd, "--only", "helm").code == 0

    def test_every_application_of_a_service(self, tmp_path: Path) -> None:
        typo = {"matchLabels": {"zone": "typo"}}
        built = known("far").spec(dpuClusterSelector=typo)
        fleet = pass_fleet(tmp_path, built, deployed(built))
        result, forced = reconcile(fleet), reconcile(fleet, "--force")

        assert (result.code, result.out) == (1, "")
        assert (
            f"error: dpuservice/{NS}/far: all of its 1 Application would be deleted\n"
            "hint: check its dpuClusterSelector, or use --force\n"
        ) in result.err
        assert f"{APPLICATION}/edge-far deleted in namespace {NS}" in forced.lines


def test_a_host_that_waits_for_nothing_is_set_free(tmp_path: Path) -> None:
    fleet = pass_fleet(tmp_path, linked("w2"), node("w2"))

    assert "node/w1 untainted" in reconcile(fleet).lines
