"""Ctrl-C and SIGTERM once the work is done: what was done is told before anybody leaves.

Between the last write and the end of the report there is nothing left to interrupt, only a report
to lose. The first signal that comes then is let pass; a second one counts, since a reader that does
not read could hold us up for ever.
"""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_before: dict[int, Any] = {}


def hold() -> None:
    """Let the next signal pass unheeded; nothing happens outside of the main thread."""
    if _before:
        return
    for number in _SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler) and _set(number, _pass_once):
            _before[number] = handler


def release() -> None:
    """Heed signals again as before."""
    while _before:
        number, handler = _before.popitem()
        _set(number, handler)


def _pass_once(_number: int, _frame: FrameType | None) -> None:
    release()


def _set(number: int, handler: Callable[[int, FrameType | None], Any]) -> bool:
    try:
        signal.signal(number, handler)
    except ValueError:  # only the main thread may
        return False
    return True
