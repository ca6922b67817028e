"""The floor of bulk writes: a process that does only what no writer can avoid.

It lists the services and sends one bare PATCH for each, over eight connections that are kept. It
reads no answer but the status, plans nothing and tells nothing. Arguments: URL, CA file, token,
path of the services.
"""

import json
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor

import urllib3

CONNECTIONS = 8
PAUSE = b'{"spec":{"paused":true}}'


def main(url: str, ca_file: str, token: str, path: str) -> None:
    """Suspend every service."""
    context = ssl.create_default_context(cafile=ca_file)
    pool = urllib3.PoolManager(maxsize=CONNECTIONS, block=True, ssl_context=context)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/merge-patch+json"}

    def pause(name: str) -> int:
        return pool.request("PATCH", f"{url}{path}/{name}", body=PAUSE, headers=headers).status

    found = json.loads(pool.request("GET", url + path, headers=headers).data)["items"]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        statuses = set(threads.map(pause, [one["metadata"]["name"] for one in found]))
    if statuses != {200}:
        sys.exit(f"error: answered {statuses}")


if __name__ == "__main__":
    main(*sys.argv[1:])
