"""What the chosen cluster and user entries may say."""

import base64
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dpfctl.cluster.config import Impersonation
from dpfctl.errors import AccessError, InputError
from tests.unit.kubeconfigs import PEM, Files, document


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


class TestCluster:
    def test_fields(self, files: Files) -> None:
        cluster = {
            "server": "https://10.0.0.1/k8s/clusters/c-1/",
            "certificate-authority-data": base64.b64encode(PEM).decode(),
            "tls-server-name": "api.example.com",
        }
        config = files.load(document(cluster=cluster), request_timeout=7.0)
        assert config.server.url == "https://10.0.0.1:443/k8s/clusters/c-1"
        assert config.ca == PEM
        assert config.tls_server_name == "api.example.com"
        assert config.request_timeout == 7.0
        assert not config.skip_verify

    def test_data_wins_over_the_file(self, files: Files) -> None:
        cluster = {
            "server": "https://one",
            "certificate-authority": "/nowhere",
            "certificate-authority-data": base64.b64encode(PEM).decode(),
        }
        assert files.load(document(cluster=cluster)).ca == PEM

    @pytest.mark.parametrize(
        ("server", "fact"),
        [
            pytest.param("", "server: missing", id="d9 missing"),
            pytest.param(
                "http://10.0.0.1", "plain http is accepted for this machine only", id="d9 http"
            ),
            pytest.param(
                "http://127.0.0.1:8001", "without credentials only", id="http with a token"
            ),
            pytest.param("ftp://one", "not an https URL: ftp://one", id="another scheme"),
            pytest.param("one:6443", "not an https URL", id="no scheme"),
            pytest.param("https://", "not an https URL", id="no host"),
            pytest.param("https://one:port", "not a URL", id="bad port"),
            pytest.param("https://u:s3cret@one", "a login in the URL is not accepted", id="login"),
            pytest.param("https://one/?a=b", "a query or fragment", id="query"),
            pytest.param("https://one\n.evil", "not an https URL", id="control character"),
        ],
    )
    def test_server_that_is_refused(self, files: Files, server: str, fact: str) -> None:
        error = files.fail(document(cluster={"server": server}))
        assert isinstance(error, AccessError)
        assert fact in error.message
        assert 'cluster "one"' in error.message
        assert "s3cret" not in error.message

    def test_kubectl_proxy_is_reached_over_http(self, files: Files) -> None:
        content = document(cluster={"server": "http://127.0.0.1:8001"}, users=[])
        del content["contexts"][0]["context"]["user"]
        assert files.load(content).server.scheme == "http"

    @pytest.mark.parametrize("value", ["false", "true", 1, []])
    def test_d8_skip_verify_must_be_a_boolean(self, files: Files, value: object) -> None:
        cluster = {"server": "https://one", "insecure-skip-tls-verify": value}
        error = files.fail(document(cluster=cluster))
        assert isinstance(error, InputError)
        assert "insecure-skip-tls-verify: must be true or false" in error.message

    def test_skip_verify_contradicts_an_authority(self, files: Files) -> None:
        cluster = {
            "server": "https://one",
            "insecure-skip-tls-verify": True,
            "certificate-authority-data": base64.b64encode(PEM).decode(),
        }
        error = files.fail(document(cluster=cluster))
        assert "contradicts certificate-authority" in error.message

    def test_authority_that_is_not_base64(self, files: Files) -> None:
        cluster = {"server": "https://one", "certificate-authority-data": "%%%"}
        error = files.fail(document(cluster=cluster))
        assert error.message.endswith("certificate-authority-data: not base64")

    def test_authority_file_that_is_missing(self, files: Files) -> None:
        cluster = {"server": "https://one", "certificate-authority": "gone.pem"}
        error = files.fail(document(cluster=cluster))
        assert error.message.endswith("gone.pem: no such file or directory")
        assert error.exit_code == 7


class TestUser:
    def test_client_certificate_from_files_and_data(self, files: Files) -> None:
        (files.folder / "c.pem").write_bytes(b"certificate")
        user = {
            "client-certificate": "c.pem",
            "client-key-data": base64.b64encode(b"key").decode(),
        }
        found = files.load(document(user=user)).credentials.current()
        assert (found.certificate, found.key) == (b"certificate", b"key")

    @pytest.mark.parametrize("present", ["client-certificate-data", "client-key-data"])
    def test_half_a_pair_is_refused(self, files: Files, present: str) -> None:
        error = files.fail(document(user={present: "YQ=="}))
        assert isinstance(error, AccessError)
        assert error.message.endswith(": missing")

    def test_token_file_wins_over_the_token(self, files: Files) -> None:
        (files.folder / "tok").write_text(" from-file \n")
        user = {"token": "inline", "tokenFile": "tok"}
        credentials = files.load(document(user=user)).credentials
        assert credentials.current().token == "from-file"
        (files.folder / "tok").unlink()
        assert credentials.reload().token == "inline"

    def test_token_file_that_is_missing(self, files: Files) -> None:
        credentials = files.load(document(user={"tokenFile": "tok"})).credentials
        with pytest.raises(AccessError, match=r"tok: no such file"):
            credentials.current()

    def test_token_file_that_is_empty(self, files: Files) -> None:
        files.write("\n", "tok")
        credentials = files.load(document(user={"tokenFile": "tok"})).credentials
        with pytest.raises(AccessError, match="holds no token"):
            credentials.current()

    @pytest.mark.parametrize(
        ("user", "fact"),
        [
            pytest.param({"username": "a", "password": "s3cret"}, "dropped passwords", id="basic"),
            pytest.param(
                {"auth-provider": {"name": "gcp"}}, "auth-provider: replaced by exec", id="d25"
            ),
        ],
    )
    def test_obsolete_logins_are_refused(
        self, files: Files, user: dict[str, Any], fact: str
    ) -> None:
        error = files.fail(document(user=user))
        assert fact in error.message
        assert "log in again" in error.hint
        assert "s3cret" not in error.message

    @pytest.mark.parametrize("token", [123456, ["a"], True])
    def test_token_of_another_type(self, files: Files, token: object) -> None:
        error = files.fail(document(user={"token": token}))
        assert error.message.endswith('user "one": token: must be text')

    @pytest.mark.parametrize(
        "user",
        [{"client-certificate": "a\0b", "client-key": "k"}, {"token": "t", "as-groups": ["a\0b"]}],
    )
    def test_text_with_a_nul(self, files: Files, user: dict[str, Any]) -> None:
        error = files.fail(document(user=user))
        assert isinstance(error, InputError)
        assert error.message.endswith(": holds a NUL character")

    def test_token_that_would_add_a_header(self, files: Files) -> None:
        error = files.fail(document(user={"token": "a\r\nX-Evil: 1"}))
        assert "holds characters that no token has" in error.message

    def test_secrets_are_in_no_repr(self, files: Files) -> None:
        key = base64.b64encode(b"s3cret-key").decode()
        user = {"token": "s3cret", "client-certificate-data": key, "client-key-data": key}
        environ = {"HTTPS_PROXY": "http://u:s3cret@proxy:3128"}
        config = files.load(document(user=user), environ)
        shown = f"{config!r} {config.credentials!r} {config.credentials.current()!r} {config.proxy}"
        assert "s3cret" not in shown


class TestImpersonation:
    USER: ClassVar = {"token": "t", "as": "eve", "as-uid": "7", "as-groups": ["a", "b"],
            "as-user-extra": {"reason": ["x", "y"]}}  # fmt: skip

    def test_of_the_kubeconfig(self, files: Files) -> None:
        found = files.load(document(user=self.USER)).impersonation
        assert found == Impersonation("eve", "7", ("a", "b"), (("reason", "x"), ("reason", "y")))

    def test_flags_win(self, files: Files) -> None:
        found = files.load(document(user=self.USER), as_user="bob", as_groups=("z",)).impersonation
        assert (found.user, found.groups) == ("bob", ("z",))

    @pytest.mark.parametrize("name", ["a\nb", "a\r\nX-Evil: 1", " ", "eve "])
    def test_what_no_header_can_carry(self, files: Files, name: str) -> None:
        for error in (files.fail(document(), as_user=name),
                      files.fail(document(), as_user="eve", as_groups=(name,))):  # fmt: skip
            assert isinstance(error, InputError)
            assert error.message.startswith("--as: ")
            assert error.message.endswith(" is no name to act as")

    def test_groups_need_a_user(self, files: Files) -> None:
        error = files.fail(document(), as_groups=("g",))
        assert isinstance(error, InputError)
        assert error.message == "--as-group: needs a user to act as"
