"""Words of a server or a program, made fit to stand in a message of ours."""

MESSAGE_LIMIT = 500


def one_line(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return foreign text as one line without control, bidi or invisible characters.

    Args:
        text: Whatever came from outside.
        limit: Characters that are kept; what is cut is marked by an ellipsis.
    """
    head = text[: limit * 4]
    shown = " ".join("".join(c if c.isprintable() else " " for c in head).split())
    return shown if len(shown) <= limit else f"{shown[:limit]}..."


def listed(names: list[str], limit: int = 8) -> str:
    """Return names as an enumeration, cut after some of them with a count of the rest."""
    shown = ", ".join(one_line(name, 80) for name in names[:limit])
    rest = len(names) - limit
    return f"{shown} and {rest} more" if rest > 0 else shown
