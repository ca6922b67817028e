"""What becomes of the objects of a release."""

import pytest

from dpfctl.model.release_manifests import manifest_changes

CONFIG = "---\n# Source: a\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: '1'}\n"
AGENT = "---\nkind: DaemonSet\nmetadata: {name: agent, namespace: svc}\n"
SECRET = "---\nkind: Secret\nmetadata: {name: s}\ndata: {a: Q0FOQVJZ}\n"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param("", "", (), id="nothing"),
        pytest.param(CONFIG, CONFIG.replace("# Source: a\n", ""), (), id="a comment"),
        pytest.param("", CONFIG, ("ConfigMap settings created",), id="a first revision"),
        pytest.param(
            CONFIG + AGENT,
            CONFIG.replace("'1'", "'2'"),
            ("ConfigMap settings changed", "DaemonSet svc/agent removed"),
            id="another revision",
        ),
        pytest.param(SECRET, "---\n# HIDDEN: a Secret\n", (), id="a Secret"),
        pytest.param(CONFIG, "a: [", (), id="no YAML"),
        pytest.param("", "--- 1\n--- [a]\n---\nkind: A\nmetadata: b\n", ("A created",), id="odd"),
    ],
)
def test_of_two_manifests(before: str, after: str, told: tuple[str, ...]) -> None:
    assert manifest_changes(before, after) == told
