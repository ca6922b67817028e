"""Finding and building the programs, with a Go that only pretends."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.controlplane.required import require_binaries

ROOT = Path(__file__).parents[2]
SERVER = ("etcd", "kube-apiserver")

FAKE_GO = """\
#!/bin/sh
if [ "$1" = version ]; then echo "go version go1.26.0 linux/amd64"; exit 0; fi
while [ "$1" != -o ]; do shift; done
echo "$3" >> "$FAKE_GO_LOG"
echo half > "$2"
sleep "${FAKE_GO_SECONDS:-0}"
[ -z "$FAKE_GO_FAILS" ] || { echo "cannot find module"; exit 1; }
chmod +x "$2"
"""


@dataclass(frozen=True)
class Machine:
    """A machine of its own: a PATH, a cache, a Go that logs what it builds."""

    folder: Path
    env: Mapping[str, str]

    @property
    def cache(self) -> Path:
        return self.folder / "cache" / "dpfctl-tests"

    def program(self, name: str, text: str = "#!/bin/sh\n", where: str = "bin") -> Path:
        path = self.folder / where / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def builds(self) -> list[str]:
        log = self.folder / "builds"
        return log.read_text().split() if log.exists() else []

    @contextmanager
    def running(self, *names: str, **env: str) -> Iterator[subprocess.Popen[str]]:
        """The command, once it has begun to build."""
        command = [sys.executable, "-m", "tests.controlplane.binaries", *names]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                self._wait_for_a_build()
                yield process
            finally:
                process.kill()

    def run(self, *names: str, **env: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "tests.controlplane.binaries", *names]
        done = subprocess.run(
            command, cwd=ROOT, env={**self.env, **env}, capture_output=True, text=True, timeout=60
        )
        return done.returncode, done.stdout, done.stderr

    def _wait_for_a_build(self) -> None:
        deadline = time.monotonic() + 30
        while not self.builds():
            assert time.monotonic() < deadline, "nothing was built"
            time.sleep(0.02)

    def left_behind(self) -> list[str]:
        """What is in the cache besides the lock."""
        paths = (path for path in self.cache.rglob("*") if path.is_file())
        return sorted(path.name for path in paths if path != self.cache / "lock")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    env = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "FAKE_GO_LOG": str(tmp_path / "builds"),
    }
    machine = Machine(tmp_path, env)
    machine.program("go", FAKE_GO)
    return machine


def test_a_second_lookup_builds_nothing(machine: Machine) -> None:
    code, out, err = machine.run(*SERVER)

    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [*SERVER]
    assert err.startswith("building etcd v3.6.4 ... 0 s\nbuilding kube-apiserver v1.36.3 ... ")
    assert machine.run(*SERVER) == (0, out, "")
    assert len(machine.builds()) == 2


def test_two_runs_at_once_build_once(machine: Machine) -> None:
    with machine.running(*SERVER, FAKE_GO_SECONDS="1") as first:
        code, out, err = machine.run(*SERVER)
        assert first.communicate(timeout=30)[0] == out

    assert (code, first.returncode) == (0, 0)
    assert err == f"waiting for another build in {machine.cache}\n"
    assert len(machine.builds()) == 2


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="SIGINT"),
        pytest.param(signal.SIGTERM, -signal.SIGTERM, id="SIGTERM"),
    ],
)
def test_an_interrupted_build_leaves_nothing(
    machine: Machine, number: signal.Signals, code: int
) -> None:
    with machine.running("etcd", FAKE_GO_SECONDS="60") as process:
        process.send_signal(number)
        _, err = process.communicate(timeout=30)

    assert process.returncode == code
    assert "Traceback" not in err
    assert machine.left_behind() == []


def test_a_build_that_was_killed_is_done_again(machine: Machine) -> None:
    with machine.running("etcd", FAKE_GO_SECONDS="1") as process:
        process.kill()

    code, out, _ = machine.run("etcd")

    assert code == 0
    assert len(machine.builds()) == 2
    assert Path(out.split()[1]).stat().st_mode & 0o111


def test_a_failed_build_says_why(machine: Machine) -> None:
    code, out, err = machine.run("etcd", FAKE_GO_FAILS="1")

    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "building etcd v3.6.4 ... failed",
        "error: etcd: go build go.etcd.io/etcd/server/v3 failed:",
        "    cannot find module",
    ]
    assert machine.left_behind() == []


def test_without_any_go_it_says_what_to_install(machine: Machine) -> None:
    machine.program("go", "#!/bin/sh\necho go version go1.20.3 linux/amd64\n")

    code, _, err = machine.run("etcd", PIP_NO_INDEX="1", PIP_CONFIG_FILE="/dev/null")

    assert code == 1
    assert "error: no go >= 1.26 on PATH, and pip could not install it:" in err
    assert err.endswith("hint: install Go 1.26 or newer\n")
    assert machine.left_behind() == []


def test_an_unknown_name_is_refused(machine: Machine) -> None:
    code, _, err = machine.run("kubelet")

    assert code == 1
    assert err.startswith("error: kubelet: no such program\nhint: one of etcd, kube-apiserver, ")


def test_kubebuilder_assets_come_first(machine: Machine) -> None:
    assets = [machine.program(name, where="assets") for name in (*SERVER, "kubectl")]

    code, out, _ = machine.run(*SERVER, KUBEBUILDER_ASSETS=str(assets[0].parent))

    assert code == 0
    assert out == "".join(f"{path.name} {path}\n" for path in assets[:2])
    assert machine.builds() == []


def test_incomplete_kubebuilder_assets_are_not_used(machine: Machine) -> None:
    asset = machine.program("etcd", where="assets")

    _, out, _ = machine.run("etcd", KUBEBUILDER_ASSETS=str(asset.parent))

    assert str(asset) not in out
    assert len(machine.builds()) == 1


@pytest.mark.parametrize(
    ("kubernetes", "etcd", "is_used"),
    [
        pytest.param("Kubernetes v1.30.2", "etcd Version: 3.5.9", True, id="a new enough pair"),
        pytest.param("Kubernetes v1.29.9", "etcd Version: 3.5.9", False, id="an old server"),
        pytest.param("Kubernetes v1.36.0", "etcd Version: 3.4.27", False, id="an old etcd"),
        pytest.param("Kubernetes v1.36.0", None, False, id="a server alone"),
        pytest.param("what?", "etcd Version: 3.6.4", False, id="a server without a version"),
    ],
)
def test_a_server_on_the_path_is_used_as_a_pair(
    machine: Machine, kubernetes: str, etcd: str | None, is_used: bool
) -> None:
    machine.program("kube-apiserver", f"#!/bin/sh\necho '{kubernetes}'\n")
    if etcd:
        machine.program("etcd", f"#!/bin/sh\necho '{etcd}'\n")

    assert machine.run(*SERVER)[0] == 0
    assert len(machine.builds()) == (0 if is_used else 2)


def test_controllers_bring_their_own_server(machine: Machine) -> None:
    machine.program("kube-apiserver", "#!/bin/sh\necho 'Kubernetes v1.30.2'\n")
    machine.program("etcd", "#!/bin/sh\necho 'etcd Version: 3.5.9'\n")

    machine.run(*SERVER, "kube-scheduler")

    assert len(machine.builds()) == 3


def test_any_kubectl_on_the_path_will_do(machine: Machine) -> None:
    kubectl = machine.program("kubectl")

    assert machine.run("kubectl") == (0, f"kubectl {kubectl}\n", "")


@pytest.mark.parametrize("home", [None, ""], ids=["no HOME", "an empty HOME"])
def test_without_a_home_go_keeps_its_caches_in_ours(machine: Machine, home: str | None) -> None:
    machine.program("go", FAKE_GO.replace("echo half", "env > $FAKE_GO_LOG.env; echo half"))
    env = {name: value for name, value in machine.env.items() if name != "HOME"}
    bare = Machine(machine.folder, env if home is None else {**env, "HOME": home})

    assert bare.run("etcd")[0] == 0
    lines = (machine.folder / "builds.env").read_text().splitlines()
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    assert Path(said["GOCACHE"]).parent == machine.cache
    assert Path(said["GOMODCACHE"]).is_relative_to(machine.cache)
    assert said["GOTOOLCHAIN"] == "local"


def test_a_bare_pytest_skips_without_the_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI", "DPFCTL_REQUIRE_CONTROLPLANE", "KUBEBUILDER_ASSETS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")

    with pytest.raises(pytest.skip.Exception, match="no etcd yet: run 'python -m tests"):
        require_binaries("etcd")


@pytest.mark.parametrize("name", ["CI", "DPFCTL_REQUIRE_CONTROLPLANE"])
def test_a_run_that_must_not_skip_fails(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable, value in {**machine.env, "FAKE_GO_FAILS": "1", name: "1"}.items():
        monkeypatch.setenv(variable, value)

    with pytest.raises(pytest.fail.Exception, match="cannot find module"):
        require_binaries("etcd")
