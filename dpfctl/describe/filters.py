"""Filter words of ``--show-conditions``, ``--show-resources`` and ``--expand-resources``.

Two questions are asked of the same words. ``matches`` decides about one object and knows
``kind/name``. ``admits`` decides whether a kind is looked at at all and reads only kinds; it takes
``all`` in lower case only, so ``--show-resources=ALL`` leaves nothing but the root, as upstream.

Source: DPF ``internal/dpfctl/discovery.go`` (26.x); ours beyond it are the plural ``dpus``, blanks
around words, and ``failed`` as another word for the default.
"""

from dataclasses import dataclass
from functools import lru_cache

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind, plural_of

ALL = "all"
FAILED = "failed"


@lru_cache
def _spellings(kind: Kind) -> frozenset[str]:
    name = kind.name.lower()
    return frozenset({name, plural_of(name)})


@dataclass(frozen=True, slots=True)
class Filter:
    """The comma list a user gave, empty for the default.

    Attributes:
        words: As written, without the blanks around them.
    """

    words: tuple[str, ...] = ()

    @property
    def is_exactly_all(self) -> bool:
        """Whether the value is the one word ``all``, in lower case."""
        return self.words == (ALL,)

    def matches(self, kind: Kind, name: str) -> bool:
        """Whether a word picks this object; an empty filter picks none."""
        return any(_picks(word, kind, name) for word in self.words)

    def admits(self, kind: Kind) -> bool:
        """Whether the kind is looked at; an empty filter admits every kind."""
        if not self.words or self.is_exactly_all:
            return True
        return any(_kind_of(word) in _spellings(kind) for word in self.words)


UNFILTERED = Filter()
"""The default: no word at all."""


def parse_filter(text: str) -> Filter:
    """Read a flag's value.

    ``failed`` alone is the default, as older releases of the Go tool documented it.
    """
    if text.strip().lower() == FAILED:
        return UNFILTERED
    return Filter(tuple(word for part in text.split(",") if (word := part.strip())))


def known_kind(word: str) -> Kind | None:
    """The described kind that a filter word speaks of, None for ``all`` and unknown words."""
    name = word.lower().partition("/")[0]
    return next((kind for kind in kinds.DESCRIBED if name in _spellings(kind)), None)


def _picks(word: str, kind: Kind, name: str) -> bool:
    lowered = word.lower()
    if lowered == ALL:
        return True
    wanted, *rest = lowered.split("/")
    return wanted in _spellings(kind) and (len(rest) != 1 or rest[0] == name.lower())


def _kind_of(word: str) -> str:
    """The kind of ``kind`` and ``kind/name``; with two slashes the whole word, which is none."""
    lowered = word.lower()
    return lowered.partition("/")[0] if lowered.count("/") == 1 else lowered
