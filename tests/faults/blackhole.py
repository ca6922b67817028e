"""A port of loopback whose host never answers: what is sent there is dropped."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_MORE_THAN_ENOUGH = 4


@contextmanager
def blackhole() -> Iterator[int]:
    """Yield a port that takes no connection: the queue of its listener is full, and stays so."""
    with ExitStack() as ends:
        listener = ends.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        for _ in range(_MORE_THAN_ENOUGH):
            caller = ends.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", port))
        yield port
