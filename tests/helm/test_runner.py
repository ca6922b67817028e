"""Processes: what they inherit, how they end, and that nothing of them is left."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dpfctl.errors import DpfctlError, LostAnswerError, NotFoundError, RejectedError
from dpfctl.helm import private_files, runner
from dpfctl.helm.archives import Archive
from dpfctl.helm.binary import ask_version, find_helm, warning_about
from dpfctl.helm.releases import Helm, open_helm
from dpfctl.helm.runner import Ended, Runner
from dpfctl.model.releases import Chart, Release
from tests.cluster.running import is_alive
from tests.helm.fake_helm import SYSTEM_PATH, fake_helm

RELEASE = Release("hbn", "dpf", Chart("oci://x", "c", "", "1"), {"password": "canary-values"})
ARCHIVE = Archive(Path("/nowhere/c-1.tgz"), "0" * 64, "c", "1")

New = Callable[..., Runner]


@pytest.fixture
def new(tmp_path: Path) -> Iterator[New]:
    """Make runners of a fake helm, which are closed after the test."""
    made: list[Runner] = []

    def make(body: str, stop: threading.Event | None = None, **environ: str) -> Runner:
        known = fake_helm(tmp_path, body)
        made.append(Runner(find_helm(known), {**environ, **known}, stop))
        return made[-1]

    yield make
    for one in made:
        one.close()


def upgrade(helm: Helm) -> None:
    helm.upgrade(RELEASE, ARCHIVE, "kubeconfig", timeout=1)


def wait_for(path: Path) -> str:
    """What stands in a file, as soon as there is something."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text().strip()):
            return text
        time.sleep(0.01)
    raise AssertionError(f"{path.name} was not written")


class TestWhatItSees:
    def test_its_environment_is_a_short_list(self, new: New) -> None:
        given = {"HELM_DRIVER": "sql", "KUBECONFIG": "/x", "SECRET": "x", "HELM_NAMESPACE": "y"}
        kept = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a", "SSL_CERT_DIR": "/c"}
        done = new("env", **given, **kept).run([], 10)
        found = dict(line.split("=", 1) for line in done.stdout.decode().splitlines())

        assert not given.keys() & found.keys()
        assert kept.items() <= found.items()
        assert found["HELM_NO_PLUGINS"] == "1"

    def test_everything_it_stores_is_in_a_private_folder(self, new: New) -> None:
        made = new("env")
        done = made.run([], 10)
        found = dict(line.split("=", 1) for line in done.stdout.decode().splitlines())
        homes = [found[n] for n in ("HOME", "TMPDIR", "HELM_CACHE_HOME", "HELM_CONFIG_HOME")]

        assert all(home.startswith(str(made.folder)) for home in homes)
        assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700

    def test_it_reads_what_it_is_fed(self, new: New) -> None:
        text = b"x" * 300_000

        assert new("wc -c").run([], 10, feed=text).stdout.strip() == b"300000"
        assert new("wc -c").run([], 10).stdout.strip() == b"0"

    def test_it_need_not_read_what_it_is_fed(self, new: New) -> None:
        assert new("exit 0").run([], 10, feed=b"x" * 300_000).is_good

    @pytest.mark.parametrize("in_memory", [True, False])
    def test_it_reads_private_files(
        self, new: New, in_memory: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not in_memory:
            monkeypatch.setattr(private_files, "_OPEN_FILES", Path("/nowhere"))
        made = new('cat "$1" "$1"; stat -L -c %a "$1"')
        with made.file(b"canary\n") as one:
            done = made.run([one.path], 10, files=[one])

        assert done.stdout == b"canary\ncanary\n600\n"
        assert list(made.folder.iterdir()) == []


class TestHowItEnds:
    def test_a_crash(self, tmp_path: Path) -> None:
        with (
            open_helm(fake_helm(tmp_path, "kill -SEGV $$")) as helm,
            pytest.raises(LostAnswerError, match="release/dpf/hbn: helm was ended by SIGSEGV"),
        ):
            upgrade(helm)

    def test_a_panic(self, tmp_path: Path) -> None:
        body = "echo 'panic: runtime error: index out of range' >&2; exit 2"
        with (
            open_helm(fake_helm(tmp_path, body)) as helm,
            pytest.raises(RejectedError, match="hbn: panic: runtime error: index out"),
        ):
            upgrade(helm)

    def test_a_failure_without_a_word(self, tmp_path: Path) -> None:
        with (
            open_helm(fake_helm(tmp_path, "exit 3")) as helm,
            pytest.raises(RejectedError, match="hbn: helm failed with code 3"),
        ):
            upgrade(helm)

    def test_a_hang_ends_at_the_limit(self, new: New) -> None:
        started = time.monotonic()
        done = new("exec sleep 60").run([], 0.3)

        assert (done.ended, done.code) == (Ended.LIMIT, -signal.SIGTERM)
        assert time.monotonic() - started < 5

    def test_what_ignores_sigterm_is_killed(
        self, new: New, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(runner, "GRACE", 0.3)
        done = new("trap '' TERM; while :; do sleep 1; done").run([], 0.3)

        assert (done.ended, done.code) == (Ended.LIMIT, -signal.SIGKILL)

    def test_what_it_started_ends_with_it(self, new: New, tmp_path: Path) -> None:
        new(f"sleep 60 & echo $! > {tmp_path / 'pid'}; wait").run([], 1)

        assert not is_alive(int(wait_for(tmp_path / "pid")))

    def test_a_limit_says_that_the_next_run_goes_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dpfctl.helm.releases.SLACK", 0.0)
        with (
            open_helm(fake_helm(tmp_path, "exec sleep 60")) as helm,
            pytest.raises(LostAnswerError, match="helm was not done after 1 s") as caught,
        ):
            upgrade(helm)

        assert "run the command again" in caught.value.hint

    def test_a_flood_of_output_is_read_and_dropped(self, new: New) -> None:
        flood = "head -c 104857600 /dev/zero"
        done = new(f"{flood}; {flood} >&2; echo 'Error: at last' >&2; exit 1").run([], 60)

        assert done.is_cut
        assert len(done.stdout) == runner.STDOUT_LIMIT
        assert len(done.stderr) == runner.STDERR_LIMIT
        assert done.stderr.endswith(b"Error: at last\n")


class TestStopping:
    def test_the_event_ends_all_processes_at_once(self, new: New) -> None:
        stop = threading.Event()
        made = new("exec sleep 60", stop)
        ended: list[Ended] = []
        threads = [
            threading.Thread(target=lambda: ended.append(made.run([], 60).ended)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        started = time.monotonic()
        stop.set()
        for thread in threads:
            thread.join()

        assert ended == [Ended.STOP] * 4
        assert time.monotonic() - started < 5

    def test_nothing_begins_afterwards(self, new: New, tmp_path: Path) -> None:
        stop = threading.Event()
        stop.set()

        assert new(f"touch {tmp_path / 'begun'}", stop).run([], 60).ended is Ended.STOP
        assert not (tmp_path / "begun").exists()

    def test_closing_waits_for_what_still_runs(self, new: New, tmp_path: Path) -> None:
        made = new(f"echo $$ > {tmp_path / 'pid'}; exec sleep 60")
        thread = threading.Thread(target=made.run, args=([], 60))
        thread.start()
        pid = int(wait_for(tmp_path / "pid"))
        made.close()

        assert not is_alive(pid)
        assert not made.folder.exists()
        thread.join()
        made.close()

    @pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux does it")
    def test_it_dies_with_us_even_if_we_are_killed(self, tmp_path: Path) -> None:
        body = f"echo $$ > {tmp_path / 'pid'}; exec sleep 60"
        environ = fake_helm(tmp_path, body)
        script = (
            "from dpfctl.helm.runner import Runner\n"
            f"Runner({str(tmp_path / 'helm')!r}, {environ!r}).run([], 60)\n"
        )
        parent = subprocess.Popen(
            [sys.executable, "-c", script], env={**os.environ, "TMPDIR": str(tmp_path)}
        )
        pid = int(wait_for(tmp_path / "pid"))
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 5
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.01)

        assert not is_alive(pid)


class TestBinary:
    def test_there_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError, match="helm: not found on PATH") as caught:
            find_helm({"PATH": str(tmp_path)})

        assert caught.value.hint == "install Helm 4: https://helm.sh/docs/intro/install"

    def test_it_may_not_be_started(self, tmp_path: Path) -> None:
        (tmp_path / "helm").write_text("")
        with pytest.raises(NotFoundError, match="helm may not be started"):
            find_helm({"PATH": str(tmp_path)})

    def test_it_is_no_program(self, tmp_path: Path) -> None:
        (tmp_path / "helm").write_bytes(b"\x7fELF\0\0\0")
        (tmp_path / "helm").chmod(0o755)
        with pytest.raises(DpfctlError, match="does not tell its version: cannot be started: Exec"):
            open_helm({"PATH": f"{tmp_path}:{SYSTEM_PATH}"})

    def test_the_first_one_on_path_counts(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "one").mkdir()
        fake_helm(tmp_path / "one", "")
        fake_helm(tmp_path, "")
        monkeypatch.chdir(tmp_path)

        assert find_helm({"PATH": f"/none:one:{tmp_path}"}) == str(tmp_path / "one" / "helm")

    @pytest.mark.parametrize(
        ("told", "version", "warns"),
        [
            ("v4.3.1", (4, 3, 1), False),
            ("v4.4.0-rc.1", (4, 4, 0), False),
            ("v3.17.2+gcc0bbbd", (3, 17, 2), True),
            ("v3.19.0", (3, 19, 0), True),
            ("v5.0.0", (5, 0, 0), True),
        ],
    )
    def test_versions(
        self, tmp_path: Path, told: str, version: tuple[int, int, int], warns: bool
    ) -> None:
        with open_helm(fake_helm(tmp_path, "", told)) as helm:
            assert helm.version == version
            assert bool(helm.warning) is warns

    @pytest.mark.parametrize("told", ["v3.16.4", "v2.17.0"])
    def test_versions_that_are_too_old(self, tmp_path: Path, told: str) -> None:
        with pytest.raises(DpfctlError, match=f"helm: version {told} of .* is too old"):
            open_helm(fake_helm(tmp_path, "", told))

    @pytest.mark.parametrize("told", ["", "hello", "$(exit 1)"])
    def test_what_tells_no_version(self, tmp_path: Path, told: str) -> None:
        with pytest.raises(DpfctlError, match="does not tell its version"):
            open_helm(fake_helm(tmp_path, "", told))

    def test_the_real_one(self, helm_program: Path) -> None:
        made = Runner(str(helm_program), {})
        try:
            version = ask_version(made)
        finally:
            made.close()

        assert (version[0], warning_about(version)) == (4, "")
