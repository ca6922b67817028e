"""Which kubeconfig is read, how several are merged, which context is chosen."""

import json
from pathlib import Path

import pytest
import yaml

from dpfctl.cluster.config import Impersonation
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.errors import AccessError, InputError
from tests.unit.kubeconfigs import PEM, Files, document, joined


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


class TestOrder:
    def test_flag_comes_before_everything(self, files: Files) -> None:
        other = files.write(document("two"), "other")
        config = files.load(document("one"), {"KUBECONFIG": str(other)})
        assert config.label == "context one"

    def test_environment_comes_before_home(self, files: Files) -> None:
        files.write(document("home"), ".kube/config")
        listed = files.write(document("listed"), "listed")
        environ = {"HOME": str(files.folder), "KUBECONFIG": str(listed)}
        assert load_config(ConnectOptions(), environ).label == "context listed"

    def test_pod_comes_before_home(self, files: Files) -> None:
        files.write(document("home"), ".kube/config")
        config = load_config(ConnectOptions(), in_pod(files), files.folder / "sa")
        assert config.label == "in-cluster"

    def test_context_flag_means_a_kubeconfig_even_in_a_pod(self, files: Files) -> None:
        files.write(document("home"), ".kube/config")
        config = load_config(ConnectOptions(context="home"), in_pod(files), files.folder / "sa")
        assert config.label == "context home"

    def test_pod_without_a_token_is_none(self, files: Files) -> None:
        files.write(document("home"), ".kube/config")
        environ = in_pod(files)
        (files.folder / "sa" / "token").unlink()
        config = load_config(ConnectOptions(), environ, files.folder / "sa")
        assert config.label == "context home"

    def test_home_is_the_users_when_unset(
        self, files: Files, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files.write(document("home"), ".kube/config")

        class Entry:
            pw_dir = str(files.folder)

        monkeypatch.setattr("pwd.getpwuid", lambda uid: Entry())
        assert load_config(ConnectOptions(), {}, files.folder / "sa").label == "context home"

    def test_nothing_at_all(self, files: Files) -> None:
        with pytest.raises(AccessError) as caught:
            load_config(ConnectOptions(), {"HOME": str(files.folder)}, files.folder / "sa")
        assert caught.value.message == "no cluster: no kubeconfig found"
        assert str(files.folder / ".kube" / "config") in caught.value.hint
        assert "--from demo" in caught.value.hint
        assert caught.value.exit_code == 7

    def test_list_of_files_that_are_all_missing(self, files: Files) -> None:
        files.write(document("home"), ".kube/config")
        environ = {"KUBECONFIG": "/nowhere/a:/nowhere/b", "HOME": str(files.folder)}
        with pytest.raises(AccessError) as caught:
            load_config(ConnectOptions(), environ)
        assert "KUBECONFIG=/nowhere/a:/nowhere/b" in caught.value.hint

    def test_named_file_that_is_missing(self) -> None:
        with pytest.raises(InputError, match=r"^--kubeconfig: /nowhere/x: no such file$") as caught:
            load_config(ConnectOptions(kubeconfig="/nowhere/x"), {})
        assert caught.value.exit_code == 2


def in_pod(files: Files) -> dict[str, str]:
    folder = files.folder / "sa"
    folder.mkdir()
    (folder / "token").write_text("pod-token\n")
    (folder / "ca.crt").write_bytes(PEM)
    (folder / "namespace").write_text("pod-ns")
    return {
        "HOME": str(files.folder),
        "KUBERNETES_SERVICE_HOST": "fd00::1",
        "KUBERNETES_SERVICE_PORT": "443",
    }


class TestInCluster:
    def test_service_account_is_used(self, files: Files) -> None:
        config = load_config(ConnectOptions(), in_pod(files), files.folder / "sa")
        assert config.server.url == "https://[fd00::1]:443"
        assert config.ca == PEM
        assert config.namespace == "pod-ns"
        assert config.credentials.current().token == "pod-token"

    def test_token_is_read_again(self, files: Files) -> None:
        config = load_config(ConnectOptions(), in_pod(files), files.folder / "sa")
        (files.folder / "sa" / "token").write_text("renewed")
        assert config.credentials.reload().token == "renewed"

    def test_flags_count(self, files: Files) -> None:
        options = ConnectOptions(namespace="mine", as_user="eve", as_groups=("g",))
        config = load_config(options, in_pod(files), files.folder / "sa")
        assert config.namespace == "mine"
        assert config.impersonation == Impersonation("eve", groups=("g",))


class TestMerging:
    def test_first_file_wins_an_entry_whole(self, files: Files) -> None:
        first = files.write(document(user={"token": "first"}), "a")
        second = files.write(
            document(user={"token": "second", "as": "eve"}, current_context="two"), "b"
        )
        config = load_config(ConnectOptions(), {"KUBECONFIG": joined(first, second)})
        assert config.credentials.current().token == "first"
        assert config.impersonation.user == ""
        assert config.label == "context one"

    def test_entries_come_from_different_files(self, files: Files) -> None:
        context = {"current-context": "one", "contexts": document()["contexts"]}
        parts = (context, {"clusters": document()["clusters"]}, {"users": document()["users"]})
        paths = [files.write(part, str(number)) for number, part in enumerate(parts)]
        config = load_config(ConnectOptions(), {"KUBECONFIG": joined(*paths)})
        assert config.server.endpoint == "one:6443"
        assert config.credentials.current().token == "one-token"

    def test_current_context_is_the_first_that_is_set(self, files: Files) -> None:
        first = files.write(document("one", current_context=""), "a")
        second = files.write(document("two"), "b")
        config = load_config(ConnectOptions(), {"KUBECONFIG": joined(first, second)})
        assert config.label == "context two"

    def test_missing_and_empty_files_are_passed_over(self, files: Files) -> None:
        empty, real = files.write("", "empty"), files.write(document(), "real")
        environ = {"KUBECONFIG": joined(Path("/nowhere"), empty, real)}
        assert load_config(ConnectOptions(), environ).label == "context one"

    def test_relative_paths_start_at_their_own_file(self, files: Files) -> None:
        cluster = {"server": "https://one:6443", "certificate-authority": "pki/ca.pem"}
        first = files.write(document(cluster=cluster, users=None), "a/config")
        second = files.write({"users": document(user={"tokenFile": "tok"})["users"]}, "b/config")
        (first.parent / "pki").mkdir()
        (first.parent / "pki" / "ca.pem").write_bytes(PEM)
        (second.parent / "tok").write_text("from-b")
        config = load_config(ConnectOptions(), {"KUBECONFIG": joined(first, second)})
        assert config.ca == PEM
        assert config.credentials.current().token == "from-b"

    def test_broken_file_in_the_list_is_named(self, files: Files) -> None:
        good, bad = files.write(document(), "good"), files.write("a: [", "bad")
        with pytest.raises(InputError, match=f"^{bad}: line 2: not valid YAML") as caught:
            load_config(ConnectOptions(), {"KUBECONFIG": joined(good, bad)})
        assert caught.value.exit_code == 2


class TestContext:
    def test_flag_chooses(self, files: Files) -> None:
        content = document("one")
        content["contexts"].append({"name": "two", "context": {"cluster": "one", "user": "one"}})
        assert files.load(content, context="two").label == "context two"

    def test_unknown_one_names_the_nearest_and_all(self, files: Files) -> None:
        error = files.fail(document("production"), context="prodution")
        assert error.message == "--context: no context is called prodution"
        assert error.hint == "did you mean production? known contexts: production"
        assert error.exit_code == 7

    def test_unknown_current_context(self, files: Files) -> None:
        error = files.fail(document("one", current_context="gone"))
        assert error.message.endswith("config: current-context: no context is called gone")

    def test_many_contexts_are_not_all_listed(self, files: Files) -> None:
        entry = {"cluster": "one", "user": "one"}
        contexts = [{"name": f"c{number}", "context": entry} for number in range(20)]
        error = files.fail(document(contexts=contexts), context="zzz")
        assert error.hint == "known contexts: c0, c1, c2, c3, c4, c5, c6, c7 and 12 more"

    def test_no_current_context(self, files: Files) -> None:
        error = files.fail(document("one", current_context=""))
        assert error.message.endswith("config: has no current-context")
        assert error.hint == "choose one with --context: one"

    def test_no_contexts(self, files: Files) -> None:
        error = files.fail("")
        assert error.message == f"no cluster: {files.folder / 'config'}: has no contexts"
        assert error.exit_code == 7

    def test_namespace_is_the_contexts_unless_flagged(self, files: Files) -> None:
        content = document()
        content["contexts"][0]["context"]["namespace"] = "theirs"
        assert files.load(content).namespace == "theirs"
        assert files.load(content, namespace="mine").namespace == "mine"

    @pytest.mark.parametrize("section", ["clusters", "users"])
    def test_entry_it_names_is_missing(self, files: Files, section: str) -> None:
        error = files.fail(document() | {section: []})
        assert error.message.endswith(
            f'context "one": {section[:-1]}: no {section[:-1]} is called one'
        )

    def test_context_without_user_is_anonymous(self, files: Files) -> None:
        content = document(contexts=[{"name": "one", "context": {"cluster": "one"}}])
        assert files.load(content).credentials.current().is_empty


class TestFile:
    @pytest.mark.parametrize(
        ("text", "fact"),
        [
            pytest.param("a: b\nc: [d\n", "line 3: not valid YAML", id="broken"),
            pytest.param("just text", "the document is not an object", id="text"),
            pytest.param("[1]", "the document is not an object", id="list"),
            pytest.param("a: 1\n---\nb: 2", "not valid YAML", id="two documents"),
            pytest.param("clusters: {}", "clusters: must be a list", id="section"),
            pytest.param("clusters: [x]", "clusters[1]: must be an object", id="entry"),
            pytest.param(
                "clusters: [{name: a, cluster: 3}]", "cluster: must be an object", id="inner"
            ),
            pytest.param("users: [{name: a}, {name: a}]", 'two entries are called "a"', id="twice"),
            pytest.param("users: [{name: 3}]", "name: must be text", id="number"),
            pytest.param("current-context: [a]", "current-context: must be text", id="type"),
            pytest.param("!!python/object/apply:os.system [ls]", "not valid YAML", id="tag"),
        ],
    )
    def test_broken_one_is_exit_2_and_named(self, files: Files, text: str, fact: str) -> None:
        error = files.fail(text)
        assert isinstance(error, InputError)
        assert error.message.startswith(str(files.folder / "config"))
        assert fact in error.message

    def test_parser_errors_do_not_quote_a_token(self, files: Files) -> None:
        error = files.fail('users:\n- name: a\n  user:\n    token: s3cret: "x\n')
        assert "line 4" in error.message
        assert "s3cret" not in error.message + error.hint

    def test_duplicate_keys_are_tolerated(self, files: Files) -> None:
        assert files.load(yaml.safe_dump(document()) + "\nkind: Config\n").label == "context one"

    def test_dates_are_text_as_in_kubectl(self, files: Files) -> None:
        text = yaml.safe_dump(document(user={"token": "2026-01-02"})).replace("'", "")
        assert "token: 2026-01-02" in text
        assert files.load(text).credentials.current().token == "2026-01-02"

    def test_byte_order_mark_is_tolerated(self, files: Files) -> None:
        assert files.load("\ufeff" + yaml.safe_dump(document())).label == "context one"

    def test_json_is_yaml(self, files: Files) -> None:
        assert files.load(json.dumps(document())).label == "context one"

    def test_binary_file(self, files: Files) -> None:
        (files.folder / "bin").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(InputError, match="not UTF-8 text"):
            load_config(ConnectOptions(kubeconfig=str(files.folder / "bin")), {})

    def test_folder(self, files: Files) -> None:
        with pytest.raises(InputError, match="cannot be read: is a directory"):
            load_config(ConnectOptions(kubeconfig=str(files.folder)), {})

    def test_d26_file_is_not_touched(self, files: Files) -> None:
        path = files.write(document())
        before = path.read_bytes(), path.stat().st_mtime_ns
        files.folder.chmod(0o500)
        try:
            load_config(ConnectOptions(kubeconfig=str(path)), {}).credentials.reload()
        finally:
            files.folder.chmod(0o700)
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before
