"""Credential programs: closed when they fail, ended when they hang (D12)."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dpfctl.cluster import exec_plugin
from dpfctl.cluster.credentials import Credentials, CredentialSource
from dpfctl.errors import AccessError, DpfctlError, InputError
from tests.unit.kubeconfigs import Files, document

V1 = "client.authentication.k8s.io/v1"


class Plugin:
    """A credential program written by a test, and the user entry that names it."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def script(self, body: str) -> Path:
        path = self.files.folder / "login"
        path.write_text(f"#!{sys.executable}\n{body}")
        path.chmod(0o755)
        return path

    def source(self, body: str, **section: Any) -> CredentialSource:
        command = str(self.script(body))
        fields = {"apiVersion": V1, "command": command, "interactiveMode": "Never", **section}
        return self.files.load(document(user={"exec": fields}), dict(os.environ)).credentials

    def fails(self, body: str, **section: Any) -> DpfctlError:
        with pytest.raises(AccessError) as caught:
            self.source(body, **section).current()
        assert caught.value.exit_code == 7
        return caught.value


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    return Plugin(Files(tmp_path))


def prints(status: Any, **fields: Any) -> str:
    answer = {"apiVersion": V1, "kind": "ExecCredential", "status": status, **fields}
    return f"print({json.dumps(answer)!r})"


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_token(plugin: Plugin) -> None:
    assert plugin.source(prints({"token": "abc"})).current() == Credentials(token="abc")


def test_certificate(plugin: Plugin) -> None:
    status = {"clientCertificateData": "C", "clientKeyData": "K"}
    assert plugin.source(prints(status)).current() == Credentials("", b"C", b"K")


def test_nothing_runs_before_it_is_asked(plugin: Plugin) -> None:
    source = plugin.source(
        f"open({str(plugin.files.folder / 'ran')!r}, 'w'); {prints({'token': 'a'})}"
    )
    assert not (plugin.files.folder / "ran").exists()
    source.current()
    assert (plugin.files.folder / "ran").exists()


COUNT = (
    "import os; n = len(os.listdir(os.environ['DIR'])); open(f\"{os.environ['DIR']}/{n}\", 'w')\n"
)


@pytest.mark.parametrize(
    ("expires", "runs"),
    [
        pytest.param(None, 1, id="kept without an end"),
        pytest.param(3600, 1, id="kept until it ends"),
        pytest.param(-5, 3, id="asked again when it has ended"),
        pytest.param(3, 3, id="asked again when it is about to end"),
    ],
)
def test_answer_is_kept(plugin: Plugin, expires: float | None, runs: int) -> None:
    folder = plugin.files.folder / "runs"
    folder.mkdir()
    status = {"token": "a"} | ({"expirationTimestamp": in_seconds(expires)} if expires else {})
    source = plugin.source(COUNT + prints(status), env=[{"name": "DIR", "value": str(folder)}])
    for _ in range(3):
        source.current()
    assert len(list(folder.iterdir())) == runs
    source.reload()
    assert len(list(folder.iterdir())) == runs + 1


def test_arguments_and_environment_reach_it_without_a_shell(plugin: Plugin) -> None:
    body = "import json, os, sys\n" + (
        "token = '|'.join([*sys.argv[1:], os.environ['EXTRA'], os.environ['HOME_']])\n"
        f"print(json.dumps({{'apiVersion': '{V1}', 'kind': 'ExecCredential',"
        " 'status': {'token': token}}))"
    )
    os_value = [{"name": "EXTRA", "value": "$HOME"}, {"name": "HOME_", "value": "x"}]
    source = plugin.source(body, args=["a b", "; touch owned", "$(id)"], env=os_value)
    assert source.current().token == "a b|; touch owned|$(id)|$HOME|x"


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_cluster_info_is_given_when_asked_for(plugin: Plugin, version: str) -> None:
    api = f"client.authentication.k8s.io/{version}"
    body = "import json, os\n" + (
        "info = os.environ['KUBERNETES_EXEC_INFO']\n"
        f"print(json.dumps({{'apiVersion': '{api}', 'kind': 'ExecCredential',"
        " 'status': {'token': info.replace(' ', '')}}))"
    )
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}
    cluster = {
        "server": "https://one:6443",
        "certificate-authority-data": "YWJj",
        "tls-server-name": "name",
        "extensions": [extension],
    }
    section = {"apiVersion": api, "command": str(plugin.script(body)), "interactiveMode": "Never"}
    user = {"exec": {**section, "provideClusterInfo": True}}
    config = plugin.files.load(document(cluster=cluster, user=user), dict(os.environ))
    info = json.loads(config.credentials.current().token)
    assert info["apiVersion"] == api
    assert info["kind"] == "ExecCredential"
    assert info["spec"]["interactive"] is False
    assert info["spec"]["cluster"] == {
        "server": "https://one:6443",
        "certificate-authority-data": "YWJj",
        "tls-server-name": "name",
        "config": {"audience": "x"},
    }


def test_cluster_info_is_not_given_otherwise(plugin: Plugin) -> None:
    body = "import os; assert 'cluster' not in os.environ['KUBERNETES_EXEC_INFO']\n"
    assert plugin.source(body + prints({"token": "a"})).current().token == "a"


def test_d12_failure_is_an_error_with_its_words(plugin: Plugin) -> None:
    body = "import sys; sys.stderr.write('x' * 900 + '\\x1b[31mplease log in\\n'); sys.exit(3)"
    error = plugin.fails(body, installHint="get it at example.com")
    assert 'user "one": credential program "login": failed with code 3: ' in error.message
    assert error.message.endswith("[31mplease log in")
    assert "\x1b" not in error.message
    assert len(error.message) < 500 + len(str(plugin.files.folder))
    assert error.hint == "get it at example.com"


def test_program_that_is_not_installed(plugin: Plugin) -> None:
    error = plugin.fails("", command="no-such-program", installHint="install\nme")
    assert error.message.endswith('credential program "no-such-program": not found')
    assert error.hint == "install me"


def test_program_that_cannot_be_started(plugin: Plugin) -> None:
    path = plugin.files.folder / "broken"
    path.write_bytes(b"\x7fELF nonsense")
    path.chmod(0o755)
    assert "cannot be started: exec format error" in plugin.fails("", command=str(path)).message


def test_bare_name_is_looked_up_in_its_own_path(plugin: Plugin) -> None:
    plugin.script(prints({"token": "found"}))
    env = [{"name": "PATH", "value": str(plugin.files.folder)}]
    section = {"apiVersion": V1, "command": "login", "env": env, "interactiveMode": "Never"}
    config = plugin.files.load(document(user={"exec": section}), {})
    assert config.credentials.current().token == "found"


def test_relative_path_starts_at_the_kubeconfig(plugin: Plugin) -> None:
    plugin.script(prints({"token": "near"}))
    section = {"apiVersion": V1, "command": "./login", "interactiveMode": "Never"}
    assert plugin.files.load(document(user={"exec": section})).credentials.current().token == "near"


def test_d12_program_that_hangs_is_ended_with_its_children(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = plugin.files.folder / "pids"
    body = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "sys.stderr.write('waiting for a browser')\n"
        "sys.stderr.flush()\n"
        "time.sleep(60)\n"
    )
    source = plugin.source(body)
    monkeypatch.setattr(source, "_time_limit", 1.5)
    start = time.monotonic()
    with pytest.raises(AccessError, match=r"no answer within 1\.5 s") as caught:
        source.current()
    assert time.monotonic() - start < 5
    assert caught.value.hint == "waiting for a browser"
    for pid in map(int, pids.read_text().split()):
        wait_gone(pid)


def wait_gone(pid: int) -> None:
    for _ in range(200):
        try:
            os.kill(pid, 0)
            if "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1]:
                return
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("a process was left behind")


def test_child_that_keeps_the_pipe_does_not_hold_us_up(plugin: Plugin) -> None:
    body = (
        "import subprocess, sys\n"
        f"{prints({'token': 'a'})}\n"
        "sys.stdout.flush()\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(4)'])\n"
    )
    start = time.monotonic()
    assert plugin.source(body).current().token == "a"
    assert time.monotonic() - start < 3.5


@pytest.mark.parametrize(
    ("body", "fact"),
    [
        pytest.param("print('hello')", "printed no JSON", id="text"),
        pytest.param("pass", "printed no JSON", id="nothing"),
        pytest.param("print('[' * 100000)", "printed no JSON", id="deep"),
        pytest.param("print('[1]')", "printed no ExecCredential", id="list"),
        pytest.param(prints({}, kind="Pod"), "printed no ExecCredential", id="another kind"),
        pytest.param(
            prints({}, apiVersion="v1"), "answered in another version", id="another version"
        ),
        pytest.param(prints(None), "without status", id="no status"),
        pytest.param(prints({}), "neither a token nor a client certificate", id="empty status"),
        pytest.param(prints({"token": 3}), "a token that is no text", id="number"),
        pytest.param(
            prints({"token": "a\nb"}), "a token that no header can carry", id="line break"
        ),
        pytest.param(prints({"clientKeyData": "k"}), "not both", id="half a pair"),
    ],
)
def test_d12_rubbish_is_an_error(plugin: Plugin, body: str, fact: str) -> None:
    assert fact in plugin.fails(body).message


def test_output_without_end_is_capped(plugin: Plugin) -> None:
    body = "import sys\nfor _ in range(64): sys.stdout.write('x' * (1 << 20))"
    assert "printed no JSON" in plugin.fails(body).message


def test_program_that_needs_a_terminal(plugin: Plugin) -> None:
    error = plugin.fails(prints({"token": "a"}), interactiveMode="Always")
    assert error.message.endswith("needs a terminal, and there is none")


ON_A_TERMINAL = """
import os, sys
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
config = load_config(ConnectOptions(kubeconfig=sys.argv[1]), dict(os.environ))
print(config.credentials.current().token)
"""


def test_program_may_ask_on_a_terminal(plugin: Plugin) -> None:
    body = (
        "import json, sys\n"
        "sys.stderr.write('code: ')\n"
        "token = sys.stdin.readline().strip()\n"
        f"print(json.dumps({{'apiVersion': '{V1}', 'kind': 'ExecCredential',"
        " 'status': {'token': token}}))"
    )
    section = {
        "apiVersion": V1, "command": str(plugin.script(body)), "interactiveMode": "Always"
    }  # fmt: skip
    path = plugin.files.write(document(user={"exec": section}))
    master, slave = pty.openpty()
    os.write(master, b"typed\n")
    done = subprocess.run(
        [sys.executable, "-c", ON_A_TERMINAL, str(path)],
        stdin=slave, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    os.close(slave)
    os.close(master)
    assert (done.stdout, done.stderr) == ("typed\n", "code: ")


@pytest.mark.parametrize(
    ("section", "fact"),
    [
        pytest.param({"apiVersion": ""}, "apiVersion: missing: must be", id="no version"),
        pytest.param(
            {"apiVersion": "client.authentication.k8s.io/v1alpha1"}, "v1alpha1: must be", id="old"
        ),
        pytest.param({"command": ""}, "command: missing", id="no command"),
        pytest.param({"interactiveMode": "Maybe"}, "interactiveMode: must be one of", id="mode"),
        pytest.param({"args": "a"}, "args: must be a list of texts", id="args"),
        pytest.param({"env": {}}, "env: must be a list", id="env"),
        pytest.param({"env": ["a"]}, "env: must be a list of objects", id="env entry"),
        pytest.param({"env": [{"name": "a=b"}]}, "name: is no name of a variable", id="env name"),
        pytest.param({"provideClusterInfo": "yes"}, "must be true or false", id="flag"),
    ],
)
def test_section_that_cannot_be_used(plugin: Plugin, section: dict[str, Any], fact: str) -> None:
    with pytest.raises((AccessError, InputError)) as caught:
        plugin.source("", **section)
    assert fact in caught.value.message


def test_token_is_in_no_repr(plugin: Plugin) -> None:
    source = plugin.source(prints({"token": "s3cret"}), env=[{"name": "A", "value": "s3cret"}])
    source.current()
    spec = source._spec  # type: ignore[attr-defined]  # no part of what a source promises
    assert "s3cret" not in f"{source!r} {source.current()!r} {spec!r}"


def test_time_limit_is_thirty_seconds() -> None:
    assert exec_plugin.TIME_LIMIT == 30
