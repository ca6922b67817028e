"""A view that is printed again whenever it changes."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def show_live(console: "Console", texts: Iterable[str]) -> None:
    """Redraw one screen of a terminal with each text; the last one stays when it ends."""
    from rich.live import Live
    from rich.text import Text

    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
        for text in texts:
            live.update(Text.from_ansi(text), refresh=True)


def changes(texts: Iterable[str]) -> Iterator[str]:
    """Yield each text that differs from the one before it."""
    before = None
    for text in texts:
        if text != before:
            yield text
        before = text
