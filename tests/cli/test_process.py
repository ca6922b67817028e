"""The real process: pipes that break, signals, streams that are full."""

import os
import resource
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

DPFCTL = [sys.executable, "-m", "dpfctl"]
DEMO = [*DPFCTL, "describe", "all", "--from", "demo"]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}


@pytest.fixture
def silent_server(tmp_path: Path) -> Iterator[Path]:
    """A kubeconfig whose server accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        path = tmp_path / "silent.yaml"
        path.write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
            "contexts: [{name: c, context: {cluster: c}}]\n"
            "clusters: [{name: c, cluster: {"
            f"server: 'https://127.0.0.1:{server.getsockname()[1]}'}}}}]\n"
        )
        yield path


def test_no_cluster(environ: dict[str, str]) -> None:
    done = subprocess.run(
        [*DPFCTL, "describe", "all"], env=environ, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith("error: no cluster: no kubeconfig found\nhint: ")
    assert "--from demo" in done.stderr


def test_reader_that_leaves(environ: dict[str, str]) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        done = subprocess.run(DEMO, env=environ, stdout=pipe, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr) == (141, b"")


def test_reader_that_leaves_a_watch_in_which_nothing_changes(environ: dict[str, str]) -> None:
    watch = [*DEMO, "--no-headers", "-o", "name", "--watch", "--interval", "0.1"]
    with subprocess.Popen(watch, env=environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        try:
            code = process.wait(timeout=10)
        finally:
            process.kill()
    assert code == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written(environ: dict[str, str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(DEMO, env=environ, stdout=full, stderr=subprocess.PIPE, check=False)

    assert done.returncode == 1
    assert done.stderr == b"error: stdout: No space left on device\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        pytest.param(
            f"{shlex.join(DEMO)} >&-", "error: stdout: Bad file descriptor\n", id="stdout"
        ),
        pytest.param(
            f"{shlex.join(DPFCTL)} describe all --from - <&-",
            "error: standard input: holds no objects\n",
            id="stdin",
        ),
        pytest.param(f"{shlex.join(DEMO)} -o jsn 2>&-", "", id="stderr"),
        pytest.param(f"{shlex.join(DEMO)} <&- >&- 2>&-", "", id="all"),
    ],
)
def test_closed_stream_is_no_bug(environ: dict[str, str], command: str, said: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=environ, capture_output=True, text=True, check=False
    )

    assert done.returncode in (1, 2)
    assert (done.stdout, done.stderr) == ("", said)


def test_output_that_is_cut_short(environ: dict[str, str], tmp_path: Path) -> None:
    def leave_little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    path = tmp_path / "fleet.json"
    with path.open("wb") as file:
        done = subprocess.run(
            [*DEMO, "-o", "json"],
            env=environ | {"PYTHONUNBUFFERED": "1"},
            stdout=file,
            stderr=subprocess.PIPE,
            check=False,
            preexec_fn=leave_little_room,
        )

    assert path.stat().st_size == 4096
    assert (done.returncode, done.stderr) == (1, b"error: stdout: File too large\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("args", "code"),
    [(["--from", "demo", "--show-resources=nothing"], 0), (["--from", "missing.yaml"], 2)],
)
def test_messages_that_cannot_be_written(
    environ: dict[str, str], args: list[str], code: int
) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*DPFCTL, "describe", "all", *args],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=full,
            check=False,
        )

    assert done.returncode == code
    assert bool(done.stdout) is (code == 0)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_while_modules_load(
    environ: dict[str, str], number: signal.Signals, code: int
) -> None:
    script = f"""
import os, sys
class Interrupting:
    def find_spec(self, name, *_):
        if name == "typer":
            os.kill(os.getpid(), {number.value})
sys.meta_path.insert(0, Interrupting())
from dpfctl.__main__ import main
sys.argv[1:] = {DEMO[3:]}
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_against_a_silent_server(
    environ: dict[str, str], silent_server: Path, number: signal.Signals, code: int
) -> None:
    process = subprocess.Popen(
        [*DPFCTL, "describe", "all", "--kubeconfig", str(silent_server)],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        time.sleep(1.5)
        assert process.poll() is None, "it must still be waiting for the server"
        process.send_signal(number)
        out, err = process.communicate(timeout=2)

    assert (process.returncode, out) == (code, b"")
    assert b"Traceback" not in err


def test_output_that_is_no_unicode(environ: dict[str, str]) -> None:
    done = subprocess.run(
        DEMO, env=environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, check=False
    )

    assert done.returncode == 0
    assert done.stdout.isascii()


def test_bug_is_no_traceback(environ: dict[str, str]) -> None:
    code = "import sys, dpfctl.describe as d; d.build_tree = None; from dpfctl.__main__ import main"
    argv = [sys.executable, "-c", f"{code}; sys.argv[1:] = {DEMO[3:]}; main()"]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: TypeError: ")


def test_a_server_that_is_not_verified_is_a_warning(
    environ: dict[str, str], silent_server: Path
) -> None:
    text = silent_server.read_text().replace("server:", "insecure-skip-tls-verify: true, server:")
    silent_server.write_text(text)
    argv = [*DPFCTL, "version", "--request-timeout", "1s", "--kubeconfig", str(silent_server)]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith("warning: context c: insecure-skip-tls-verify: ")


def test_completion_answers_with_names_of_the_fleet(environ: dict[str, str]) -> None:
    words = "dpfctl describe all --from demo --show-conditions dpuservice/sn"
    done = subprocess.run(
        DPFCTL,
        env=environ | {"_DPFCTL_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "6"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.split() == ["dpuservice/snap-storage"]


def test_completion_is_silent_without_a_cluster(environ: dict[str, str]) -> None:
    words = "dpfctl describe all --show-conditions dpuservice/"
    done = subprocess.run(
        DPFCTL,
        env=environ | {"_DPFCTL_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "4"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["describe", "--help"]])
def test_help_does_not_load_the_client(environ: dict[str, str], args: list[str]) -> None:
    code = (
        "import sys; from dpfctl.__main__ import run; from dpfctl.session import real_session\n"
        f"run({args!r}, real_session({{}}))\n"
        "loaded = {m.partition('.')[0] for m in sys.modules}\n"
        "print(sorted(loaded & {'kubernetes', 'yaml', 'urllib3', 'pydantic'}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )

    assert done.stderr == "[]\n"
