"""What a script of writes is, and how it gets its name."""

from collections.abc import Callable

from tests.cluster.sides import Side

Script = Callable[[Side], None]
"""Does one thing after the other to a side, which takes notes."""

Scripts = dict[str, Script]
"""Scripts by the sentence that says what they show."""


def under(scripts: Scripts) -> Callable[[str], Callable[[Script], Script]]:
    """Return a decorator that adds a script under a sentence of its own."""

    def script(sentence: str) -> Callable[[Script], Script]:
        def add(found: Script) -> Script:
            assert sentence not in scripts
            scripts[sentence] = found
            return found

        return add

    return script
