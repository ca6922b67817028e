"""The floor of a pass with nothing to do: a process that does only what no pass can avoid.

It imports the same libraries, fetches the same LISTs of the host cluster and then of the DPU
clusters, in parallel and in pages of the same size, and parses them as JSON. It keeps nothing,
plans nothing and tells nothing. Arguments: URL, CA file and token of each cluster, host first.
"""

import json
import ssl
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import kubernetes.client  # noqa: F401, TID251 - the import is what is measured
import typer  # noqa: F401 - likewise
import urllib3
import yaml  # noqa: F401 - likewise

from dpfctl.cluster.paging import PAGE_SIZE
from dpfctl.cluster.paths import collection_path
from dpfctl.model.kinds import Kind
from dpfctl.reconcile.world import ON_DPUS, ON_HOST

CONNECTIONS = 8


def main(words: Sequence[str]) -> None:
    """Fetch what a pass needs."""
    host, *sides = (words[at : at + 3] for at in range(0, len(words), 3))
    _fetch(host, ON_HOST)
    with ThreadPoolExecutor(len(sides)) as threads:
        list(threads.map(lambda side: _fetch(side, ON_DPUS), sides))


def _fetch(cluster: Sequence[str], kinds: Sequence[Kind]) -> None:
    url, ca_file, token = cluster
    context = ssl.create_default_context(cafile=ca_file)
    pool = urllib3.PoolManager(maxsize=CONNECTIONS, ssl_context=context)
    headers = {"Authorization": f"Bearer {token}"}

    def fetch(kind: Kind) -> None:
        query, path = {"limit": str(PAGE_SIZE), "labelSelector": kind.selector}, url
        path += collection_path(kind, None)
        while "continue" not in query or query["continue"]:
            answer = pool.request("GET", f"{path}?{urlencode(query)}", headers=headers)
            query["continue"] = json.loads(answer.data)["metadata"].get("continue", "")

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(fetch, kinds))


if __name__ == "__main__":
    main(sys.argv[1:])
