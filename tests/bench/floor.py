"""The floor of ``describe`` on a cluster: a process that does only what no reader can avoid.

It imports the same libraries and fetches the same LISTs, whole, in parallel, and parses them as
JSON. It draws no tree. Arguments: URL, CA file, token.
"""

import json
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor

import kubernetes.client  # noqa: F401, TID251 - the import is what is measured
import rich.console  # noqa: F401 - likewise
import typer  # noqa: F401 - likewise
import urllib3
import yaml  # noqa: F401 - likewise

from dpfctl.describe import Options, kinds_to_read


def main(url: str, ca_file: str, token: str) -> None:
    """Fetch what ``describe all`` needs."""
    context = ssl.create_default_context(cafile=ca_file)
    pool = urllib3.PoolManager(maxsize=8, ssl_context=context)
    headers = {"Authorization": f"Bearer {token}"}

    def fetch(path: str) -> int:
        return len(json.loads(pool.request("GET", url + path, headers=headers).data)["items"])

    paths = [f"/apis/{k.group}/{k.version}/{k.plural}" for k in kinds_to_read(Options())]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(fetch, paths))


if __name__ == "__main__":
    main(*sys.argv[1:])
