"""A view that is printed again whenever it changes."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def show_live(console: "Console", texts: Iterable[str]) -> None:
    """Redraw one screen of a terminal with each text.

    While it lives a text that is taller than the terminal is cut, as lines that scrolled away
    cannot be drawn again; the last one stays, whole, when it ends.
    """
    from rich.live import Live
    from rich.text import Text

    with Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
        for text in texts:
            live.update(Text.from_ansi(text), refresh=True)


def changes(views: Iterable[tuple[object, str]]) -> Iterator[str]:
    """Yield the text of each view whose key differs from that of the view before.

    Args:
        views: Key and text of each; keys are compared, texts are not looked at.
    """
    before: object = None
    for key, text in views:
        if key != before:
            yield text
        before = key
