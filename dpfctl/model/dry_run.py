"""How far a command goes that could write."""

from enum import StrEnum


class DryRun(StrEnum):
    """Values of ``--dry-run``; the words of kubectl."""

    NONE = "none"
    CLIENT = "client"
    SERVER = "server"
