"""Secrets in free-form values: what is taken out, and what must stay."""

from typing import Any

import pytest

from dpfctl.model.redaction import REDACTED, is_secret, mask_text, mask_values, mask_values_text

X = REDACTED
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "name",
    [
        *("password", "adminPassword", "DB_PASSWD", "passphrase", "token", "accessToken", "apiKey"),
        *("api-key", "private_key", "tls.key", "clientKey", "secret", "clientSecret", "psk"),
        *(".dockerconfigjson", "kubeconfig", "Authorization", "ubuntu_PASSWORD", "sshKey"),
        "credentials",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("secretName", "existingSecretName", "tokenRef", "credentialNamespace", "tokenTTL", "key"),
        *("secretEnabled", "passthrough", "keyspace", "username", "publicKey", "pullSecretNames"),
    ],
)
def test_names_that_only_point_to_secrets(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"password": "x"}, {"password": X}),
        (
            {"password": 7, "token": None, "secret": True},
            {"password": X, "token": None, "secret": True},
        ),
        ({"passwords": ["a", {"b": "c"}]}, {"passwords": [X, {"b": X}]}),
        ({"secret": {"name": "n", "value": "v"}}, {"secret": {"name": "n", "value": X}}),
        ([{"name": "DB_PASSWORD", "value": "x"}], [{"name": "DB_PASSWORD", "value": X}]),
        (
            {"conf": "user = a\npassword = b c\nport: 1"},
            {"conf": f"user = a\npassword = {X}\nport: 1"},
        ),
        ({"conf": '{"apiKey": "b"}'}, {"conf": f'{{"apiKey": {X}'}),
        (
            ["UPDATE_ATF=yes", "ubuntu_PASSWORD='$1$abc'"],
            ["UPDATE_ATF=yes", f"ubuntu_PASSWORD={X}"],
        ),
        ({"cert": KEY}, {"cert": X}),
        ({"url": "https://u:p@host/x"}, {"url": f"https://{X}@host/x"}),
    ],
)
def test_secrets_are_taken_out(value: Any, masked: Any) -> None:
    assert mask_values(value) == masked
    assert mask_values(masked) == masked


@pytest.mark.parametrize(
    "value",
    [
        {"image": {"repository": "a", "tag": "1"}, "imagePullSecrets": []},
        {"secretName": "x", "tolerations": [{"key": "a", "value": "b"}]},
        {"conf": "secretName: x\nname: token\nkey: value"},
        {"url": "ssh://git@host/x", "mail": "a@b.c", "n": 1, "on": True, "none": None},
    ],
)
def test_everything_else_is_shared(value: Any) -> None:
    assert mask_values(value) is value


def test_looks_count_everywhere() -> None:
    assert mask_text(f"key {KEY} end") == f"key {X} end"
    assert mask_text("-----BEGIN PRIVATE KEY-----\ncut") == X
    assert mask_text(f"bearer {JWT}.") == f"bearer {X}."
    assert (
        mask_text("pull https://tok@host/a and oci://b/c")
        == f"pull https://{X}@host/a and oci://b/c"
    )
    assert mask_text("password: x") == "password: x"
    signed = "https://h/a.bfb?v=1&X-Amz-Signature=abc&sig=d%2F&x=1 and"
    assert mask_text(signed) == f"https://h/a.bfb?v=1&X-Amz-Signature={X}&sig={X}&x=1 and"
    assert mask_text(mask_text(signed)) == mask_text(signed)
    assert mask_text("https://h/a?design=1") == "https://h/a?design=1"


def test_values_as_text_keep_their_words_if_nothing_is_found() -> None:
    text = "a:   1 # why\nsecretName: x\n"
    assert mask_values_text(text) == text
    assert mask_values_text("a: 1\npassword: x\n") == f"a: 1\npassword: {X}\n"
    assert mask_values_text("a: [") == X
    assert mask_values_text("") == ""
