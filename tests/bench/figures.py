"""One measured figure beside what it may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the benchmark.

    Attributes:
        name: What was measured.
        value: The figure.
        limit: What it may be at most; None if it is only told.
        unit: ``x`` for a ratio to a floor, ``s``, ``MB``, ``requests``.
        detail: The figures a ratio was made from.
    """

    name: str
    value: float
    limit: float | None
    unit: str
    detail: str = ""

    @property
    def is_within(self) -> bool:
        """Whether the figure keeps its limit."""
        return self.limit is None or self.value <= self.limit

    def __str__(self) -> str:
        limit = "" if self.limit is None else f"{self.limit:.2f} {self.unit}"
        verdict = "" if self.limit is None else ("ok" if self.is_within else "BEYOND")
        value = f"{self.value:.2f} {self.unit}"
        return f"{self.name:<56} {value:>14} {limit:>14}  {verdict:<6}  {self.detail}".rstrip()
